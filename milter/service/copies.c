/*
 * copies.c -- what is kept of delivered mail besides its record
 */
#include "gatepost/service/copies.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/policy/check.h"
#include "gatepost/service/way.h"

static void
suspect_free(gpointer data)
{
	struct suspect *suspect = data;

	g_string_free(suspect->rules, TRUE);
	g_string_free(suspect->rcpts, TRUE);
	g_free(suspect->tenant);
	g_free(suspect->sender);
	g_free(suspect->from);
	g_free(suspect->subject);
	g_free(suspect->body);
	g_free(suspect->kin);
	g_free(suspect);
}

struct copy *
copy_new(const char *id, const char *tenant, char *json, int fd, gsize size)
{
	struct copy *copy = g_new0(struct copy, 1);

	g_strlcpy(copy->id, id, sizeof copy->id);
	copy->tenant = g_strdup(tenant);
	copy->json = json;
	copy->fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	copy->size = copy->fd < 0 ? 0 : size;
	copy->suspects = g_ptr_array_new_with_free_func(suspect_free);
	return copy;
}

void
copy_free(struct copy *copy)
{
	if (copy->fd >= 0)
		close(copy->fd);
	g_ptr_array_unref(copy->suspects);
	g_free(copy->tenant);
	g_free(copy->json);
	g_free(copy);
}

char *
kin_of(const Facts *facts)
{
	g_autofree char *folded = g_utf8_casefold(facts->subject ?
						  facts->subject : "", -1);
	GString *kin = g_string_new(facts->from_domain ? facts->from_domain :
				    "-");

	/* Who forges a sender is none of his making. */
	g_string_append(kin, auth_is_aligned(facts) ? " " : "? ");
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

void
copies_settle(Site *site, const GPtrArray *ids, const char *to)
{
	for (guint i = 0; i < ids->len; i++) {
		const char *id = ids->pdata[i];

		if (candidates_want(site->suspected, id))
			continue;
		if (to)
			box_move(site->candidates, "new", to, id, NULL);
		else
			box_remove(site->candidates, "new", id, NULL);
	}
}
