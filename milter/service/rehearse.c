/*
 * rehearse.c -- what an entry would have done to past mail
 *
 * The ledger's records hold the facts: each is made a message again, and
 * judged by the judge of today with the entry and without.  Nothing is
 * written.
 *
 * The ledger's index finds the messages where it can; where it can't, or not
 * all, the newest records are looked through one by one.
 */
#include "gatepost/service/rehearse.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/url.h"
#include "gatepost/service/aside.h"
#include "gatepost/util/clock.h"

struct rehearsing {
	Site *site;
	struct pipeline *line;
	Routes *routes;
	Config *config;
	const Tenant *tenant;
	const Entry *entry;
	Snapshot *alone, *all;	/* lists of the entry, and of all */
	GHashTable *seen;	/* ids that were looked at */
	guint most, scanned;
	gint64 oldest;		/* of those scanned */
	Rehearsal *rehearsal;
};

/* ---- a record as a message ---- */

static char *
copy(const Json *object, const char *name)
{
	return g_strdup(json_text(json_member(object, name)));
}

static void
read_client(Client *client, const Json *json)
{
	int kind = fields_word(client_kinds,
			       json_text(json_member(json, "kind")));

	client->address = copy(json, "address");
	client->name = copy(json, "name");
	client->helo = copy(json, "helo");
	client->login = copy(json, "login");
	client->kind = kind < 0 ? CLIENT_OUTSIDE : kind;
	client->is_ip = client->address &&
	    network_parse(client->address, &client->network);
}

static Message *
message_of(const struct rehearsing *rehearsing, const Json *json)
{
	Message *message = message_new(rehearsing->config);
	const Json *all = json_member(json, "decisions");

	read_client(&message->client, json_member(json, "client"));
	g_free(message->sender);
	message->sender = copy(json, "sender");
	if (!message->sender)
		message->sender = g_strdup("");
	message->routes = rehearsing->routes;
	for (gsize i = 0; i < json_count(all); i++) {
		const char *rcpt = json_text(json_member(
		    json_element(all, i), "rcpt"));

		if (rcpt)
			message_add_recipient(message, rcpt);
	}
	return message;
}

/* NULL: it was refused before its content came. */
static Facts *
facts_of(const Json *json)
{
	const Json *object = json_member(json, "facts");
	Facts *facts;

	if (!json_member(object, "size"))
		return NULL;
	facts = facts_new();
	fields_from_json(&facts_fields, facts, object);
	return facts;
}

/* ---- judging ---- */

static bool
is_matched(const Decision *decision, const Entry *entry)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		if (!finding->is_void &&
		    g_strcmp0(finding->entry, entry->key) == 0)
			return true;
	}
	return false;
}

/* Would the entry alone match for one of MESSAGE's recipients? */
static bool
is_hit(const struct rehearsing *rehearsing, struct look *look)
{
	const GPtrArray *all = look->message->recipients;

	for (guint i = 0; i < all->len; i++) {
		g_autoptr(Decision) decision = NULL;

		look->recipient = all->pdata[i];
		if (look->recipient->tenant != rehearsing->tenant &&
		    look->recipient->outbound != rehearsing->tenant)
			continue;
		decision = judge(look);
		if (is_matched(decision, rehearsing->entry))
			return true;
	}
	return false;
}

/* What is asked for each recipient with the entry and without; the first that
 * differs, else the first, goes to HIT. */
static bool
compare(const struct rehearsing *rehearsing, struct look *look,
	struct rehearsed_hit *hit)
{
	const GPtrArray *all = look->message->recipients;
	bool is_first = true;

	for (guint i = 0; i < all->len; i++) {
		g_autoptr(Decision) with = NULL, without = NULL;

		look->recipient = all->pdata[i];
		if (look->recipient->tenant != rehearsing->tenant &&
		    look->recipient->outbound != rehearsing->tenant)
			continue;
		look->without = NULL;
		with = judge(look);
		look->without = rehearsing->entry->key;
		without = judge(look);
		if (is_first || with->asked != without->asked) {
			hit->was = without->asked;
			hit->would = with->asked;
		}
		is_first = false;
		if (with->asked != without->asked)
			return true;
	}
	return false;
}

static bool
is_delivered(const struct rehearsing *rehearsing, const Json *json)
{
	const Json *all = json_member(json, "decisions");

	for (gsize i = 0; i < json_count(all); i++) {
		const Json *one = json_element(all, i);
		const char *place = json_text(json_member(one, "place"));
		const char *name = json_text(json_member(one, "tenant"));

		if (g_strcmp0(name, rehearsing->tenant->name) == 0 &&
		    g_strcmp0(place, places[PLACE_MAILBOX]) == 0)
			return true;
	}
	return false;
}

/* ---- hits ---- */

static void
hit_free(gpointer data)
{
	struct rehearsed_hit *hit = data;

	g_free(hit->from);
	g_free(hit->subject);
	g_free(hit);
}

static int
newest_first(gconstpointer a, gconstpointer b)
{
	const struct rehearsed_hit *one = *(struct rehearsed_hit *const *)a;
	const struct rehearsed_hit *other = *(struct rehearsed_hit *const *)b;

	return -strcmp(one->id, other->id);
}

static void
keep_newest(const struct rehearsing *rehearsing)
{
	GPtrArray *first = rehearsing->rehearsal->first;

	g_ptr_array_sort(first, newest_first);
	if (first->len > rehearsing->most)
		g_ptr_array_set_size(first, (int)rehearsing->most);
}

static void
take_hit(struct rehearsing *rehearsing, const Record *record,
	 const Json *json, struct look *look)
{
	Rehearsal *rehearsal = rehearsing->rehearsal;
	struct rehearsed_hit *hit = g_new0(struct rehearsed_hit, 1);
	Message *message = (Message *)look->message;
	const Facts *facts = look->facts;

	g_strlcpy(hit->id, record->id, sizeof hit->id);
	hit->at = record->at;
	hit->from = g_strdup(facts && facts->from ? facts->from :
			     message->sender);
	hit->subject = g_strdup(facts ? facts->subject : NULL);
	message->lists = rehearsing->all;
	if (facts)
		pipeline_history(rehearsing->line, message, facts);
	rehearsal->matched++;
	rehearsal->delivered += is_delivered(rehearsing, json);
	rehearsal->changed += compare(rehearsing, look, hit);
	g_ptr_array_add(rehearsal->first, hit);
	if (rehearsal->first->len > 10 * rehearsing->most)
		keep_newest(rehearsing);
}

static void
look_at(struct rehearsing *rehearsing, const Record *record)
{
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  NULL);
	g_autoptr(Message) message = NULL;
	g_autoptr(Facts) facts = NULL;
	g_autoptr(GPtrArray) shown = NULL;
	struct look look = { .now = clock_now() };

	if (!json || !g_hash_table_add(rehearsing->seen,
				       g_strdup(record->id)))
		return;
	rehearsing->rehearsal->looked++;
	message = message_of(rehearsing, json);
	facts = facts_of(json);
	/* What we released ourselves is asked nothing. */
	if (facts && facts->release)
		return;
	shown = sightings(message, facts);
	message->lists = rehearsing->alone;
	look.message = message;
	look.facts = facts;
	look.shown = shown;
	if (is_hit(rehearsing, &look))
		take_hit(rehearsing, record, json, &look);
}

static bool
found(const Record *record, void *data)
{
	look_at(data, record);
	return true;
}

static bool
scanned(const Record *record, void *data)
{
	struct rehearsing *rehearsing = data;

	rehearsing->oldest = record->at;
	look_at(rehearsing, record);
	return ++rehearsing->scanned < BOUND_REHEARSE;
}

/* ---- where to look ---- */

/* The index of the ledger for an entry. */
struct plan {
	const char *kind;	/* of the ledger's key; NULL: none */
	char *value;
	bool is_whole;		/* it finds all that the entry matches */
};

static struct plan
plan_link(const Entry *entry)
{
	const char *value = entry->indicator->value;
	enum url_form form = url_entry_form(value);
	gsize length;
	const char *key = url_entry_key(value, &length);

	return (struct plan){ "host", g_strndup(key, MIN(length,
						strcspn(key, "/"))),
		form == URL_PATH || form == URL_FOLDER ||
		(form == URL_HOST && entry->action == ENTRY_ALLOW) };
}

static struct plan
plan_address(const char *kind, const char *value)
{
	if (strcmp(value, "<>") == 0 || g_str_has_prefix(value, "*."))
		return (struct plan){ NULL, NULL, false };
	return strchr(value, '@') ?
	    (struct plan){ kind, g_strdup(value), true } :
	    /* Of several authors only the first one's domain is a key. */
	    (struct plan){ "domain", g_strdup(value),
			   strcmp(kind, "envelope") == 0 };
}

static struct plan
plan_of(const Entry *entry)
{
	const Indicator *indicator = entry->indicator;
	const char *kind = indicator_kinds[indicator->kind];
	const char *value = indicator->value;
	struct network network;

	/* Outbound mail is found by its recipients, which are no values. */
	if (indicator_is_pattern(indicator) ||
	    entry->direction != DIRECTION_IN)
		return (struct plan){ NULL, NULL, false };
	switch (indicator->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		return plan_address(kind, value);
	case INDICATOR_SPOOF:
		if (strcmp(value, "*") != 0)
			return plan_address("sender", value);
		break;
	case INDICATOR_IP:
		if (network_parse(value, &network) && network.prefix == 128)
			return (struct plan){ kind, g_strdup(value), true };
		break;
	case INDICATOR_URL:
		return plan_link(entry);
	case INDICATOR_FILE:
	case INDICATOR_DEFECT:
		return (struct plan){ kind, g_strdup(value), true };
	case INDICATOR_FILENAME:
		if (!strpbrk(value, "*?"))
			return (struct plan){ kind, g_strdup(value), true };
		break;
	case INDICATOR_NAME:
		/* Names that look alike have keys of their own. */
		return (struct plan){ kind, g_strdup(value), false };
	case INDICATOR_KINDS:
		break;
	}
	return (struct plan){ NULL, NULL, false };
}

static bool
search(struct rehearsing *rehearsing, gint64 since, GError **error)
{
	struct plan plan = plan_of(rehearsing->entry);
	Ledger *ledger = rehearsing->site->ledger;
	char at[CLOCK_TEXT];
	bool good = true;
	gint64 key;

	if (plan.kind) {
		key = ledger_key(&rehearsing->site->key.ledger, plan.kind,
				 plan.value);
		good = ledger_search(ledger, &key, 1, since, found, rehearsing,
				     error);
	}
	if (good && !plan.is_whole)
		good = ledger_search(ledger, NULL, 0, since, scanned, rehearsing,
				     error);
	if (rehearsing->scanned >= BOUND_REHEARSE) {
		clock_format(rehearsing->oldest, at);
		rehearsing->rehearsal->missed = g_strdup_printf(
		    "of what is older than %s, behind the newest %d messages, "
		    "%s%s%s was looked at", at, BOUND_REHEARSE, plan.kind ?
		    "only that of the very " : "nothing", plan.kind ?
		    plan.kind : "", plan.kind ? " named" : "");
	}
	g_free(plan.value);
	return good;
}

Rehearsal *
rehearse(Site *site, struct pipeline *line, const Setup *setup,
	 const Tenant *tenant, const GPtrArray *entries, const Entry *entry,
	 gint64 since, guint most, GError **error)
{
	g_autoptr(GPtrArray) single = g_ptr_array_new();
	g_autoptr(Rehearsal) rehearsal = g_new0(Rehearsal, 1);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	g_autoptr(Snapshot) alone = NULL, all = NULL;
	struct rehearsing rehearsing = {
		.site = site, .line = line, .routes = setup->routes,
		.config = setup->config, .tenant = tenant,
		.entry = entry, .seen = seen, .most = most,
		.rehearsal = rehearsal,
	};

	rehearsal->first = g_ptr_array_new_with_free_func(hit_free);
	g_ptr_array_add(single, (gpointer)entry);
	alone = aside_entries(tenant->name, single, error);
	all = alone ? aside_entries(tenant->name, entries, error) : NULL;
	rehearsing.alone = alone;
	rehearsing.all = all;
	if (!all || !search(&rehearsing, since, error))
		return NULL;
	keep_newest(&rehearsing);
	return g_steal_pointer(&rehearsal);
}

void
rehearsal_free(Rehearsal *rehearsal)
{
	if (!rehearsal)
		return;
	g_free(rehearsal->missed);
	if (rehearsal->first)
		g_ptr_array_unref(rehearsal->first);
	g_free(rehearsal);
}
