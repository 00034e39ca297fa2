/*
 * proof.h -- the keyed field by which our milter knows mail that we released
 *
 * Bound to item, recipient, body and ten minutes, so a copy of the field
 * frees nothing else.  It never reaches a mailbox.
 */
#ifndef GATEPOST_SERVICE_PROOF_H
#define GATEPOST_SERVICE_PROOF_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/store/state.h"

#define PROOF_FIELD "X-Gatepost-Release"
#define PROOF_SECONDS 600

/* The field's value for item ID to RCPT; yours. */
char *proof_make(const struct installation_key *key, const char *id,
		 const char *rcpt, const char *body_sha256, gint64 now);

/* Does VALUE prove that this body goes to RCPT from item ID (set, 27
 * octets)? */
bool proof_holds(const struct installation_key *key, const char *value,
		 const char *rcpt, const char *body_sha256, gint64 now,
		 char *id);

#endif
