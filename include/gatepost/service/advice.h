/*
 * advice.h -- what to change, so that the next message of a kind fares
 * otherwise
 */
#ifndef GATEPOST_SERVICE_ADVICE_H
#define GATEPOST_SERVICE_ADVICE_H

#include <glib.h>

#include "gatepost/model/decision.h"
#include "gatepost/service/site.h"

struct advice {
	const char *rule;	/* a word: the rules of advice.c */
	char *text;		/* a sentence for the admin */
};

/*
 * The advice on a message: its FACTS, the RECORD (the ledger's JSON) and
 * DECISIONS (of Decision *) on the copies in question.  Of struct advice *,
 * the most telling first; the array frees them.  What the stores do not tell
 * is left out.
 */
GPtrArray *advice_of(Site *site, const Config *config, const Json *record,
		     const Facts *facts, const GPtrArray *decisions);

/* The same from RECORD alone, for TENANT's copies (NULL: of all) to RCPT
 * (NULL: all). */
GPtrArray *advice_on(Site *site, const Config *config, const Json *record,
		     const char *tenant, const char *rcpt);

#endif
