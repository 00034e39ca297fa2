/*
 * users.h -- a user's safe and blocked senders: what a value means
 *
 * A value is an address, a domain, or "*.domain" for that domain and all
 * below it.
 */
#ifndef GATEPOST_LISTS_USERS_H
#define GATEPOST_LISTS_USERS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/history.h"
#include "gatepost/util/hash.h"

/*
 * RAW, as a person or another mail program writes it ("Jane <j@a.example>",
 * "@a.example"), in normal form, for LIST.  NULL and ERROR set, in words for
 * whoever wrote it, when it is no value or covers a whole public suffix.
 * Yours.
 */
char *user_value_normal(enum user_list list, const char *raw,
			GError **error);

/* Append every value that would cover the normal address ADDRESS, of char *,
 * the narrowest first. */
void user_values_of(const char *address, GPtrArray *values);

/* Does VALUE cover the normal address ADDRESS? */
bool user_value_covers(const char *value, const char *address);

/* Of two values that cover one address the higher is narrower. */
gint64 user_value_narrowness(const char *value);

/* The key of ENTRY on the list of USER, for findings and commands. */
void user_entry_key(const UserEntry *entry, const char *tenant,
		    const char *user, char out[HASH_TEXT]);

#endif
