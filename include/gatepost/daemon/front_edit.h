/*
 * front_edit.h -- the MTA's side of a pipeline, by libmilter
 */
#ifndef GATEPOST_DAEMON_FRONT_EDIT_H
#define GATEPOST_DAEMON_FRONT_EDIT_H

#include <libmilter/mfapi.h>

#include "gatepost/service/mta.h"

struct edit_mta {
	struct mta mta;		/* first */
	SMFICTX *ctx;
	bool has_later;		/* the pipeline gave its own "later" */
};
struct edit_mta edit_mta(SMFICTX *ctx);

#endif
