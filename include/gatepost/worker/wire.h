/*
 * wire.h -- frames between front and worker: build id, length, payload
 */
#ifndef GATEPOST_WORKER_WIRE_H
#define GATEPOST_WORKER_WIRE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/fields.h"

struct wire_head {
	guint32 build, length;
};

/* Send AT by TABLE over FD, with PASS (-1: none) beside it.  False and errno
 * set on failure. */
bool wire_send(int fd, const struct fields *table, const void *at, int pass);

/* The same of what is packed already. */
bool wire_send_packed(int fd, const GByteArray *packed, int pass);

/* Receive into an initialised AT, until DEADLINE (steady ms; 0: none);
 * *PASSED (NULL: none is taken) gets a descriptor or -1.  False and ERROR
 * set; *IS_END says that the other side closed. */
bool wire_receive(int fd, const struct fields *table, void *at, int *passed,
		  gint64 deadline, bool *is_end, GError **error);

#endif
