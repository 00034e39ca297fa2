/*
 * report_work.h -- a report, worked off: read, matched, listed, answered
 */
#ifndef GATEPOST_SERVICE_REPORT_WORK_H
#define GATEPOST_SERVICE_REPORT_WORK_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/intake.h"

/* Who works: the daemon's clerk, or a command. */
struct report_worker {
	Site *site;
	Config *config;
	/* Ask a worker about the SIZE octets of FD; as ask() says. */
	enum ask_result (*ask)(struct report_worker *worker, int fd,
			       gsize size, const Request *request,
			       Answer *answer, GError **error);
	/* Send MAIL to TO, an address of ours, from the null sender. */
	bool (*tell)(struct report_worker *worker, const char *to,
		     const GString *mail, GError **error);
	void *data;
};

/*
 * Work ONE off, whose SIZE octets are in FD.  *COUNT is how many messages it
 * brought.  True: it is listed, and answered where that is due.  False and
 * ERROR set: it is to be tried again; what is done already is not done twice,
 * but for the answer.
 */
bool report_work(struct report_worker *worker, const Incoming *one, int fd,
		 gsize size, guint *count, GError **error);

/* Do report ID of reports/new as SETUP says, and take it out of there.  As
 * errand_run(). */
bool report_run(struct pipeline *line, Setup *setup, const char *id,
		GError **error);

/* What the ledger knows of a reported message. */
typedef struct Match {
	char *id;		/* its record; NULL: there is no match */
	Facts *facts;
	char *sender, *client;	/* MAIL FROM and address; NULL: not known */
} Match;
void match_clear(Match *match);

/*
 * Find the record of REPORTED, which holds only when the message came to one
 * of MAILBOXES in TENANT, or is HELD (an id; NULL: it is not) for it, and From
 * or body agree.  False and ERROR set when the ledger cannot be read.  Clear
 * MATCH in any case.
 */
bool report_match(Site *site, const char *tenant, const GPtrArray *mailboxes,
		  const Reported *reported, const char *held, Match *match,
		  GError **error);

#endif
