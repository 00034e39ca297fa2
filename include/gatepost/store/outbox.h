/*
 * outbox.h -- copies that we took over from the MTA and hand back to it
 */
#ifndef GATEPOST_STORE_OUTBOX_H
#define GATEPOST_STORE_OUTBOX_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/fields.h"

typedef struct OutgoingRcpt {
	char *rcpt;		/* normal form */
	char *address;		/* as it is to be sent */
	char *options;		/* of RCPT: "NOTIFY=NEVER"; NULL */
} OutgoingRcpt;

/* ID.json of an item. */
typedef struct Outgoing {
	char *id;
	char *message;		/* id of the message whose copy it is */
	gint64 at;		/* us: when we took it over */
	char *sender;		/* as it is to be sent */
	char *options;		/* of MAIL: "RET=HDRS ENVID=x"; NULL */
	bool is_utf8;		/* its header needs SMTPUTF8 */
	GPtrArray *rcpts;	/* of OutgoingRcpt *: those left */
	gint64 size;
	char *sha256;
	gint64 tries;
	gint64 next;		/* us: not before */
	char *fault;		/* of the last try; NULL */
} Outgoing;
extern const struct fields outgoing_fields, outgoing_rcpt_fields;

typedef struct Outbox Outbox;

/* Open the box "outbox" in FOLDER, made when it is not there.  NULL and ERROR
 * set on failure.  Threads and processes may share it. */
Outbox *outbox_open(int folder, GError **error);
void outbox_free(Outbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Outbox, outbox_free)

/* Keep ITEM with its bytes, those of FD; sha256 and size are filled in.
 * True: it is on disk and in our care. */
bool outbox_put(Outbox *outbox, Outgoing *item, int fd, gsize size,
		GError **error);

/* The ids of all items, oldest first; free with the array. */
GPtrArray *outbox_ids(Outbox *outbox);

/* Read item ID alone; free with fields_free().  NULL and ERROR set. */
Outgoing *outbox_read(Outbox *outbox, const char *id, GError **error);

/*
 * Keep others from item ID until the descriptor of its bytes, which is
 * returned, is closed, and read it into *ITEM (yours).  -1 without ERROR:
 * another has it, or it is gone.  -1 with ERROR: it is damaged, or cannot be
 * read.
 */
int outbox_claim(Outbox *outbox, const char *id, Outgoing **item,
		 GError **error);

/* Write ITEM, which is claimed, back; or take it out. */
bool outbox_update(Outbox *outbox, const Outgoing *item, GError **error);
bool outbox_remove(Outbox *outbox, const char *id, GError **error);

/* Remove what a crash left half written; how many files went. */
guint outbox_sweep(Outbox *outbox);

#endif
