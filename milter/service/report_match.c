/*
 * report_match.c -- which delivered message is it that was reported
 *
 * Whatever stands in a report can be made up by its sender, to have a message
 * looked at that he never got, or to have a friend's taken for a phisher's:
 * so each trace only leads to a record, and the record decides.
 */
#include "gatepost/service/report_work.h"

#include <string.h>

#include "gatepost/service/why.h"
#include "gatepost/util/ids.h"

/* Records with one Message-ID, or body, that are looked at, for each of the
 * reporter's mailboxes and then whomever they went to. */
#define RECORDS_MOST 100

struct matching {
	Site *site;
	const char *tenant;
	const GPtrArray *mailboxes;
	const Reported *reported;
	bool is_held;		/* for the reporter, who knows it by that */
	Match *match;
};

void
match_clear(Match *match)
{
	g_free(match->id);
	facts_free(match->facts);
	g_free(match->sender);
	g_free(match->client);
	*match = (Match){ .id = NULL };
}

static bool
has(const GPtrArray *all, const char *one)
{
	for (guint i = 0; one && i < all->len; i++)
		if (strcmp(all->pdata[i], one) == 0)
			return true;
	return false;
}

struct releases {
	const char *rcpt;
	bool is_released;
};

static void
on_event(const char *rcpt, gint64 at, const char *what, const char *who,
	 void *data)
{
	struct releases *releases = data;

	(void)at;
	(void)who;
	if (strcmp(rcpt, releases->rcpt) == 0 &&
	    strcmp(what, "released") == 0)
		releases->is_released = true;
}

/* Did the copy of DECISION come into a mailbox? */
static bool
is_delivered(Site *site, const char *id, const Decision *decision)
{
	struct releases releases = { decision->rcpt, false };

	if (decision->place != PLACE_QUARANTINE)
		return decision->place == PLACE_MAILBOX;
	ledger_events(site->ledger, id, on_event, &releases, NULL);
	return releases.is_released;
}

/* Is it one of the reporter's mailboxes? */
static bool
is_reporters(const struct matching *matching, const Decision *decision)
{
	if (decision->mailboxes->len == 0)
		return has(matching->mailboxes, decision->rcpt);
	for (guint i = 0; i < decision->mailboxes->len; i++)
		if (has(matching->mailboxes, decision->mailboxes->pdata[i]))
			return true;
	return has(matching->mailboxes, decision->rcpt);
}

static bool
came_to_reporter(const struct matching *matching, const char *id,
		 const Json *record)
{
	g_autoptr(GPtrArray) all = decisions_of(record, matching->tenant,
						NULL);
	bool is = false;

	for (guint i = 0; !is && i < all->len; i++) {
		const Decision *one = all->pdata[i];

		is = one->rcpt && !one->is_outbound &&
		    is_reporters(matching, one) &&
		    (matching->is_held ||
		     is_delivered(matching->site, id, one));
	}
	return is;
}

static bool
agrees(const Reported *reported, const Facts *facts)
{
	return (facts->from && g_strcmp0(facts->from, reported->from) == 0) ||
	    has(reported->bodies, facts->body_sha256);
}

static void
look(struct matching *matching, const char *id, const Json *json)
{
	g_autoptr(Facts) facts = NULL;
	Match *match = matching->match;

	if (match->id)
		return;
	facts = facts_new();
	fields_from_json(&facts_fields, facts, json_member(json, "facts"));
	if (!agrees(matching->reported, facts) ||
	    !came_to_reporter(matching, id, json))
		return;
	match->id = g_strdup(id);
	match->facts = g_steal_pointer(&facts);
	match->sender = g_strdup(json_text(json_member(json, "sender")));
	match->client = g_strdup(match->facts->client ?
	    match->facts->client : json_text(json_member(
	    json_member(json, "client"), "address")));
}

static void
on_record(const Record *record, const Json *json, void *data)
{
	look(data, record->id, json);
}

static bool
by_id(struct matching *matching, const char *id, GError **error)
{
	g_autoptr(GError) fault = NULL;
	g_autoptr(Record) record = id_is(id) ?
	    ledger_read(matching->site->ledger, id, &fault) : NULL;
	g_autoptr(Json) json = record ? json_parse(record->body,
	    strlen(record->body), NULL) : NULL;

	if (json)
		look(matching, id, json);
	if (!fault)
		return true;
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}

/* What fits WHAT: first what went to a mailbox of the reporter's, since a
 * list's mail or a campaign may have gone to thousands, then what may have
 * come to him by another address. */
static bool
by_trace(struct matching *matching, struct trace *what, GError **error)
{
	const GPtrArray *mailboxes = matching->mailboxes;

	for (guint i = 0; i < mailboxes->len && !matching->match->id; i++) {
		what->rcpt = mailboxes->pdata[i];
		if (!trace(matching->site, what, on_record, matching, error))
			return false;
	}
	what->rcpt = NULL;
	return matching->match->id ||
	    trace(matching->site, what, on_record, matching, error);
}

bool
report_match(Site *site, const char *tenant, const GPtrArray *mailboxes,
	     const Reported *reported, const char *held, Match *match,
	     GError **error)
{
	struct matching matching = { site, tenant, mailboxes, reported,
				     held != NULL, match };
	struct trace what = { .most = RECORDS_MOST };
	bool good = true;

	*match = (Match){ .id = NULL };
	if (held)
		return by_id(&matching, held, error);
	for (guint i = 0; good && i < reported->ids->len; i++)
		good = by_id(&matching, reported->ids->pdata[i], error);
	what.message_id = reported->message_id;
	if (good && !match->id && reported->message_id)
		good = by_trace(&matching, &what, error);
	what.message_id = NULL;
	for (guint i = 0; good && !match->id && i < reported->bodies->len;
	     i++) {
		what.body = reported->bodies->pdata[i];
		good = by_trace(&matching, &what, error);
	}
	return good;
}
