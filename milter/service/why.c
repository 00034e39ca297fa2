/*
 * why.c -- tell in sentences why a message fared as it did: what was
 * decided, who decided, who lost, what would have stopped it, what to change
 */
#include "gatepost/service/why.h"

#include <string.h>

#include "gatepost/lists/entry.h"
#include "gatepost/model/decision.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/advice.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"

/* Most blocks that are proposed. */
#define PROPOSALS 3

static char *
shown(const char *text)
{
	return text_shown(text ? text : "", 120);
}

static const char *
member(const Json *object, const char *name)
{
	const char *text = json_text(json_member(object, name));

	return text ? text : "";
}

static void
tell_message(const Json *json, const Facts *facts, GString *out)
{
	const Json *client = json_member(json, "client");
	g_autofree char *subject = shown(facts->subject);
	g_autofree char *from = shown(facts->from);
	g_autofree char *name = shown(facts->from_name);
	g_autofree char *sender = shown(member(json, "sender"));
	g_autofree char *host = shown(client_shown(member(client, "name")));
	g_autofree char *message_id = shown(facts->message_id);

	g_string_append_printf(out, "Message %s, received %s\n",
			       member(json, "id"), member(json, "received"));
	g_string_append_printf(out, "  queue id    %s\n",
			       member(json, "queue_id"));
	g_string_append_printf(out, "  Message-ID  <%s>\n", message_id);
	g_string_append_printf(out, "  client      %s [%s], %s\n", host,
			       member(client, "address"),
			       member(client, "kind"));
	if (facts->client)
		g_string_append_printf(out, "              the relay's client "
				       "was [%s]\n", facts->client);
	g_string_append_printf(out, "  MAIL FROM   <%s>\n", sender);
	g_string_append_printf(out, *name ? "  From        \"%s\" <%s>\n" :
			       "  From        %s<%s>\n", name, from);
	g_string_append_printf(out, "  Subject     %s\n", subject);
}

static void
tell_reason(GString *out, const char *method, const char *reason)
{
	g_autofree char *text = reason ? shown(reason) : NULL;

	if (text)
		g_string_append_printf(out, "    %s: %s\n", method, text);
}

static void
tell_auth(const Auth *auth, GString *out)
{
	if (!auth->source) {
		g_string_append(out, "  Authentication: not known; it is mail "
				"of our own people, or authentication is "
				"left to upstreams and none says anything "
				"(gatepost.conf(5))\n");
		return;
	}
	g_string_append_printf(out, "  Authentication, by %s: SPF %s (%s%s), "
			       "DMARC %s", auth->source,
			       auth_values[auth->spf], auth->is_spf_helo ?
			       "HELO " : "", auth->spf_domain ?
			       auth->spf_domain : "-",
			       auth_values[auth->dmarc]);
	if (auth->dmarc_policy)
		g_string_append_printf(out, " (p=%s)", auth->dmarc_policy);
	for (guint i = 0; i < auth->dkim->len; i++) {
		const Signature *one = auth->dkim->pdata[i];

		g_string_append_printf(out, ", DKIM %s (d=%s%s%s)",
				       auth_values[one->result],
				       one->domain ? one->domain : "-",
				       one->reason ? ", " : "",
				       one->reason ? one->reason : "");
	}
	g_string_append_c(out, '\n');
	tell_reason(out, "SPF", auth->spf_reason);
	if (auth->is_spf_weak)
		g_string_append(out, "    SPF: anyone gets that pass, so it "
				"proves nothing\n");
	tell_reason(out, "DMARC", auth->dmarc_reason);
	if (auth->reason)
		g_string_append_printf(out, "    All in all: %s (%s), %s\n",
				       composites[auth->composite],
				       auth->reason, auth->sentence);
}

static const char *
deed(const Decision *decision)
{
	switch ((enum place)decision->place) {
	case PLACE_QUARANTINE:
		return "held in quarantine";
	case PLACE_REFUSED:
		return "refused";
	case PLACE_DISCARDED:
		return "discarded";
	case PLACE_LATER:
		return "answered \"later\"";
	case PLACE_MAILBOX:
		break;
	}
	return decision->action == ACTION_JUNK ? "delivered, marked as junk" :
	    decision->action == ACTION_TAG ? "delivered, tagged" :
	    "delivered";
}

struct telling {
	Site *site;
	const Record *record;
	const char *tenant;	/* NULL: all */
	const GPtrArray *decisions;
	GString *out;
};

/* What became of the entry KEY since the message came. */
static void
tell_gone(const struct telling *telling, const char *key)
{
	struct gone gone = { NULL };
	char at[CLOCK_TEXT];

	if (!history_find(telling->site->usages, key, telling->record->at,
			  &gone, NULL))
		return;
	clock_format(gone.at, at);
	g_string_append_printf(telling->out, ", gone since %s: %s by %s", at,
			       gone.why, gone.who);
	gone_clear(&gone);
}

static void
tell_finding(const struct telling *telling, const Finding *finding)
{
	g_autofree char *reason = text_shown(finding->reason, 400);

	g_string_append_printf(telling->out, "%s (check %s", reason,
			       finding->check);
	if (finding->entry) {
		g_string_append_printf(telling->out, ", entry %s at %s",
				       finding->entry, finding->place);
		tell_gone(telling, finding->entry);
	}
	g_string_append_c(telling->out, ')');
}

static void
tell_losers(const struct telling *telling, const Decision *decision)
{
	GString *out = telling->out;

	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		if (finding == decision->because)
			continue;
		g_string_append(out, "    also found: ");
		tell_finding(telling, finding);
		g_string_append_printf(out, ";\n      it did not decide: %s\n",
				       judge_lost(decision, finding));
	}
}

/* Where the address leads, when it is not a mailbox itself. */
static void
tell_mailboxes(const Decision *decision, GString *out)
{
	const GPtrArray *all = decision->mailboxes;

	for (guint i = 0; i < all->len; i++) {
		g_autofree char *one = shown(all->pdata[i]);

		g_string_append_printf(out, "%s%s", i ? ", " :
				       "    The address leads to ", one);
	}
	if (all->len)
		g_string_append(out, decision->more_mailboxes ?
				" and more" : "");
	if (all->len > 1)
		g_string_append_printf(out, ": nobody's own lists count; its "
				       "digest goes to %s",
				       decision->owner ? decision->owner :
				       "its owner");
	if (all->len)
		g_string_append(out, ".\n");
}

static void
tell_rules(GString *out, const char *how, const GPtrArray *rules)
{
	for (guint i = 0; i < rules->len; i++)
		g_string_append_printf(out, "    %s (%s): %s\n", how,
				       (char *)rules->pdata[i],
				       candidate_meaning(rules->pdata[i]));
}

static void
tell_decision(const struct telling *telling, const Decision *decision)
{
	GString *out = telling->out;
	g_autofree char *rcpt = shown(decision->rcpt);

	g_string_append_printf(out, "\n  For %s: %s", rcpt, deed(decision));
	if (decision->item)
		g_string_append_printf(out, ", item %s", decision->item);
	g_string_append(out, ".\n");
	if (decision->is_outbound)
		g_string_append_printf(out, "    It was outbound mail of "
				       "tenant %s; entries with direction=out"
				       " or both were asked.\n",
				       decision->tenant);
	if (!decision->tenant) {
		g_string_append(out, "    The recipient is of no tenant, so "
				"nothing was judged.\n");
		return;
	}
	tell_mailboxes(decision, out);
	g_string_append(out, "    because ");
	if (decision->because)
		tell_finding(telling, decision->because);
	else
		g_string_append(out, "nobody objects");
	g_string_append_printf(out, "; row %" G_GINT64_FORMAT " of the "
			       "precedence (gatepost policy).\n",
			       decision->row);
	if (decision->outbox)
		g_string_append_printf(out, "    Its copy is marked otherwise "
				       "than others' and went by the outbox "
				       "(%s).\n", decision->outbox);
	if (decision->asked != decision->action)
		g_string_append_printf(out, "    asked for was %s: %s.\n",
				       actions[decision->asked],
				       decision->limit ? decision->limit :
				       "less was done");
	tell_losers(telling, decision);
	tell_rules(out, "suspected", decision->candidate);
	tell_rules(out, "nearly suspected", decision->nearly);
	if (decision->candidate->len)
		g_string_append(out, "    A copy is in the candidate spool: "
				"gatepost candidate list\n");
}

/* ---- what would have stopped it ---- */

struct proposal {
	char *line;		/* "block url evil.example" */
	guint others;		/* past messages that it also catches */
};

/* Past mail that a block would catch. */
struct past {
	const char *tenant;	/* of it alone; NULL: of all */
	const char *address;	/* by this client alone */
	guint count;
};

/* Did a copy go to TENANT (NULL: to anybody), and was it no report, which
 * holds what it reports? */
static bool
is_of(const Json *record, const char *tenant)
{
	const Json *all = json_member(record, "decisions");

	for (gsize i = 0; i < json_count(all); i++) {
		const Json *one = json_element(all, i);

		if ((!tenant || strcmp(member(one, "tenant"), tenant) == 0) &&
		    strcmp(member(json_member(one, "because"), "check"),
			   "report") != 0)
			return true;
	}
	return false;
}

static bool
count_one(const Record *record, void *data)
{
	struct past *past = data;
	bool is_plain = !past->tenant && !strstr(record->body, "\"report\"");
	g_autoptr(Json) json = is_plain ? NULL :
	    json_parse(record->body, strlen(record->body), NULL);

	past->count += is_plain || is_of(json, past->tenant);
	return past->count < 1000;
}

static void
propose(const struct telling *telling, GArray *all, const char *kind,
	const char *key_kind, const char *value, GError **error)
{
	struct past past = { telling->tenant, NULL, 0 };
	Site *site = telling->site;
	struct proposal proposal = { NULL, 0 };
	g_autofree char *word = NULL;
	gint64 key;

	if (!value || !*value)
		return;
	word = text_pasted(value);
	key = ledger_key(&site->key.ledger, key_kind, value);
	if (!ledger_search(site->ledger, &key, 1, 0, count_one, &past,
			   error))
		return;
	/* The message itself is one of them. */
	proposal.others = past.count - (past.count > 0);
	proposal.line = g_strdup_printf("block %s %s", kind, word);
	g_array_append_val(all, proposal);
}

static int
by_others(gconstpointer a, gconstpointer b)
{
	const struct proposal *one = a, *other = b;

	return one->others < other->others ? -1 : one->others > other->others;
}

static bool
is_suspected(const GPtrArray *decisions, const char *rule)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		for (guint j = 0; j < decision->candidate->len; j++)
			if (strcmp(decision->candidate->pdata[j], rule) == 0)
				return true;
	}
	return false;
}

/* The name of one of ours: nobody else is to use it. */
static void
propose_name(const struct telling *telling, GArray *all, const Facts *facts,
	     GError **error)
{
	const Decision *first = telling->decisions->pdata[0];
	const char *at = strrchr(first->rcpt, '@');
	g_autofree char *name = NULL, *quoted = NULL;
	struct proposal *last;

	if (!is_suspected(telling->decisions, "name-of-ours") || !at)
		return;
	name = indicator_fold_name(facts->from_name);
	/* It is to stand between a shell's double quotes. */
	if (strpbrk(name, "\"\\$`!"))
		return;
	propose(telling, all, "name", "name", name, error);
	if (all->len == 0)
		return;
	last = &g_array_index(all, struct proposal, all->len - 1);
	quoted = g_strdup_printf("block name \"%s\" except=%s", name, at + 1);
	g_free(last->line);
	last->line = g_steal_pointer(&quoted);
}

/* Mail of one author by one client. */
static bool
count_pair(const Record *record, void *data)
{
	struct past *pair = data;
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  NULL);
	g_autoptr(Facts) facts = facts_new();

	if (!json)
		return true;
	fields_from_json(&facts_fields, facts, json_member(json, "facts"));
	if (strcmp(member(json_member(json, "client"), "address"),
		   pair->address) == 0 && auth_is_known(facts) &&
	    !auth_is_aligned(facts) && is_of(json, pair->tenant))
		pair->count++;
	return pair->count < 1000;
}

/* The address that a block of kind ip would have to name. */
static const char *
true_address(const Json *client, const Facts *facts)
{
	if (strcmp(member(client, "kind"), client_kinds[CLIENT_RELAY]) == 0)
		return facts->client;
	return member(client, "address");
}

/* Who was shown, by way of who sent: the one who was impersonated stays free
 * to send by his own. */
static void
propose_pair(const struct telling *telling, GArray *all, const Facts *facts,
	     const Json *client, GError **error)
{
	struct past pair = { telling->tenant, member(client, "address"), 0 };
	struct proposal proposal = { NULL, 0 };
	Indicator author = { INDICATOR_SPOOF, facts->from, NULL };
	g_autofree char *value = NULL, *word = NULL;
	struct network network;
	gint64 key;

	/* Pairs are asked only where the authentication is known. */
	if (!facts->from || !strchr(facts->from, '@') ||
	    !auth_is_known(facts) || !network_parse(pair.address, &network) ||
	    strcmp(member(client, "kind"), client_kinds[CLIENT_OUTSIDE]) != 0)
		return;
	key = ledger_key(&telling->site->key.ledger, "sender", facts->from);
	if (!ledger_search(telling->site->ledger, &key, 1, 0, count_pair, &pair,
			   error))
		return;
	value = entry_value_text(&author);
	word = text_pasted(value);
	proposal.others = pair.count - (pair.count > 0);
	proposal.line = g_strdup_printf("block spoof %s %s", word,
					pair.address);
	g_array_append_val(all, proposal);
}

static void
tell_stoppers(const struct telling *telling, const Facts *facts,
	      const Json *client, GError **error)
{
	GString *out = telling->out;
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
					    sizeof(struct proposal));

	propose_name(telling, all, facts, error);
	for (guint i = 0; i < facts->files->len && i < 5; i++) {
		const File *file = facts->files->pdata[i];

		if (file->sha256)
			propose(telling, all, "file", "file", file->sha256,
				error);
	}
	for (guint i = 0; i < facts->urls->len && i < 10; i++) {
		const Link *link = facts->urls->pdata[i];

		/* The block is of what is inside. */
		if (facts_is_wrapper(facts, link))
			continue;
		propose(telling, all, "url", "host", link->host, error);
	}
	/* Without proof the block would hit whoever was impersonated. */
	if (auth_is_aligned(facts))
		propose(telling, all, "sender", "sender", facts->from, error);
	else
		propose_pair(telling, all, facts, client, error);
	propose(telling, all, "ip", "ip", true_address(client, facts), error);
	g_array_sort(all, by_others);
	g_string_append(out, "\n  What would have stopped it, the narrowest "
			"first:\n");
	for (guint i = 0; i < all->len; i++) {
		struct proposal *one = &g_array_index(all, struct proposal,
						      i);
		/* Half a command is another one: all of it. */
		g_autofree char *line = text_shown(one->line, G_MAXSIZE);

		if (i < PROPOSALS)
			g_string_append_printf(out, "    gatepost list add %s"
					       "\n      (of past mail it "
					       "would also catch %u)\n", line,
					       one->others);
		g_free(one->line);
	}
}

/* ---- what to change ---- */

static void
tell_advice(Site *site, const Config *config, const Json *json,
	    const Facts *facts, const GPtrArray *decisions, GString *out)
{
	g_autoptr(GPtrArray) all = advice_of(site, config, json, facts,
					     decisions);

	g_string_append(out, "\n  What to change:\n");
	for (guint i = 0; i < all->len; i++) {
		const struct advice *one = all->pdata[i];

		g_string_append_printf(out, "    %s\n", one->text);
	}
	if (all->len == 0)
		g_string_append(out, "    Nothing stands out.\n");
}

/* Is it of a copy that is told of? */
static bool
is_told(const struct telling *telling, const char *rcpt)
{
	for (guint i = 0; telling->tenant && i < telling->decisions->len; i++)
		if (g_strcmp0(((const Decision *)
		    telling->decisions->pdata[i])->rcpt, rcpt) == 0)
			return true;
	return !telling->tenant;
}

static void
tell_event(const char *rcpt, gint64 at, const char *what, const char *who,
	   void *data)
{
	const struct telling *telling = data;
	char time[CLOCK_TEXT];
	g_autofree char *safe = shown(rcpt), *by = shown(who);

	if (!is_told(telling, rcpt))
		return;
	clock_format(at, time);
	g_string_append_printf(telling->out, "\n  Later: %s, %s for %s by "
			       "%s\n", time, what, safe, by);
}

static bool
is_any_delivered(const GPtrArray *decisions)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if (decision->place == PLACE_MAILBOX && decision->tenant)
			return true;
	}
	return false;
}

bool
why_is_for(const Record *record, const char *rcpt)
{
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  NULL);
	g_autoptr(GPtrArray) decisions = decisions_of(json, NULL, rcpt);

	return decisions->len > 0;
}

bool
why_tell(Site *site, const Config *config, const Record *record,
	 const char *tenant, const char *rcpt, GString *out, GError **error)
{
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  error);
	g_autoptr(GPtrArray) decisions = decisions_of(json, tenant, rcpt);
	g_autoptr(Facts) facts = facts_new();
	struct telling telling = { site, record, tenant, decisions, out };

	if (!json)
		return false;
	fields_from_json(&facts_fields, facts, json_member(json, "facts"));
	tell_message(json, facts, out);
	tell_auth(&facts->auth, out);
	for (guint i = 0; i < decisions->len; i++)
		tell_decision(&telling, decisions->pdata[i]);
	if (is_any_delivered(decisions)) {
		tell_stoppers(&telling, facts, json_member(json, "client"),
			      error);
		tell_advice(site, config, json, facts, decisions, out);
	}
	return ledger_events(site->ledger, record->id, tell_event, &telling,
			     error) && !(error && *error);
}
