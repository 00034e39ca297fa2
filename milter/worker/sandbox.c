/*
 * sandbox.c -- what the reader of hostile mail may still do
 *
 * A list of what is allowed: a system call that nobody thought of is refused.
 * Libraries open files late (charsets of mail, for one), so reading is allowed
 * where the system keeps what all may read.
 */
#include "gatepost/worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reckoning, memory, time, waiting, and what is open already. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write),
	SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(close_range),
	SCMP_SYS(lseek), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
	SCMP_SYS(fcntl), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(eventfd2),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(pause),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(membarrier), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(alarm), SCMP_SYS(setitimer), SCMP_SYS(getitimer),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
	SCMP_SYS(getrusage), SCMP_SYS(getrandom), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(getpid), SCMP_SYS(getppid),
	SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrlimit),
	/* Sockets: of DNS, of who asks us. */
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
	SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(shutdown),
	SCMP_SYS(socketpair),
};

/* Flags of open(2) that do more than read. */
#define OPEN_WRITING \
	(O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* What is allowed with some arguments alone. */
static int
allow_some(scmp_filter_ctx filter)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6 };
	static const unsigned long requests[] = { FIONBIO, FIONREAD,
						  FIOCLEX };
	int bad = 0;

	for (guint i = 0; i < G_N_ELEMENTS(families); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					SCMP_SYS(socket), 1,
					SCMP_A0(SCMP_CMP_EQ,
						(scmp_datum_t)families[i]));
	for (guint i = 0; i < G_N_ELEMENTS(requests); i++)
		bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					SCMP_SYS(ioctl), 1,
					SCMP_A1(SCMP_CMP_EQ, requests[i]));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, OPEN_WRITING, 0));
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, OPEN_WRITING, 0));
	/* abort(3) sends a signal to ourselves, and to nobody else. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ,
					(scmp_datum_t)getpid()));
	/* To ask for a limit, not to set one. */
	bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
				1, SCMP_A2(SCMP_CMP_EQ, 0));
	return bad;
}

static void
restrict_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int bad = filter ? 0 : -ENOMEM;

	for (guint i = 0; !bad && i < G_N_ELEMENTS(allowed); i++)
		bad = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!bad)
		bad = allow_some(filter);
	if (!bad)
		bad = seccomp_load(filter);
	if (bad)
		g_error("seccomp: %s", g_strerror(-bad));
	seccomp_release(filter);
}

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

/* Where the system keeps what libraries read.  What is not there is left
 * out. */
static const char *const readable[] = {
	"/etc", "/lib", "/lib64", "/usr", "/proc/self", "/proc/sys/kernel",
	"/dev/null", "/dev/urandom", "/run/systemd/resolve",
	"/run/resolvconf",
};

static void
allow_reading(int rules, const char *path)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = READING,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (beneath.parent_fd < 0)
		return;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &beneath, 0) < 0) {
		/* A right to list is none of a plain file's. */
		beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
		if (syscall(SYS_landlock_add_rule, rules,
			    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
			g_error("landlock: %s: %s", path, g_strerror(errno));
	}
	close(beneath.parent_fd);
}

/* Kernels before 5.13, and those built or started without it, have none. */
static void
restrict_files(void)
{
	/* All rights of its first version. */
	struct landlock_ruleset_attr all = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1
	};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all,
				 sizeof all.handled_access_fs, 0);

	if (rules < 0)
		return;
	for (guint i = 0; i < G_N_ELEMENTS(readable); i++)
		allow_reading(rules, readable[i]);
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		g_error("landlock: %s", g_strerror(errno));
	close(rules);
}

void
sandbox_enter(void)
{
	restrict_files();
	restrict_calls();
}

void
sandbox_versions(GString *out)
{
	const struct scmp_version *is = seccomp_version();

	g_string_append_printf(out, "libseccomp %u.%u.%u\n", is->major,
			       is->minor, is->micro);
}
