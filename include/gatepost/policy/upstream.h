/*
 * upstream.h -- what a filter before us says in its own header fields
 */
#ifndef GATEPOST_POLICY_UPSTREAM_H
#define GATEPOST_POLICY_UPSTREAM_H

#include "gatepost/model/category.h"
#include "gatepost/model/config.h"
#include "gatepost/model/facts.h"

/* One field read. */
struct upstream_word {
	const Upstream *upstream;	/* NULL: no field of an upstream's */
	bool is_said;			/* it speaks against the message: */
	enum category category;
	enum confidence confidence;
	const char *symbol;	/* of our table, that named the category;
				 * NULL: none */
	bool has_score;
	double score, threshold;	/* threshold 0: not known */
	double share;		/* of the configured line: 1 is at it, 0 is
				 * not known */
};

/*
 * Read FIELD, one of facts->scores, as CONFIG's upstream wrote it: a value in
 * front ("Yes", "True", "Infected"), a score with its threshold, and the names
 * of the rules that met.
 */
struct upstream_word upstream_read(const Config *config, const Field *field);

#endif
