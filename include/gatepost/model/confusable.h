/*
 * confusable.h -- names that look alike (UTS #39)
 */
#ifndef GATEPOST_MODEL_CONFUSABLE_H
#define GATEPOST_MODEL_CONFUSABLE_H

#include <glib.h>

/*
 * What FOLDED, a name by indicator_fold_name(), looks like: equal for names
 * that a reader takes for one another.  Accents make a difference; "i", "l",
 * "1" and "|" make none, since a large I is a small l.  For comparing, not
 * for showing.  Yours.
 */
char *confusable_skeleton(const char *folded);

/*
 * NAME as it is written, with each letter of another script that looks like
 * a Latin one replaced by that: large letters look like others than small
 * ones do.  NULL when nothing is replaced.  Yours.
 */
char *confusable_latin(const char *name);

/* The table, in order: a character and where the text stands that it looks
 * like.  Generated; see confusable_table.c. */
struct confusable {
	guint32 from;
	guint16 to;	/* in confusable_texts */
};
extern const struct confusable confusables[];
extern const unsigned confusables_count;
extern const char confusable_texts[];

#endif
