/*
 * dkim_keys.h -- public keys of signers, decoded once
 */
#ifndef GATEPOST_AUTH_DKIM_KEYS_H
#define GATEPOST_AUTH_DKIM_KEYS_H

#include <glib.h>

/*
 * Keep decoded keys from now on.  This also brings d2i_PUBKEY_bio() of
 * dkim_keys.c into the program, which libopendkim then calls in place of
 * libcrypto's.  One thread alone may verify.
 */
void dkim_keys_init(void);

/* How often a key was asked for, and how often it was at hand. */
void dkim_keys_count(guint *asked, guint *kept);

#endif
