/*
 * find.c -- what the lists and the rest of the policy say of some facts
 *
 * A message is made up of them and judged by the one judge there is; beside
 * that the lists are asked for every entry that matches, so that those which
 * were left out can be told, too.
 */
#include "gatepost/service/find.h"

#include <string.h>

#include "gatepost/model/defects.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/url.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fail.h"

struct Question {
	const Setup *setup;
	const Tenant *tenant;
	Message *message;
	Facts *facts;
	char *rcpt;		/* given; NULL: somebody */
	GPtrArray *names;	/* of char *: display names */
	bool is_proven;
	bool has_envelope;
	bool is_known;		/* who the client is */
};

Question *
question_new(const Setup *setup, const Tenant *tenant, const char *rcpt,
	     bool is_proven)
{
	Question *question = g_new0(Question, 1);

	question->setup = setup;
	question->tenant = tenant;
	question->rcpt = g_strdup(rcpt);
	question->is_proven = is_proven;
	question->names = g_ptr_array_new_with_free_func(g_free);
	question->facts = facts_new();
	question->facts->complete = true;
	question->message = message_new(setup->config);
	question->message->lists = setup->lists;
	question->message->routes = rcpt ? setup->routes : NULL;
	return question;
}

void
question_free(Question *question)
{
	if (!question)
		return;
	message_free(question->message);
	facts_free(question->facts);
	g_ptr_array_unref(question->names);
	g_free(question->rcpt);
	g_free(question);
}

/* ---- facts ---- */

static bool
add_sender(Question *question, const char *raw, GError **error)
{
	g_autofree char *address = address_normal(raw);
	Mailbox *author;

	if (!address || !*address || !*address_domain(address))
		return fail(error, "\"%s\" is no address that From could "
			    "show: write local@domain", raw);
	for (guint i = 0; i < question->facts->authors->len; i++) {
		author = question->facts->authors->pdata[i];
		if (strcmp(author->address, address) == 0)
			return true;
	}
	author = fields_new(&mailbox_fields);
	author->domain = g_strdup(address_domain(address));
	author->address = g_steal_pointer(&address);
	g_ptr_array_add(question->facts->authors, author);
	return true;
}

static bool
add_envelope(Question *question, const char *raw, GError **error)
{
	char *address = address_normal(raw);

	if (!address)
		return fail(error, "\"%s\" is no address: write local@domain,"
			    " or <> for the null sender", raw);
	if (question->has_envelope) {
		g_free(address);
		return fail(error, "\"%s\": a message has one envelope "
			    "sender", raw);
	}
	question->has_envelope = true;
	g_free(question->message->sender);
	question->message->sender = address;
	question->facts->envelope = g_strdup(address);
	return true;
}

static bool
add_client(Question *question, const char *raw, GError **error)
{
	struct network network;

	if (!network_parse(raw, &network) || network.prefix != 128)
		return fail(error, "\"%s\" is no address of a client: write "
			    "192.0.2.1 or 2001:db8::1", raw);
	if (question->is_known)
		return fail(error, "\"%s\": a message has one client", raw);
	question->is_known = true;
	client_set(&question->message->client, question->setup->config, NULL,
		   &network, NULL);
	return true;
}

static bool
add_link(Question *question, const char *raw, GError **error)
{
	g_autoptr(Url) url = url_parse(raw);
	Link *link;

	if (!url)
		return fail(error, "\"%s\" is no link that leads anywhere",
			    raw);
	link = fields_new(&link_fields);
	link->raw = g_strdup(raw);
	link->url = g_strdup(url->url);
	link->host = g_strdup(url->host);
	g_ptr_array_add(question->facts->urls, link);
	return true;
}

static void
add_file(Question *question, const char *name, char *sha256)
{
	File *file = fields_new(&file_fields);

	file->sha256 = sha256;
	file->name = g_strdup(name);
	if (name)
		g_ptr_array_add(file->names, g_strdup(name));
	g_ptr_array_add(question->facts->files, file);
}

/* The sending side of a pair: a client's address, or its confirmed name. */
static bool
add_source(Question *question, const char *raw, GError **error)
{
	g_autofree char *name = NULL;
	struct network network;

	if (network_parse(raw, &network))
		return add_client(question, raw, error);
	name = domain_normal(raw);
	if (!name || !strchr(name, '.'))
		return fail(error, "\"%s\": the second value of a pair is a "
			    "client's address or its name", raw);
	g_free(question->message->client.name);
	question->message->client.name = g_steal_pointer(&name);
	return true;
}

bool
question_add(Question *question, enum indicator_kind kind, const char *raw,
	     const char *source, GError **error)
{
	switch (kind) {
	case INDICATOR_SENDER:
		return add_sender(question, raw, error);
	case INDICATOR_ENVELOPE:
		return add_envelope(question, raw, error);
	case INDICATOR_NAME:
		g_ptr_array_add(question->names, g_strdup(raw));
		return true;
	case INDICATOR_IP:
		return add_client(question, raw, error);
	case INDICATOR_URL:
		return add_link(question, raw, error);
	case INDICATOR_FILE:
		if (strlen(raw) != 64 ||
		    strspn(raw, "0123456789abcdefABCDEF") != 64)
			return fail(error, "\"%s\" is no SHA-256: 64 "
				    "hexadecimal digits, as sha256sum prints",
				    raw);
		add_file(question, NULL, g_ascii_strdown(raw, -1));
		return true;
	case INDICATOR_FILENAME:
		add_file(question, raw, NULL);
		return true;
	case INDICATOR_DEFECT:
		if (!defect_find(raw))
			return fail(error, "\"%s\" is no defect; "
				    "gatepost.conf(5), DEFECTS, has their "
				    "names", raw);
		facts_defect(question->facts, defect_find(raw)->name);
		return true;
	case INDICATOR_SPOOF:
		return add_sender(question, raw, error) &&
		    (!source || add_source(question, source, error));
	case INDICATOR_KINDS:
		break;
	}
	return fail(error, "\"%s\" is of no kind", raw);
}

/* ---- the message ---- */

/* Names go to the authors in their order; then the first author is From. */
static void
name_authors(Question *question)
{
	Facts *facts = question->facts;
	const Mailbox *first;

	for (guint i = 0; i < question->names->len; i++) {
		Mailbox *author;

		if (i == facts->authors->len)
			g_ptr_array_add(facts->authors,
					fields_new(&mailbox_fields));
		author = facts->authors->pdata[i];
		g_free(author->name);
		author->name = g_strdup(question->names->pdata[i]);
	}
	if (facts->authors->len == 0 || facts->from)
		return;
	first = facts->authors->pdata[0];
	facts->from = g_strdup(first->address);
	facts->from_name = g_strdup(first->name);
	facts->from_domain = g_strdup(first->domain);
}

static void
authenticate(Question *question)
{
	Auth *auth = &question->facts->auth;
	const char *from = question->facts->from_domain;
	const char *sender = address_domain(question->message->sender);
	Signature *signature;

	if (auth->source)
		return;
	auth->source = g_strdup("assumed");
	if (!question->is_proven)
		return;
	auth->spf = AUTH_PASS;
	auth->spf_domain = g_strdup(question->has_envelope ? sender : from);
	if (!from)
		return;
	auth->dmarc = AUTH_PASS;
	auth->dmarc_domain = g_strdup(from);
	signature = fields_new(&signature_fields);
	signature->result = AUTH_PASS;
	signature->domain = g_strdup(from);
	g_ptr_array_add(auth->dkim, signature);
}

/* Somebody at TENANT whom no list of a user and no exemption names. */
static char *
somebody(const Tenant *tenant)
{
	const char *domain = tenant->domains->pdata[0];

	return g_strdup_printf("<gatepost.find@%s%s>",
			       *domain == '*' ? "any" : "",
			       domain + (*domain == '*'));
}

static const Recipient *
address_it(Question *question)
{
	g_autofree char *any = somebody(question->tenant);
	Recipient *recipient = message_add_recipient(question->message,
	    question->rcpt ? question->rcpt : any);

	recipient->mode = setup_mode(question->setup, recipient->tenant);
	recipient->outbound_mode = setup_mode(question->setup,
					      recipient->outbound);
	return recipient;
}

/* ---- what matches ---- */

struct gathering {
	GPtrArray *matches;
	GHashTable *seen;	/* of places */
};

static void
match_free(gpointer data)
{
	struct match *match = data;

	g_free(match->value);
	g_free(match->why);
	g_free(match);
}

static void
gather(const struct snapshot_entry *entry, void *data)
{
	struct gathering *gathering = data;
	g_autofree char *at = snapshot_place(entry);
	char *place = g_strdup_printf("%s %s", entry->key, at);
	struct match *match;

	if (!g_hash_table_add(gathering->seen, place))
		return;
	match = g_new0(struct match, 1);
	match->entry = *entry;
	if (entry->is_feed)
		match->entry.value = match->value = g_strdup(entry->value);
	/* The key stands in the record, and that in the map. */
	g_ptr_array_add(gathering->matches, match);
}

/* What ENTRY made the judge say: what decided, else what still counts. */
static const Finding *
finding_of(const Decision *decision, const struct snapshot_entry *entry)
{
	g_autofree char *place = snapshot_place(entry);
	const Finding *best = NULL;

	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		if (g_strcmp0(finding->entry, entry->key) != 0 ||
		    g_strcmp0(finding->place, place) != 0)
			continue;
		if (finding == decision->because)
			return finding;
		if (!best || (best->struck && !finding->struck))
			best = finding;
	}
	return best;
}

/* Why the judge did not look at ENTRY at all. */
static char *
left_out(const struct snapshot_entry *entry, const Decision *decision,
	 const Message *message)
{
	if (decision->is_outbound ? entry->direction == DIRECTION_IN :
	    entry->direction == DIRECTION_OUT)
		return g_strdup_printf("it is for mail of the other "
				       "direction (direction=%s)",
				       entry_directions[entry->direction]);
	if (!snapshot_is_for(entry->for_, decision->is_outbound ?
			     message->sender : decision->rcpt))
		return g_strdup_printf("it is not for this recipient "
				       "(for=%s)", entry->for_);
	if (entry->kind == INDICATOR_SPOOF)
		return g_strdup("pairs are asked only where nothing proves "
				"From");
	return g_strdup("more entries match than are kept");
}

static GPtrArray *
matches_of(const Question *question, const GPtrArray *shown,
	   const Decision *decision)
{
	GPtrArray *matches = g_ptr_array_new_with_free_func(match_free);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	struct gathering gathering = { matches, seen };

	for (guint i = 0; question->setup->lists && i < shown->len; i++)
		snapshot_match(question->setup->lists,
			       question->tenant->name, shown->pdata[i],
			       gather, &gathering);
	for (guint i = 0; i < matches->len; i++) {
		struct match *match = matches->pdata[i];

		match->finding = finding_of(decision, &match->entry);
		if (!match->finding)
			match->why = left_out(&match->entry, decision,
					      question->message);
		else if (match->finding != decision->because)
			match->why = g_strdup(judge_lost(decision,
							 match->finding));
	}
	return matches;
}

Found *
question_ask(Question *question, struct pipeline *line)
{
	Found *found = g_new0(Found, 1);
	g_autoptr(SnapshotRun) run = snapshot_run_new();
	struct look look = { question->message, question->facts, NULL, NULL,
			     clock_now(), run, NULL };

	name_authors(question);
	authenticate(question);
	look.recipient = address_it(question);
	pipeline_history(line, question->message, question->facts);
	found->shown = sightings(question->message, question->facts);
	/* Nobody asked about the null sender. */
	for (guint i = 0; i < found->shown->len; i++) {
		const Indicator *one = found->shown->pdata[i];

		if (one->kind == INDICATOR_ENVELOPE &&
		    !question->has_envelope)
			g_ptr_array_remove_index(found->shown, i--);
	}
	look.shown = found->shown;
	found->decision = judge(&look);
	found->matches = matches_of(question, found->shown, found->decision);
	return found;
}

void
found_free(Found *found)
{
	if (!found)
		return;
	g_ptr_array_unref(found->shown);
	decision_free(found->decision);
	g_ptr_array_unref(found->matches);
	g_free(found);
}
