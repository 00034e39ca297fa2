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

/* The same; FOUND is called with USER for each file that is a part of the
 * message, with its octets; NULL: nobody wants them. */
typedef void content_file(File *file, const guint8 *octets, gsize length,
			  void *user);
void content_read_files(const guint8 *data, gsize size,
			const Request *request, Facts *facts,
			content_file *found, void *user);

/* The message as plain text for a person: main header fields, text of the
 * body (HTML reduced to text), names and sizes of files.  Links stand as
 * text, nothing is active.  Yours. */
char *content_preview(const guint8 *data, gsize size);

#endif
