/*
 * unwrap.c -- links that mail services and search engines wrap around others
 *
 * Works on the canonical form of the wrapper, so that no spelling of it
 * hides what is inside.  A wrapper that cannot be read gives nothing: it is
 * a link by itself all the same.
 */
#include "gatepost/content/unwrap.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"

/* TEXT with percent codes decoded once; NULL when one stands for NUL or what
 * comes out is no UTF-8.  Yours. */
static char *
percent_decode(const char *text)
{
	char *out = g_uri_unescape_string(text, NULL);

	if (out && g_utf8_validate(out, -1, NULL))
		return out;
	g_free(out);
	return NULL;
}

/* LENGTH octets of base64url, padded or not, as UTF-8; NULL when they are
 * none.  Yours. */
static char *
base64_decode(const char *text, gsize length)
{
	g_autofree char *padded = g_malloc(length + 4);
	g_autofree guchar *octets = NULL;
	gsize size = 0;

	for (gsize i = 0; i < length; i++)
		padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' :
		    text[i];
	while (length % 4)
		padded[length++] = '=';
	padded[length] = '\0';
	octets = g_base64_decode(padded, &size);
	if (size == 0 || memchr(octets, '\0', size) ||
	    !g_utf8_validate((char *)octets, (gssize)size, NULL))
		return NULL;
	return g_strndup((char *)octets, size);
}

/* The value of PARAMETER in PATH's query, as it stands there; NULL: there is
 * none.  Yours. */
static char *
parameter_find(const char *path, const char *parameter)
{
	gsize length = strlen(parameter);
	const char *at = strchr(path, '?');

	while (at) {
		at++;
		if (strncmp(at, parameter, length) == 0 && at[length] == '=')
			return g_strndup(at + length + 1,
					 strcspn(at + length + 1, "&"));
		at = strchr(at, '&');
	}
	return NULL;
}

/* The number that a character of base64url stands for; -1: it is none. */
static int
digit_of(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* ---- ways to carry a link ---- */

static char *
by_percent(const char *value)
{
	return percent_decode(value);
}

/* "-" stands for "%" and "_" for "/". */
static char *
by_dashes(const char *value)
{
	g_autofree char *copy = g_strdup(value);

	for (char *p = copy; *p; p++)
		*p = *p == '-' ? '%' : *p == '_' ? '/' : *p;
	return percent_decode(copy);
}

/* "a1" and base64url. */
static char *
by_base64(const char *value)
{
	return g_str_has_prefix(value, "a1") ?
	    base64_decode(value + 2, strcspn(value + 2, "=%")) : NULL;
}

/*
 * "LINK__;BYTES!": each "*" of LINK is the next character of BYTES, which
 * are base64url, and "**X" as many as X stands for, from two on.
 */
static char *
by_stars(const char *value)
{
	const char *end = strstr(value, "__;");
	g_autofree char *bytes = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	const char *next;

	if (!end)
		return NULL;
	bytes = base64_decode(end + 3, strcspn(end + 3, "!="));
	next = bytes ? bytes : "";
	for (const char *p = value; p < end; p++) {
		int count = 1;

		if (*p != '*') {
			g_string_append_c(out, *p);
			continue;
		}
		if (p + 2 < end && p[1] == '*' && digit_of(p[2]) >= 0) {
			count = digit_of(p[2]) + 2;
			p += 2;
		}
		for (; count > 0 && *next; count--) {
			const char *from = next;

			next = g_utf8_next_char(next);
			g_string_append_len(out, from, next - from);
		}
		if (count > 0 || out->len > BOUND_URL)
			return NULL;
	}
	return g_strdup(out->str);
}

static char *
by_path(const char *value)
{
	return g_strconcat("http://", value, NULL);
}

/* ---- the wrappers ---- */

enum place { AT, BELOW, SUFFIX };

#define ROW(host, ...) { host, sizeof(host) - 1, __VA_ARGS__ }

/* To add one: a row here, and vectors of its public documentation in
 * t/unit/unwrap.c. */
static const struct wrapper {
	const char *host;
	gsize length;		/* of host */
	enum place place;	/* host: that alone; below it; before any
				 * public suffix, with www. or without */
	const char *path;	/* what the path starts with */
	const char *parameter;	/* of the query; NULL: the rest of the path */
	char *(*decode)(const char *value);
} wrappers[] = {
	/* Microsoft Safe Links */
	ROW("safelinks.protection.outlook.com", BELOW, "/", "url", by_percent),
	/* Proofpoint URL Defense, versions 1 to 3 */
	ROW("urldefense.proofpoint.com", AT, "/v1/url", "u", by_percent),
	ROW("urldefense.proofpoint.com", AT, "/v2/url", "u", by_dashes),
	ROW("urldefense.proofpoint.com", AT, "/v3/__", NULL, by_stars),
	ROW("urldefense.com", AT, "/v3/__", NULL, by_stars),
	ROW("urldefense.us", AT, "/v3/__", NULL, by_stars),
	/* Google's redirector, and pages of its cache */
	ROW("google", SUFFIX, "/url", "q", by_percent),
	ROW("google", SUFFIX, "/url", "url", by_percent),
	ROW("google", SUFFIX, "/amp/s/", NULL, by_path),
	ROW("google", SUFFIX, "/amp/", NULL, by_path),
	/* Bing's clicks */
	ROW("bing.com", BELOW, "/ck/a", "u", by_base64),
};

/* Is WRAPPER at HOST of LENGTH octets? */
static bool
is_at(const struct wrapper *wrapper, const char *host, gsize length)
{
	bool is_www;

	switch (wrapper->place) {
	case AT:
		return length == wrapper->length &&
		    memcmp(host, wrapper->host, length) == 0;
	case BELOW:
		return length >= wrapper->length &&
		    domain_is_below(host, wrapper->host);
	case SUFFIX:
		break;
	}
	is_www = length > 4 && memcmp(host, "www.", 4) == 0;
	host += is_www ? 4 : 0;
	return strncmp(host, wrapper->host, wrapper->length) == 0 &&
	    host[wrapper->length] == '.' &&
	    domain_suffix(host + wrapper->length + 1) == SUFFIX_ICANN;
}

char *
unwrap(const char *host, const char *path)
{
	gsize length;

	if (!host || !path)
		return NULL;
	length = strlen(host);
	for (guint i = 0; i < G_N_ELEMENTS(wrappers); i++) {
		const struct wrapper *wrapper = &wrappers[i];
		g_autofree char *value = NULL;
		char *link;

		if (!is_at(wrapper, host, length) ||
		    !g_str_has_prefix(path, wrapper->path))
			continue;
		value = wrapper->parameter ?
		    parameter_find(path, wrapper->parameter) :
		    g_strdup(path + strlen(wrapper->path));
		link = value && *value ? wrapper->decode(value) : NULL;
		if (link && strlen(link) <= BOUND_URL)
			return link;
		g_free(link);
	}
	return NULL;
}
