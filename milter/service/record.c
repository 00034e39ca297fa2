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
	GString *out = g_string_sized_new(4096);

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
	record->body = g_string_free(out, FALSE);
	add_keys(site, record, message, facts, shown);
	add_decision_keys(site, record, message->refused);
	add_decision_keys(site, record, decisions);
	add_contacts(site, record, message, facts, decisions);
	return record;
}

/* The JSON beside a candidate in the spool, or NULL when no decision suspects
 * the message; yours. */
static char *
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

char *
kin_of(const Facts *facts)
{
	g_autofree char *folded = g_utf8_casefold(facts->subject ?
						  facts->subject : "", -1);
	GString *kin = g_string_new(facts->from_domain ? facts->from_domain :
				    "-");

	g_string_append_c(kin, ' ');
	for (const char *at = folded; *at; at++)
		if (!g_ascii_isdigit(*at))
			g_string_append_c(kin, *at);
	return g_string_free(kin, FALSE);
}

static char *
or_empty(const char *text)
{
	return g_strdup(text ? text : "");
}

static struct suspect *
suspect_of(struct copy *copy, const Message *message, const Facts *facts,
	   const Tenant *tenant)
{
	struct suspect *one;

	for (guint i = 0; i < copy->suspects->len; i++) {
		one = copy->suspects->pdata[i];
		if (strcmp(one->tenant, tenant->name) == 0)
			return one;
	}
	one = g_new0(struct suspect, 1);
	one->tenant = g_strdup(tenant->name);
	one->daily = tenant->candidates.daily;
	one->rules = g_string_new(NULL);
	one->rcpts = g_string_new(NULL);
	one->sender = or_empty(message->sender);
	one->from = or_empty(facts->from);
	one->subject = or_empty(facts->subject);
	one->body = or_empty(facts->body_sha256);
	one->kin = kin_of(facts);
	g_ptr_array_add(copy->suspects, one);
	return one;
}

static void
add_once(GString *words, const char *word)
{
	g_auto(GStrv) all = g_strsplit(words->str, " ", -1);

	if (!g_strv_contains((const char *const *)all, word))
		g_string_append_printf(words, "%s%s", words->len ? " " : "",
				       word);
}

/* Which tenants suspect the message, and why. */
static void
add_suspects(struct copy *copy, const Message *message, const Facts *facts,
	     const GPtrArray *decisions)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];
		const Tenant *tenant = decision->tenant ?
		    config_tenant(message->config, decision->tenant) : NULL;
		struct suspect *one;

		if (!tenant || decision->candidate->len == 0)
			continue;
		one = suspect_of(copy, message, facts, tenant);
		one->score = MAX(one->score, decision->score);
		add_once(one->rcpts, decision->rcpt);
		for (guint j = 0; j < decision->candidate->len; j++)
			add_once(one->rules, decision->candidate->pdata[j]);
	}
}

/* Does a recipient of TENANT have the message in his mailbox? */
static bool
is_delivered(const GPtrArray *decisions, const Tenant *tenant)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *one = decisions->pdata[i];

		if (one->place == PLACE_MAILBOX && !one->is_outbound &&
		    g_strcmp0(one->tenant, tenant->name) == 0)
			return true;
	}
	return false;
}

static struct copy *
evidence_of(Message *message, const Facts *facts, const Tenant *tenant)
{
	bool is_full = tenant->evidence.retain == RETAIN_FULL;
	GString *json = g_string_new(NULL);
	struct copy *copy;

	fields_json(&facts_fields, facts, false, json);
	copy = copy_new(message->id, tenant->name, g_string_free(json, FALSE),
			is_full ? message_fd(message, NULL) : -1,
			message->size);
	copy->most = tenant->evidence.size;
	return copy;
}

GPtrArray *
copies_of(Message *message, const Facts *facts, const GPtrArray *decisions)
{
	const GPtrArray *tenants = message->config->tenants;
	GPtrArray *copies = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)copy_free);
	char *candidate = candidate_of(message, facts, decisions);

	if (candidate) {
		struct copy *copy = copy_new(message->id, NULL, candidate,
					     message_fd(message, NULL),
					     message->size);

		add_suspects(copy, message, facts, decisions);
		g_ptr_array_add(copies, copy);
	}
	for (guint i = 0; i < tenants->len; i++) {
		const Tenant *tenant = tenants->pdata[i];

		if (tenant->evidence.retain != RETAIN_NONE &&
		    is_delivered(decisions, tenant))
			g_ptr_array_add(copies, evidence_of(message, facts,
							    tenant));
	}
	return copies;
}
