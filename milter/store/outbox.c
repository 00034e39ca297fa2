/*
 * outbox.c -- copies that we took over from the MTA and hand back to it
 *
 *	state     files             after a crash here
 *	putting   see box.c         the MTA has no answer and comes again
 *	kept      new/ID.*          sent when the daemon starts, perhaps after
 *	                            the MTA came again: twice, never not at all
 *	sending   new/ID.*, locked  as kept: the far end may have it already
 *	sent      gone              nothing to do
 *
 * An item that went to some of its recipients is written anew with the rest.
 */
#include "gatepost/store/outbox.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gatepost/store/box.h"
#include "gatepost/store/db.h"
#include "gatepost/store/seal.h"
#include "gatepost/util/file.h"

#define STATE "new"

struct Outbox {
	Box *box;
};

static const struct field outgoing_rcpt_rows[] = {
	FIELD(OutgoingRcpt, rcpt, FIELD_TEXT),
	FIELD(OutgoingRcpt, address, FIELD_TEXT),
	FIELD(OutgoingRcpt, options, FIELD_TEXT),
};
const struct fields outgoing_rcpt_fields = FIELDS(OutgoingRcpt,
						  outgoing_rcpt_rows);

static const struct field outgoing_rows[] = {
	FIELD(Outgoing, id, FIELD_TEXT),
	FIELD(Outgoing, message, FIELD_TEXT),
	FIELD(Outgoing, at, FIELD_TIME),
	FIELD(Outgoing, sender, FIELD_TEXT),
	FIELD(Outgoing, options, FIELD_TEXT),
	FIELD(Outgoing, is_utf8, FIELD_BOOL),
	FIELD_OF(Outgoing, rcpts, FIELD_LIST, outgoing_rcpt_fields),
	FIELD(Outgoing, size, FIELD_NUMBER),
	FIELD(Outgoing, sha256, FIELD_TEXT),
	FIELD(Outgoing, tries, FIELD_NUMBER),
	FIELD(Outgoing, next, FIELD_TIME),
	FIELD(Outgoing, fault, FIELD_TEXT),
};
const struct fields outgoing_fields = FIELDS(Outgoing, outgoing_rows);

Outbox *
outbox_open(int folder, GError **error)
{
	static const char *const states[] = { STATE, NULL };
	Box *box = box_open(folder, "outbox", states, error);
	Outbox *outbox;

	if (!box)
		return NULL;
	outbox = g_new0(Outbox, 1);
	outbox->box = box;
	return outbox;
}

void
outbox_free(Outbox *outbox)
{
	if (outbox)
		box_free(outbox->box);
	g_free(outbox);
}

static char *
to_json(const Outgoing *item)
{
	GString *json = g_string_new(NULL);

	fields_json(&outgoing_fields, item, true, json);
	seal_add(json);
	return g_string_free(json, FALSE);
}

bool
outbox_put(Outbox *outbox, Outgoing *item, int fd, gsize size,
	   GError **error)
{
	g_autofree char *json = NULL;

	g_free(item->sha256);
	item->sha256 = file_sha256(fd, size, error);
	if (!item->sha256)
		return false;
	item->size = (gint64)size;
	json = to_json(item);
	return box_put(outbox->box, STATE, item->id, fd, size, json, error);
}

GPtrArray *
outbox_ids(Outbox *outbox)
{
	return box_list(outbox->box, STATE);
}

Outgoing *
outbox_read(Outbox *outbox, const char *id, GError **error)
{
	g_autofree char *text = box_json(outbox->box, STATE, id, error);
	g_autoptr(Json) json = text ? seal_open(text, id, error) : NULL;
	Outgoing *item;

	if (!json)
		return NULL;
	item = fields_new(&outgoing_fields);
	fields_from_json(&outgoing_fields, item, json);
	if (g_strcmp0(item->id, id) == 0)
		return item;
	g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
		    "item %s says that it is another", id);
	fields_free(&outgoing_fields, item);
	return NULL;
}

/* Are the bytes of FD those that ITEM was kept with? */
static bool
is_whole(const Outgoing *item, int fd, gsize size, GError **error)
{
	g_autofree char *sha256 = file_sha256(fd, size, error);

	if (!sha256)
		return false;
	if (g_strcmp0(sha256, item->sha256) == 0)
		return true;
	g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
		    "item %s is damaged: its SHA-256 is not the one it had "
		    "when it was kept", item->id);
	return false;
}

int
outbox_claim(Outbox *outbox, const char *id, Outgoing **item, GError **error)
{
	g_autoptr(GError) gone = NULL;
	gsize size;
	int fd = box_octets(outbox->box, STATE, id, &size, &gone);

	*item = NULL;
	if (fd < 0 && !g_error_matches(gone, G_FILE_ERROR,
				       G_FILE_ERROR_NOENT))
		g_propagate_error(error, g_steal_pointer(&gone));
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			file_fail(error, "lock", id);
		close(fd);
		return -1;
	}
	/* Read under the lock: who had it may have sent and removed it. */
	*item = outbox_read(outbox, id, &gone);
	if (*item && is_whole(*item, fd, size, error))
		return fd;
	if (gone && !g_error_matches(gone, G_FILE_ERROR,
				     G_FILE_ERROR_NOENT))
		g_propagate_error(error, g_steal_pointer(&gone));
	fields_free(&outgoing_fields, *item);
	*item = NULL;
	close(fd);
	return -1;
}

bool
outbox_update(Outbox *outbox, const Outgoing *item, GError **error)
{
	g_autofree char *json = to_json(item);

	return box_update(outbox->box, STATE, item->id, json, error);
}

bool
outbox_remove(Outbox *outbox, const char *id, GError **error)
{
	return box_remove(outbox->box, STATE, id, error);
}

guint
outbox_sweep(Outbox *outbox)
{
	return box_sweep(outbox->box);
}
