/*
 * clamd.c -- ask ClamAV's daemon about octets (clamd(8), INSTREAM)
 *
 * One connection a question: clamd keeps none open for long, and a worker
 * that ends leaves nothing behind.
 */
#include "gatepost/util/clamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gatepost/util/text.h"

#define PORT 3310
/* Octets of a chunk, and of an answer that is read. */
#define CHUNK (64 * 1024)
#define ANSWER 1024

struct place {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} at;
	socklen_t length;
};

struct asking {
	int fd;
	gint64 deadline;
	char **word;
};

static bool
read_port(const char *text, guint16 *port)
{
	char *end;
	guint64 value = text ? g_ascii_strtoull(text, &end, 10) : PORT;

	*port = (guint16)value;
	return value > 0 && value < 65536 && (!text || (*text && !*end));
}

static bool
parse_place(const char *text, struct place *place)
{
	const char *mark = strchr(text, '@');
	g_autofree char *host = mark ?
	    g_strndup(text, (gsize)(mark - text)) : g_strdup(text);
	guint16 port;

	memset(place, 0, sizeof *place);
	if (*text == '/') {
		place->at.local.sun_family = AF_UNIX;
		place->length = sizeof place->at.local;
		return g_strlcpy(place->at.local.sun_path, text,
				 sizeof place->at.local.sun_path) <
		    sizeof place->at.local.sun_path;
	}
	if (!read_port(mark ? mark + 1 : NULL, &port))
		return false;
	if (inet_pton(AF_INET, host, &place->at.four.sin_addr) == 1) {
		place->at.four.sin_family = AF_INET;
		place->at.four.sin_port = htons(port);
		place->length = sizeof place->at.four;
		return true;
	}
	memset(place, 0, sizeof *place);
	place->at.six.sin6_family = AF_INET6;
	place->at.six.sin6_port = htons(port);
	place->length = sizeof place->at.six;
	return inet_pton(AF_INET6, host, &place->at.six.sin6_addr) == 1;
}

bool
clamd_is_place(const char *text)
{
	struct place place;

	return parse_place(text, &place);
}

static enum clamd_word
unsure(struct asking *asking, const char *what)
{
	*asking->word = g_strdup_printf("%s: %s", what, g_strerror(errno));
	return CLAMD_UNSURE;
}

static bool
wait_for(struct asking *asking, short events)
{
	gint64 left = (asking->deadline - g_get_monotonic_time()) / 1000;
	struct pollfd one = { asking->fd, events, 0 };

	if (left > 0 && poll(&one, 1, (int)MIN(left, G_MAXINT)) > 0)
		return true;
	errno = ETIMEDOUT;
	return false;
}

static bool
connect_to(struct asking *asking, const struct place *place)
{
	int fault = 0;
	socklen_t size = sizeof fault;

	asking->fd = socket(place->at.any.sa_family,
			    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (asking->fd < 0)
		return false;
	if (connect(asking->fd, &place->at.any, place->length) == 0)
		return true;
	if (errno != EINPROGRESS || !wait_for(asking, POLLOUT) ||
	    getsockopt(asking->fd, SOL_SOCKET, SO_ERROR, &fault, &size) < 0)
		return false;
	errno = fault;
	return fault == 0;
}

static bool
send_all(struct asking *asking, const void *data, gsize length)
{
	const guint8 *at = data;

	while (length) {
		gssize n = send(asking->fd, at, length, MSG_NOSIGNAL);

		if (n < 0 && (errno != EAGAIN || !wait_for(asking, POLLOUT)))
			return false;
		if (n > 0) {
			at += n;
			length -= (gsize)n;
		}
	}
	return true;
}

static bool
send_stream(struct asking *asking, const guint8 *data, gsize length)
{
	guint32 size;

	if (!send_all(asking, "zINSTREAM", sizeof "zINSTREAM"))
		return false;
	for (gsize at = 0; at < length; at += CHUNK) {
		gsize chunk = MIN(CHUNK, length - at);

		size = g_htonl((guint32)chunk);
		if (!send_all(asking, &size, sizeof size) ||
		    !send_all(asking, data + at, chunk))
			return false;
	}
	size = 0;
	return send_all(asking, &size, sizeof size);
}

/* The answer, to its NUL; false at the end before. */
static bool
receive(struct asking *asking, char *answer)
{
	gsize length = 0;

	while (length < ANSWER - 1) {
		gssize n = recv(asking->fd, answer + length,
				ANSWER - 1 - length, 0);

		if (n == 0) {
			errno = ECONNRESET;
			return false;
		}
		if (n < 0 && (errno != EAGAIN || !wait_for(asking, POLLIN)))
			return false;
		if (n < 0)
			continue;
		length += (gsize)n;
		answer[length] = '\0';
		if (strlen(answer) < length)
			return true;
	}
	errno = EMSGSIZE;
	return false;
}

/* "stream: OK", "stream: NAME FOUND", or what is wrong. */
static enum clamd_word
read_answer(char *answer, char **word)
{
	static const char stream[] = "stream: ", found[] = " FOUND";
	char *what = answer;

	if (strcmp(answer, "stream: OK") == 0)
		return CLAMD_CLEAN;
	if (g_str_has_prefix(answer, stream) &&
	    g_str_has_suffix(answer, found)) {
		what += sizeof stream - 1;
		what[strlen(what) - (sizeof found - 1)] = '\0';
		*word = text_utf8(what, strlen(what), ANSWER);
		return CLAMD_FOUND;
	}
	*word = text_utf8(what, strlen(what), ANSWER);
	return CLAMD_UNSURE;
}

enum clamd_word
clamd_scan(const char *place, const guint8 *data, gsize length,
	   gint64 deadline, char **word)
{
	struct asking asking = { -1, deadline, word };
	struct place where;
	char answer[ANSWER];
	enum clamd_word result;

	*word = NULL;
	errno = EINVAL;
	if (!parse_place(place, &where) || !connect_to(&asking, &where))
		result = unsure(&asking, "connect");
	/* Of what is too large it may answer before it has read all. */
	else if (!send_stream(&asking, data, length) && errno != EPIPE &&
		 errno != ECONNRESET)
		result = unsure(&asking, "send");
	else if (!receive(&asking, answer))
		result = unsure(&asking, "receive");
	else
		result = read_answer(answer, word);
	if (asking.fd >= 0)
		close(asking.fd);
	return result;
}
