/*
 * wait.h -- wait for a descriptor, in the caller's own way
 */
#ifndef GATEPOST_UTIL_WAIT_H
#define GATEPOST_UTIL_WAIT_H

#include <glib.h>
#include <stdbool.h>

/* Wait until FD can be read or DEADLINE (steady ms) is past; true when it
 * can be read.  DATA is the caller's. */
typedef bool wait_how(int fd, gint64 deadline, void *data);

/* poll() alone, for callers that block nobody. */
bool wait_plainly(int fd, gint64 deadline, void *data);

#endif
