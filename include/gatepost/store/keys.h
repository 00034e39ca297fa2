/*
 * keys.h -- the keys of tokens: one that signs, and the one before it
 *
 * They stand in keys/token of state_dir, a line each, the newest first:
 * number, time and 64 hexadecimal digits.
 */
#ifndef GATEPOST_STORE_KEYS_H
#define GATEPOST_STORE_KEYS_H

#include <glib.h>
#include <stdbool.h>

#define KEY_OCTETS 32
#define KEYS_LIVE 2

struct token_key {
	guint8 number;		/* stands in each token */
	gint64 since;		/* us: when it was made */
	guint8 octets[KEY_OCTETS];
};

struct token_keys {
	guint count;		/* 1 or 2 */
	struct token_key keys[KEYS_LIVE];	/* the first one signs */
};

/* The keys in FOLDER (state_dir); a first one is made when there is none.
 * False and ERROR set on failure, as when others may read the file. */
bool keys_read(int folder, struct token_keys *keys, GError **error);

/* Make a new key that signs from now on; the one before it stays good, and
 * the one before that is gone.  *KEYS is what is then.  False and ERROR set
 * on failure. */
bool keys_rotate(int folder, struct token_keys *keys, GError **error);

#endif
