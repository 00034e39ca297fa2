/*
 * ask.h -- the caller's side of a worker: send bytes, wait, get facts
 *
 * One request at a time on a connection, which may be used again after an
 * answer.  The bytes of a small message travel in the request, those of
 * others as a descriptor that the worker only reads.
 */
#ifndef GATEPOST_WORKER_ASK_H
#define GATEPOST_WORKER_ASK_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"
#include "gatepost/util/wait.h"

enum ask_result {
	ASK_DONE,	/* ANSWER is filled */
	ASK_DIED,	/* end of file without an answer: of this message */
	ASK_LATE,	/* no answer in time; nobody knows why */
	ASK_NONE	/* no worker could be reached, or none took it */
};

/* Where the bytes of a message are. */
struct ask_bytes {
	const guint8 *data;	/* in memory; NULL: in fd */
	gsize size;
	int fd;
};

/* Connect to the workers' socket NAME in FOLDER.  -1 and errno on failure;
 * never waits: EAGAIN says that the backlog is full. */
int ask_connect(int folder, const char *name);

/*
 * Send REQUEST with the message in BYTES over CONNECTION and wait for its
 * ANSWER (new, from fields_new(&answer_fields)) until DEADLINE.  ERROR is
 * set, in words for the log, unless ASK_DONE; then CONNECTION is of no more
 * use.  The caller closes.
 */
enum ask_result ask(int connection, const Request *request,
		    const struct ask_bytes *bytes, Answer *answer,
		    gint64 deadline, wait_how *wait, void *data,
		    GError **error);

/* Start a private worker and return our end of its socket, for callers who
 * must not read mail themselves; -1 and ERROR set when it cannot start.
 * Closing it ends the worker.  PROGRAM is its path. */
int ask_private(const char *program, GError **error);

/* What both sides put in front: they must be of one build. */
guint32 ask_build_id(void);

/* The path of PROGRAM, "gatepost-worker" or "gatepost": beside the running
 * program, else in libexec, else among the commands.  Yours. */
char *ask_program(const char *program);

#endif
