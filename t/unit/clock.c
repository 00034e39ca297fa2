/*
 * clock.c -- unit test: times and spans, read and written
 */
#include "gatepost/util/clock.h"

static const struct {
	const char *name, *text, *zone, *utc;	/* NULL: no time */
} times[] = {
	{ "a time", "2026-11-21T10:00:00Z", NULL, "2026-11-21T10:00:00Z" },
	{ "an offset", "2026-11-21T10:00:00+02:00", NULL,
	  "2026-11-21T08:00:00Z" },
	{ "a fraction", "2026-11-21T10:00:00.5Z", NULL,
	  "2026-11-21T10:00:00Z" },
	{ "small letters", "2026-11-21t10:00:00z", NULL, NULL },
	{ "a date is its end", "2026-11-21", "UTC", "2026-11-22T00:00:00Z" },
	{ "... in its zone", "2026-11-21", "Europe/Berlin",
	  "2026-11-21T23:00:00Z" },
	{ "... in summer", "2026-07-01", "Europe/Berlin",
	  "2026-07-01T22:00:00Z" },
	{ "... a day of 23 hours", "2026-03-29", "Europe/Berlin",
	  "2026-03-29T22:00:00Z" },
	{ "a leap day", "2028-02-29", "UTC", "2028-03-01T00:00:00Z" },
	{ "no leap day", "2027-02-29", "UTC", NULL },
	{ "the last date there is", "9999-12-31", "UTC",
	  "9999-12-31T00:00:00Z" },
	{ "a month too many", "2026-13-01", "UTC", NULL },
	{ "no month", "2026-00-01", "UTC", NULL },
	{ "one digit", "2026-1-01", "UTC", NULL },
	{ "a blank in front", " 026-11-21", "UTC", NULL },
	{ "a sign", "+026-11-21", "UTC", NULL },
	{ "a sign inside", "2026-+1-+1", "UTC", NULL },
	{ "text behind", "2026-11-21x", "UTC", NULL },
	{ "an hour alone", "2026-11-21T10", "UTC", NULL },
	{ "hour 25", "2026-11-21T25:00:00Z", "UTC", NULL },
	{ "no such zone", "2026-11-21", "Mars/Olympus", NULL },
	{ "a word", "never", "UTC", NULL },
	{ "nothing", "", "UTC", NULL },
};

static void
test_parse(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
		char out[CLOCK_TEXT];
		gint64 at = 0;
		bool good = clock_parse(times[i].text, times[i].zone, &at);

		g_test_message("%s: %s", times[i].name, times[i].text);
		g_assert_cmpint(good, ==, times[i].utc != NULL);
		if (good) {
			clock_format(at, out);
			g_assert_cmpstr(out, ==, times[i].utc);
		}
	}
}

static const struct {
	const char *text;
	gint64 seconds;		/* -1: no span */
} spans[] = {
	{ "90s", 90 }, { "15m", 900 }, { "12h", 43200 }, { "7d", 604800 },
	{ "2w", 1209600 }, { "0d", 0 }, { "1000000d",
	  G_GINT64_CONSTANT(86400000000) }, { "1000001d", -1 },
	{ "99999999999999999999d", -1 }, { "7", -1 }, { "d", -1 },
	{ "", -1 }, { "-7d", -1 }, { "+7d", -1 }, { "7D", -1 },
	{ "7dd", -1 }, { "7 d", -1 }, { " 7d", -1 }, { "1d12h", -1 },
	{ "7y", -1 },
};

static void
test_span(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(spans); i++) {
		gint64 span = -1;
		bool good = clock_span(spans[i].text, &span);

		g_test_message("%s", spans[i].text);
		g_assert_cmpint(good, ==, spans[i].seconds >= 0);
		if (good)
			g_assert_cmpint(span, ==,
					spans[i].seconds * CLOCK_SECOND);
	}
}

static void
test_format(void)
{
	char out[CLOCK_TEXT];

	clock_format(0, out);
	g_assert_cmpstr(out, ==, "1970-01-01T00:00:00Z");
	clock_format(CLOCK_DAY * 365 + 999999, out);
	g_assert_cmpstr(out, ==, "1971-01-01T00:00:00Z");
	clock_day(CLOCK_DAY * 365, out);
	g_assert_cmpstr(out, ==, "1971-01-01");
}

static void
test_steady(void)
{
	gint64 before = clock_steady_ms();

	g_usleep(3000);
	g_assert_cmpint(clock_steady_ms() - before, >=, 2);
	g_assert_cmpint(clock_now(), >, 1700000000 * CLOCK_SECOND);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock/parse", test_parse);
	g_test_add_func("/clock/span", test_span);
	g_test_add_func("/clock/format", test_format);
	g_test_add_func("/clock/steady", test_steady);
	return g_test_run();
}
