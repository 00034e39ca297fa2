/*
 * wire.h -- frames between front and worker: build id, lengths, packed
 * fields, and the bytes of the message when they are few
 */
#ifndef GATEPOST_WORKER_WIRE_H
#define GATEPOST_WORKER_WIRE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/bounds.h"
#include "gatepost/worker/ask.h"

struct wire_head {
	guint32 build;
	guint32 fields, bytes;	/* octets of each */
};

/* What a frame mostly fits into, so that one call receives it and nothing is
 * allocated. */
#define WIRE_ROOM (16 * KIB)

/* A frame that came, and the next one over it. */
struct wire_frame {
	struct wire_head head;
	guint8 *data;		/* the fields, then the bytes */
	gsize room;		/* of data */
	int fd;			/* that came along, or -1; yours */
	guint8 first[WIRE_ROOM];	/* where data is while it fits */
};
void wire_frame_init(struct wire_frame *frame);
void wire_frame_clear(struct wire_frame *frame);

/* Send PACKED fields over FD, and BYTES (NULL: none): in the frame when they
 * are in memory, else by their descriptor.  False and errno on failure. */
bool wire_send(int fd, const GByteArray *packed,
	       const struct ask_bytes *bytes);

/* What came instead of a frame. */
enum wire_fault {
	WIRE_CLOSED,		/* end of file */
	WIRE_UNREAD,		/* closed, what we sent still unread */
	WIRE_LATE,		/* the deadline is past */
	WIRE_BROKEN		/* no frame of ours */
};

/* Receive into FRAME until DEADLINE (steady ms; 0: none).  False, *FAULT and
 * ERROR set. */
bool wire_receive(int fd, struct wire_frame *frame, gint64 deadline,
		  enum wire_fault *fault, GError **error);

#endif
