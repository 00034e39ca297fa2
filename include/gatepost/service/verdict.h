/*
 * verdict.h -- what follows from a verdict on a submission
 */
#ifndef GATEPOST_SERVICE_VERDICT_H
#define GATEPOST_SERVICE_VERDICT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/submit.h"

/*
 * The submission ID is over, with RESULT and VERDICT (VERDICT_NONE: nobody
 * gave one), by BY.  Entries that were made with it are lengthened or lifted,
 * what is held for its reason is released when it is clean, reporters are
 * told unless an admin has done so, it is completed, and the admins are
 * alerted.  What a crash interrupts is done again by the
 * next call, and nothing twice.  False without ERROR: it was over before.
 */
bool verdict_settle(Site *site, const Config *config, const char *id,
		    enum result result, enum verdict verdict,
		    const struct doer *by, GError **error);

/* Alert the admins of TENANT when an allow entry let in what ONE is of, which
 * is a threat; JSON is the ledger's record. */
void verdict_tell_malicious(Site *site, const Config *config,
			    const Tenant *tenant, const Submission *one,
			    const Json *json);

/* BY, a person, says that the waiting submission ID is VERDICT, with NOTE
 * (NULL: none).  As verdict_settle(). */
bool verdict_resolve(Site *site, const Config *config, const char *id,
		     enum verdict verdict, const char *note,
		     const struct doer *by, GError **error);

/* What of a result is wrong, bits of 1 << enum dispute_what. */
enum dispute_what { DISPUTE_RESULT, DISPUTE_REASON, DISPUTE_ADVICE };
extern const char *const dispute_whats[];	/* names; ends with NULL */

/*
 * BY says that WRONG of submission ID is wrong, with NOTE (NULL: none): once,
 * and only of a result that is an analyst's.  When the result is, it goes to
 * the analysts once more.  False and ERROR set, in words for an admin.
 */
bool verdict_dispute(Site *site, const char *id, int wrong, const char *note,
		     const struct doer *by, GError **error);

#endif
