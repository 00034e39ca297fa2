/*
 * html_standard.c -- unit test: the links of a page, by the HTML standard
 *
 * What is expected follows from the sections that are named, and not from
 * what a program made of a page.
 */
#include "gatepost/content/html.h"

#include <string.h>

#include "safe_page.h"

static const struct {
	const char *name, *page;
	const char *links;	/* "link[text]|...", "base:link|" */
} cases[] = {
	/* 13.2.5.6 to 8: which < starts a tag */
	{ "a letter behind it",
	  "<a href=x>",
	  "x|" },
	{ "a blank behind it",
	  "< a href=x>",
	  "" },
	{ "a digit behind it",
	  "<1a href=x>",
	  "" },
	{ "a question mark",
	  "<?a href=x>",
	  "" },
	{ "an end tag with attributes",
	  "</a href=x>",
	  "" },
	{ "an end tag that is none",
	  "</ a><a href=x>",
	  "x|" },
	{ "a name that goes on",
	  "<ax href=x>",
	  "x|" },
	{ "a name with a colon",
	  "<v:fill src=x>",
	  "x|" },
	{ "a < inside a tag's name",
	  "<a<b href=x>",
	  "x|" },
	{ "a tag in a tag",
	  "<b <a href=x>",
	  "x|" },
	{ "no blank behind a quote",
	  "<a title=\"y\"href=x>",
	  "x|" },
	{ "a form feed between",
	  "<a\fhref=x>",
	  "x|" },
	{ "a tab between",
	  "<a\thref=x>",
	  "x|" },
	{ "a CR between",
	  "<a\rhref=x>",
	  "x|" },
	{ "a solidus at the end",
	  "<a href=\"x\"/>",
	  "x|" },
	{ "a solidus in a bare value",
	  "<a href=x/>",
	  "x/|" },
	{ "solidi between attributes",
	  "<a / / href=x>",
	  "x|" },
	/* 13.2.5.32 to 39: attributes */
	{ "a name in capitals",
	  "<a HREF=x>",
	  "x|" },
	{ "a name in both",
	  "<a hReF=x>",
	  "x|" },
	{ "a name that only starts so",
	  "<a hrefx=y>",
	  "" },
	{ "a name with something before it",
	  "<a xhref=y>",
	  "" },
	{ "a quote before the name",
	  "<a \"href=x>",
	  "" },
	{ "an equals sign before the name",
	  "<a =href=x>",
	  "" },
	{ "two equals signs",
	  "<a href==x>",
	  "=x|" },
	{ "blanks before the value",
	  "<a href= \n x>",
	  "x|" },
	{ "a value in single quotes",
	  "<a href='x y'>",
	  "x y|" },
	{ "a value in double quotes",
	  "<a href=\"x'y\">",
	  "x'y|" },
	{ "a quote inside a bare value",
	  "<a href=x\"y>",
	  "x\"y|" },
	{ "an accent is no quote",
	  "<a href=`x y`>",
	  "`x|" },
	{ "a < inside a bare value",
	  "<a href=x<y>",
	  "x<y|" },
	{ "a > inside a value",
	  "<a href=\"x>y\">",
	  "x>y|" },
	{ "a line end inside a value",
	  "<a href=\"x\ny\">",
	  "x\ny|" },
	{ "a value that does not end",
	  "<a href=\"x>y",
	  "x>y|" },
	{ "an attribute without a value",
	  "<a href>",
	  "|" },
	{ "... before another",
	  "<img alt src=x>",
	  "x|" },
	{ "an empty value and another",
	  "<img alt=\"\" src=x>",
	  "x|" },
	{ "two that are alike",
	  "<img src=x SRC=y>",
	  "x|" },
	{ "a hundred before it",
	  "<a a0=b a1=b a2=b a3=b a4=b a5=b a6=b a7=b a8=b a9=b"
	  " a10=b a11=b href=x>",
	  "x|" },
	{ "an end in the middle",
	  "<a title=x>href=y>",
	  "" },
	/* 13.2.5.72 to 80: references in values */
	{ "a named one",
	  "<a href='?a&amp;b'>",
	  "?a&b|" },
	{ "a named one of HTML 5",
	  "<a href='x&period;y'>",
	  "x.y|" },
	{ "a decimal one",
	  "<a href='x&#46;y'>",
	  "x.y|" },
	{ "a hexadecimal one",
	  "<a href='x&#x2e;y'>",
	  "x.y|" },
	{ "... in capitals",
	  "<a href='x&#X2E;y'>",
	  "x.y|" },
	{ "with zeros in front",
	  "<a href='x&#0000000046;y'>",
	  "x.y|" },
	{ "without a semicolon, a letter behind",
	  "<a href='x&#46y'>",
	  "x.y|" },
	{ "hexadecimal, without one",
	  "<a href='x&#x2ez'>",
	  "x.z|" },
	{ "in a bare value",
	  "<a href=x&#46;y>",
	  "x.y|" },
	{ "a tab",
	  "<a href='java&Tab;script:x'>",
	  "java\tscript:x|" },
	{ "a line end",
	  "<a href='http:&NewLine;//x'>",
	  "http:\n//x|" },
	{ "a colon",
	  "<a href='http&colon;//x'>",
	  "http://x|" },
	{ "solidi",
	  "<a href='http:&sol;&sol;x'>",
	  "http://x|" },
	{ "a commercial at",
	  "<a href='http://x&commat;y'>",
	  "http://x@y|" },
	{ "a name without semicolon before a letter",
	  "<a href='?a&lty'>",
	  "?a&lty|" },
	{ "... before an equals sign",
	  "<a href='?a&amp=y'>",
	  "?a&amp=y|" },
	{ "... at the end",
	  "<a href='?a&amp'>",
	  "?a&|" },
	{ "... before another sign",
	  "<a href='?a&amp-b'>",
	  "?a&-b|" },
	{ "decoded once only",
	  "<a href='?a&amp;amp;b'>",
	  "?a&amp;b|" },
	{ "a name that is none",
	  "<a href='?a&nosuch;b'>",
	  "?a&nosuch;b|" },
	{ "a number without digits",
	  "<a href='?&#;&#x;'>",
	  "?&#;&#x;|" },
	{ "windows-1252 by number",
	  "<a href='?&#x80;'>",
	  "?€|" },
	/* 13.2.5.42 on: comments and the like */
	{ "a comment hides",
	  "<!-- <a href=x> --><a href=y>",
	  "y|" },
	{ "a comment that does not end",
	  "<!-- <a href=x>",
	  "" },
	{ "a short comment",
	  "<!--><a href=x>",
	  "x|" },
	{ "another",
	  "<!---><a href=x>",
	  "x|" },
	{ "a bang at the end",
	  "<!--x--!><a href=y>",
	  "y|" },
	{ "a lone bang",
	  "<!x><a href=y>",
	  "y|" },
	{ "a comment with > in it",
	  "<!-- > <a href=x> --><a href=y>",
	  "y|" },
	{ "a nested comment",
	  "<!-- <!-- <a href=x> --><a href=y> -->",
	  "y[-->]|" },
	{ "CDATA outside of SVG is a comment",
	  "<![CDATA[<a href=x>]]><a href=y>",
	  "y|" },
	{ "an end tag without a name",
	  "</><a href=x>",
	  "x|" },
	{ "a doctype",
	  "<!DOCTYPE html \"<a href=x>\"><a href=y>",
	  "y|" },
	{ "an instruction is a comment",
	  "<?php <a href=x> ?>",
	  "" },
	{ "Outlook reads its conditions",
	  "<!--[if gte mso 9]><a href=x><![endif]-->",
	  "x|" },
	{ "... and others, too",
	  "<![if !mso]><a href=x><![endif]>",
	  "x|" },
	/* 13.2.5.9 to 31: elements whose content is no markup */
	{ "a title",
	  "<title><a href=x></title><a href=y>",
	  "y|" },
	{ "a text area",
	  "<textarea><a href=x></textarea><a href=y>",
	  "y|" },
	{ "a style",
	  "<style><a href=x></style><a href=y>",
	  "y|" },
	{ "an xmp",
	  "<xmp><a href=x></xmp><a href=y>",
	  "y|" },
	{ "an iframe",
	  "<iframe><a href=x></iframe><a href=y>",
	  "y|" },
	{ "noembed",
	  "<noembed><a href=x></noembed><a href=y>",
	  "y|" },
	{ "noframes",
	  "<noframes><a href=x></noframes><a href=y>",
	  "y|" },
	{ "a noscript is read: mail runs no script",
	  "<noscript><a href=x></noscript>",
	  "x|" },
	{ "an end tag in capitals",
	  "<title></TITLE><a href=x>",
	  "x|" },
	{ "an end tag that only starts so",
	  "<title></titlex><a href=x></title>",
	  "" },
	{ "an end tag with blanks",
	  "<title></title ><a href=x>",
	  "x|" },
	{ "one that does not end",
	  "<title><a href=x>",
	  "" },
	{ "a template is read: its links are kept",
	  "<template><a href=x></template>",
	  "x|" },
	/* attributes that carry links (the standard's index, and older ones) */
	{ "area href",
	  "<area href=x>",
	  "x|" },
	{ "link href",
	  "<link href=x>",
	  "x|" },
	{ "img src",
	  "<img src=x>",
	  "x|" },
	{ "script src",
	  "<script src=x></script>",
	  "x|" },
	{ "iframe src",
	  "<iframe src=x></iframe>",
	  "x|" },
	{ "embed src",
	  "<embed src=x>",
	  "x|" },
	{ "input type=image src",
	  "<input type=image src=x>",
	  "x|" },
	{ "audio src",
	  "<audio src=x>",
	  "x|" },
	{ "video src",
	  "<video src=x>",
	  "x|" },
	{ "source src",
	  "<source src=x>",
	  "x|" },
	{ "track src",
	  "<track src=x>",
	  "x|" },
	{ "video poster",
	  "<video poster=x>",
	  "x|" },
	{ "object data",
	  "<object data=x>",
	  "x|" },
	{ "form action",
	  "<form action=x>",
	  "x|" },
	{ "button formaction",
	  "<button formaction=x>",
	  "x|" },
	{ "input formaction",
	  "<input formaction=x>",
	  "x|" },
	{ "blockquote cite",
	  "<blockquote cite=x>",
	  "x|" },
	{ "q cite",
	  "<q cite=x>",
	  "x|" },
	{ "del cite",
	  "<del cite=x>",
	  "x|" },
	{ "ins cite",
	  "<ins cite=x>",
	  "x|" },
	{ "body background",
	  "<body background=x>",
	  "x|" },
	{ "table background",
	  "<table background=x>",
	  "x|" },
	{ "td background",
	  "<td background=x>",
	  "x|" },
	{ "html manifest",
	  "<html manifest=x>",
	  "x|" },
	{ "head profile",
	  "<head profile=x>",
	  "x|" },
	{ "frame src",
	  "<frame src=x>",
	  "x|" },
	{ "frame longdesc",
	  "<frame longdesc=x>",
	  "x|" },
	{ "img longdesc",
	  "<img longdesc=x>",
	  "x|" },
	{ "img lowsrc",
	  "<img lowsrc=x>",
	  "x|" },
	{ "img dynsrc",
	  "<img dynsrc=x>",
	  "x|" },
	{ "applet codebase",
	  "<applet codebase=x>",
	  "x|" },
	{ "object codebase",
	  "<object codebase=x>",
	  "x|" },
	{ "img usemap",
	  "<img usemap=x>",
	  "x|" },
	{ "command icon",
	  "<command icon=x>",
	  "x|" },
	{ "bgsound src",
	  "<bgsound src=x>",
	  "x|" },
	{ "a xlink:href",
	  "<a xlink:href=x>",
	  "x|" },
	{ "image href",
	  "<image href=x>",
	  "x|" },
	{ "use xlink:href",
	  "<use xlink:href=x>",
	  "x|" },
	{ "animate to",
	  "<animate to=x>",
	  "x|" },
	{ "set to",
	  "<set to=x>",
	  "x|" },
	{ "animate from",
	  "<animate from=x>",
	  "x|" },
	{ "animate values",
	  "<animate values='x;y; z'>",
	  "x|y|z|" },
	{ "to of another element",
	  "<p to=x>",
	  "" },
	{ "two pings",
	  "<a ping='x y'>",
	  "x|y|" },
	{ "srcset",
	  "<img srcset='x, y 2x'>",
	  "x|y|" },
	{ "srcset of widths",
	  "<img srcset='x 100w,y 200w'>",
	  "x|y|" },
	{ "srcset without blanks",
	  "<img srcset='x,y 2x'>",
	  "x,y|" },
	{ "srcset with commas around",
	  "<img srcset=' , x 1x , '>",
	  "x|" },
	{ "srcset of a source",
	  "<source srcset=x>",
	  "x|" },
	{ "imagesrcset",
	  "<link imagesrcset='x 1x'>",
	  "x|" },
	{ "a page in an attribute",
	  "<iframe srcdoc='<a href=x>y</a>'>",
	  "x[y]|" },
	{ "... with references",
	  "<iframe srcdoc='&lt;a href=x>'>",
	  "x|" },
	{ "a page in it is not read",
	  "<iframe srcdoc='<iframe srcdoc=\"<a href=x>\">'>",
	  "" },
	/* 4.2.5.3: refresh */
	{ "a refresh",
	  "<meta http-equiv=Refresh content='0;url=x'>",
	  "x|" },
	{ "blanks",
	  "<meta http-equiv=refresh content=' 0 ; URL = x'>",
	  "x|" },
	{ "a comma",
	  "<meta http-equiv=refresh content='0,url=x'>",
	  "x|" },
	{ "a quote that ends it",
	  "<meta http-equiv=refresh content='0;url=\"x\"y'>",
	  "x|" },
	{ "no url=",
	  "<meta http-equiv=refresh content='0; x'>",
	  "x|" },
	{ "only a time",
	  "<meta http-equiv=refresh content=5>",
	  "" },
	{ "a fraction",
	  "<meta http-equiv=refresh content='0.5;url=x'>",
	  "x|" },
	{ "another kind",
	  "<meta http-equiv=content-type content='0;url=x'>",
	  "" },
	{ "of another element",
	  "<p content='0;url=x'>",
	  "" },
	/* CSS Syntax 4: url(), strings, escapes */
	{ "a url",
	  "<p style='a:url(x)'>",
	  "x|" },
	{ "in quotes",
	  "<p style='a:url(\"x y\")'>",
	  "x y|" },
	{ "blanks",
	  "<p style='a:url( x )'>",
	  "x|" },
	{ "capitals",
	  "<p style='a:URL(x)'>",
	  "x|" },
	{ "two",
	  "<p style='a:url(x),url(y)'>",
	  "x|y|" },
	{ "an escape",
	  "<p style='a:url(\\78)'>",
	  "x|" },
	{ "an escape and a blank",
	  "<p style='a:url(\\78 y)'>",
	  "xy|" },
	{ "an escape of six digits",
	  "<p style='a:url(\\000078y)'>",
	  "xy|" },
	{ "a bracket in an escape",
	  "<p style='a:url(x\\)y)'>",
	  "x)y|" },
	{ "an import",
	  "<style>@import 'x';</style>",
	  "x|" },
	{ "an import of a url",
	  "<style>@import url(x);</style>",
	  "x|" },
	{ "a font",
	  "<style>@font-face{src:url(x)}</style>",
	  "x|" },
	{ "a reference in an attribute",
	  "<p style='a:url(&#120;)'>",
	  "x|" },
	{ "no reference in a style element",
	  "<style>a{b:url(&#120;)}</style>",
	  "&#120;|" },
	/* base */
	{ "a base",
	  "<base href=x>",
	  "base:x|" },
	{ "the first counts",
	  "<base href=x><base href=y>",
	  "base:x|" },
	{ "one without a link",
	  "<base target=x><base href=y>",
	  "base:y|" },
};

static void
take_link(const char *raw, const char *text, void *data)
{
	g_string_append(data, raw);
	if (text)
		g_string_append_printf(data, "[%s]", text);
	g_string_append_c(data, '|');
}

static void
take_base(const char *raw, void *data)
{
	g_string_append_printf(data, "base:%s|", raw);
}

static void
take_script(const char *text, gsize length, void *data)
{
	(void)text;
	(void)length;
	(void)data;
}

static void
test_links(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) links = g_string_new(NULL);
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GString) hidden = g_string_new(NULL);
		struct html_sink sink = { take_link, take_base, take_script,
					  links, text, hidden, false };

		g_test_message("%s: %s", cases[i].name, cases[i].page);
		g_assert_true(html_read(cases[i].page, strlen(cases[i].page),
					&sink));
		g_assert_cmpstr(links->str, ==, cases[i].links);
	}
	g_assert_cmpuint(G_N_ELEMENTS(cases), >=, 150);
}

static void
show_text(const char *text, gsize length, bool is_hidden, void *data)
{
	view_text(data, text, length, is_hidden);
}

static void
show_tag(const char *name, bool is_end, void *data)
{
	view_tag(data, name, is_end);
}

/* A person is shown the same page without any of its links at work. */
static void
test_safe(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) links = g_string_new(NULL);
		g_autoptr(GString) text = g_string_new(NULL);
		struct html_sink sink = { take_link, take_base, take_script,
					  links, text, text, false };
		struct html_reader reader = { show_text, show_tag,
					      view_new(true) };
		g_autofree char *page = NULL;

		g_test_message("%s: %s", cases[i].name, cases[i].page);
		html_read_to(cases[i].page, strlen(cases[i].page), &sink,
			     &reader);
		view_link(reader.data, links->str);
		view_page_end(reader.data);
		page = view_end(reader.data);
		safe_page_check(page);
	}
}

static const struct {
	const char *name, *page;
	const char *text, *hidden;
} texts[] = {
	{ "all is seen", "<p>one</p>two", "one\ntwo", "" },
	{ "not displayed", "a<span style='display:none'>b</span>c", "ac",
	  "b" },
	{ "blanks and capitals", "a<i style=' DISPLAY : None '>b</i>c", "ac",
	  "b" },
	{ "important", "a<i style='display:none!important'>b</i>c", "ac",
	  "b" },
	{ "not visible", "a<i style='visibility:hidden'>b</i>c", "ac", "b" },
	{ "letters of no size", "a<i style='font-size:0'>b</i>c", "ac", "b" },
	{ "... of no pixels", "a<i style='x:y;font-size:0px;'>b</i>c", "ac",
	  "b" },
	{ "... of half an em", "a<i style='font-size:0.5em'>b</i>c", "abc",
	  "" },
	{ "transparent", "a<i style='opacity:0'>b</i>c", "ac", "b" },
	{ "half so", "a<i style='opacity:0.5'>b</i>c", "abc", "" },
	{ "hidden from Outlook", "a<i style='mso-hide:all'>b</i>c", "ac",
	  "b" },
	{ "the attribute", "a<i hidden>b</i>c", "ac", "b" },
	{ "white on white", "a<i style='color:#fff;background:#fff'>b</i>c",
	  "ac", "b" },
	{ "white on black", "a<i style='color:#fff;background:#000'>b</i>c",
	  "abc", "" },
	{ "cut off", "a<i style='max-height:0;overflow:hidden'>b</i>c", "ac",
	  "b" },
	{ "not cut off", "a<i style='max-height:0'>b</i>c", "abc", "" },
	{ "what is in it", "a<i hidden>b<b>c</b>d</i>e", "ae", "bcd" },
	{ "one alike in it", "a<i hidden>b<i>c</i>d</i>e", "ae", "bcd" },
	{ "an end of another", "a<i hidden>b</b>c</i>d", "ad", "bc" },
	{ "an element without content", "a<img hidden>b", "ab", "" },
	{ "a paragraph ends the one before", "<p hidden>a<p>b", "b", "a" },
	{ "no words of a property's name", "<i style='x-display:none'>a</i>",
	  "a", "" },
};

static void
test_hidden(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GString) links = g_string_new(NULL);
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GString) hidden = g_string_new(NULL);
		struct html_sink sink = { take_link, take_base, take_script,
					  links, text, hidden, false };

		g_test_message("%s: %s", texts[i].name, texts[i].page);
		g_assert_true(html_read(texts[i].page, strlen(texts[i].page),
					&sink));
		g_assert_cmpstr(text->str, ==, texts[i].text);
		g_assert_cmpstr(hidden->str, ==, texts[i].hidden);
	}
}

/* What is shown for a link is what a reader sees of it. */
static void
test_shown(void)
{
	static const char page[] = "<a href=x>pay<i hidden>x</i>pal.com</a>";
	g_autoptr(GString) links = g_string_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) hidden = g_string_new(NULL);
	struct html_sink sink = { take_link, take_base, take_script, links,
				  text, hidden, false };

	g_assert_true(html_read(page, strlen(page), &sink));
	g_assert_cmpstr(links->str, ==, "x[paypal.com]|");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/html-standard/links", test_links);
	g_test_add_func("/html-standard/safe", test_safe);
	g_test_add_func("/html-standard/hidden", test_hidden);
	g_test_add_func("/html-standard/shown", test_shown);
	return g_test_run();
}
