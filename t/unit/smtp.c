/*
 * smtp.c -- unit test: addresses that may stand in a protocol line
 */
#include "gatepost/service/smtp.h"

static const struct {
	const char *name, *address;
	bool is_safe;
} cases[] = {
	{ "an address", "a@b.example", true },
	{ "the null sender", "", true },
	{ "a local part alone", "postmaster", true },
	{ "capitals and signs", "A.b+c/d=e@B.example", true },
	{ "UTF-8", "j\u00f6rg@\u00fc.example", true },
	{ "a literal", "a@[192.0.2.1]", true },
	{ "a literal of IPv6", "a@[IPv6:2001:db8::1]", true },
	{ "quotes around a blank", "\"a b\"@c.example", true },
	{ "quotes around what parts", "\"a,b<c>\"@d.example", true },
	{ "a quoted quote", "\"a\\\"b\"@c.example", true },
	{ "a line end", "a@b.example\r\nRCPT TO:<c@d.example>", false },
	{ "... in quotes", "\"a\r\nb\"@c.example", false },
	{ "... behind a backslash", "\"a\\\nb\"@c.example", false },
	{ "a tab", "a\t@b.example", false },
	{ "DEL", "a\177@b.example", false },
	{ "a blank", "a b@c.example", false },
	{ "a bracket", "a@b.example> SIZE=1", false },
	{ "two addresses", "a@b.example,c@d.example", false },
	{ "a comment", "a(b)@c.example", false },
	{ "an open quote", "\"a@b.example", false },
	{ "a quote's end in a backslash", "\"a\\", false },
	{ "more behind a literal", "a@[192.0.2.1]x", false },
	{ "an open literal", "a@[192.0.2.1", false },
	{ "a literal alone", "[192.0.2.1]", false },
	{ "a route", "@a.example:b@c.example", false },
	{ "no UTF-8", "\xff@a.example", false },
};

static void
test_safe(void)
{
	g_autofree char *most = g_strnfill(320, 'a');
	g_autofree char *more = g_strnfill(321, 'a');

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(smtp_is_safe(cases[i].address), ==,
				cases[i].is_safe);
	}
	g_assert_true(smtp_is_safe(most));
	g_assert_false(smtp_is_safe(more));
}

static const struct {
	const char *name, *given, *normal, *sent;
} given[] = {
	{ "as it came", "<A.B@C.example>", "a.b@c.example", "A.B@C.example" },
	{ "... without brackets", "A@C.example", "a@c.example",
	  "A@C.example" },
	{ "with a route", "<@x.example:a@c.example>", "a@c.example",
	  "a@c.example" },
	{ "what may not stand there", "<a b@c.example>", "a?b@c.example",
	  "a?b@c.example" },
	{ "nothing known", NULL, "a@c.example", "a@c.example" },
	{ "the null sender", "<>", "", "" },
};

static void
test_given(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(given); i++) {
		g_autofree char *sent = smtp_address(given[i].given,
						     given[i].normal);

		g_test_message("%s", given[i].name);
		g_assert_cmpstr(sent, ==, given[i].sent);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/smtp/safe", test_safe);
	g_test_add_func("/smtp/given", test_given);
	return g_test_run();
}
