/*
 * stream.c -- one question and its answer over a socket
 *
 * Sends and hears at the same time: a far end that answers before it has read
 * all must not stall us both.
 */
#include "gatepost/analysts/stream.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gatepost/bounds.h"

struct stream {
	int fd;
	gint64 deadline;
	GString *head;
	const char *data;
	gsize size, sent;	/* of head and data together */
	GString *answer;
};

/* Wait for EVENTS; those that came, 0 and errno at the deadline. */
static short
wait_for(const struct stream *stream, short events)
{
	struct pollfd one = { stream->fd, events, 0 };
	gint64 left;
	int ready;

	do {
		left = (stream->deadline - g_get_monotonic_time()) / 1000;
		ready = left > 0 ? poll(&one, 1, (int)MIN(left, 60000)) : -2;
	} while (ready == 0 || (ready == -1 && errno == EINTR));
	if (ready == -2)
		errno = ETIMEDOUT;
	return ready > 0 ? one.revents : 0;
}

static bool
dial(struct stream *stream, const struct sockaddr *to, socklen_t length)
{
	int fault = 0;
	socklen_t size = sizeof fault;

	stream->fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC |
			    SOCK_NONBLOCK, 0);
	if (stream->fd < 0)
		return false;
	if (connect(stream->fd, to, length) == 0)
		return true;
	if (errno != EINPROGRESS || !wait_for(stream, POLLOUT) ||
	    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &fault, &size) < 0)
		return false;
	errno = fault;
	return fault == 0;
}

static bool
dial_place(struct stream *stream, const char *place, guint16 port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	struct sockaddr_un path = { .sun_family = AF_UNIX };
	const char *at = strchr(place, '@');
	g_autofree char *host = g_strndup(place, at ? (gsize)(at - place) :
					  strlen(place));
	g_autofree char *number = at ? g_strdup(at + 1) :
	    g_strdup_printf("%u", port);
	struct addrinfo *found = NULL;
	bool good;

	if (*place == '/') {
		if (strlen(place) >= sizeof path.sun_path) {
			errno = ENAMETOOLONG;
			return false;
		}
		g_strlcpy(path.sun_path, place, sizeof path.sun_path);
		return dial(stream, (struct sockaddr *)&path, sizeof path);
	}
	if (getaddrinfo(host, number, &hints, &found) != 0) {
		errno = EINVAL;
		return false;
	}
	good = dial(stream, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return good;
}

static bool
send_some(struct stream *stream)
{
	bool is_head = stream->sent < stream->head->len;
	gsize at = is_head ? stream->sent : stream->sent - stream->head->len;
	const char *from = (is_head ? stream->head->str : stream->data) + at;
	gsize length = (is_head ? stream->head->len : stream->size) - at;
	gssize n = send(stream->fd, from, length, MSG_NOSIGNAL);

	if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
		/* It may have answered all the same. */
		stream->sent = stream->head->len + stream->size;
		return true;
	}
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	stream->sent += (gsize)n;
	if (stream->sent == stream->head->len + stream->size)
		shutdown(stream->fd, SHUT_WR);
	return true;
}

/* All is sent and heard, to the far end's end. */
static bool
talk(struct stream *stream)
{
	gsize all = stream->head->len + stream->size;
	char octets[16384];

	for (;;) {
		bool is_sent = stream->sent >= all;
		short came = wait_for(stream, is_sent ? POLLIN :
				      POLLIN | POLLOUT);
		gssize n;

		if (!came)
			return false;
		if (!is_sent && (came & POLLOUT) && !send_some(stream))
			return false;
		if (!(came & (POLLIN | POLLHUP | POLLERR)))
			continue;
		n = recv(stream->fd, octets, sizeof octets, 0);
		if (n == 0)
			return true;
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return stream->answer->len > 0;
		if (stream->answer->len + (gsize)n > BOUND_ANSWER) {
			errno = EMSGSIZE;
			return false;
		}
		g_string_append_len(stream->answer, octets, n);
	}
}

GString *
stream_ask(const char *place, guint16 port, const char *head,
	   const char *data, gsize size, gint64 deadline, char **fault)
{
	struct stream stream = {
		.fd = -1, .deadline = deadline, .head = g_string_new(head),
		.data = data, .size = size, .answer = g_string_new(NULL),
	};
	const char *what = "connect";
	bool good = dial_place(&stream, place, port);

	if (good) {
		what = "talk";
		good = talk(&stream);
	}
	if (!good)
		*fault = g_strdup_printf("%s: %s: %s", what, place,
					 g_strerror(errno));
	if (stream.fd >= 0)
		close(stream.fd);
	g_string_free(stream.head, TRUE);
	if (good)
		return stream.answer;
	g_string_free(stream.answer, TRUE);
	return NULL;
}
