/*
 * indicator.c -- unit test: values of every kind in normal form
 */
#include "gatepost/model/indicator.h"

#include <string.h>

#define HEX "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define LOWER "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static const struct {
	enum indicator_kind kind;
	const char *raw, *raw_source, *value, *source;
	const char *error;	/* a part of it */
} cases[] = {
	{ INDICATOR_SENDER, "A@EVIL.example", NULL, "a@evil.example", NULL,
	  NULL },
	{ INDICATOR_SENDER, "EVIL.example.", NULL, "evil.example", NULL,
	  NULL },
	{ INDICATOR_SENDER, "*.evil.example", NULL, "*.evil.example", NULL,
	  NULL },
	{ INDICATOR_SENDER, "*.bücher.example", NULL,
	  "*.xn--bcher-kva.example", NULL, NULL },
	{ INDICATOR_SENDER, "%22bad%2B%20attacker%22@x.example", NULL,
	  "\"bad+ attacker\"@x.example", NULL, NULL },
	{ INDICATOR_SENDER, "a%20b@x.example", NULL, "\"a b\"@x.example",
	  NULL, NULL },
	{ INDICATOR_SENDER, "a%2Bb@x.example", NULL, "a+b@x.example", NULL,
	  NULL },
	{ INDICATOR_SENDER, "a%25b@x.example", NULL, "a%b@x.example", NULL,
	  NULL },
	{ INDICATOR_SENDER, "a%zz@x.example", NULL, NULL, NULL, "%25" },
	{ INDICATOR_SENDER, "a%00b@x.example", NULL, NULL, NULL, "%25" },
	{ INDICATOR_SENDER, "/^ceo[0-9]+@/", NULL, "/^ceo[0-9]+@/", NULL,
	  NULL },
	{ INDICATOR_SENDER, "/a(b/", NULL, NULL, NULL, "octet 5" },
	{ INDICATOR_SENDER, "@evil.example", NULL, NULL, NULL,
	  "\"evil.example\"" },
	{ INDICATOR_SENDER, "*@evil.example", NULL, NULL, NULL,
	  "\"*.evil.example\"" },
	{ INDICATOR_SENDER, "a*@evil.example", NULL, NULL, NULL, "no *" },
	{ INDICATOR_SENDER, "*", NULL, NULL, NULL, "in front" },
	{ INDICATOR_SENDER, "evil.*", NULL, NULL, NULL, "in front" },
	{ INDICATOR_SENDER, "<>", NULL, NULL, NULL, "envelope <>" },
	{ INDICATOR_SENDER, "192.0.2.1", NULL, NULL, NULL, "IP address" },
	{ INDICATOR_SENDER, "http://evil.example/", NULL, NULL, NULL,
	  "kind url" },
	{ INDICATOR_SENDER, "ev il.example", NULL, NULL, NULL,
	  "is no domain" },
	{ INDICATOR_SENDER, "a b@evil.example", NULL, NULL, NULL,
	  "is no address" },
	{ INDICATOR_SENDER, "", NULL, NULL, NULL, "empty" },
	{ INDICATOR_ENVELOPE, "<>", NULL, "<>", NULL, NULL },
	{ INDICATOR_ENVELOPE, "<A@b.example>", NULL, "a@b.example", NULL,
	  NULL },
	{ INDICATOR_NAME, "  Jane \t DIRECTOR ", NULL, "jane director", NULL,
	  NULL },
	{ INDICATOR_NAME, "Ｊａｎｅ", NULL, "jane", NULL, NULL },
	{ INDICATOR_NAME, "\xe2\x80\x8b", NULL, NULL, NULL, "empty" },
	{ INDICATOR_IP, "203.0.113.0/24", NULL, "203.0.113.0/24", NULL,
	  NULL },
	{ INDICATOR_IP, "::ffff:203.0.113.7", NULL, "203.0.113.7", NULL,
	  NULL },
	{ INDICATOR_IP, "203.0.113.7/24", NULL, NULL, NULL,
	  "203.0.113.0/24" },
	{ INDICATOR_IP, "2001:db8::7/48", NULL, NULL, NULL,
	  "2001:db8::/48" },
	{ INDICATOR_IP, "203.0.113", NULL, NULL, NULL, "no IP address" },
	{ INDICATOR_URL, "~Login-Example.test", NULL, "~login-example.test",
	  NULL, NULL },
	{ INDICATOR_URL, "/evil/", NULL, "/evil/", NULL, NULL },
	{ INDICATOR_URL, "http://evil.example", NULL, NULL, NULL,
	  "evil.example" },
	{ INDICATOR_FILE, HEX, NULL, LOWER, NULL, NULL },
	{ INDICATOR_FILE, "9f86", NULL, NULL, NULL, "64" },
	{ INDICATOR_FILE, "/" LOWER "/", NULL, NULL, NULL,
	  "no regular expression" },
	{ INDICATOR_FILENAME, "*.HTML.zip", NULL, "*.html.zip", NULL, NULL },
	{ INDICATOR_FILENAME, "a/b.exe", NULL, NULL, NULL, "no slash" },
	{ INDICATOR_SPOOF, "example.org", "Mailer.example", "example.org",
	  "mailer.example", NULL },
	{ INDICATOR_SPOOF, "*", "198.51.100.0/24", "*", "198.51.100.0/24",
	  NULL },
	{ INDICATOR_SPOOF, "ceo@example.org", "*", "ceo@example.org", "*",
	  NULL },
	{ INDICATOR_SPOOF, "*", "*", NULL, NULL, "all mail" },
	{ INDICATOR_SPOOF, "example.org", NULL, NULL, NULL, "two values" },
	{ INDICATOR_SPOOF, "*.example.org", "mailer.example", NULL, NULL,
	  "or * alone" },
	{ INDICATOR_SPOOF, "example.org", "*.mailer.example", NULL, NULL,
	  "leave out the *." },
	{ INDICATOR_SPOOF, "example.org", "198.51.100.7/24", NULL, NULL,
	  "198.51.100.0/24" },
	{ INDICATOR_SPOOF, "example.org", "a@mailer.example", NULL, NULL,
	  "a domain, a network" },
};

static void
test_new(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Indicator) made =
		    indicator_new(cases[i].kind, cases[i].raw,
				  cases[i].raw_source, &error);

		g_test_message("%s %s: %s", indicator_kinds[cases[i].kind],
			       cases[i].raw, error ? error->message : "");
		g_assert_cmpint(made != NULL, ==, cases[i].value != NULL);
		if (made) {
			g_assert_no_error(error);
			g_assert_cmpstr(made->value, ==, cases[i].value);
			g_assert_cmpstr(made->source, ==, cases[i].source);
			g_assert_cmpint(indicator_is_pattern(made), ==,
					cases[i].raw[0] == '/');
		} else {
			g_assert_nonnull(error);
			g_assert_nonnull(strstr(error->message,
						cases[i].error));
		}
	}
}

/* What is refused names itself and, where it can be guessed, what was meant. */
static const struct {
	enum indicator_kind kind;
	const char *raw, *raw_source, *meant;	/* NULL: who knows */
} guesses[] = {
	{ INDICATOR_SENDER, "*contoso.com", NULL, "*.contoso.com" },
	{ INDICATOR_SENDER, "~contoso.com", NULL, "*.contoso.com" },
	{ INDICATOR_SENDER, "mailto:a@contoso.com", NULL, "a@contoso.com" },
	{ INDICATOR_SENDER, "https://contoso.com/x", NULL, "contoso.com" },
	{ INDICATOR_SENDER, "a*@contoso.com", NULL, NULL },
	{ INDICATOR_SENDER, "*@contoso.com", NULL, "contoso.com" },
	{ INDICATOR_SENDER, "contoso..com", NULL, "contoso.com" },
	{ INDICATOR_SENDER, "contoso.*", NULL, NULL },
	{ INDICATOR_SENDER, "192.0.2.1", NULL, NULL },
	{ INDICATOR_SENDER, "*.192.0.2.1", NULL, NULL },
	{ INDICATOR_ENVELOPE, "*contoso.com", NULL, "*.contoso.com" },
	{ INDICATOR_IP, "203.0.113", NULL, "203.0.113.0/24" },
	{ INDICATOR_IP, "203.0.*.*", NULL, "203.0.0.0/16" },
	{ INDICATOR_IP, "203.0.113.7/24", NULL, "203.0.113.0/24" },
	{ INDICATOR_IP, "[2001:db8::1]", NULL, "2001:db8::1" },
	{ INDICATOR_IP, "contoso.com", NULL, NULL },
	{ INDICATOR_URL, "*contoso.com", NULL, "*.contoso.com" },
	{ INDICATOR_URL, "contoso.com*", NULL, "contoso.com/*" },
	{ INDICATOR_URL, "contoso.com/a*", NULL, "contoso.com/a/*" },
	{ INDICATOR_URL, "contoso.com/*/*", NULL, "contoso.com/*" },
	{ INDICATOR_URL, "contoso.com:443", NULL, "contoso.com" },
	{ INDICATOR_URL, "https://contoso.com/a?b", NULL, "contoso.com/a?b" },
	{ INDICATOR_URL, "contoso.com~", NULL, "~contoso.com~" },
	{ INDICATOR_URL, "~contoso.com/a", NULL, "~contoso.com~" },
	{ INDICATOR_URL, "*1.2.3.4", NULL, "1.2.3.4" },
	{ INDICATOR_URL, "1.2.3.4*", NULL, "1.2.3.4/*" },
	{ INDICATOR_URL, "*.com", NULL, "*.com/*" },
	{ INDICATOR_URL, "*.contoso.*", NULL, NULL },
	{ INDICATOR_URL, "conto*so.com", NULL, NULL },
	{ INDICATOR_FILE, "SHA256:" LOWER, NULL, LOWER },
	{ INDICATOR_FILENAME, "a/b.exe", NULL, "b.exe" },
	{ INDICATOR_SPOOF, "*.contoso.com", "mailer.example",
	  "contoso.com" },
	{ INDICATOR_SPOOF, "contoso.com", "*.mailer.example",
	  "mailer.example" },
	{ INDICATOR_SPOOF, "contoso.com", "a@mailer.example",
	  "mailer.example" },
};

static void
test_guesses(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(guesses); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Indicator) made =
		    indicator_new(guesses[i].kind, guesses[i].raw,
				  guesses[i].raw_source, &error);
		g_autofree char *meant = g_strdup_printf("\"%s\"",
							 guesses[i].meant);
		bool is_source = guesses[i].raw_source &&
		    !strstr(error->message, guesses[i].raw);

		g_test_message("%s", error->message);
		g_assert_null(made);
		g_assert_nonnull(strstr(error->message, is_source ?
					guesses[i].raw_source :
					guesses[i].raw));
		if (guesses[i].meant)
			g_assert_nonnull(strstr(error->message, meant));
		else
			g_assert_null(strstr(error->message, "did you mean"));
	}
}

static void
test_long(void)
{
	g_autofree char *fill = g_strnfill(513, 'a');
	g_autofree char *pattern = g_strdup_printf("/%s/", fill);
	g_autofree char *name = g_strnfill(2049, 'a');
	g_autoptr(Indicator) one = indicator_new(INDICATOR_SENDER, pattern,
						 NULL, NULL);
	g_autoptr(Indicator) two = indicator_new(INDICATOR_NAME, name, NULL,
						 NULL);

	g_assert_null(one);
	g_assert_null(two);
}

static const struct {
	const char *name, *raw, *folded;
} names[] = {
	{ "case", "PayPal", "paypal" },
	{ "blanks of all kinds", "\t Pay\xc2\xa0\xe3\x80\x80Pal\n",
	  "pay pal" },
	{ "zero-width characters", "Pay\xe2\x80\x8bPal\xef\xbb\xbf",
	  "paypal" },
	{ "between blanks, too", "Pay \xe2\x80\x8b Pal", "pay pal" },
	{ "direction marks", "\xe2\x80\xaePayPal\xe2\x80\xac", "paypal" },
	{ "controls", "Pay\001Pal", "paypal" },
	{ "variation selectors and fillers",
	  "Pay\xef\xb8\x8fPal\xe3\x85\xa4", "paypal" },
	{ "a grapheme joiner", "Pay\xcd\x8fPal", "paypal" },
	{ "compatibility letters", "ⓅａｙＰａｌ", "paypal" },
	{ "accents stay, in one form", "Jo\xcc\x88rg", "jörg" },
	{ "a mark parted from its letter", "Jo\xe2\x80\x8b\xcc\x88rg",
	  "jörg" },
	{ "Cherokee small letters", "\xea\xae\xae", "\xe1\x8f\x9e" },
	{ "Cherokee large letters", "\xe1\x8f\x9e", "\xe1\x8f\x9e" },
	{ "sharp s", "STRASSE Straße", "strasse strasse" },
	{ "no UTF-8", "a\xff", "a\xef\xbf\xbd" },
	{ "nothing", "", "" },
};

static void
test_names(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *folded = indicator_fold_name(names[i].raw);
		g_autofree char *again = indicator_fold_name(folded);

		g_test_message("%s", names[i].name);
		g_assert_cmpstr(folded, ==, names[i].folded);
		g_assert_cmpstr(again, ==, folded);
	}
}

static const struct {
	const char *name, *raw, *folded;
} filenames[] = {
	{ "case", "Invoice.PDF", "invoice.pdf" },
	{ "blanks and dots at the end", "invoice.exe . .", "invoice.exe" },
	{ "blanks inside stay", "my  invoice.pdf", "my  invoice.pdf" },
	{ "a path", "C:\\a/b\\Invoice.pdf", "invoice.pdf" },
	{ "a path that ends in a slash", "a/", "" },
	{ "direction marks", "inv\xe2\x80\xae" "fdp.exe", "invfdp.exe" },
	{ "controls", "a\001b.exe", "ab.exe" },
	{ "decomposed", "Gru\xcc\x88n.pdf", "grün.pdf" },
	{ "dots alone", "..", "" },
};

static void
test_filenames(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(filenames); i++) {
		g_autofree char *folded =
		    indicator_fold_filename(filenames[i].raw);
		g_autofree char *again = indicator_fold_filename(folded);

		g_test_message("%s", filenames[i].name);
		g_assert_cmpstr(folded, ==, filenames[i].folded);
		g_assert_cmpstr(again, ==, folded);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/indicator/new", test_new);
	g_test_add_func("/indicator/guesses", test_guesses);
	g_test_add_func("/indicator/long", test_long);
	g_test_add_func("/indicator/names", test_names);
	g_test_add_func("/indicator/filenames", test_filenames);
	return g_test_run();
}
