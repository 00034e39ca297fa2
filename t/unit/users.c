/*
 * users.c -- unit test: values of a user's lists, names of maps, and the
 * store of the lists
 */
#include "gatepost/lists/users.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "gatepost/model/mapname.h"
#include "gatepost/store/users.h"

static const struct {
	const char *name, *raw, *safe, *block;	/* NULL: refused */
} normals[] = {
	{ "an address", "A@B.Example", "a@b.example", "a@b.example" },
	{ "a name with it", "\"J, D\" <a@b.example>", "a@b.example",
	  "a@b.example" },
	{ "a domain", "B.Example", "b.example", "b.example" },
	{ "all below it", "*.b.example", "*.b.example", "*.b.example" },
	{ "as others write a domain", "@b.example", "b.example",
	  "b.example" },
	{ "... or so", "*@b.example", "b.example", "b.example" },
	{ "an IDN", "b\303\274cher.example", "xn--bcher-kva.example",
	  "xn--bcher-kva.example" },
	{ "an EAI address", "k\303\266ln@b.example", "k\303\266ln@b.example",
	  "k\303\266ln@b.example" },
	{ "a public suffix", "co.uk", NULL, NULL },
	{ "... and below", "*.com", NULL, NULL },
	{ "a host's suffix may be blocked", "*.github.io", NULL,
	  "*.github.io" },
	{ "an address there", "a@github.io", "a@github.io", "a@github.io" },
	{ "nothing", "", NULL, NULL },
	{ "a word and blanks", "no address", NULL, NULL },
	{ "a regular expression", "/x/", NULL, NULL },
	{ "an IP address", "192.0.2.1", NULL, NULL },
	{ "the null sender", "<>", NULL, NULL },
	{ "no UTF-8", "\377@b.example", NULL, NULL },
};

static void
test_normal(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(normals); i++)
		for (int list = USER_SAFE; list <= USER_BLOCK; list++) {
			g_autoptr(GError) error = NULL;
			g_autofree char *got = user_value_normal(
			    (enum user_list)list, normals[i].raw, &error);

			g_test_message("%s, %s", normals[i].name,
				       user_lists[list]);
			g_assert_cmpstr(got, ==, list == USER_SAFE ?
					normals[i].safe : normals[i].block);
			g_assert_true((got == NULL) == (error != NULL));
		}
}

static const struct {
	const char *name, *value, *address;
	bool covers;
} covers[] = {
	{ "an address itself", "a@b.example", "a@b.example", true },
	{ "... no other", "a@b.example", "aa@b.example", false },
	{ "a domain its addresses", "b.example", "a@b.example", true },
	{ "... not those below", "b.example", "a@c.b.example", false },
	{ "... nor what ends so", "b.example", "a@ab.example", false },
	{ "a star the domain", "*.b.example", "a@b.example", true },
	{ "... and all below", "*.b.example", "a@d.c.b.example", true },
	{ "... not what ends so", "*.b.example", "a@ab.example", false },
	{ "... nor above", "*.b.example", "a@example", false },
	{ "no domain", "b.example", "a", false },
};

/* Each value that covers is among those that are looked up, and no other. */
static void
test_covers(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(covers); i++) {
		g_autoptr(GPtrArray) values =
		    g_ptr_array_new_with_free_func(g_free);

		g_test_message("%s", covers[i].name);
		g_assert_cmpint(user_value_covers(covers[i].value,
						  covers[i].address), ==,
				covers[i].covers);
		user_values_of(covers[i].address, values);
		g_assert_cmpint(g_ptr_array_find_with_equal_func(
		    values, covers[i].value, g_str_equal, NULL), ==,
		    covers[i].covers);
	}
}

static void
test_narrowness(void)
{
	static const char *const narrow_first[] = {
		"a@b.example", "b.example", "*.d.c.b.example",
		"*.c.b.example", "*.b.example", "*.example"
	};

	for (guint i = 1; i < G_N_ELEMENTS(narrow_first); i++)
		g_assert_cmpint(user_value_narrowness(narrow_first[i - 1]),
				>, user_value_narrowness(narrow_first[i]));
}

static const struct {
	const char *name, *text;
	int kind;		/* -1: refused */
	const char *path, *host, *port, *map;
} maps[] = {
	{ "a file", "file:/etc/users", MAP_FILE, "/etc/users", NULL, NULL,
	  NULL },
	{ "a relative one", "file:users", -1, NULL, NULL, NULL, NULL },
	{ "a Unix socket", "socketmap:unix:/run/a:b:name", MAP_SOCKETMAP,
	  "/run/a:b", NULL, NULL, "name" },
	{ "... without a name", "socketmap:unix:/run/a:", -1, NULL, NULL,
	  NULL, NULL },
	{ "a port", "socketmap:inet:localhost:99:n", MAP_SOCKETMAP, NULL,
	  "localhost", "99", "n" },
	{ "... of IPv6", "socketmap:inet:[::1]:99:n", MAP_SOCKETMAP, NULL,
	  "::1", "99", "n" },
	{ "... without a name", "socketmap:inet:localhost:99", -1, NULL,
	  NULL, NULL, NULL },
	{ "a broken bracket", "socketmap:inet:[::1:99:n", -1, NULL, NULL,
	  NULL, NULL },
	{ "a command", "command:/bin/x 'a b' %s", MAP_COMMAND, NULL, NULL,
	  NULL, NULL },
	{ "no command", "command:", -1, NULL, NULL, NULL, NULL },
	{ "an open quote", "command:/bin/x 'a", -1, NULL, NULL, NULL, NULL },
	{ "another kind", "hash:/etc/aliases", -1, NULL, NULL, NULL, NULL },
	{ "nothing", "", -1, NULL, NULL, NULL, NULL },
};

static void
test_maps(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(maps); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(MapName) map = map_name_parse(maps[i].text,
							&error);

		g_test_message("%s", maps[i].name);
		g_assert_cmpint(map ? (int)map->kind : -1, ==, maps[i].kind);
		g_assert_true((map == NULL) == (error != NULL));
		if (!map)
			continue;
		g_assert_cmpstr(map->path, ==, maps[i].path);
		g_assert_cmpstr(map->host, ==, maps[i].host);
		g_assert_cmpstr(map->port, ==, maps[i].port);
		g_assert_cmpstr(map->name, ==, maps[i].map);
	}
}

static GPtrArray *
some(guint count)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)user_entry_free);

	for (guint i = 0; i < count; i++) {
		g_autofree char *value = g_strdup_printf("s%u@b.example", i);
		UserEntry *entry = user_entry_new(USER_BLOCK, value);

		entry->how = g_strdup("import");
		entry->by = g_strdup("tester");
		g_ptr_array_add(entries, entry);
	}
	return entries;
}

/* What the mail path does; how long it takes is told, with -m perf. */
static void
test_store(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = g_dir_make_tmp("gatepost-XXXXXX", &error);
	g_autofree char *file = g_build_filename(folder, "state.db", NULL);
	g_autoptr(UserStore) store = users_open(folder, &error);
	g_autoptr(GPtrArray) entries = some(50000);
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) deeds = g_array_new(FALSE, FALSE, sizeof(int));
	guint rounds = g_test_perf() ? 100000 : 100;

	g_assert_no_error(error);
	g_assert_true(users_add(store, "t", "u@x.example", entries, deeds,
				&error));
	g_assert_cmpuint(deeds->len, ==, 50000);
	user_values_of("s4711@b.example", values);
	g_test_timer_start();
	for (guint i = 0; i < rounds; i++) {
		g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)user_entry_free);

		g_assert_true(users_find(store, "t", "u@x.example", values,
					 found, &error));
		g_assert_cmpuint(found->len, ==, 1);
	}
	g_test_message("%.1f us for a look-up among 50,000",
		       g_test_timer_elapsed() * 1e6 / rounds);
	g_clear_pointer(&store, users_free);
	g_unlink(file);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/users/normal", test_normal);
	g_test_add_func("/users/covers", test_covers);
	g_test_add_func("/users/narrowness", test_narrowness);
	g_test_add_func("/users/maps", test_maps);
	g_test_add_func("/users/store", test_store);
	return g_test_run();
}
