/*
 * alerts.h -- the state store's rows of what the admins of a tenant are to
 * know, repeats joined; and when each job of cron was last done
 */
#ifndef GATEPOST_STORE_ALERTS_H
#define GATEPOST_STORE_ALERTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/category.h"

/* Lines that are kept of one alert; the rest is counted. */
#define ALERT_LINES 20

struct alert_row {
	const char *tenant;
	enum alert_kind kind;
	gint64 first, last;	/* us */
	gint64 count;		/* how often it was raised */
	gint64 told;		/* of which the admins were told */
	gint64 ran;		/* of which the program was told */
	const char *lines;	/* a line each, with LF; ALERT_LINES of them */
};

typedef struct Alerts Alerts;

/* Open them in the folder PATH.  NULL and ERROR set on failure.  Threads may
 * share it. */
Alerts *alerts_open(const char *path, GError **error);
void alerts_free(Alerts *alerts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Alerts, alerts_free)

/* It happened at NOW (us), as LINE says: one that began within WINDOW us
 * before is joined, and none that is to begin: the clock went back. */
bool alerts_raise(Alerts *alerts, const char *tenant, enum alert_kind kind,
		  const char *line, gint64 now, gint64 window,
		  GError **error);

/* Call FOUND for those of TENANT (NULL: all) since SINCE, the newest first;
 * IS_DUE: only those of which nobody was told, or not of all. */
typedef void alert_found(const struct alert_row *row, void *data);
bool alerts_list(Alerts *alerts, const char *tenant, gint64 since,
		 bool is_due, alert_found *found, void *data, GError **error);

/* The admins, or the program, were told of ROW's `count`. */
bool alerts_told(Alerts *alerts, const struct alert_row *row, GError **error);
bool alerts_ran(Alerts *alerts, const struct alert_row *row, GError **error);

/* Forget what is older than BEFORE (us). */
bool alerts_sweep(Alerts *alerts, gint64 before, GError **error);

/* The job NAME ("drain") was done, at NOW (us). */
bool jobs_done(Alerts *alerts, const char *name, gint64 now, GError **error);
/* When it was last done, in *LAST, which stays as it was when that was never,
 * or ERROR is set: false. */
bool jobs_last(Alerts *alerts, const char *name, gint64 *last,
	       GError **error);

#endif
