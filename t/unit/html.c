/*
 * html.c -- unit test: links and visible text of HTML pages
 */
#include "gatepost/content/html.h"

#include <string.h>

#include "gatepost/bounds.h"

static const struct {
	const char *name, *page;
	const char *links;	/* "link[text]|...", "base:..." */
	const char *text;	/* outside of links; NULL: not compared */
} cases[] = {
	{ "a link and its text", "<a href=\"http://x\">here</a>",
	  "http://x[here]|", NULL },
	{ "text around it", "a <a href=x>b</a> c", "x[b]|", "a c" },
	{ "upper case", "<A HREF='x'>b</A>", "x[b]|", NULL },
	{ "no quotes", "<a href=http://x/y?z=1&amp;w>b</a>",
	  "http://x/y?z=1&w[b]|", NULL },
	{ "blanks around the equals sign", "<a href = x >b</a>", "x[b]|",
	  NULL },
	{ "a line end instead", "<a\nhref\n=\n'x'>b</a>", "x[b]|", NULL },
	{ "a slash instead of a blank", "<a/href=x>b</a>", "x[b]|", NULL },
	{ "no blank between attributes", "<a id=\"1\"href=\"x\">b</a>",
	  "x[b]|", NULL },
	{ "of two attributes the first counts",
	  "<a href=one href=two>b</a>", "one[b]|", NULL },
	{ "a > inside quotes", "<a title='>' href=x>b</a>", "x[b]|", NULL },
	{ "an empty value", "<a href=>b</a>", "[b]|", NULL },
	{ "text in other tags", "<a href=x><b>one</b> <i>two</i></a>",
	  "x[one two]|", NULL },
	{ "blanks fold", "<a href=x>  one\n\t two </a>", "x[one two]|",
	  NULL },
	{ "nothing shown", "<a href=x><img src=y></a>", "y|x|", NULL },
	{ "a link in a link ends the first", "<a href=x>1<a href=y>2</a>",
	  "x[1]|y[2]|", NULL },
	{ "a link that does not end", "<a href=x>text", "x[text]|", NULL },
	{ "an anchor without a link", "<a name=x>text</a>", "", "text" },
	{ "an area", "<area href=x>", "x|", NULL },
	{ "a form", "<form action=x><button formaction=y>", "x|y|", NULL },
	{ "SVG", "<svg><a xlink:href=x>b</a></svg>", "x|", NULL },
	{ "a background", "<body background=x><td background=y>", "x|y|",
	  NULL },
	{ "an object", "<object data=x>", "x|", NULL },
	{ "a video's picture", "<video poster=x>", "x|", NULL },
	{ "a source set", "<img srcset='a 1x, b 2x,c,d 3x'>", "a|b|c,d|",
	  NULL },
	{ "a source set of one", "<img srcset=a>", "a|", NULL },
	{ "a refresh", "<meta http-equiv=refresh content='0; url=x'>", "x|",
	  NULL },
	{ "... with quotes", "<meta content=\"5;URL='x'\">", "x|", NULL },
	{ "... without url=", "<meta http-equiv=refresh content='0;x'>",
	  "x|", NULL },
	{ "another meta", "<meta name=x content='text url=y'>", "", NULL },
	{ "a base", "<base href=x><base href=y><a href=z>b</a>",
	  "base:x|z[b]|", NULL },
	{ "CSS in an attribute", "<p style='background: url(x)'>", "x|",
	  NULL },
	{ "... with quotes", "<p style=\"background: URL( 'x' )\">", "x|",
	  NULL },
	{ "a style element", "<style>a { b: url(\"x\") } @import 'y';"
	  "</style>", "x|y|", "" },
	{ "a CSS escape", "<p style='b:url(\\68 ttp)'>", "http|", NULL },
	{ "a script", "<script>u='<a href=x>'</script>t", "script:u='<a "
	  "href=x>'|", "t" },
	{ "a comment", "a<!-- <a href=x> -->b", "", "ab" },
	{ "an empty comment", "<!--><a href=x>b</a>-->", "x[b]|", "-->" },
	{ "another", "<!---><a href=x>b</a>", "x[b]|", NULL },
	{ "a comment's other end", "<!-- --!><a href=x>b</a>", "x[b]|",
	  NULL },
	{ "hyphens in a comment", "<!-- -- > --><a href=x>b</a>", "x[b]|",
	  NULL },
	{ "a condition for Outlook",
	  "<!--[if mso]><a href=x>b</a><![endif]-->", "x[b]|", NULL },
	{ "a declaration", "<!doctype html><a href=x>b</a>", "x[b]|", NULL },
	{ "an instruction", "<?xml a?><a href=x>b</a>", "x[b]|", NULL },
	{ "an odd end tag", "a</ b>c</>d", "", "acd" },
	{ "a lone <", "1 < 2 <3", "", "1 < 2 <3" },
	{ "a title is no markup", "<title><a href=x></title>", "",
	  NULL },
	{ "a text area is no markup", "<textarea><a href=x></textarea>", "",
	  NULL },
	{ "a tag at the very end", "<a href=x", "x|", NULL },
	{ "references in a link",
	  "<a href='h&#116;&#x74;p&colon;&sol;&sol;x'>b</a>",
	  "http://x[b]|", NULL },
	{ "... without semicolons", "<a href='&#104ttp:&#x2F/x'>b</a>",
	  "http://x[b]|", NULL },
	{ "a parameter that looks like one", "<a href='x?a=1&copy=2'>b</a>",
	  "x?a=1&copy=2[b]|", NULL },
	{ "... but not in text", "&copy=2", "", "©=2" },
	{ "the longest name counts", "&notin; &notit; &amp;lt;", "",
	  "∉ ¬it; &lt;" },
	{ "no reference", "a & b &; &# &#x; &nosuch;", "",
	  "a & b &; &# &#x; &nosuch;" },
	{ "numbers of windows-1252", "&#128;&#x99;", "", "€™" },
	{ "numbers of no character", "&#0;&#xD800;&#x110000;", "",
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "blocks are lines", "<p>a</p><div>b<br>c</div>", "", "a\nb\nc\n" },
};

struct found {
	GString *links;
};

static void
link_found(const char *raw, const char *text, void *data)
{
	struct found *found = data;

	g_string_append(found->links, raw);
	if (text)
		g_string_append_printf(found->links, "[%s]", text);
	g_string_append_c(found->links, '|');
}

static void
base_found(const char *raw, void *data)
{
	struct found *found = data;

	g_string_append_printf(found->links, "base:%s|", raw);
}

static void
script_found(const char *text, gsize length, void *data)
{
	struct found *found = data;

	g_string_append_printf(found->links, "script:%.*s|", (int)length,
			       text);
}

static bool
read_page(const char *page, GString *links, GString *text, GString *hidden)
{
	struct found found = { links };
	struct html_sink sink = { link_found, base_found, script_found,
				  &found, text, hidden, false };

	return html_read(page, strlen(page), &sink);
}

static void
test_read(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) links = g_string_new(NULL);
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GString) hidden = g_string_new(NULL);

		g_test_message("%s: %s", cases[i].name, cases[i].page);
		g_assert_true(read_page(cases[i].page, links, text, hidden));
		g_assert_cmpstr(links->str, ==, cases[i].links);
		if (cases[i].text)
			g_assert_cmpstr(text->str, ==, cases[i].text);
	}
}

static void
test_bound(void)
{
	g_autoptr(GString) page = g_string_new(NULL);
	g_autoptr(GString) links = g_string_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) hidden = g_string_new(NULL);

	for (guint i = 0; i < BOUND_HTML_TAGS; i++)
		g_string_append(page, "<p>");
	g_assert_true(read_page(page->str, links, text, hidden));
	g_string_append(page, "<p>");
	g_assert_false(read_page(page->str, links, text, hidden));
}

/* Every name in the table is found, and sorted so that it can be. */
static void
test_entities(void)
{
	static const struct {
		const char *name;
		gunichar character;
		bool is_bare;
	} names[] = {
		{ "AElig", 0xc6, true }, { "AMP", '&', true },
		{ "Tab", '\t', false }, { "ZeroWidthSpace", 0x200b, false },
		{ "amp", '&', true }, { "apos", '\'', false },
		{ "commat", '@', false }, { "yuml", 0xff, true },
		{ "zwnj", 0x200c, false }, { "euro", 0x20ac, false },
		{ "nosuch", 0, false }, { "am", 0, false },
		{ "ampx", 0, false },
	};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		bool is_bare;

		g_test_message("%s", names[i].name);
		g_assert_cmpuint(html_entity(names[i].name,
					     strlen(names[i].name),
					     &is_bare), ==,
				 names[i].character);
		g_assert_cmpint(is_bare, ==, names[i].is_bare);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/html/read", test_read);
	g_test_add_func("/html/bound", test_bound);
	g_test_add_func("/html/entities", test_entities);
	return g_test_run();
}
