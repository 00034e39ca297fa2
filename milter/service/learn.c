/*
 * learn.c -- what a worker reads in a message, and what follows from it alone
 */
#include "gatepost/service/way.h"

#include <string.h>

#include "gatepost/policy/auth.h"
#include "gatepost/policy/composite.h"
#include "gatepost/service/proof.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"

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
