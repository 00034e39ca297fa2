/*
 * bytes.c -- the message as it comes in: in memory while it is small, then
 * in a nameless file of the quarantine's file system, which gets its name
 * without a copy when the message is held
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/daemon/front.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"

void
bytes_init(struct bytes *bytes)
{
	memset(bytes, 0, sizeof *bytes);
	bytes->fd = -1;
}

void
bytes_clear(struct bytes *bytes)
{
	if (bytes->memory)
		g_byte_array_free(bytes->memory, TRUE);
	if (bytes->fd >= 0)
		close(bytes->fd);
	bytes_init(bytes);
}

static void
spill(struct bytes *bytes, int folder)
{
	g_autoptr(GError) error = NULL;

	bytes->fd = file_nameless(folder, &error);
	bytes->is_broken = bytes->fd < 0 ||
	    !file_write_all(bytes->fd, bytes->memory->data,
			    bytes->memory->len);
	if (bytes->is_broken)
		log_error(NULL, "bytes-failed reason=\"%s\"",
			  error ? error->message : g_strerror(errno));
	g_byte_array_free(bytes->memory, TRUE);
	bytes->memory = NULL;
}

void
bytes_add(struct bytes *bytes, int folder, const void *data, gsize length)
{
	if (bytes->is_broken)
		return;
	bytes->size += length;
	if (bytes->fd < 0) {
		if (!bytes->memory)
			bytes->memory = g_byte_array_sized_new(8 * KIB);
		g_byte_array_append(bytes->memory, data, (guint)length);
		if (bytes->memory->len > BOUND_MEMORY)
			spill(bytes, folder);
	} else if (!file_write_all(bytes->fd, data, length)) {
		log_error(NULL, "bytes-failed reason=\"%s\"",
			  g_strerror(errno));
		bytes->is_broken = true;
	}
}

bool
bytes_give(struct bytes *bytes, Message *message, GError **error)
{
	const guint8 *memory = bytes->memory ? bytes->memory->data :
	    (const guint8 *)"";

	if (bytes->is_broken) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC,
			    "the message could not be kept while it came");
		return false;
	}
	message->size = bytes->size;
	if (bytes->fd < 0 && bytes->size <= BOUND_INLINE) {
		message->data = memory;
		return true;
	}
	message->fd = bytes->fd >= 0 ? bytes->fd :
	    file_memory(memory, bytes->size, error);
	bytes->fd = -1;
	return message->fd >= 0;
}
