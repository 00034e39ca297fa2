/*
 * digest.c -- SHA-256 by libcrypto: GLib's own takes 25 us for a short mail;
 * and HMAC over it
 */
#include "gatepost/util/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "gatepost/util/text.h"

struct Digest {
	EVP_MD_CTX *context;
};

/* Fetched once: EVP_sha256() makes libcrypto search for it each time. */
static const EVP_MD *
sha256(void)
{
	static gsize md;

	if (g_once_init_enter(&md))
		g_once_init_leave(&md, (gsize)EVP_MD_fetch(NULL, "SHA256",
							   NULL));
	return (const EVP_MD *)md;
}

Digest *
digest_new(void)
{
	Digest *digest = g_new0(Digest, 1);

	digest->context = EVP_MD_CTX_new();
	if (!digest->context ||
	    !EVP_DigestInit_ex(digest->context, sha256(), NULL))
		g_error("libcrypto has no SHA-256");
	return digest;
}

void
digest_free(Digest *digest)
{
	if (digest)
		EVP_MD_CTX_free(digest->context);
	g_free(digest);
}

void
digest_add(Digest *digest, const void *data, gsize length)
{
	if (!EVP_DigestUpdate(digest->context, data, length))
		g_error("libcrypto: SHA-256 failed");
}

char *
digest_end(Digest *digest)
{
	guint8 sum[EVP_MAX_MD_SIZE];
	unsigned int length = 0;

	if (!EVP_DigestFinal_ex(digest->context, sum, &length))
		g_error("libcrypto: SHA-256 failed");
	return text_hex(sum, length);
}

char *
digest_of(const void *data, gsize length)
{
	g_autoptr(Digest) digest = digest_new();

	digest_add(digest, data, length);
	return digest_end(digest);
}

/* Fetched once, too: a search for it takes longer than a short HMAC. */
static EVP_MAC *
hmac(void)
{
	static gsize mac;

	if (g_once_init_enter(&mac))
		g_once_init_leave(&mac, (gsize)EVP_MAC_fetch(NULL, "HMAC",
							     NULL));
	return (EVP_MAC *)mac;
}

void
digest_mac(const guint8 key[DIGEST_KEY], const void *data, gsize length,
	   guint8 out[DIGEST_MAC])
{
	static char name[] = "SHA256";
	const OSSL_PARAM how[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac());
	size_t got = 0;

	if (!context || !EVP_MAC_init(context, key, DIGEST_KEY, how) ||
	    !EVP_MAC_update(context, data, length) ||
	    !EVP_MAC_final(context, out, &got, DIGEST_MAC) ||
	    got != DIGEST_MAC)
		g_error("libcrypto: HMAC-SHA-256 failed");
	EVP_MAC_CTX_free(context);
}

bool
digest_is_equal(const void *one, const void *other, gsize length)
{
	return CRYPTO_memcmp(one, other, length) == 0;
}

void
digest_versions(GString *out)
{
	g_string_append_printf(out, "%s\n", OpenSSL_version(OPENSSL_VERSION));
}
