/*
 * state.h -- the state store: index of the quarantine, messages that kill
 * workers
 */
#ifndef GATEPOST_STORE_STATE_H
#define GATEPOST_STORE_STATE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/hash.h"

typedef struct State State;

/* The state store in the folder FOLDER, whose path is PATH (for messages and
 * SQLite).  NULL and ERROR set on failure.  Threads may share it. */
State *state_open(const char *path, GError **error);
void state_free(State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)

/* Count one more death of the analysis of the message KEY (SHA-256 of the
 * bytes and MAIL FROM); how often that was is in *DEATHS. */
bool state_poison(State *state, const char *key, gint64 *deaths,
		  GError **error);

/* Forget what is older than BEFORE (us). */
bool state_sweep(State *state, gint64 before, GError **error);

/* The installation's key, made when it is not there: 32 octets in the file
 * "key" of FOLDER, mode 0600. */
struct installation_key {
	struct hash_key ledger;		/* for sighting keys */
	guint8 release[16];		/* for release proofs */
};
bool state_key(int folder, struct installation_key *key, GError **error);

#endif
