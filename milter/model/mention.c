/*
 * mention.c -- where a text names a person by his address
 *
 * Works on octets of any kind: of a file, too, that is no text.
 */
#include "gatepost/model/mention.h"

#include <string.h>

#include "gatepost/model/address.h"

struct Mention {
	char *local, *domain;
	gsize local_length, domain_length;
	struct hash_key key;
};

/* Octets of an extension that are looked at. */
#define EXTENSION_MOST 256

Mention *
mention_new(const char *address, const struct hash_key *key)
{
	Mention *mention = g_new0(Mention, 1);
	const char *domain = address_domain(address);

	mention->domain = g_strdup(domain);
	mention->domain_length = strlen(domain);
	mention->local = g_strndup(address, (gsize)(domain - address) - 1);
	mention->local_length = strlen(mention->local);
	mention->key = *key;
	return mention;
}

void
mention_free(Mention *mention)
{
	if (!mention)
		return;
	g_free(mention->local);
	g_free(mention->domain);
	g_free(mention);
}

/* Would C next to an address make it another one? */
static bool
is_local(char c)
{
	return g_ascii_isalnum(c) || (guchar)c >= 0x80 ||
	    (c && strchr("._+-", c));
}

/* Does an address's domain end before TEXT? */
static bool
ends_before(const char *text, const char *end)
{
	if (text == end)
		return true;
	if (*text == '.')
		return text + 1 == end || !g_ascii_isalnum(text[1]);
	return !g_ascii_isalnum(*text) && *text != '-' && *text != '_' &&
	    (guchar)*text < 0x80;
}

/* Where the person's local part starts that ends at END, or NULL. */
static const char *
local_start(const Mention *mention, const char *from, const char *end)
{
	const char *at = end;

	while (at > from && is_local(at[-1]) && end - at < EXTENSION_MOST)
		at--;
	/* A sign that addresses may have, but hardly have, goes with it. */
	while (at < end && *at != mention->local[0] &&
	       strchr(".+-_", *at))
		at++;
	if ((gsize)(end - at) < mention->local_length ||
	    g_ascii_strncasecmp(at, mention->local,
				mention->local_length) != 0)
		return NULL;
	return at + mention->local_length == end ||
	    at[mention->local_length] == '+' ? at : NULL;
}

bool
mention_find(const Mention *mention, const char *text, gsize length,
	     gsize *at, gsize *count)
{
	const char *end = text + length, *start;

	for (const char *sign = text; sign < end; sign++) {
		gsize width = *sign == '@' ? 1 : *sign == '%' &&
		    end - sign > 3 && sign[1] == '4' && sign[2] == '0' ? 3 :
		    0;
		const char *domain = sign + width;

		if (!width || (gsize)(end - domain) <
		    mention->domain_length ||
		    g_ascii_strncasecmp(domain, mention->domain,
					mention->domain_length) != 0 ||
		    !ends_before(domain + mention->domain_length, end))
			continue;
		start = local_start(mention, text, sign);
		if (!start)
			continue;
		*at = (gsize)(start - text);
		*count = (gsize)(domain - start) + mention->domain_length;
		return true;
	}
	return false;
}

bool
mention_is_in(const Mention *mention, const char *text)
{
	gsize at, count;

	return text && mention_find(mention, text, strlen(text), &at,
				    &count);
}

char *
mention_stand_in(const Mention *mention, const char *text, gsize count)
{
	g_autofree char *lower = g_ascii_strdown(text, (gssize)count);
	g_autofree char *small = NULL;
	char hash[HASH_TEXT];

	hash_text(hash_bytes(&mention->key, lower, count), hash);
	small = g_ascii_strdown(hash, -1);
	return g_strdup_printf("forgotten-%s@forgotten.invalid", small);
}

static void
note(GPtrArray *seen, const char *text, gsize count)
{
	g_autofree char *form = g_strndup(text, count);

	if (seen && !g_ptr_array_find_with_equal_func(seen, form,
						      g_str_equal, NULL))
		g_ptr_array_add(seen, g_steal_pointer(&form));
}

char *
mention_replace(const Mention *mention, const char *text, GPtrArray *seen)
{
	gsize left = strlen(text), at, count;
	GString *out;

	if (!mention_find(mention, text, left, &at, &count))
		return NULL;
	out = g_string_sized_new(left);
	do {
		g_autofree char *other = mention_stand_in(mention, text + at,
							  count);

		note(seen, text + at, count);
		g_string_append_len(out, text, (gssize)at);
		g_string_append(out, other);
		text += at + count;
		left -= at + count;
	} while (mention_find(mention, text, left, &at, &count));
	g_string_append(out, text);
	return g_string_free(out, FALSE);
}
