/*
 * trace.c -- search the ledger
 *
 * The index holds hashes under the installation's key, so every hit is
 * compared with the record before it counts.
 */
#include <string.h>

#include "gatepost/model/url.h"
#include "gatepost/service/why.h"

struct searching {
	const struct trace *what;
	trace_found *found;
	void *data;
	guint count;
};

static const char *
text(const Json *object, const char *name)
{
	return json_text(json_member(object, name));
}

/* Is one of ARRAY's objects' member NAME the value WANTED? */
static bool
has(const Json *array, const char *name, const char *wanted)
{
	for (gsize i = 0; i < json_count(array); i++)
		if (g_strcmp0(text(json_element(array, i), name), wanted) ==
		    0)
			return true;
	return false;
}

static bool
has_url(const Json *urls, const char *wanted)
{
	g_autoptr(Url) url = url_parse(wanted);

	return has(urls, "host", wanted) ||
	    (url && has(urls, "url", url->url));
}

static bool
has_domain(const Json *json, const char *wanted)
{
	const char *sender = text(json, "sender");
	const char *at = sender ? strrchr(sender, '@') : NULL;

	return g_strcmp0(text(json_member(json, "facts"), "from_domain"),
			 wanted) == 0 ||
	    (at && strcmp(at + 1, wanted) == 0);
}

static bool
fits(const struct trace *what, const Json *json)
{
	const Json *facts = json_member(json, "facts");
	const Json *decisions = json_member(json, "decisions");

	return (!what->from || has(json_member(facts, "authors"), "address",
				   what->from)) &&
	    (!what->envelope || g_strcmp0(text(json, "sender"),
					  what->envelope) == 0) &&
	    (!what->rcpt || has(decisions, "rcpt", what->rcpt)) &&
	    (!what->url || has_url(json_member(facts, "urls"), what->url)) &&
	    (!what->file || has(json_member(facts, "files"), "sha256",
				what->file)) &&
	    (!what->ip || g_strcmp0(text(json_member(json, "client"),
					 "address"), what->ip) == 0 ||
	     g_strcmp0(text(facts, "client"), what->ip) == 0) &&
	    (!what->domain || has_domain(json, what->domain)) &&
	    (!what->queue_id || g_strcmp0(text(json, "queue_id"),
					  what->queue_id) == 0) &&
	    (!what->message_id || g_strcmp0(text(facts, "message_id"),
					    what->message_id) == 0) &&
	    (!what->body || g_strcmp0(text(facts, "body_sha256"),
				      what->body) == 0) &&
	    (!what->action || has(decisions, "action", what->action));
}

static bool
check(const Record *record, void *data)
{
	struct searching *searching = data;
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  NULL);

	if (!json || !fits(searching->what, json))
		return true;
	searching->found(record, json, searching->data);
	searching->count++;
	return !searching->what->most ||
	    searching->count < searching->what->most;
}

bool
trace(Site *site, const struct trace *what, trace_found *found, void *data,
      GError **error)
{
	struct searching searching = { what, found, data, 0 };
	g_autoptr(Url) url = what->url ? url_parse(what->url) : NULL;
	const char *host = url ? url->host : what->url;
	const struct {
		const char *kind, *value;
	} by[] = {
		{ "message_id", what->message_id },
		{ "queue_id", what->queue_id }, { "body", what->body },
		{ "file", what->file },
		{ "host", host }, { "sender", what->from },
		{ "envelope", what->envelope }, { "ip", what->ip },
		{ "rcpt", what->rcpt }, { "domain", what->domain },
	};
	const struct hash_key *key = &site->key.ledger;
	gint64 keys[2];
	guint count = 0;

	/* The first that is given narrows best, and of mail that went to
	 * thousands, one by one, the recipient; the rest is compared. */
	for (guint i = 0; i < G_N_ELEMENTS(by) && !count; i++)
		if (by[i].value)
			keys[count++] = ledger_key(key, by[i].kind,
						   by[i].value);
	if (what->rcpt && count)
		keys[count++] = ledger_key(key, "rcpt", what->rcpt);
	return ledger_search(site->ledger, keys, count, what->since, check,
			     &searching, error);
}

static void
take_first(const Record *record, const Json *json, void *data)
{
	Record **first = data;

	(void)json;
	if (*first)
		return;
	*first = record_new(record->id, record->at);
	(*first)->body = g_strdup(record->body);
}

Record *
why_find(Site *site, const char *word, GError **error)
{
	g_autofree char *bare = g_strdup(word);
	Record *record = NULL;
	struct trace what = { .most = 1 };

	if (id_is(word))
		return ledger_read(site->ledger, word, error);
	if (*bare == '<' && g_str_has_suffix(bare, ">")) {
		memmove(bare, bare + 1, strlen(bare));
		bare[strlen(bare) - 1] = '\0';
	}
	what.message_id = bare;
	if (!trace(site, &what, take_first, &record, error) || record)
		return record;
	what.message_id = NULL;
	what.queue_id = bare;
	trace(site, &what, take_first, &record, error);
	return record;
}
