/*
 * daemon.h -- supervisor and front, and what passes between them
 */
#ifndef GATEPOST_DAEMON_DAEMON_H
#define GATEPOST_DAEMON_DAEMON_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"

/* From the supervisor to the front: one octet each. */
#define TELL_RELOAD 'c'		/* read the configuration again */
#define TELL_LISTS 'l'		/* map lists and modes again */
#define TELL_DRAIN 'd'		/* end */
/* From the front: READY, and a line "w NUMBER": workers that it wants. */
#define SAY_READY 'r'
#define SAY_WORKERS 'w'

/*
 * Bind and listen where CONFIG says: a stale Unix socket is removed only
 * when it is a socket and nobody answers, its mode and group are set,
 * TCP_NODELAY on inet.  -1 and ERROR set on failure.
 */
int listener_bind(const Config *config, GError **error);

/* The same for control.socket; -1 without ERROR: there is to be none. */
int listener_bind_control(const Config *config, GError **error);

/* Connect to that place and close at once; see front_ask.c. */
void listener_nudge(const Config *config);

/* A listener that nobody knows, for the drain; -1 on failure. */
int listener_dead(void);

/* The front process: serves milter sessions on LISTENER, asks workers at the
 * socket in state_dir, obeys TELL_* on SUPERVISOR.  Never returns. */
void front_run(Config *config, int listener, int supervisor)
	G_GNUC_NORETURN;

/* The supervisor, until it is told to stop; the exit status. */
struct supervisor_options {
	const char *config_path, *pid_file;
	bool is_foreground;
};
int supervisor_run(Config *config, const struct supervisor_options *options);

#endif
