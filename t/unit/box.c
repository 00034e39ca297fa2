/*
 * box.c -- unit test: the same item put again, after crashes at each step
 */
#include "gatepost/store/box.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"

#define STATE "new"
#define JSON "{\"a\":1}\n"
#define OCTETS "the octets\n"

/* What a crash in a put of it left; ID stands for the item's. */
static const struct {
	const char *name;
	const char *left[4];	/* files, ends with NULL */
} cases[] = {
	{ "nothing", { NULL } },
	{ "octets in tmp", { "tmp/ID.eml" } },
	{ "both in tmp", { "tmp/ID.eml", "tmp/ID.json" } },
	{ "octets that have their name", { STATE "/ID.eml", "tmp/ID.json" } },
	{ "octets whose JSON is gone", { STATE "/ID.eml" } },
};

static const char *const states[] = { STATE, "done", NULL };

static void
leave(const char *folder, const char *name, const char *id)
{
	g_auto(GStrv) parts = g_strsplit(name, "ID", 2);
	g_autofree char *path = g_strconcat(folder, "/box/", parts[0], id,
					    parts[1], NULL);

	g_assert_true(g_file_set_contents(path, "half", -1, NULL));
}

/* FOLDER and what is in it, which is ours. */
static void
remove_all(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			remove_all(path);
		else
			unlink(path);
	}
	rmdir(folder);
}

static bool
put(Box *box, const char *id)
{
	g_autoptr(GError) error = NULL;
	int fd = file_memory(OCTETS, strlen(OCTETS), &error);
	bool good = fd >= 0 && box_put(box, STATE, id, fd, strlen(OCTETS),
				       JSON, &error);

	if (fd >= 0)
		close(fd);
	g_assert_no_error(error);
	return good;
}

static void
test_again(void)
{
	g_autofree char *folder = g_dir_make_tmp("box-XXXXXX", NULL);
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(Box) box = box_open(at, "box", states, NULL);

	g_assert_nonnull(box);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *json = NULL, *octets = NULL;
		char id[ID_TEXT];
		gsize size = 0;
		int fd;

		g_test_message("%s", cases[i].name);
		id_new(id);
		for (const char *const *left = cases[i].left; *left; left++)
			leave(folder, *left, id);
		g_assert_true(put(box, id));
		json = box_json(box, STATE, id, NULL);
		g_assert_cmpstr(json, ==, JSON);
		fd = box_octets(box, STATE, id, &size, NULL);
		g_assert_cmpint(fd, >=, 0);
		octets = file_get_fd(fd, size, NULL);
		close(fd);
		g_assert_cmpmem(octets, size, OCTETS, strlen(OCTETS));
		/* A writer may still be at it: it is the sweep's, later. */
		g_assert_cmpuint(box_sweep(box), ==, 0);
	}
	close(at);
	remove_all(folder);
}

static void
test_twice(void)
{
	g_autofree char *folder = g_dir_make_tmp("box-XXXXXX", NULL);
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(Box) box = box_open(at, "box", states, NULL);
	g_autoptr(GPtrArray) ids = NULL;
	g_autofree char *tmp = g_strconcat(folder, "/box/tmp", NULL);
	g_autoptr(GDir) left = NULL;
	char id[ID_TEXT];

	id_new(id);
	g_assert_true(put(box, id));
	g_assert_true(put(box, id));
	ids = box_list(box, STATE);
	g_assert_cmpuint(ids->len, ==, 1);
	left = g_dir_open(tmp, 0, NULL);
	g_assert_null(g_dir_read_name(left));
	close(at);
	remove_all(folder);
}

/* A crash between the two renames of a move: octets here, JSON there. */
static void
test_join(void)
{
	g_autofree char *folder = g_dir_make_tmp("box-XXXXXX", NULL);
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(Box) box = box_open(at, "box", states, NULL);
	g_autofree char *from = NULL, *to = NULL;
	char id[ID_TEXT];
	gsize size = 0;
	int fd;

	id_new(id);
	g_assert_true(put(box, id));
	g_assert_true(put(box, "0123456789ABCDEFGHJKMNPQRS"));
	from = g_strdup_printf("%s/box/" STATE "/%s.json", folder, id);
	to = g_strdup_printf("%s/box/done/%s.json", folder, id);
	g_assert_cmpint(rename(from, to), ==, 0);
	fd = box_octets(box, "done", id, &size, NULL);
	g_assert_cmpint(fd, <, 0);
	box_join(box, STATE);
	fd = box_octets(box, "done", id, &size, NULL);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpuint(size, ==, strlen(OCTETS));
	close(fd);
	/* What is whole stays where it is. */
	fd = box_octets(box, STATE, "0123456789ABCDEFGHJKMNPQRS", &size, NULL);
	g_assert_cmpint(fd, >=, 0);
	close(fd);
	close(at);
	remove_all(folder);
}

/* The octets go alone, twice without harm, and a sweep leaves the rest. */
static void
test_strip(void)
{
	g_autofree char *folder = g_dir_make_tmp("box-XXXXXX", NULL);
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(Box) box = box_open(at, "box", states, NULL);
	g_autofree char *json = NULL;
	g_autoptr(GError) error = NULL;
	char id[ID_TEXT];
	gsize size;

	id_new(id);
	g_assert_true(put(box, id));
	for (guint i = 0; i < 2; i++)
		g_assert_true(box_strip(box, STATE, id, NULL));
	box_sweep(box);
	g_assert_cmpint(box_octets(box, STATE, id, &size, &error), <, 0);
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	json = box_json(box, STATE, id, NULL);
	g_assert_cmpstr(json, ==, JSON);
	g_assert_true(box_remove(box, STATE, id, NULL));
	close(at);
	remove_all(folder);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/box/put-after-a-crash", test_again);
	g_test_add_func("/box/put-twice", test_twice);
	g_test_add_func("/box/join", test_join);
	g_test_add_func("/box/strip", test_strip);
	return g_test_run();
}
