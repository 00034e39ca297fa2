/*
 * held.c -- unit test: states of a held copy, and rights of its user
 */
#include "gatepost/model/held.h"
#include "gatepost/model/rights.h"

#define ADMIN ACTOR_ADMIN, 0
#define SYSTEM ACTOR_SYSTEM, 0
#define USER(right) ACTOR_USER, RIGHT_BIT(right)
#define ALL ACTOR_USER, (1 << RIGHTS) - 1

static const struct {
	const char *name;
	enum held_state from;
	enum held_verb verb;
	enum actor actor;
	int rights;
	enum held_step step;
	enum held_state to;
} cases[] = {
	{ "a user releases what he may", HELD_HELD, HELD_RELEASE,
	  USER(RIGHT_RELEASE), STEP_DONE, HELD_RELEASED },
	{ "... and not what he may not", HELD_HELD, HELD_RELEASE,
	  USER(RIGHT_REQUEST), STEP_NO_RIGHT, 0 },
	{ "... nor what was denied", HELD_DENIED, HELD_RELEASE,
	  ALL, STEP_ALREADY, 0 },
	{ "... nor what an admin is about to send", HELD_APPROVED,
	  HELD_RELEASE, ALL, STEP_ALREADY, 0 },
	{ "a user requests what he may", HELD_HELD, HELD_REQUEST,
	  USER(RIGHT_REQUEST), STEP_DONE, HELD_REQUESTED },
	{ "... once", HELD_REQUESTED, HELD_REQUEST, USER(RIGHT_REQUEST),
	  STEP_ALREADY, 0 },
	{ "... and not again when it was denied", HELD_DENIED, HELD_REQUEST,
	  USER(RIGHT_REQUEST), STEP_ALREADY, 0 },
	{ "... and not what he may only see", HELD_HELD, HELD_REQUEST,
	  USER(RIGHT_SEE), STEP_NO_RIGHT, 0 },
	{ "a user approves nothing", HELD_REQUESTED, HELD_APPROVE, ALL,
	  STEP_NOT_YOURS, 0 },
	{ "... and denies nothing", HELD_REQUESTED, HELD_DENY, ALL,
	  STEP_NOT_YOURS, 0 },
	{ "a user deletes what he may", HELD_HELD, HELD_DELETE,
	  USER(RIGHT_DELETE), STEP_DONE, HELD_DELETED },
	{ "... and not what he may not", HELD_HELD, HELD_DELETE,
	  USER(RIGHT_RELEASE), STEP_NO_RIGHT, 0 },
	{ "an admin requests for a user", HELD_HELD, HELD_REQUEST, ADMIN,
	  STEP_DONE, HELD_REQUESTED },
	{ "an admin approves a request", HELD_REQUESTED, HELD_APPROVE, ADMIN,
	  STEP_DONE, HELD_APPROVED },
	{ "... also one that was denied", HELD_DENIED, HELD_APPROVE, ADMIN,
	  STEP_DONE, HELD_APPROVED },
	{ "... and not what nobody requested", HELD_HELD, HELD_APPROVE,
	  ADMIN, STEP_ALREADY, 0 },
	{ "an admin denies a request", HELD_REQUESTED, HELD_DENY, ADMIN,
	  STEP_DONE, HELD_DENIED },
	{ "... also one that he approved and nobody sent yet", HELD_APPROVED,
	  HELD_DENY, ADMIN, STEP_DONE, HELD_DENIED },
	{ "an admin releases what is held", HELD_HELD, HELD_RELEASE, ADMIN,
	  STEP_DONE, HELD_RELEASED },
	{ "... what is requested", HELD_REQUESTED, HELD_RELEASE, ADMIN,
	  STEP_DONE, HELD_RELEASED },
	{ "... what is denied", HELD_DENIED, HELD_RELEASE, ADMIN, STEP_DONE,
	  HELD_RELEASED },
	{ "the clock releases what is approved", HELD_APPROVED, HELD_RELEASE,
	  SYSTEM, STEP_DONE, HELD_RELEASED },
	{ "... and nothing that is held", HELD_HELD, HELD_RELEASE, SYSTEM,
	  STEP_ALREADY, 0 },
	{ "the clock expires what is open", HELD_DENIED, HELD_EXPIRE, SYSTEM,
	  STEP_DONE, HELD_EXPIRED },
	{ "... but not what waits for the MTA alone", HELD_APPROVED,
	  HELD_EXPIRE, SYSTEM, STEP_ALREADY, 0 },
	{ "... which nobody else does", HELD_HELD, HELD_EXPIRE, ADMIN,
	  STEP_NOT_YOURS, 0 },
};

static void
test_steps(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum held_state to = HELD_HELD;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(held_step(cases[i].from, cases[i].verb,
					  cases[i].actor, cases[i].rights,
					  &to), ==, cases[i].step);
		if (cases[i].step == STEP_DONE)
			g_assert_cmpint(to, ==, cases[i].to);
	}
}

/* Nothing leads out of released, deleted and expired. */
static void
test_ends(void)
{
	static const enum held_state ends[] = {
		HELD_RELEASED, HELD_DELETED, HELD_EXPIRED
	};
	enum held_state to;

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_assert_false(held_is_open(ends[i]));
		for (int verb = 0; held_verbs[verb]; verb++)
			for (int actor = ACTOR_USER; actor <= ACTOR_SYSTEM;
			     actor++)
				g_assert_cmpint(held_step(ends[i],
				    (enum held_verb)verb, (enum actor)actor,
				    (1 << RIGHTS) - 1, &to), !=, STEP_DONE);
	}
	for (int state = HELD_HELD; state <= HELD_DENIED; state++)
		g_assert_true(held_is_open((enum held_state)state));
}

static const struct {
	const char *name, *word, *shown;
} words[] = {
	{ "nothing", "none", "none" },
	{ "the preset limited", "limited", "limited" },
	{ "the preset full", "full", "full" },
	{ "a right brings seeing it", "preview", "see, preview" },
	{ "seeing alone", "see", "see" },
};

static void
test_words(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		int rights = 0;
		g_autoptr(GPtrArray) single = NULL;
		g_autofree char *shown = NULL;

		g_test_message("%s", words[i].name);
		g_assert_true(rights_add(words[i].word, &rights));
		shown = rights_format(rights);
		g_assert_cmpstr(shown, ==, words[i].shown);
		single = rights_words(rights);
		g_assert_cmpint(rights_of_words(single), ==, rights);
	}
	g_assert_false(rights_add("everything", &(int){ 0 }));
}

/* What a release would let out: malware, sure phishing, a blocked file. */
static void
test_capped(void)
{
	Tenant tenant = { .name = NULL };
	int full = 0, limited = 0;

	rights_add("full", &full);
	rights_add("limited", &limited);
	for (int i = 0; i < POLICIES; i++)
		tenant.quarantine.rights[i] = full;
	for (int i = 0; i < POLICIES; i++)
		g_assert_cmpint(config_rights(&tenant, (enum policy)i), ==,
				i == POLICY_MALWARE ||
				i == POLICY_PHISH_HIGH ||
				i == POLICY_BLOCK_FILE ? limited : full);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/held/steps", test_steps);
	g_test_add_func("/held/ends", test_ends);
	g_test_add_func("/held/words", test_words);
	g_test_add_func("/held/capped", test_capped);
	return g_test_run();
}
