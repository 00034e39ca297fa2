/*
 * stream.h -- one question and its answer over a socket, until its far end
 * closes it
 */
#ifndef GATEPOST_ANALYSTS_STREAM_H
#define GATEPOST_ANALYSTS_STREAM_H

#include <glib.h>
#include <stdbool.h>

/*
 * Send HEAD and then SIZE octets of DATA to PLACE, "/path", "ADDRESS" or
 * "ADDRESS@PORT" (else PORT), and hear at most BOUND_ANSWER octets until
 * DEADLINE, of g_get_monotonic_time().  The answer, yours.  NULL and *FAULT
 * (yours).
 */
GString *stream_ask(const char *place, guint16 port, const char *head,
		    const char *data, gsize size, gint64 deadline,
		    char **fault);

#endif
