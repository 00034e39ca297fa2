/*
 * file.c -- files and folders that survive a crash
 *
 * Write beside, fsync the file, rename, fsync the folder: a reader sees all
 * or nothing, before and after a crash.
 */
#include "gatepost/util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "gatepost/util/digest.h"
#include "gatepost/util/ids.h"

bool
file_fail(GError **error, const char *what, const char *name)
{
	int fault = errno;

	g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(fault),
		    "%s %s: %s", what, name, g_strerror(fault));
	return false;
}

int
folder_open(int at, const char *path, mode_t mode, GError **error)
{
	struct stat st;
	int fd;

	if (mkdirat(at, path, mode) < 0 && errno != EEXIST) {
		file_fail(error, "make folder", path);
		return -1;
	}
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		file_fail(error, "open folder", path);
		return -1;
	}
	if (fstat(fd, &st) == 0 && (st.st_mode & S_IWOTH)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
			    "folder %s is writable by others: chmod o-w it",
			    path);
		close(fd);
		return -1;
	}
	return fd;
}

bool
folder_sync(int folder, const char *name, GError **error)
{
	return fsync(folder) == 0 || file_fail(error, "sync folder", name);
}

bool
file_write_all(int fd, const void *data, gsize length)
{
	const char *from = data;

	while (length > 0) {
		gssize n = write(fd, from, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		length -= (gsize)n;
	}
	return true;
}

static int
make(int folder, const char *name, mode_t mode, GError **error)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL |
			O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		file_fail(error, "make", name);
	return fd;
}

/* Sync and close FD, or take NAME away again. */
static bool
finish(int folder, const char *name, int fd, bool good, GError **error)
{
	if (!good)
		file_fail(error, "write", name);
	else if (fsync(fd) < 0)
		good = file_fail(error, "sync", name);
	close(fd);
	if (!good)
		unlinkat(folder, name, 0);
	return good;
}

bool
file_put(int folder, const char *name, const void *data, gsize length,
	 GError **error)
{
	int fd = make(folder, name, 0640, error);

	return fd >= 0 && finish(folder, name, fd,
				 file_write_all(fd, data, length), error);
}

/* Some of the octets of FD from AT on, which has SIZE; -1 and errno, also
 * when it ends before. */
static gssize
read_some(int fd, void *buffer, gsize room, off_t at, gsize size)
{
	gssize n;

	do {
		n = pread(fd, buffer, MIN(room, size - (gsize)at), at);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = EIO;
	return n > 0 ? n : -1;
}

static bool
copy(int from, int to, gsize size)
{
	char buffer[65536];
	off_t at = 0;

	while ((gsize)at < size) {
		gssize n = read_some(from, buffer, sizeof buffer, at, size);

		if (n < 0 || !file_write_all(to, buffer, (gsize)n))
			return false;
		at += n;
	}
	return true;
}

bool
file_put_fd(int folder, const char *name, int fd, gsize size, GError **error)
{
	g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", fd);
	struct stat st;
	int to;

	/* A nameless file of the same file system gets its name: no copy.
	 * One with a name is someone's, who may write to it later. */
	if (fstat(fd, &st) == 0 && st.st_nlink == 0 &&
	    (gsize)st.st_size == size &&
	    linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW) == 0) {
		if (fsync(fd) == 0)
			return true;
		file_fail(error, "sync", name);
		unlinkat(folder, name, 0);
		return false;
	}
	to = make(folder, name, 0640, error);
	return to >= 0 && finish(folder, name, to, copy(fd, to, size), error);
}

/* A file of these octets beside NAME: its name, yours; NULL and ERROR set. */
static char *
put_beside(int folder, const char *name, const void *data, gsize length,
	   mode_t mode, GError **error)
{
	char id[ID_TEXT];
	g_autofree char *beside = NULL;
	int fd;

	id_new(id);
	beside = g_strdup_printf(".%s.%s.tmp", name, id);
	fd = make(folder, beside, mode, error);
	return fd >= 0 && finish(folder, beside, fd,
				 file_write_all(fd, data, length), error) ?
	    g_steal_pointer(&beside) : NULL;
}

bool
file_replace(int folder, const char *name, const void *data, gsize length,
	     mode_t mode, GError **error)
{
	g_autofree char *beside = put_beside(folder, name, data, length, mode,
					     error);

	if (!beside)
		return false;
	if (renameat(folder, beside, folder, name) < 0) {
		file_fail(error, "replace", name);
		unlinkat(folder, beside, 0);
		return false;
	}
	return folder_sync(folder, name, error);
}

static bool
is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
	    one->st_size == other->st_size &&
	    one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
	    one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* Let BESIDE and NAME change places, when NAME is still BEFORE; what was
 * NAME is then looked at once more, since it could be replaced meanwhile. */
static bool
swap(int folder, const char *beside, const char *name,
     const struct stat *before)
{
	struct stat now;

	if (!before)
		return renameat2(folder, beside, folder, name,
				 RENAME_NOREPLACE) == 0;
	if (fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	errno = EEXIST;
	if (!is_same(&now, before))
		return false;
	if (renameat2(folder, beside, folder, name, RENAME_EXCHANGE) < 0)
		/* A file system that cannot: the look before must do. */
		return errno == EINVAL &&
		    renameat(folder, beside, folder, name) == 0;
	if (fstatat(folder, beside, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    is_same(&now, before)) {
		unlinkat(folder, beside, 0);
		return true;
	}
	if (renameat2(folder, beside, folder, name, RENAME_EXCHANGE) == 0)
		errno = EEXIST;
	return false;
}

bool
file_replace_same(int folder, const char *name, const struct stat *before,
		  const void *data, gsize length, mode_t mode,
		  GError **error)
{
	g_autofree char *beside = put_beside(folder, name, data, length, mode,
					     error);

	if (!beside)
		return false;
	if (swap(folder, beside, name, before))
		return folder_sync(folder, name, error);
	if (errno == EEXIST)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "%s has changed meanwhile: somebody else edits it,"
			    " nothing was written; try again", name);
	else
		file_fail(error, "replace", name);
	unlinkat(folder, beside, 0);
	return false;
}

char *
file_get_fd(int fd, gsize size, GError **error)
{
	char *data = g_malloc(size + 1);
	gsize have = 0;

	while (have < size) {
		gssize n = pread(fd, data + have, size - have, (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0) {
			file_fail(error, "read", "descriptor");
			g_free(data);
			return NULL;
		}
		have += (gsize)n;
	}
	data[size] = '\0';
	return data;
}

char *
file_get(int folder, const char *name, gsize most, gsize *length,
	 GError **error)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK);
	struct stat st;
	char *data = NULL;

	if (fd < 0 || fstat(fd, &st) < 0) {
		file_fail(error, "open", name);
	} else if (!S_ISREG(st.st_mode) || (gsize)st.st_size > most) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s is no file of at most %zu octets", name, most);
	} else {
		data = file_get_fd(fd, (gsize)st.st_size, error);
		if (data && length)
			*length = (gsize)st.st_size;
	}
	if (fd >= 0)
		close(fd);
	return data;
}

double
folder_free(int folder)
{
	struct statvfs fs;

	if (fstatvfs(folder, &fs) < 0 || fs.f_blocks == 0)
		return 100;
	return 100.0 * (double)fs.f_bavail / (double)fs.f_blocks;
}

char *
file_sha256(int fd, gsize size, GError **error)
{
	g_autoptr(Digest) digest = digest_new();
	guchar buffer[65536];
	off_t at = 0;

	while ((gsize)at < size) {
		gssize n = read_some(fd, buffer, sizeof buffer, at, size);

		if (n < 0) {
			file_fail(error, "read", "message");
			return NULL;
		}
		digest_add(digest, buffer, (gsize)n);
		at += n;
	}
	return digest_end(digest);
}

int
file_memory(const void *data, gsize length, GError **error)
{
	int fd = memfd_create("gatepost", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || !file_write_all(fd, data, length) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
		  F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
		file_fail(error, "make", "memory file");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int
file_nameless(int folder, GError **error)
{
	int fd = openat(folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0640);

	if (fd < 0)
		file_fail(error, "make", "nameless file");
	return fd;
}
