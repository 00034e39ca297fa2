/*
 * entry.h -- a line of a list file (design 6.1)
 */
#ifndef GATEPOST_LISTS_ENTRY_H
#define GATEPOST_LISTS_ENTRY_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/indicator.h"
#include "gatepost/util/hash.h"

enum entry_action { ENTRY_BLOCK, ENTRY_ALLOW, ENTRY_OBSERVE };
extern const char *const entry_actions[];	/* names; ends with NULL */

enum entry_direction { DIRECTION_IN, DIRECTION_OUT, DIRECTION_BOTH };
extern const char *const entry_directions[];

enum entry_override { OVERRIDE_PHISH, OVERRIDE_PHISH_HIGH, OVERRIDE_MALWARE };
extern const char *const entry_overrides[];

enum entry_proof { PROOF_KIND,		/* what design 6.1 says of the kind */
		   PROOF_NONE, PROOF_SPF, PROOF_DKIM };
extern const char *const entry_proofs[];

typedef struct Entry {
	enum entry_action action;
	Indicator *indicator;
	/* Options; NULL, 0 or -1 where the line has none. */
	gint64 expires;			/* us; 0: never */
	gint64 unused;			/* us without use; 0: none */
	gint64 added;			/* us; 0: not said */
	GPtrArray *for_;		/* of char *: addresses, domains */
	enum entry_direction direction;
	int as;				/* enum category, -1: the kind's */
	int done;			/* enum action, -1: policy's */
	enum entry_proof proof;
	enum entry_override override;
	GPtrArray *except;		/* of char *: domains */
	char *note, *by, *submission;
	bool wide;
	char key[HASH_TEXT];		/* of tenant, action, kind, value,
					 * source, for and direction */
	char *file;			/* where it stands */
	guint line;
	char *text;			/* the line as written, no line end */
} Entry;

/* Did no person write an entry with this `by=` (NULL or "": not said)?  Such
 * an entry is braked when it holds too much. */
bool entry_is_automatic(const char *by);

/* Add VALUE (taken) to one of an entry's lists, `for_` or `except`. */
void entry_add_value(GPtrArray **values, char *value);

/* An entry without indicator; its lists are there, and empty: only
 * entry_add_value() may add to them. */
Entry *entry_new(void);
void entry_free(Entry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entry, entry_free)

/* What a reader of a list must know of its place. */
struct entry_place {
	const char *tenant;
	const char *zone;	/* tenant's time zone; NULL: the system's */
	const char *file;	/* for messages */
	guint line;
};

/*
 * Read one line.  NULL without ERROR for a blank line or a comment; NULL
 * with ERROR, "what is wrong and what to do" without the place, when it is
 * no entry.  WARNINGS (of char *) gets what is legal but has no effect yet,
 * or is likely wrong.
 */
Entry *entry_parse(const char *line, const struct entry_place *place,
		   GPtrArray *warnings, GError **error);

/* Is VALUE of KIND its own normal form for certain, and fit for an entry of
 * any action?  If not, indicator_new() and entry_check() tell. */
bool entry_value_is_plain(enum indicator_kind kind, const char *value);

/* Is ENTRY, of an action and an indicator, none that covers too much?  False
 * and ERROR set: it is. */
bool entry_check(const Entry *entry, GError **error);

/* Reckon ENTRY's key from its members and TENANT. */
void entry_key(Entry *entry, const char *tenant);

/* The line for ENTRY, in canonical form, times absolute.  Yours. */
char *entry_format(const Entry *entry);

/* The value of INDICATOR as a line has it, local parts percent-encoded, but
 * without quotes.  Yours. */
char *entry_value_text(const Indicator *indicator);

/* Append TEXT as one word of a line, quoted when it must be; COMMAS: also
 * when it holds one, since they part the values of an option. */
void entry_append_word(GString *out, const char *text, bool commas);

/* Append ENTRY as JSON: action, kind, value, source, options {}, file, line,
 * key. The caller adds first_used, last_used and hits, so the object is left
 * open. */
void entry_json_open(const Entry *entry, GString *out);

#endif
