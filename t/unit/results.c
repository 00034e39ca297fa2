/*
 * results.c -- unit test: Authentication-Results fields
 */
#include "gatepost/content/results.h"

#include <string.h>

#include "gatepost/content/defect.h"

static const struct {
	const char *name, *value, *id;
	/* "method=result domain selector policy[ chain]|...", '-' for
	 * NULL */
	const char *results;
} cases[] = {
	/* RFC 8601 appendix B */
	{ "none", "example.org 1; none", "example.org", "" },
	{ "SPF", "example.com; spf=pass smtp.mailfrom=example.net",
	  "example.com", "spf=pass example.net - -|" },
	{ "what is not ours to read",
	  "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; "
	  "spf=pass smtp.mailfrom=example.net", "example.com",
	  "spf=pass example.net - -|" },
	{ "DKIM", "example.com; dkim=pass (good signature) "
	  "header.d=newyork.example.com header.s=s1", "example.com",
	  "dkim=pass newyork.example.com s1 -|" },
	{ "the identity alone", "example.com; dkim=pass "
	  "header.i=@mail-router.example.net; dkim=fail (bad) "
	  "header.i=@newyork.example.com", "example.com",
	  "dkim=pass mail-router.example.net - -|"
	  "dkim=fail newyork.example.com - -|" },
	{ "comments all over",
	  "foo.example.net (foobar) 1 (baz);\r\n"
	  " dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
	  "  policy (A dot can go here) . (like that) expired\r\n"
	  "  (this surprised me) = (as I wasn't expecting it) 1362471462",
	  "foo.example.net", "dkim=fail - - -|" },
	{ "an address as MAIL FROM",
	  "a; spf=softfail smtp.mailfrom=x@b.example", "a", "spf=softfail b.example - -|" },
	{ "... in brackets", "a; spf=pass smtp.mailfrom=<x@b.example>", "a",
	  "spf=pass b.example - -|" },
	{ "HELO says nothing of MAIL FROM",
	  "a; spf=pass smtp.helo=b.example", "a",
	  "spf=pass - - -|" },
	{ "MAIL FROM goes first",
	  "a; spf=pass smtp.helo=b.example smtp.mailfrom=c.example", "a",
	  "spf=pass c.example - -|" },
	{ "DMARC with its policy in a comment",
	  "a; dmarc=fail (p=REJECT sp=NONE dis=NONE) header.from=b.example",
	  "a", "dmarc=fail b.example - reject|" },
	{ "... as a property",
	  "a; dmarc=fail policy.dmarc=quarantine header.from=b.example", "a",
	  "dmarc=fail b.example - quarantine|" },
	{ "ARC and iprev", "a; arc=pass (i=1); iprev=fail "
	  "policy.iprev=192.0.2.1", "a",
	  "arc=pass - - -|iprev=fail - - -|" },
	{ "a chain of ARC seals, as OpenARC writes it", "a; arc=pass "
	  "smtp.remote-ip=\"2001:db8::1\" arc.chain=\"b.example:C.example\"",
	  "a", "arc=pass b.example - - b.example,c.example|" },
	{ "... of one", "a; arc=pass smtp.remote-ip=192.0.2.1 "
	  "arc.chain=b.example", "a",
	  "arc=pass b.example - - b.example|" },
	{ "... one of them no domain", "a; arc=pass "
	  "arc.chain=\"b.example:c'd.example\"", "a",
	  "arc=pass b.example - - b.example,?|" },
	{ "... cut by a comment", "a; arc=pass "
	  "arc.chain=b.example(.evil.example", "a", "arc=pass - - -|" },
	{ "the seal in a comment, as rspamd writes it",
	  "a; arc=pass (\"b.example:s=arc-2016:i=1\")", "a",
	  "arc=pass b.example - - b.example|" },
	{ "... above others that it does not name",
	  "a; arc=pass (\"b.example:s=arc-2016:i=3\")", "a",
	  "arc=pass b.example - - b.example,?|" },
	{ "the seal in header.d", "a; arc=pass header.d=b.example", "a",
	  "arc=pass b.example - - b.example|" },
	{ "... of two", "a; arc=pass (i=2 spf=pass) header.d=b.example", "a",
	  "arc=pass b.example - - b.example,?|" },
	{ "a version of the method", "a; spf/1=pass smtp.mailfrom=b.example",
	  "a", "spf=pass b.example - -|" },
	{ "upper case", "A.Example; SPF=Pass SMTP.MailFrom=B.Example",
	  "a.example", "spf=pass b.example - -|" },
	{ "a reason", "a; dkim=fail reason=\"signature; bad\" "
	  "header.d=b.example", "a", "dkim=fail b.example - -|" },
	{ "a value with an equals sign",
	  "a; dkim=pass header.b=ab=; dkim=none header.d=b.example", "a",
	  "dkim=pass - - -|dkim=none b.example - -|" },
	{ "no blanks", "a;spf=pass smtp.mailfrom=b.example;dkim=pass", "a",
	  "spf=pass b.example - -|dkim=pass - - -|" },
	{ "a word that is no result", "a; spf=great", "a",
	  "spf=none - - -|" },
	{ "an older word", "a; spf=hardfail", "a", "spf=fail - - -|" },
	{ "no id at all", "spf=pass smtp.mailfrom=b.example", "",
	  "spf=pass b.example - -|" },
	{ "a comment before the id", "(c) our.id; spf=pass", "our.id",
	  "spf=pass - - -|" },
	{ "a quoted id", "\"our.id\"; spf=pass", "our.id",
	  "spf=pass - - -|" },
	{ "... with a backslash", "\"our\\.id\" 1; spf=pass", "our.id",
	  "spf=pass - - -|" },
	{ "a semicolon inside quotes", "a; spf=pass reason=\"; dkim=pass "
	  "header.d=b.example\"", "a", "spf=pass - - -|" },
	{ "... and inside a comment", "a; spf=pass (; dkim=pass "
	  "header.d=b.example)", "a", "spf=pass - - -|" },
	{ "a domain cut by a comment",
	  "a; dkim=pass header.d=legit.example(.evil.example)", "a",
	  "dkim=pass - - -|" },
	{ "... that does not end",
	  "a; dkim=pass header.d=legit.example(.evil.example", "a",
	  "dkim=pass - - -|" },
	{ "a quoted domain", "a; dkim=pass header.d=\"b.example\"", "a",
	  "dkim=pass b.example - -|" },
	{ "a domain that is none", "a; dkim=pass header.d=b'.example", "a",
	  "dkim=pass - - -|" },
	{ "the first of two domains",
	  "a; dkim=pass header.d=b.example header.d=c.example", "a",
	  "dkim=pass b.example - -|" },
	{ "an id alone", "a.example", "a.example", "" },
	{ "nothing", "", "", "" },
	{ "semicolons", ";;;", "", "" },
	{ "an open comment", "(a; spf=pass", "", "" },
};

static const char *
dash(const char *text)
{
	return text ? text : "-";
}

static char *
list(const Facts *facts)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < facts->results->len; i++) {
		const AuthResult *result = facts->results->pdata[i];

		g_string_append_printf(out, "%s=%s %s %s %s",
				       result->method,
				       auth_values[result->result],
				       dash(result->domain),
				       dash(result->selector),
				       dash(result->policy));
		for (guint j = 0; j < result->chain->len; j++)
			g_string_append_printf(out, "%s%s", j ? "," : " ",
					       (char *)result->chain->pdata[j]);
		g_string_append_c(out, '|');
	}
	return g_string_free(out, FALSE);
}

static void
test_read(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *id = NULL;
		g_autofree char *results = NULL;

		g_test_message("%s", cases[i].name);
		id = results_read(cases[i].value, facts);
		results = list(facts);
		g_assert_cmpstr(id, ==, cases[i].id);
		g_assert_cmpstr(results, ==, cases[i].results);
		for (guint j = 0; j < facts->results->len; j++)
			g_assert_cmpstr(((const AuthResult *)facts->results->
					 pdata[j])->authserv_id, ==, id);
	}
}

static void
test_many(void)
{
	static const guint counts[] = { 0, 1, 16, 17, 100 };
	g_autoptr(Facts) full = facts_new();
	g_autoptr(GString) value = g_string_new("a");
	g_autofree char *id = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *name = NULL;

		g_string_truncate(value, 1);
		for (guint j = 0; j < counts[i]; j++)
			g_string_append(value, "; spf=pass");
		name = results_read(value->str, facts);
		g_assert_cmpuint(facts->results->len, ==, counts[i]);
		g_assert_cmpuint(facts->defects->len, ==, 0);
	}
	for (guint i = 0; i < 10000; i++)
		g_string_append(value, "; spf=pass");
	id = results_read(value->str, full);
	g_assert_cmpuint(full->results->len, ==, 100);
	g_assert_true(facts_has_defect(full, DEFECT_RESULTS_MANY));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/results/read", test_read);
	g_test_add_func("/results/many", test_many);
	return g_test_run();
}
