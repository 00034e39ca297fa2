/*
 * drill.h -- the keyed field by which our own phishing drills are known
 */
#ifndef GATEPOST_SERVICE_DRILL_H
#define GATEPOST_SERVICE_DRILL_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"

/* Is NAME fit for a campaign: letters, digits, '-', '_' and '.', 64 at
 * most? */
bool drill_is_campaign(const char *name);

/* The value of DRILL_FIELD for the drill CAMPAIGN that RCPT (normal form, or
 * "*") of TENANT gets, good until UNTIL (seconds); yours.  NULL and ERROR set
 * when there is no good key. */
char *drill_make(const Tenant *tenant, const char *rcpt,
		 const char *campaign, gint64 until, GError **error);

/* The campaign of VALUE, when it was made for RCPT or for everybody in TENANT
 * and is not over at NOW (us); yours.  NULL: it is no drill of ours, or, with
 * ERROR set, nobody can tell. */
char *drill_campaign(const Tenant *tenant, const char *rcpt,
		     const char *value, gint64 now, GError **error);

#endif
