/*
 * trail.h -- the audit log: who did what, when and from where
 *
 * For every deed of an admin or a user, whatever it is done to: a held
 * message, a list, a key.  Rows are added and read, never changed; they
 * outlive what they speak of.
 */
#ifndef GATEPOST_STORE_TRAIL_H
#define GATEPOST_STORE_TRAIL_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/held.h"
#include "gatepost/util/ids.h"

/* By which door. */
enum via { VIA_COMMAND, VIA_MAIL, VIA_CONTROL, VIA_CRON };
extern const char *const vias[];		/* names; ends with NULL */

/* Who does it.  Borrowed for the time of a call. */
struct doer {
	const char *who;	/* login name, address, or "sweep" */
	enum via via;
	enum actor actor;
};

/* One row; NULL is "".  `what` is a word ("released", "entry-added"),
 * `object` what it was done to (an id, an entry's key), `rcpt` whose it is,
 * `detail` what else is to be known: strangers' text is shown safely. */
struct deed {
	char id[ID_TEXT];	/* "": a new one */
	gint64 at;		/* us; 0: now */
	const char *who;
	enum via via;
	const char *what, *object, *tenant, *rcpt, *detail;
};

typedef struct Trail Trail;

/* The audit log in the folder PATH.  NULL and ERROR set on failure.  Threads
 * may share it. */
Trail *trail_open(const char *path, GError **error);
void trail_free(Trail *trail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trail, trail_free)

/* Add DEED, durably; the same id again changes nothing. */
bool trail_add(Trail *trail, const struct deed *deed, GError **error);

/* What the log is narrowed to; NULL members are all. */
struct trail_filter {
	const char *object, *tenant, *who, *what, *rcpt;
	gint64 since;		/* us */
	const char *after;	/* id of the last row of the page before */
	guint most;		/* rows; 0: all */
};
/* Call FOUND for each, oldest first. */
typedef void trail_found(const struct deed *deed, void *data);
bool trail_list(Trail *trail, const struct trail_filter *filter,
		trail_found *found, void *data, GError **error);

/* Forget what is older than BEFORE (us). */
bool trail_sweep(Trail *trail, gint64 before, GError **error);

/* For a store that adds a deed in a transaction of its own: DB is a Db. */
bool trail_put(void *db, const struct deed *deed, GError **error);

#endif
