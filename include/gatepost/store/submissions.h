/*
 * submissions.h -- the record of every submission, in the state store
 *
 * What is to be sent lies in the spool, see service/submit.h; what became of
 * it stands here, longer.
 */
#ifndef GATEPOST_STORE_SUBMISSIONS_H
#define GATEPOST_STORE_SUBMISSIONS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/submission.h"

typedef struct Submissions Submissions;

/* Open them in the folder PATH.  NULL and ERROR set on failure.  Threads may
 * share it. */
Submissions *submissions_open(const char *path, GError **error);
void submissions_free(Submissions *submissions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Submissions, submissions_free)

/* Add SUBMISSION, durably; the same id again changes nothing. */
bool submissions_put(Submissions *submissions, const Submission *submission,
		     GError **error);
/* The same for all of ALL (of Submission *), at once or not at all. */
bool submissions_put_all(Submissions *submissions, GPtrArray *all,
			 GError **error);

/* The submission ID; yours.  NULL, without ERROR when there is none. */
Submission *submissions_read(Submissions *submissions, const char *id,
			     GError **error);

/* Change the submission ID, durably, while nobody else can: CHANGE returns
 * false to leave it as it was, with ERROR set or not.  True: it was there,
 * and changed or left on purpose. */
typedef bool submission_change(Submission *submission, void *data,
			       GError **error);
bool submissions_change(Submissions *submissions, const char *id,
			submission_change *change, void *data,
			GError **error);

/* What a listing is narrowed to; NULL, 0 and -1 are all. */
struct submission_filter {
	const char *tenant, *message, *item, *rcpt, *by, *source;
	const char *sender;	/* MAIL FROM or From: an address */
	const char *sha256, *url;
	int kind, as, status, result;
	bool is_disputed;
	gint64 since;		/* us */
	guint most;		/* rows; 0: all */
	const char *after;	/* id of the last row of the page before */
};
#define SUBMISSION_FILTER_ALL \
	{ .kind = -1, .as = -1, .status = -1, .result = -1 }

/* Call FOUND for each that fits, newest first. */
typedef void submission_found(const Submission *submission, void *data);
bool submissions_list(Submissions *submissions,
		      const struct submission_filter *filter,
		      submission_found *found, void *data, GError **error);

/* How many are in STATUS, -1 and ERROR set on failure; *OLDEST (us) gets when
 * the oldest of them came, 0 when there is none. */
gint64 submissions_count(Submissions *submissions,
			 enum submission_status status, gint64 *oldest,
			 GError **error);

/* Forget those completed before BEFORE (us). */
bool submissions_sweep(Submissions *submissions, gint64 before,
		       GError **error);

#endif
