/*
 * ids.c -- unit test: our ids
 */
#include "gatepost/util/ids.h"

#include <string.h>

#include "gatepost/util/clock.h"

static void
test_new(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
							   g_str_equal,
							   g_free, NULL);
	gint64 before = clock_now() / 1000 * 1000;

	for (int i = 0; i < 10000; i++) {
		char id[ID_TEXT];

		id_new(id);
		g_assert_true(id_is(id));
		g_assert_cmpint(id_time(id), >=, before);
		g_assert_cmpint(id_time(id), <=, clock_now());
		g_assert_true(g_hash_table_add(seen, g_strdup(id)));
	}
}

static void
test_order(void)
{
	char first[ID_TEXT], second[ID_TEXT];

	id_new(first);
	g_usleep(2000);
	id_new(second);
	g_assert_cmpstr(first, <, second);
}

static const struct {
	const char *name, *text;
	bool is;
} cases[] = {
	{ "one of ours", "01KAJ8ZQ5VABCDEFGHJKMNPQRS", true },
	{ "the largest", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", true },
	{ "a time beyond 48 bits", "80000000000000000000000000", false },
	{ "small letters", "01kaj8zq5vabcdefghjkmnpqrs", false },
	{ "a letter that looks like a digit", "01KAJ8ZQ5VABCDEFGHIJKMNPQR",
	  false },
	{ "too short", "01KAJ8ZQ5VABCDEFGHJKMNPQR", false },
	{ "too long", "01KAJ8ZQ5VABCDEFGHJKMNPQRSS", false },
	{ "a slash", "01KAJ8ZQ5VABCDEFGHJKMNPQR/", false },
	{ "nothing", "", false },
	{ "none", NULL, false },
};

static void
test_is(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(id_is(cases[i].text), ==, cases[i].is);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ids/new", test_new);
	g_test_add_func("/ids/order", test_order);
	g_test_add_func("/ids/is", test_is);
	return g_test_run();
}
