/*
 * history.h -- what is known of a recipient before this message: which
 * mailboxes the address leads to, what their user has listed, and whether
 * the author has written there before
 *
 * Fetched by service/users.c; the checks read only this.
 */
#ifndef GATEPOST_MODEL_HISTORY_H
#define GATEPOST_MODEL_HISTORY_H

#include <glib.h>
#include <stdbool.h>

/* The two lists of a user. */
enum user_list { USER_SAFE, USER_BLOCK };
extern const char *const user_lists[];		/* names; ends with NULL */

/* A line of a user's list. */
typedef struct UserEntry {
	enum user_list list;
	char *value;	/* "a@b.example", "b.example" or "*.b.example" */
	gint64 added;	/* us */
	char *how;	/* "command", "import", "mail" or "portal" */
	char *by;	/* login name of who did it */
	char *note;	/* NULL: none */
	int action;	/* enum action that a block asks for; -1: user_block
			 * of the policy */
} UserEntry;

UserEntry *user_entry_new(enum user_list list, const char *value);
void user_entry_free(UserEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UserEntry, user_entry_free)

/* Has the author written before?  Not known; never to anybody of the tenant;
 * to others of it alone; to this recipient. */
enum contact { CONTACT_UNKNOWN, CONTACT_FIRST, CONTACT_TENANTS,
	       CONTACT_KNOWN };

typedef struct History {
	GPtrArray *mailboxes;	/* of char *, normal form; empty: not known */
	bool is_more;		/* there are more than are named */
	char *owner;		/* mailbox that gets the digest; NULL */
	char *user;		/* the one whose lists count; NULL: nobody's */
	char *unsure;		/* why nothing is known; NULL: it is */
	GPtrArray *entries;	/* of UserEntry *: those that match */
	enum contact contact;	/* with the author of the message */
} History;

History *history_new(void);
void history_free(History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

#endif
