/*
 * forget.h -- take a person out of the state store
 */
#ifndef GATEPOST_STORE_FORGET_H
#define GATEPOST_STORE_FORGET_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/mention.h"

/* How many rows name him. */
struct forget_rows {
	guint entries;		/* of users' lists, and what else is his */
	guint deeds;		/* of the audit log */
	guint others;		/* of all other tables but the held mail's,
				 * which the quarantine keeps */
};

/*
 * Count, in *ROWS, and unless IS_DRY change the rows of the state store in
 * the folder PATH that name WHO: those that are his alone go, in others a
 * stand-in takes his place.  Then the store is written anew, so that no
 * page keeps what stood there.  May be run again.  False and ERROR set.
 */
bool forget_rows(const char *path, const Mention *who, bool is_dry,
		 struct forget_rows *rows, GError **error);

#endif
