/*
 * feed.h -- a feed's file, one value a line, compiled and mapped
 *
 * Of a value only a hash of 128 bits is kept, under a key of the file's own:
 * 16 octets a value with a quarter free, where its text would take twice as
 * much again and be read for nothing but to be compared.  Two values of one
 * hash are not to be expected in any number of feeds, and nobody who does
 * not know the key can make them.  What a hit matched is told from what the
 * message showed and the shape of the look-up.
 */
#ifndef GATEPOST_LISTS_FEED_H
#define GATEPOST_LISTS_FEED_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/snapshot_format.h"

typedef struct Feed Feed;

/* What to compile: values of KIND (no pairs) in the file PATH. */
struct feed_source {
	const char *path;
	enum indicator_kind kind;
	bool is_allow;
};

/* The name of the compiled file of SOURCE; yours. */
char *feed_name(const struct feed_source *source);

/* What became of it. */
enum feed_result {
	FEED_SAME,		/* it has not changed */
	FEED_NEW,		/* a new generation */
	FEED_BROKEN		/* the last good one stays, if there is any */
};

/*
 * Compile SOURCE's file into FOLDER unless what stands there is of that very
 * file.  What is wrong or odd is appended to NOTES (of struct list_note *):
 * the first BOUND_FEED_ERRORS lines, and how many more.  Lines that are no
 * value are left out; more than BOUND_FEED_PERCENT of them, no value at all,
 * or a file that cannot be read, is FEED_BROKEN.
 */
enum feed_result feed_compile(int folder, const struct feed_source *source,
			      GPtrArray *notes);

/* The same without a compiled file, for what is wrong: the values counted in
 * *VALUES.  True when it would be in force. */
bool feed_check(const struct feed_source *source, guint64 *values,
		GPtrArray *notes);

/*
 * LINE, one of a file of KIND without its end, in normal form, for an allow
 * or not.  NULL without ERROR for a blank line or a comment; NULL with ERROR
 * (unless that is NULL: *IS_BAD tells), when it is no value.  Yours.
 */
char *feed_value(enum indicator_kind kind, bool is_allow, const char *line,
		 bool *is_bad, GError **error);

/* Map NAME of FOLDER; when it is the same file as BEFORE (may be NULL), that
 * is what one gets.  NULL and ERROR set when it is not there or damaged. */
Feed *feed_open(int folder, const char *name, const Feed *before,
		GError **error);
Feed *feed_ref(Feed *feed);
void feed_unref(Feed *feed);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Feed, feed_unref)

/* Which shapes and prefixes its values have: no entries, no patterns. */
const struct snapshot_home *feed_home(const Feed *feed);

/* Is WHAT, LENGTH octets, in it under SHAPE? */
bool feed_has(const Feed *feed, enum snapshot_shape shape, const void *what,
	      gsize length);

guint64 feed_values(const Feed *feed);		/* without repetitions */
guint64 feed_bad(const Feed *feed);		/* lines that are none */
gint64 feed_generation(const Feed *feed);	/* us: when compiled */

#endif
