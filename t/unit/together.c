/*
 * together.c -- unit test: recipients of one message, parted by what marks
 * their copy
 */
#include "gatepost/policy/judge.h"

enum { NONE = 1, OBSERVE = 2, FREED = 4, OTHER = 8 };

static const struct {
	const char *name;
	const char *who;	/* d t j q, a letter each */
	int how[6];
	bool has_scores;
	const char *groups;	/* a digit each */
} cases[] = {
	{ "all delivered", "dd", { 0 }, false, "00" },
	{ "all junked", "jjj", { 0 }, false, "000" },
	{ "one of two differs: the milder stays", "jd", { 0 }, false, "10" },
	{ "the most stay", "jdj", { 0 }, false, "010" },
	{ "three ways", "djt", { 0 }, false, "012" },
	{ "what is held has no copy", "qjd", { 0 }, false, "010" },
	{ "... and counts for nobody", "qqqj", { 0 }, false, "0000" },
	{ "tenants tag in their own ways", "tt", { 0, OTHER }, false, "01" },
	{ "... and deliver in one", "dd", { 0, OTHER }, false, "00" },
	{ "mail of others is not taken over", "jjd", { 0, 0, NONE }, false,
	  "110" },
	{ "nor where nothing is edited", "jjd", { 0, 0, OBSERVE }, false,
	  "110" },
	{ "an allow takes an upstream's fields off", "ddd", { FREED }, true,
	  "100" },
	{ "... where there are some", "ddd", { FREED }, false, "000" },
};

static Decision *
make(char who, int how)
{
	Recipient recipient = { .given = (char *)"<a@b.example>",
				.address = (char *)"a@b.example" };
	Decision *decision = decision_new(&recipient);

	decision->action = who == 'd' ? ACTION_DELIVER :
	    who == 't' ? ACTION_TAG : who == 'j' ? ACTION_JUNK :
	    ACTION_QUARANTINE;
	if (!(how & NONE))
		decision->tenant = g_strdup(how & OTHER ? "b" : "a");
	if (how & OBSERVE)
		decision->mode = MODE_OBSERVE;
	decision->row = how & FREED ? 6 : 8;
	return decision;
}

static void
test_part(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) decisions =
		    g_ptr_array_new_with_free_func(
		    (GDestroyNotify)decision_free);
		guint groups[8], count, most = 0;

		g_test_message("%s", cases[i].name);
		for (guint j = 0; cases[i].who[j]; j++)
			g_ptr_array_add(decisions, make(cases[i].who[j],
							cases[i].how[j]));
		count = judge_part(decisions, cases[i].has_scores, groups);
		for (guint j = 0; cases[i].who[j]; j++) {
			g_assert_cmpint(groups[j], ==,
					cases[i].groups[j] - '0');
			most = MAX(most, groups[j]);
		}
		g_assert_cmpint(count, ==, most);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/together/part", test_part);
	return g_test_run();
}
