/*
 * indicator.h -- what a list entry names and what a message shows: a kind
 * and a value in normal form
 *
 * To add a kind: an enumerator, a row in indicator.c, the file in content/
 * or auth/ that sees it.  Lists, ledger, hunt and the command follow.
 */
#ifndef GATEPOST_MODEL_INDICATOR_H
#define GATEPOST_MODEL_INDICATOR_H

#include <glib.h>
#include <stdbool.h>

enum indicator_kind {
	INDICATOR_SENDER,	/* address in From */
	INDICATOR_ENVELOPE,	/* MAIL FROM; "" is the null sender */
	INDICATOR_NAME,		/* display name of From */
	INDICATOR_IP,		/* client address */
	INDICATOR_URL,		/* a link */
	INDICATOR_FILE,		/* SHA-256 of a file */
	INDICATOR_FILENAME,	/* a file's name */
	INDICATOR_DEFECT,	/* what is wrong with its make */
	INDICATOR_SPOOF,	/* From and sending infrastructure */
	INDICATOR_KINDS
};
extern const char *const indicator_kinds[];	/* names; ends with NULL */

typedef struct Indicator {
	enum indicator_kind kind;
	char *value;	/* normal form */
	char *source;	/* spoof: the second half; else NULL.  Of one seen
			 * NULL is: whoever sends it */
} Indicator;

/*
 * An entry's indicator from RAW (and RAW_SOURCE for a spoof pair, else
 * NULL), put into its kind's normal form by design 6.1's table of kinds:
 * "/.../" is a pattern, kept as it is.  NULL and ERROR set, in words for an
 * admin that say what is wrong and what would be right, when RAW is no value
 * of that kind.
 */
Indicator *indicator_new(enum indicator_kind kind, const char *raw,
			 const char *raw_source, GError **error);

/* What someone probably meant by RAW, which is no value of KIND, by a value
 * for which IS_VALUE says so; NULL: who knows.  Yours. */
char *indicator_nearest(enum indicator_kind kind, const char *raw,
			bool (*is_value)(enum indicator_kind kind,
					 const char *text));

/* What a message showed; VALUE is in normal form already and copied. */
Indicator *indicator_seen(enum indicator_kind kind, const char *value);

void indicator_free(Indicator *indicator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Indicator, indicator_free)

/* For a GHashTable: by kind, value and source. */
guint indicator_hash(gconstpointer indicator);
gboolean indicator_equal(gconstpointer one, gconstpointer other);

/* Is the value a regular expression, "/.../"? */
bool indicator_is_pattern(const Indicator *indicator);

/* A display name as compared: NFKC, case folded, blanks folded and taken off
 * the ends, controls and zero-width characters gone.  Yours. */
char *indicator_fold_name(const char *name);

/* A file name as compared: case folded, blanks and dots at the end gone,
 * controls gone, the part behind the last slash or backslash.  Yours. */
char *indicator_fold_filename(const char *name);

#endif
