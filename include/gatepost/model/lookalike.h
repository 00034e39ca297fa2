/*
 * lookalike.h -- domains that resemble a protected one
 *
 * What is compared is the label right below the public suffix, as a reader
 * sees it.  Pure: no look-up, nothing that changes once it is built.
 */
#ifndef GATEPOST_MODEL_LOOKALIKE_H
#define GATEPOST_MODEL_LOOKALIKE_H

#include <glib.h>
#include <stdbool.h>

/* How a domain resembles another; the first is the plainest. */
enum likeness { LIKE_LETTERS, LIKE_ACCENTS, LIKE_FRONT, LIKE_TYPO,
		LIKE_SUFFIX, LIKE_WORDS, LIKE_SCRIPTS, LIKE_NOTHING };
extern const char *const likenesses[];		/* names; ends with NULL */

/* A set of protected domains, made ready for comparing. */
typedef struct Shield Shield;

/* An empty set.  Free with shield_free(). */
Shield *shield_new(void);
void shield_free(Shield *shield);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shield, shield_free)

/* Protect the registrable domain of DOMAIN (normal form, "*.d" is d); a
 * second time is none.  False when it has no registrable domain: nothing is
 * protected then. */
bool shield_add(Shield *shield, const char *domain);

/* Is DOMAIN (normal form) one of SHIELD, or below one? */
bool shield_covers(const Shield *shield, const char *domain);

/*
 * What DOMAIN (normal form) resembles.  With IS_SHOWN the labels in front of
 * its registrable domain count as well: a reader sees them first, while hosts
 * that only pass mail on bear others' names there by custom.  *OF is the
 * protected domain, borrowed from SHIELD; NULL with LIKE_SCRIPTS, which is
 * odd by itself.  LIKE_NOTHING for what SHIELD covers.
 */
enum likeness shield_find(const Shield *shield, const char *domain,
			  bool is_shown, const char **of);

/* The rest of the sentence "DOMAIN ... OF", or "DOMAIN ...": constant. */
const char *likeness_text(enum likeness how);

/*
 * Edits from ONE (of LENGTH characters) to OTHER: one inserted, left out,
 * replaced, or two neighbours swapped (optimal string alignment).  MOST + 1
 * as soon as it is more than MOST.
 */
guint edit_distance(const gunichar *one, guint length, const gunichar *other,
		    guint other_length, guint most);

#endif
