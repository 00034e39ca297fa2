/*
 * drain_lane.h -- the questions to one analyst in a run of drain; each lane
 * is a thread, so that no analyst waits for another
 */
#ifndef GATEPOST_SERVICE_DRAIN_LANE_H
#define GATEPOST_SERVICE_DRAIN_LANE_H

#include <pthread.h>

#include "gatepost/service/drain.h"
#include "gatepost/store/keys.h"

struct lane {
	const struct drain_run *run;
	const AnalystSetting *one;
	const GPtrArray *ids;		/* of char *: what was claimed */
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
