/*
 * recorder.h -- the thread that writes what only records, off the mail path
 *
 * What does not fit into its queue, or onto the disk, is dropped, counted
 * and logged: it never delays mail (design 13).
 */
#ifndef GATEPOST_SERVICE_RECORDER_H
#define GATEPOST_SERVICE_RECORDER_H

#include <glib.h>

#include "gatepost/service/copies.h"

typedef struct Recorder Recorder;

Recorder *recorder_new(Site *site, gint64 min_free);

/* Queue RECORD (taken) and COPIES (of struct copy *; NULL: none), which are
 * taken out of the array. */
void recorder_take(Recorder *recorder, Record *record, GPtrArray *copies);

/* Count which entries the message ID met, by what was decided for recipients
 * refused at RCPT and for those of its end (either may be NULL).  It reaches
 * the state store within a second, or at recorder_end(). */
void recorder_count(Recorder *recorder, const char *id,
		    const GPtrArray *refused, const GPtrArray *decisions);

/* Write all that is queued and end the thread.  What is taken later is
 * dropped; the recorder itself lives as long as its process. */
void recorder_end(Recorder *recorder);

#endif
