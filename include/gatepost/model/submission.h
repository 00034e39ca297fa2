/*
 * submission.h -- a message, link or file that was given to analysts: as
 * what, what they said, and what came of it
 */
#ifndef GATEPOST_MODEL_SUBMISSION_H
#define GATEPOST_MODEL_SUBMISSION_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/fields.h"

enum submission_kind { SUBMISSION_MESSAGE, SUBMISSION_URL, SUBMISSION_FILE };
extern const char *const submission_kinds[];	/* names; ends with NULL */

/* As what: sure of it, or only asking. */
enum submitted_as { AS_PHISH, AS_MALWARE, AS_SPAM, AS_CLEAN, AS_SUSPICIOUS,
		    AS_APPEARS_CLEAN };
extern const char *const submitted_ases[];	/* names; ends with NULL */
/* Does it say that mail of that kind should not have come through? */
bool as_is_bad(enum submitted_as as);

enum submission_status { SUBMISSION_PENDING, SUBMISSION_COMPLETED };
extern const char *const submission_statuses[];	/* names; ends with NULL */

/* What an analyst says that it is. */
enum verdict { VERDICT_NONE, VERDICT_CLEAN, VERDICT_BULK, VERDICT_SPAM,
	       VERDICT_PHISH, VERDICT_MALWARE, VERDICT_UNKNOWN };
extern const char *const verdicts[];		/* names; ends with NULL */

/* How a submission ended: the rows of submission.c. */
enum result {
	RESULT_PENDING, RESULT_NOT_SUBMITTED, RESULT_DRILL,
	RESULT_AUTHENTICATION, RESULT_SPOOF_ALLOWED, RESULT_SPOOF_BLOCKED,
	RESULT_LIKE_DOMAIN, RESULT_LIKE_BRAND, RESULT_LIKE_NAME,
	RESULT_ALLOWED, RESULT_USER_ALLOWED, RESULT_BLOCKED,
	RESULT_USER_BLOCKED, RESULT_NOT_FOUND, RESULT_LOST,
	RESULT_NOT_RECEIVED, RESULT_FURTHER, RESULT_UNKNOWN, RESULT_BULK,
	RESULT_SPAM, RESULT_CLEAN, RESULT_THREATS
};
extern const char *const submission_results[];	/* codes ("threatsFound"); ends with
					 * NULL */
/* The same in words ("Threats found"), and what it means for the admin. */
const char *result_words(enum result result);
const char *result_meaning(enum result result);
/* The result that VERDICT leads to; RESULT_PENDING for VERDICT_NONE. */
enum result result_of(enum verdict verdict);

/* Where the question to one analyst stands. */
enum attempt_state {
	ATTEMPT_WAITING,	/* not sent yet, or to be sent again */
	ATTEMPT_SENDING,	/* a crash here: sent again, with the id */
	ATTEMPT_SENT,		/* the answer comes later */
	ATTEMPT_ANSWERED,
	ATTEMPT_REFUSED,	/* he takes no such thing, or said no */
	ATTEMPT_GIVEN_UP	/* tried for too long */
};
extern const char *const attempt_states[];	/* names; ends with NULL */

typedef struct Attempt {
	char *analyst;		/* its name in the configuration */
	int state;		/* enum attempt_state */
	gint64 tries;
	gint64 sent;		/* us: the last time; 0: never */
	gint64 answered;	/* us */
	gint64 next;		/* us: not before */
	int verdict;		/* enum verdict */
	char *detail;		/* what he said, made safe; NULL */
	char *fault;		/* why the last try failed; NULL */
	char *where;		/* where to it went: an URL, an address */
	char *privacy;		/* how much of it left */
	gint64 size;		/* octets that left */
	char *sha256;		/* of them */
	char *ticket;		/* his name for it, to ask again; NULL */
} Attempt;

/* Why a result is disputed: one analysis more. */
typedef struct Dispute {
	gint64 at;		/* us; 0: not disputed */
	char *by;
	GPtrArray *wrong;	/* of char *: result, reason, advice */
	char *text;		/* what is wrong, in words; NULL */
	int result;		/* enum result: the first one, kept */
	GPtrArray *late;	/* of char *: "ANALYST: VERDICT: WHY", answers
				 * to the question before it, which count for
				 * nothing */
} Dispute;

typedef struct Submission {
	char *id;
	gint64 at;		/* us */
	char *tenant;
	int kind;		/* enum submission_kind */
	int as;			/* enum submitted_as */
	char *source;		/* report, candidate, quarantine, ledger,
				 * file, url */
	char *by, *via;
	char *note;		/* of who submits; NULL */
	char *message;		/* id of the ledger's record; NULL */
	char *item;		/* id of the held item; NULL */
	char *rcpt;		/* who had the issue; NULL: not known */
	char *sender;		/* MAIL FROM */
	char *from, *subject, *message_id;
	char *url;		/* of a link */
	char *filename;		/* of a file */
	char *sha256;		/* of the octets; NULL: there are none */
	gint64 size;
	GPtrArray *reports;	/* of char *: ids of reports it stands for */
	GPtrArray *entries;	/* of char *: keys of entries made with it */
	int status;		/* enum submission_status */
	int result;		/* enum result */
	int verdict;		/* enum verdict, what the analysts agree on */
	GPtrArray *reasons;	/* of char *: codes, why it is that result */
	gint64 completed;	/* us */
	char *completed_by;	/* "at-once", an analyst's name, a person */
	Dispute dispute;
	GPtrArray *attempts;	/* of Attempt * */
} Submission;
extern const struct fields attempt_fields, dispute_fields,
    submission_fields;

Submission *submission_new(void);
void submission_free(Submission *submission);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Submission, submission_free)

/* The attempt at ANALYST, made when there is none; borrowed. */
Attempt *submission_attempt(Submission *submission, const char *analyst);

#endif
