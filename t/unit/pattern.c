/*
 * pattern.c -- unit test: regular expressions of entries
 */
#include "gatepost/model/pattern.h"

#include <string.h>

static const struct {
	const char *name, *pattern, *text;
	bool covers;
} cases[] = {
	{ "is not anchored", "/evil/", "a@evil.example", true },
	{ "may be anchored", "/^ceo[0-9]+@/", "ceo12@x.example", true },
	{ "... and then is", "/^ceo[0-9]+@/", "aceo12@x.example", false },
	{ "minds no case", "/EVIL/", "evil", true },
	{ "minds no case beyond ASCII", "/ÄRGER/", "ärger", true },
	{ "takes a slash", "/a\\/b/", "a/b", true },
	{ "takes a character as one", "/^.$/", "ä", true },
	{ "ends at the end", "/a$/", "a\n", false },
	{ "is bounded in steps", "/(a+)+$/",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
	{ "is bounded in steps by alternatives", "/^(a|aa)+$/",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
	{ "matches no text that is no UTF-8", "/a/", "a\xff", false },
};

static void
test_covers(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Pattern) pattern = pattern_new(cases[i].pattern,
							 &error);

		g_test_message("%s", cases[i].name);
		g_assert_no_error(error);
		g_assert_cmpint(pattern_covers(pattern, cases[i].text), ==,
				cases[i].covers);
	}
}

static const char *const wrong[] = {
	"", "/", "//", "a", "/a", "a/", "/(/", "/[/", "/a{2,1}/", "/\\C/",
	"/(a{1000}){1000}{1000}/", "/(?<n>/", "/*/", "/\\/"
};

static void
test_wrong(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Pattern) pattern = pattern_new(wrong[i], &error);

		g_test_message("%s: %s", wrong[i],
			       error ? error->message : "");
		g_assert_null(pattern);
		g_assert_nonnull(strstr(error->message, "at octet"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pattern/covers", test_covers);
	g_test_add_func("/pattern/wrong", test_wrong);
	return g_test_run();
}
