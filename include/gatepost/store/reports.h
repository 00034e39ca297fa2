/*
 * reports.h -- the state store's rows of what users reported
 *
 * A row is what one reporter said of one message.  Rows of a tenant with the
 * same `group` speak of the same message; those that are not verified are
 * groups of their own.
 */
#ifndef GATEPOST_STORE_REPORTS_H
#define GATEPOST_STORE_REPORTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/report.h"

/* States of a row; "drill" and "marked" are over. */
enum report_state { REPORT_NEW, REPORT_MARKED, REPORT_SUBMITTED,
		    REPORT_DRILL };
extern const char *const report_states[];	/* ends with NULL */

/* Texts are never NULL in a row that was read; NULL is "" when it is added. */
typedef struct Report {
	char *id;
	gint64 at, last;	/* us: of the first time, and the newest */
	gint64 times;		/* how often he said it */
	char *tenant;
	char *reporter;		/* his address, or that of MAIL FROM */
	char *mailbox;		/* whose list is his; "": of several */
	char *reply;		/* where answers go; "": nowhere */
	bool is_verified;
	int reason;		/* enum report_reason */
	char *via;		/* mail, command or control */
	int form;		/* enum report_form */
	char *message;		/* id in the ledger; "": it stands alone */
	char *group;		/* that id, else the SHA-256 of its octets */
	char *item;		/* id of the octets; "": they are not kept */
	char *sha256;
	char *sender;		/* of the envelope */
	char *from, *from_domain, *subject, *message_id;
	char *client;		/* address; "": not known */
	char *drill;		/* campaign; "": no drill */
	int state;		/* enum report_state */
	char *result;		/* as submission_results[]; "": none yet */
	int marked;		/* enum report_mark */
	char *marked_by;
	gint64 marked_at;	/* us; 0: not marked */
	char *note;
	char *submission;	/* id; "": none */
	gint64 size;		/* octets kept for this row; 0: another has
				 * them */
} Report;
extern const struct fields report_fields;

void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

typedef struct Reports Reports;

/* Open them in the folder PATH.  NULL and ERROR set on failure.  Threads may
 * share it. */
Reports *reports_open(const char *path, GError **error);
void reports_free(Reports *reports);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reports, reports_free)

/* One more of WHO, an address, in TENANT within the hour that began with his
 * first: at most MOST of him and MOST_ALL of all, those who are verified and
 * those who are not by themselves.  *IS_OVER: it is beyond, and is not
 * counted.  False and ERROR set. */
struct reports_meter {
	const char *tenant, *who;
	bool is_verified;
	gint64 most, most_all, now;
};
bool reports_meter(Reports *reports, const struct reports_meter *meter,
		   bool *is_over, GError **error);

/* Count one that is dropped for WHY, a word, at NOW (us). */
bool reports_drop(Reports *reports, const char *tenant, const char *why,
		  gint64 now, GError **error);
/* Call FOUND for each such word of TENANT (NULL: all). */
typedef void reports_dropped(const char *tenant, const char *why,
			     gint64 count, gint64 last, void *data);
bool reports_each_drop(Reports *reports, const char *tenant,
		       reports_dropped *found, void *data, GError **error);

/* Octets kept for TENANT's reports that are verified, or not. */
bool reports_octets(Reports *reports, const char *tenant, bool is_verified,
		    gint64 *octets, GError **error);

/*
 * Add REPORT durably.  The same id again changes nothing; the same reporter,
 * group and reason again count once more in his row.  What an admin did to
 * the group before holds for the new row, too.
 */
bool reports_add(Reports *reports, const Report *report, GError **error);

/* The id of the octets of REPORT's group, "" when none are kept; yours.  NULL
 * and ERROR set. */
char *reports_item(Reports *reports, const Report *report, GError **error);

/* All rows of the group that row ID is of, of Report *, oldest first; free
 * the array, which frees them.  Empty: there is no such row.  NULL and ERROR
 * set. */
GPtrArray *reports_group(Reports *reports, const char *id, GError **error);

/* Call FOUND for each group with a row since SINCE (us) of TENANT (NULL:
 * all): all of its rows, as above, borrowed. */
typedef void reports_found(const GPtrArray *rows, void *data);
bool reports_each(Reports *reports, const char *tenant, gint64 since,
		  reports_found *found, void *data, GError **error);

/* How many verified users of TENANT reported delivered mail with From's
 * address FROM since SINCE (us), as phish or junk, which nobody found clean;
 * -1 and ERROR set. */
gint64 reports_reporters(Reports *reports, const char *tenant,
			 const char *from, gint64 since, GError **error);

/* Messages that verified users of TENANT (NULL: all) reported before BEFORE
 * (us) and nobody has looked at; *OLDEST (us) is when the first was, 0 when
 * there is none.  -1 and ERROR set. */
gint64 reports_waiting(Reports *reports, const char *tenant, gint64 before,
		       gint64 *oldest, GError **error);

/* What an admin did to the group of ROW, one of its rows: durably. */
bool reports_mark(Reports *reports, const Report *row, enum report_mark mark,
		  const char *by, const char *note, gint64 now,
		  GError **error);
bool reports_submitted(Reports *reports, const Report *row,
		       const char *submission, GError **error);

/* Forget rows last seen before BEFORE (us); *ROWS counts them.  GONE is
 * called for each id of octets that no row is left for. */
typedef void reports_gone(const char *item, void *data);
bool reports_sweep(Reports *reports, gint64 before, guint *rows,
		   reports_gone *gone, void *data, GError **error);

/* Is there a row for the octets ITEM? */
bool reports_has_item(Reports *reports, const char *item, bool *has,
		      GError **error);

#endif
