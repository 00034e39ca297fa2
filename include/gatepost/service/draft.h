/*
 * draft.h -- entries made out of a message: to block the next one like it, or
 * to let it in
 */
#ifndef GATEPOST_SERVICE_DRAFT_H
#define GATEPOST_SERVICE_DRAFT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/entry.h"
#include "gatepost/model/decision.h"
#include "gatepost/service/site.h"

/* By what of it the next one is known. */
enum draft_kind { DRAFT_SENDER, DRAFT_DOMAIN, DRAFT_URL, DRAFT_FILE,
		  DRAFT_SPOOF };
extern const char *const draft_kinds[];		/* names; ends with NULL */

struct draft {
	const Tenant *tenant;
	bool is_block;		/* else they allow */
	int kinds;		/* bits, 1 << enum draft_kind */
	const Json *record;	/* the ledger's; NULL: a link or a file alone */
	const char *rcpt;	/* whose copy; NULL: the first one's */
	const char *policy;	/* why it is held; NULL: it is not */
	const char *url;	/* the link alone, or NULL */
	const char *sha256;	/* the file alone, or NULL */
	gint64 expires;		/* us; 0: 30 days for a block, while it is
				 * used within 45 days for an allow */
	const char *note;	/* into the entry; NULL: none */
	bool is_mild;		/* a block files as junk alone */
	const char *submission;	/* id, into the entry */
};

/*
 * The entries of WHAT, by BY, of Entry *.  Words on what was left out, and
 * why, go to SAID (of char *).  NULL and ERROR set, in words for an admin, when
 * a kind leads to none that would have an effect, or to one that would do
 * harm.
 */
GPtrArray *draft_entries(const struct draft *what, const struct doer *by,
			 GPtrArray *said, GError **error);

/* Append ENTRIES to the managed list of TENANT, on account of OBJECT (an id).
 * One that is there already lasts as long and lifts as much then, unless it is
 * a program that asks; one that has ended is replaced.  Each is told to the
 * audit log and its line to SAID (of char *). */
bool draft_add(Site *site, const Config *config, const Tenant *tenant,
	       const char *object, const GPtrArray *entries,
	       const struct doer *by, GPtrArray *said, GError **error);

/* The entries of TENANT's managed list, of Entry *. */
GPtrArray *draft_managed(const Config *config, const Tenant *tenant);

/* Take ENTRY, of a managed list, out, or have it end at UNTIL (us), not
 * sooner than it does; on account of OBJECT, by BY, who is its author from now
 * on.  The audit log and the history are told. */
bool draft_lift(Site *site, const Tenant *tenant, const char *object,
		const Entry *entry, const struct doer *by, GError **error);
bool draft_lengthen(Site *site, const Tenant *tenant, const char *object,
		    Entry *entry, gint64 until, const struct doer *by,
		    GError **error);

/* The decision on TENANT's copy to RCPT (NULL: its first) in RECORD; NULL when
 * there is none.  Free it. */
Decision *draft_decision(const Json *record, const char *tenant,
			 const char *rcpt);

#endif
