/*
 * dkim_keys.c -- a public key is decoded once, and found again by its octets
 */
#include <glib.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "gatepost/auth/dkim_keys.h"
#include "gatepost/bounds.h"

/* A new public key in DER. */
static GBytes *
make(void)
{
	EVP_PKEY *key = EVP_RSA_gen(1024);
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);
	GBytes *bytes = g_bytes_new(der, (gsize)length);

	OPENSSL_free(der);
	EVP_PKEY_free(key);
	return bytes;
}

/* As libopendkim asks. */
static EVP_PKEY *
ask(GBytes *bytes)
{
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);
	BIO *bio = BIO_new_mem_buf(data, (int)size);
	EVP_PKEY *key = d2i_PUBKEY_bio(bio, NULL);

	BIO_free(bio);
	return key;
}

static void
test_same(void)
{
	g_autoptr(GBytes) one = make();
	g_autoptr(GBytes) two = make();
	EVP_PKEY *first = ask(one), *other = ask(two), *again = ask(one);
	guint asked, kept;

	g_assert_nonnull(first);
	g_assert_nonnull(other);
	g_assert_true(EVP_PKEY_eq(first, other) == 0);
	g_assert_true(EVP_PKEY_eq(first, again) == 1);
	dkim_keys_count(&asked, &kept);
	g_assert_cmpuint(asked, ==, 3);
	/* Both may want one place; then the first was decoded twice. */
	g_assert_cmpuint(kept, ==, first == again ? 1 : 0);
	EVP_PKEY_free(first);
	EVP_PKEY_free(again);
	EVP_PKEY_free(other);
}

static void
test_bad(void)
{
	static const char junk[] = "\x30\x82\xff\xff no key";
	g_autoptr(GBytes) bytes = g_bytes_new_static(junk, sizeof junk);

	g_assert_null(ask(bytes));
	g_assert_null(ask(bytes));
}

/* A key that lost its place is still its holder's, and comes back right. */
static void
test_many(void)
{
	g_autoptr(GBytes) one = make();
	EVP_PKEY *first = ask(one), *again;
	gsize size;
	const guint8 *data = g_bytes_get_data(one, &size);

	for (int i = 0; i < BOUND_KEYS_KEPT * 4; i++) {
		g_autofree guint8 *copy = g_memdup2(data, size);
		g_autoptr(GBytes) other = NULL;

		/* Another modulus, which decodes as well. */
		copy[size / 2] = (guint8)i;
		copy[size / 2 + 1] = (guint8)(i >> 8);
		other = g_bytes_new(copy, size);
		EVP_PKEY_free(ask(other));
	}
	again = ask(one);
	g_assert_true(EVP_PKEY_eq(first, again) == 1);
	EVP_PKEY_free(first);
	EVP_PKEY_free(again);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	dkim_keys_init();
	g_test_add_func("/dkim_keys/the same octets are the same key",
			test_same);
	g_test_add_func("/dkim_keys/what is no key is none", test_bad);
	g_test_add_func("/dkim_keys/more keys than places", test_many);
	return g_test_run();
}
