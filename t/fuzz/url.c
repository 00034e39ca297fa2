/*
 * url.c -- fuzz target: a link, a base in front of it (up to a line end), and
 * the same as plain text
 *
 * A link in canonical form leads to the same host when it is read again.
 */
#include "gatepost/model/url.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/links.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
look_url(const char *raw)
{
	g_autoptr(Url) url = url_parse(raw);
	g_autoptr(Url) again = url ? url_parse(url->url) : NULL;

	if (!url || !url->host)
		return;
	g_assert_nonnull(again);
	g_assert_cmpstr(again->host, ==, url->host);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *text = g_utf8_make_valid((const char *)data,
						  (gssize)size);
	const char *end = strchr(text, '\n');
	g_autofree char *base = end ? g_strndup(text, (gsize)(end - text)) :
	    NULL;
	g_autoptr(Facts) facts = facts_new();
	struct links links;

	look_url(text);
	links_init(&links, facts);
	links_add(&links, end ? end + 1 : text, base, "shown", "html");
	links_scan(&links, text, strlen(text), "text");
	links_clear(&links);
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		g_assert_cmpuint(strlen(link->raw), <=, BOUND_URL);
		g_assert_true(g_utf8_validate(link->url, -1, NULL));
	}
	return 0;
}
