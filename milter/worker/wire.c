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

/* Send what is left of three PARTS, with PASS beside it; how much went. */
static gssize
send_some(int fd, struct iovec parts[3], int pass)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
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
wire_send(int fd, const GByteArray *packed, const struct ask_bytes *bytes)
{
	gsize size = bytes && bytes->data ? bytes->size : 0;
	struct wire_head head = { ask_build_id(), packed->len,
				  (guint32)size };
	struct iovec parts[3] = {
		{ &head, sizeof head }, { packed->data, packed->len },
		{ bytes ? (void *)bytes->data : NULL, size },
	};
	gsize left = sizeof head + packed->len + size;
	int pass = bytes && !bytes->data ? bytes->fd : -1;

	while (left > 0) {
		gssize n = send_some(fd, parts, pass);

		if (n <= 0)
			return false;
		pass = -1;
		left -= (gsize)n;
		for (guint i = 0; i < G_N_ELEMENTS(parts) && n > 0; i++) {
			gsize gone = MIN((gsize)n, parts[i].iov_len);

			parts[i].iov_base = (char *)parts[i].iov_base + gone;
			parts[i].iov_len -= gone;
			n -= (gssize)gone;
		}
	}
	return true;
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

/* Take a descriptor that came with MESSAGE; one is kept, others are closed
 * by the kernel, which has room for no more. */
static void
take_fd(struct msghdr *message, int *fd)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int came;

	if (!head || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&came, CMSG_DATA(head), sizeof came);
	if (*fd >= 0)
		close(came);
	else
		*fd = came;
}

/* One recvmsg into COUNT PARTS; 0 at the end, -1 and errno on failure.  What
 * is there is taken without asking the clock. */
static gssize
receive_some(int fd, struct iovec *parts, guint count, int *passed,
	     gint64 deadline)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	gssize n;

	for (;;) {
		struct msghdr message = {
			.msg_iov = parts, .msg_iovlen = count,
			.msg_control = control.room,
			.msg_controllen = CMSG_LEN(sizeof(int)),
		};

		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC |
			    (deadline ? MSG_DONTWAIT : 0));
		if (n > 0)
			take_fd(&message, passed);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
		if (errno == EAGAIN && !is_in_time(fd, deadline))
			return -1;
	}
}

static void
make_room(struct wire_frame *frame, gsize room)
{
	guint8 *old = frame->data;

	if (frame->room >= room)
		return;
	frame->data = g_realloc(old == frame->first ? NULL : old, room);
	if (old == frame->first)
		memcpy(frame->data, frame->first, frame->room);
	frame->room = room;
}

static bool
is_head_good(const struct wire_head *head, gsize have, GError **error)
{
	if (head->build == ask_build_id() && head->fields <= BOUND_FACTS &&
	    head->bytes <= BOUND_MESSAGE &&
	    have <= (gsize)head->fields + head->bytes)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "frame of another build or of %u and %u octets",
		    head->fields, head->bytes);
	return false;
}

bool
wire_receive(int fd, struct wire_frame *frame, gint64 deadline,
	     enum wire_fault *fault, GError **error)
{
	gsize have = 0, wanted = sizeof frame->head;

	frame->fd = -1;
	while (have < wanted) {
		gsize head = sizeof frame->head;
		gsize missing = have < head ? head - have : 0;
		gsize data = have < head ? 0 : have - head;
		struct iovec parts[2] = {
			{ (char *)&frame->head + head - missing, missing },
			{ frame->data + data, frame->room - data },
		};
		gssize n = receive_some(fd, parts + !missing, 1 + !!missing,
					&frame->fd, deadline);

		if (n <= 0) {
			*fault = n == 0 ? WIRE_CLOSED :
			    errno == ECONNRESET ? WIRE_UNREAD : WIRE_LATE;
			errno = n == 0 ? EPIPE : errno;
			return file_fail(error, "receive", "frame");
		}
		have += (gsize)n;
		*fault = WIRE_BROKEN;
		if (missing && have >= head) {
			if (!is_head_good(&frame->head, have - head, error))
				return false;
			wanted = head + frame->head.fields +
			    frame->head.bytes;
			make_room(frame, wanted - head);
		}
	}
	return true;
}

void
wire_frame_init(struct wire_frame *frame)
{
	frame->fd = -1;
	frame->data = frame->first;
	frame->room = sizeof frame->first;
}

void
wire_frame_clear(struct wire_frame *frame)
{
	if (frame->data != frame->first)
		g_free(frame->data);
	wire_frame_init(frame);
}
