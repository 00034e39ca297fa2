/*
 * address.c -- one mailbox address, of the envelope or a header field
 *
 * Lenient where an MTA is ("a..b@c", "a@b@c"), since what it would carry must
 * not slip past a list; the last @ outside quotes parts local and domain.
 */
#include "gatepost/model/address.h"

#include <string.h>

#include "gatepost/model/domain.h"
#include "gatepost/util/text.h"

#define ADDRESS_MOST 320

/* What may stand in a local part unquoted: atext of RFC 5322 3.2.3, dots, and
 * all of UTF-8. */
static const bool plain[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
	['!'] = true, ['#' ... '\''] = true, ['*' ... '+'] = true,
	['-' ... '/'] = true, ['='] = true, ['?'] = true, ['^' ... '`'] = true,
	['{' ... '~'] = true, [0x80 ... 0xff] = true,
};

static bool
is_plain(char c)
{
	return plain[(guchar)c];
}

static bool
is_plain_text(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (!is_plain(text[i]))
			return false;
	return length > 0;
}

/* The words of local part RAW without quotes and backslashes, or NULL when
 * something stands there that may not.  Yours. */
static char *
unquote(const char *raw, gsize length)
{
	g_autoptr(GString) out = g_string_sized_new(length);
	bool quoted = false;

	for (gsize i = 0; i < length; i++) {
		if (raw[i] == '"') {
			quoted = !quoted;
		} else if (raw[i] == '\\' && quoted) {
			if (++i == length)
				return NULL;
			g_string_append_c(out, raw[i]);
		} else if (quoted || is_plain(raw[i]) || raw[i] == '@') {
			g_string_append_c(out, raw[i]);
		} else {
			return NULL;
		}
	}
	if (quoted || out->len == 0)
		return NULL;
	return g_strdup(out->str);
}

/* Lower case in no language's way: a Turkish locale must not matter. */
static char *
lower(const char *text)
{
	GString *out = g_string_sized_new(strlen(text));

	for (const char *p = text; *p; p = g_utf8_next_char(p))
		g_string_append_unichar(out,
					g_unichar_tolower(g_utf8_get_char(p)));
	return g_string_free(out, FALSE);
}

static char *
local_normal(const char *raw, gsize length)
{
	g_autofree char *bare = NULL, *small = NULL, *text = NULL;
	GString *quoted;

	/* Nearly all are. */
	if (is_plain_text(raw, length) && text_ascii(raw, length) == length)
		return g_ascii_strdown(raw, (gssize)length);
	bare = unquote(raw, length);
	small = bare ? lower(bare) : NULL;
	if (!small)
		return NULL;
	text = g_utf8_normalize(small, -1, G_NORMALIZE_NFC);
	if (is_plain_text(text, strlen(text)))
		return g_steal_pointer(&text);
	quoted = g_string_new("\"");
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(quoted, '\\');
		g_string_append_c(quoted, *p);
	}
	g_string_append_c(quoted, '"');
	return g_string_free(quoted, FALSE);
}

static char *
literal_normal(const char *raw)
{
	gsize length = strlen(raw);

	if (length < 3 || raw[length - 1] != ']' ||
	    strcspn(raw + 1, "[]\\ \"@<>") != length - 2)
		return NULL;
	return g_ascii_strdown(raw, -1);
}

/* The @ before the domain: the last one outside quotes; NULL: none. */
static const char *
find_at(const char *text)
{
	const char *at = NULL;
	bool quoted = false;

	for (const char *p = text; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '@' && !quoted)
			at = p;
	}
	return at;
}

/* Take brackets, blanks and a source route off TEXT, in place. */
static char *
unwrap(char *text)
{
	gsize length;

	text = g_strstrip(text);
	length = strlen(text);
	if (length >= 2 && text[0] == '<' && text[length - 1] == '>') {
		text[length - 1] = '\0';
		text = g_strstrip(text + 1);
	}
	if (text[0] == '@') {
		char *colon = strchr(text, ':');

		text = colon ? colon + 1 : text;
	}
	return text;
}

static bool
is_clean(const char *raw, gsize length)
{
	gsize ascii = 0;

	while (raw[ascii] >= 0x20 && raw[ascii] < 0x7f)
		ascii++;
	if (ascii == length)
		return true;
	if (!g_utf8_validate(raw, -1, NULL))
		return false;
	for (const char *p = raw + ascii; *p; p = g_utf8_next_char(p))
		if (g_unichar_iscntrl(g_utf8_get_char(p)))
			return false;
	return true;
}

char *
address_normal(const char *raw)
{
	g_autofree char *copy = NULL;
	g_autofree char *local = NULL;
	g_autofree char *domain = NULL;
	const char *text, *at;
	gsize length = strnlen(raw, 2 * ADDRESS_MOST);

	if (length >= 2 * ADDRESS_MOST || !is_clean(raw, length))
		return NULL;
	copy = g_strdup(raw);
	text = unwrap(copy);
	if (strlen(text) > ADDRESS_MOST)
		return NULL;
	if (!*text)
		return g_strdup("");
	at = find_at(text);
	local = local_normal(text, at ? (gsize)(at - text) : strlen(text));
	if (!local || !at)
		return g_steal_pointer(&local);
	domain = at[1] == '[' ? literal_normal(at + 1) :
	    domain_normal(at + 1);
	return domain ? g_strconcat(local, "@", domain, NULL) : NULL;
}

const char *
address_domain(const char *address)
{
	const char *at = strrchr(address, '@');
	gsize length = strlen(address);

	/* A lone quoted local part may hold an @ and ends in its quote. */
	if (!at || address[length - 1] == '"')
		return address + length;
	return at + 1;
}

bool
address_has_local(const char *address, const char *local)
{
	const char *domain = address_domain(address);
	gsize length = (gsize)(domain - address);

	if (*domain)
		length--;
	return strlen(local) == length &&
	    strncmp(address, local, length) == 0;
}

char *
address_loose(const char *raw)
{
	char *normal = address_normal(raw);
	g_autofree char *valid = NULL, *lower = NULL, *domain = NULL;
	gsize length = strlen(raw);
	char *at;

	if (normal)
		return normal;
	if (length > 1 && raw[0] == '<' && raw[length - 1] == '>') {
		raw++;
		length -= 2;
	}
	/* The end matters most: the domain stands there. */
	if (length > 320) {
		raw += length - 320;
		length = 320;
	}
	valid = g_utf8_make_valid(raw, (gssize)length);
	for (char *p = valid; *p; p++)
		if ((guchar)*p <= ' ' || *p == 0x7f)
			*p = '?';
	lower = g_ascii_strdown(valid, -1);
	at = strrchr(lower, '@');
	domain = at ? domain_normal(at + 1) : NULL;
	if (!domain)
		return g_steal_pointer(&lower);
	*at = '\0';
	return g_strconcat(lower, "@", domain, NULL);
}
