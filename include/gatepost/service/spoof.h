/*
 * spoof.h -- who was shown in From by whose hosts, lately and without proof
 */
#ifndef GATEPOST_SERVICE_SPOOF_H
#define GATEPOST_SERVICE_SPOOF_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/message.h"
#include "gatepost/service/site.h"

/* Kind and value of the ledger's key for such mail. */
#define SPOOF_KEY "auth", "unproven"

/* A pair as a spoof entry names it, and its mail. */
typedef struct SpoofPair {
	char *from;		/* From's domain */
	char *source;		/* sending infrastructure: organisation of
				 * the client's confirmed name, else a domain
				 * that signed, else a network */
	guint count;		/* messages */
	/* Of the newest message: */
	gint64 last;		/* us */
	char id[ID_TEXT];
	int dmarc;		/* enum auth_value */
	int composite;		/* enum composite */
	char *reason;		/* its code */
	int action;		/* enum action, the hardest of all recipients */
	char *entry;		/* the spoof entry that it met; NULL: none */
} SpoofPair;

/*
 * The pairs of mail to TENANT (NULL: all) since SINCE (us) whose From nothing
 * proved, most messages first, of SpoofPair *; the array frees them.  *MORE
 * when there are more pairs than BOUND_SPOOF_PAIRS.  NULL and ERROR set when
 * the ledger cannot be read.
 */
GPtrArray *spoof_pairs(Site *site, const Tenant *tenant, gint64 since,
		       bool *more, GError **error);

/* The pair that RECORD (the ledger's JSON) shows, with its FACTS, in *FROM and
 * *SOURCE, yours.  False: From is proved, or nobody knows who sent it. */
bool spoof_pair_of(const Json *record, const Facts *facts, char **from,
		   char **source);

/* Is it mail of a stranger whose From is known to be without proof? */
bool spoof_is_unproven(const Client *client, const Facts *facts);

#endif
