/*
 * child.h -- run a program to its end: without a shell, with nothing of ours
 * open, for so long and no longer
 */
#ifndef GATEPOST_UTIL_CHILD_H
#define GATEPOST_UTIL_CHILD_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/wait.h"

struct child {
	char *const *words;	/* the program's path, its arguments; NULL */
	char *const *environment;	/* beside PATH and LC_ALL; NULL: none */
	const void *input;	/* octets for its standard input; NULL: none */
	gsize size;
	gint64 timeout;		/* ms; then it and all it started is killed */
	gsize most;		/* octets of standard output that are taken */
	wait_how *wait;		/* NULL: poll() alone */
	void *data;		/* the caller's, for wait */
};

/* Run CHILD; what it printed goes to HEARD, its wait status to *STATUS.
 * False and ERROR set, in words for an admin, when it could not start, did
 * not end in time or printed too much. */
bool child_run(const struct child *child, GString *heard, int *status,
	       GError **error);

#endif
