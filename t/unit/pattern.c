/*
 * pattern.c -- unit test: regular expressions of entries
 */
#include "gatepost/model/pattern.h"

#include <string.h>

#include "gatepost/bounds.h"

static const struct {
	const char *name, *pattern, *text;
	enum pattern_result result;
} cases[] = {
	{ "is not anchored", "/evil/", "a@evil.example",
	  PATTERN_FOUND },
	{ "may be anchored", "/^ceo[0-9]+@/", "ceo12@x.example",
	  PATTERN_FOUND },
	{ "... and then is", "/^ceo[0-9]+@/", "aceo12@x.example",
	  PATTERN_NONE },
	{ "minds no case", "/EVIL/", "evil", PATTERN_FOUND },
	{ "minds no case beyond ASCII", "/ÄRGER/", "ärger", PATTERN_FOUND },
	{ "takes a slash", "/a\\/b/", "a/b", PATTERN_FOUND },
	{ "takes a character as one", "/^.$/", "ä", PATTERN_FOUND },
	{ "ends at the end", "/a$/", "a\n", PATTERN_NONE },
	{ "is bounded in steps", "/(a+)+$/",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
	  PATTERN_GIVEN_UP },
	{ "is bounded in steps by alternatives", "/^(a|aa)+$/",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
	  PATTERN_GIVEN_UP },
	{ "matches no text that is no UTF-8", "/a/", "a\xff", PATTERN_NONE },
};

static void
test_covers(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Pattern) pattern = pattern_new(cases[i].pattern,
							 &error);
		gint64 left = BOUND_PATTERN_MESSAGE;

		g_test_message("%s", cases[i].name);
		g_assert_no_error(error);
		g_assert_cmpint(pattern_run(pattern, cases[i].text, &left),
				==, cases[i].result);
		g_assert_cmpint(left, <, BOUND_PATTERN_MESSAGE);
		g_assert_cmpint(left, >=, BOUND_PATTERN_MESSAGE -
				BOUND_PATTERN_STEPS - 1000);
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

/* Each start of a long text is cheap, all of them are not. */
static void
test_long(void)
{
	g_autofree char *fill = g_strnfill(8000, 'a');
	g_autoptr(Pattern) walks = pattern_new("/[a-z]*+X[yz]/", NULL);
	g_autoptr(Pattern) plain = pattern_new("/login[0-9]/", NULL);
	g_autoptr(Pattern) cubic = pattern_new("/a.*a.*a.*[bc]$/", NULL);
	gint64 left = BOUND_PATTERN_MESSAGE;

	g_assert_cmpint(pattern_run(plain, fill, &left), ==, PATTERN_NONE);
	g_assert_cmpint(left, >, BOUND_PATTERN_MESSAGE - 10000);
	g_assert_cmpint(pattern_run(cubic, fill, &left), ==,
			PATTERN_GIVEN_UP);
	g_assert_cmpint(pattern_run(walks, fill, &left), !=, PATTERN_FOUND);
	left = 10;
	g_assert_cmpint(pattern_run(cubic, fill, &left), ==,
			PATTERN_GIVEN_UP);
	g_assert_cmpint(left, <=, 0);
}

static const struct {
	const char *pattern;
	bool is_endless;
} ends[] = {
	{ "/(a+)+$/", true }, { "/^(a|aa)+$/", true },
	{ "/^ceo([0-9]+)*@/", true }, { "/^(\\w+\\s?)*$/", true },
	{ "/(x+x+)+y/", true }, { "/(([a-z])+.)+[A-Z]([a-z])+$/", true },
	{ "/^((ab)*)*$/", true },
	{ "/^ceo[0-9]+@/", false }, { "/.*\\.exe$/", false },
	{ "/^[a-z]+(-[a-z]+)*@/", false }, { "/invoice.*paid.*now/", false },
	{ "/(foo|bar|baz)+/", false }, { "/^(?:[^@]+)@evil\\./", false },
	{ "/ä+ö/", false },
};

static void
test_endless(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autoptr(Pattern) pattern = pattern_new(ends[i].pattern,
							 NULL);
		g_autofree char *found = pattern_endless(pattern,
							 ends[i].pattern);

		g_test_message("%s: %s", ends[i].pattern,
			       found ? found : "ends");
		g_assert_cmpint(found != NULL, ==, ends[i].is_endless);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pattern/covers", test_covers);
	g_test_add_func("/pattern/wrong", test_wrong);
	g_test_add_func("/pattern/long", test_long);
	g_test_add_func("/pattern/endless", test_endless);
	return g_test_run();
}
