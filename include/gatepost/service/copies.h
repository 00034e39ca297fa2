/*
 * copies.h -- what is kept of delivered mail besides its record: candidates
 * and evidence
 */
#ifndef GATEPOST_SERVICE_COPIES_H
#define GATEPOST_SERVICE_COPIES_H

#include <glib.h>

#include "gatepost/model/facts.h"
#include "gatepost/model/message.h"
#include "gatepost/service/site.h"

/* A copy of a delivered message, for the spool of candidates or as evidence. */
struct copy {
	char id[ID_TEXT];
	char *tenant;		/* whose evidence; NULL: a candidate */
	gint64 most;		/* octets of all its evidence; 0: no limit */
	char *json;		/* beside the octets: a candidate's, or facts */
	GPtrArray *suspects;	/* of struct suspect *, of a candidate */
	int fd;			/* its own; -1: octets are not kept */
	gsize size;
};
/* A tenant's interest in a candidate. */
struct suspect {
	char *tenant;
	gint64 score, daily;	/* most groups a day */
	GString *rules, *rcpts;	/* parted by blanks */
	char *sender, *from, *subject, *body, *kin;
};
/* JSON is taken, FD (may be -1) duplicated. */
struct copy *copy_new(const char *id, const char *tenant, char *json, int fd,
		      gsize size);
void copy_free(struct copy *copy);

/* What is kept of MESSAGE: a copy for the spool when a decision suspects it,
 * and its tenants' evidence.  Of struct copy *; free with the array. */
GPtrArray *copies_of(Message *message, const Facts *facts,
		     const GPtrArray *decisions);

/* What messages of one making share: From's domain, whether it is proven, and
 * what they are about, but for numbers.  Yours. */
char *kin_of(const Facts *facts);

/* Candidates IDS (of char *) were dealt with, or given up: the octets of those
 * that no tenant waits for any more go to the spool's state TO, or (NULL) from
 * it. */
void copies_settle(Site *site, const GPtrArray *ids, const char *to);

#endif
