/*
 * quarantine.h -- held messages: exact bytes, what is known of them, and a
 * state for each recipient
 */
#ifndef GATEPOST_STORE_QUARANTINE_H
#define GATEPOST_STORE_QUARANTINE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"
#include "gatepost/util/ids.h"

enum held_state { HELD_HELD, HELD_RELEASED, HELD_DELETED, HELD_EXPIRED };
extern const char *const held_states[];

/* The copy of one recipient. */
typedef struct HeldRcpt {
	char *rcpt;		/* normal form */
	char *given;		/* RCPT as it came */
	char *tenant;
	int state;		/* enum held_state */
	char *check, *reason, *entry, *category;
	gint64 expires;		/* us */
	gint64 changed;		/* us; 0: never */
	char *by;		/* who changed it */
} HeldRcpt;

/* ID.json of an item. */
typedef struct Held {
	char *id;
	gint64 received;	/* us */
	char *queue_id;
	char *sender;		/* MAIL FROM, normal form */
	char *sender_given;	/* as it came */
	GPtrArray *mail_options;	/* of char * */
	char *client_address, *client_name, *helo;
	char *from, *subject, *message_id;
	char *results;		/* Authentication-Results of ours; NULL */
	char *sha256, *body_sha256;
	gint64 size;
	GPtrArray *ours;	/* of Field *: to be left out at release */
	GPtrArray *rcpts;	/* of HeldRcpt * */
	char *record;		/* the ledger's record, as text */
} Held;
extern const struct fields held_fields, held_rcpt_fields;

typedef struct Quarantine Quarantine;

/* The quarantine in FOLDER (whose path is PATH).  Threads may share it. */
Quarantine *quarantine_open(int folder, const char *path, GError **error);
void quarantine_free(Quarantine *quarantine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Quarantine, quarantine_free)

/*
 * Hold HELD with the bytes in FD.  A recipient of whom the same bytes from
 * the same sender are held already (within BOUND_RETRY_DAYS) keeps that
 * copy.  ITEMS (of char *, in the order of held->rcpts) gets the id of the
 * item that holds each.  QUOTA (NULL: none) gives the octets that a tenant
 * may hold.  True: all of it is on disk.
 */
bool quarantine_hold(Quarantine *quarantine, Held *held, int fd,
		     gint64 (*quota)(const char *tenant, void *data),
		     void *data, GPtrArray *items, GError **error);

/* One row of a listing. */
struct held_row {
	const char *id, *rcpt, *tenant, *sender, *from, *subject, *reason,
	    *entry, *state;
	gint64 received, expires, size;
};
/* What a listing is narrowed to; NULL members are all. */
struct held_filter {
	const char *id, *rcpt, *tenant, *state, *entry;
	gint64 since;
};
typedef void held_found(const struct held_row *row, void *data);
bool quarantine_list(Quarantine *quarantine, const struct held_filter *filter,
		     held_found *found, void *data, GError **error);

/* What is known of an item; free with fields_free(&held_fields). */
Held *quarantine_read(Quarantine *quarantine, const char *id, GError **error);

/* The bytes of an item, checked against their SHA-256: a damaged item is an
 * error.  Close it. */
int quarantine_octets(Quarantine *quarantine, const Held *held,
		      GError **error);

/*
 * Bring RCPT's copy of item ID from state FROM to state TO, on disk and in
 * the index.  False without ERROR when it is not in state FROM; *IS (may be
 * NULL) says in which it is.  Octets go when no recipient holds them any
 * more.
 */
bool quarantine_move(Quarantine *quarantine, const char *id,
		     const char *rcpt, enum held_state from,
		     enum held_state to, const char *by,
		     enum held_state *is, GError **error);

/* Bring what a crash left without a row in the last two days into the index,
 * or take it away when the MTA's retry is held elsewhere.  For the one
 * process that holds, before it starts to. */
bool quarantine_mend(Quarantine *quarantine, guint *mended, GError **error);

/* Take the octets of items away of which every copy was changed before
 * BEFORE, and move what has expired to that state.  What it did is added up
 * in *EXPIRED and *REMOVED. */
bool quarantine_sweep(Quarantine *quarantine, gint64 now, gint64 before,
		      guint *expired, guint *removed, GError **error);

/* Build the index anew from the files; *ITEMS counts them. */
bool quarantine_reindex(Quarantine *quarantine, guint *items,
			GError **error);

#endif
