/*
 * serve.c -- a worker's loop: one request at a time, by blocking accept
 *
 * A message may kill it: by the clock (alarm), by CPU (ITIMER_PROF), by
 * memory (RLIMIT_AS and GLib's abort), by a fault in a library.  It then
 * costs that message alone; the caller sees the end of file.
 */
#include "gatepost/worker/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/file.h"
#include "gatepost/worker/wire.h"

/* Address sanitizer needs terabytes of address space for its shadow. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_LIMIT RLIM_INFINITY
#else
#define MEMORY_LIMIT BOUND_WORKER_MEMORY
#endif

static void
limit(int resource, rlim_t most)
{
	struct rlimit both = { most, most };

	if (setrlimit((__rlimit_resource_t)resource, &both) < 0)
		g_error("setrlimit %d: %s", resource, g_strerror(errno));
}

/* Mail is never read by root: a command that root ran becomes nobody here. */
static void
become_nobody(void)
{
	const struct passwd *nobody;

	if (geteuid() != 0)
		return;
	nobody = getpwnam("nobody");
	if (!nobody || setgroups(0, NULL) < 0 ||
	    setgid(nobody->pw_gid) < 0 || setuid(nobody->pw_uid) < 0)
		g_error("cannot become nobody: %s", g_strerror(errno));
}

void
serve_limits(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* Best effort: not all systems let us be the first to go. */
	if (fd >= 0) {
		file_write_all(fd, "500", 3);
		close(fd);
	}
	become_nobody();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit(RLIMIT_AS, MEMORY_LIMIT);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_NOFILE, BOUND_WORKER_FILES);
}

static void
clocks(unsigned seconds, unsigned cpu)
{
	struct itimerval timer = { .it_value = { .tv_sec = cpu } };

	alarm(seconds);
	setitimer(ITIMER_PROF, &timer, NULL);
}

static bool
answer_request(int connection, const Request *request, int message)
{
	Answer *answer = fields_new(&answer_fields);
	g_autoptr(GByteArray) packed = NULL;
	struct stat st;
	void *data = NULL;
	bool good;

	if (fstat(message, &st) < 0 || st.st_size < 0 ||
	    st.st_size != request->size)
		g_error("message of another size than announced");
	if (st.st_size > 0)
		data = mmap(NULL, (gsize)st.st_size, PROT_READ, MAP_PRIVATE,
			    message, 0);
	if (data == MAP_FAILED)
		g_error("mmap: %s", g_strerror(errno));
	analyse(data ? data : (const guint8 *)"", (gsize)st.st_size, request,
		answer);
	if (data)
		munmap(data, (gsize)st.st_size);
	packed = analyse_packed(answer);
	good = wire_send_packed(connection, packed, -1);
	fields_free(&answer_fields, answer);
	return good;
}

/* One request; false at the end of the connection. */
static bool
serve_one(int connection)
{
	Request *request = fields_new(&request_fields);
	bool is_end, good;
	int message;

	good = wire_receive(connection, &request_fields, request, &message, 0,
			    &is_end, NULL);
	if (good && message >= 0) {
		clocks(BOUND_WORKER_SECONDS, BOUND_WORKER_CPU);
		good = answer_request(connection, request, message);
		clocks(0, 0);
	}
	if (message >= 0)
		close(message);
	fields_free(&request_fields, request);
	return good;
}

void
serve_connection(int connection)
{
	while (serve_one(connection))
		;
}

static volatile sig_atomic_t is_leaving;

static void
on_leave(int number)
{
	(void)number;
	is_leaving = 1;
}

/* SIGUSR1 asks a worker to go, between two messages.  Should it come just
 * before accept(), the listener's receive time-out ends the wait. */
void
serve(int listener, int status, gint64 most)
{
	struct sigaction leave = { .sa_handler = on_leave };

	sigaction(SIGUSR1, &leave, NULL);
	if (status >= 0)
		file_write_all(status, "+", 1);
	for (gint64 i = 0; i < most && !is_leaving; i++) {
		int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (connection < 0 && (errno == EINTR || errno == EAGAIN ||
				       errno == ECONNABORTED))
			continue;
		if (connection < 0)
			return;
		serve_one(connection);
		close(connection);
	}
}
