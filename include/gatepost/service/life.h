/*
 * life.h -- when an entry ends, and what is done about it (design 6.1, Life)
 */
#ifndef GATEPOST_SERVICE_LIFE_H
#define GATEPOST_SERVICE_LIFE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/entry.h"
#include "gatepost/lists/snapshot.h"
#include "gatepost/model/config.h"
#include "gatepost/service/site.h"
#include "gatepost/store/usage.h"

/* What is known of the life of all entries, at one time. */
typedef struct Life {
	GHashTable *usage;	/* key to Usage */
	GHashTable *brakes;	/* key to struct brake */
	gint64 born;		/* us: usage is counted since then */
} Life;

/* Of the state store.  NULL and ERROR set on failure. */
Life *life_of(Usages *usages, GError **error);
/* The same in the folder STATE_DIR, opened for it. */
Life *life_read(const char *state_dir, GError **error);
/* The same for reading alone: nothing is made there, and what has never been
 * counted is counted from now on. */
Life *life_look(const char *state_dir, GError **error);
void life_free(Life *life);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Life, life_free)

/* How often the entry KEY was met; NULL: never.  Of LIFE. */
const Usage *life_usage(const Life *life, const char *key);

/* The time (us) at which ENTRY ends, 0 for never, and in *WHY (may be NULL)
 * "expired" or "unused". */
gint64 life_end(const Life *life, const Entry *entry, const char **why);

/* Those of ENTRIES (of Entry *) that end until UNTIL (us), or ended, the
 * first first: of struct ending, which borrow them.  Free the array. */
struct ending {
	const Entry *entry;
	gint64 end;		/* us */
	const char *why;
};
GArray *life_endings(const Life *life, const GPtrArray *entries,
		     gint64 until);

/* Make of an entry in a snapshot what it is to be at NOW (us): without effect
 * when it ended for want of use, and an observer when it is braked. */
void life_judge(const Life *life, gint64 now, struct snapshot_life *entry);

/* Note in the history, so that `why` can say what became of it, that ENTRY of
 * TENANT is taken out of its file, WHY ("removed") and by WHO. */
bool life_ended(Usages *usages, const char *tenant, const Entry *entry,
		const char *why, const char *who, GError **error);

/* What life_sweep() did, and found. */
struct life_swept {
	guint removed;		/* entries, from managed lists */
	guint told;		/* entries whose end was mailed */
	GPtrArray *notes;	/* of char *: what an operator should do */
};

/*
 * Take ended entries out of the managed lists of all tenants of CONFIG into
 * the history, forget what nobody needs, and mail the admins of each tenant
 * what ends within BOUND_NOTICE_DAYS.  False and ERROR set when something of
 * it failed; the rest is done.
 */
bool life_sweep(Site *site, const Config *config, gint64 now,
		struct life_swept *swept, GError **error);

#endif
