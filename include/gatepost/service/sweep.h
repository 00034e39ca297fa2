/*
 * sweep.h -- what cron has done: expiry and retention of all that is kept
 */
#ifndef GATEPOST_SERVICE_SWEEP_H
#define GATEPOST_SERVICE_SWEEP_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/life.h"
#include "gatepost/service/site.h"

/* What was done. */
struct swept {
	guint expired;		/* held copies whose time is over */
	guint released;		/* copies that were approved before */
	guint items;		/* held messages, and files of crashes */
	guint candidates, submissions;	/* items of the spool */
	guint past;		/* candidates found in past mail */
	guint reports;		/* of users */
	guint days;		/* of the ledger */
	guint evidence;		/* days of it */
	struct life_swept life;	/* of entries */
};

/* Do all of it at NOW (us).  What fails stops nothing else: its error goes to
 * FAULTS (of GError *).  DONE->life.notes is the caller's. */
void sweep(Site *site, const Config *config, gint64 now, struct swept *done,
	   GPtrArray *faults);

#endif
