/*
 * errand.c -- take what a user asks for by mail
 *
 * Who sent it must be proven: by a login, or by an aligned pass of the
 * tenant's own domain.  Whoever it is not proven of gets no answer, and learns
 * nothing; programs get none either, so that no two of them talk for ever.
 */
#include "gatepost/service/errand_work.h"

#include <string.h>

#include "gatepost/service/answer.h"
#include "gatepost/service/clerk.h"
#include "gatepost/service/sender.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

static const struct field errand_rows[] = {
	FIELD(Errand, id, FIELD_TEXT),
	FIELD(Errand, at, FIELD_TIME),
	FIELD(Errand, message, FIELD_TEXT),
	FIELD(Errand, tenant, FIELD_TEXT),
	FIELD(Errand, mailboxes, FIELD_TEXTS),
	FIELD(Errand, reply, FIELD_TEXT),
	FIELD(Errand, subject, FIELD_TEXT),
	FIELD(Errand, analyst, FIELD_TEXT),
	FIELD(Errand, is_program, FIELD_BOOL),
};
const struct fields errand_fields = FIELDS(Errand, errand_rows);

static void
log_ignored(const Message *message, const Facts *facts,
	    const Recipient *recipient, const char *why)
{
	g_autofree char *rcpt = text_value(recipient->address);
	g_autofree char *from = text_value(facts->from);
	g_autofree char *safe = text_value(why);

	log_warning(message->tag, "action-ignored rcpt=%s from=%s reason=%s",
		    rcpt, from, safe);
}

bool
errand_put(struct pipeline *line, Message *message, Errand *errand,
	   GError **error)
{
	g_autoptr(GString) json = g_string_new(NULL);
	int fd = message_fd(message, error);

	if (fd < 0)
		return false;
	fields_json(&errand_fields, errand, true, json);
	return box_put(line->site->actions, "new", errand->id, fd,
		       message->size, json->str, error);
}

/* ROUTE is the sender's: write down what he asks. */
static bool
take(struct pipeline *line, Message *message, const Facts *facts,
     const Recipient *recipient, const Route *route,
     const struct map_wait *wait, GError **error)
{
	Errand *errand = fields_new(&errand_fields);
	char id[ID_TEXT];
	bool good;

	id_new(id);
	errand->id = g_strdup(id);
	errand->at = clock_now();
	errand->message = g_strdup(message->tag);
	errand->tenant = g_strdup(recipient->tenant->name);
	for (guint i = 0; i < route->mailboxes->len; i++)
		g_ptr_array_add(errand->mailboxes,
				g_strdup(route->mailboxes->pdata[i]));
	errand->reply = sender_reply(message, facts, recipient->tenant,
				     route->mailboxes->pdata[0], wait);
	errand->subject = g_strdup(facts->subject);
	good = errand_put(line, message, errand, error);
	fields_free(&errand_fields, errand);
	return good;
}

static bool
take_for(struct pipeline *line, Message *message, const Facts *facts,
	 const Recipient *recipient, GError **error)
{
	const char *why = sender_is_program(message, facts);
	struct map_wait wait = {
		line->wait, message->config,
		clock_steady_ms() + recipient->tenant->users.timeout,
	};
	g_autoptr(Route) route = NULL;

	if (answer_is(facts))
		return answer_take(line, message, facts, recipient, error);
	if (!why && !message->routes)
		why = "there are no tables of users";
	if (!why)
		route = sender_route(message, facts, recipient->tenant,
				     &wait, &why);
	if (route && route->unsure && !route->is_unknown) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "it is not known who acts by mail: %s",
			    route->unsure);
		return false;
	}
	if (route && route->unsure)
		why = route->unsure;
	/* One of several could else act for the others. */
	else if (route && !message->client.login &&
		 (route->mailboxes->len != 1 || route->is_more))
		why = "the sender's address is shared by several";
	if (!why)
		return take(line, message, facts, recipient, route, &wait,
			    error);
	log_ignored(message, facts, recipient, why);
	return true;
}

bool
errands_take(struct pipeline *line, Message *message, const Facts *facts,
	     GError **error)
{
	bool is_any = false;

	for (guint i = 0; facts && i < message->recipients->len; i++) {
		const Recipient *recipient = message->recipients->pdata[i];

		if (!recipient->is_action)
			continue;
		if (!take_for(line, message, facts, recipient, error))
			return false;
		is_any = true;
	}
	if (is_any)
		clerk_wake(line->clerk);
	return true;
}
