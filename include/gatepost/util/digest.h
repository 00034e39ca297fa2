/*
 * digest.h -- SHA-256, by the processor's own instructions where it has them
 */
#ifndef GATEPOST_UTIL_DIGEST_H
#define GATEPOST_UTIL_DIGEST_H

#include <glib.h>
#include <stdbool.h>

typedef struct Digest Digest;

Digest *digest_new(void);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

void digest_add(Digest *digest, const void *data, gsize length);

/* Lower-case hexadecimal of all that was added; the digest is over.  Yours. */
char *digest_end(Digest *digest);

/* The same of LENGTH octets at once. */
char *digest_of(const void *data, gsize length);

/* HMAC-SHA-256 of LENGTH octets under a key of 32 octets. */
#define DIGEST_KEY 32
#define DIGEST_MAC 32
void digest_mac(const guint8 key[DIGEST_KEY], const void *data, gsize length,
		guint8 out[DIGEST_MAC]);

/* Are LENGTH octets the same?  Takes as long when they are not. */
bool digest_is_equal(const void *one, const void *other, gsize length);

/* A line on each library of this file, for -V. */
void digest_versions(GString *out);

#endif
