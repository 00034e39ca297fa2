/*
 * upstream.c -- unit test: header fields of filters that stand before us
 */
#include "gatepost/policy/upstream.h"

static const struct {
	const char *name, *field, *value;
	double line;		/* configured */
	/* "CATEGORY CONFIDENCE SCORE/THRESHOLD"; "-" is nothing said */
	const char *says;
} cases[] = {
	{ "SpamAssassin's spam", "X-Spam-Status", "Yes, score=7.1 "
	  "required=5.0 tests=BAYES_99,HTML_MESSAGE autolearn=no", 0,
	  "spam normal 7.10/5.00" },
	{ "... below the line", "X-Spam-Status", "No, score=4.9 required=5.0 "
	  "tests=BAYES_99 autolearn=no", 0, "- 4.90/5.00" },
	{ "... below its line and at ours", "X-Spam-Status",
	  "No, score=4.9 required=5.0 tests=A", 4.5,
	  "spam normal 4.90/4.50" },
	{ "... phishing", "X-Spam-Status", "Yes, score=9 required=5 tests="
	  "BAYES_99,URI_PHISH autolearn=no version=4.0", 0,
	  "phish normal 9.00/5.00" },
	{ "... a rule of phishing alone", "X-Spam-Status",
	  "No, score=1 required=5 tests=URI_PHISH", 0, "- 1.00/5.00" },
	{ "... folded tests", "X-Spam-Status", "Yes, score=9 required=5 "
	  "tests=BAYES_99,\tURI_PHISH autolearn=no", 0,
	  "phish normal 9.00/5.00" },
	{ "... what stands behind the tests is no rule", "X-Spam-Status",
	  "Yes, score=9 required=5 tests=A autolearn=no URI_PHISH", 0,
	  "spam normal 9.00/5.00" },
	{ "... a negative score", "X-Spam-Status",
	  "No, score=-2.1 required=5.0 tests=A", 5, "- -2.10/5.00" },
	{ "a flag", "X-Spam-Flag", "YES", 0, "spam normal -/-" },
	{ "... that is down", "X-Spam-Flag", "NO", 0, "- -/-" },
	{ "a bare score", "X-Spam-Score", "12.5", 6, "spam normal 12.50/6.00" },
	{ "... with its threshold", "X-Spam-Score", "3 / 6", 0, "- 3.00/6.00" },
	{ "rspamd's spam", "X-Spamd-Result", "default: True [16.20 / 15.00]; "
	  "BAYES_SPAM(5.10)[100.00%]; R_SPF_FAIL(1.00)[-all]", 0,
	  "spam normal 16.20/15.00" },
	{ "... below its line and at ours", "X-Spamd-Result",
	  "default: False [7.00 / 15.00]; A(1.00)[]", 6,
	  "spam normal 7.00/6.00" },
	{ "... phishing", "X-Spamd-Result", "default: True [20.00 / 15.00]; "
	  "A(1.00)[]; PHISHING(4.00)[a.example->b.example]", 0,
	  "phish normal 20.00/15.00" },
	{ "... another's list of phishing", "X-Spamd-Result",
	  "default: True [20.00 / 15.00]; PHISHED_OPENPHISH(7.00)[x]", 0,
	  "phish normal 20.00/15.00" },
	{ "... a rule's options are not rules", "X-Spamd-Result",
	  "default: True [20.00 / 15.00]; A(1.00)[; PHISHING(9.00)]", 0,
	  "spam normal 20.00/15.00" },
	{ "... a rule that speaks for it", "X-Spamd-Result",
	  "default: True [20.00 / 15.00]; NO_PHISH(-1.00)[]", 0,
	  "spam normal 20.00/15.00" },
	{ "... malware", "X-Spamd-Result", "default: False [1.00 / 15.00]; "
	  "CLAM_VIRUS(0.00)[Eicar-Signature]", 0,
	  "malware normal 1.00/15.00" },
	{ "... malware goes before phishing", "X-Spamd-Result",
	  "default: True [20.00 / 15.00]; PHISHING(4.00)[]; "
	  "DBL_MALWARE(7.00)[x]", 0, "malware normal 20.00/15.00" },
	{ "... bulk", "X-Spamd-Result", "default: False [2.00 / 15.00]; "
	  "PRECEDENCE_BULK(0.00)[]", 0, "bulk normal 2.00/15.00" },
	{ "... bulk that is spam", "X-Spamd-Result", "default: True [16.00 / "
	  "15.00]; PRECEDENCE_BULK(0.00)[]", 0, "spam normal 16.00/15.00" },
	{ "an infected one", "X-Virus-Status", "Infected (Eicar-Test)", 0,
	  "malware high -/-" },
	{ "... without a name", "X-Virus-Status", "Infected", 0,
	  "malware high -/-" },
	{ "a clean one", "X-Virus-Status", "Clean", 0, "- -/-" },
	{ "an infectedness", "X-Virus-Status", "InfectedNot", 0, "- -/-" },
	{ "nothing", "X-Spam-Status", "", 5, "- -/5.00" },
};

static char *
number(bool is, double value)
{
	return is ? g_strdup_printf("%.2f", value) : g_strdup("-");
}

static void
run(guint i)
{
	Upstream upstream = { .name = (char *)"up",
			      .score = cases[i].line };
	Config config = { .refs = 1 };
	Field field = { (char *)cases[i].field, (char *)cases[i].value, 1 };
	struct upstream_word word;
	g_autofree char *score = NULL, *threshold = NULL, *says = NULL;

	upstream.headers = g_ptr_array_new();
	g_ptr_array_add(upstream.headers, (char *)cases[i].field);
	config.upstreams = g_ptr_array_new();
	g_ptr_array_add(config.upstreams, &upstream);
	word = upstream_read(&config, &field);
	score = number(word.has_score, word.score);
	threshold = number(word.threshold > 0, word.threshold);
	says = g_strdup_printf("%s%s%s %s/%s", word.is_said ?
			       categories[word.category] : "-",
			       word.is_said ? " " : "", word.is_said ?
			       confidences[word.confidence] : "", score,
			       threshold);
	g_assert_cmpstr(says, ==, cases[i].says);
	field.name = (char *)"X-Other";
	g_assert_null(upstream_read(&config, &field).upstream);
	g_ptr_array_free(config.upstreams, TRUE);
	g_ptr_array_free(upstream.headers, TRUE);
}

static void
test_fields(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		run(i);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/upstream/fields", test_fields);
	return g_test_run();
}
