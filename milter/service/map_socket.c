/*
 * map_socket.c -- the socketmap protocol of Sendmail and Postfix
 *
 * A request is the netstring "NAME KEY"; the answer is one of "OK VALUES",
 * "NOTFOUND", "TEMP why", "TIMEOUT why" and "PERM why".  Connections are
 * kept; one that the server closed meanwhile is replaced once.
 */
#include "gatepost/service/map.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gatepost/bounds.h"

/* Digits before a netstring's colon. */
#define LENGTH_DIGITS 9

struct server {
	struct sockaddr_storage address;
	socklen_t length;	/* 0: the host is not known */
	pthread_mutex_t lock;	/* of all below */
	int idle[BOUND_MAP_IDLE];
	guint count;		/* of idle */
};

/* A host's name is looked up once, when the map is opened: never while mail
 * waits. */
static void *
open_server(const MapName *name)
{
	struct server *server = g_new0(struct server, 1);
	struct sockaddr_un *local = (struct sockaddr_un *)&server->address;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;

	pthread_mutex_init(&server->lock, NULL);
	if (name->path) {
		local->sun_family = AF_UNIX;
		g_strlcpy(local->sun_path, name->path,
			  sizeof local->sun_path);
		server->length = sizeof *local;
	} else if (getaddrinfo(name->host, name->port, &hints,
			       &found) == 0) {
		memcpy(&server->address, found->ai_addr, found->ai_addrlen);
		server->length = found->ai_addrlen;
		freeaddrinfo(found);
	}
	return server;
}

static void
close_server(void *of)
{
	struct server *server = of;

	for (guint i = 0; i < server->count; i++)
		close(server->idle[i]);
	pthread_mutex_destroy(&server->lock);
	g_free(server);
}

/* A connection that is idle, or -1. */
static int
take_idle(struct server *server)
{
	int fd = -1;

	pthread_mutex_lock(&server->lock);
	if (server->count > 0)
		fd = server->idle[--server->count];
	pthread_mutex_unlock(&server->lock);
	return fd;
}

static void
give_back(struct server *server, int fd)
{
	pthread_mutex_lock(&server->lock);
	if (server->count < BOUND_MAP_IDLE) {
		server->idle[server->count++] = fd;
		fd = -1;
	}
	pthread_mutex_unlock(&server->lock);
	if (fd >= 0)
		close(fd);
}

static int
connect_to(struct server *server, const struct map_wait *wait, GError **error)
{
	int fault = 0, fd;
	socklen_t size = sizeof fault;

	if (!server->length) {
		map_fail(error, "its host was not known when the "
			 "configuration was read; reload to look again");
		return -1;
	}
	fd = socket(server->address.ss_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&server->address,
			       server->length) == 0)
		return fd;
	fault = errno;
	if (fd >= 0 && fault == EINPROGRESS) {
		if (!map_wait_writable(fd, wait))
			fault = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault,
				    &size) < 0)
			fault = errno;
		if (fault == 0)
			return fd;
	}
	map_fail(error, "cannot connect: %s", g_strerror(fault));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
send_all(int fd, const GString *request, const struct map_wait *wait)
{
	gsize done = 0;

	while (done < request->len) {
		gssize n = send(fd, request->str + done, request->len - done,
				MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			done += (gsize)n;
		else if (!(n < 0 && errno == EAGAIN) ||
			 !map_wait_writable(fd, wait))
			return false;
	}
	return true;
}

/* Is a whole netstring in REPLY?  1: yes, from *START on; 0: not yet; -1: it
 * is none. */
static int
is_whole(const GString *reply, gsize *start, gsize *length)
{
	const char *colon = memchr(reply->str, ':', MIN(reply->len,
						LENGTH_DIGITS + 1));
	gsize digits = strspn(reply->str, "0123456789");

	if (!colon)
		return digits == reply->len && digits <= LENGTH_DIGITS ?
		    0 : -1;
	if (digits == 0 || reply->str + digits != colon)
		return -1;
	*start = digits + 1;
	*length = (gsize)g_ascii_strtoull(reply->str, NULL, 10);
	if (*length > BOUND_MAP_ANSWER)
		return -1;
	if (reply->len < *start + *length + 1)
		return 0;
	return reply->len == *start + *length + 1 &&
	    reply->str[*start + *length] == ',' ? 1 : -1;
}

/* Read one netstring.  *IS_GONE: the server closed before its first
 * octet. */
static char *
receive(int fd, const struct map_wait *wait, bool *is_gone, GError **error)
{
	g_autoptr(GString) reply = g_string_new(NULL);
	gsize start = 0, length = 0;
	char octets[4096];
	int whole = 0;

	while (whole == 0) {
		gssize n;

		if (!wait->wait(fd, wait->deadline, wait->data)) {
			map_fail(error, "no answer in time");
			return NULL;
		}
		n = recv(fd, octets, sizeof octets, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			*is_gone = reply->len == 0;
			map_fail(error, "the server closed the connection");
			return NULL;
		}
		g_string_append_len(reply, octets, n);
		whole = is_whole(reply, &start, &length);
	}
	if (whole > 0)
		return g_strndup(reply->str + start, length);
	map_fail(error, "the answer is no netstring of at most %d octets",
		 BOUND_MAP_ANSWER);
	return NULL;
}

static enum map_result
understand(const char *reply, char **values, GError **error)
{
	gsize word = strcspn(reply, " ");
	const char *rest = reply + word + (reply[word] == ' ');

	if (word == 2 && strncmp(reply, "OK", word) == 0) {
		*values = g_strdup(rest);
		return MAP_FOUND;
	}
	if (word == 8 && strncmp(reply, "NOTFOUND", word) == 0)
		return MAP_ABSENT;
	if (word == 4 && strncmp(reply, "PERM", word) == 0)
		return map_refuse(error, "the server says that it will never "
				  "answer for this key (PERM)");
	return map_fail(error, "the server says: %.200s", reply);
}

static enum map_result
find(void *of, const MapName *name, const char *key,
     const struct map_wait *wait, char **values, GError **error)
{
	g_autoptr(GString) request = g_string_new(NULL);
	enum map_result result = MAP_FAILED;
	int idle = take_idle(of);

	g_string_printf(request, "%zu:%s %s,",
			strlen(name->name) + 1 + strlen(key), name->name,
			key);
	for (;;) {
		g_autofree char *reply = NULL;
		int fd = idle >= 0 ? idle : connect_to(of, wait, error);
		bool is_gone = false;

		if (fd < 0)
			return MAP_FAILED;
		if (!send_all(fd, request, wait)) {
			is_gone = idle >= 0;
			map_fail(error, "the request could not be sent");
		} else {
			reply = receive(fd, wait, &is_gone, error);
		}
		if (reply) {
			give_back(of, fd);
			return understand(reply, values, error);
		}
		close(fd);
		if (idle < 0 || !is_gone)
			return result;
		/* It had been closed while it was idle: a new one. */
		g_clear_error(error);
		idle = -1;
	}
}

const struct map_kind_of map_socket = {
	.is_cached = true,
	.open = open_server,
	.find = find,
	.close = close_server,
};
