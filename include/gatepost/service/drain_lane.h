/*
 * drain_lane.h -- the questions to one analyst in a run of drain; each lane
 * is a thread, so that no analyst waits for another
 */
#ifndef GATEPOST_SERVICE_DRAIN_LANE_H
#define GATEPOST_SERVICE_DRAIN_LANE_H

#include <pthread.h>

#include "gatepost/service/drain.h"
#include "gatepost/store/keys.h"

/* A question that is due, for as many times already. */
struct due {
	char *id;
	gint64 tries;
};

/* An array of them, which frees what they own. */
GArray *due_new(void);
/* Add OF to DUE, when ANALYST is to be asked about it at NOW (us). */
void due_add(GArray *due, const AnalystSetting *analyst, const Submission *of,
	     gint64 now);

struct lane {
	const struct drain_run *run;
	const AnalystSetting *one;
	GArray *due;			/* of struct due */
	const struct token_keys *keys;	/* NULL: no analyst by mail */
	/* Look whether ID is over, now that somebody answered. */
	void (*settle)(const char *id, void *of);
	void *of;
	pthread_t thread;
	bool is_started;
	/* Set: */
	guint asked, failed, answered;
	GPtrArray *notes;		/* of char * */
};

/* Ask it what is due, within BOUND_DRAIN_SECONDS, its rate and its breaker. */
void lane_work(struct lane *lane);

#endif
