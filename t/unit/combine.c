/*
 * combine.c -- what analysts say together, by rule
 */
#include "gatepost/analysts/combine.h"

#include <string.h>

/* A letter each: c b s p m u, the verdicts; "." waits, "x" was refused, "g"
 * was given up, "G" the same but had it. */
static const struct {
	const char *name;
	enum combine rule;
	const char *attempts;
	bool is_over;
	enum verdict verdict;
} cases[] = {
	{ "nobody asked is over", COMBINE_MAJORITY, "", true, VERDICT_NONE },
	{ "one who waits holds it open", COMBINE_MAJORITY, "c.", false,
	  VERDICT_CLEAN },
	{ "all refused: nobody said anything", COMBINE_MAJORITY, "xg", true,
	  VERDICT_NONE },
	{ "who had it and said nothing does not know", COMBINE_MAJORITY,
	  "xG", true, VERDICT_UNKNOWN },
	{ "most win", COMBINE_MAJORITY, "css", true, VERDICT_SPAM },
	{ "a tie is unknown", COMBINE_MAJORITY, "cs", true,
	  VERDICT_UNKNOWN },
	{ "three ways are a tie", COMBINE_MAJORITY, "csp", true,
	  VERDICT_UNKNOWN },
	{ "who does not know has no vote", COMBINE_MAJORITY, "uup", true,
	  VERDICT_PHISH },
	{ "nobody knows", COMBINE_MAJORITY, "uu", true, VERDICT_UNKNOWN },
	{ "a refusal has no vote", COMBINE_MAJORITY, "xxb", true,
	  VERDICT_BULK },
	{ "malware is enough", COMBINE_ANY_MALWARE, "ccm", true,
	  VERDICT_MALWARE },
	{ "... and waits for nobody", COMBINE_ANY_MALWARE, "m.", true,
	  VERDICT_MALWARE },
	{ "phish is not", COMBINE_ANY_MALWARE, "ccp", true, VERDICT_CLEAN },
	{ "a majority can be wrong about malware", COMBINE_MAJORITY, "ccm",
	  true, VERDICT_CLEAN },
	{ "the first decides", COMBINE_FIRST, "scc", true, VERDICT_SPAM },
	{ "... and waits for nobody", COMBINE_FIRST, ".c.", true,
	  VERDICT_CLEAN },
	{ "the first to be sure", COMBINE_FIRST, "up", true, VERDICT_PHISH },
	{ "nobody is sure yet", COMBINE_FIRST, "u.", false,
	  VERDICT_UNKNOWN },
};

static void
add(Submission *one, char letter, guint i)
{
	static const char letters[] = "-cbspmu";
	const char *at = strchr(letters, letter);
	g_autofree char *name = g_strdup_printf("a%u", i);
	Attempt *attempt = submission_attempt(one, name);

	attempt->answered = 100 + i;
	attempt->state = at ? ATTEMPT_ANSWERED : letter == '.' ?
	    ATTEMPT_SENT : letter == 'x' ? ATTEMPT_REFUSED :
	    ATTEMPT_GIVEN_UP;
	attempt->verdict = at ? (int)(at - letters) : letter == 'G' ?
	    VERDICT_UNKNOWN : VERDICT_NONE;
}

static void
try(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(Submission) one = submission_new();
	struct combined got;

	for (guint j = 0; cases[i].attempts[j]; j++)
		add(one, cases[i].attempts[j], j);
	got = combine(one->attempts, cases[i].rule);
	g_assert_cmpint(got.is_over, ==, cases[i].is_over);
	g_assert_cmpstr(verdicts[got.verdict], ==,
			verdicts[cases[i].verdict]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/combine/%02u %s",
							i, cases[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), try);
	}
	return g_test_run();
}
