/*
 * decision.c -- findings and decisions: made, freed, written and read back
 */
#include "gatepost/model/decision.h"

#include <string.h>

const char *const speakers[] = {
	"tenant", "check", "upstream", "system", "user", "feed", NULL
};
const char *const effects[] = {
	"block", "allow", "say", "observe", "unsure", NULL
};
const char *const places[] = {
	"mailbox", "quarantine", "refused", "discarded", "later", NULL
};
static const char *const overrides[] = {
	"phish", "phish_high", "malware", NULL
};

static const struct field finding_rows[] = {
	FIELD(Finding, check, FIELD_TEXT),
	FIELD_WORDS(Finding, speaker, speakers),
	FIELD_WORDS(Finding, effect, effects),
	FIELD_WORDS(Finding, category, categories),
	FIELD_WORDS(Finding, confidence, confidences),
	FIELD(Finding, policy, FIELD_TEXT),
	FIELD(Finding, asks, FIELD_TEXT),
	FIELD(Finding, reason, FIELD_TEXT),
	FIELD(Finding, entry, FIELD_TEXT),
	FIELD(Finding, text, FIELD_TEXT),
	FIELD(Finding, place, FIELD_TEXT),
	FIELD(Finding, kind, FIELD_TEXT),
	FIELD(Finding, value, FIELD_TEXT),
	FIELD_WORDS(Finding, override, overrides),
	FIELD(Finding, is_proven, FIELD_BOOL),
	FIELD(Finding, is_unasked, FIELD_BOOL),
	FIELD(Finding, narrowness, FIELD_NUMBER),
	FIELD(Finding, score, FIELD_TEXT),
	FIELD(Finding, threshold, FIELD_TEXT),
	FIELD(Finding, struck, FIELD_TEXT),
	FIELD(Finding, is_void, FIELD_BOOL),
	FIELD(Finding, is_decisive, FIELD_BOOL),
	FIELD(Finding, is_automatic, FIELD_BOOL),
};
const struct fields finding_fields = FIELDS(Finding, finding_rows);

/* All but `because`, which is a pointer into findings. */
static const struct field decision_rows[] = {
	FIELD(Decision, rcpt, FIELD_TEXT),
	FIELD(Decision, given, FIELD_TEXT),
	FIELD(Decision, tenant, FIELD_TEXT),
	FIELD(Decision, is_outbound, FIELD_BOOL),
	FIELD(Decision, mailboxes, FIELD_TEXTS),
	FIELD(Decision, more_mailboxes, FIELD_BOOL),
	FIELD(Decision, owner, FIELD_TEXT),
	FIELD_WORDS(Decision, category, categories),
	FIELD_WORDS(Decision, confidence, confidences),
	FIELD_WORDS(Decision, asked, actions),
	FIELD_WORDS(Decision, action, actions),
	FIELD_WORDS(Decision, mode, modes),
	FIELD(Decision, row, FIELD_NUMBER),
	FIELD_OF(Decision, findings, FIELD_LIST, finding_fields),
	FIELD(Decision, candidate, FIELD_TEXTS),
	FIELD(Decision, nearly, FIELD_TEXTS),
	FIELD(Decision, score, FIELD_NUMBER),
	FIELD_WORDS(Decision, place, places),
	FIELD(Decision, item, FIELD_TEXT),
	FIELD(Decision, outbox, FIELD_TEXT),
	FIELD(Decision, limit, FIELD_TEXT),
};
const struct fields decision_fields = FIELDS(Decision, decision_rows);

/* Where the address leads, unless to itself. */
static void
add_mailboxes(Decision *decision, const History *history)
{
	const GPtrArray *all = history->mailboxes;

	if (all->len == 1 && strcmp(all->pdata[0], decision->rcpt) == 0)
		return;
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(decision->mailboxes, g_strdup(all->pdata[i]));
	decision->more_mailboxes = history->is_more;
	if (all->len > 1)
		decision->owner = g_strdup(history->owner);
}

Decision *
decision_new(const Recipient *recipient)
{
	Decision *decision = fields_new(&decision_fields);

	decision->rcpt = g_strdup(recipient->address);
	decision->given = g_strdup(recipient->given);
	decision->tenant = recipient->tenant ?
	    g_strdup(recipient->tenant->name) : NULL;
	decision->mode = MODE_ENFORCE;
	if (recipient->history)
		add_mailboxes(decision, recipient->history);
	return decision;
}

void
decision_free(Decision *decision)
{
	fields_free(&decision_fields, decision);
}

Finding *
finding_add(Decision *decision, const char *check, enum speaker speaker,
	    enum effect effect, const char *format, ...)
{
	Finding *finding = fields_new(&finding_fields);
	va_list args;

	finding->check = g_strdup(check);
	finding->speaker = speaker;
	finding->effect = effect;
	va_start(args, format);
	finding->reason = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(decision->findings, finding);
	return finding;
}

void
decision_json(const Decision *decision, bool brief, GString *out)
{
	fields_json(&decision_fields, decision, brief, out);
	g_string_truncate(out, out->len - 1);
	json_key(out, "because");
	if (decision->because) {
		g_string_append_c(out, '{');
		json_put(out, "check", decision->because->check);
		json_put(out, "entry", decision->because->entry);
		json_put(out, "reason", decision->because->reason);
		g_string_append_c(out, '}');
	} else {
		g_string_append(out, "null");
	}
	g_string_append_c(out, '}');
}

Decision *
decision_from_json(const Json *object)
{
	Decision *decision = fields_new(&decision_fields);
	const Json *because = json_member(object, "because");
	const char *reason = json_text(json_member(because, "reason"));

	fields_from_json(&decision_fields, decision, object);
	for (guint i = 0; reason && i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		if (g_strcmp0(finding->reason, reason) == 0 &&
		    g_strcmp0(finding->entry, json_text(
			json_member(because, "entry"))) == 0) {
			decision->because = finding;
			break;
		}
	}
	return decision;
}

GPtrArray *
decisions_of(const Json *record, const char *tenant, const char *rcpt)
{
	GPtrArray *decisions = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)decision_free);
	const Json *all = json_member(record, "decisions");

	for (gsize i = 0; i < json_count(all); i++) {
		Decision *one = decision_from_json(json_element(all, i));

		if ((!rcpt || g_strcmp0(one->rcpt, rcpt) == 0) &&
		    (!tenant || g_strcmp0(one->tenant, tenant) == 0))
			g_ptr_array_add(decisions, one);
		else
			decision_free(one);
	}
	return decisions;
}
