/*
 * preview.h -- a held message as a person may see it
 */
#ifndef GATEPOST_SERVICE_PREVIEW_H
#define GATEPOST_SERVICE_PREVIEW_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

enum preview_form {
	PREVIEW_TEXT,		/* lines for a terminal or a mail */
	PREVIEW_PAGE,		/* XHTML that loads nothing */
	PREVIEW_RAW		/* the octets as they are stored */
};
extern const char *const preview_forms[];	/* names; ends with NULL */

/*
 * The message of HELD as text or as a page, with what was decided of it: for
 * the copy of RCPT (normal form) alone, or of all recipients (NULL).  It is
 * read by a worker of its own, and noted in the audit log as BY's deed.
 * UTF-8; yours.  NULL and ERROR set: it is damaged, the worker died of it
 * (G_FILE_ERROR_AGAIN), or the log cannot be written.
 */
char *preview_read(Site *site, const Held *held, const char *rcpt,
		   enum preview_form form, const struct doer *by,
		   GError **error);

/* The octets of HELD, their checksum verified, noted likewise.  Close it.
 * -1 and ERROR set on failure.  For admins alone. */
int preview_raw(Site *site, const Held *held, const struct doer *by,
		GError **error);

#endif
