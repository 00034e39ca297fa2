/*
 * handle.h -- what people do to a held copy: the one door for the command,
 * for mail and for the control socket
 *
 * Rights, states and the audit log are seen to here; who the caller is he
 * must have proved before.
 */
#ifndef GATEPOST_SERVICE_HANDLE_H
#define GATEPOST_SERVICE_HANDLE_H

#include <glib.h>

#include "gatepost/service/site.h"

/*
 * Do VERB to RCPT's copy of item ID for BY, with NOTE (what he says to it;
 * NULL: nothing).  HELD_RELEASE and HELD_APPROVE also send the copy; what the
 * MTA does not take stays as it was, or approved.  As held_step() says;
 * STEP_FAILED: ERROR is set.  *IS is the state that it is in then, when the
 * copy was found.
 */
enum held_step handle(Site *site, const Config *config, const char *id,
		      const char *rcpt, enum held_verb verb,
		      const struct doer *by, const char *note,
		      enum held_state *is, GError **error);

/* Send what an admin approved and the MTA did not take then.  How many were
 * sent; a failure of one stops no other, the first one's ERROR is set. */
guint handle_approved(Site *site, const Config *config, GError **error);

/* Expire what is requested and over at NOW (us), and tell its users that nobody
 * decided; *EXPIRED counts them.  A failure of one stops no other; false and
 * the first one's ERROR set. */
bool handle_undecided(Site *site, const Config *config, gint64 now,
		      guint *expired, GError **error);

/* Why a verb was not done, in words; "" for STEP_DONE.  Yours. */
char *handle_says(enum held_step step, enum held_verb verb,
		  enum held_state is);

#endif
