/*
 * zip.c -- write a zip whose members nobody reads without a password
 *
 * Stored, not compressed, and encrypted as WinZip's AE-2 describes: AES-256
 * in counter mode, keys by PBKDF2, HMAC-SHA-1 behind.  The zip's own old
 * cipher would be read by a few programs more, and by anyone who tries.
 */
#include "gatepost/util/zip.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "gatepost/util/file.h"

#define SALT 16
#define KEY 32
#define CHECK 2
#define MAC 10
#define ROUNDS 1000
#define BLOCK 16

/* Of a member: signatures, versions, flags, as APPNOTE 4.3 and 4.4 say. */
#define LOCAL 0x04034b50
#define CENTRAL 0x02014b50
#define END 0x06054b50
#define NEEDS 51
#define MADE_BY (3 << 8 | NEEDS)
#define ENCRYPTED 1
#define METHOD_AE 99

struct Zip {
	FILE *out;
	char *password;
	GByteArray *directory;
	guint32 at;		/* octets written */
	guint16 members;
	int fault;		/* errno of the first, or 0 */
};

static void
put16(GByteArray *to, guint value)
{
	guint8 octets[] = { (guint8)value, (guint8)(value >> 8) };

	g_byte_array_append(to, octets, sizeof octets);
}

static void
put32(GByteArray *to, guint32 value)
{
	put16(to, value & 0xffff);
	put16(to, value >> 16);
}

static void
put_octets(GByteArray *to, const void *data, gsize length)
{
	g_byte_array_append(to, data, (guint)length);
}

static void
write_out(Zip *zip, const void *data, gsize length)
{
	if (length && !zip->fault &&
	    fwrite(data, 1, length, zip->out) != length)
		zip->fault = errno ? errno : EIO;
	zip->at += (guint32)length;
}

Zip *
zip_new(FILE *out, const char *password)
{
	Zip *zip = g_new0(Zip, 1);

	zip->out = out;
	zip->password = g_strdup(password);
	zip->directory = g_byte_array_new();
	return zip;
}

/* What local header and directory both say of a member. */
static void
put_head(GByteArray *to, const char *name, gint64 at, gsize length,
	 bool is_central)
{
	time_t seconds = (time_t)(at / G_USEC_PER_SEC);
	struct tm when;

	gmtime_r(&seconds, &when);
	put32(to, is_central ? CENTRAL : LOCAL);
	if (is_central)
		put16(to, MADE_BY);
	put16(to, NEEDS);
	put16(to, ENCRYPTED);
	put16(to, METHOD_AE);
	put16(to, (guint)(when.tm_hour << 11 | when.tm_min << 5 |
			  when.tm_sec / 2));
	put16(to, (guint)((when.tm_year - 80) << 9 |
			  (when.tm_mon + 1) << 5 | when.tm_mday));
	put32(to, 0);		/* no CRC in AE-2 */
	put32(to, (guint32)(SALT + CHECK + length + MAC));
	put32(to, (guint32)length);
	put16(to, (guint)strlen(name));
	put16(to, 11);		/* octets of the extra field */
}

/* The extra field: AE-2, AES-256, stored. */
static void
put_extra(GByteArray *to)
{
	put16(to, 0x9901);
	put16(to, 7);
	put16(to, 2);
	put_octets(to, "AE", 2);
	put_octets(to, "\3", 1);
	put16(to, 0);
}

/* Counter mode with a counter that goes up from its first octet on, unlike
 * that of libcrypto. */
static void
encrypt(const guint8 *key, guint8 *data, gsize length)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	guint8 counter[BLOCK] = { 0 }, stream[2 * BLOCK];
	int n;

	if (!cipher || !EVP_EncryptInit_ex(cipher, EVP_aes_256_ecb(), NULL,
					   key, NULL))
		g_error("libcrypto has no AES-256");
	for (gsize at = 0; at < length; at += BLOCK) {
		for (guint i = 0; i < BLOCK && ++counter[i] == 0; i++)
			;
		if (!EVP_EncryptUpdate(cipher, stream, &n, counter, BLOCK))
			g_error("libcrypto: AES-256");
		for (gsize i = 0; i < BLOCK && at + i < length; i++)
			data[at + i] ^= stream[i];
	}
	EVP_CIPHER_CTX_free(cipher);
}

/* SALT, check, octets and MAC of a member. */
static void
write_body(Zip *zip, const guint8 *data, gsize length)
{
	guint8 salt[SALT], keys[KEY + KEY + CHECK], mac[EVP_MAX_MD_SIZE];
	g_autofree guint8 *octets = g_memdup2(data, length);

	if (RAND_bytes(salt, sizeof salt) != 1 ||
	    !PKCS5_PBKDF2_HMAC_SHA1(zip->password, -1, salt, sizeof salt,
				    ROUNDS, sizeof keys, keys))
		g_error("libcrypto gives no keys");
	encrypt(keys, octets, length);
	if (!HMAC(EVP_sha1(), keys + KEY, KEY, octets, length, mac, NULL))
		g_error("libcrypto has no HMAC");
	write_out(zip, salt, sizeof salt);
	write_out(zip, keys + KEY + KEY, CHECK);
	write_out(zip, octets, length);
	write_out(zip, mac, MAC);
}

void
zip_add(Zip *zip, const char *name, gint64 at, const guint8 *data,
	gsize length)
{
	g_autoptr(GByteArray) local = g_byte_array_new();
	guint32 start = zip->at;

	put_head(local, name, at, length, false);
	put_octets(local, name, strlen(name));
	put_extra(local);
	write_out(zip, local->data, local->len);
	write_body(zip, data, length);
	put_head(zip->directory, name, at, length, true);
	put16(zip->directory, 0);	/* comment */
	put16(zip->directory, 0);	/* disk */
	put16(zip->directory, 0);	/* no text */
	put32(zip->directory, 0100600u << 16);
	put32(zip->directory, start);
	put_octets(zip->directory, name, strlen(name));
	put_extra(zip->directory);
	zip->members++;
}

bool
zip_end(Zip *zip, GError **error)
{
	g_autoptr(GByteArray) end = g_byte_array_new();
	guint32 start = zip->at;
	int fault;

	write_out(zip, zip->directory->data, zip->directory->len);
	put32(end, END);
	put16(end, 0);
	put16(end, 0);
	put16(end, zip->members);
	put16(end, zip->members);
	put32(end, zip->directory->len);
	put32(end, start);
	put16(end, 0);
	write_out(zip, end->data, end->len);
	if (!zip->fault && fflush(zip->out) != 0)
		zip->fault = errno;
	fault = zip->fault;
	g_byte_array_unref(zip->directory);
	g_free(zip->password);
	g_free(zip);
	errno = fault;
	return fault == 0 || file_fail(error, "write", "zip");
}
