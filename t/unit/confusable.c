/*
 * confusable.c -- unit test: names that look alike, and names that do not
 */
#include "gatepost/model/confusable.h"

#include "gatepost/model/indicator.h"

static const struct {
	const char *name, *one, *other;
	gboolean is_alike;
} cases[] = {
	{ "the same", "Jane Director", "jane  director", TRUE },
	{ "another", "Jane Director", "Jan Director", FALSE },
	{ "a Cyrillic a", "Jane Director", "J\xd0\xb0ne Director", TRUE },
	{ "all of Cyrillic, in large letters", "BOB", "\u0412\u041e\u0412",
	  TRUE },
	{ "large and small letters of Cyrillic", "Bob", "\u0412ob", TRUE },
	{ "Greek small letters", "John Poe", "J\u03bfhn P\u03bfe", TRUE },
	{ "a Greek large nu is an N", "Nina", "\u039dina", TRUE },
	{ "a Greek small nu is no n", "nina", "\u03bdina", FALSE },
	{ "a large I for a small l", "PayPal", "PayPaI", TRUE },
	{ "a digit for it", "PayPal", "PayPa1", TRUE },
	{ "a bar for it", "PayPal", "PayPa|", TRUE },
	{ "a zero for an o", "Jo Poe", "J0 P0e", TRUE },
	{ "r and n for m", "James", "Jarnes", TRUE },
	{ "full width", "Jane", "\uff2a\uff41\uff4e\uff45", TRUE },
	{ "letters of mathematics", "Jane", "\U0001d409ane", TRUE },
	{ "a dotless i", "Nina", "N\u0131na", TRUE },
	{ "an accent is a difference", "Jose", "Jos\u00e9", FALSE },
	{ "composed or not is none", "Jos\u00e9", "Jose\u0301", TRUE },
	{ "an accent on a look-alike", "Jos\u00e9", "J\u043es\u00e9", TRUE },
	{ "another accent is one", "Jos\u00e9", "Jos\u00e8", FALSE },
	{ "names of another script stay", "\u0418\u0432\u0430\u043d",
	  "\u0418\u0432\u0430\u043d", TRUE },
	{ "... and differ", "\u0418\u0432\u0430\u043d",
	  "\u0418\u0432\u0430\u0441", FALSE },
	{ "nothing", "", "", TRUE },
};

static char *
skeleton(const char *name)
{
	g_autofree char *folded = indicator_fold_name(name);

	return confusable_skeleton(folded);
}

static void
test_alike(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *one = skeleton(cases[i].one);
		g_autofree char *other = skeleton(cases[i].other);
		g_autofree char *latin = confusable_latin(cases[i].other);
		g_autofree char *like = latin ? skeleton(latin) : NULL;
		g_autofree char *again = confusable_skeleton(one);

		g_test_message("%s: %s, %s, %s", cases[i].name, one, other,
			       like ? like : "-");
		g_assert_cmpint(g_strcmp0(one, other) == 0 ||
				g_strcmp0(one, like) == 0, ==,
				cases[i].is_alike);
		g_assert_cmpstr(again, ==, one);
	}
}

static void
test_table(void)
{
	for (unsigned i = 1; i < confusables_count; i++)
		g_assert_cmpuint(confusables[i - 1].from, <,
				 confusables[i].from);
	g_assert_null(confusable_latin("Jane"));
	g_assert_null(confusable_latin("Jos\u00e9"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/confusable/alike", test_alike);
	g_test_add_func("/confusable/table", test_table);
	return g_test_run();
}
