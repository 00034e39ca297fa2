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

/* Sessions bring many messages: what a usual one needs is kept. */
#define KEPT (32 * KIB)

void
bytes_again(struct bytes *bytes)
{
	GByteArray *memory = bytes->memory;

	if (memory && memory->len > KEPT)
		g_byte_array_free(g_steal_pointer(&memory), TRUE);
	if (memory)
		g_byte_array_set_size(memory, 0);
	if (bytes->fd >= 0)
		close(bytes->fd);
	bytes_init(bytes);
	bytes->memory = memory;
}

void
bytes_clear(struct bytes *bytes)
{
	bytes_again(bytes);
	if (bytes->memory)
		g_byte_array_free(bytes->memory, TRUE);
	bytes->memory = NULL;
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

static void
add_to_memory(struct bytes *bytes, int folder, const struct iovec *parts,
	      guint count, gsize length)
{
	guint8 *at;

	if (!bytes->memory)
		bytes->memory = g_byte_array_sized_new(8 * KIB);
	g_byte_array_set_size(bytes->memory,
			      bytes->memory->len + (guint)length);
	at = bytes->memory->data + bytes->memory->len - length;
	for (guint i = 0; i < count; i++) {
		memcpy(at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
	if (bytes->memory->len > BOUND_MEMORY)
		spill(bytes, folder);
}

void
bytes_add(struct bytes *bytes, int folder, const struct iovec *parts,
	  guint count)
{
	gsize length = 0;

	if (bytes->is_broken)
		return;
	for (guint i = 0; i < count; i++)
		length += parts[i].iov_len;
	bytes->size += length;
	if (bytes->fd < 0) {
		add_to_memory(bytes, folder, parts, count, length);
		return;
	}
	for (guint i = 0; i < count && !bytes->is_broken; i++)
		if (!file_write_all(bytes->fd, parts[i].iov_base,
				    parts[i].iov_len)) {
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
