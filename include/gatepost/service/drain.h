/*
 * drain.h -- bring what waits in the spool to the analysts, for cron
 *
 * spool/submissions/new is what waits, claimed what was begun, done and
 * failed what is over.  Where each question stands is in the submission's
 * record, written before the first octet leaves and after the answer: what a
 * crash interrupts is asked again, with the same id.
 */
#ifndef GATEPOST_SERVICE_DRAIN_H
#define GATEPOST_SERVICE_DRAIN_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/analysts/privacy.h"
#include "gatepost/service/site.h"

/* Names inside state_dir. */
#define DRAIN_LOCK ".drain.lock"
#define DRAIN_FOLDER "drain"	/* how each analyst fares: NAME.json */

/* What is asked of a run, and what it did. */
struct drain_run {
	Site *site;
	const Config *config;
	const char *only;	/* the one analyst that is asked; NULL: all */
	bool is_once;		/* each question once, and what came
				 * meanwhile waits */
	struct doer by;
	/* Set: */
	guint candidates;	/* that became submissions */
	guint broken;		/* items that are none, now in failed */
	guint asked, failed;	/* questions, and those without an answer */
	guint answered;		/* verdicts */
	guint completed;	/* submissions */
	guint left;		/* submissions that wait */
	GPtrArray *notes;	/* of char *: what an admin should know */
};

/* Do RUN.  False and ERROR set when it could not; G_FILE_ERROR_AGAIN: another
 * one is at work. */
bool drain(struct drain_run *run, GError **error);

/* How an analyst fares, as the last run left it. */
typedef struct AnalystState {
	char *name;
	gint64 failures;	/* in a row */
	gint64 until;		/* us: left alone until then; 0: it is not */
	gint64 last;		/* us: of its last answer */
	gint64 minute;		/* us: start of the minute that is counted */
	gint64 asked;		/* in that minute */
	char *fault;		/* of the last failure; NULL: none since */
} AnalystState;
extern const struct fields analyst_state_fields;

/* The state of the analyst NAME in FOLDER (state_dir); fields_free(). */
AnalystState *analyst_state_read(int folder, const char *name);
bool analyst_state_write(int folder, const AnalystState *state,
			 GError **error);

/*
 * What of SUBMISSION leaves, or left, at LEVEL; its item stands in the spool.
 * False and ERROR set when it is gone; leaving_clear() at the end.
 */
bool drain_leaving(Site *site, const Submission *submission,
		   enum privacy level, struct leaving *leaving,
		   GError **error);

#endif
