/*
 * alert.h -- tell the admins of a tenant what they should know, by mail and
 * to a program; repeats are joined for a while
 */
#ifndef GATEPOST_SERVICE_ALERT_H
#define GATEPOST_SERVICE_ALERT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/*
 * Raise an alert of KIND for TENANT: LINE says what happened (lines end in LF
 * or CRLF; nothing of a stranger that is not shown safely), SUBJECT it in one
 * line, for the mail about it alone.  The first is told at once, those that
 * follow within alerts.window together at its end.  Never delays or fails the
 * caller's work: what cannot be told is logged, and tried again.
 */
void alert(Site *site, const Config *config, const Tenant *tenant,
	   enum alert_kind kind, const char *subject, const char *line);

/* Tell what is due, also of others' raising.  How many alerts nobody could be
 * told of. */
guint alerts_flush(Site *site, const Config *config, gint64 now);

/* Raise what nobody raises: jobs of cron that are overdue, reports that wait,
 * bursts of candidates.  To be called every minute or so. */
void alerts_watch(Site *site, const Config *config, gint64 now);

/* The daemon's thread that does both; SETUP gives what is in force. */
void alerts_start(Site *site, Setup *(*setup)(void *data), void *data);

#endif
