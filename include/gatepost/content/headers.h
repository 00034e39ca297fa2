/*
 * headers.h -- the fields of a header block, found by our own strict scan
 *
 * Nothing is copied: a struct header points into the message.
 */
#ifndef GATEPOST_CONTENT_HEADERS_H
#define GATEPOST_CONTENT_HEADERS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"

struct header {
	const char *name;	/* as written, no NUL behind it */
	gsize name_length;	/* without blanks before the colon */
	const char *value;	/* behind the colon, with its folds */
	gsize length;		/* without the last line end */
	guint32 hash;		/* of the name, whatever its case */
	gint64 index;		/* which of that name, from 1 on */
};

struct headers {
	GArray *fields;		/* of struct header, in their order */
	gsize size;		/* octets of the block and the blank line */
	bool is_odd;		/* programs differ on what its fields are, or
				 * where it ends */
};

/*
 * Find the fields (RFC 5322 2.2) at the start of SIZE octets of DATA.  Lines
 * end in LF or CRLF.  A line that is no field is passed over, and a defect;
 * one that some program takes for From is taken, too.
 * Beyond the bounds only X-Gatepost-* and Authentication-Results are found.
 * DATA must outlive HEADERS; clear them.
 */
void headers_scan(struct headers *headers, const guint8 *data, gsize size,
		  Facts *facts);
void headers_clear(struct headers *headers);

/* Is the field's name NAME, without case? */
bool header_is(const struct header *header, const char *name);

/* The first field called NAME, or NULL. */
const struct header *headers_find(const struct headers *headers,
				  const char *name);

/* The value on one line, blanks at its ends gone, MOST octets of it.  It may
 * be any octets but CR, LF and NUL.  Yours. */
char *header_unfold(const struct header *header, gsize most);

#endif
