/*
 * users.h -- the state store's lists of users: safe and blocked senders
 *
 * A user is a mailbox (normal address) of a tenant.  A value stands on one of
 * his two lists only; there is no limit to their length.
 */
#ifndef GATEPOST_STORE_USERS_H
#define GATEPOST_STORE_USERS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/history.h"

typedef struct UserStore UserStore;

/* Open the lists in the folder PATH, by a connection of their own.  NULL and
 * ERROR set on failure.  Threads may share it. */
UserStore *users_open(const char *path, GError **error);
/* The same for reading alone, where nothing may be made or changed.  NULL
 * without ERROR when no list has ever been kept there. */
UserStore *users_open_reading(const char *path, GError **error);
void users_free(UserStore *users);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UserStore, users_free)

/*
 * Append to ENTRIES (of UserEntry *) what USER of TENANT has listed of
 * VALUES (of char *).  For the mail path: reads alone, and waits for no
 * writer.  False and ERROR set when the store cannot be read.
 */
bool users_find(UserStore *users, const char *tenant, const char *user,
		const GPtrArray *values, GPtrArray *entries, GError **error);

/* What became of one value. */
enum users_deed { USERS_ADDED, USERS_MOVED, USERS_KEPT, USERS_REMOVED,
		  USERS_ABSENT };

/*
 * Put ENTRIES (of UserEntry *) on the lists of USER: all or, on failure,
 * none.  DEEDS (of enum users_deed, as long as ENTRIES) gets ADDED, MOVED
 * from the other list or action, or KEPT as it was.  False and ERROR set.
 */
bool users_add(UserStore *users, const char *tenant, const char *user,
	       const GPtrArray *entries, GArray *deeds, GError **error);

/* Take ENTRIES off, each from its own list: REMOVED or ABSENT; all or none
 * of it.  False and ERROR set. */
bool users_remove(UserStore *users, const char *tenant, const char *user,
		  const GPtrArray *entries, GArray *deeds, GError **error);

/*
 * Append to ENTRIES at most MOST entries of USER in the order of their
 * values, behind the value AFTER ("": from the start), of LIST alone unless
 * it is -1.  False and ERROR set.
 */
bool users_page(UserStore *users, const char *tenant, const char *user,
		int list, const char *after, guint most, GPtrArray *entries,
		GError **error);

/* Call FOUND for at most MOST users of TENANT in the order of their names,
 * behind AFTER, with the lengths of their lists. */
typedef void users_found(const char *user, gint64 safe, gint64 block,
			 void *data);
bool users_each(UserStore *users, const char *tenant, const char *after,
		guint most, users_found *found, void *data, GError **error);

#endif
