/*
 * vouch.h -- say of a held message that it is good: entries that allow the
 * next one, and a report for the analysts
 */
#ifndef GATEPOST_SERVICE_VOUCH_H
#define GATEPOST_SERVICE_VOUCH_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/* By what of it the next one is to be allowed. */
enum vouch { VOUCH_SENDER, VOUCH_URL, VOUCH_FILE, VOUCH_SPOOF };
extern const char *const vouches[];		/* names; ends with NULL */

/*
 * The entries (of Entry *) that allow RCPT's copy of HELD by each of KINDS
 * (bits, 1 << enum vouch), until EXPIRES (us; 0: while they are used within
 * 45 days), by BY.  NULL and ERROR set, in words for an admin, when one of
 * them would have no effect: nothing proved From, no link was the reason.
 */
GPtrArray *vouch_entries(const Config *config, const Held *held,
			 const HeldRcpt *rcpt, int kinds, gint64 expires,
			 const struct doer *by, GError **error);

/* Append ENTRIES to the managed list of TENANT; one that is there already
 * stays as it is.  Each is told to the audit log and its line to SAID (of
 * char *). */
bool vouch_allow(Site *site, const Config *config, const Tenant *tenant,
		 const Held *held, const GPtrArray *entries,
		 const struct doer *by, GPtrArray *said, GError **error);

/*
 * Report RCPT's copy of HELD as what it is, AS "clean" (a false positive) or
 * "phish": into spool/submissions/new under ID, so that it is sent once
 * however often it is reported under that, to the ledger ("reported-clean")
 * and to the audit log.
 */
bool vouch_report(Site *site, const char *id, const Held *held,
		  const HeldRcpt *rcpt, const char *as,
		  const struct doer *by, const char *note, GError **error);

#endif
