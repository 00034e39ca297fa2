/*
 * triage.h -- what an admin does with reported messages
 */
#ifndef GATEPOST_SERVICE_TRIAGE_H
#define GATEPOST_SERVICE_TRIAGE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/submit.h"

/*
 * Say that the message of ROWS (of Report *, all of its group) is MARK, with
 * a NOTE (NULL: none) for other admins, and, when IS_TOLD, tell its verified
 * reporters, each once and in his language; *TOLD counts them.  False and
 * ERROR set: it is not marked, or not all were told: to be done again.
 */
bool triage_mark(Site *site, const Config *config, const GPtrArray *rows,
		 enum report_mark mark, const struct doer *by,
		 const char *note, bool is_told, guint *told,
		 GError **error);

/* What is asked of triage_submit(). */
struct triage_submit {
	int as;			/* enum submitted_as; -1: what it is marked
				 * or, before that, was reported as */
	int block, allow;	/* as in struct submit */
	gint64 expires;
	const char *note;	/* NULL: none */
};

/*
 * Give the message of ROWS to the analysts, and note that it is.  As submit():
 * the submission is yours.  NULL and ERROR set, in words for an admin.
 */
Submission *triage_submit(Site *site, const Config *config,
			  const GPtrArray *rows,
			  const struct triage_submit *what,
			  const struct doer *by, GPtrArray *said,
			  GError **error);

/* What came of it: of the submission of ROW, when it has one; NULL: nothing
 * yet.  Borrowed from ROW, or constant. */
const char *triage_result(Site *site, const Report *row);

/* Forget what is older than keep.reports at NOW (us), and octets that no
 * report is of.  *REMOVED counts the reports.  False and ERROR set. */
bool triage_sweep(Site *site, const Config *config, gint64 now,
		  guint *removed, GError **error);

/* The decision of RECORD (NULL allowed) for a recipient of TENANT, the first
 * of those that ended in a mailbox, or of all; borrowed. */
const Json *triage_decision(const Json *record, const char *tenant);

#endif
