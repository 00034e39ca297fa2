/*
 * url_inside.c -- hosts that stand in the path or query of a link to another
 *
 * Redirectors and wrappers carry them there, as "/host", "=host" or a whole
 * link, often with its slashes encoded once more.
 */
#include "gatepost/model/url.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"

/* Times that percent codes are decoded. */
#define ROUNDS 3

static void
inside_free(gpointer data)
{
	struct url_inside *inside = data;

	g_free(inside->host);
	g_free(inside);
}

/* What a host in any spelling is made of. */
static bool
is_hostly(char c)
{
	return (guchar)c >= 0x80 || g_ascii_isalnum(c) || c == '-' ||
	    c == '.' || c == '_';
}

/* LENGTH octets of TEXT with percent codes decoded, those of codes as well.
 * Yours. */
static char *
decode(const char *text, gsize length)
{
	char *out = g_strndup(text, length);

	for (int round = 0; round < ROUNDS && strchr(out, '%'); round++) {
		char *to = out;

		for (const char *p = out; *p; p++) {
			int high = -1, low = -1;

			if (*p == '%' && p[1]) {
				high = g_ascii_xdigit_value(p[1]);
				low = g_ascii_xdigit_value(p[2]);
			}
			if (high < 0 || low < 0 || high + low == 0) {
				*to++ = *p;
				continue;
			}
			*to++ = (char)(high << 4 | low);
			p += 2;
		}
		*to = '\0';
	}
	return out;
}

/* The host in LENGTH octets of TEXT, or NULL.  Yours. */
static char *
host_of(const char *text, gsize length)
{
	g_autofree char *name = NULL;

	while (length && *text == '.') {
		text++;
		length--;
	}
	while (length && text[length - 1] == '.')
		length--;
	if (length < 4 || !memchr(text, '.', length))
		return NULL;
	name = g_strndup(text, length);
	return domain_normal(name);
}

/* Add the hosts in TEXT to FOUND. */
static void
scan(const char *text, bool is_path, GPtrArray *found)
{
	const char *at = text;

	while (*at && found->len < BOUND_URL_INSIDE) {
		const char *from = at;
		struct url_inside *inside;
		char *host;

		while (is_hostly(*at))
			at++;
		host = at == from ? NULL : host_of(from, (gsize)(at - from));
		if (host) {
			inside = g_new(struct url_inside, 1);
			inside->host = host;
			inside->is_segment = is_path && from > text &&
			    from[-1] == '/' &&
			    (!*at || *at == '/' || *at == ':');
			g_ptr_array_add(found, inside);
		}
		if (*at)
			at++;
	}
}

GPtrArray *
url_inside(const char *path)
{
	g_autoptr(GPtrArray) found = NULL;
	g_autofree char *before = NULL, *query = NULL;
	gsize length = strcspn(path, "?");

	/* Most paths name no host, and are not taken apart. */
	if (!strchr(path, '.') && !strchr(path, '%'))
		return NULL;
	found = g_ptr_array_new_with_free_func(inside_free);
	before = decode(path, length);
	scan(before, true, found);
	query = decode(path + length, strlen(path + length));
	scan(query, false, found);
	return found->len ? g_steal_pointer(&found) : NULL;
}
