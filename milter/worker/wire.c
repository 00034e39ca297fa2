/*
 * wire.c -- frames between front and worker: build id, length, payload
 */
#include "gatepost/worker/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/worker/ask.h"

/* Names and types of all members of TABLE, and of those inside: a change of
 * one changes the id. */
static guint32
table_id(guint32 id, const struct fields *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *row = &table->rows[i];

		id = (id ^ g_str_hash(row->name)) * 16777619u;
		id = (id ^ (guint32)row->type) * 16777619u;
		if (row->of)
			id = table_id(id, row->of);
	}
	return id;
}

static guint32
build_id(void)
{
	return table_id(table_id(2166136261u, &request_fields),
			&answer_fields);
}

guint32
ask_build_id(void)
{
	static atomic_uint known;	/* 0: not reckoned yet */

	if (!known)
		known = build_id();
	return known;
}

/* Send what is left of two PARTS, with PASS beside it; how much went. */
static gssize
send_some(int fd, struct iovec parts[2], int pass)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	gssize n;

	if (pass >= 0) {
		struct cmsghdr *head;

		memset(&control, 0, sizeof control);
		message.msg_control = control.room;
		message.msg_controllen = sizeof control.room;
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &pass, sizeof(int));
	}
	do {
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n;
}

bool
wire_send_packed(int fd, const GByteArray *packed, int pass)
{
	struct wire_head head = { ask_build_id(), packed->len };
	struct iovec parts[2] = { { &head, sizeof head },
				  { packed->data, packed->len } };

	while (parts[0].iov_len + parts[1].iov_len > 0) {
		gssize n = send_some(fd, parts, pass);
		gsize first;

		if (n <= 0)
			return false;
		pass = -1;
		first = MIN((gsize)n, parts[0].iov_len);
		parts[0].iov_base = (char *)parts[0].iov_base + first;
		parts[0].iov_len -= first;
		parts[1].iov_base = (char *)parts[1].iov_base + (gsize)n -
		    first;
		parts[1].iov_len -= (gsize)n - first;
	}
	return true;
}

bool
wire_send(int fd, const struct fields *table, const void *at, int pass)
{
	g_autoptr(GByteArray) packed = g_byte_array_sized_new(512);

	fields_pack(table, at, packed);
	return wire_send_packed(fd, packed, pass);
}

/* Wait until FD can be read; false when DEADLINE (0: none) is past. */
static bool
is_in_time(int fd, gint64 deadline)
{
	struct pollfd wanted = { fd, POLLIN, 0 };
	gint64 left = deadline - clock_steady_ms();

	if (deadline && (left <= 0 || poll(&wanted, 1, (int)left) <= 0)) {
		errno = ETIMEDOUT;
		return false;
	}
	return true;
}

/* One recvmsg; a descriptor that comes along goes to *PASSED.  With PASSED
 * NULL none is taken, and the kernel closes what was sent. */
static gssize
receive_some(int fd, void *data, gsize length, int *passed)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { data, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *head;
	gssize n;

	if (passed) {
		message.msg_control = control.room;
		message.msg_controllen = CMSG_LEN(sizeof(int));
	}
	do {
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0 || !passed)
		return n;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS && *passed < 0)
		memcpy(passed, CMSG_DATA(head), sizeof(int));
	return n;
}

static bool
receive_all(int fd, void *data, gsize length, int *passed, gint64 deadline,
	    bool *is_end, GError **error)
{
	gsize have = 0;

	while (have < length) {
		gssize n;

		if (!is_in_time(fd, deadline))
			return file_fail(error, "receive", "frame");
		n = receive_some(fd, (char *)data + have, length - have,
				 passed);

		if (n > 0) {
			have += (gsize)n;
			continue;
		}
		*is_end = (n == 0 || errno == ECONNRESET);
		if (n == 0)
			errno = EPIPE;
		return file_fail(error, "receive", "frame");
	}
	return true;
}

bool
wire_receive(int fd, const struct fields *table, void *at, int *passed,
	     gint64 deadline, bool *is_end, GError **error)
{
	g_autofree guint8 *data = NULL;
	struct wire_head head;

	if (passed)
		*passed = -1;
	*is_end = false;
	if (!receive_all(fd, &head, sizeof head, passed, deadline, is_end,
			 error))
		return false;
	if (head.build != ask_build_id() || head.length > BOUND_FACTS) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "frame of another build or of %u octets",
			    head.length);
		return false;
	}
	data = g_malloc(head.length + 1);
	return receive_all(fd, data, head.length, passed, deadline, is_end,
			   error) &&
	    fields_unpack(table, at, data, head.length, error);
}
