/*
 * addresses.c -- unit test: the mailboxes of an address field
 */
#include "gatepost/content/addresses.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

static const struct {
	const char *name, *raw;
	const char *mailboxes;	/* "name <address>|..."; '-' for NULL */
	const char *defect;	/* NULL: none */
} cases[] = {
	/* RFC 5322 A.1 */
	{ "a name and an address", "John Doe <jdoe@machine.example>",
	  "John Doe <jdoe@machine.example>|", NULL },
	{ "an address alone", "jdoe@machine.example",
	  "- <jdoe@machine.example>|", NULL },
	{ "a quoted name", "\"Joe Q. Public\" <john.q.public@example.com>",
	  "Joe Q. Public <john.q.public@example.com>|", NULL },
	{ "three of them",
	  "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	  "Mary Smith <mary@x.test>|- <jdoe@example.org>|Who? <one@y.test>|",
	  NULL },
	{ "quotes inside quotes",
	  "\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
	  "Giant; \"Big\" Box <sysservices@example.net>|", NULL },
	{ "a group", "A Group:Ed Jones <joe@a.test>,john@b.test;",
	  "Ed Jones <joe@a.test>|- <john@b.test>|", NULL },
	{ "an empty group", "Undisclosed recipients:;", "", NULL },
	/* RFC 5322 A.5 */
	{ "comments all over",
	  "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	  "Pete <pete@silly.test>|", NULL },
	{ "blanks all over",
	  " Joe Q. Public\r\n <john . q . public @ example . com>",
	  "Joe Q. Public <john.q.public@example.com>|", NULL },
	{ "a source route", "<@a.test,@b.test:joe@c.test>",
	  "- <joe@c.test>|", NULL },
	{ "a comment is the name", "joe@a.test (Joe Doe)",
	  "Joe Doe <joe@a.test>|", NULL },
	{ "a nested comment", "joe@a.test (Joe (Doe) X)",
	  "Joe (Doe) X <joe@a.test>|", NULL },
	{ "an encoded name", "=?utf-8?q?Andr=C3=A9?= <a@b.example>",
	  "André <a@b.example>|", NULL },
	{ "... without an address", "=?utf-8?q?Andr=C3=A9?=",
	  "André <->|", NULL },
	{ "... in quotes, as mail programs take it",
	  "\"=?utf-8?q?Andr=C3=A9?=\" <a@b.example>",
	  "André <a@b.example>|", NULL },
	{ "encoded syntax is no syntax",
	  "=?utf-8?q?x_=3Cx=40y=2Eexample=3E=2C?= <a@b.example>",
	  "x <x@y.example> <a@b.example>|", DEFECT_NAME_ADDRESS },
	{ "another address as a name",
	  "\"service@bank.example\" <e@evil.example>",
	  "service@bank.example <e@evil.example>|", DEFECT_NAME_ADDRESS },
	{ "its own address as a name", "\"A@B.example\" <a@b.example>",
	  "A@B.example <a@b.example>|", NULL },
	{ "a colleague's address as a name", "\"c@b.example\" <a@x.b.example>",
	  "c@b.example <a@x.b.example>|", NULL },
	{ "... between quotes", "\"'a@b.example'\" <a@b.example>",
	  "'a@b.example' <a@b.example>|", NULL },
	{ "an address before the real one", "a@b.c <evil@x.example>",
	  "a@b.c <evil@x.example>|", DEFECT_NAME_ADDRESS },
	{ "two in a row", "a@b.example c@d.example",
	  "- <a@b.example>|- <c@d.example>|", DEFECT_ADDRESS_MALFORMED },
	{ "two angle brackets", "<a@b.example> <c@d.example>",
	  "- <a@b.example>|- <c@d.example>|", NULL },
	{ "an open angle bracket", "Name <a@b.example",
	  "Name <a@b.example>|", NULL },
	{ "a semicolon as a comma", "a@b.example;c@d.example",
	  "- <a@b.example>|- <c@d.example>|", NULL },
	{ "a comma in a name without quotes",
	  "Example, Inc. <a@b.example>", "Example, Inc. <a@b.example>|",
	  DEFECT_ADDRESS_MALFORMED },
	{ "an open quote hides nothing it does not show",
	  "\"a <b@c.example>", "a <b@c.example> <->|", DEFECT_NAME_ADDRESS },
	{ "two ats", "a@b@c.example", "- <\"a@b\"@c.example>|", NULL },
	{ "no domain", "root", "- <root>|", NULL },
	{ "no address at all", "Big Prize!", "Big Prize! <->|", NULL },
	{ "empty brackets", "Name <>", "Name <->|", NULL },
	{ "nothing", "", "", NULL },
	{ "commas alone", ", ,,", "", NULL },
	{ "a quoted local part", "\"a b\"@c.example",
	  "- <\"a b\"@c.example>|", NULL },
	{ "a U-label", "a@bücher.example",
	  "- <a@xn--bcher-kva.example>|", NULL },
	{ "an address literal", "a@[192.0.2.1]", "- <a@[192.0.2.1]>|",
	  NULL },
	{ "a name that turns round",
	  "\xe2\x80\xaeknab <a@b.example>",
	  "\xe2\x80\xaeknab <a@b.example>|", DEFECT_NAME_BIDI },
};

static char *
list(const GPtrArray *mailboxes)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < mailboxes->len; i++) {
		const Mailbox *mailbox = mailboxes->pdata[i];

		g_string_append_printf(out, "%s <%s>|", mailbox->name ?
				       mailbox->name : "-", mailbox->address ?
				       mailbox->address : "-");
	}
	return g_string_free(out, FALSE);
}

static void
test_read(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *found = NULL;

		g_test_message("%s: %s", cases[i].name, cases[i].raw);
		addresses_read(cases[i].raw, strlen(cases[i].raw),
			       true, facts->authors, facts);
		found = list(facts->authors);
		g_assert_cmpstr(found, ==, cases[i].mailboxes);
		g_assert_cmpuint(facts->defects->len, ==,
				 cases[i].defect != NULL);
		if (cases[i].defect)
			g_assert_true(facts_has_defect(facts,
						       cases[i].defect));
	}
}

/* What To says of others is nobody's claim of who wrote it. */
static void
test_recipients(void)
{
	static const char raw[] = "\"list@a.example\" <list@b.example>, "
	    "undisclosed:;, =?utf-8?q?J=C3=BCrgen?= <j\xc3\xbc@c.example>";
	g_autoptr(Facts) facts = facts_new();
	g_autofree char *found = NULL;

	addresses_read(raw, strlen(raw), false, facts->to, facts);
	found = list(facts->to);
	g_assert_cmpstr(found, ==, "list@a.example <list@b.example>|"
			"Jürgen <jü@c.example>|");
	g_assert_cmpuint(facts->defects->len, ==, 0);
}

/* What strangers nest costs no more than its length. */
static void
test_nested(void)
{
	static const char *const nests[] = { ":", "(", "\"", "<", "[", "@" };

	for (guint i = 0; i < G_N_ELEMENTS(nests); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *raw = g_strnfill(60000, nests[i][0]);

		addresses_read(raw, 60000, true, facts->authors, facts);
		g_assert_cmpuint(facts->authors->len, <=, 1);
	}
}

static void
test_bound(void)
{
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(GString) raw = g_string_new(NULL);

	facts->complete = true;
	for (guint i = 0; i <= BOUND_ADDRESSES; i++)
		g_string_append(raw, "a@b.example,");
	addresses_read(raw->str, raw->len, true, facts->authors,
		       facts);
	g_assert_cmpuint(facts->authors->len, ==, BOUND_ADDRESSES);
	g_assert_true(facts_has_defect(facts, DEFECT_ADDRESSES_MANY));
	g_assert_false(facts->complete);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/addresses/read", test_read);
	g_test_add_func("/addresses/recipients", test_recipients);
	g_test_add_func("/addresses/nested", test_nested);
	g_test_add_func("/addresses/bound", test_bound);
	return g_test_run();
}
