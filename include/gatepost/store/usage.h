/*
 * usage.h -- the life of list entries: when each was met and decided, which
 * are gone, which are braked; all of it in the state store
 */
#ifndef GATEPOST_STORE_USAGE_H
#define GATEPOST_STORE_USAGE_H

#include <glib.h>
#include <stdbool.h>

/* Octets of a key with its NUL. */
#define USAGE_KEY 72

/* How often an entry was met.  Times in us, 0: never. */
typedef struct Usage {
	char key[USAGE_KEY];	/* of an entry, or "feed NAME" */
	gint64 first, last;	/* met by a message */
	gint64 decided;		/* last time that it changed an outcome */
	gint64 hits;		/* messages that met it */
	gint64 decisions;	/* messages whose outcome it changed */
} Usage;

typedef struct Usages Usages;

/* In the state store of the folder PATH.  NULL and ERROR set on failure.  One
 * thread at a time. */
Usages *usages_open(const char *path, GError **error);
/* The same for reading alone, where nothing may be made or changed.  NULL
 * without ERROR when nothing has ever been counted there. */
Usages *usages_open_reading(const char *path, GError **error);
void usages_free(Usages *usages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Usages, usages_free)

/* Add the counts of MORE (of Usage *) to those that are kept; times become
 * the earliest and latest.  All or none; false and ERROR set. */
bool usage_add(Usages *usages, const GPtrArray *more, GError **error);

/* What is known of all entries: key (owned) to Usage (owned).  NULL and ERROR
 * set on failure. */
GHashTable *usage_all(Usages *usages, GError **error);

/* Since when this state store counts (us). */
gint64 usage_born(Usages *usages, GError **error);

/* Drop the counts of entries that were last met, and are known, before
 * BEFORE and stand in no list: KEEP is the set of keys that do. */
bool usage_sweep(Usages *usages, GHashTable *keep, gint64 before,
		 GError **error);

/* An entry that was taken out of a managed list. */
struct gone {
	char *key, *tenant, *text, *place;
	char *why;		/* "expired", "unused", "removed" */
	char *who;
	gint64 at;		/* us */
};
void gone_clear(struct gone *gone);

/* Note that it went; and the last time that KEY went after SINCE (us), in
 * *GONE, which the caller clears.  False: none, or ERROR set. */
bool history_add(Usages *usages, const struct gone *gone, GError **error);
bool history_find(Usages *usages, const char *key, gint64 since,
		  struct gone *gone, GError **error);
bool history_sweep(Usages *usages, gint64 before, GError **error);

/* Was the end of KEY at EXPIRES (us) told already?  And: it was. */
bool notice_is_told(Usages *usages, const char *key, gint64 expires,
		    GError **error);
bool notice_tell(Usages *usages, const char *key, gint64 expires,
		 GError **error);

/* An entry or feed that held too much, and only observes since. */
struct brake {
	char *key;		/* of an entry, or "feed NAME" */
	char *tenant;
	char *text;		/* the entry, for people */
	gint64 at;		/* us */
	gint64 held, mail;	/* of so many messages in ten minutes */
};
void brake_free(struct brake *brake);

/* Brake; lift it again (false without ERROR: it was not braked); all that are
 * braked, of struct brake *. */
bool brake_set(Usages *usages, const struct brake *brake, GError **error);
bool brake_lift(Usages *usages, const char *key, GError **error);
GPtrArray *brake_all(Usages *usages, GError **error);

#endif
