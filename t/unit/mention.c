/*
 * mention.c -- unit test: what names a person, and what only looks like it
 */
#include "gatepost/model/mention.h"

#include <string.h>

static const struct hash_key key = { 1, 2 };

/* "~" is where the stand-in is expected. */
static const struct {
	const char *name, *text, *expected;
} cases[] = {
	{ "the address alone", "ann@a.example", "~" },
	{ "in angle brackets", "To: <ann@a.example>,", "To: <~>," },
	{ "in any case", "ANN@A.Example!", "~!" },
	{ "in JSON", "{\"rcpt\":\"ann@a.example\"}", "{\"rcpt\":\"~\"}" },
	{ "with an extension", "ann+news@a.example", "~" },
	{ "twice", "ann@a.example ann@a.example", "~ ~" },
	{ "at the end of a sentence", "of ann@a.example.", "of ~." },
	{ "in a link", "?to=ann%40a.example&x", "?to=~&x" },
	{ "behind an equals sign", "rcpt=ann@a.example", "rcpt=~" },
	{ "a longer local part", "joann@a.example", NULL },
	{ "a local part with a dot", "jo.ann@a.example", NULL },
	{ "another behind it", "ann.b@a.example", NULL },
	{ "a longer domain", "ann@a.example.org", NULL },
	{ "... with a hyphen", "ann@a.example-x", NULL },
	{ "a domain below", "ann@b.a.example", NULL },
	{ "the name alone", "ann", NULL },
	{ "nothing", "", NULL },
	{ "one that is none, then one", "xann@a.example,ann@a.example",
	  "xann@a.example,~" },
};

static void
test_replace(void)
{
	g_autoptr(Mention) ann = mention_new("ann@a.example", &key);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = mention_replace(ann, cases[i].text,
						       NULL);
		g_autofree char *plain = NULL;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(mention_is_in(ann, cases[i].text), ==,
				cases[i].expected != NULL);
		if (got) {
			g_autoptr(GRegex) stands = g_regex_new(
			    "forgotten-[0-9a-z]{13}@forgotten\\.invalid",
			    (GRegexCompileFlags)0, (GRegexMatchFlags)0,
			    NULL);

			plain = g_regex_replace_literal(stands, got, -1, 0,
			    "~", (GRegexMatchFlags)0, NULL);
			g_assert_false(mention_is_in(ann, got));
		}
		g_assert_cmpstr(plain, ==, cases[i].expected);
	}
}

/* One person has one stand-in, another has another, and another key too. */
static void
test_stand_in(void)
{
	static const struct hash_key other = { 1, 3 };
	g_autoptr(Mention) ann = mention_new("ann@a.example", &key);
	g_autoptr(Mention) stranger = mention_new("ann@a.example", &other);
	g_autofree char *one = mention_stand_in(ann, "ann@a.example", 13);
	g_autofree char *two = mention_stand_in(ann, "ANN@a.example", 13);
	g_autofree char *three = mention_stand_in(ann, "bob@a.example", 13);
	g_autofree char *four = mention_stand_in(stranger, "ann@a.example",
						 13);

	g_assert_cmpstr(one, ==, two);
	g_assert_cmpstr(one, !=, three);
	g_assert_cmpstr(one, !=, four);
}

static void
test_seen(void)
{
	g_autoptr(Mention) ann = mention_new("ann@a.example", &key);
	g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = mention_replace(ann, "ann@a.example "
	    "ann+x@a.example ann@a.example", seen);

	g_assert_nonnull(text);
	g_assert_cmpuint(seen->len, ==, 2);
	g_assert_cmpstr(seen->pdata[0], ==, "ann@a.example");
	g_assert_cmpstr(seen->pdata[1], ==, "ann+x@a.example");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mention/replace", test_replace);
	g_test_add_func("/mention/stand-in", test_stand_in);
	g_test_add_func("/mention/seen", test_seen);
	return g_test_run();
}
