/*
 * address.c -- unit test: mailbox addresses in normal form
 */
#include "gatepost/model/address.h"

#include <string.h>

static const struct {
	const char *name, *raw, *normal;
} normals[] = {
	{ "a plain one", "a@b.example", "a@b.example" },
	{ "in brackets", "<a@b.example>", "a@b.example" },
	{ "with blanks around", "  <a@b.example> ", "a@b.example" },
	{ "the null sender", "<>", "" },
	{ "nothing", "", "" },
	{ "upper case", "John.Doe@EXAMPLE.Org", "john.doe@example.org" },
	{ "a trailing dot of the domain", "a@b.example.", "a@b.example" },
	{ "a U-label", "a@bücher.example", "a@xn--bcher-kva.example" },
	{ "a local part in UTF-8", "JÖRG@b.example", "jörg@b.example" },
	{ "... decomposed", "jo\xcc\x88rg@b.example", "jörg@b.example" },
	{ "a source route", "<@a.example,@b.example:u@c.example>",
	  "u@c.example" },
	{ "needless quotes", "\"john\"@b.example", "john@b.example" },
	{ "needless quotes in part", "jo\"hn\"@b.example",
	  "john@b.example" },
	{ "a needless backslash", "\"jo\\hn\"@b.example",
	  "john@b.example" },
	{ "needed quotes stay", "\"a b\"@c.example", "\"a b\"@c.example" },
	{ "a quoted at", "\"a@x.example\"@c.example",
	  "\"a@x.example\"@c.example" },
	{ "an unquoted at is the same", "a@x.example@c.example",
	  "\"a@x.example\"@c.example" },
	{ "a quoted quote", "\"a\\\"b\"@c.example",
	  "\"a\\\"b\"@c.example" },
	{ "an extension stays", "u+x@c.example", "u+x@c.example" },
	{ "the percent hack stays", "u%x@c.example", "u%x@c.example" },
	{ "dots where they should not be", "a..b.@c.example",
	  "a..b.@c.example" },
	{ "... and quoted", "\"a..b.\"@c.example", "a..b.@c.example" },
	{ "an address literal", "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "... of IPv6", "a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]" },
	{ "no domain", "Postmaster", "postmaster" },
	{ "no local part", "@b.example", NULL },
	{ "no domain behind the at", "a@", NULL },
	{ "a blank", "a b@c.example", NULL },
	{ "two addresses", "a@b.example, c@d.example", NULL },
	{ "a name before it", "Name <a@b.example>", NULL },
	{ "an open bracket", "<a@b.example", NULL },
	{ "an open quote", "\"a@b.example", NULL },
	{ "empty quotes", "\"\"@b.example", NULL },
	{ "a comment", "a(c)@b.example", NULL },
	{ "a bad domain", "a@b..example", NULL },
	{ "an open literal", "a@[192.0.2.1", NULL },
	{ "a line end", "a@b.example\r\nRCPT", NULL },
	{ "a quoted control", "\"a\001\"@b.example", NULL },
	{ "a control of Latin-1", "a\xc2\x85@b.example", NULL },
	{ "no UTF-8", "a\xe4@b.example", NULL },
};

static void
test_normal(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(normals); i++) {
		g_autofree char *normal = address_normal(normals[i].raw);
		g_autofree char *again = normal ? address_normal(normal) :
		    NULL;

		g_test_message("%s", normals[i].name);
		g_assert_cmpstr(normal, ==, normals[i].normal);
		g_assert_cmpstr(again, ==, normal);
	}
}

static void
test_length(void)
{
	g_autofree char *local = g_strnfill(320 - strlen("@b.example"), 'a');
	g_autofree char *most = g_strconcat(local, "@b.example", NULL);
	g_autofree char *more = g_strconcat("a", most, NULL);
	g_autofree char *normal = address_normal(most);
	g_autofree char *none = address_normal(more);

	g_assert_cmpstr(normal, ==, most);
	g_assert_null(none);
}

static const struct {
	const char *name, *address, *domain, *local;
} parts[] = {
	{ "a plain one", "a@b.example", "b.example", "a" },
	{ "the null sender", "", "", "" },
	{ "no domain", "postmaster", "", "postmaster" },
	{ "a quoted at", "\"a@x\"@c.example", "c.example", "\"a@x\"" },
	{ "a quoted at and no domain", "\"a@x\"", "", "\"a@x\"" },
};

static void
test_parts(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_test_message("%s", parts[i].name);
		g_assert_cmpstr(address_domain(parts[i].address), ==,
				parts[i].domain);
		g_assert_true(address_has_local(parts[i].address,
						parts[i].local));
		g_assert_false(address_has_local(parts[i].address, "other"));
	}
	g_assert_false(address_has_local("ab@c.example", "a"));
	g_assert_false(address_has_local("a@c.example", "ab"));
}

/* What cannot be read is somebody's all the same. */
static const struct {
	const char *name, *raw, *address;
} loose[] = {
	{ "an address is itself", "<A@B.Example>", "a@b.example" },
	{ "the null sender stays", "<>", "" },
	{ "a blank in the local part", "<a b@c.example>", "a?b@c.example" },
	{ "octets that are no UTF-8", "<a\x80@C.example>",
	  "a\xef\xbf\xbd@c.example" },
	{ "a line end", "<a\r\n@c.example>", "a??@c.example" },
	{ "no brackets, no domain", "a b", "a?b" },
};

static void
test_loose(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(loose); i++) {
		g_autofree char *address = address_loose(loose[i].raw);

		g_test_message("%s", loose[i].name);
		g_assert_cmpstr(address, ==, loose[i].address);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address/normal", test_normal);
	g_test_add_func("/address/length", test_length);
	g_test_add_func("/address/parts", test_parts);
	g_test_add_func("/address/loose", test_loose);
	return g_test_run();
}
