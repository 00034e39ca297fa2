/*
 * quarantine.h -- held messages: exact bytes, what is known of them, and a
 * state for each recipient
 */
#ifndef GATEPOST_STORE_QUARANTINE_H
#define GATEPOST_STORE_QUARANTINE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"
#include "gatepost/model/held.h"
#include "gatepost/model/mention.h"
#include "gatepost/store/trail.h"
#include "gatepost/util/ids.h"

/* The copy of one recipient. */
typedef struct HeldRcpt {
	char *rcpt;		/* normal form */
	char *given;		/* RCPT as it came */
	char *tenant;
	int state;		/* enum held_state */
	char *check, *reason, *entry, *category;
	char *policy;		/* why it is held: a row of `policy` */
	GPtrArray *rights;	/* of char *: right_names of its user */
	gint64 expires;		/* us */
	/* The last change; the audit log has all. */
	gint64 changed;		/* us; 0: never */
	int was;		/* enum held_state before it */
	char *by;		/* who changed it */
	int via;		/* enum via */
	char *note;		/* what was said with it; NULL */
	char *deed;		/* id of its row in the audit log */
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
	    *entry, *state, *policy, *category, *message_id, *by,
	    *rights;		/* right_names, parted by blanks */
	gint64 received, expires, size, changed,
	    added;		/* when we took it over */
};

/* In what order rows come. */
enum held_sort { HELD_BY_RECEIVED, HELD_BY_EXPIRES, HELD_BY_SENDER,
		 HELD_BY_SUBJECT, HELD_BY_SIZE };
extern const char *const held_sorts[];		/* names; ends with NULL */

/* What a listing is narrowed to; NULL and 0 are all. */
struct held_filter {
	const char *id, *rcpt, *tenant, *state, *entry, *policy, *category,
	    *by;
	const char *sender;	/* MAIL FROM or From: an address, or
				 * "@domain" */
	const char *subject;	/* a part of it, ASCII letters in any case */
	const char *message_id;
	gint64 since, until;	/* us: received from, and before */
	gint64 expires;		/* us: expires before */
	bool is_open;		/* in a state that held_is_open() */
	/* A page. */
	enum held_sort sort;
	bool is_down;		/* the greatest first */
	guint most;		/* rows; 0: all */
	const char *after_id, *after_rcpt;	/* the last row of the page
						 * before; NULL: none */
};
typedef void held_found(const struct held_row *row, void *data);
bool quarantine_list(Quarantine *quarantine, const struct held_filter *filter,
		     held_found *found, void *data, GError **error);

/* How many copies are in STATE, -1 and ERROR set on failure; *OLDEST gets the
 * id of the oldest (yours), NULL when there is none. */
gint64 quarantine_count(Quarantine *quarantine, enum held_state state,
			char **oldest, GError **error);

/* Append to RCPTS (of char *) every recipient of TENANT of whom anything is
 * known, sorted. */
bool quarantine_rcpts(Quarantine *quarantine, const char *tenant,
		      GPtrArray *rcpts, GError **error);

/* What RCPT of TENANT is to be told of: copies that are open, were added
 * after SINCE, or end after ENDS_SINCE and up to ENDS_UNTIL; all added up to
 * UNTIL and not over NOW (us).  The newest first. */
struct held_due {
	const char *tenant, *rcpt;
	gint64 since, until, ends_since, ends_until, now;
};
bool quarantine_due(Quarantine *quarantine, const struct held_due *due,
		    held_found *found, void *data, GError **error);

/* What is known of an item; free with fields_free(&held_fields). */
Held *quarantine_read(Quarantine *quarantine, const char *id, GError **error);

/* The bytes of an item, checked against their SHA-256: a damaged item is an
 * error.  Close it. */
int quarantine_octets(Quarantine *quarantine, const Held *held,
		      GError **error);

/* The copy of RCPT (normal form) in HELD, or NULL; borrowed. */
HeldRcpt *quarantine_rcpt(const Held *held, const char *rcpt);

/* Keep others from releasing item ID meanwhile: waits until nobody does.
 * Close it, or end, to let them.  -1 and ERROR set on failure. */
int quarantine_claim(Quarantine *quarantine, const char *id, GError **error);

/* May BY do VERB to RCPT's copy in HELD?  Changes nothing; *IS (may be NULL)
 * says in which state it is. */
enum held_step quarantine_may(const Held *held, const char *rcpt,
			      enum held_verb verb, const struct doer *by,
			      enum held_state *is, GError **error);

/*
 * Do VERB to RCPT's copy of item ID, as held_step() says, on disk, in the
 * index and in the audit log, with NOTE (NULL: none).  All else than
 * STEP_DONE: nothing was changed; *IS (may be NULL) says in which state it
 * is then.
 */
enum held_step quarantine_move(Quarantine *quarantine, const char *id,
			       const char *rcpt, enum held_verb verb,
			       const struct doer *by, const char *note,
			       enum held_state *is, GError **error);

/* What was forgotten: copies of the person, items that went with the last of
 * them. */
struct held_forgotten {
	guint copies, items;
};

/*
 * Take WHO, and what names him as who changed a copy, out of all that is
 * held, and his copies with him; an item goes with its last copy.  The octets
 * of an item that others have a copy of, and who sent it, stay as they are.
 * IS_DRY: only count.  May be run again.  False and ERROR set.
 */
bool quarantine_forget(Quarantine *quarantine, const Mention *who,
		       bool is_dry, struct held_forgotten *done,
		       GError **error);

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
