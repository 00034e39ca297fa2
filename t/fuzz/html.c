/*
 * html.c -- fuzz target: a page of any text
 *
 * Links and texts that come out are valid UTF-8 and, all together, no longer
 * than what went in, but for references that grow by a constant.
 */
#include "gatepost/content/html.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
look_link(const char *raw, const char *text, void *data)
{
	(void)data;
	g_assert_true(g_utf8_validate(raw, -1, NULL));
	g_assert_true(!text || g_utf8_validate(text, -1, NULL));
}

static void
look_base(const char *raw, void *data)
{
	look_link(raw, NULL, data);
}

static void
look_script(const char *text, gsize length, void *data)
{
	(void)data;
	g_assert_true(g_utf8_validate_len(text, length, NULL));
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *page = g_utf8_make_valid((const char *)data,
						  (gssize)size);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) hidden = g_string_new(NULL);
	struct html_sink sink = { look_link, look_base, look_script, NULL,
				  text, hidden, size % 2 };

	html_read(page, strlen(page), &sink);
	g_assert_true(g_utf8_validate(text->str, -1, NULL));
	g_assert_true(g_utf8_validate(hidden->str, -1, NULL));
	html_css(page, strlen(page), &sink);
	html_hides(page, strlen(page));
	html_srcset(page, &sink);
	html_refresh(page, &sink);
	return 0;
}
