/*
 * history.c -- fetch what the checks may know of each recipient: its
 * mailboxes, what their user has listed, and whether the author has written
 * there before
 *
 * Never fails and never waits long: what cannot be known is "unsure", and
 * the tenant's policy decides alone.
 */
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/users.h"
#include "gatepost/service/pipeline.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* Every value that would cover an author of the message, of char *. */
static GPtrArray *
values_of(const Facts *facts)
{
	GPtrArray *values = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < MIN(facts->authors->len, BOUND_USER_AUTHORS);
	     i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (author->address && *author->address)
			user_values_of(author->address, values);
	}
	return values;
}

static void
take_route(History *history, Route *route)
{
	g_ptr_array_unref(history->mailboxes);
	history->mailboxes = g_ptr_array_ref(route->mailboxes);
	history->is_more = route->is_more;
	history->owner = g_steal_pointer(&route->owner);
	history->unsure = g_steal_pointer(&route->unsure);
	if (history->mailboxes->len == 1 && !history->is_more)
		history->user = g_strdup(history->mailboxes->pdata[0]);
}

static History *
fetch(const struct pipeline *line, const Message *message,
      const Recipient *recipient, const GPtrArray *values,
      const struct map_wait *wait)
{
	History *history = history_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Route) route = routes_follow(message->routes,
					       recipient->tenant,
					       recipient->address, wait);

	take_route(history, route);
	if (history->user && line->users &&
	    !users_find(line->users, recipient->tenant->name, history->user,
			values, history->entries, &error)) {
		g_ptr_array_set_size(history->entries, 0);
		history->unsure = g_strdup_printf("the lists of users cannot "
						  "be read: %s",
						  error->message);
	}
	return history;
}

/* Whose mailbox RECIPIENT is, as contacts are kept. */
static const char *
mailbox_of(const Recipient *recipient)
{
	const History *history = recipient->history;

	return history && history->user ? history->user : recipient->address;
}

/* Has the author of FACTS written to RECIPIENT before?  Asked only where it
 * can matter: for strangers' mail. */
static void
find_contact(const struct pipeline *line, const Message *message,
	     const Facts *facts, Recipient *recipient)
{
	const Tenant *tenant = recipient->tenant;
	gint64 now = clock_now();
	g_autoptr(GError) error = NULL;

	if (!line->contacts || !facts->from ||
	    client_is_ours(&message->client))
		return;
	if (!recipient->history)
		recipient->history = history_new();
	if (!contacts_find(line->contacts,
			   contacts_key(line->key, tenant->name,
					mailbox_of(recipient), facts->from),
			   contacts_key(line->key, tenant->name, NULL,
					facts->from),
			   now - message->config->keep.contacts * CLOCK_DAY,
			   now, tenant->impersonation.learn,
			   &recipient->history->contact, &error))
		log_warning(message->tag, "contacts-unsure reason=\"%s\"",
			    error->message);
}

static void
log_unsure(const Message *message, const Recipient *recipient)
{
	g_autofree char *rcpt = text_value(recipient->address);
	g_autofree char *why = text_value(recipient->history->unsure);

	log_info(message->tag, "users-unsure rcpt=%s reason=%s", rcpt, why);
}

void
pipeline_history(struct pipeline *line, Message *message,
		 const Facts *facts)
{
	gint64 start = clock_steady_ms();
	struct map_wait wait = { line->wait, message->config, 0 };
	g_autoptr(GPtrArray) values = NULL;

	if (facts->release)
		return;
	values = values_of(facts);
	for (guint i = 0; i < message->recipients->len; i++) {
		Recipient *recipient = message->recipients->pdata[i];

		if (!recipient->tenant)
			continue;
		/* The time is the message's, not each recipient's. */
		wait.deadline = start + recipient->tenant->users.timeout;
		if (message->routes)
			recipient->history = fetch(line, message, recipient,
						   values, &wait);
		if (recipient->history && recipient->history->unsure)
			log_unsure(message, recipient);
		find_contact(line, message, facts, recipient);
	}
}
