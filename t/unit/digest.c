/*
 * digest.c -- unit test: when a digest is due
 */
#include "gatepost/service/digest.h"

#include "gatepost/util/clock.h"

/* 2026-11-22 is a Sunday; clocks of Paris went back on 2026-10-25 and forth
 * on 2026-03-29, at 01:00 UTC. */
static const struct {
	const char *name;
	enum digest_every every;
	gint64 hour;
	int weekday;
	const char *zone, *now, *slot;
} cases[] = {
	{ "daily, after the hour", DIGEST_DAY, 7, 0, "UTC",
	  "2026-11-22T08:30:00Z", "2026-11-22T07:00:00Z" },
	{ "at the hour", DIGEST_DAY, 7, 0, "UTC",
	  "2026-11-22T07:00:00Z", "2026-11-22T07:00:00Z" },
	{ "before it: yesterday's", DIGEST_DAY, 7, 0, "UTC",
	  "2026-11-22T06:59:59Z", "2026-11-21T07:00:00Z" },
	{ "in the tenant's zone", DIGEST_DAY, 7, 0, "Europe/Paris",
	  "2026-11-22T06:30:00Z", "2026-11-22T06:00:00Z" },
	{ "across the end of summer time", DIGEST_DAY, 7, 0, "Europe/Paris",
	  "2026-10-25T05:30:00Z", "2026-10-24T05:00:00Z" },
	{ "... after it", DIGEST_DAY, 7, 0, "Europe/Paris",
	  "2026-10-25T06:30:00Z", "2026-10-25T06:00:00Z" },
	{ "east of it, where it is tomorrow", DIGEST_DAY, 0, 0,
	  "Pacific/Auckland", "2026-11-22T12:00:00Z",
	  "2026-11-22T11:00:00Z" },
	{ "every four hours", DIGEST_HOURS, 7, 0, "UTC",
	  "2026-11-22T11:59:00Z", "2026-11-22T08:00:00Z" },
	{ "... from midnight on", DIGEST_HOURS, 7, 0, "UTC",
	  "2026-11-22T00:01:00Z", "2026-11-22T00:00:00Z" },
	{ "... in the zone", DIGEST_HOURS, 7, 0, "Asia/Kolkata",
	  "2026-11-22T02:00:00Z", "2026-11-21T22:30:00Z" },
	{ "weekly, on that day", DIGEST_WEEK, 7, 6, "UTC",
	  "2026-11-22T08:00:00Z", "2026-11-22T07:00:00Z" },
	{ "... before the hour: last week's", DIGEST_WEEK, 7, 6, "UTC",
	  "2026-11-22T06:00:00Z", "2026-11-15T07:00:00Z" },
	{ "... on another", DIGEST_WEEK, 7, 0, "UTC",
	  "2026-11-22T08:00:00Z", "2026-11-16T07:00:00Z" },
	{ "over the end of a year", DIGEST_WEEK, 7, 4, "UTC",
	  "2027-01-01T06:00:00Z", "2026-12-25T07:00:00Z" },
};

static void
test_slots(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 now, slot;
		char got[CLOCK_TEXT];

		g_test_message("%s", cases[i].name);
		g_assert_true(clock_parse(cases[i].now, "UTC", &now));
		slot = digest_slot(cases[i].every, cases[i].hour,
				   cases[i].weekday, cases[i].zone, now);
		clock_format(slot, got);
		g_assert_cmpstr(got, ==, cases[i].slot);
		g_test_message("... and it does not move until the next");
		g_assert_cmpint(digest_slot(cases[i].every, cases[i].hour,
					    cases[i].weekday, cases[i].zone,
					    slot), ==, slot);
	}
	g_assert_cmpint(digest_slot(DIGEST_NEVER, 7, 0, "UTC", 1), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/digest/slots", test_slots);
	return g_test_run();
}
