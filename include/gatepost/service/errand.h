/*
 * errand.h -- what a user asks for by mail to the tenant's action address
 *
 * The pipeline takes it, and nothing more is done before the MTA is answered;
 * the clerk runs it.  Until then it stands in actions/new of state_dir.
 */
#ifndef GATEPOST_SERVICE_ERRAND_H
#define GATEPOST_SERVICE_ERRAND_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/pipeline.h"

/*
 * Keep what MESSAGE asks of the action addresses among its recipients, when
 * it comes from one of the tenant's users and no program wrote it; the rest
 * is logged and forgotten.  False and ERROR set: it is neither known who sent
 * it, nor on disk; the MTA must come again.
 */
bool errands_take(struct pipeline *line, Message *message,
		  const Facts *facts, GError **error);

/* Do errand ID as SETUP says, and put the answer into the outbox.  True: it
 * is over, whatever became of it.  False and ERROR set: it is to be tried
 * again. */
bool errand_run(struct pipeline *line, Setup *setup, const char *id,
		GError **error);

#endif
