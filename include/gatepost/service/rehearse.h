/*
 * rehearse.h -- what an entry would have done to past mail
 */
#ifndef GATEPOST_SERVICE_REHEARSE_H
#define GATEPOST_SERVICE_REHEARSE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/entry.h"
#include "gatepost/service/pipeline.h"

/* A message that the entry would have matched. */
struct rehearsed_hit {
	char id[ID_TEXT];
	gint64 at;		/* us */
	char *from, *subject;
	int was, would;		/* enum action, of the recipient for whom it
				 * differs, else of the first */
};

/* Messages, and what it would have been to them. */
typedef struct Rehearsal {
	guint matched;		/* would have matched */
	guint delivered;	/* of those: went to somebody's mailbox */
	guint changed;		/* of those: another action for somebody */
	guint looked;		/* records looked at */
	char *missed;		/* what was not looked at; NULL: nothing */
	GPtrArray *first;	/* of struct rehearsed_hit *: the newest */
} Rehearsal;

/*
 * Judge what the ledger of SITE has since SINCE (us) once more for TENANT,
 * with ENTRIES (of Entry *) in force, which include ENTRY, and without that.
 * At most MOST hits are named.  LINE has `users` and `wait`, SETUP the
 * configuration and its maps.  NULL and ERROR set on failure.
 */
Rehearsal *rehearse(Site *site, struct pipeline *line, const Setup *setup,
		    const Tenant *tenant, const GPtrArray *entries,
		    const Entry *entry, gint64 since, guint most,
		    GError **error);
void rehearsal_free(Rehearsal *rehearsal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rehearsal, rehearsal_free)

#endif
