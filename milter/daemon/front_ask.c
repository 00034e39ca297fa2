/*
 * front_ask.c -- ask a worker from a callback: pressure, and the one wait
 *
 * libmilter's pool hands sessions that became readable in one round to the
 * threads that were idle then, so a callback that blocks holds up others
 * that wait behind it: 64 callbacks of 1 s took 32 s.  Whoever waits here
 * therefore connects to our own socket and closes it again: libmilter must
 * start a thread for that, which also takes one stuck session.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/daemon/daemon.h"
#include "gatepost/daemon/front.h"
#include "gatepost/model/address.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

/* Milliseconds of the first wait, and of the longest step. */
#define WAIT_FIRST 5
#define WAIT_MOST 80

bool
front_wait(int fd, gint64 deadline, void *data)
{
	const Config *config = data;
	struct pollfd wanted = { fd, POLLIN, 0 };
	int step = WAIT_FIRST;

	for (;;) {
		gint64 left = deadline - clock_steady_ms();

		if (poll(&wanted, 1, (int)CLAMP(left, 0, step)) > 0)
			return true;
		if (left <= 0)
			return false;
		listener_nudge(config);
		step = MIN(step * 2, WAIT_MOST);
	}
}

/* Tell the supervisor how many workers would be busy now. */
static void
want_workers(struct front *front, guint count)
{
	char line[32];

	g_snprintf(line, sizeof line, "%c%u\n", SAY_WORKERS, count);
	/* A full socket is no harm: the next request says it again. */
	if (send(front->supervisor, line, strlen(line),
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
	front->told = count;
}

static guint
domain_count(struct front *front, const char *domain, int change)
{
	gint count = GPOINTER_TO_INT(g_hash_table_lookup(front->domains,
							 domain)) + change;

	if (change && count > 0)
		g_hash_table_replace(front->domains, g_strdup(domain),
				     GINT_TO_POINTER(count));
	else if (change)
		g_hash_table_remove(front->domains, domain);
	return (guint)count;
}

/* Enter, unless too much is under way: in all, or for one stranger's domain,
 * which may hold a quarter of the workers. */
static bool
enter(struct front *front, const Message *message, const char *domain,
      GError **error)
{
	const Config *config = message->config;
	guint most = (guint)config->workers.max;
	const char *busy = NULL;

	pthread_mutex_lock(&front->lock);
	if (front->asking >= 2 * most)
		busy = "every worker is busy";
	else if (!client_is_ours(&message->client) && *domain &&
		 domain_count(front, domain, 0) >= MAX(most / 4, 1))
		busy = "this sender's domain holds a quarter of the workers";
	if (!busy) {
		front->asking++;
		domain_count(front, domain, 1);
		if (front->asking > front->told)
			want_workers(front, front->asking);
	}
	pthread_mutex_unlock(&front->lock);
	if (busy)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "busy: %s", busy);
	return !busy;
}

static void
leave(struct front *front, const char *domain)
{
	pthread_mutex_lock(&front->lock);
	front->asking--;
	domain_count(front, domain, -1);
	if (front->asking < front->told / 4)
		want_workers(front, front->told / 2);
	pthread_mutex_unlock(&front->lock);
}

/* What the worker gets cannot be written by it: sealed memory, or a file that
 * is opened again for reading. */
static int
read_only(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	char self[64];

	if (seals >= 0 && (seals & F_SEAL_WRITE))
		return fd;
	g_snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return open(self, O_RDONLY | O_CLOEXEC);
}

/* A connection that answered before, or -1. */
static int
idle_take(struct front *front)
{
	int connection = -1;

	pthread_mutex_lock(&front->lock);
	if (front->idle->len) {
		connection = g_array_index(front->idle, int,
					   front->idle->len - 1);
		g_array_set_size(front->idle, front->idle->len - 1);
	}
	pthread_mutex_unlock(&front->lock);
	return connection;
}

static void
idle_give(struct front *front, int connection, guint most)
{
	pthread_mutex_lock(&front->lock);
	if (front->idle->len < most) {
		g_array_append_val(front->idle, connection);
		connection = -1;
	}
	pthread_mutex_unlock(&front->lock);
	if (connection >= 0)
		close(connection);
}

/* Ask over CONNECTION (-1: none could be made), which is kept when it may be
 * used again. */
static enum ask_result
ask_over(struct front *front, int connection, const Message *message,
	 const Request *request, const struct ask_bytes *bytes,
	 Answer *answer, gint64 deadline, GError **error)
{
	enum ask_result result;

	if (connection < 0) {
		file_fail(error, "reach", "a worker");
		return ASK_NONE;
	}
	result = ask(connection, request, bytes, answer, deadline,
		     front_wait, message->config, error);
	if (result == ASK_DONE)
		idle_give(front, connection,
			  (guint)message->config->workers.max);
	else
		close(connection);
	return result;
}

static enum ask_result
ask_any(struct front *front, const Message *message, const Request *request,
	const struct ask_bytes *bytes, Answer *answer, GError **error)
{
	gint64 deadline = clock_steady_ms() + BOUND_ASK_MS;
	int connection = idle_take(front);
	enum ask_result result = ASK_NONE;

	if (connection >= 0)
		result = ask_over(front, connection, message, request, bytes,
				  answer, deadline, error);
	/* Its worker may have left it meanwhile, for another or for good. */
	if (result == ASK_NONE) {
		g_clear_error(error);
		result = ask_over(front, ask_connect(front->run,
						     SITE_WORKERS),
				  message, request, bytes, answer, deadline,
				  error);
	}
	return result;
}

enum ask_result
front_ask(struct pipeline *line, const Message *message,
	  const Request *request, Answer *answer, GError **error)
{
	struct front *front = (struct front *)line;
	const char *domain = address_domain(message->sender);
	struct ask_bytes bytes = { message->data, message->size, -1 };
	enum ask_result result = ASK_NONE;

	if (!enter(front, message, domain, error))
		return ASK_NONE;
	if (!bytes.data)
		bytes.fd = read_only(message->fd);
	if (!bytes.data && bytes.fd < 0)
		file_fail(error, "open", "the message");
	else
		result = ask_any(front, message, request, &bytes, answer,
				 error);
	if (bytes.fd >= 0 && bytes.fd != message->fd)
		close(bytes.fd);
	leave(front, domain);
	return result;
}
