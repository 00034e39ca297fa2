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
#include <sys/epoll.h>
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

/* Start the clocks of a message.  That of CPU time needs no end: a worker
 * that waits uses none. */
static void
clocks_start(void)
{
	struct itimerval timer = {
		.it_value = { .tv_sec = BOUND_WORKER_CPU }
	};

	alarm(BOUND_WORKER_SECONDS);
	setitimer(ITIMER_PROF, &timer, NULL);
}

/* The message in FD, SIZE octets; NULL when there are none. */
static void *
map(int fd, gsize size)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st) < 0 || st.st_size < 0 ||
	    (gsize)st.st_size != size)
		g_error("message of another size than announced");
	if (size == 0)
		return NULL;
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		g_error("mmap: %s", g_strerror(errno));
	return data;
}

static bool
answer_request(int connection, const Request *request, const guint8 *data)
{
	Answer *answer = fields_new(&answer_fields);
	g_autoptr(GByteArray) packed = NULL, octets = g_byte_array_new();
	struct ask_bytes bytes = { .fd = -1 };
	bool good;

	answer->octets = octets;
	analyse(data ? data : (const guint8 *)"", (gsize)request->size,
		request, answer);
	packed = analyse_packed(answer, request->is_brief);
	bytes.data = octets->data;
	bytes.size = octets->len;
	good = wire_send(connection, packed, octets->len ? &bytes : NULL);
	fields_free(&answer_fields, answer);
	return good;
}

/* Answer what came in FRAME; false when it is no request of ours. */
static bool
answer_frame(int connection, const struct wire_frame *frame)
{
	Request *request = fields_new(&request_fields);
	bool good = fields_unpack(&request_fields, request, frame->data,
				  frame->head.fields, NULL);
	void *mapped;

	if (good && frame->fd >= 0) {
		mapped = map(frame->fd, (gsize)request->size);
		good = answer_request(connection, request, mapped);
		if (mapped)
			munmap(mapped, (gsize)request->size);
	} else if (good && request->size == (gint64)frame->head.bytes) {
		good = answer_request(connection, request,
				      frame->data + frame->head.fields);
	} else {
		good = false;
	}
	fields_free(&request_fields, request);
	return good;
}

/* One request; false at the end of the connection. */
static bool
serve_one(int connection, struct wire_frame *frame)
{
	enum wire_fault fault;
	bool good = wire_receive(connection, frame, 0, &fault, NULL);

	if (good) {
		clocks_start();
		good = answer_frame(connection, frame);
		alarm(0);
	}
	if (frame->fd >= 0)
		close(frame->fd);
	return good;
}

void
serve_connection(int connection)
{
	struct wire_frame frame;

	wire_frame_init(&frame);
	while (serve_one(connection, &frame))
		;
	wire_frame_clear(&frame);
}

static volatile sig_atomic_t is_leaving;

static void
on_leave(int number)
{
	(void)number;
	is_leaving = 1;
}

/* SIGUSR1 asks a worker to go, between two messages: it is let in only while
 * we wait.  OUTSIDE gets the signals of that time. */
static void
leave_on_signal(sigset_t *outside)
{
	struct sigaction leave = { .sa_handler = on_leave };
	sigset_t block;

	sigaction(SIGUSR1, &leave, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, outside);
	sigdelset(outside, SIGUSR1);
}

/* What a worker waits for: a new connection, of which the kernel wakes one
 * worker each, or a request on the one it has. */
struct waiting {
	int listener, connection;	/* connection: -1 for none */
	int poll;
	sigset_t signals;		/* while it waits */
};

static void
watch(const struct waiting *waiting, int fd, guint32 events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (epoll_ctl(waiting->poll, EPOLL_CTL_ADD, fd, &event) < 0)
		g_error("epoll_ctl: %s", g_strerror(errno));
}

static void
drop_connection(struct waiting *waiting)
{
	if (waiting->connection >= 0)
		close(waiting->connection);
	waiting->connection = -1;
}

/* Take who waits at the listener, instead of the one we have. */
static bool
take_next(struct waiting *waiting)
{
	int next = accept4(waiting->listener, NULL, NULL, SOCK_CLOEXEC);

	if (next < 0 && errno != EAGAIN && errno != ECONNABORTED &&
	    errno != EINTR)
		g_error("accept: %s", g_strerror(errno));
	if (next < 0)
		return false;
	drop_connection(waiting);
	waiting->connection = next;
	watch(waiting, next, EPOLLIN);
	return true;
}

/* Who waits at the listener comes before the next request on our connection:
 * with all workers busy each caller has its turn.  A caller whose connection
 * is closed on an unread request sees that, and comes again.  False: nothing
 * to do yet. */
static bool
wait_for_work(struct waiting *waiting)
{
	struct epoll_event events[2];
	bool is_next = false, is_request = false;
	int count = epoll_pwait(waiting->poll, events, 2, -1,
				&waiting->signals);

	for (int i = 0; i < count; i++)
		if (events[i].data.fd == waiting->listener)
			is_next = true;
		else
			is_request = true;
	return (is_next && take_next(waiting)) || is_request;
}

void
serve(int listener, int status, gint64 most)
{
	struct wire_frame frame;
	struct waiting waiting = { listener, -1,
				   epoll_create1(EPOLL_CLOEXEC), { { 0 } } };

	if (waiting.poll < 0)
		g_error("epoll_create1: %s", g_strerror(errno));
	wire_frame_init(&frame);
	leave_on_signal(&waiting.signals);
	watch(&waiting, listener, EPOLLIN | EPOLLEXCLUSIVE);
	if (status >= 0)
		file_write_all(status, "+", 1);
	while (most > 0 && !is_leaving) {
		if (!wait_for_work(&waiting))
			continue;
		if (serve_one(waiting.connection, &frame))
			most--;
		else
			drop_connection(&waiting);
	}
	drop_connection(&waiting);
	close(waiting.poll);
	wire_frame_clear(&frame);
}
