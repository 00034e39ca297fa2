/*
 * attach.h -- is the MTA attached to us in the right way?
 */
#ifndef GATEPOST_SERVICE_ATTACH_H
#define GATEPOST_SERVICE_ATTACH_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"

struct attach_note {
	bool is_error;		/* else advice */
	char *text;		/* what is wrong, and what to write instead */
};
void attach_note_free(struct attach_note *note);

/*
 * Read the Postfix configuration folder PATH by postconf(1) and append to
 * NOTES (of struct attach_note *) what is wrong with the way CONFIG's milter
 * is attached.  False and ERROR set when it cannot be read.
 */
bool attach_postfix(const Config *config, const char *path, GPtrArray *notes,
		    GError **error);

#endif
