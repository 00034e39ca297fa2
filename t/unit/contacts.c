/*
 * contacts.c -- unit test: who wrote to whom, kept and forgotten
 */
#include "gatepost/store/contacts.h"

#include <glib/gstdio.h>

#include "gatepost/util/clock.h"

static const struct hash_key key = { 1, 2 };

struct fixture {
	char *path;
	Contacts *contacts;
	gint64 now;
};

static void
set_up(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	fixture->path = g_dir_make_tmp("contacts-XXXXXX", &error);
	g_assert_no_error(error);
	fixture->contacts = contacts_open(fixture->path, &error);
	g_assert_no_error(error);
	fixture->now = clock_now();
}

static void
tear_down(struct fixture *fixture, gconstpointer data)
{
	static const char *const parts[] = {
		"contacts.db", "contacts.db-wal", "contacts.db-shm"
	};

	(void)data;
	contacts_free(fixture->contacts);
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *file = g_build_filename(fixture->path,
							 parts[i], NULL);

		g_unlink(file);
	}
	g_rmdir(fixture->path);
	g_free(fixture->path);
}

static void
note(struct fixture *fixture, const char *tenant, const char *mailbox,
     const char *sender, gint64 at)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) error = NULL;
	gint64 pair = contacts_key(&key, tenant, mailbox, sender);
	gint64 anybody = contacts_key(&key, tenant, NULL, sender);

	g_array_append_val(keys, pair);
	g_array_append_val(keys, anybody);
	g_assert_true(contacts_note(fixture->contacts, keys, at, &error));
	g_assert_no_error(error);
}

static enum contact
find(struct fixture *fixture, const char *tenant, const char *mailbox,
     const char *sender, gint64 since, gint64 learn_days)
{
	g_autoptr(GError) error = NULL;
	enum contact contact;

	contacts_find(fixture->contacts,
		      contacts_key(&key, tenant, mailbox, sender),
		      contacts_key(&key, tenant, NULL, sender), since,
		      fixture->now, learn_days, &contact, &error);
	g_assert_no_error(error);
	return contact;
}

static const struct {
	const char *name, *tenant, *mailbox, *sender;
	gint64 days, learn;	/* looked back, and learnt for */
	enum contact contact;
} cases[] = {
	{ "the pair", "one", "a@one.example", "x@far.example", 30, 0,
	  CONTACT_KNOWN },
	{ "... while it learns", "one", "a@one.example", "x@far.example", 30,
	  7, CONTACT_KNOWN },
	{ "another mailbox", "one", "b@one.example", "x@far.example", 30, 0,
	  CONTACT_TENANTS },
	{ "... while it learns", "one", "b@one.example", "x@far.example", 30,
	  7, CONTACT_UNKNOWN },
	{ "another sender", "one", "a@one.example", "y@far.example", 30, 0,
	  CONTACT_FIRST },
	{ "another tenant", "two", "a@one.example", "x@far.example", 30, 0,
	  CONTACT_FIRST },
	{ "of old", "one", "a@one.example", "old@far.example", 30, 0,
	  CONTACT_FIRST },
	{ "... when one looks back far enough", "one", "a@one.example",
	  "old@far.example", 60, 0, CONTACT_KNOWN },
	{ "where the values join", "one", "a@one.examplex", "@far.example",
	  30, 0, CONTACT_FIRST },
};

static void
test_find(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	note(fixture, "one", "a@one.example", "x@far.example", fixture->now);
	note(fixture, "one", "a@one.example", "old@far.example",
	     fixture->now - 50 * CLOCK_DAY);
	/* An earlier day takes nothing back. */
	note(fixture, "one", "a@one.example", "x@far.example",
	     fixture->now - 50 * CLOCK_DAY);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(find(fixture, cases[i].tenant,
				     cases[i].mailbox, cases[i].sender,
				     fixture->now -
				     cases[i].days * CLOCK_DAY,
				     cases[i].learn), ==, cases[i].contact);
	}
}

static void
test_sweep(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	note(fixture, "one", "a", "x", fixture->now);
	note(fixture, "one", "a", "old", fixture->now - 50 * CLOCK_DAY);
	g_assert_true(contacts_sweep(fixture->contacts, fixture->now -
				     30 * CLOCK_DAY, &error));
	g_assert_cmpint(find(fixture, "one", "a", "x", 0, 0), ==,
			CONTACT_KNOWN);
	g_assert_cmpint(find(fixture, "one", "a", "old", 0, 0), ==,
			CONTACT_FIRST);
}

static void
test_reading(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Contacts) other = NULL, none = NULL;
	enum contact contact;
	gint64 pair = contacts_key(&key, "one", "a", "x");

	(void)data;
	other = contacts_open_reading(fixture->path, &error);
	g_assert_no_error(error);
	note(fixture, "one", "a", "x", fixture->now);
	g_assert_true(contacts_find(other, pair, pair + 1, 0, fixture->now, 0,
				    &contact, &error));
	g_assert_cmpint(contact, ==, CONTACT_KNOWN);
	none = contacts_open_reading("/nonexistent", &error);
	g_assert_no_error(error);
	g_assert_null(none);
}

/* Not an assertion on time: the figure is printed. */
static void
test_speed(struct fixture *fixture, gconstpointer data)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) error = NULL;
	enum contact contact;
	gint64 start;

	(void)data;
	for (gint64 i = 0; i < 100000; i++) {
		gint64 pair = (gint64)((guint64)i * 0x9e3779b97f4a7c15ULL);

		g_array_append_val(keys, pair);
	}
	start = g_get_monotonic_time();
	g_assert_true(contacts_note(fixture->contacts, keys, fixture->now,
				    &error));
	g_test_message("%.2f us for each of 100,000 pairs noted",
		       (double)(g_get_monotonic_time() - start) / 100000);
	start = g_get_monotonic_time();
	for (guint i = 0; i < 10000; i++)
		contacts_find(fixture->contacts,
			      g_array_index(keys, gint64, i * 7), i, 0,
			      fixture->now, 0, &contact, &error);
	g_test_message("%.2f us for a look-up",
		       (double)(g_get_monotonic_time() - start) / 10000);
	g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*test)(struct fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "/contacts/find", test_find },
		{ "/contacts/sweep", test_sweep },
		{ "/contacts/reading", test_reading },
		{ "/contacts/speed", test_speed },
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, struct fixture, NULL, set_up,
			   tests[i].test, tear_down);
	return g_test_run();
}
