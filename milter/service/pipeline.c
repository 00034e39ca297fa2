/*
 * pipeline.c -- the whole way of a message, on one screen
 *
 * The order is the policy: facts, history, judge each recipient, keep, edit,
 * record, answer.  Whatever fails before the answer ends in "later": the MTA
 * keeps the message and comes again.
 */
#include "gatepost/service/pipeline.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/policy/auth.h"
#include "gatepost/policy/composite.h"
#include "gatepost/service/errand.h"
#include "gatepost/service/intake.h"
#include "gatepost/service/proof.h"
#include "gatepost/service/way.h"
#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

static enum reply analysis_failed(struct pipeline *line, Message *message,
				  const GPtrArray *shown,
				  enum ask_result result,
				  const GError *fault, GPtrArray **decisions);
static void log_decisions(const Message *message, const GPtrArray *decisions,
			  enum reply reply);

enum reply
pipeline_end(struct pipeline *line, Message *message, struct mta *mta)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) decisions = NULL;
	enum ask_result result;
	g_autoptr(Facts) facts = pipeline_facts(line, message, &result,
						&error);
	g_autoptr(GPtrArray) shown = sightings(message, facts);
	enum reply reply = REPLY_LATER;
	g_autoptr(Intake) reports = NULL;
	g_autoptr(GPtrArray) copies = NULL;

	if (facts) {
		if (!intake_look(line, message, facts, &reports, &error)) {
			log_error(message->tag, "later reason=\"%s\"",
				  error->message);
			return REPLY_LATER;
		}
		pipeline_history(line, message, facts);
		decisions = pipeline_judge(message, facts, shown);
	} else if (analysis_failed(line, message, shown, result, error,
				   &decisions) == REPLY_LATER) {
		return REPLY_LATER;
	}
	g_clear_error(&error);
	reply = judge_together(decisions);
	/* On disk first: from our answer on, the mail is in our care. */
	if (!keep(line->site, message, facts, shown, decisions, &error)) {
		log_error(message->tag, "later reason=\"cannot hold: %s\"",
			  error->message);
		return REPLY_LATER;
	}
	if (!errands_take(line, message, facts, &error) ||
	    !intake_take(line, message, decisions, reports, mta, &error)) {
		log_error(message->tag, "later reason=\"%s\"",
			  error->message);
		return REPLY_LATER;
	}
	if (!apart(line, message, facts, decisions, &error)) {
		log_error(message->tag, "later reason=\"outbox: %s\"",
			  error->message);
		return REPLY_LATER;
	}
	if (!edit(message, facts, decisions, reply, mta)) {
		apart_end(line, decisions, false);
		log_error(message->tag, "later reason=\"the MTA took no "
			  "edit\"");
		return REPLY_LATER;
	}
	apart_end(line, decisions, true);
	log_decisions(message, decisions, reply);
	recorder_count(line->recorder, message->id, message->refused,
		       decisions);
	copies = facts ? copies_of(message, facts, decisions) : NULL;
	recorder_take(line->recorder,
		      record_of(line->site, message, facts, shown, decisions,
				reply), copies);
	return reply;
}

/* What a release put in front is not to be taken off as forged: it left the
 * forged ones out. */
static void
spare_results(Facts *facts)
{
	for (guint i = facts->ours->len; i-- > 0;) {
		Field *field = facts->ours->pdata[i];

		if (g_ascii_strcasecmp(field->name,
				       "Authentication-Results") != 0)
			continue;
		fields_free(&field_fields, field);
		g_ptr_array_remove_index(facts->ours, i);
	}
}

/* The proof of a release holds for one recipient, or it is no proof; then
 * facts->release is the item. */
static void
check_release(const Site *site, const Message *message, Facts *facts)
{
	g_autofree char *value = g_steal_pointer(&facts->release);
	const Recipient *recipient;
	char id[ID_TEXT];

	if (!value || message->recipients->len != 1 || !site)
		return;
	recipient = message->recipients->pdata[0];
	if (proof_holds(&site->key, value, recipient->address,
			facts->body_sha256, clock_now(), id))
		facts->release = g_strdup(id);
	if (facts->release)
		spare_results(facts);
}

/* Strangers' mail is authenticated, unless that is an upstream's work. */
static void
ask_for_authentication(struct pipeline *line, const Message *message,
		       Request *request)
{
	const Config *config = message->config;
	GString *servers;

	if (!config_authenticates(config) || client_is_ours(&message->client))
		return;
	if (message->client.kind != CLIENT_RELAY) {
		request->client = g_strdup(message->client.address);
		request->helo = g_strdup(message->client.helo);
	}
	request->is_by_list = config->dmarc == DMARC_PSL;
	request->dns_ms = breaker_budget(line->dns,
					 config->dns.timeout * 1000);
	servers = g_string_new(NULL);
	for (guint i = 0; i < config->dns.servers->len; i++)
		g_string_append_printf(servers, "%s%s", i ? " " : "",
				       (char *)config->dns.servers->pdata[i]);
	request->servers = g_string_free(servers, FALSE);
}

static void
ask_clamd(struct pipeline *line, const Message *message, Request *request)
{
	const Config *config = message->config;

	if (!config->clamd.socket)
		return;
	request->clamd = g_strdup(config->clamd.socket);
	request->clamd_ms = breaker_budget(line->clamd,
					   config->clamd.timeout * 1000);
}

/* Whose client the worker is to find in what they wrote. */
static void
name_relays(const Message *message, Request *request)
{
	const GPtrArray *relays = message->config->relay_networks;
	char text[NETWORK_TEXT];

	if (message->client.kind != CLIENT_RELAY)
		return;
	for (guint i = 0; i < relays->len; i++) {
		network_format(relays->pdata[i], text);
		g_ptr_array_add(request->relays, g_strdup(text));
	}
}

static void
tell_clamd(struct pipeline *line, const Answer *answer)
{
	bool is_dead;

	if (!breaker_tell(line->clamd, answer->clamd_asked,
			  answer->is_clamd_alive, &is_dead))
		return;
	if (is_dead)
		log_error(NULL, "clamd-dead reason=\"%s\" note=\"files count as "
			  "clean until it answers\" do=\"see whether clamd "
			  "runs, and clamd.socket\"", answer->clamd_fault);
	else
		log_info(NULL, "clamd-alive");
}

static void
tell_breaker(struct pipeline *line, const Answer *answer)
{
	bool is_dead;

	if (!breaker_tell(line->dns, answer->dns_asked, answer->is_dns_alive,
			  &is_dead))
		return;
	if (is_dead)
		log_error(NULL, "dns-dead reason=\"no resolver answers\" note="
			  "\"authentication is unsure until one does\" do="
			  "\"see dns.servers\"");
	else
		log_info(NULL, "dns-alive");
}

/* Does a tenant keep the facts of its mail, all of them? */
static bool
is_evidence(const Message *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const Recipient *recipient = message->recipients->pdata[i];

		if (recipient->tenant &&
		    recipient->tenant->evidence.retain != RETAIN_NONE)
			return true;
	}
	return false;
}

Facts *
pipeline_facts(struct pipeline *line, const Message *message,
	       enum ask_result *result, GError **error)
{
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	const Config *config = message->config;
	Facts *facts = NULL;

	request->kind = REQUEST_FACTS;
	request->size = (gint64)message->size;
	request->is_brief = line->is_brief && !is_evidence(message);
	request->envelope = g_strdup(message->sender);
	request->authserv_id = g_strdup(own_authserv_id(message));
	name_relays(message, request);
	ask_for_authentication(line, message, request);
	ask_clamd(line, message, request);
	for (guint i = 0; i < config->upstreams->len; i++) {
		const Upstream *one = config->upstreams->pdata[i];

		for (guint j = 0; j < one->headers->len; j++)
			g_ptr_array_add(request->headers,
					g_strdup(one->headers->pdata[j]));
	}
	*result = line->ask(line, message, request, answer, error);
	if (*result == ASK_DONE) {
		facts = g_new(Facts, 1);
		*facts = answer->facts;
		memset(&answer->facts, 0, sizeof answer->facts);
		tell_clamd(line, answer);
		if (request->dns_ms) {
			tell_breaker(line, answer);
			auth_adopt_arc(config, facts);
		} else {
			auth_adopt(config, facts);
		}
		composite_reckon(config, facts);
		check_release(line->site, message, facts);
	}
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
	return facts;
}

GPtrArray *
pipeline_judge(const Message *message, const Facts *facts,
	       const GPtrArray *shown)
{
	GPtrArray *decisions = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)decision_free);
	g_autoptr(SnapshotRun) run = snapshot_run_new();
	struct look look = { message, facts, NULL, shown, clock_now(), run,
			     NULL };

	for (guint i = 0; i < message->recipients->len; i++) {
		look.recipient = message->recipients->pdata[i];
		g_ptr_array_add(decisions, look.recipient->is_action ?
				judge_action(&look) :
				look.recipient->report && facts ?
				judge_report(&look) :
				facts && facts->release ?
				judge_released(&look, facts->release) :
				judge(&look));
	}
	return decisions;
}

enum reply
pipeline_rcpt(Message *message, const Recipient *recipient, struct mta *mta)
{
	g_autoptr(GPtrArray) shown = NULL;
	g_autoptr(Decision) decision = NULL;

	/* A refused RCPT of sendmail(1) would be tried for ever. */
	if (message->client.kind == CLIENT_LOCAL || recipient->is_action ||
	    recipient->report || (!recipient->tenant && !recipient->outbound))
		return REPLY_ACCEPT;
	shown = sightings(message, NULL);
	decision = judge(&(struct look){ message, NULL, recipient, shown,
					 clock_now(), NULL, NULL });
	if (decision->action != ACTION_REJECT || decision->is_open)
		return REPLY_ACCEPT;
	decision->place = PLACE_REFUSED;
	refuse(mta, message, decision);
	if (!message->refused)
		message->refused = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)decision_free);
	g_ptr_array_add(message->refused, g_steal_pointer(&decision));
	return REPLY_REJECT;
}

void
pipeline_gone(struct pipeline *line, Message *message)
{
	g_autoptr(GPtrArray) shown = NULL;

	if (!message->refused || message->refused->len == 0)
		return;
	shown = sightings(message, NULL);
	log_decisions(message, NULL, REPLY_REJECT);
	recorder_count(line->recorder, message->id, message->refused, NULL);
	recorder_take(line->recorder,
		      record_of(line->site, message, NULL, shown, NULL,
				REPLY_REJECT), NULL);
	g_clear_pointer(&message->refused, g_ptr_array_unref);
}

/* Does anybody's mode let us delay or hold this message at all? */
static bool
is_enforced(const Message *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const Recipient *recipient = message->recipients->pdata[i];

		if (recipient->tenant && recipient->mode == MODE_ENFORCE)
			return true;
	}
	return false;
}

/* Count a death; the third time the message is held unread.  What nobody may
 * hold goes on. */
static enum reply
analysis_failed(struct pipeline *line, Message *message,
		const GPtrArray *shown, enum ask_result result,
		const GError *fault, GPtrArray **decisions)
{
	g_autoptr(GError) error = NULL;
	struct look look = { message, NULL, NULL, shown, clock_now(), NULL,
			     NULL };
	g_autofree char *sha256 = NULL, *key = NULL;
	gint64 deaths = 0;

	if (result == ASK_DIED) {
		if (message_fd(message, &error) >= 0)
			sha256 = file_sha256(message->fd, message->size,
					     &error);
		key = g_strdup_printf("%s %s", sha256, message->sender);
		if (!sha256 ||
		    !state_poison(line->site->state, key, &deaths, &error))
			log_error(message->tag, "state-failed reason=\"%s\"",
				  error->message);
	}
	log_warning(message->tag, "analysis-failed deaths=%" G_GINT64_FORMAT
		    " reason=\"%s\"", deaths, fault->message);
	if (is_enforced(message) && deaths < BOUND_POISON)
		return REPLY_LATER;
	*decisions = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)decision_free);
	for (guint i = 0; i < message->recipients->len; i++) {
		look.recipient = message->recipients->pdata[i];
		g_ptr_array_add(*decisions, judge_poison(&look, deaths));
	}
	return REPLY_ACCEPT;
}

static void
log_decision(const Message *message, const Decision *decision)
{
	g_autofree char *rcpt = text_value(decision->rcpt);
	g_autofree char *sender = text_value(message->sender);
	g_autofree char *reason = text_value(decision->because ?
					     decision->because->reason : "-");

	log_info(message->tag, "decision rcpt=%s action=%s asked=%s "
		 "category=%s because=%s place=%s item=%s outbox=%s sender=%s "
		 "reason=%s", rcpt, actions[decision->action],
		 actions[decision->asked], categories[decision->category],
		 decision->because ? decision->because->check : "-",
		 places[decision->place],
		 decision->item ? decision->item : "-",
		 decision->outbox ? decision->outbox : "-", sender, reason);
}

/* Entries whose pattern was given up, once each: an admin must mend them. */
static void
log_faults(const Message *message, const GPtrArray *decisions)
{
	g_autoptr(GHashTable) said = NULL;

	for (guint i = 0; decisions && i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		for (guint j = 0; j < decision->findings->len; j++) {
			const Finding *one = decision->findings->pdata[j];
			g_autofree char *reason = NULL;

			if (one->effect != EFFECT_SAY || !one->entry)
				continue;
			if (!said)
				said = g_hash_table_new(g_str_hash,
							g_str_equal);
			if (!g_hash_table_add(said, one->entry))
				continue;
			reason = text_value(one->reason);
			log_warning(message->tag, "pattern-given-up entry=%s "
				    "place=%s reason=%s", one->entry,
				    one->place, reason);
		}
	}
}

static void
log_decisions(const Message *message, const GPtrArray *decisions,
	      enum reply reply)
{
	for (guint i = 0; message->refused && i < message->refused->len; i++)
		log_decision(message, message->refused->pdata[i]);
	for (guint i = 0; decisions && i < decisions->len; i++)
		log_decision(message, decisions->pdata[i]);
	log_faults(message, decisions);
	log_debug(message->tag, "answer reply=%s", replies[reply]);
}
