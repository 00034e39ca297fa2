/*
 * ask.c -- the caller's side of a worker
 */
#include "gatepost/worker/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/worker/wire.h"

extern char **environ;

int
ask_connect(int folder, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	if (fd < 0)
		return -1;
	/* By descriptor, so that a long state_dir fits into an address. */
	g_snprintf(address.sun_path, sizeof address.sun_path,
		   "/proc/self/fd/%d/%s", folder, name);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		int fault = errno;

		close(fd);
		errno = fault;
		return -1;
	}
	fcntl(fd, F_SETFL, 0);
	return fd;
}

/* What a fault of the wire says of the message. */
static enum ask_result
result_of(enum wire_fault fault, const GError *why, GError **error)
{
	switch (fault) {
	case WIRE_CLOSED:
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PIPE,
			    "the worker died of this message (%s)",
			    why->message);
		return ASK_DIED;
	case WIRE_UNREAD:
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "the worker left before it took the message");
		return ASK_NONE;
	case WIRE_LATE:
	case WIRE_BROKEN:
		break;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
		    "no good answer of a worker (%s)", why->message);
	return ASK_LATE;
}

enum ask_result
ask(int connection, const Request *request, const struct ask_bytes *bytes,
    Answer *answer, gint64 deadline, wait_how *wait, void *data,
    GError **error)
{
	g_autoptr(GByteArray) packed = g_byte_array_sized_new(512);
	g_autoptr(GError) why = NULL;
	struct wire_frame frame;
	enum ask_result result = ASK_DONE;
	enum wire_fault fault = WIRE_BROKEN;

	fields_pack(&request_fields, request, false, packed);
	if (!wire_send(connection, packed, bytes)) {
		file_fail(error, "send to", "worker");
		return ASK_NONE;
	}
	if (!wait(connection, deadline, data)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "no answer of a worker in time");
		return ASK_LATE;
	}
	wire_frame_init(&frame);
	if (!wire_receive(connection, &frame, deadline, &fault, &why) ||
	    !fields_unpack(&answer_fields, answer, frame.data,
			   frame.head.fields, &why))
		result = result_of(fault, why, error);
	else if (answer->octets)
		g_byte_array_append(answer->octets, frame.data +
				    frame.head.fields, frame.head.bytes);
	if (frame.fd >= 0)
		close(frame.fd);
	wire_frame_clear(&frame);
	return result;
}

char *
ask_program(const char *program)
{
	static const char *const installed[] = {
		GATEPOST_LIBEXECDIR, GATEPOST_BINDIR,
	};
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self ? self : "/");
	char *path = g_build_filename(folder, program, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(installed); i++) {
		if (access(path, X_OK) == 0)
			break;
		g_free(path);
		path = g_build_filename(installed[i], program, NULL);
	}
	return path;
}

int
ask_private(const char *program, GError **error)
{
	g_autofree char *build = g_strdup_printf("%u", ask_build_id());
	char *const argv[] = { (char *)program, (char *)"--serve",
			       (char *)"3", (char *)"--build", build, NULL };
	posix_spawn_file_actions_t moves;
	int pair[2], fault;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		file_fail(error, "make", "socket pair");
		return -1;
	}
	posix_spawn_file_actions_init(&moves);
	posix_spawn_file_actions_adddup2(&moves, pair[1], 3);
	fault = posix_spawn(&pid, program, &moves, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&moves);
	close(pair[1]);
	if (fault) {
		errno = fault;
		file_fail(error, "start", program);
		close(pair[0]);
		return -1;
	}
	return pair[0];
}
