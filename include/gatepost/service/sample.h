/*
 * sample.h -- what an entry matches and what it does not, by example
 */
#ifndef GATEPOST_SERVICE_SAMPLE_H
#define GATEPOST_SERVICE_SAMPLE_H

#include <glib.h>

#include "gatepost/lists/snapshot.h"

/* A value that ENTRY matches, in *HIT, and a near one that it does not, in
 * *MISS, each tried by the matcher on LISTS, which hold that entry of TENANT
 * alone.  Yours; NULL where no sample is known, as of many a pattern. */
void sample_find(const Entry *entry, const Snapshot *lists,
		 const char *tenant, char **hit, char **miss);

#endif
