/*
 * ledger.h -- the record of every message and decision, one file a day
 */
#ifndef GATEPOST_STORE_LEDGER_H
#define GATEPOST_STORE_LEDGER_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/mention.h"
#include "gatepost/util/hash.h"
#include "gatepost/util/ids.h"

typedef struct Record {
	char id[ID_TEXT];
	gint64 at;		/* us */
	gint64 number;		/* of its row of keys; 0: none */
	GArray *keys;		/* of gint64: ledger_key() of what was seen */
	GArray *contacts;	/* of gint64: contacts_key() of who wrote to
				 * whom, for the store of contacts */
	char *body;		/* JSON: text->str, or the record's own */
	GString *text;		/* for the body to be written into */
} Record;
/* An empty record, which may have been another's: they pass from thread to
 * thread with all that is in them, by the hundred at once. */
Record *record_new(const char *id, gint64 at);
void record_free(Record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Record, record_free)

typedef struct Ledger Ledger;

/* The ledger in FOLDER (whose path is PATH); KEY hashes what was seen.  NULL
 * and ERROR set on failure.  Threads may share it. */
Ledger *ledger_open(int folder, const char *path, const struct hash_key *key,
		    GError **error);
void ledger_free(Ledger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ledger, ledger_free)

/* The index key of KIND ("sender", "rcpt", "queue_id" ...) and VALUE. */
gint64 ledger_key(const struct hash_key *key, const char *kind,
		  const char *value);

/* Write RECORDS (of Record *), in one transaction a day.  The same id again
 * replaces nothing. */
bool ledger_write(Ledger *ledger, const GPtrArray *records, GError **error);

/* The record of ID; NULL, without ERROR when there is none. */
Record *ledger_read(Ledger *ledger, const char *id, GError **error);

/* Call FOUND for the records with all COUNT KEYS (none: all records), newest
 * first, not older than SINCE (us), until it is false.  False and ERROR
 * set. */
typedef bool ledger_found(const Record *record, void *data);
bool ledger_search(Ledger *ledger, const gint64 *keys, guint count,
		   gint64 since, ledger_found *found, void *data,
		   GError **error);

/* A deed on ID later than its record: "released" and the like. */
bool ledger_event(Ledger *ledger, const char *id, const char *rcpt,
		  const char *what, const char *who, GError **error);
typedef void ledger_event_found(const char *rcpt, gint64 at,
				const char *what, const char *who,
				void *data);
bool ledger_events(Ledger *ledger, const char *id, ledger_event_found *found,
		   void *data, GError **error);

/*
 * Take WHO out of the ledger: CHANGE gives the body that a record with BODY
 * is to have (yours to give; NULL: it stays), and adds to SEEN (of char *) the
 * forms of his address that stood in it, by which it is found no more, but
 * by what stands in for them.  Each day that was changed, or every one when
 * IS_AGAIN, is written anew.  IS_DRY: only count, into *RECORDS and *EVENTS.
 * May be run again.  False and ERROR set.
 */
typedef char *ledger_change(const char *body, GPtrArray *seen, void *data);
bool ledger_forget(Ledger *ledger, const Mention *who, ledger_change *change,
		   void *data, bool is_dry, bool is_again, guint *records,
		   guint *events, GError **error);

/* Unlink the days before BEFORE (us); how many went. */
guint ledger_sweep(Ledger *ledger, gint64 before);

#endif
