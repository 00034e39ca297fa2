/*
 * recorder.h -- the thread that writes what only records, off the mail path
 *
 * What does not fit into its queue, or onto the disk, is dropped, counted
 * and logged: it never delays mail (design 13).
 */
#ifndef GATEPOST_SERVICE_RECORDER_H
#define GATEPOST_SERVICE_RECORDER_H

#include <glib.h>

#include "gatepost/service/site.h"

typedef struct Recorder Recorder;

Recorder *recorder_new(Site *site, gint64 min_free);

/* Queue RECORD (taken).  CANDIDATE, when it is not NULL, is the JSON (taken)
 * of a candidate whose SIZE bytes are in FD (duplicated). */
void recorder_take(Recorder *recorder, Record *record, char *candidate,
		   int fd, gsize size);

/* Write all that is queued and end the thread.  What is taken later is
 * dropped; the recorder itself lives as long as its process. */
void recorder_end(Recorder *recorder);

#endif
