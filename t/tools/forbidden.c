/*
 * forbidden.c -- a shim for tests: a worker that has been taken over
 *
 * Preloaded into gatepost-worker: as soon as a message makes it read an
 * archive, it tries what a worker must not do, and says of each act "NAME
 * done" or "NAME" and the error, on stderr.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *dir;		/* a folder that all may write */

static const char *
in_dir(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static long
try_exec(void)
{
	char *argv[] = { "true", NULL };

	return execv("/bin/true", argv);
}

static long try_fork(void) { return fork(); }
static long try_vfork(void) { return syscall(SYS_vfork); }
static long try_clone3(void) { return syscall(SYS_clone3, NULL, 0); }
static long try_create(void) { return open(in_dir("made"), O_WRONLY | O_CREAT, 0600); }
static long try_write(void) { return open(in_dir("there"), O_RDWR); }
static long try_append(void) { return open(in_dir("there"), O_WRONLY | O_APPEND); }
static long try_temporary(void) { return open(dir, O_TMPFILE | O_RDWR, 0600); }
static long try_read_mail(void) { return open(in_dir("there"), O_RDONLY); }
static long try_list(void) { return open(dir, O_RDONLY | O_DIRECTORY); }
static long try_truncate(void) { return truncate(in_dir("there"), 0); }
static long try_unlink(void) { return unlink(in_dir("there")); }
static long try_mkdir(void) { return mkdir(in_dir("folder"), 0700); }
static long try_link(void) { return symlink("/etc/passwd", in_dir("link")); }
static long try_chmod(void) { return chmod(in_dir("there"), 0777); }
static long try_chdir(void) { return chdir("/"); }
static long try_kill(void) { return kill(getppid(), 0); }
static long try_ptrace(void) { return ptrace(PTRACE_ATTACH, getppid(), 0, 0); }
static long try_mount(void) { return mount("none", dir, "tmpfs", 0, NULL); }
static long try_unshare(void) { return unshare(CLONE_NEWUSER); }
static long try_packets(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static long try_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static long try_memfd(void) { return syscall(SYS_memfd_create, "x", 0); }
static long try_setuid(void) { return setuid(0); }
static long try_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0); }
static long try_uring(void) { return syscall(SYS_io_uring_setup, 1, NULL); }
static long try_keys(void) { return syscall(SYS_keyctl, 0, 0, 0, 0, 0); }

static long
try_limit(void)
{
	struct rlimit more = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &more);
}

static const struct {
	const char *name;
	long (*try)(void);
} acts[] = {
	{ "exec", try_exec }, { "fork", try_fork }, { "vfork", try_vfork },
	{ "clone3", try_clone3 }, { "create", try_create },
	{ "write", try_write }, { "append", try_append },
	{ "temporary", try_temporary }, { "read-mail", try_read_mail },
	{ "list", try_list }, { "truncate", try_truncate },
	{ "unlink", try_unlink }, { "mkdir", try_mkdir },
	{ "link", try_link }, { "chmod", try_chmod }, { "chdir", try_chdir },
	{ "kill", try_kill }, { "ptrace", try_ptrace },
	{ "mount", try_mount }, { "unshare", try_unshare },
	{ "packets", try_packets }, { "netlink", try_netlink },
	{ "memfd", try_memfd }, { "setuid", try_setuid }, { "bpf", try_bpf },
	{ "io-uring", try_uring }, { "keys", try_keys },
	{ "limit", try_limit },
};

void *archive_read_new(void);
void *
archive_read_new(void)
{
	static void *(*real)(void);
	static bool is_tried;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "archive_read_new");
	dir = getenv("GATEPOST_FORBIDDEN_DIR");
	for (size_t i = 0; dir && !is_tried &&
	     i < sizeof acts / sizeof *acts; i++) {
		long result;

		errno = 0;
		result = acts[i].try();
		dprintf(2, "%s %s\n", acts[i].name,
			result >= 0 ? "done" : strerror(errno));
	}
	is_tried = true;
	return real();
}
