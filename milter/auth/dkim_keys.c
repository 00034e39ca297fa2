/*
 * dkim_keys.c -- public keys of signers, decoded once
 *
 * libopendkim decodes the key of each signature anew by d2i_PUBKEY_bio().
 * OpenSSL 3 builds a chain of decoders for every call: 0.13 ms, a third of
 * what a whole message takes.  A program's own symbols come before those of
 * its libraries, so ours stands in front of it, and keeps the keys of the
 * signers seen last.  A key is found again by all of its octets.
 */
#include "gatepost/auth/dkim_keys.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/x509.h>

#include "gatepost/bounds.h"

/* A key lives where its octets' hash puts it, until another needs the place. */
static struct slot {
	GBytes *octets;
	EVP_PKEY *key;
} *slots;
static guint asked_count, kept_count;

void
dkim_keys_init(void)
{
	if (!slots)
		slots = g_new0(struct slot, BOUND_KEYS_KEPT);
}

void
dkim_keys_count(guint *asked, guint *kept)
{
	*asked = asked_count;
	*kept = kept_count;
}

static EVP_PKEY *
find(GBytes *octets)
{
	struct slot *slot = &slots[g_bytes_hash(octets) % BOUND_KEYS_KEPT];
	gsize size;
	const guint8 *data = g_bytes_get_data(octets, &size);
	EVP_PKEY *key;

	if (slot->octets && g_bytes_equal(slot->octets, octets)) {
		kept_count++;
		return slot->key;
	}
	key = d2i_PUBKEY(NULL, &data, (long)size);
	if (!key)
		return NULL;
	if (slot->octets) {
		g_bytes_unref(slot->octets);
		EVP_PKEY_free(slot->key);
	}
	slot->octets = g_bytes_ref(octets);
	slot->key = key;
	return key;
}

/* libcrypto's own reads any BIO; libopendkim gives it memory alone. */
EVP_PKEY *
d2i_PUBKEY_bio(BIO *bio, EVP_PKEY **to)
{
	g_autoptr(GBytes) octets = NULL;
	char *data = NULL;
	long size = BIO_get_mem_data(bio, &data);
	EVP_PKEY *key;

	if (size <= 0 || !data || !slots)
		return NULL;
	asked_count++;
	octets = g_bytes_new(data, (gsize)size);
	key = find(octets);
	if (key && !EVP_PKEY_up_ref(key))
		g_error("libcrypto: a key cannot be shared");
	if (key && to)
		*to = key;
	return key;
}
