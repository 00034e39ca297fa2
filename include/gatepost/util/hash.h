/*
 * hash.h -- SipHash-2-4 under a key, for tables and indexes fed by strangers
 */
#ifndef GATEPOST_UTIL_HASH_H
#define GATEPOST_UTIL_HASH_H

#include <glib.h>

struct hash_key {
	guint64 k0, k1;
};

/* SipHash-2-4 of LENGTH octets. */
guint64 hash_bytes(const struct hash_key *key, const void *data,
		   gsize length);

/* SipHash-2-4 with a result of 128 bits, by which texts may be told apart
 * that are not kept. */
struct hash_wide {
	guint64 a, b;
};
struct hash_wide hash_wide(const struct hash_key *key, const void *data,
			   gsize length);

/* 13 characters of Crockford base32 of a 64-bit hash, NUL behind. */
#define HASH_TEXT 14
void hash_text(guint64 hash, char out[HASH_TEXT]);

#endif
