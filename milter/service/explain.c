/*
 * explain.c -- why a message came through, short and safe in a mail
 *
 * gatepost why tells all of it, with commands to paste; this is for mail,
 * where what a stranger wrote must lead nowhere.
 */
#include "gatepost/service/explain.h"

#include "gatepost/model/facts.h"
#include "gatepost/service/draft.h"
#include "gatepost/service/letter.h"

/* Findings beside the one that decided. */
#define FINDINGS_MOST 8

static void
add_finding(GString *out, const char *lead, const Finding *finding)
{
	g_autofree char *reason = letter_plain(finding->reason, 300);

	g_string_append_printf(out, "  %s %s (%s%s%s)\n", lead, reason,
			       finding->check, finding->entry ? ", entry " :
			       "", finding->entry ? finding->entry : "");
}

static void
add_findings(GString *out, const Decision *decision)
{
	guint more = 0;

	if (decision->because)
		add_finding(out, "decided:", decision->because);
	else
		g_string_append(out, "  decided: nothing spoke against it\n");
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *one = decision->findings->pdata[i];

		if (one == decision->because)
			continue;
		if (more++ < FINDINGS_MOST)
			add_finding(out, "found, too:", one);
	}
}

static void
add_rules(GString *out, const char *lead, const GPtrArray *rules)
{
	for (guint i = 0; i < rules->len; i++)
		g_string_append_printf(out, "%s%s%s", i ? ", " : lead,
				       (const char *)rules->pdata[i],
				       i + 1 < rules->len ? "" : "\n");
}

static void
add_authentication(GString *out, const Auth *auth)
{
	if (!auth->source) {
		g_string_append(out, "  authentication: nobody looked\n");
		return;
	}
	g_string_append_printf(out, "  authentication: SPF %s, DMARC %s%s%s%s"
			       "%s%s\n", auth_values[auth->spf],
			       auth_values[auth->dmarc],
			       auth->dmarc_policy ? " (p=" : "",
			       auth->dmarc_policy ? auth->dmarc_policy : "",
			       auth->dmarc_policy ? ")" : "",
			       auth->sentence ? "; " : "",
			       auth->sentence ? auth->sentence : "");
}

void
explain(GString *out, const Json *record, const char *tenant,
	const char *rcpt)
{
	g_autoptr(Decision) decision = draft_decision(record, tenant, rcpt);
	g_autoptr(Facts) facts = facts_new();

	if (!decision)
		return;
	fields_from_json(&facts_fields, facts, json_member(record, "facts"));
	g_string_append_printf(out, "\nWhy it was %s:\n",
			       decision->place == PLACE_MAILBOX ?
			       "delivered" : places[decision->place]);
	add_findings(out, decision);
	add_authentication(out, &facts->auth);
	add_rules(out, "  suspected for: ", decision->candidate);
	add_rules(out, "  nearly suspected for: ", decision->nearly);
}
