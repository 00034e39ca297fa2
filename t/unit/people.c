/*
 * people.c -- unit test: names of our people, and others' names
 */
#include "gatepost/model/people.h"

static const char *const ours[] = {
	"Jane Director <jane@home.example>, <JD@Uni.example>",
	"Joe Treasurer", "Zo\u00eb O'Brien", "\u674e\u5c0f\u9f99",
	"Director, Jane <jane@third.example>",
};

static const struct {
	const char *name, *shown, *whose;
} cases[] = {
	{ "as it is written", "Jane Director", "Jane Director" },
	{ "in another case", "JANE director", "Jane Director" },
	{ "more blanks", "  Jane   Director ", "Jane Director" },
	{ "the last name first", "Director Jane", "Jane Director" },
	{ "... with a comma", "Director, Jane", "Jane Director" },
	{ "an initial", "Jane Q. Director", "Jane Director" },
	{ "... at the end", "Director, Jane Q", "Jane Director" },
	{ "a title", "Dr. Jane Director", "Jane Director" },
	{ "what she is", "Jane Director, CEO", "Jane Director" },
	{ "... in brackets", "Jane Director (Chief of all)",
	  "Jane Director" },
	{ "a service", "Jane Director via Sharing", "Jane Director" },
	{ "a firm", "Jane Director - Example Inc", "Jane Director" },
	{ "... behind a bar", "Jane Director | Example", "Jane Director" },
	{ "an address behind it", "Jane Director <jane@example.org>",
	  "Jane Director" },
	{ "quotes", "'Jane Director'", "Jane Director" },
	{ "dots for blanks", "jane.director", "Jane Director" },
	{ "a Cyrillic a", "J\u0430ne Director", "Jane Director" },
	{ "... and a service", "J\u0430ne Director via Sharing",
	  "Jane Director" },
	{ "a digit", "Jane D1rector", "Jane Director" },
	{ "what does not show", "Ja\u200bne Director", "Jane Director" },
	{ "an accent and an apostrophe", "O'Brien, Zo\u00eb",
	  "Zo\u00eb O'Brien" },
	{ "characters of Han", "\u674e\u5c0f\u9f99",
	  "\u674e\u5c0f\u9f99" },
	{ "another first name", "Jan Director", NULL },
	{ "the last name alone", "Director", NULL },
	{ "a namesake with one more", "Jane Smith Director", NULL },
	{ "a firm that is named so", "Director Services", NULL },
	{ "nothing", "", NULL },
	{ "blanks", "   ", NULL },
	{ "points", "...", NULL },
	{ "no UTF-8", "\xff\xfe", NULL },
};

static const struct {
	const char *name, *text, *wrong;
} bad[] = {
	{ "no name", "<jane@home.example>", "has no name" },
	{ "nothing", "", "has no name" },
	{ "no address", "Jane <home>", "\"home\" is no address" },
};

static void
test_find(void)
{
	g_autoptr(People) people = people_new();

	for (guint i = 0; i < G_N_ELEMENTS(ours); i++) {
		g_autofree char *wrong = NULL;

		g_assert_true(people_add(people, ours[i], &wrong));
	}
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Person *person = people_find(people, cases[i].shown);

		g_test_message("%s: %s", cases[i].name, cases[i].shown);
		g_assert_cmpstr(person ? person->name : NULL, ==,
				cases[i].whose);
	}
}

static void
test_addresses(void)
{
	g_autoptr(People) people = people_new();
	const Person *jane;
	char *wrong = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(ours); i++)
		g_assert_true(people_add(people, ours[i], &wrong));
	jane = people_find(people, "Jane Director");
	g_assert_true(person_owns(jane, "jane@home.example"));
	g_assert_true(person_owns(jane, "jd@uni.example"));
	g_assert_true(person_owns(jane, "jane@third.example"));
	g_assert_false(person_owns(jane, "joe@home.example"));
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autofree char *what = NULL;

		g_test_message("%s", bad[i].name);
		g_assert_false(people_add(people, bad[i].text, &what));
		g_assert_nonnull(g_strstr_len(what, -1, bad[i].wrong));
	}
}

/* Not an assertion on time: the figure is printed. */
static void
test_speed(void)
{
	g_autoptr(People) people = people_new();
	char *wrong = NULL;
	gint64 start;

	for (guint i = 0; i < 50; i++) {
		g_autofree char *name = g_strdup_printf("Jane%c Director%c",
		    'a' + (char)(i % 26), 'a' + (char)(i / 26));

		people_add(people, name, &wrong);
	}
	start = g_get_monotonic_time();
	for (guint i = 0; i < 10000; i++)
		people_find(people, i & 1 ? "Somebody Else via Sharing" :
			    "Some Body");
	g_test_message("%.2f us for one name against 50",
		       (double)(g_get_monotonic_time() - start) / 10000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/people/find", test_find);
	g_test_add_func("/people/addresses", test_addresses);
	g_test_add_func("/people/speed", test_speed);
	return g_test_run();
}
