/*
 * combine.h -- what the analysts say together
 */
#ifndef GATEPOST_ANALYSTS_COMBINE_H
#define GATEPOST_ANALYSTS_COMBINE_H

#include "gatepost/model/config.h"
#include "gatepost/model/submission.h"

/* How the attempts of a submission stand. */
struct combined {
	bool is_over;		/* nobody need be waited for */
	bool is_taken;		/* somebody had it */
	enum verdict verdict;	/* VERDICT_NONE: nobody said one */
	const char *by;		/* who said so, when it was one alone; NULL;
				 * borrowed from ATTEMPTS */
};

/* Combine ATTEMPTS (of Attempt *) by RULE. */
struct combined combine(const GPtrArray *attempts, enum combine rule);

#endif
