/*
 * snapshot.h -- all lists of all tenants, compiled into one file and mapped
 *
 * `gatepost list compile` writes it beside and renames it; the front maps
 * it.  Offsets instead of pointers, every one checked when it is used, so a
 * damaged file is an error and not a crash.
 */
#ifndef GATEPOST_LISTS_SNAPSHOT_H
#define GATEPOST_LISTS_SNAPSHOT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/entry.h"
#include "gatepost/model/network.h"

/* ---- writing ---- */

/* What one tenant brings, in rank order. */
struct snapshot_tenant {
	const char *name;
	const GPtrArray *entries;	/* of Entry * */
	const GPtrArray *feeds;		/* of struct snapshot_feed *; NULL */
	const GPtrArray *parts;		/* of char *: names; NULL */
};

/* A file of a feed, compiled by feed_compile() into SNAPSHOT_PARTS. */
struct snapshot_feed {
	char *key;		/* "feed NAME" */
	char *file;
	char *part;		/* "": it was never compiled */
	enum entry_action action;
	enum indicator_kind kind;
	int as;			/* enum category, -1: the kind's */
	bool is_braked;
};
void snapshot_feed_free(struct snapshot_feed *feed);

/* Compile TENANTS into the file NAME of FOLDER, atomically.  GENERATION is
 * kept in it, and CHANGES (may be NULL), which snapshot_living() made of its
 * parts.  False and ERROR set on failure. */
bool snapshot_write(int folder, const char *name, guint64 generation,
		    const struct snapshot_tenant *tenants, guint count,
		    GArray *changes, GError **error);

/* What time and use make of an entry. */
struct snapshot_life {
	const char *key, *by;
	gint64 added, unused;	/* us; 0: none */
	gint64 expires;		/* us; 0: never.  May be set */
	bool is_braked;		/* may be set: it only observes */
};
typedef struct Snapshot Snapshot;

/* Ask JUDGE about each entry of SNAPSHOT, a part, that may change without its
 * file; append to CHANGES what it set. */
void snapshot_living(const Snapshot *snapshot,
		     void (*judge)(struct snapshot_life *life, void *data),
		     void *data, GArray *changes);
GArray *snapshot_changes_new(void);

/* Call FOUND with the name of each part of the file NAME in FOLDER, if that
 * is a snapshot. */
void snapshot_each_part(int folder, const char *name,
			void (*found)(const char *part, void *data),
			void *data);

/* ---- reading; all of it may be called from many threads at once ---- */

/* Map NAME of FOLDER.  NULL and ERROR set when it is not there or damaged, or
 * a feed that it names is.  Feeds that have not changed since BEFORE (may be
 * NULL) are those of it. */
Snapshot *snapshot_open(int folder, const char *name, const Snapshot *before,
			GError **error);
Snapshot *snapshot_ref(Snapshot *snapshot);
void snapshot_unref(Snapshot *snapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Snapshot, snapshot_unref)

guint64 snapshot_generation(const Snapshot *snapshot);
guint snapshot_count(const Snapshot *snapshot);		/* entries */

/*
 * An entry as it stands in the map: strings are borrowed from SNAPSHOT.
 * `for_` and `except` are texts of values with blanks between, "" for none.
 */
struct snapshot_entry {
	enum entry_action action;
	enum indicator_kind kind;
	const char *value, *source;	/* source "" when none */
	gint64 expires, added, unused;
	const char *for_, *except;
	enum entry_direction direction;
	int as, done;
	enum entry_proof proof;
	enum entry_override override;
	const char *note, *by;
	const char *key, *file;
	guint line;
	guint narrowness;	/* of two of one kind the higher is narrower */
	bool is_feed;		/* a feed says so; `key` names it, line 0 */
};

/* Where ENTRY stands, for people: "FILE:LINE", of a feed its file.  Yours. */
char *snapshot_place(const struct snapshot_entry *entry);

/*
 * Call FOUND for each entry of TENANT that matches SEEN, expired ones
 * included (the judge looks at the clock).  For a sender or envelope SEEN's
 * value is a normal address, for an ip its text, for a url the canonical
 * URL, for a name or filename the folded form, for a file its SHA-256, for a
 * spoof the author's address and as source the client's address, its
 * confirmed name or a verified d=, or NULL for what is whoever sends it.
 * A url entry matches by its action's own rule (design 6.1): an allow of a
 * bare host is of that host without a path, a block covers all below it, any
 * path, and links that carry the host in their own path or query.
 */
typedef void snapshot_found(const struct snapshot_entry *entry, void *data);
void snapshot_match(const Snapshot *snapshot, const char *tenant,
		    const Indicator *seen, snapshot_found *found, void *data);

/*
 * The same for one of the values of a message, within RUN: what patterns may
 * still take, and what they found.  They run once for a tenant and value,
 * however many recipients ask; so SEEN must stay where it is while RUN lives.
 * GAVE_UP (may be NULL) is called for an entry whose pattern took too many
 * steps, and, IS_SPENT, for the first that was not tried at all since the
 * message has had all that it may.
 */
typedef struct SnapshotRun SnapshotRun;
typedef void snapshot_gave_up(const struct snapshot_entry *entry,
			      bool is_spent, void *data);
SnapshotRun *snapshot_run_new(void);
void snapshot_run_free(SnapshotRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotRun, snapshot_run_free)
void snapshot_match_within(const Snapshot *snapshot, const char *tenant,
			   const Indicator *seen, SnapshotRun *run,
			   snapshot_found *found, snapshot_gave_up *gave_up,
			   void *data);

/* Call FOUND for every entry of TENANT, in rank order. */
void snapshot_each(const Snapshot *snapshot, const char *tenant,
		   snapshot_found *found, void *data);

/* A feed in force, for people; the texts are borrowed from SNAPSHOT. */
struct snapshot_feed_state {
	const char *name, *file;
	enum entry_action action;
	enum indicator_kind kind;
	bool is_braked;
	guint64 values, bad;
	gint64 generation;	/* us; 0: never compiled */
};
/* Call FOUND for each file of TENANT's feeds. */
void snapshot_each_feed(const Snapshot *snapshot, const char *tenant,
			void (*found)(const struct snapshot_feed_state *feed,
				      void *data), void *data);

/* Does RCPT (normal form) stand in a `for_` text: address or domain?  "" is
 * for all. */
bool snapshot_is_for(const char *for_, const char *rcpt);

#endif
