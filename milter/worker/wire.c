/*
 * wire.c -- frames between front and worker: build id, length, payload
 */
#include "gatepost/worker/wire.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/file.h"
#include "gatepost/worker/ask.h"

static guint32
build_id(void)
{
	static const struct {
		const struct fields *table;
	} tables[] = { { &request_fields }, { &facts_fields },
		       { &link_fields }, { &file_fields }, { &field_fields },
		       { &auth_result_fields }, { &mailbox_fields } };
	guint32 id = 2166136261u;

	/* Names and types of all members: a change of one changes the id. */
	for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
		for (size_t j = 0; j < tables[i].table->count; j++) {
			const struct field *row = &tables[i].table->rows[j];

			id = (id ^ g_str_hash(row->name)) * 16777619u;
			id = (id ^ (guint32)row->type) * 16777619u;
		}
	return id;
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

/* One recvmsg; a descriptor that comes along goes to *PASSED. */
static gssize
receive_some(int fd, void *data, gsize length, int *passed)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { data, length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = control.room,
				  .msg_controllen = sizeof control.room };
	struct cmsghdr *head;
	gssize n;

	do {
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_level == SOL_SOCKET &&
	    head->cmsg_type == SCM_RIGHTS && *passed < 0)
		memcpy(passed, CMSG_DATA(head), sizeof(int));
	return n;
}

static bool
receive_all(int fd, void *data, gsize length, int *passed, bool *is_end,
	    GError **error)
{
	gsize have = 0;

	while (have < length) {
		gssize n = receive_some(fd, (char *)data + have,
					length - have, passed);

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
	     bool *is_end, GError **error)
{
	g_autofree guint8 *data = NULL;
	struct wire_head head;

	*passed = -1;
	*is_end = false;
	if (!receive_all(fd, &head, sizeof head, passed, is_end, error))
		return false;
	if (head.build != ask_build_id() || head.length > BOUND_FACTS) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "frame of another build or of %u octets",
			    head.length);
		return false;
	}
	data = g_malloc(head.length + 1);
	return receive_all(fd, data, head.length, passed, is_end, error) &&
	    fields_unpack(table, at, data, head.length, error);
}
