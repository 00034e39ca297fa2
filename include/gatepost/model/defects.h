/*
 * defects.h -- the names of defects, for the policy and the manual
 */
#ifndef GATEPOST_MODEL_DEFECTS_H
#define GATEPOST_MODEL_DEFECTS_H

#include <glib.h>
#include <stdbool.h>

struct defect {
	const char *name;	/* as in Facts.defects; never changes */
	bool is_grave;		/* real senders' software does not make it: a
				 * candidate by itself */
	const char *meaning;
};

/* The defect called NAME, or NULL. */
const struct defect *defect_find(const char *name);

#endif
