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

/* The same of the header alone, but for `body_sha256`, which is set. */
void content_header(const guint8 *data, gsize size, const Request *request,
		    Facts *facts);

/*
 * The message as a person may see it: header fields that matter, what
 * REQUEST tells of it, the text, where its links lead, its files and those in
 * them, its defects.  Links are defanged, nothing is active (see view.h).  A
 * page when REQUEST's kind is REQUEST_PAGE, else text.  Yours.
 */
char *content_preview(const guint8 *data, gsize size,
		      const Request *request);

#endif
