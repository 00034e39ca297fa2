/*
 * crash.c -- a shim for tests: kills a process at its Nth step on disk
 *
 * Preloaded into gatepostd or gatepost.  While the file that
 * GATEPOST_CRASH_FILE names is there, with a number N in it, the process
 * called GATEPOST_CRASH_NAME counts its calls that make, name, sync or remove
 * a file or write into a database, and is killed in place of the Nth; the
 * file is removed first, so that what is started next lives.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int steps;

/* The number in the file; 0: there is none.  By plain system calls, since
 * those of libc are counted here. */
static int
number(const char *path)
{
	char text[16] = "";
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

	if (fd < 0)
		return 0;
	if (syscall(SYS_read, fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	syscall(SYS_close, fd);
	return atoi(text);
}

static void
step(void)
{
	const char *path = getenv("GATEPOST_CRASH_FILE");
	const char *wanted = getenv("GATEPOST_CRASH_NAME");
	char name[17] = "";
	int last;

	if (!path || !wanted || prctl(PR_GET_NAME, name) < 0)
		return;
	/* A thread of libmilter's has the name of the process, too. */
	if (strcmp(name, wanted) != 0 || (last = number(path)) == 0)
		return;
	if (++steps < last)
		return;
	syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

#define REAL(type, name, arguments) \
	static type (*real) arguments; \
	if (!real) \
		*(void **)&real = dlsym(RTLD_NEXT, #name)

#define SYNC(name) \
int name(int fd); \
int name(int fd) \
{ \
	REAL(int, name, (int)); \
	step(); \
	return real(fd); \
}

SYNC(fsync)
SYNC(fdatasync)

#define OPENAT(name) \
int name(int at, const char *path, int flags, ...); \
int name(int at, const char *path, int flags, ...) \
{ \
	REAL(int, name, (int, const char *, int, ...)); \
	va_list more; \
	mode_t mode; \
	va_start(more, flags); \
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
	va_end(more); \
	if (flags & O_CREAT) \
		step(); \
	return real(at, path, flags, mode); \
}

OPENAT(openat)
OPENAT(openat64)

#define PWRITE(name) \
ssize_t name(int fd, const void *data, size_t length, off_t at); \
ssize_t name(int fd, const void *data, size_t length, off_t at) \
{ \
	REAL(ssize_t, name, (int, const void *, size_t, off_t)); \
	step(); \
	return real(fd, data, length, at); \
}

PWRITE(pwrite)
PWRITE(pwrite64)

int renameat(int from_at, const char *from, int to_at, const char *to);

int
renameat(int from_at, const char *from, int to_at, const char *to)
{
	REAL(int, renameat, (int, const char *, int, const char *));
	step();
	return real(from_at, from, to_at, to);
}

int linkat(int from_at, const char *from, int to_at, const char *to,
	   int flags);

int
linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
	REAL(int, linkat, (int, const char *, int, const char *, int));
	step();
	return real(from_at, from, to_at, to, flags);
}

int unlinkat(int at, const char *path, int flags);

int
unlinkat(int at, const char *path, int flags)
{
	REAL(int, unlinkat, (int, const char *, int));
	step();
	return real(at, path, flags);
}
