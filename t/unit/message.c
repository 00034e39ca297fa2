/*
 * message.c -- unit test: what a message shows, once each
 */
#include "gatepost/model/message.h"

#include "gatepost/model/facts.h"

static void
add_file(Facts *facts, const char *sha256, const char *name)
{
	File *file = fields_new(&file_fields);

	file->sha256 = g_strdup(sha256);
	g_ptr_array_add(file->names, g_strdup(name));
	g_ptr_array_add(facts->files, file);
}

static guint
count(const GPtrArray *shown, enum indicator_kind kind)
{
	guint found = 0;

	for (guint i = 0; i < shown->len; i++) {
		const Indicator *one = shown->pdata[i];

		found += one->kind == kind;
	}
	return found;
}

/* The third of its kind is compared with the first, which must still be. */
static void
test_once(void)
{
	Message message = { .sender = (char *)"" };
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(GPtrArray) shown = NULL;

	for (guint i = 0; i < 4; i++)
		add_file(facts, "aa", "a.txt");
	add_file(facts, "bb", "a.txt");
	shown = sightings(&message, facts);
	g_assert_cmpuint(count(shown, INDICATOR_FILE), ==, 2);
	g_assert_cmpuint(count(shown, INDICATOR_FILENAME), ==, 1);
}

/* However many there are. */
static void
test_many(void)
{
	Message message = { .sender = (char *)"" };
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(GPtrArray) shown = NULL;

	for (guint i = 0; i < 600; i++) {
		g_autofree char *sha256 = g_strdup_printf("%03u", i % 200);
		g_autofree char *name = g_strdup_printf("%03u.txt", i % 100);

		add_file(facts, sha256, name);
	}
	shown = sightings(&message, facts);
	g_assert_cmpuint(count(shown, INDICATOR_FILE), ==, 200);
	g_assert_cmpuint(count(shown, INDICATOR_FILENAME), ==, 100);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/message/once", test_once);
	g_test_add_func("/message/once-of-many", test_many);
	return g_test_run();
}
