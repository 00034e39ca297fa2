/*
 * keep.c -- what is held goes on disk, before anything is taken off
 */
#include <string.h>

#include "gatepost/model/rights.h"
#include "gatepost/service/results.h"
#include "gatepost/service/way.h"
#include "gatepost/util/clock.h"

static void
copy_texts(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; i < from->len; i++)
		g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

/* The row of `policy` for which it is held; what no analysis could read has
 * none of its own. */
static enum policy
reason_of(const Decision *decision)
{
	int policy = decision->because ?
	    fields_word(policies, decision->because->policy) : -1;

	return policy < 0 ? POLICY_UNKNOWN : (enum policy)policy;
}

static void
add_rcpt(Held *held, const Message *message, const Decision *decision)
{
	HeldRcpt *rcpt = fields_new(&held_rcpt_fields);
	const Finding *because = decision->because;
	const Tenant *tenant = decision->tenant ?
	    config_tenant(message->config, decision->tenant) : NULL;
	enum policy reason = reason_of(decision);
	g_autoptr(GPtrArray) rights = rights_words(tenant ?
	    config_rights(tenant, reason) : 0);

	rcpt->rcpt = g_strdup(decision->rcpt);
	rcpt->given = g_strdup(decision->given);
	rcpt->tenant = g_strdup(decision->tenant);
	rcpt->check = g_strdup(because ? because->check : NULL);
	rcpt->reason = g_strdup(because ? because->reason : NULL);
	rcpt->entry = g_strdup(because ? because->entry : NULL);
	rcpt->category = g_strdup(categories[decision->category]);
	rcpt->policy = g_strdup(policies[reason]);
	copy_texts(rcpt->rights, rights);
	rcpt->expires = message->received +
	    config_days(message->config, tenant, reason) * CLOCK_DAY;
	g_ptr_array_add(held->rcpts, rcpt);
}

static void
add_facts(Held *held, const Facts *facts)
{
	held->from = g_strdup(facts->from);
	held->subject = g_strdup(facts->subject);
	held->message_id = g_strdup(facts->message_id);
	held->body_sha256 = g_strdup(facts->body_sha256);
	for (guint i = 0; i < facts->ours->len; i++) {
		const Field *field = facts->ours->pdata[i];
		Field *copy = fields_new(&field_fields);

		copy->name = g_strdup(field->name);
		copy->index = field->index;
		g_ptr_array_add(held->ours, copy);
	}
}

/* Our results, folded, to stand in front when the copy is released. */
static void
add_results(Held *held, const Message *message, const Facts *facts)
{
	g_autoptr(GPtrArray) lines = results_lines(message, facts,
						   own_authserv_id(message));

	if (!lines)
		return;
	g_ptr_array_add(lines, NULL);
	held->results = g_strjoinv("\r\n\t", (char **)lines->pdata);
}

static Held *
held_of(const Message *message, const Facts *facts)
{
	Held *held = fields_new(&held_fields);

	held->id = g_strdup(message->id);
	held->received = message->received;
	held->queue_id = g_strdup(message->queue_id);
	held->sender = g_strdup(message->sender);
	held->sender_given = g_strdup(message->sender_given);
	copy_texts(held->mail_options, message->mail_options);
	held->client_address = g_strdup(message->client.address);
	held->client_name = g_strdup(message->client.name);
	held->helo = g_strdup(message->client.helo);
	held->size = (gint64)message->size;
	if (facts) {
		add_facts(held, facts);
		add_results(held, message, facts);
	}
	return held;
}

static gint64
quota_of(const char *tenant, void *data)
{
	const Tenant *one = config_tenant(data, tenant);

	return one ? one->quota : 0;
}

static bool
is_held(const Decision *decision)
{
	return decision->action == ACTION_QUARANTINE;
}

bool
keep(Site *site, Message *message, const Facts *facts,
     const GPtrArray *shown, GPtrArray *decisions, GError **error)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Record) record = NULL;
	Held *held = NULL;
	guint at = 0;
	bool good;

	for (guint i = 0; i < decisions->len; i++)
		if (is_held(decisions->pdata[i])) {
			Decision *decision = decisions->pdata[i];

			decision->place = PLACE_QUARANTINE;
			if (!held)
				held = held_of(message, facts);
			add_rcpt(held, message, decision);
		}
	if (!held)
		return true;
	record = record_of(site, message, facts, shown, decisions,
			   REPLY_ACCEPT);
	held->record = g_strdup(record->body);
	good = message_fd(message, error) >= 0 &&
	    quarantine_hold(site->quarantine, held, message->fd, quota_of,
			    message->config, items, error);
	for (guint i = 0; good && i < decisions->len; i++)
		if (is_held(decisions->pdata[i])) {
			Decision *decision = decisions->pdata[i];

			decision->item = g_strdup(items->pdata[at++]);
		}
	fields_free(&held_fields, held);
	return good;
}
