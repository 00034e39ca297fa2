/*
 * file.c -- unit test: files and folders that survive a crash
 */
#include "gatepost/util/file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABC_SHA256 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char *path;
static int folder;

static void
check_file(const char *name, const char *expected)
{
	g_autoptr(GError) error = NULL;
	gsize length = 0;
	g_autofree char *text = file_get(folder, name, 1000, &length,
					 &error);

	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, expected);
	g_assert_cmpuint(length, ==, strlen(expected));
}

static void
test_put(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(file_put(folder, "put", "abc", 3, &error));
	check_file("put", "abc");
	g_assert_false(file_put(folder, "put", "xyz", 3, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST);
	g_assert_nonnull(strstr(error->message, "put"));
	check_file("put", "abc");
	g_assert_false(file_put(folder, "none/put", "x", 1, NULL));
	g_assert_true(file_put(folder, "nothing", NULL, 0, NULL));
	check_file("nothing", "");
}

static void
test_replace(void)
{
	g_autoptr(GDir) dir = NULL;
	g_autoptr(GError) error = NULL;
	const char *name;
	struct stat st;

	g_assert_true(file_replace(folder, "new", "abc", 3, 0640, &error));
	check_file("new", "abc");
	g_assert_true(file_replace(folder, "new", "xy", 2, 0600, &error));
	check_file("new", "xy");
	g_assert_cmpint(fstatat(folder, "new", &st, 0), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	g_assert_cmpint(mkdirat(folder, "sub", 0700), ==, 0);
	g_assert_false(file_replace(folder, "sub", "xy", 2, 0600, &error));
	g_assert_nonnull(error);
	dir = g_dir_open(path, 0, NULL);
	while ((name = g_dir_read_name(dir)))
		g_assert_false(g_str_has_suffix(name, ".tmp"));
}

/* A file is replaced only while it is the one that was read. */
static void
test_replace_same(void)
{
	g_autoptr(GDir) dir = NULL;
	g_autoptr(GError) error = NULL;
	struct stat before, st;
	const char *name;

	g_assert_true(file_replace_same(folder, "same", NULL, "abc", 3, 0640,
					&error));
	check_file("same", "abc");
	g_assert_false(file_replace_same(folder, "same", NULL, "x", 1, 0640,
					 &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN);
	g_clear_error(&error);
	g_assert_cmpint(fstatat(folder, "same", &before, 0), ==, 0);
	g_assert_true(file_replace_same(folder, "same", &before, "xy", 2,
					0600, &error));
	check_file("same", "xy");
	g_assert_cmpint(fstatat(folder, "same", &st, 0), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0600);
	/* It is another one by now. */
	g_assert_false(file_replace_same(folder, "same", &before, "z", 1,
					 0600, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN);
	g_assert_nonnull(strstr(error->message, "same has changed"));
	g_clear_error(&error);
	check_file("same", "xy");
	g_assert_cmpint(unlinkat(folder, "same", 0), ==, 0);
	g_assert_false(file_replace_same(folder, "same", &st, "z", 1, 0600,
					 &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	dir = g_dir_open(path, 0, NULL);
	while ((name = g_dir_read_name(dir)))
		g_assert_false(g_str_has_suffix(name, ".tmp"));
}

static void
test_get(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(file_put(folder, "get", "abc", 3, NULL));
	g_assert_cmpint(symlinkat("get", folder, "link"), ==, 0);
	g_assert_cmpint(mkfifoat(folder, "fifo", 0600), ==, 0);
	g_assert_null(file_get(folder, "none", 9, NULL, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_clear_error(&error);
	g_assert_null(file_get(folder, "get", 2, NULL, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
	g_assert_null(file_get(folder, "link", 9, NULL, NULL));
	g_assert_null(file_get(folder, "fifo", 9, NULL, NULL));
	g_assert_null(file_get(folder, ".", 9, NULL, NULL));
}

static void
test_put_fd(void)
{
	g_autoptr(GError) error = NULL;
	int memory = file_memory("abcdef", 6, &error);
	int nameless = file_nameless(folder, &error);
	int named = openat(folder, "named", O_RDWR | O_CREAT, 0600);
	struct stat st;

	g_assert_no_error(error);
	g_assert_false(file_write_all(memory, "x", 1));
	g_assert_true(file_put_fd(folder, "copy", memory, 6, &error));
	check_file("copy", "abcdef");
	g_assert_true(file_put_fd(folder, "part", memory, 3, &error));
	check_file("part", "abc");
	g_assert_false(file_put_fd(folder, "part", memory, 3, NULL));
	g_assert_false(file_put_fd(folder, "more", memory, 7, NULL));
	g_assert_cmpint(faccessat(folder, "more", F_OK, 0), <, 0);

	g_assert_true(file_write_all(nameless, "abc", 3));
	g_assert_true(file_put_fd(folder, "linked", nameless, 3, &error));
	check_file("linked", "abc");
	g_assert_cmpint(fstat(nameless, &st), ==, 0);
	g_assert_cmpint(st.st_nlink, ==, 1);

	/* What someone else may write to is copied. */
	g_assert_true(file_write_all(named, "abc", 3));
	g_assert_true(file_put_fd(folder, "own", named, 3, &error));
	g_assert_true(file_write_all(named, "xyz", 3));
	check_file("own", "abc");
	close(memory);
	close(nameless);
	close(named);
}

static void
test_sha256(void)
{
	int fd = file_memory("abcd", 4, NULL);
	g_autofree char *hash = NULL;
	g_autoptr(GError) error = NULL;

	hash = file_sha256(fd, 3, NULL);
	g_assert_cmpstr(hash, ==, ABC_SHA256);
	g_assert_null(file_sha256(fd, 5, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	g_assert_null(file_get_fd(fd, 5, &error));
	g_assert_nonnull(error);
	close(fd);
}

static void
test_folder(void)
{
	g_autoptr(GError) error = NULL;
	int fd = folder_open(folder, "made", 0750, &error);
	int again = folder_open(folder, "made", 0750, &error);

	g_assert_no_error(error);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(again, >=, 0);
	g_assert_true(folder_sync(fd, "made", NULL));
	g_assert_cmpfloat(folder_free(fd), >=, 0);
	g_assert_cmpfloat(folder_free(fd), <=, 100);
	g_assert_cmpint(fchmod(fd, 0757), ==, 0);
	g_assert_cmpint(folder_open(folder, "made", 0750, &error), <, 0);
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM);
	g_clear_error(&error);
	g_assert_cmpint(symlinkat("made", folder, "alias"), ==, 0);
	g_assert_cmpint(folder_open(folder, "alias", 0750, NULL), <, 0);
	g_assert_cmpint(folder_open(folder, "a/b", 0750, NULL), <, 0);
	g_assert_true(file_put(folder, "plain", "x", 1, NULL));
	g_assert_cmpint(folder_open(folder, "plain", 0750, NULL), <, 0);
	close(fd);
	close(again);
}

static void
folder_remove(void)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		if (unlinkat(folder, name, 0) < 0)
			unlinkat(folder, name, AT_REMOVEDIR);
	close(folder);
	g_rmdir(path);
	g_free(path);
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	umask(022);
	path = g_dir_make_tmp("gatepost-file-XXXXXX", NULL);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_test_add_func("/file/put", test_put);
	g_test_add_func("/file/replace", test_replace);
	g_test_add_func("/file/replace_same", test_replace_same);
	g_test_add_func("/file/get", test_get);
	g_test_add_func("/file/put-fd", test_put_fd);
	g_test_add_func("/file/sha256", test_sha256);
	g_test_add_func("/file/folder", test_folder);
	result = g_test_run();
	folder_remove();
	return result;
}
