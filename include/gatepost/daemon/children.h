/*
 * children.h -- the supervisor's children: how each kind starts and ends
 */
#ifndef GATEPOST_DAEMON_CHILDREN_H
#define GATEPOST_DAEMON_CHILDREN_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "gatepost/model/config.h"

enum child_kind { CHILD_FRONT, CHILD_WORKER, CHILD_COMPILER, CHILD_CALL };

struct child {
	enum child_kind kind;
	pid_t pid;
	int talk;		/* front: socket pair; worker: status; -1 */
	int log;		/* its stderr; -1 */
	guint lines;		/* logged of it so far */
	gint64 started;		/* steady ms */
	bool has_answered;	/* worker: the sample message */
	bool is_leaving;	/* told to go */
};
void child_free(struct child *child);

/* Start one; NULL and a line in the log when it cannot be.  The front keeps
 * LISTENER and closes what else is the supervisor's: REQUESTS, and PRIVATE
 * (each may be -1). */
struct child *child_front(Config *config, int listener, int requests,
			  const int private[2]);
struct child *child_worker(int requests, gint64 messages);
struct child *child_compiler(const Config *config);
/* Runs what comes by CONNECTION, of the control socket. */
struct child *child_call(const Config *config, int connection);

/* Log what it has written to stderr, ten lines at most. */
void child_drain_log(struct child *child);

/* Make state_dir and the socket's folder when root may and they are
 * missing, and give them to the daemon's user. */
bool state_folder_make(const Config *config, GError **error);

#endif
