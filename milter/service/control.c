/*
 * control.c -- a command line that travels to the daemon's user with the
 * caller's standard descriptors, and its exit status back
 *
 * One message: the length of the words, the words with a NUL behind each,
 * and three descriptors.  Back comes one octet.
 */
#include "gatepost/service/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/file.h"

#define DESCRIPTORS 3

union room {
	struct cmsghdr head;	/* for its alignment */
	char octets[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
};

/* ---- who calls ---- */

static int
call(const char *path, GError **error)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && g_strlcpy(place.sun_path, path,
				 sizeof place.sun_path) <
	    sizeof place.sun_path &&
	    connect(fd, (const struct sockaddr *)&place, sizeof place) == 0)
		return fd;
	file_fail(error, "ask the daemon at", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
send_words(int fd, const GByteArray *packed)
{
	const int standard[DESCRIPTORS] = { STDIN_FILENO, STDOUT_FILENO,
					    STDERR_FILENO };
	guint32 length = packed->len;
	struct iovec head = { &length, sizeof length };
	union room room = { .octets = "" };
	struct msghdr message = {
		.msg_iov = &head, .msg_iovlen = 1,
		.msg_control = room.octets,
		.msg_controllen = sizeof room.octets,
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof standard);
	memcpy(CMSG_DATA(rights), standard, sizeof standard);
	return sendmsg(fd, &message, MSG_NOSIGNAL) == sizeof length &&
	    file_write_all(fd, packed->data, packed->len);
}

int
control_ask(const char *path, const GPtrArray *words, GError **error)
{
	g_autoptr(GByteArray) packed = g_byte_array_new();
	guint8 status = 0;
	int fd;

	for (guint i = 0; i < words->len; i++)
		g_byte_array_append(packed, words->pdata[i],
				    (guint)strlen(words->pdata[i]) + 1);
	if (packed->len > BOUND_CONTROL) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "the line is longer than %d octets",
			    BOUND_CONTROL);
		return -1;
	}
	fd = call(path, error);
	if (fd < 0)
		return -1;
	if (!send_words(fd, packed) || read(fd, &status, 1) != 1) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "the daemon at %s has not answered; see its log",
			    path);
		close(fd);
		return -1;
	}
	close(fd);
	return status;
}

/* ---- who answers ---- */

/* The descriptors that came with MESSAGE, all of them ours now; how many. */
static gsize
take_rights(struct msghdr *message, int got[DESCRIPTORS])
{
	gsize count = 0;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at;
	     at = CMSG_NXTHDR(message, at)) {
		gsize octets = at->cmsg_len - CMSG_LEN(0);

		if (at->cmsg_level != SOL_SOCKET ||
		    at->cmsg_type != SCM_RIGHTS || count)
			continue;
		count = MIN(octets / sizeof(int), DESCRIPTORS);
		memcpy(got, CMSG_DATA(at), count * sizeof(int));
	}
	return count;
}

/* Receive the head; its length, or 0. */
static guint32
receive_head(int connection)
{
	guint32 length = 0;
	struct iovec head = { &length, sizeof length };
	union room room;
	struct msghdr message = {
		.msg_iov = &head, .msg_iovlen = 1,
		.msg_control = room.octets,
		.msg_controllen = sizeof room.octets,
	};
	int got[DESCRIPTORS];
	gsize count = 0;
	gssize n = recvmsg(connection, &message, MSG_CMSG_CLOEXEC |
			   MSG_WAITALL);

	if (n > 0)
		count = take_rights(&message, got);
	if (n != sizeof length || count != DESCRIPTORS ||
	    (message.msg_flags & MSG_CTRUNC))
		return 0;
	/* They came after 0 to 2 and the connection: none is overwritten. */
	for (int i = 0; i < DESCRIPTORS; i++)
		if (dup2(got[i], i) < 0)
			return 0;
	for (int i = 0; i < DESCRIPTORS; i++)
		close(got[i]);
	return length;
}

static GPtrArray *
split_words(const char *octets, gsize length)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	for (gsize at = 0; at < length; at += strlen(octets + at) + 1)
		g_ptr_array_add(words, g_strdup(octets + at));
	return words;
}

GPtrArray *
control_take(int connection, GError **error)
{
	const struct timeval patience = { BOUND_CONTROL_SECONDS, 0 };
	g_autofree char *octets = NULL;
	guint32 length;

	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof patience);
	length = receive_head(connection);
	if (length && length <= BOUND_CONTROL) {
		octets = g_malloc0(length + 1);
		if (recv(connection, octets, length, MSG_WAITALL) ==
		    (gssize)length && octets[length - 1] == '\0')
			return split_words(octets, length);
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "what came by the control socket is no command");
	return NULL;
}

void
control_end(int connection, int status)
{
	guint8 octet = (guint8)status;

	/* He may be gone: then nobody waits for it. */
	if (send(connection, &octet, 1, MSG_NOSIGNAL) != 1)
		errno = 0;
	close(connection);
}
