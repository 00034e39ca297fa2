/*
 * split.h -- where the parts of a multipart body begin and end
 */
#ifndef GATEPOST_CONTENT_SPLIT_H
#define GATEPOST_CONTENT_SPLIT_H

#include <glib.h>
#include <stdbool.h>

/* A line that parts. */
struct delimiter {
	gsize start;		/* of the line, without the line end before */
	gsize next;		/* behind the line */
	bool is_close;		/* the last one: "--boundary--" */
	bool is_odd;		/* one only to some programs: behind blanks or
				 * a CR, or with something behind it */
};

/*
 * The delimiters of BOUNDARY in SIZE octets of DATA (RFC 2046 5.1.1), and
 * those that are none by the rules but taken by some program, of struct
 * delimiter, in their order; MOST of them.  Free with g_array_unref().
 */
GArray *split_find(const guint8 *data, gsize size, const char *boundary,
		   guint most);

/*
 * The first line in DATA that would part a multipart, whatever its boundary:
 * two hyphens and more, then a field of MIME.  Its text without hyphens and
 * blanks at its end, which is yours; NULL: there is none.
 */
char *split_guess(const guint8 *data, gsize size);

#endif
