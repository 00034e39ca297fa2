/*
 * letter.c -- unit test: strangers' text in our mail, and how it is encoded
 */
#include "gatepost/service/letter.h"

#include <string.h>

static const struct {
	const char *name, *text, *plain;
} plains[] = {
	{ "a word", "hello", "hello" },
	{ "nothing", NULL, "-" },
	{ "the end of a sentence", "It is. So.", "It is. So." },
	{ "a link", "http://a.example/b", "http[:]//a[.]example/b" },
	{ "a host", "www.a.example", "www[.]a[.]example" },
	{ "an address", "x@a.example", "x@a[.]example" },
	{ "an IP address", "192.0.2.1", "192[.]0[.]2[.]1" },
	{ "a domain of letters that are no ASCII", "a.\xd1\x80\xd1\x84",
	  "a[.]\xd1\x80\xd1\x84" },
	{ "mailto", "mailto:x", "m[-]ailto:x" },
	{ "tel", "TEL:1", "T[-]EL:1" },
	{ "what turns text", "a\xe2\x80\xae" "b", "a?b" },
	{ "what has no width", "a\xe2\x80\x8b" "b", "a?b" },
	{ "lines", "a\r\nb", "a??b" },
};

static void
test_plain(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(plains); i++) {
		g_autofree char *plain = letter_plain(plains[i].text, 100);

		g_test_message("%s", plains[i].name);
		g_assert_cmpstr(plain, ==, plains[i].plain);
	}
}

static void
test_escape(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	letter_escape(out, "<a href='x' b=\"y\">&amp;");
	g_assert_cmpstr(out->str, ==, "&lt;a href=&#39;x&#39; b=&quot;y&quot;"
			"&gt;&amp;amp;");
}

static void
test_own(void)
{
	g_assert_true(letter_is_own("01KAX3QZ7M4V9T2W5Y8B0C1D2E@a.example"));
	g_assert_false(letter_is_own("x@a.example"));
	g_assert_false(letter_is_own(NULL));
}

/* Whatever stands in it, each line is short and of ASCII, and none starts
 * with what an MTA may change. */
static void
test_lines(void)
{
	g_autofree char *long_line = g_strnfill(5000, 'F');
	g_autofree char *text = g_strdup_printf(".\nFrom me\n%s\n\xc3\xa4= \n",
						long_line);
	Tenant tenant = { .domains = g_ptr_array_new() };
	g_autoptr(GString) mail = NULL;
	g_auto(GStrv) lines = NULL;

	g_ptr_array_add(tenant.domains, (gpointer)"example.org");
	mail = letter_make(&(struct letter){
		.tenant = &tenant, .to = "a@example.org",
		.subject = "F\xc3\xbcr Sie zur\xc3\xbc" "ckgehaltene "
		"Nachrichten, und noch mehr als auf eine Zeile geht",
		.text = text, .html = text,
	    }, 0);
	lines = g_strsplit(mail->str, "\r\n", -1);
	g_assert_null(strstr(mail->str, "\n\n"));
	for (guint i = 0; lines[i]; i++) {
		g_assert_cmpuint(strlen(lines[i]), <=, 78);
		g_assert_true(g_str_is_ascii(lines[i]));
		g_assert_false(*lines[i] == '.');
		g_assert_false(g_str_has_prefix(lines[i], "From "));
	}
	g_assert_nonnull(strstr(mail->str, "\r\n=2E\r\n=46rom me\r\n"));
	g_assert_nonnull(strstr(mail->str, "\r\n=C3=A4=3D=20\r\n"));
	g_assert_nonnull(strstr(mail->str, "Date: Thu, 1 Jan 1970 00:00:00 "
				"+0000\r\n"));
	g_ptr_array_unref(tenant.domains);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/letter/plain", test_plain);
	g_test_add_func("/letter/escape", test_escape);
	g_test_add_func("/letter/own", test_own);
	g_test_add_func("/letter/lines", test_lines);
	return g_test_run();
}
