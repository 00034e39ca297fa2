/*
 * record.c -- the ledger's record of a message, and a candidate's JSON
 */
#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/service/spoof.h"
#include "gatepost/service/way.h"
#include "gatepost/util/clock.h"

static void
add_key(const Site *site, Record *record, const char *kind,
	const char *value)
{
	gint64 key;

	if (!value || !*value)
		return;
	key = ledger_key(&site->key.ledger, kind, value);
	for (guint i = 0; i < record->keys->len; i++)
		if (g_array_index(record->keys, gint64, i) == key)
			return;
	g_array_append_val(record->keys, key);
}

static void
add_decision_keys(const Site *site, Record *record, const GPtrArray *all)
{
	for (guint i = 0; all && i < all->len; i++) {
		const Decision *decision = all->pdata[i];

		add_key(site, record, "rcpt", decision->rcpt);
	}
}

static void
add_keys(const Site *site, Record *record, const Message *message,
	 const Facts *facts, const GPtrArray *shown)
{
	/* A link is found by its host: two keys for each would be many. */
	for (guint i = 0; i < shown->len; i++) {
		const Indicator *one = shown->pdata[i];

		if (one->kind != INDICATOR_URL &&
		    one->kind != INDICATOR_SPOOF)
			add_key(site, record, indicator_kinds[one->kind],
				one->value);
	}
	add_key(site, record, "queue_id", message->queue_id);
	add_key(site, record, "domain", address_domain(message->sender));
	if (!facts)
		return;
	if (spoof_is_unproven(&message->client, facts))
		add_key(site, record, SPOOF_KEY);
	add_key(site, record, "message_id", facts->message_id);
	add_key(site, record, "body", facts->body_sha256);
	add_key(site, record, "domain", facts->from_domain);
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		add_key(site, record, "host", link->host);
	}
}

static void
add_contact(const Site *site, Record *record, const Tenant *tenant,
	    const char *mailbox, const char *other)
{
	const struct hash_key *key = &site->key.ledger;
	gint64 pair = contacts_key(key, tenant->name, mailbox, other);
	gint64 anybody = contacts_key(key, tenant->name, NULL, other);

	g_array_append_val(record->contacts, pair);
	g_array_append_val(record->contacts, anybody);
}

/* Who wrote to whom: strangers to our users' mailboxes, and our users to
 * strangers.  What was held, or filed as junk, makes nobody known. */
static void
add_contacts(const Site *site, Record *record, const Message *message,
	     const Facts *facts, const GPtrArray *decisions)
{
	bool is_ours = client_is_ours(&message->client);

	for (guint i = 0; facts && facts->from && decisions &&
	     i < decisions->len; i++) {
		const Recipient *recipient = message->recipients->pdata[i];
		const Decision *decision = decisions->pdata[i];
		const History *history = recipient->history;

		if (decision->place != PLACE_MAILBOX ||
		    decision->action >= ACTION_JUNK)
			continue;
		if (is_ours && recipient->outbound)
			add_contact(site, record, recipient->outbound,
				    facts->from, recipient->address);
		else if (!is_ours && recipient->tenant)
			add_contact(site, record, recipient->tenant,
				    history && history->user ?
				    history->user : recipient->address,
				    facts->from);
	}
}

static void
put_message(GString *out, const Message *message)
{
	char time[CLOCK_TEXT];

	clock_format(message->received, time);
	json_put(out, "id", message->id);
	json_put(out, "queue_id", message->queue_id);
	json_put(out, "received", time);
	json_key(out, "client");
	g_string_append_c(out, '{');
	json_put(out, "address", message->client.address);
	json_put(out, "name", message->client.name);
	json_put(out, "helo", message->client.helo);
	json_put(out, "login", message->client.login);
	json_put(out, "kind", client_kinds[message->client.kind]);
	g_string_append_c(out, '}');
	json_put(out, "sender", message->sender);
	json_put_number(out, "size", (gint64)message->size);
}

static void
put_decisions(GString *out, const GPtrArray *all)
{
	for (guint i = 0; all && i < all->len; i++) {
		json_comma(out);
		decision_json(all->pdata[i], true, out);
	}
}

Record *
record_of(const Site *site, const Message *message, const Facts *facts,
	  const GPtrArray *shown, const GPtrArray *decisions,
	  enum reply reply)
{
	Record *record = record_new(message->id, message->received);
	GString *out = record->text;

	g_string_append_c(out, '{');
	put_message(out, message);
	json_put(out, "reply", replies[reply]);
	json_put_number(out, "generation", message->lists ?
			(gint64)snapshot_generation(message->lists) : 0);
	json_key(out, "facts");
	if (facts)
		fields_json(&facts_fields, facts, true, out);
	else
		g_string_append(out, "null");
	json_key(out, "decisions");
	g_string_append_c(out, '[');
	put_decisions(out, message->refused);
	put_decisions(out, decisions);
	g_string_append(out, "]}");
	record->body = out->str;
	add_keys(site, record, message, facts, shown);
	add_decision_keys(site, record, message->refused);
	add_decision_keys(site, record, decisions);
	add_contacts(site, record, message, facts, decisions);
	return record;
}

char *
candidate_of(const Message *message, const Facts *facts,
	     const GPtrArray *decisions)
{
	GString *out;
	bool is_any = false;

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		is_any |= decision->candidate->len > 0;
	}
	if (!is_any)
		return NULL;
	out = g_string_sized_new(4096);
	g_string_append_c(out, '{');
	put_message(out, message);
	json_key(out, "facts");
	fields_json(&facts_fields, facts, true, out);
	json_key(out, "decisions");
	g_string_append_c(out, '[');
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if (decision->candidate->len == 0)
			continue;
		json_comma(out);
		decision_json(decision, true, out);
	}
	g_string_append(out, "]}\n");
	return g_string_free(out, FALSE);
}
