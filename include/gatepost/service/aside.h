/*
 * aside.h -- lists compiled for one question: nothing of the daemon's is
 * changed, and none need be there
 */
#ifndef GATEPOST_SERVICE_ASIDE_H
#define GATEPOST_SERVICE_ASIDE_H

#include <glib.h>

#include "gatepost/lists/snapshot.h"
#include "gatepost/model/config.h"

/* All lists as they stand in their files now; what is wrong, to NOTES (of
 * struct list_note *).  NULL and ERROR set on failure. */
Snapshot *aside_all(const Config *config, GPtrArray *notes, GError **error);

/* ENTRIES (of Entry *) alone, as those of the tenant NAME. */
Snapshot *aside_entries(const char *name, const GPtrArray *entries,
			GError **error);

#endif
