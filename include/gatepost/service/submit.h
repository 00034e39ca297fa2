/*
 * submit.h -- give a message, a link or a file to the analysts
 *
 * What needs no analyst (an entry let it in, it is held already, it is our
 * own drill) is answered at once; the rest waits in spool/submissions/new
 * for gatepost drain.  Each has a record in site->submitted from the start.
 */
#ifndef GATEPOST_SERVICE_SUBMIT_H
#define GATEPOST_SERVICE_SUBMIT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/submission.h"
#include "gatepost/service/draft.h"
#include "gatepost/service/site.h"

/* What is asked; NULL and 0 are not said. */
struct submit {
	const char *id;		/* NULL: a new one; the same again is the
				 * same submission */
	const Tenant *tenant;
	enum submission_kind kind;
	enum submitted_as as;
	const char *source;	/* see Submission */
	const char *message;	/* id of the ledger's record */
	const char *item;	/* id of a held item */
	const char *rcpt;	/* who had the issue, normal form */
	const Facts *facts;	/* of a message that the ledger does not know */
	const char *url, *filename, *note;
	int fd;			/* the octets; -1: as the stores have them */
	gsize size;
	bool is_drill;		/* it is our own exercise */
	const GPtrArray *reports;	/* of char *: ids */
	int block, allow;	/* entries to make of it: bits, 1 << enum
				 * draft_kind */
	gint64 expires;		/* us: of these; 0: as draft.h has it */
	const Setup *setup;	/* what is in force, for links and files that
				 * may be blocked already; NULL: not known */
};

/*
 * Submit WHAT for BY.  The submission as it stands then, yours; lines on the
 * entries that were made go to SAID (of char *).  What waits for the analysts
 * already is not submitted twice: that submission comes back, with the
 * entries made all the same.  NULL and ERROR set, in words for an admin.
 */
Submission *submit(Site *site, const Config *config,
		   const struct submit *what, const struct doer *by,
		   GPtrArray *said, GError **error);

/*
 * The submission ID is over: RESULT, by BY, since REASONS (codes, ends with
 * NULL; may be NULL).  Its record, the ledger and the audit log are told, its
 * item leaves the queue.  False without ERROR: it was over before.
 */
bool submit_complete(Site *site, const char *id, enum result result,
		     enum verdict verdict, const char *const *reasons,
		     const struct doer *by, GError **error);

/*
 * Would SUBMIT do as asked?  Makes nothing.  False and ERROR set, in words
 * for an admin.
 */
bool submit_may(Site *site, const Config *config, const struct submit *what,
		const struct doer *by, GError **error);

/* The octets of SUBMISSION, wherever it stands in the spool, for pread;
 * *SIZE set.  -1 and ERROR set when they are gone. */
int submit_octets(Site *site, const Submission *submission, gsize *size,
		  GError **error);

#endif
