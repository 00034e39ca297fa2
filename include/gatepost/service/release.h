/*
 * release.h -- give a held copy to its recipient
 */
#ifndef GATEPOST_SERVICE_RELEASE_H
#define GATEPOST_SERVICE_RELEASE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/*
 * Send RCPT's copy of item ID on its way, by the listener or sendmail(1) of
 * CONFIG, and mark it released by BY, with NOTE (NULL: none).  As held_step()
 * says; STEP_FAILED: ERROR is set and the copy is held as before.  *IS is the
 * state that it is in then.  Of two at once one sends.
 */
enum held_step release(Site *site, const Config *config, const char *id,
		       const char *rcpt, const struct doer *by,
		       const char *note, enum held_state *is, GError **error);

/*
 * Send a copy of item ID to ADDRESS (normal form), who need not be one of its
 * recipients, whatever state it is in.  For admins alone: nobody's state
 * changes, the audit log tells of it.  False and ERROR set.
 */
bool release_copy(Site *site, const Config *config, const char *id,
		  const char *address, const struct doer *by,
		  const char *note, GError **error);

#endif
