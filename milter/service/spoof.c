/*
 * spoof.c -- pairs of From and sending infrastructure, out of the ledger
 *
 * The ledger keeps one key for all mail without an aligned proof, which is
 * little of all mail; what pair it was stands in the record.
 */
#include "gatepost/service/spoof.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/decision.h"
#include "gatepost/model/domain.h"
#include "gatepost/policy/check.h"

struct gathering {
	const Tenant *tenant;
	GHashTable *pairs;	/* "FROM SOURCE" to SpoofPair */
	bool more;
};

static void
pair_free(gpointer data)
{
	SpoofPair *pair = data;

	g_free(pair->from);
	g_free(pair->source);
	g_free(pair->reason);
	g_free(pair->entry);
	g_free(pair);
}

bool
spoof_is_unproven(const Client *client, const Facts *facts)
{
	return !client_is_ours(client) && facts->from_domain &&
	    auth_is_known(facts) && !auth_is_aligned(facts);
}

/* The /24 or /48 around ADDRESS as text; NULL: it is none.  Yours. */
static char *
network_around(const char *address)
{
	char text[NETWORK_TEXT];
	struct network network;

	if (!address || !network_parse(address, &network))
		return NULL;
	network_shorten(&network, network_is_ipv4(&network) ? 96 + 24 : 48);
	network_format(&network, text);
	return g_strdup(text);
}

/* Who sent it, as narrow as an entry should say it; NULL: nobody knows.
 * Yours. */
static char *
source_of(const Client *client, const Facts *facts)
{
	g_autofree char *name = client_confirmed_name(client, facts);
	const char *organisation = name ? domain_registrable(name) : NULL;

	if (name)
		return g_strdup(organisation ? organisation : name);
	for (guint i = 0; i < facts->auth.dkim->len; i++) {
		const Signature *one = facts->auth.dkim->pdata[i];

		if (one->result == AUTH_PASS && one->domain)
			return g_strdup(one->domain);
	}
	return network_around(client_true_address(client, facts));
}

/* Take over what the newest record says; others are only counted. */
static void
describe(SpoofPair *pair, const Record *record, const Facts *facts,
	 const GPtrArray *decisions)
{
	pair->last = record->at;
	g_strlcpy(pair->id, record->id, sizeof pair->id);
	pair->dmarc = facts->auth.dmarc;
	pair->composite = facts->auth.composite;
	pair->reason = g_strdup(facts->auth.reason);
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		pair->action = MAX(pair->action, decision->action);
		for (guint j = 0; j < decision->findings->len; j++) {
			const Finding *one = decision->findings->pdata[j];

			if (!pair->entry && one->text &&
			    g_strcmp0(one->kind, "spoof") == 0)
				pair->entry = g_strdup(one->text);
		}
	}
}

static void
count(struct gathering *gathering, const Record *record,
      const Client *client, const Facts *facts, const GPtrArray *decisions)
{
	g_autofree char *source = source_of(client, facts);
	g_autofree char *name = g_strconcat(facts->from_domain, " ", source,
					    NULL);
	SpoofPair *pair = g_hash_table_lookup(gathering->pairs, name);

	if (!source)
		return;
	if (!pair) {
		if (g_hash_table_size(gathering->pairs) >= BOUND_SPOOF_PAIRS) {
			gathering->more = true;
			return;
		}
		pair = g_new0(SpoofPair, 1);
		pair->from = g_strdup(facts->from_domain);
		pair->source = g_steal_pointer(&source);
		describe(pair, record, facts, decisions);
		g_hash_table_insert(gathering->pairs, g_steal_pointer(&name),
				    pair);
	}
	pair->count++;
}

/* What of a client the pairs need, borrowed from JSON. */
static Client
client_of(const Json *json)
{
	const char *kind = json_text(json_member(json, "kind"));

	return (Client){
		.address = (char *)json_text(json_member(json, "address")),
		.name = (char *)json_text(json_member(json, "name")),
		.kind = MAX(fields_word(client_kinds, kind), 0),
	};
}

bool
spoof_pair_of(const Json *record, const Facts *facts, char **from,
	      char **source)
{
	Client client = client_of(json_member(record, "client"));

	if (!spoof_is_unproven(&client, facts) ||
	    !(*source = source_of(&client, facts)))
		return false;
	*from = g_strdup(facts->from_domain);
	return true;
}

static bool
found(const Record *record, void *data)
{
	struct gathering *gathering = data;
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  NULL);
	g_autoptr(GPtrArray) decisions = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)decision_free);
	g_autoptr(Facts) facts = facts_new();
	const Json *all = json ? json_member(json, "decisions") : NULL;
	Client client;

	if (!json)
		return true;
	client = client_of(json_member(json, "client"));
	fields_from_json(&facts_fields, facts, json_member(json, "facts"));
	for (gsize i = 0; i < json_count(all); i++) {
		Decision *one = decision_from_json(json_element(all, i));

		if (one->tenant && (!gathering->tenant ||
				    strcmp(one->tenant,
					   gathering->tenant->name) == 0))
			g_ptr_array_add(decisions, one);
		else
			decision_free(one);
	}
	/* The index holds hashes: a hit counts by what the record says. */
	if (decisions->len && spoof_is_unproven(&client, facts))
		count(gathering, record, &client, facts, decisions);
	return true;
}

static int
most_first(gconstpointer a, gconstpointer b)
{
	const SpoofPair *one = *(SpoofPair *const *)a;
	const SpoofPair *other = *(SpoofPair *const *)b;

	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return -strcmp(one->id, other->id);
}

GPtrArray *
spoof_pairs(Site *site, const Tenant *tenant, gint64 since, bool *more,
	    GError **error)
{
	g_autoptr(GHashTable) pairs = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	struct gathering gathering = { tenant, pairs, false };
	GPtrArray *all = g_ptr_array_new_with_free_func(pair_free);
	gint64 key = ledger_key(&site->key.ledger, SPOOF_KEY);
	bool good = ledger_search(site->ledger, &key, 1, since, found,
				  &gathering, error);
	GHashTableIter at;
	gpointer pair;

	g_hash_table_iter_init(&at, pairs);
	while (g_hash_table_iter_next(&at, NULL, &pair))
		g_ptr_array_add(all, pair);
	g_ptr_array_sort(all, most_first);
	*more = gathering.more;
	if (good)
		return all;
	g_ptr_array_free(all, TRUE);
	return NULL;
}
