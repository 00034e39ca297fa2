/*
 * candidates.h -- the state store's rows of suspected messages: those of a
 * tenant that wait for an admin, in groups, the most suspect first
 *
 * The octets lie in spool/candidates.
 */
#ifndef GATEPOST_STORE_CANDIDATES_H
#define GATEPOST_STORE_CANDIDATES_H

#include <glib.h>
#include <stdbool.h>

enum candidate_state {
	CANDIDATE_NEW,
	CANDIDATE_ALIKE,	/* one of a group that has enough copies */
	CANDIDATE_BEYOND,	/* of a day that had worse ones */
	CANDIDATE_DISMISSED, CANDIDATE_SUBMITTED
};
extern const char *const candidate_states[];	/* names; ends with NULL */

struct candidate_row {
	const char *tenant, *id;	/* id: the message's */
	gint64 at;			/* us: received */
	gint64 score;
	const char *rules;	/* names, parted by blanks */
	const char *rcpts;	/* addresses, likewise */
	const char *sender, *from, *subject;
	const char *body;	/* SHA-256; "": not known */
	const char *kin;	/* what messages of one making share */
	const char *group;	/* id of the first of them */
	int state;		/* enum candidate_state */
	const char *by;		/* who changed it; "": nobody */
	gint64 changed;		/* us */
};

typedef struct Candidates Candidates;

/* Open them in the folder PATH.  NULL and ERROR set on failure.  Threads may
 * share it. */
Candidates *candidates_open(const char *path, GError **error);
void candidates_free(Candidates *candidates);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Candidates, candidates_free)

/*
 * Take ROW in, whose group and state are reckoned: of one group in a day 3
 * are CANDIDATE_NEW, others ALIKE; a tenant has MOST groups a day (0: no
 * limit), and a new one takes the place of the least suspect, when it is
 * worse, whose ids go to EVICTED (of char *).  *STATE: what ROW became; the
 * octets of one that is not NEW need not be kept.  The same id of a tenant
 * again changes nothing, and is ALIKE.
 */
bool candidates_admit(Candidates *candidates, const struct candidate_row *row,
		      gint64 most, enum candidate_state *state,
		      GPtrArray *evicted, GError **error);

/* Bring the group of ID of TENANT, or with IS_ALONE ID alone, to STATE, by
 * BY; ids that were not there yet go to CHANGED (of char *). */
bool candidates_set(Candidates *candidates, const char *tenant,
		    const char *id, bool is_alone, enum candidate_state state,
		    const char *by, GPtrArray *changed, GError **error);

/* Is ID among the new ones of any tenant? */
bool candidates_want(Candidates *candidates, const char *id);

/* What a listing is narrowed to; NULL, 0 and -1 are all. */
struct candidate_filter {
	const char *tenant, *id;
	int state;
	gint64 since;
	guint most;		/* rows; 0: all */
};
/* Call FOUND for each, the most suspect first, then the newest. */
typedef void candidate_found(const struct candidate_row *row, void *data);
bool candidates_list(Candidates *candidates,
		     const struct candidate_filter *filter,
		     candidate_found *found, void *data, GError **error);

/* How many of a GROUP of TENANT are in STATE. */
bool candidates_count(Candidates *candidates, const char *tenant,
		      const char *group, enum candidate_state state,
		      guint *count, GError **error);

/* Forget what is older than BEFORE (us). */
bool candidates_sweep(Candidates *candidates, gint64 before, GError **error);

#endif
