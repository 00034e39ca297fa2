/*
 * hash.c -- SipHash-2-4 (Aumasson and Bernstein, 2012)
 */
#include "gatepost/util/hash.h"

#include <string.h>

#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))

static void
rounds(guint64 v[4], int count)
{
	for (int i = 0; i < count; i++) {
		v[0] += v[1];
		v[1] = ROTATE(v[1], 13) ^ v[0];
		v[0] = ROTATE(v[0], 32);
		v[2] += v[3];
		v[3] = ROTATE(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = ROTATE(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = ROTATE(v[1], 17) ^ v[2];
		v[2] = ROTATE(v[2], 32);
	}
}

/* Take in LENGTH octets; all but the end of the hash. */
static void
take_in(guint64 v[4], const struct hash_key *key, const void *data,
	gsize length)
{
	const guint8 *at = data;
	guint64 word, last = (guint64)length << 56;

	v[0] = key->k0 ^ G_GUINT64_CONSTANT(0x736f6d6570736575);
	v[1] ^= key->k1 ^ G_GUINT64_CONSTANT(0x646f72616e646f6d);
	v[2] = key->k0 ^ G_GUINT64_CONSTANT(0x6c7967656e657261);
	v[3] = key->k1 ^ G_GUINT64_CONSTANT(0x7465646279746573);
	for (gsize left = length; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		word = GUINT64_FROM_LE(word);
		v[3] ^= word;
		rounds(v, 2);
		v[0] ^= word;
	}
	for (gsize i = 0; i < length % 8; i++)
		last |= (guint64)at[i] << (8 * i);
	v[3] ^= last;
	rounds(v, 2);
	v[0] ^= last;
}

guint64
hash_bytes(const struct hash_key *key, const void *data, gsize length)
{
	guint64 v[4] = { 0 };

	take_in(v, key, data, length);
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct hash_wide
hash_wide(const struct hash_key *key, const void *data, gsize length)
{
	guint64 v[4] = { 0, 0xee };
	struct hash_wide wide;

	take_in(v, key, data, length);
	v[2] ^= 0xee;
	rounds(v, 4);
	wide.a = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	rounds(v, 4);
	wide.b = v[0] ^ v[1] ^ v[2] ^ v[3];
	return wide;
}

void
hash_text(guint64 hash, char out[HASH_TEXT])
{
	for (int i = 12; i >= 0; i--, hash >>= 5)
		out[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[hash & 31];
	out[13] = '\0';
}
