/*
 * intake.h -- reports of users, in the mail path
 *
 * The pipeline learns who sends them and keeps them; nothing more is done
 * before the MTA is answered.  The clerk runs them: report_run() in
 * service/report_work.h.  Until then they stand in reports/new of state_dir.
 */
#ifndef GATEPOST_SERVICE_INTAKE_H
#define GATEPOST_SERVICE_INTAKE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/report.h"
#include "gatepost/service/pipeline.h"

/* ID.json of reports/new. */
typedef struct Incoming {
	char *id;
	gint64 at;		/* us */
	char *message;		/* tag of the mail, for the log */
	char *tenant;
	bool is_verified;
	char *reporter;		/* address */
	GPtrArray *mailboxes;	/* of char *: the reporter's */
	char *mailbox;		/* the one of them whose list is his; NULL */
	char *reply;		/* where the answer goes; NULL: nowhere */
	int reason;		/* enum report_reason */
	char *held;		/* id of the held item that it is; NULL */
	bool is_bare;		/* as Request.is_bare */
	bool is_listed;		/* it is delivered to a mailbox, too, and
				 * nobody else is to deal with it */
	char *via;
	/* In the mail path alone. */
	guint number;		/* of the recipient */
	char *why;		/* it is a program's; NULL */
} Incoming;
extern const struct fields incoming_fields;

/* What comes to all report addresses of a message: of Incoming *. */
typedef GPtrArray Intake;
void intake_free(Intake *all);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

/*
 * Find out who reports, for each report address among the recipients, and set
 * its `reporter`.  *ALL is NULL when there is none.  False and ERROR set: that
 * is not known; the MTA must come again.
 */
bool intake_look(struct pipeline *line, Message *message, const Facts *facts,
		 Intake **all, GError **error);

/* Keep ONE of TENANT, whose SIZE octets are in FD, for LINE's clerk; the same
 * id again changes nothing.  False and ERROR set: it is not on disk, or what
 * waits leaves it no room. */
bool intake_put(struct pipeline *line, const Tenant *tenant,
		const Incoming *one, int fd, gsize size, GError **error);

struct Waiting;

/* Count in WAITING what an earlier process left in reports/new of SITE. */
void intake_count(Site *site, struct Waiting *waiting);

/*
 * Keep those of ALL whose DECISIONS say so.  False and ERROR set: one is not
 * on disk, or there were too many within the hour or still wait, which MTA is
 * told; it must come again.
 */
bool intake_take(struct pipeline *line, Message *message,
		 const GPtrArray *decisions, const Intake *all,
		 struct mta *mta, GError **error);

#endif
