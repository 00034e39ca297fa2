/*
 * control.h -- a command line that travels to the daemon's user with the
 * caller's standard descriptors, and its exit status back
 */
#ifndef GATEPOST_SERVICE_CONTROL_H
#define GATEPOST_SERVICE_CONTROL_H

#include <glib.h>
#include <stdbool.h>

/* Where it is looked for when the configuration cannot be read. */
#define CONTROL_DEFAULT "/run/gatepost/control.sock"

/* Have the daemon at the socket PATH run WORDS (of char *) with our standard
 * descriptors, and wait.  The exit status; -1 and ERROR set when it could not
 * be asked, or ended without one. */
int control_ask(const char *path, const GPtrArray *words, GError **error);

/* Take the words of who calls by CONNECTION, of char *, free with the array,
 * and make his standard descriptors ours.  NULL and ERROR set when he sends
 * none in time, or no such thing. */
GPtrArray *control_take(int connection, GError **error);

/* Tell him the STATUS that it ended with. */
void control_end(int connection, int status);

#endif
