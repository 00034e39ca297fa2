/*
 * listfile.c -- unit test: list files, read and edited
 */
#include "gatepost/lists/listfile.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gatepost/bounds.h"

static char *folder;

static char *
put(const char *name, const char *text, gssize length)
{
	char *path = g_build_filename(folder, name, NULL);

	g_assert_true(g_file_set_contents(path, text, length, NULL));
	return path;
}

static GPtrArray *
entries_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
}

static GPtrArray *
notes_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)
					      list_note_free);
}

/* Read TEXT as a list; the values of its entries and its notes, in words. */
static char *
read_text(const char *text, gssize length, bool *good)
{
	g_autofree char *path = put("read.list", text, length);
	g_autoptr(GPtrArray) entries = entries_new();
	g_autoptr(GPtrArray) notes = notes_new();
	GString *out = g_string_new(NULL);

	*good = listfile_read(path, "t", "UTC", entries, notes);
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];

		g_string_append_printf(out, "%u:%s ", entry->line,
				       entry->indicator->value);
		g_assert_cmpstr(entry->file, ==, path);
	}
	for (guint i = 0; i < notes->len; i++) {
		const struct list_note *note = notes->pdata[i];

		g_string_append_printf(out, "%u:%s ", note->line,
				       note->is_error ? "error" : "warning");
		g_assert_cmpstr(note->file, ==, path);
		g_assert_true(*note->text);
	}
	return g_string_free(out, FALSE);
}

static const struct {
	const char *name, *text, *found;
	gssize length;
	bool good;
} texts[] = {
	{ "an empty file", "", "", -1, true },
	{ "comments and entries", "# x\n\nblock sender a.example\n"
	  "block ip 192.0.2.1 # y\n", "3:a.example 4:192.0.2.1 ", -1, true },
	{ "no line end at the end", "block sender a.example",
	  "1:a.example ", -1, true },
	{ "line ends of another system", "block sender a.example\r\n\r\n"
	  "block sender b.example\r\n", "1:a.example 3:b.example ", -1,
	  true },
	{ "a byte order mark", "\xef\xbb\xbf" "block sender a.example\n",
	  "1:a.example ", -1, true },
	{ "an error, and what is right", "block sender a.example\nblok\n"
	  "block sender b.example\n", "1:a.example 3:b.example 2:error ", -1,
	  false },
	{ "a warning", "block url *.a.example\n", "1:*.a.example 1:warning ",
	  -1, true },
	{ "a NUL", "block sender a.example\0x\n", "1:error ", 25, false },
	{ "no UTF-8", "block name \"\xff\"\n", "1:error ", -1, false },
	{ "an old Macintosh", "block sender a.example\rblock ip 1.2.3.4\r",
	  "1:error ", -1, false },
	{ "the same twice", "block sender a.example note=x\n"
	  "block sender A.example\n",
	  "1:a.example 2:a.example 2:warning ", -1, true },
};

static void
test_read(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		bool good;
		g_autofree char *found = read_text(texts[i].text,
						   texts[i].length, &good);

		g_test_message("%s", texts[i].name);
		g_assert_cmpstr(found, ==, texts[i].found);
		g_assert_cmpint(good, ==, texts[i].good);
	}
}

static void
test_many_errors(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *path = NULL;
	g_autoptr(GPtrArray) entries = entries_new();
	g_autoptr(GPtrArray) notes = notes_new();
	const struct list_note *last;

	for (int i = 0; i < BOUND_LIST_ERRORS + 23; i++)
		g_string_append(text, "blok\n");
	path = put("many.list", text->str, -1);
	g_assert_false(listfile_read(path, "t", NULL, entries, notes));
	g_assert_cmpuint(notes->len, ==, BOUND_LIST_ERRORS + 1);
	last = notes->pdata[BOUND_LIST_ERRORS];
	g_assert_true(last->is_error);
	g_assert_cmpstr(last->text, ==, "23 more errors not named");
}

static void
test_unreadable(void)
{
	g_autofree char *none = g_build_filename(folder, "none", NULL);
	const char *const paths[] = { none, folder, "/dev/null" };

	for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autoptr(GPtrArray) entries = entries_new();
		g_autoptr(GPtrArray) notes = notes_new();

		g_assert_false(listfile_read(paths[i], "t", NULL, entries,
					     notes));
		g_assert_cmpuint(notes->len, ==, 1);
		g_assert_true(((struct list_note *)
			       notes->pdata[0])->is_error);
	}
}

static const struct {
	const char *name, *text;
	bool managed;
} firsts[] = {
	{ "the marker", "# gatepost: managed\nblock ...\n", true },
	{ "the marker alone", "# gatepost: managed", true },
	{ "with blanks", "# gatepost: managed \t\r\n", true },
	{ "behind a byte order mark", "\xef\xbb\xbf# gatepost: managed\n",
	  true },
	{ "in the second line", "\n# gatepost: managed\n", false },
	{ "with more words", "# gatepost: managed by hand\n", false },
	{ "an empty file", "", false },
	{ "another line", "# A list\n", false },
};

static void
test_managed(void)
{
	g_autofree char *none = g_build_filename(folder, "none", NULL);

	g_assert_false(listfile_is_managed(none));
	g_assert_false(listfile_is_managed(folder));
	for (guint i = 0; i < G_N_ELEMENTS(firsts); i++) {
		g_autofree char *path = put("first.list", firsts[i].text,
					    -1);

		g_test_message("%s", firsts[i].name);
		g_assert_cmpint(listfile_is_managed(path), ==,
				firsts[i].managed);
	}
}

static void
check_text(const char *path, const char *expected)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, expected);
}

static void
test_make(void)
{
	g_autofree char *path = g_build_filename(folder, "made.list", NULL);
	g_autoptr(GError) error = NULL;
	struct stat st;

	g_assert_true(listfile_append(path, "block sender a.example",
				      &error));
	check_text(path, "# gatepost: managed\nblock sender a.example\n");
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0640);
}

static bool
take_out(const char *path, guint line, const char *text, GError **error)
{
	const struct list_line one = { line, text };

	return listfile_take_out(path, &one, 1, error);
}

static void
test_edit(void)
{
	static const char start[] = "# gatepost: managed\r\n"
	    "#  a comment\t \r\n\nblock sender a.example # x\r\n"
	    "block name \"\xff\"\nblock sender b.example";
	g_autofree char *path = put("edit.list", start, -1);
	g_autoptr(GError) error = NULL;
	struct stat st;

	g_assert_cmpint(chmod(path, 0604), ==, 0);
	g_assert_true(listfile_append(path, "block ip 192.0.2.1", &error));
	check_text(path, "# gatepost: managed\r\n"
		   "#  a comment\t \r\n\nblock sender a.example # x\r\n"
		   "block name \"\xff\"\nblock sender b.example\n"
		   "block ip 192.0.2.1\n");
	g_assert_true(take_out(path, 4,
					"block sender a.example # x",
					&error));
	g_assert_true(take_out(path, 6, "block ip 192.0.2.1",
					&error));
	check_text(path, "# gatepost: managed\r\n#  a comment\t \r\n\n"
		   "block name \"\xff\"\nblock sender b.example\n");
	g_assert_cmpint(stat(path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0604);
}

/* All of several lines go, or none. */
static void
test_many(void)
{
	static const char start[] = "# gatepost: managed\nblock ip 192.0.2.1\n"
	    "block ip 192.0.2.2\nblock ip 192.0.2.3\n";
	g_autofree char *path = put("many.list", start, -1);
	const struct list_line good[] = {
		{ 2, "block ip 192.0.2.1" }, { 4, "block ip 192.0.2.3" },
	};
	const struct list_line bad[] = {
		{ 2, "block ip 192.0.2.1" }, { 4, "block ip 192.0.2.4" },
	};

	g_assert_false(listfile_take_out(path, bad, 2, NULL));
	check_text(path, start);
	g_assert_true(listfile_take_out(path, good, 2, NULL));
	check_text(path, "# gatepost: managed\nblock ip 192.0.2.2\n");
}

static void
test_refused(void)
{
	static const char ours[] = "# gatepost: managed\nblock ip 192.0.2.1";
	static const char theirs[] = "# by hand\nblock ip 192.0.2.1\n";
	g_autofree char *managed = put("ours.list", ours, -1);
	g_autofree char *other = put("theirs.list", theirs, -1);
	g_autofree char *link = g_build_filename(folder, "link.list", NULL);
	g_autofree char *nowhere = g_build_filename(folder, "no", "x.list",
						    NULL);
	g_autofree char *none = g_build_filename(folder, "none", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(symlink("ours.list", link), ==, 0);
	g_assert_false(listfile_append(other, "# x", &error));
	g_assert_nonnull(strstr(error->message, "not ours to edit"));
	g_assert_false(listfile_append(link, "# x", NULL));
	g_assert_false(listfile_append(nowhere, "# x", NULL));
	g_assert_false(listfile_append(managed, "# x\n# y", NULL));
	g_assert_false(listfile_append(managed, "# x\r", NULL));
	g_assert_false(take_out(none, 2, "# x", NULL));
	g_assert_false(take_out(other, 2, "block ip 192.0.2.1",
					 NULL));
	g_clear_error(&error);
	g_assert_false(take_out(managed, 2, "block ip 192.0.2.2",
					 &error));
	g_assert_nonnull(strstr(error->message, "has changed"));
	g_assert_false(take_out(managed, 1, "# gatepost: managed",
					 NULL));
	g_assert_false(take_out(managed, 0, "", NULL));
	g_assert_false(take_out(managed, 3, "", NULL));
	g_assert_false(take_out(managed, G_MAXUINT, "", NULL));
	check_text(managed, ours);
	check_text(other, theirs);
}

/* Four writers at once: no line is lost. */
static void
test_together(void)
{
	g_autofree char *path = g_build_filename(folder, "many.list", NULL);
	g_autoptr(GPtrArray) entries = entries_new();
	g_autoptr(GPtrArray) notes = notes_new();
	int status;

	g_unlink(path);
	for (int i = 0; i < 4; i++) {
		if (fork() != 0)
			continue;
		for (int j = 0; j < 25; j++) {
			g_autofree char *line =
			    g_strdup_printf("block ip 192.0.%d.%d", i, j);

			if (!listfile_append(path, line, NULL))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		g_assert_cmpint(wait(&status), >, 0);
		g_assert_cmpint(status, ==, 0);
	}
	g_assert_true(listfile_read(path, "t", NULL, entries, notes));
	g_assert_cmpuint(entries->len, ==, 100);
}

static void
folder_remove(void)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
	g_free(folder);
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	umask(022);
	folder = g_dir_make_tmp("gatepost-listfile-XXXXXX", NULL);
	g_test_add_func("/listfile/read", test_read);
	g_test_add_func("/listfile/many-errors", test_many_errors);
	g_test_add_func("/listfile/unreadable", test_unreadable);
	g_test_add_func("/listfile/managed", test_managed);
	g_test_add_func("/listfile/make", test_make);
	g_test_add_func("/listfile/edit", test_edit);
	g_test_add_func("/listfile/many", test_many);
	g_test_add_func("/listfile/refused", test_refused);
	g_test_add_func("/listfile/together", test_together);
	result = g_test_run();
	folder_remove();
	return result;
}
