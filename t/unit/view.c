/*
 * view.c -- unit test: what a person is shown of hostile text and pages
 */
#include "gatepost/content/view.h"

#include <string.h>

#include "gatepost/content/content.h"
#include "gatepost/model/defang.h"
#include "safe_page.h"

static const struct {
	const char *name, *text, *harmless;
} links[] = {
	{ "no link", "Just words, 3.5 percent: e.g. this.",
	  "Just words, 3.5 percent: e.g. this." },
	{ "https", "https://evil.example/a.b?c=d.e",
	  "hxxps://evil[.]example/a.b?c=d.e" },
	{ "http in capitals", "HTTP://EVIL.EXAMPLE",
	  "HxxP://EVIL[.]EXAMPLE" },
	{ "one slash less", "http:/evil.example", "hxxp:/evil[.]example" },
	{ "backslashes", "http:\\\\evil.example\\a.b",
	  "hxxp:\\\\evil[.]example\\a.b" },
	{ "ftp", "ftp://a.b/", "fxp://a[.]b/" },
	{ "another scheme", "ssh://a.b/c", "ssh[:]//a[.]b/c" },
	{ "an address of numbers", "http://192.0.2.1:80/",
	  "hxxp://192[.]0[.]2[.]1:80/" },
	{ "a user in front", "http://paypal.com@evil.example/",
	  "hxxp://paypal[.]com@evil[.]example/" },
	{ "a link in a link", "http://a.com/?u=https://b.com/",
	  "hxxp://a[.]com/?u=hxxps://b[.]com/" },
	{ "www", "see www.evil.test/x.y", "see www[.]evil[.]test/x.y" },
	{ "a known suffix", "go to evil.com/login now",
	  "go to evil[.]com/login now" },
	{ "a suffix of another script", "http://пример.рф/",
	  "hxxp://пример[.]рф/" },
	{ "a dot that is none", "http://evil。com/",
	  "hxxp://evil[.]com/" },
	{ "a mail address stays", "a@example.com", "a@example.com" },
	{ "a script", "javascript:alert(1)", "javascript[:]alert(1)" },
	{ "... in mixed case, in a word", "xJaVaScRiPt: alert(1)",
	  "xJaVaScRiPt[:] alert(1)" },
	{ "... in a host", "http://javascript:x@a.b/",
	  "hxxp://javascript[:]x@a[.]b/" },
	{ "data", "data:text/html,x", "data[:]text/html,x" },
	{ "data in prose", "the data: none", "the data: none" },
	{ "a file", "report.pdf and a.docx", "report.pdf and a.docx" },
	{ "times", "at 12:30:45", "at 12:30:45" },
	{ "nothing", "", "" },
	{ "a colon alone", ":", ":" },
};

static void
test_defang(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autofree char *out = defang(links[i].text);

		g_test_message("%s", links[i].name);
		g_assert_cmpstr(out, ==, links[i].harmless);
	}
}

/* HTML in a message of its own. */
static char *
preview(const char *html, int kind)
{
	g_autofree char *message = g_strdup_printf("From: a@b.example\r\n"
	    "Content-Type: text/html; charset=utf-8\r\n\r\n%s", html);
	Request *request = fields_new(&request_fields);
	char *text;

	request->kind = kind;
	text = content_preview((const guint8 *)message, strlen(message),
			       request);
	fields_free(&request_fields, request);
	return text;
}

/* What came of the text of HTML alone. */
static char *
body_of(const char *html, int kind)
{
	g_autofree char *all = preview(html, kind);
	char *at = strstr(all, kind == REQUEST_PAGE ? "<h2>Text:</h2>\n" :
			  "\nText:\n");
	char *end;

	if (!at)
		at = strstr(all, "<h2>Text</h2>\n");
	at = strchr(at + 1, '\n') + 1;
	end = strstr(at, kind == REQUEST_PAGE ? "<h2>" : "\nLinks:");
	if (!end)
		end = strstr(at, kind == REQUEST_PAGE ? "</body>" :
			     "\nDefects:");
	return end ? g_strndup(at, (gsize)(end - at)) : g_strdup(at);
}

static const struct {
	const char *name, *html, *page, *text;
} pages[] = {
	{ "paragraphs", "<p>one<p>two", "<p>one</p><p>two</p>",
	  "one\ntwo\n" },
	{ "bold in italic, ended in the wrong order", "<b>a<i>b</b>c</i>d",
	  "<b>a<i>b</i></b>cd", "abcd\n" },
	{ "a list", "<ul><li>a<li>b</ul>",
	  "<ul><li>a</li><li>b</li></ul>", "a\nb\n" },
	{ "an item without a list", "<li>a", "<ul><li>a</li></ul>", "a\n" },
	{ "a table", "<table><tr><td>a<td>b<tr><th>c</table>d",
	  "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>d",
	  "a b\nc\nd\n" },
	{ "a cell alone", "<td>a", "<table><tr><td>a</td></tr></table>",
	  "a\n" },
	{ "text between rows", "<table>x<tr>y<td>z</table>",
	  "<table><tr><td>x</td></tr><tr><td>y</td><td>z</td></tr></table>",
	  NULL },
	{ "a table in a cell",
	  "<table><tr><td><table><tr><td>a</table>b</table>",
	  "<table><tr><td><table><tr><td>a</td></tr></table>b</td></tr>"
	  "</table>", NULL },
	{ "an end of nothing", "a</div></table>b", "ab", NULL },
	{ "an end in a cell ends nothing outside",
	  "<div><table><tr><td>a</div>b</table>",
	  "<div><table><tr><td>ab</td></tr></table></div>", NULL },
	{ "breaks", "a<br>b<hr>c", "a<br/>b<hr/>c", "a\nb\nc\n" },
	{ "a link", "<a href='http://evil.example/x'>here</a>.",
	  "here &#60;hxxp://evil[.]example/x&#62;.",
	  "here <hxxp://evil[.]example/x>.\n" },
	{ "hidden text", "a<span style='display:none'>b</span>c",
	  "a[hidden: b]c", "a[hidden: b]c\n" },
	{ "hidden to the end", "<div hidden>a", "<div>[hidden: a]</div>",
	  NULL },
	{ "markup as text", "&lt;script&gt;a=1&lt;/script&gt;",
	  "&#60;script&#62;a&#61;1&#60;/script&#62;",
	  "<script>a=1</script>\n" },
	{ "a script", "a<script>alert(1)</script>b", "ab", "ab\n" },
	{ "a style", "a<style>p{background:url(http://x)}</style>b", "ab",
	  "ab\n" },
	{ "attributes go", "<p onclick=x style='color:red' id=a>b</p>",
	  "<p>b</p>", "b\n" },
	{ "a scheme in pieces", "java<x>script:alert</x>(1)",
	  "javascript[:]alert&#40;1)", "javascript[:]alert(1)\n" },
	{ "... of references", "&#106;avascript&colon;x",
	  "javascript[:]x", "javascript[:]x\n" },
	{ "a comment that ends oddly", "<!--><img src=x onerror=y>-->a",
	  "--&#62;a", "-->a\n" },
	{ "characters that deceive", "a\xe2\x80\xae" "b\xe2\x80\x8b" "c\033",
	  "a?b?c?", "a?b?c?\n" },
	{ "lines that are kept", "<pre>a\nb</pre>", "<pre>a\nb\n</pre>",
	  NULL },
	{ "an unknown element", "<x-y><b>a</b></x-y>", "<b>a</b>", "a\n" },
};

static void
test_pages(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(pages); i++) {
		g_autofree char *page = body_of(pages[i].html, REQUEST_PAGE);
		g_autofree char *text = body_of(pages[i].html,
						REQUEST_PREVIEW);
		g_autofree char *whole = preview(pages[i].html,
						 REQUEST_PAGE);

		g_test_message("%s", pages[i].name);
		g_assert_cmpstr(page, ==, pages[i].page);
		if (pages[i].text)
			g_assert_cmpstr(text, ==, pages[i].text);
		safe_page_check(whole);
	}
}

/* Known ways around filters: none may leave more than text. */
static const char *const attacks[] = {
	"<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
	"<svg><style><img src=x onerror=alert(1)></style></svg>",
	"<math><mtext></form><form><mglyph><style></math><img src onerror="
	"alert(1)>",
	"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
	"<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
	"<iframe src=javascript:alert(1)>", "<base href=http://evil.test/>",
	"<meta http-equiv=refresh content='0;url=http://evil.test/'>",
	"<link rel=stylesheet href=http://evil.test/x.css>",
	"<object data=http://evil.test/x></object>", "<embed src=http://x/>",
	"<form action=http://evil.test/><input name=password></form>",
	"<a href=javascript&colon;alert(1)>x</a>",
	"<a href='java\tscript:alert(1)'>x</a>",
	"<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
	"<p style=\"background:url(http://evil.test/)\">x</p>",
	"<div style='x:expression(alert(1))'>x</div>",
	"<table background=http://evil.test/x.png><td>x",
	"<video poster=http://evil.test/x><source src=y></video>",
	"<body onload=alert(1)>x</body>", "<p/onmouseover=alert(1)>x",
	"<<script>alert(1)//<</script>", "<scr<script>ipt>alert(1)</script>",
	"<SCRIPT SRC=http://evil.test/x.js></SCRIPT>",
	"<a title='</a><script>alert(1)</script>'>x", "<![CDATA[<script>]]>",
	"<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
	"<textarea></textarea><script>alert(1)</script>",
	"<title></title><img src=x>", "<xmp><img src=x onerror=y></xmp>",
	"<plaintext><img src=x>", "&lt;img src=x onerror=alert(1)&gt;",
	"http://evil.test/\"onmouseover=\"alert(1)", "\xc0\xbcscript\xc0\xbe",
	"<select><style></select><img src=x onerror=alert(1)></style>",
	"+ADw-script+AD4-alert(1)", "<b><p><b><p></b></p></b></p></i></tr>",
};

static void
test_attacks(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(attacks); i++) {
		g_autofree char *page = preview(attacks[i], REQUEST_PAGE);
		g_autofree char *text = preview(attacks[i],
						REQUEST_PREVIEW);

		g_test_message("%s", attacks[i]);
		safe_page_check(page);
		g_assert_null(strstr(text, "http://"));
		g_assert_null(strstr(text, "javascript:"));
		g_assert_null(strchr(text, '\033'));
	}
}

/* However deep and long it is, it ends, closed, and within its bound. */
static void
test_floods(void)
{
	static const char *const parts[] = {
		"<div><b>", "<table><tr><td>", "a(=", "<li>", "<p>x ",
		"</b></p>", "<ul><table>", "www.a.com ",
	};

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		GString *html = g_string_new(NULL);
		g_autofree char *page = NULL, *text = NULL;

		while (html->len < 600000)
			g_string_append(html, parts[i]);
		page = preview(html->str, REQUEST_PAGE);
		text = preview(html->str, REQUEST_PREVIEW);
		g_string_free(html, TRUE);
		g_test_message("%s", parts[i]);
		safe_page_check(page);
		g_assert_cmpuint(strlen(page), <, 3 * VIEW_MOST);
		g_assert_cmpuint(strlen(text), <, 3 * VIEW_MOST);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/view/defang", test_defang);
	g_test_add_func("/view/pages", test_pages);
	g_test_add_func("/view/attacks", test_attacks);
	g_test_add_func("/view/floods", test_floods);
	return g_test_run();
}
