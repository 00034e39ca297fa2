/*
 * visible.c -- unit test: characters that a reader does not see
 */
#include "gatepost/content/visible.h"

#include <string.h>

static const struct {
	const char *name, *text;
	const char *folded;
	gint64 shown, invisible, bidi;
} cases[] = {
	{ "plain text", "a b", "a b", 3, 0, 0 },
	{ "nothing", "", "", 0, 0, 0 },
	{ "other letters", "é€😀", "é€😀", 3, 0, 0 },
	{ "a space of no width", "pay\xe2\x80\x8bpal", "paypal", 6, 1, 0 },
	{ "a soft hyphen", "pay\xc2\xadpal", "paypal", 6, 1, 0 },
	{ "joiners and marks", "a\xe2\x80\x8c\xe2\x80\x8d\xe2\x80\x8e"
	  "\xe2\x80\x8f", "a", 1, 4, 0 },
	{ "a byte order mark inside", "a\xef\xbb\xbf" "b", "ab", 2, 1, 0 },
	{ "a word joiner", "a\xe2\x81\xa0" "b", "ab", 2, 1, 0 },
	{ "a grapheme joiner", "a\xcd\x8f" "b", "ab", 2, 1, 0 },
	{ "a tag", "a\xf3\xa0\x81\xa1" "b", "ab", 2, 1, 0 },
	{ "one that turns the direction", "a\xe2\x80\xae" "b", "ab", 2, 0,
	  1 },
	{ "... another", "a\xe2\x81\xa6" "b\xe2\x81\xa9", "ab", 2, 0, 2 },
	{ "punctuation beside them", "a—“b”…", "a—“b”…", 6, 0, 0 },
};

static void
test_visible(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *folded = g_strdup(cases[i].text);

		g_test_message("%s", cases[i].name);
		visible_count(cases[i].text, strlen(cases[i].text), facts);
		g_assert_cmpint(facts->text_shown, ==, cases[i].shown);
		g_assert_cmpint(facts->text_invisible, ==,
				cases[i].invisible);
		g_assert_cmpint(facts->text_bidi, ==, cases[i].bidi);
		g_assert_cmpint(visible_length(cases[i].text,
					       strlen(cases[i].text)), ==,
				cases[i].shown + cases[i].invisible +
				cases[i].bidi);
		visible_fold(folded);
		g_assert_cmpstr(folded, ==, cases[i].folded);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/visible/visible", test_visible);
	return g_test_run();
}
