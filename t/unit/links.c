/*
 * links.c -- unit test: which words of a text are links, and what is odd
 * about them
 */
#include "gatepost/content/links.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

static const struct {
	const char *name, *text;
	const char *urls;	/* "url|..." */
} texts[] = {
	{ "a link alone", "http://example.org/a", "http://example.org/a|" },
	{ "in a sentence", "See http://example.org/a.",
	  "http://example.org/a|" },
	{ "in round brackets", "(http://example.org/a)",
	  "http://example.org/a|" },
	{ "a bracket of its own", "http://example.org/a_(b)",
	  "http://example.org/a_(b)|" },
	{ "in angle brackets", "<http://example.org/a>",
	  "http://example.org/a|" },
	{ "in quotes", "\"http://example.org/a\"", "http://example.org/a|" },
	{ "in curly quotes", "“http://example.org/a”",
	  "http://example.org/a|" },
	{ "behind a word", "url:http://example.org/a",
	  "http://example.org/a|" },
	{ "upper case", "HTTP://EXAMPLE.ORG/A", "http://example.org/A|" },
	{ "two of them", "http://a.example http://b.example",
	  "http://a.example/|http://b.example/|" },
	{ "... with a comma between", "http://a.example,http://b.example",
	  "http://a.example/|http://b.example/|" },
	{ "one in the other", "http://a.example/?u=http://b.example/",
	  "http://a.example/?u=http://b.example/|" },
	{ "the same twice", "http://a.example http://a.example/",
	  "http://a.example/|" },
	{ "no scheme, but www", "www.example.org", "http://www.example.org/|" },
	{ "www alone", "www.", "" },
	{ "a domain with a path", "example.org/a", "http://example.org/a|" },
	{ "a domain without one", "example.org", "" },
	{ "a file's name", "readme.txt/a", "" },
	{ "a fraction", "1.5/2", "" },
	{ "a choice", "and/or", "" },
	{ "a path", "/usr/share/a.b/c", "" },
	{ "an address", "a@example.org/b", "" },
	{ "text in a script without blanks",
	  "请看http://example.org请", "http://example.xn--org-pu0j/|"
	  "http://example.org/|" },
	/* UTS 46 maps U+3002 to a dot; a sentence ends with it, too. */
	{ "an ideographic full stop in the host", "http://evil。example/x",
	  "http://evil/|http://evil.example/x|" },
	{ "... several", "http://a。b。example/x",
	  "http://a/|http://a.b.example/x|" },
	{ "... behind www", "www.evil。example/x",
	  "http://www.evil.example/x|http://www.evil/|" },
	{ "... between letters beyond ASCII", "http://例え。テスト/",
	  "http://xn--r8jz45g/|http://xn--r8jz45g.xn--zckzah/|" },
	{ "... behind the host of a sentence", "http://example.org。请看",
	  "http://example.org/|" },
	{ "an ideographic full stop behind", "http://example.org/a。",
	  "http://example.org/a|" },
	{ "a clock time", "at 12:30://", "" },
	{ "nothing", "", "" },
};

static char *
list(const Facts *facts)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		g_string_append_printf(out, "%s|", link->url);
	}
	return g_string_free(out, FALSE);
}

static void
test_scan(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *urls = NULL;
		struct links links;

		g_test_message("%s: %s", texts[i].name, texts[i].text);
		links_init(&links, facts);
		links_scan(&links, texts[i].text, strlen(texts[i].text),
			   "text");
		links_clear(&links);
		urls = list(facts);
		g_assert_cmpstr(urls, ==, texts[i].urls);
	}
}

static const struct {
	const char *name, *raw, *base;
	const char *url;	/* "": dropped */
	const char *defect;
} singles[] = {
	{ "whole", "http://a.example/b", NULL, "http://a.example/b", NULL },
	{ "blanks at its ends", " \n http://a.example/b\t", NULL,
	  "http://a.example/b", NULL },
	{ "a line end in the scheme", "ht\ntp://a.example/b", NULL,
	  "http://a.example/b", NULL },
	{ "backslashes", "http:\\\\a.example\\b", NULL, "http://a.example/b",
	  NULL },
	{ "a mail address", "mailto:a@b.example", NULL, "mailto:a@b.example",
	  NULL },
	{ "a part of the message", "cid:1@x", NULL, "", NULL },
	{ "a place in the page", "#top", NULL, "", NULL },
	{ "nothing", "", NULL, "", NULL },
	{ "relative, no base", "b/c", NULL, "", NULL },
	{ "... from a root", "/b", NULL, "", NULL },
	{ "relative, but www", "www.example.org/b", NULL,
	  "http://www.example.org/b", NULL },
	{ "no scheme of its own", "//a.example/b", NULL,
	  "http://a.example/b", NULL },
	{ "... of its base", "//a.example/b", "https://c.example/",
	  "https://a.example/b", NULL },
	/* RFC 3986 5.4 */
	{ "beside the base", "g", "http://a.example/b/c/d;p?q",
	  "http://a.example/b/c/g", NULL },
	{ "a root", "/g", "http://a.example/b/c/d;p?q", "http://a.example/g",
	  NULL },
	{ "a query", "?y", "http://a.example/b/c/d;p?q",
	  "http://a.example/b/c/d;p?y", NULL },
	{ "up", "../g", "http://a.example/b/c/d;p?q", "http://a.example/b/g",
	  NULL },
	{ "up and up", "../../../g", "http://a.example/b/c/d;p?q",
	  "http://a.example/g", NULL },
	{ "here", "./g", "http://a.example/b/c/d;p?q",
	  "http://a.example/b/c/g", NULL },
	{ "a base that is a host", "g", "http://a.example",
	  "http://a.example/g", NULL },
	{ "a base that is none", "g", "nonsense", "", NULL },
	{ "a name in front of the host", "http://bank.example@evil.example/",
	  NULL, "http://evil.example/", DEFECT_URL_USERINFO },
	{ "an @ in the path", "http://a.example/@b", NULL,
	  "http://a.example/@b", NULL },
	{ "a plain address", "http://192.0.2.1/a", NULL,
	  "http://192.0.2.1/a", NULL },
	{ "... with a port", "http://192.0.2.1:8080/a", NULL,
	  "http://192.0.2.1/a", NULL },
	{ "one number", "http://3221225985/a", NULL, "http://192.0.2.1/a",
	  DEFECT_URL_ADDRESS },
	{ "hexadecimal", "http://0xC0.0.2.1/a", NULL, "http://192.0.2.1/a",
	  DEFECT_URL_ADDRESS },
	{ "octal", "http://0300.0.2.1/a", NULL, "http://192.0.2.1/a",
	  DEFECT_URL_ADDRESS },
	{ "percent codes", "http://%31%39%32.0.2.1/a", NULL,
	  "http://192.0.2.1/a", DEFECT_URL_ADDRESS },
	{ "a control character in the host", "http://a\001b.example/", NULL,
	  "", NULL },
	{ "a script", "javascript:alert(1)", NULL, "javascript:alert(1)",
	  NULL },
	{ "... in odd letters", "Java\nScript:x", NULL, "javascript:x",
	  NULL },
	{ "... with a link in it", "javascript:f('http://a.example/b')", NULL,
	  "javascript:f('http://a.example/b')|http://a.example/b", NULL },
	{ "a script of Visual Basic", "VBScript:x", NULL, "vbscript:x",
	  DEFECT_URL_SCHEME },
	{ "a page in the link", "data:text/html,x", NULL, "data:text/html,x",
	  DEFECT_URL_SCHEME },
	{ "a picture in the link", "data:image/png;base64,x", NULL,
	  "data:image/png;base64,x", NULL },
	{ "a search of the reader's machine", "search-ms:query=x", NULL,
	  "search-ms:query=x", DEFECT_URL_SCHEME },
	{ "a program of the reader's", "ms-msdt:/id", NULL, "ms-msdt:/id",
	  DEFECT_URL_SCHEME },
	{ "a file", "file:///c:/a.exe", NULL, "file:///c:/a.exe",
	  DEFECT_URL_SCHEME },
	{ "a telephone", "tel:+1", NULL, "tel:+1", NULL },
	/* WHATWG 4.4: the scheme of the base says nothing. */
	{ "relative behind its base's scheme, and as it stands",
	  "http:b.example/c", "http://a.example/d/e",
	  "http://a.example/d/b.example/c|http://b.example/c", NULL },
	{ "... not behind another's", "https:b.example/c",
	  "http://a.example/d/e", "https://b.example/c", NULL },
	{ "a share, and the site that others see in it",
	  "\\\\a.example\\b", NULL,
	  "http://a.example/b|file://a.example/b", DEFECT_URL_SCHEME },
};

static void
test_add(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(singles); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *urls = NULL;
		g_autofree char *wanted = *singles[i].url ?
		    g_strconcat(singles[i].url, "|", NULL) : g_strdup("");
		struct links links;

		g_test_message("%s: %s", singles[i].name, singles[i].raw);
		links_init(&links, facts);
		links_add(&links, singles[i].raw, singles[i].base, "text",
			  "html");
		links_clear(&links);
		urls = list(facts);
		g_assert_cmpstr(urls, ==, wanted);
		g_assert_cmpuint(facts->defects->len, ==,
				 singles[i].defect != NULL);
		if (singles[i].defect)
			g_assert_true(facts_has_defect(facts,
						       singles[i].defect));
	}
}

static void
test_once(void)
{
	g_autoptr(Facts) facts = facts_new();
	struct links links;

	links_init(&links, facts);
	links_add(&links, "http://a.example/", NULL, "one", "html");
	links_add(&links, "http://a.example", NULL, "one", "html");
	links_add(&links, "http://a.example/", NULL, NULL, "html");
	g_assert_cmpuint(facts->urls->len, ==, 1);
	links_add(&links, "http://a.example/", NULL, "two", "html");
	g_assert_cmpuint(facts->urls->len, ==, 2);
	links_clear(&links);
}

static void
test_bounds(void)
{
	g_autoptr(Facts) facts = facts_new();
	g_autofree char *path = g_strnfill(BOUND_URL, 'a');
	g_autofree char *large = g_strconcat("http://a.example/", path, NULL);
	g_autofree char *data = g_strconcat("data:text/html,", path, NULL);
	struct links links;

	facts->complete = true;
	links_init(&links, facts);
	links_add(&links, data, NULL, NULL, "html");
	g_assert_true(facts->complete);
	links_add(&links, large, NULL, NULL, "html");
	g_assert_true(facts_has_defect(facts, DEFECT_URL_LONG));
	for (guint i = 0; i <= BOUND_URLS; i++) {
		g_autofree char *raw = g_strdup_printf("http://a.example/%u",
						       i);

		links_add(&links, raw, NULL, NULL, "html");
	}
	links_clear(&links);
	g_assert_cmpuint(facts->urls->len, ==, BOUND_URLS);
	g_assert_true(facts_has_defect(facts, DEFECT_URLS_MANY));
	g_assert_false(facts->complete);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/links/scan", test_scan);
	g_test_add_func("/links/add", test_add);
	g_test_add_func("/links/once", test_once);
	g_test_add_func("/links/bounds", test_bounds);
	return g_test_run();
}
