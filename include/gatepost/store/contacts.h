/*
 * contacts.h -- who wrote to whom: pairs of a mailbox and a sender, as keyed
 * hashes with the day on which it was last, in a file of their own
 *
 * It only records: what is lost makes a sender a stranger once more.
 */
#ifndef GATEPOST_STORE_CONTACTS_H
#define GATEPOST_STORE_CONTACTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/history.h"
#include "gatepost/util/hash.h"

typedef struct Contacts Contacts;

/* Open the contacts in the folder PATH, made when they are not there.  NULL
 * and ERROR set on failure.  Threads may share them. */
Contacts *contacts_open(const char *path, GError **error);
/* The same for reading alone, where nothing may be made or changed.  NULL
 * without ERROR when none were ever kept there. */
Contacts *contacts_open_reading(const char *path, GError **error);
void contacts_free(Contacts *contacts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Contacts, contacts_free)

/* The key of MAILBOX (NULL: anybody) of TENANT and the address SENDER, both
 * in normal form, under the installation's KEY. */
gint64 contacts_key(const struct hash_key *key, const char *tenant,
		    const char *mailbox, const char *sender);

/* Note KEYS (of gint64) as seen at NOW (us), all or none.  False and ERROR
 * set.  To be called off the mail path. */
bool contacts_note(Contacts *contacts, const GArray *keys, gint64 now,
		   GError **error);

/*
 * What is known of the pair PAIR and of the same sender with ANYBODY of the
 * tenant, not counting what was last before SINCE (us), into *CONTACT.  One
 * indexed look-up that waits for no writer.  CONTACT_UNKNOWN while the store
 * itself is younger than LEARN_DAYS at NOW (us).  False and ERROR set.
 */
bool contacts_find(Contacts *contacts, gint64 pair, gint64 anybody,
		   gint64 since, gint64 now, gint64 learn_days,
		   enum contact *contact, GError **error);

/* Forget KEYS (of gint64).  False and ERROR set. */
bool contacts_forget(Contacts *contacts, const GArray *keys, GError **error);

/* Forget what was last before BEFORE (us). */
bool contacts_sweep(Contacts *contacts, gint64 before, GError **error);

#endif
