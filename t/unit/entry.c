/*
 * entry.c -- unit test: the lines of list files
 */
#include "gatepost/lists/entry.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/category.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/json.h"

#define HEX "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static const struct entry_place place = {
	"example", "Europe/Berlin", "/etc/example.list", 7
};

/* What entry_format() makes of a line that is right. */
static const struct {
	const char *name, *line, *format;
} good[] = {
	{ "a block", "block sender evil.example",
	  "block sender evil.example" },
	{ "blanks and tabs", " \tblock\tsender   evil.example  ",
	  "block sender evil.example" },
	{ "a line end of another system", "block sender evil.example\r",
	  "block sender evil.example" },
	{ "a comment", "block sender evil.example # \"not\" closed",
	  "block sender evil.example" },
	{ "no comment without a blank", "block name a#b",
	  "block name \"a#b\"" },
	{ "no comment in quotes", "block name \"a # b\"",
	  "block name \"a # b\"" },
	{ "no comment in an expression", "block sender /a # b/",
	  "block sender /a # b/" },
	{ "quotes in quotes", "block name \"a \\\"b\\\\ c\"",
	  "block name \"a \\\"b\\\\ c\"" },
	{ "a bare name", "block name Jane", "block name \"jane\"" },
	{ "a value that looks like an option", "block name note=x",
	  "block name \"note=x\"" },
	{ "the null sender", "observe envelope <>", "observe envelope <>" },
	{ "a date is the end of that day in the tenant's zone",
	  "block sender evil.example expires=2036-12-31",
	  "block sender evil.example expires=2036-12-31T23:00:00Z" },
	{ "a time", "block ip 192.0.2.1 expires=2036-12-31T18:00:00+02:00",
	  "block ip 192.0.2.1 expires=2036-12-31T16:00:00Z" },
	{ "a span counts from added=",
	  "block ip 2001:db8::/48 expires=+7d added=2036-11-21T10:00:00Z",
	  "block ip 2001:db8::/48 expires=2036-11-28T10:00:00Z "
	  "added=2036-11-21T10:00:00Z" },
	{ "proof", "allow sender a@b.example proof=none",
	  "allow sender a@b.example proof=none" },
	{ "an allow without proof", "allow sender b.example",
	  "allow sender b.example" },
	{ "several values",
	  "block sender evil.example for=A@b.example,\"b.example\",C.example",
	  "block sender evil.example for=a@b.example,b.example,c.example" },
	{ "commas in a text", "block sender evil.example note=a,b",
	  "block sender evil.example note=a,b" },
	{ "a quoted option",
	  "block sender evil.example note=\"a \\\"b\\\" # c\" by=joe",
	  "block sender evil.example note=\"a \\\"b\\\" # c\" by=joe" },
	{ "all that acts",
	  "block name \"Jane\" as=phish action=reject except=Example.org",
	  "block name \"jane\" as=phish action=reject except=example.org" },
	{ "override", "allow file " HEX " override=malware",
	  "allow file " HEX " override=malware" },
	{ "a wide block", "block sender *.com wide=yes",
	  "block sender *.com wide=yes" },
	{ "an observed suffix", "observe sender *.com",
	  "observe sender *.com" },
	{ "an encoded local part", "block sender %22a%20b%22@c.example",
	  "block sender %22a%20b%22@c.example" },
	{ "a file name with a blank", "block filename \"a b*.exe\"",
	  "block filename \"a b*.exe\"" },
	{ "a url", "block url ~login-example.test~",
	  "block url ~login-example.test~" },
	{ "a submission", "block url evil.example submission=abc",
	  "block url evil.example submission=abc" },
	{ "an address at a suffix", "allow sender someone@github.io",
	  "allow sender someone@github.io" },
};

static void
test_good(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GPtrArray) warnings =
		    g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GError) error = NULL;
		g_autoptr(Entry) entry = entry_parse(good[i].line, &place,
						     warnings, &error);
		g_autoptr(Entry) again = NULL;
		g_autofree char *format = NULL;

		g_test_message("%s", good[i].name);
		g_assert_no_error(error);
		g_assert_cmpuint(warnings->len, ==, 0);
		format = entry_format(entry);
		g_assert_cmpstr(format, ==, good[i].format);
		again = entry_parse(format, &place, NULL, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(again->key, ==, entry->key);
		g_assert_cmpstr(again->indicator->value, ==,
				entry->indicator->value);
		g_assert_cmpint(entry->expires, ==, again->expires);
		g_assert_cmpuint(entry->line, ==, 7);
		g_assert_cmpstr(entry->file, ==, "/etc/example.list");
	}
}

static const struct {
	const char *name, *line, *error;
} bad[] = {
	{ "an unknown action", "blok sender evil.example",
	  "did you mean \"block\"" },
	{ "an unknown kind", "block sendr evil.example",
	  "did you mean \"sender\"" },
	{ "no kind", "block", "the kind is missing" },
	{ "no value", "block sender", "the value is missing" },
	{ "no value but a comment", "block sender # x",
	  "the value is missing" },
	{ "no second value", "block spoof example.org", "two values" },
	{ "an unknown option", "block sender evil.example expire=+1d",
	  "did you mean \"expires\"" },
	{ "no option at all", "block name Jane Director", "quote a value" },
	{ "a repeated option", "block sender evil.example note=a note=b",
	  "twice" },
	{ "a repeated option of several values",
	  "block sender evil.example for=a.example for=b.example",
	  "by commas" },
	{ "an empty option", "block sender evil.example note=", "no value" },
	{ "an empty value between commas",
	  "block sender evil.example for=a.example,,b.example", "no value" },
	{ "an open quote", "block name \"Jane", "closing \" is missing" },
	{ "an open quote in an option", "block name Jane note=\"a",
	  "closing \" is missing" },
	{ "text behind a quote", "block name \"Jane\"x", "a blank must" },
	{ "text behind an option's quote", "block name Jane note=\"a\"x",
	  "a blank must" },
	{ "an odd backslash", "block name \"a\\b\"", "stands before" },
	{ "an open expression", "block sender /abc", "closing /" },
	{ "a broken expression", "block sender /a(b/", "at octet 5" },
	{ "a span without added=", "block sender evil.example expires=+7d",
	  "counts from added=" },
	{ "a span without a plus",
	  "block sender evil.example expires=7d added=2026-11-21",
	  "starts with a +" },
	{ "no span", "block sender evil.example expires=+x added=2026-11-21",
	  "is no span" },
	{ "no time", "block sender evil.example expires=tomorrow",
	  "is no time" },
	{ "a day that is none", "block sender evil.example "
	  "expires=2027-02-30", "is no time" },
	{ "no last use", "block sender evil.example unused=soon",
	  "is no span" },
	{ "no category", "block sender evil.example as=evil",
	  "write one of clean" },
	{ "no action", "block sender evil.example action=bounce",
	  "write one of deliver" },
	{ "no proof", "allow sender b.example proof=dmarc",
	  "write one of kind" },
	{ "no user", "block sender evil.example for=a@", "for=a@" },
	{ "no exception", "block name Jane except=a@b.example",
	  "is no domain" },
	{ "not wide", "block sender *.com wide=maybe", "write yes" },
	{ "an allow by name", "allow name Jane", "no allow by name" },
	{ "an allow of a suffix", "allow sender *.com", "public suffix" },
	{ "... itself", "allow sender co.uk", "public suffix" },
	{ "... for people's pages", "allow sender *.github.io",
	  "public suffix" },
	{ "... by envelope", "allow envelope *.com wide=yes",
	  "public suffix" },
	{ "... by url", "allow url pages.dev", "public suffix" },
	{ "... of a spoof's source", "allow spoof example.org com",
	  "public suffix" },
	{ "... that no list names", "allow sender *.internal",
	  "public suffix" },
	{ "a block of a suffix", "block sender *.com", "wide=yes" },
	{ "... by url", "block url ~co.uk", "wide=yes" },
	{ "host bits", "block ip 203.0.113.7/24", "203.0.113.0/24" },
	{ "an odd file", "block file abc", "64 hex" },
	{ "every file", "block filename *", "wide=yes" },
	{ "every file allowed", "allow filename ** wide=yes", "no allow" },
	{ "a client of outbound mail", "block ip 192.0.2.1 direction=out",
	  "name their correspondent by kind sender" },
	{ "a name of both", "block name x direction=both",
	  "says nothing of mail that our users send" },
	{ "all spoofing", "block spoof * *", "all mail" },
	{ "all spoofing by network", "block spoof * 0.0.0.0/0",
	  "all mail" },
	{ "... of both families", "block spoof * ::/0", "all mail" },
	{ "a pair at a suffix", "allow spoof example.org com",
	  "public suffix" },
	{ "all of a suffix", "block spoof example.org co.uk", "wide=yes" },
	{ "a port", "block url evil.example:80", "leave out the port" },
	{ "no UTF-8", "block name \"J\xe4ne\"", "UTF-8" },
	{ "a control", "block name \"J\001ne\"", "control" },
};

static void
test_bad(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Entry) entry = entry_parse(bad[i].line, &place,
						     NULL, &error);

		g_test_message("%s: %s", bad[i].name,
			       error ? error->message : "");
		g_assert_null(entry);
		g_assert_nonnull(error);
		g_assert_nonnull(strstr(error->message, bad[i].error));
	}
}

static const struct {
	const char *line, *warning;	/* NULL: one that warns of nothing */
} odd[] = {
	{ "block sender b.example direction=out", NULL },
	{ "block sender b.example direction=both", NULL },
	{ "block sender b.example direction=in", NULL },
	{ "block spoof example.org mailer.example", NULL },
	{ "allow spoof *  198.51.100.0/24", NULL },
	{ "block spoof example.org 0.0.0.0/0", "very large" },
	{ "block spoof example.org pages.dev", "public suffix" },
	{ "block url *.evil.example", "add *.evil.example/* for those" },
	{ "block url ~evil.example", "write evil.example or ~evil.example~" },
	{ "block url 192.0.2.1", "add 192.0.2.1/* for those" },
	{ "block url 2001:db8::1", "add [2001:db8::1]/* for those" },
	{ "block url ~evil.example~", NULL },
	{ "block url evil.example/a", NULL },
	{ "block url *.com/* wide=yes", NULL },
	{ "allow url ~partner.example", NULL },
	{ "block url evil.example", NULL },
	{ "block url pages.dev", "public suffix" },
	{ "block sender github.io", "public suffix" },
	{ "block sender evil.example expires=2020-01-01",
	  "expired on 2020-01-01T23:00:00Z" },
	{ "block sender evil.example expires=9999-12-31", NULL },
	{ "block sender /.*/", "every value" },
	{ "block ip 0.0.0.0/0", "very large" },
	{ "block ip 10.0.0.0/8", NULL },
	{ "block ip 2000::/3", "very large" },
	{ "block sender evil.example proof=spf", "what an allow needs" },
	{ "allow sender b.example action=reject", "an allow ignores" },
	{ "block sender b.example note=x by=y submission=z", NULL },
};

static void
test_odd(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(odd); i++) {
		g_autoptr(GPtrArray) warnings =
		    g_ptr_array_new_with_free_func(g_free);
		g_autoptr(Entry) entry = entry_parse(odd[i].line, &place,
						     warnings, NULL);

		g_test_message("%s: %s", odd[i].line, warnings->len ?
			       (char *)warnings->pdata[0] : "");
		g_assert_nonnull(entry);
		g_assert_cmpuint(warnings->len, ==, odd[i].warning != NULL);
		if (odd[i].warning)
			g_assert_nonnull(strstr(warnings->pdata[0],
						odd[i].warning));
	}
}

static void
test_nothing(void)
{
	static const char *const lines[] = {
		"", "  \t", "# a comment", "  # another", "\r", "#"
	};

	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(entry_parse(lines[i], &place, NULL, &error));
		g_assert_no_error(error);
	}
}

static void
test_long(void)
{
	g_autofree char *fill = g_strnfill(BOUND_LIST_LINE, 'a');
	g_autofree char *line = g_strconcat("#", fill, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(entry_parse(line, &place, NULL, &error));
	g_assert_nonnull(strstr(error->message, "longer than 16384"));
	g_clear_error(&error);
	g_assert_null(entry_parse(line + 1, &place, NULL, &error));
	g_assert_nonnull(error);
	line[BOUND_LIST_LINE] = '\0';
	g_clear_error(&error);
	g_assert_null(entry_parse(line, &place, NULL, &error));
	g_assert_no_error(error);
}

/* The key of LINE for TENANT. */
static char *
key(const char *tenant, const char *line)
{
	struct entry_place there = place;
	g_autoptr(Entry) entry = NULL;

	there.tenant = tenant;
	entry = entry_parse(line, &there, NULL, NULL);
	return g_strdup(entry->key);
}

static void
test_key(void)
{
	static const struct {
		const char *name, *tenant, *line;
		bool same;
	} keys[] = {
		{ "a note changes nothing", "t",
		  "block sender EVIL.example note=x expires=2036-01-01",
		  true },
		{ "a tenant does", "u", "block sender evil.example", false },
		{ "an action does", "t", "allow sender evil.example", false },
		{ "a kind does", "t", "block envelope evil.example", false },
		{ "a value does", "t", "block sender *.evil.example",
		  false },
		{ "users do", "t", "block sender evil.example for=a.example",
		  false },
		{ "a direction does", "t",
		  "block sender evil.example direction=out", false },
	};
	g_autofree char *first = key("t", "block sender evil.example");
	g_autofree char *one = key("t", "block sender x.example "
				   "for=a.example,b.example");
	g_autofree char *two = key("t", "block sender x.example "
				   "for=b.example,a.example");

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autofree char *other = key(keys[i].tenant, keys[i].line);

		g_test_message("%s", keys[i].name);
		g_assert_cmpint(strcmp(first, other) == 0, ==, keys[i].same);
	}
	g_assert_cmpstr(one, ==, two);
	/* It stands in ledgers: it must never change. */
	g_assert_cmpstr(first, ==, "2FTZADYR7ZR4F");
}

static void
test_members(void)
{
	g_autoptr(Entry) entry =
	    entry_parse("allow url evil.example added=2026-11-21T10:00:00Z "
			"unused=45d for=b.example except=c.example "
			"override=phish_high proof=dkim note=\"n n\" by=joe "
			"submission=s wide=yes", &place, NULL, NULL);
	g_autoptr(Entry) plain = entry_parse("block ip 192.0.2.1", &place,
					     NULL, NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(Json) json = NULL;
	const Json *options;

	g_assert_cmpint(entry->action, ==, ENTRY_ALLOW);
	g_assert_cmpint(entry->unused, ==, 45 * CLOCK_DAY);
	g_assert_cmpint(entry->override, ==, OVERRIDE_PHISH_HIGH);
	g_assert_cmpint(entry->proof, ==, PROOF_DKIM);
	g_assert_cmpstr(entry->note, ==, "n n");
	g_assert_true(entry->wide);
	g_assert_cmpint(plain->as, ==, -1);
	g_assert_cmpint(plain->done, ==, -1);
	g_assert_cmpint(plain->expires, ==, 0);
	g_assert_cmpuint(plain->for_->len, ==, 0);
	g_assert_null(plain->note);

	entry_json_open(entry, out);
	json_put_number(out, "hits", 3);
	g_string_append_c(out, '}');
	json = json_parse(out->str, out->len, NULL);
	options = json_member(json, "options");
	g_assert_cmpstr(json_text(json_member(json, "kind")), ==, "url");
	g_assert_cmpstr(json_text(json_member(json, "action")), ==, "allow");
	g_assert_cmpint(json_number(json_member(json, "line")), ==, 7);
	g_assert_cmpstr(json_text(json_member(options, "unused")), ==,
			"45d");
	g_assert_cmpstr(json_text(json_member(options, "note")), ==, "n n");
	g_assert_cmpstr(json_text(json_element(json_member(options, "for"),
					       0)), ==, "b.example");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/entry/good", test_good);
	g_test_add_func("/entry/bad", test_bad);
	g_test_add_func("/entry/odd", test_odd);
	g_test_add_func("/entry/nothing", test_nothing);
	g_test_add_func("/entry/long", test_long);
	g_test_add_func("/entry/members", test_members);
	g_test_add_func("/entry/key", test_key);
	return g_test_run();
}
