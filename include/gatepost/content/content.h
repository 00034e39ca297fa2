/*
 * content.h -- the bytes of a message to facts; for worker/ only
 */
#ifndef GATEPOST_CONTENT_CONTENT_H
#define GATEPOST_CONTENT_CONTENT_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * Read the SIZE octets at DATA, a message with CRLF or LF line ends, into
 * FACTS (new).  Never fails: what cannot be read is a defect.  Sets
 * everything but `auth`, which the caller adopts from `results`.
 */
void content_read(const guint8 *data, gsize size, const Request *request,
		  Facts *facts);

/* The message as plain text for a person: main header fields, text of the
 * body (HTML reduced to text), names and sizes of files.  Links stand as
 * text, nothing is active.  Yours. */
char *content_preview(const guint8 *data, gsize size);

#endif
