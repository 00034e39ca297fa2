/*
 * triage.h -- what an admin does with reported messages
 */
#ifndef GATEPOST_SERVICE_TRIAGE_H
#define GATEPOST_SERVICE_TRIAGE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/*
 * Say that the message of ROWS (of Report *, all of its group) is MARK, with
 * a NOTE (NULL: none) for other admins, and, when IS_TOLD, tell its verified
 * reporters, each once and in his language; *TOLD counts them.  False and
 * ERROR set: it is not marked, or not all were told: to be done again.
 */
bool triage_mark(Site *site, const Config *config, const GPtrArray *rows,
		 enum report_mark mark, const struct doer *by,
		 const char *note, bool is_told, guint *told,
		 GError **error);

/* Forget what is older than keep.reports at NOW (us), and octets that no
 * report is of.  *REMOVED counts the reports.  False and ERROR set. */
bool triage_sweep(Site *site, const Config *config, gint64 now,
		  guint *removed, GError **error);

/* The decision of RECORD (NULL allowed) for a recipient of TENANT, the first
 * of those that ended in a mailbox, or of all; borrowed. */
const Json *triage_decision(const Json *record, const char *tenant);

#endif
