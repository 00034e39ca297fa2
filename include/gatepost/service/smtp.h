/*
 * smtp.h -- hand one message to a listener of the MTA (RFC 5321), one
 * recipient, with NOTIFY=NEVER where DSN is offered (RFC 3461)
 */
#ifndef GATEPOST_SERVICE_SMTP_H
#define GATEPOST_SERVICE_SMTP_H

#include <glib.h>
#include <stdbool.h>

/* PLACE is HOST:PORT, SENDER and RCPT normal addresses ("" for the null
 * sender).  True: the listener took it.  False and ERROR set, with its own
 * words. */
bool smtp_send(const char *place, const char *sender, const char *rcpt,
	       const char *data, gsize length, GError **error);

/* May ADDRESS stand in a protocol line: no control, blank or bracket? */
bool smtp_is_safe(const char *address);

#endif
