/*
 * url.c -- unit test: links as a browser reads them, and url entries
 */
#include "gatepost/model/url.h"

#include <string.h>

#include "gatepost/util/json.h"

static const struct {
	const char *name, *raw, *url, *host, *path;
} links[] = {
	{ "a plain one", "http://evil.example/a?b=c#d",
	  "http://evil.example/a?b=c", "evil.example", "/a?b=c" },
	{ "no path", "https://evil.example", "https://evil.example/",
	  "evil.example", "/" },
	{ "a query at once", "https://evil.example?x",
	  "https://evil.example/?x", "evil.example", "/?x" },
	{ "no scheme", "evil.example/a", "http://evil.example/a",
	  "evil.example", "/a" },
	{ "no scheme, but a port", "evil.example:8080/a",
	  "http://evil.example/a", "evil.example", "/a" },
	{ "localhost with a port", "localhost:25", "http://localhost/",
	  "localhost", "/" },
	{ "two slashes alone", "//evil.example/a", "http://evil.example/a",
	  "evil.example", "/a" },
	{ "upper case", "HTTP://EVIL.Example/A", "http://evil.example/A",
	  "evil.example", "/A" },
	{ "userinfo", "http://paypal.com@evil.example/",
	  "http://evil.example/", "evil.example", "/" },
	{ "two ats", "http://a@b@evil.example/", "http://evil.example/",
	  "evil.example", "/" },
	{ "userinfo with a colon and no scheme",
	  "paypal.com:x@evil.example/", "http://evil.example/",
	  "evil.example", "/" },
	{ "a port", "http://evil.example:8080/", "http://evil.example/",
	  "evil.example", "/" },
	{ "an empty port", "http://evil.example:/", "http://evil.example/",
	  "evil.example", "/" },
	{ "too large a port", "http://evil.example:99999/", NULL, NULL,
	  NULL },
	{ "backslashes", "http:\\\\evil.example\\a", "http://evil.example/a",
	  "evil.example", "/a" },
	{ "a backslash before an at", "http://evil.example\\@good.example/",
	  "http://evil.example/@good.example/", "evil.example",
	  "/@good.example/" },
	{ "no slashes", "https:evil.example", "https://evil.example/",
	  "evil.example", "/" },
	{ "three slashes", "http:///evil.example/", "http://evil.example/",
	  "evil.example", "/" },
	{ "tabs and line ends inside", "ht\ttp://ev\nil.exa\r\nmple/",
	  "http://evil.example/", "evil.example", "/" },
	{ "blanks around", " \001 http://evil.example/ \n",
	  "http://evil.example/", "evil.example", "/" },
	{ "a percent code in the host", "http://ev%69l%2Eexample/",
	  "http://evil.example/", "evil.example", "/" },
	{ "a NUL in the host", "http://evil.example%00.good.example/", NULL,
	  NULL, NULL },
	{ "a blank in the host", "http://ev il.example/", NULL, NULL, NULL },
	{ "a percent code of a slash in the host",
	  "http://good.example%2F.evil.example/", NULL, NULL, NULL },
	{ "a trailing dot", "http://evil.example./", "http://evil.example/",
	  "evil.example", "/" },
	{ "a U-label", "http://bücher.example/",
	  "http://xn--bcher-kva.example/", "xn--bcher-kva.example", "/" },
	{ "a full-width dot", "http://evil。example/",
	  "http://evil.example/", "evil.example", "/" },
	{ "an IPv4 address", "http://192.0.2.1/x", "http://192.0.2.1/x",
	  "192.0.2.1", "/x" },
	{ "... as one number", "http://3221225985/", "http://192.0.2.1/",
	  "192.0.2.1", "/" },
	{ "... in hexadecimal", "http://0xC0.0x0.0x2.0x1/",
	  "http://192.0.2.1/", "192.0.2.1", "/" },
	{ "... in octal", "http://0300.0.02.01/", "http://192.0.2.1/",
	  "192.0.2.1", "/" },
	{ "... in three parts", "http://192.0.513/", "http://192.0.2.1/",
	  "192.0.2.1", "/" },
	{ "... in full-width digits", "http://１９２.0.2.1/",
	  "http://192.0.2.1/", "192.0.2.1", "/" },
	{ "... with a dot behind", "http://192.0.2.1./",
	  "http://192.0.2.1/", "192.0.2.1", "/" },
	{ "a part too large", "http://192.0.2.256/", NULL, NULL, NULL },
	{ "a number too large", "http://4294967296/", NULL, NULL, NULL },
	{ "five parts", "http://1.2.3.4.5/", NULL, NULL, NULL },
	{ "a name that ends in a number", "http://evil.example.09/", NULL,
	  NULL, NULL },
	{ "an IPv6 address", "http://[2001:DB8::1]:80/x",
	  "http://[2001:db8::1]/x", "2001:db8::1", "/x" },
	{ "a mapped one", "http://[::ffff:192.0.2.1]/",
	  "http://192.0.2.1/", "192.0.2.1", "/" },
	{ "a zone", "http://[fe80::1%25eth0]/", NULL, NULL, NULL },
	{ "an open bracket", "http://[2001:db8::1/", NULL, NULL, NULL },
	{ "dot segments", "http://evil.example/a/./b/../c/",
	  "http://evil.example/a/c/", "evil.example", "/a/c/" },
	{ "coded dot segments", "http://evil.example/a/%2e%2E/c",
	  "http://evil.example/c", "evil.example", "/c" },
	{ "above the top", "http://evil.example/../../c/..",
	  "http://evil.example/", "evil.example", "/" },
	{ "two slashes in the path", "http://evil.example//a//",
	  "http://evil.example//a//", "evil.example", "//a//" },
	{ "one spelling of a path", "http://evil.example/%41%2f%7e é",
	  "http://evil.example/A%2F~%20%C3%A9", "evil.example",
	  "/A%2F~%20%C3%A9" },
	{ "a bare percent", "http://evil.example/%zz%4",
	  "http://evil.example/%zz%4", "evil.example", "/%zz%4" },
	{ "mail", "MAILTO:a@b.example", "mailto:a@b.example", NULL, NULL },
	{ "data", "data:text/html,x", "data:text/html,x", NULL, NULL },
	{ "script", "java\nscript:alert(1)", "javascript:alert(1)", NULL,
	  NULL },
	{ "an unknown scheme with a host", "foo://evil.example/a",
	  "foo://evil.example/a", "evil.example", "/a" },
	{ "a file", "file:///C:/x", "file:///C:/x", NULL, "/C:/x" },
	{ "a file on a host", "file://evil.example/x",
	  "file://evil.example/x", "evil.example", "/x" },
	{ "a share", "\\\\evil.example\\x", "http://evil.example/x",
	  "evil.example", "/x" },
	{ "nothing", "", NULL, NULL, NULL },
	{ "blanks", " \t ", NULL, NULL, NULL },
	{ "a fragment", "#top", NULL, NULL, NULL },
	{ "a query", "?a", NULL, NULL, NULL },
	{ "a path", "/a/b", NULL, NULL, NULL },
	{ "a scheme alone", "http://", NULL, NULL, NULL },
	{ "no host", "http:///", NULL, NULL, NULL },
	{ "userinfo alone", "http://a@/", NULL, NULL, NULL },
};

static void
test_links(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(links); i++) {
		g_autoptr(Url) url = url_parse(links[i].raw);
		g_autoptr(Url) again = url ? url_parse(url->url) : NULL;

		g_test_message("%s: %s", links[i].name, links[i].raw);
		g_assert_cmpstr(url ? url->url : NULL, ==, links[i].url);
		g_assert_cmpstr(url ? url->host : NULL, ==, links[i].host);
		g_assert_cmpstr(url ? url->path : NULL, ==, links[i].path);
		g_assert_cmpstr(again ? again->url : NULL, ==,
				links[i].url);
	}
}

static void
test_long(void)
{
	g_autofree char *fill = g_strnfill(1000000, 'a');
	g_autofree char *slashes = g_strnfill(1000000, '/');
	g_autofree char *user = g_strconcat("http://", fill,
					    "@evil.example/", NULL);
	g_autofree char *path = g_strconcat("http://evil.example/", slashes,
					    NULL);
	g_autoptr(Url) one = url_parse(user);
	g_autoptr(Url) two = url_parse(path);
	g_autoptr(Url) three = url_parse(slashes);

	g_assert_cmpstr(one->host, ==, "evil.example");
	g_assert_cmpstr(two->host, ==, "evil.example");
	g_assert_cmpuint(strlen(two->url), <, 10000);
	g_assert_null(three);
}

static const struct {
	const char *raw, *normal, *error;
	enum url_form form;
} entries[] = {
	{ "contoso.com", "contoso.com", NULL, URL_HOST },
	{ "Contoso.COM/", "contoso.com", NULL, URL_HOST },
	{ "t.co", "t.co", NULL, URL_HOST },
	{ "bücher.example", "xn--bcher-kva.example", NULL, URL_HOST },
	{ "~contoso.com", "~contoso.com", NULL, URL_SITE },
	{ "*.contoso.com", "*.contoso.com", NULL, URL_BELOW },
	{ "contoso.com/a", "contoso.com/a", NULL, URL_PATH },
	{ "contoso.com/a/*", "contoso.com/a/*", NULL, URL_FOLDER },
	{ "contoso.com/*", "contoso.com/*", NULL, URL_FOLDER },
	{ "*.contoso.com/*", "*.contoso.com/*", NULL, URL_FOLDER_BELOW },
	{ "~contoso.com~", "~contoso.com~", NULL, URL_AROUND },
	{ "*.com/*", "*.com/*", NULL, URL_SUFFIX },
	{ "1.2.3.4", "1.2.3.4", NULL, URL_HOST },
	{ "0x1020304.", "1.2.3.4", NULL, URL_HOST },
	{ "~0x1020304", NULL, "no wildcard with an IP", 0 },
	{ "1.2.3.4/*", "1.2.3.4/*", NULL, URL_FOLDER },
	{ "2001:DB8::1", "2001:db8::1", NULL, URL_HOST },
	{ "[2001:db8::1]", "2001:db8::1", NULL, URL_HOST },
	{ "[2001:db8::1]/*", "[2001:db8::1]/*", NULL, URL_FOLDER },
	{ "login.zip", "login.zip", NULL, URL_HOST },
	{ "contoso", NULL, "no dot", 0 },
	{ ".com", NULL, "no host", 0 },
	{ "contoso.", NULL, "no dot", 0 },
	{ "contoso.c", NULL, "two letters", 0 },
	{ "*.contoso.*", NULL, "a * stands", 0 },
	{ "*.com", NULL, "no dot", 0 },
	{ "*.pdf", NULL, "filename", 0 },
	{ "*.pdf/*", NULL, "filename", 0 },
	{ "test.pdf", NULL, "filename", 0 },
	{ "*contoso.com", NULL, "\"*.contoso.com\"", 0 },
	{ "contoso.com*", NULL, "a * stands", 0 },
	{ "*1.2.3.4", NULL, "no wildcard with an IP", 0 },
	{ "*.1.2.3.4", NULL, "no wildcard with an IP", 0 },
	{ "~1.2.3.4", NULL, "no wildcard with an IP", 0 },
	{ "1.2.3.4*", NULL, "a * stands", 0 },
	{ "contoso.com/a*", NULL, "behind a slash", 0 },
	{ "contoso.com/ab*", NULL, "behind a slash", 0 },
	{ "contoso.com:443", NULL, "write \"contoso.com\"", 0 },
	{ "abc.contoso.com:25/a", NULL, "leave out the port", 0 },
	{ "*", NULL, "every link", 0 },
	{ "*.*", NULL, "every link", 0 },
	{ "conto*so.com", NULL, "a * stands", 0 },
	{ "conto~so.com", NULL, "a ~ stands", 0 },
	{ "contoso.com~", NULL, "a ~ stands", 0 },
	{ "contoso.com/?a/*", NULL, "no * in a query", 0 },
	{ "*.co.uk/*", "*.co.uk/*", NULL, URL_SUFFIX },
	{ "*.pages.dev/*", "*.pages.dev/*", NULL, URL_FOLDER_BELOW },
	{ "*.a.example/b", "*.a.example/b", NULL, URL_PATH_BELOW },
	{ "*.a.example/b/*", "*.a.example/b/*", NULL, URL_FOLDER_BELOW },
	{ "contoso.com/**", NULL, "a * stands", 0 },
	{ "contoso.com/*/*", NULL, "a * stands", 0 },
	{ "~contoso.com/a", NULL, "write \"~contoso.com~\"", 0 },
	{ "https://contoso.com/a", NULL, "write \"contoso.com\"", 0 },
	{ "user:pw@contoso.com", NULL, "write \"contoso.com\"", 0 },
	{ "\"contoso.com\"", NULL, "no quotes", 0 },
	{ "conto so.com", NULL, "blanks", 0 },
	{ "~", NULL, "names no host", 0 },
	{ "~~", NULL, "a ~ stands", 0 },
	{ "?a", NULL, "names no host", 0 },
	{ "/a", NULL, "names no host", 0 },
};

static void
test_entries(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(entries); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *normal = url_entry_normal(entries[i].raw,
							   &error);
		g_autofree char *again = normal ?
		    url_entry_normal(normal, NULL) : NULL;

		g_test_message("%s: %s", entries[i].raw,
			       error ? error->message : "");
		g_assert_cmpstr(normal, ==, entries[i].normal);
		g_assert_cmpstr(again, ==, normal);
		g_assert_cmpint(error == NULL, ==, normal != NULL);
		if (error)
			g_assert_nonnull(strstr(error->message,
						entries[i].error));
		else
			g_assert_cmpint(url_entry_form(normal), ==,
					entries[i].form);
	}
}

/* Is it absolute, so that the base does not matter, and text? */
static bool
is_absolute(const char *input)
{
	return input && (g_str_has_prefix(input, "http://") ||
			 g_str_has_prefix(input, "https://") ||
			 g_str_has_prefix(input, "ftp://"));
}

/* HOST as the browsers' tests write it, in our form.  Yours. */
static char *
host_of(const char *host)
{
	g_autofree char *link = g_strdup_printf("http://%s/", host);
	g_autoptr(Url) url = url_parse(link);

	return g_strdup(url ? url->host : NULL);
}

/* The browsers' own tests, when they are there: hardly a host is missed, and
 * never is it another one. */
static void
test_public(void)
{
	const char *corpus = g_getenv("GATEPOST_CORPUS");
	g_autofree char *path =
	    g_build_filename(corpus ? corpus : "../shared/corpus", "url",
			     "urltestdata.json", NULL);
	g_autofree char *text = NULL;
	g_autoptr(Json) rows = NULL;
	gsize length, same = 0, missed = 0;

	if (!g_file_get_contents(path, &text, &length, NULL)) {
		g_test_skip("no corpus");
		return;
	}
	/* jansson takes no NUL and no half of a surrogate pair. */
	for (char *p = text; (p = strstr(p, "\\u")); p++)
		if (g_ascii_toupper(p[2]) == 'D' ||
		    g_str_has_prefix(p, "\\u0000"))
			memcpy(p, "\\uFFFD", 6);
	rows = json_parse(text, length, NULL);
	g_assert_cmpuint(json_count(rows), >, 500);
	for (gsize i = 0; i < json_count(rows); i++) {
		const Json *row = json_element(rows, i);
		const char *input = json_text(json_member(row, "input"));
		const char *host = json_text(json_member(row, "hostname"));
		g_autofree char *expected = host ? host_of(host) : NULL;
		g_autoptr(Url) url = is_absolute(input) ? url_parse(input) :
		    NULL;

		if (!is_absolute(input))
			continue;
		g_test_message("%s", input);
		if (url || !host)
			g_assert_cmpstr(url ? url->host : NULL, ==,
					expected);
		if (url || !host)
			same++;
		else
			missed++;
	}
	g_test_message("%zu the same, %zu missed", same, missed);
	g_assert_cmpuint(missed * 50, <, same);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/url/links", test_links);
	g_test_add_func("/url/long", test_long);
	g_test_add_func("/url/entries", test_entries);
	g_test_add_func("/url/public", test_public);
	return g_test_run();
}
