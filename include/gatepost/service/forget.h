/*
 * forget.h -- erase a person, and prove it
 */
#ifndef GATEPOST_SERVICE_FORGET_H
#define GATEPOST_SERVICE_FORGET_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/* What was, or would be, erased. */
struct forgotten {
	guint copies, items;	/* held copies, and items that go with them */
	guint spool;		/* items of the spool that name the person */
	guint evidence;		/* delivered messages that are kept */
	guint outgoing;		/* copies that wait in the outbox */
	guint entries;		/* of users' lists: his, and that name him */
	guint records, events;	/* of the ledger */
	guint contacts;		/* pairs of who wrote to whom */
	guint deeds, others;	/* rows of the audit log, and of others */
};

/*
 * Erase the person with ADDRESS (normal form) from all stores of SITE: what is
 * his goes; where others need what names him a stand-in takes his place (see
 * mention.h).  IS_DRY: only count, in *DONE, and change nothing.  Ended in
 * the middle, it is to be run again, and finishes.  BY's deed is noted in the
 * audit log, without the address.  False and ERROR set.
 */
bool forget_person(Site *site, const Config *config, const char *address,
		   bool is_dry, const struct doer *by, struct forgotten *done,
		   GError **error);

/*
 * Search every file below state_dir for ADDRESS, as its octets are and, in
 * the ledger, unpacked.  *FILES counts them; TRACES (of char *) gets a line
 * for each that names him: its path, and what may be done.  False and ERROR
 * set when a file could not be read.
 */
bool forget_search(Site *site, const char *address, guint *files,
		   GPtrArray *traces, GError **error);

#endif
