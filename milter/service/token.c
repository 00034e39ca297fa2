/*
 * token.c -- a word by which a user acts on one held copy
 *
 *	octets	what
 *	1	version
 *	1	number of the key
 *	1	deed
 *	5	until, seconds since 1970, the highest octet first
 *	16	the item's id: 128 bits
 *	16	HMAC-SHA-256, the first half (RFC 2104 5), over all of that
 *		and over tenant and recipient, each behind its length
 *
 * Forty octets are 64 digits without a bit to spare: another spelling of the
 * same token is only that of its letters' case, and of O, I and L.
 */
#include "gatepost/service/token.h"

#include <string.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/digest.h"
#include "gatepost/util/text.h"

#define FORMAT 1
#define HEAD 24
#define OCTETS (HEAD + TOKEN_MAC)
#define DIGITS 64

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void
to_digits(const guint8 *octets, gsize count, char *out)
{
	guint bits = 0, have = 0;

	for (gsize i = 0; i < count; i++) {
		bits = bits << 8 | octets[i];
		for (have += 8; have >= 5; have -= 5)
			*out++ = digits[bits >> (have - 5) & 31];
	}
	*out = '\0';
}

/* The value of a digit as people write it; -1: it is none. */
static int
digit_value(char c)
{
	const char *at;

	c = g_ascii_toupper(c);
	c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* DIGITS digits at TEXT, blanks between them left out.  False when there are
 * fewer, or when there is one more right behind. */
static bool
from_digits(const char *text, guint8 octets[OCTETS])
{
	guint bits = 0, have = 0, count = 0, at = 0;

	for (; count < DIGITS; text++) {
		int value = digit_value(*text);

		if (*text == ' ' || *text == '\t')
			continue;
		if (value < 0)
			return false;
		bits = bits << 5 | (guint)value;
		count++;
		have += 5;
		if (have >= 8) {
			have -= 8;
			octets[at++] = (guint8)(bits >> have);
		}
	}
	return digit_value(*text) < 0;
}

/* An id as 16 octets: its 26 digits less the two bits that are always 0. */
static void
pack_id(const char *id, guint8 out[16])
{
	guint bits = 0, have = 0, at = 0;

	for (guint i = 0; i < ID_TEXT - 1; i++) {
		bits = bits << 5 | (guint)digit_value(id[i]);
		have += i == 0 ? 3 : 5;
		if (have >= 8) {
			have -= 8;
			out[at++] = (guint8)(bits >> have);
		}
	}
}

static void
unpack_id(const guint8 octets[16], char out[ID_TEXT])
{
	guint bits = 0, have = 2, at = 0;

	for (guint i = 0; i < 16; i++) {
		bits = bits << 8 | octets[i];
		for (have += 8; have >= 5; have -= 5)
			out[at++] = digits[bits >> (have - 5) & 31];
	}
	out[at] = '\0';
}

static void
add_part(GByteArray *all, const char *part)
{
	guint32 length = GUINT32_TO_BE((guint32)strlen(part));

	g_byte_array_append(all, (const guint8 *)&length, sizeof length);
	g_byte_array_append(all, (const guint8 *)part, (guint)strlen(part));
}

static void
sign(const struct token_key *key, const guint8 head[HEAD],
     const char *tenant, const char *rcpt, guint8 mac[TOKEN_MAC])
{
	g_autoptr(GByteArray) all = g_byte_array_sized_new(256);
	guint8 whole[DIGEST_MAC];

	add_part(all, "held");
	g_byte_array_append(all, head, HEAD);
	add_part(all, tenant);
	add_part(all, rcpt);
	digest_mac(key->octets, all->data, all->len, whole);
	memcpy(mac, whole, TOKEN_MAC);
}

static void
fill_head(guint8 head[HEAD], guint8 key, enum token_deed deed, gint64 until,
	  const char *item)
{
	guint64 seconds = GUINT64_TO_BE((guint64)until);

	head[0] = FORMAT;
	head[1] = key;
	head[2] = (guint8)deed;
	memcpy(head + 3, (const guint8 *)&seconds + 3, 5);
	pack_id(item, head + 8);
}

void
token_make(const struct token_keys *keys, const char *tenant,
	   const char *rcpt, const char *item, enum token_deed deed,
	   gint64 until, char out[TOKEN_TEXT])
{
	guint8 octets[OCTETS];

	g_assert(id_is(item) && keys->count > 0);
	fill_head(octets, keys->keys[0].number, deed, until, item);
	sign(&keys->keys[0], octets, tenant, rcpt, octets + HEAD);
	memcpy(out, TOKEN_MARK, strlen(TOKEN_MARK));
	to_digits(octets, OCTETS, out + strlen(TOKEN_MARK));
}

static bool
take(const guint8 octets[OCTETS], struct token *token)
{
	guint64 seconds = 0;

	memcpy((guint8 *)&seconds + 3, octets + 3, 5);
	token->key = octets[1];
	token->deed = (enum token_deed)octets[2];
	token->until = (gint64)GUINT64_FROM_BE(seconds);
	unpack_id(octets + 8, token->item);
	memcpy(token->mac, octets + HEAD, TOKEN_MAC);
	return octets[0] == FORMAT && octets[2] >= TOKEN_RELEASE &&
	    octets[2] < TOKEN_DEEDS && id_is(token->item);
}

bool
token_find(const char *subject, struct token *token)
{
	const char *at = subject ? subject : "";
	const gsize length = strlen(TOKEN_MARK);

	for (; *at; at++) {
		guint8 octets[OCTETS];

		if (g_ascii_strncasecmp(at, TOKEN_MARK, length) == 0 &&
		    from_digits(at + length, octets) && take(octets, token))
			return true;
	}
	return false;
}

bool
token_holds(const struct token_keys *keys, const struct token *token,
	    const char *tenant, const char *rcpt, gint64 now)
{
	guint8 head[HEAD], mac[TOKEN_MAC];
	bool is_good = false;

	fill_head(head, token->key, token->deed, token->until, token->item);
	for (guint i = 0; i < keys->count; i++) {
		if (keys->keys[i].number != token->key)
			continue;
		sign(&keys->keys[i], head, tenant, rcpt, mac);
		is_good |= digest_is_equal(mac, token->mac, TOKEN_MAC);
	}
	return is_good && now / CLOCK_SECOND < token->until;
}

char *
token_name(const struct token *token)
{
	return text_hex(token->mac, TOKEN_MAC);
}
