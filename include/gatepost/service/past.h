/*
 * past.h -- new blocks that match mail which was delivered before them
 */
#ifndef GATEPOST_SERVICE_PAST_H
#define GATEPOST_SERVICE_PAST_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/*
 * Make candidates of what the blocks that were added since SINCE (us) would
 * have held, of what was delivered in the days before NOW (us); how many that
 * are is in *FOUND.  False and ERROR set.
 */
bool past_look(Site *site, const Config *config, gint64 since, gint64 now,
	       guint *found, GError **error);

#endif
