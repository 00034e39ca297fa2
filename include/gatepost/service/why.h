/*
 * why.h -- find records of the ledger, and tell in sentences what was done
 */
#ifndef GATEPOST_SERVICE_WHY_H
#define GATEPOST_SERVICE_WHY_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/* What a search is narrowed to; NULL members are all.  Values in normal
 * form. */
struct trace {
	const char *from, *envelope, *rcpt, *url, *file, *ip, *domain;
	const char *queue_id, *message_id;
	const char *body;	/* its SHA-256 */
	const char *action;	/* of one of its decisions */
	gint64 since;		/* us */
	guint most;		/* results; 0: all */
};

/* Records that fit, newest first; each hit of the index is checked against
 * the record itself. */
typedef void trace_found(const Record *record, const Json *json, void *data);
bool trace(Site *site, const struct trace *what, trace_found *found,
	   void *data, GError **error);

/* The record of WORD: our id, a queue id or a Message-ID.  NULL, without
 * ERROR when there is none. */
Record *why_find(Site *site, const char *word, GError **error);

/* Was RECORD's message for RCPT, in normal form? */
bool why_is_for(const Record *record, const char *rcpt);

/* Append to OUT why RECORD fared as it did: its copies of TENANT (NULL: of
 * all) for RCPT (NULL: all).  Of one tenant nothing is told of others: not
 * their copies, not what was done to them, not their past mail. */
bool why_tell(Site *site, const Config *config, const Record *record,
	      const char *tenant, const char *rcpt, GString *out,
	      GError **error);

#endif
