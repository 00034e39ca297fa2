/*
 * safe_page.h -- is a page of content/view.c harmless and well-formed?
 */
#ifndef GATEPOST_T_SAFE_PAGE_H
#define GATEPOST_T_SAFE_PAGE_H

#include <glib.h>
#include <string.h>

#include "gatepost/content/view.h"

static void
safe_page_start(GMarkupParseContext *context, const gchar *name,
		const gchar **names, const gchar **values, gpointer data,
		GError **error)
{
	static const char allowed[] = " html head meta title body p b i u "
	    "small code div blockquote pre h2 h3 h4 h5 h6 ul ol li table tr "
	    "td th br hr ";
	g_autofree char *word = g_strdup_printf(" %s ", name);

	(void)context;
	(void)values;
	(void)data;
	(void)error;
	g_assert_nonnull(strstr(allowed, word));
	if (strcmp(name, "meta") != 0)
		g_assert_null(names[0]);
}

/* Ends the test when PAGE is not: GMarkup takes no tag that is not closed in
 * its order, and none that HTML would close by itself. */
static void
safe_page_check(const char *page)
{
	static const char *const never[] = {
		"src=", "href=", "javascript:", "vbscript:", "<script",
		"<iframe", "<style", "<img", "<form", "<a ", "<svg", "url(",
		"http://", "https://",
	};
	static const GMarkupParser parser = {
		.start_element = safe_page_start
	};
	g_autofree char *lower = g_ascii_strdown(page, -1);
	const char *body = strstr(lower, "<body>");
	GMarkupParseContext *context;
	g_autoptr(GError) error = NULL;

	g_assert_true(g_utf8_validate(page, -1, NULL));
	g_assert_nonnull(body);
	g_assert_nonnull(strstr(lower, "default-src 'none'"));
	for (guint i = 0; i < G_N_ELEMENTS(never); i++) {
		if (strstr(lower, never[i]))
			g_test_message("\"%s\" in %s", never[i], page);
		g_assert_null(strstr(lower, never[i]));
	}
	/* No attribute, and so no onclick=. */
	g_assert_null(strchr(body, '='));
	context = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	if (!g_markup_parse_context_parse(context, page, -1, &error) ||
	    !g_markup_parse_context_end_parse(context, &error))
		g_test_message("%s: %s", error->message, page);
	g_assert_no_error(error);
	g_markup_parse_context_free(context);
}

#endif
