/*
 * preview.c -- a held message as a person may see it
 *
 * The octets are a stranger's, and read by a private worker alone; what was
 * decided is told to it, so that one hand writes the whole.
 */
#include "gatepost/service/preview.h"

#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/model/message.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/worker/ask.h"

/* Recipients whose copies are told of; the rest is counted. */
#define TOLD_MOST 20

const char *const preview_forms[] = { "text", "page", "raw", NULL };

static void
tell(GPtrArray *told, const char *name, const char *value)
{
	Field *field;

	if (!value || !*value)
		return;
	field = fields_new(&field_fields);
	field->name = g_strdup(name);
	field->value = g_strdup(value);
	g_ptr_array_add(told, field);
}

/* Why a copy is held, and how it stands with it. */
static void
tell_copy(GPtrArray *told, const HeldRcpt *copy)
{
	g_autofree char *line = g_strdup_printf("%s, for %s: %s",
	    held_states[copy->state], copy->rcpt, copy->reason ?
	    copy->reason : "no reason is known");

	tell(told, "Held", line);
	tell(told, "  as", copy->category);
	tell(told, "  by policy", copy->policy);
	tell(told, "  by entry", copy->entry);
}

static void
tell_all(GPtrArray *told, const Held *held, const char *rcpt)
{
	g_autofree char *client = g_strdup_printf("%s [%s], HELO %s",
	    client_shown(held->client_name),
	    held->client_address ? held->client_address : "unknown",
	    held->helo ? held->helo : "unknown");
	g_autofree char *more = NULL;
	char at[CLOCK_TEXT];
	guint shown = 0, left = 0;

	clock_format(held->received, at);
	tell(told, "Item", held->id);
	tell(told, "Received", at);
	tell(told, "Client", client);
	tell(told, "MAIL FROM", held->sender && *held->sender ?
	     held->sender : "<>");
	tell(told, "Authentication", held->results ? held->results : "none");
	for (guint i = 0; i < held->rcpts->len; i++) {
		const HeldRcpt *copy = held->rcpts->pdata[i];

		if (rcpt && g_strcmp0(copy->rcpt, rcpt) != 0)
			continue;
		if (shown++ < TOLD_MOST)
			tell_copy(told, copy);
		else
			left++;
	}
	if (left)
		more = g_strdup_printf("for %u others, too", left);
	tell(told, "Held", more);
}

static bool
note(Site *site, const Held *held, const char *rcpt, enum preview_form form,
     const struct doer *by, GError **error)
{
	const HeldRcpt *copy = rcpt ? quarantine_rcpt(held, rcpt) :
	    held->rcpts->len ? held->rcpts->pdata[0] : NULL;
	const struct deed deed = {
		.who = by->who, .via = by->via, .what = "previewed",
		.object = held->id, .tenant = copy ? copy->tenant : NULL,
		.rcpt = rcpt, .detail = preview_forms[form],
	};

	return trail_add(site->trail, &deed, error);
}

/* Ask a private worker about the message in FD. */
static char *
ask_about(const Held *held, const char *rcpt, int fd, enum preview_form form,
	  GError **error)
{
	g_autofree char *program = ask_program("gatepost-worker");
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	const struct ask_bytes bytes = { NULL, (gsize)held->size, fd };
	int connection = ask_private(program, error);
	char *text = NULL;

	request->kind = form == PREVIEW_PAGE ? REQUEST_PAGE :
	    REQUEST_PREVIEW;
	request->size = held->size;
	tell_all(request->told, held, rcpt);
	if (connection >= 0 &&
	    ask(connection, request, &bytes, answer, clock_steady_ms() +
		BOUND_ASK_MS, wait_plainly, NULL, error) == ASK_DONE)
		text = g_strdup(answer->preview ? answer->preview : "");
	if (connection >= 0)
		close(connection);
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
	return text;
}

char *
preview_read(Site *site, const Held *held, const char *rcpt,
	     enum preview_form form, const struct doer *by, GError **error)
{
	int fd = quarantine_octets(site->quarantine, held, error);
	char *text;

	if (fd < 0)
		return NULL;
	text = note(site, held, rcpt, form, by, error) ?
	    ask_about(held, rcpt, fd, form, error) : NULL;
	close(fd);
	return text;
}

int
preview_raw(Site *site, const Held *held, const struct doer *by,
	    GError **error)
{
	int fd = quarantine_octets(site->quarantine, held, error);

	if (fd >= 0 && !note(site, held, NULL, PREVIEW_RAW, by, error)) {
		close(fd);
		return -1;
	}
	return fd;
}
