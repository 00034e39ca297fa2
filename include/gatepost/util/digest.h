/*
 * digest.h -- SHA-256, by the processor's own instructions where it has them
 */
#ifndef GATEPOST_UTIL_DIGEST_H
#define GATEPOST_UTIL_DIGEST_H

#include <glib.h>

typedef struct Digest Digest;

Digest *digest_new(void);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

void digest_add(Digest *digest, const void *data, gsize length);

/* Lower-case hexadecimal of all that was added; the digest is over.  Yours. */
char *digest_end(Digest *digest);

/* The same of LENGTH octets at once. */
char *digest_of(const void *data, gsize length);

#endif
