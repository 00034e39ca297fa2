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

/* A copy of a delivered message, for the spool of candidates or as evidence. */
struct copy {
	char id[ID_TEXT];
	char *tenant;		/* whose evidence; NULL: a candidate */
	gint64 most;		/* octets of all its evidence; 0: no limit */
	char *json;		/* beside the octets: a candidate's, or facts */
	GPtrArray *suspects;	/* of struct suspect *, of a candidate */
	int fd;			/* its own; -1: octets are not kept */
	gsize size;
};
/* A tenant's interest in a candidate. */
struct suspect {
	char *tenant;
	gint64 score, daily;	/* most groups a day */
	GString *rules, *rcpts;	/* parted by blanks */
	char *sender, *from, *subject, *body, *kin;
};
/* JSON is taken, FD (may be -1) duplicated. */
struct copy *copy_new(const char *id, const char *tenant, char *json, int fd,
		      gsize size);
void copy_free(struct copy *copy);

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
