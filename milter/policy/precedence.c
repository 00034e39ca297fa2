/*
 * precedence.c -- who wins: one table, first row that applies (design 7)
 *
 * A finding takes part unless it is struck; all are kept, the losers too,
 * each with the reason why it does not count.
 */
#include <string.h>

#include "gatepost/lists/entry.h"
#include "gatepost/policy/auth.h"
#include "gatepost/policy/check.h"
#include "gatepost/util/fields.h"

static enum action
asked_by(const Tenant *tenant, const Finding *finding)
{
	int action = fields_word(actions, finding->asks);
	int policy = fields_word(policies, finding->policy);

	if (action >= 0)
		return (enum action)action;
	return policy >= 0 ? config_policy(tenant, (enum policy)policy) :
	    ACTION_DELIVER;
}

static bool
is_item(const Finding *finding)
{
	int kind = fields_word(indicator_kinds, finding->kind);

	return kind == INDICATOR_URL || kind == INDICATOR_FILE ||
	    kind == INDICATOR_FILENAME;
}

static bool
is_tenants(const Finding *finding, enum effect effect)
{
	return finding->speaker == SPEAKER_TENANT &&
	    finding->effect == (int)effect;
}

static bool
reaches(const Finding *allow, const Finding *finding)
{
	switch ((enum entry_override)allow->override) {
	case OVERRIDE_MALWARE:
		return true;
	case OVERRIDE_PHISH_HIGH:
		return finding->category != CATEGORY_MALWARE;
	case OVERRIDE_PHISH:
		break;
	}
	return finding->category != CATEGORY_MALWARE &&
	    !(finding->category == CATEGORY_PHISH &&
	      finding->confidence == CONFIDENCE_HIGH);
}

static bool
is_feeds(const Finding *finding, enum effect effect)
{
	return finding->speaker == SPEAKER_FEED &&
	    finding->effect == (int)effect;
}

/* ---- rows ---- */

static bool
is_block(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return is_tenants(finding, EFFECT_BLOCK);
}

static bool
is_feed_block(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return is_feeds(finding, EFFECT_BLOCK);
}

static bool
is_lifted_grave(const Finding *finding, const Decision *decision)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *allow = decision->findings->pdata[i];

		if (is_tenants(allow, EFFECT_ALLOW) && allow->is_proven &&
		    !allow->struck && !is_item(allow) &&
		    finding->category != CATEGORY_MALWARE &&
		    reaches(allow, finding))
			return true;
	}
	return false;
}

static bool
is_grave(const Finding *finding, const Decision *decision)
{
	return finding->effect == EFFECT_SAY &&
	    (finding->category == CATEGORY_MALWARE ||
	     (finding->category == CATEGORY_PHISH &&
	      finding->confidence == CONFIDENCE_HIGH)) &&
	    !is_lifted_grave(finding, decision);
}

/* An allow of the pair, or of a sender with proof=none, was written to let
 * just this in. */
static bool
is_lifted_spoof(const Decision *decision)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *allow = decision->findings->pdata[i];

		if (is_tenants(allow, EFFECT_ALLOW) && !allow->struck &&
		    (g_strcmp0(allow->kind, "spoof") == 0 ||
		     (allow->is_unasked &&
		      g_strcmp0(allow->kind, "sender") == 0)))
			return true;
	}
	return false;
}

static bool
is_spoof(const Finding *finding, const Decision *decision)
{
	return finding->effect == EFFECT_SAY &&
	    finding->category == CATEGORY_SPOOF && !is_lifted_spoof(decision);
}

static bool
is_users(const Finding *finding, enum effect effect)
{
	return finding->speaker == SPEAKER_USER &&
	    finding->effect == (int)effect;
}

static bool
is_safe(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return is_users(finding, EFFECT_ALLOW) && finding->is_proven;
}

static bool
is_blocked(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return is_users(finding, EFFECT_BLOCK);
}

static bool
is_allow(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return is_tenants(finding, EFFECT_ALLOW) && finding->is_proven &&
	    !is_item(finding);
}

static bool
is_feed_allow(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return is_feeds(finding, EFFECT_ALLOW) && finding->is_proven &&
	    !is_item(finding);
}

static bool
is_said(const Finding *finding, const Decision *decision)
{
	(void)decision;
	return finding->effect == EFFECT_SAY &&
	    finding->category != CATEGORY_SPOOF &&
	    finding->category != CATEGORY_MALWARE &&
	    !(finding->category == CATEGORY_PHISH &&
	      finding->confidence == CONFIDENCE_HIGH);
}

/* To add a row: here, at its rank; its number is that of design and ledger. */
static const struct {
	int row;
	bool (*applies)(const Finding *finding, const Decision *decision);
	const char *who, *what, *outcome;
} rows[] = {
	{ 1, is_block, "tenant block",
	  "an entry of the tenant's list, or an analysis that failed",
	  "block_KIND of the policy, or the entry's action=" },
	{ 1, is_feed_block, "feed block",
	  "a value of a feed that no own entry of the same or a narrower "
	  "value allows", "block_KIND of the policy" },
	{ 2, is_grave, "checks, upstream", "malware; phish, high",
	  "malware, phish_high; lifted by a proven allow whose override= "
	  "reaches it" },
	{ 3, is_spoof, "checks", "our own domain without proof, DMARC failure",
	  "spoof_own, dmarc_reject, dmarc_quarantine, spoof; lifted by an "
	  "allow of that spoof pair, a trusted ARC seal, or an allow of the "
	  "sender with proof=none" },
	{ 4, is_safe, "user's safe sender", "the user's own, with proof",
	  "deliver" },
	{ 5, is_blocked, "user's blocked sender", "the user's own",
	  "user_block of the policy" },
	{ 6, is_allow, "tenant allow",
	  "sender, envelope or ip, with proof, or a spoof pair",
	  "deliver" },
	{ 6, is_feed_allow, "feed allow",
	  "sender, envelope or ip of a feed, with proof", "deliver" },
	{ 7, is_said, "checks, upstream",
	  "phish, spam, bulk, impersonation, unknown",
	  "the policy's action for that category" },
};

/* ---- striking ---- */

static void
strike(Finding *finding, const char *why, const Finding *by)
{
	if (!finding->struck)
		finding->struck = g_strdup_printf("%s%s%s", why,
						  by ? ": " : "",
						  by ? by->text : "");
}

/* ALLOW and BLOCK are entries of one kind that met the same value. */
static void
strike_wider(Finding *allow, Finding *block)
{
	if (allow->narrowness > block->narrowness)
		strike(block, "a narrower entry allows it", allow);
	else if (allow->narrowness < block->narrowness)
		strike(allow, "a narrower entry blocks it", block);
	else
		strike(allow, "an entry as narrow blocks it", block);
}

/* An own entry goes before a feed: its allow of the same or a narrower value
 * lifts a block, its block every allow. */
static void
strike_feed(Finding *allow, Finding *block)
{
	if (block->speaker == SPEAKER_TENANT)
		strike(allow, "an own entry blocks it", block);
	else if (allow->narrowness >= block->narrowness)
		strike(block, "an own entry allows it", allow);
}

/* ALLOW and BLOCK met the same value: of one speaker they are weighed against
 * each other. */
static void
strike_one(Finding *allow, Finding *block)
{
	if (block->speaker == allow->speaker)
		strike_wider(allow, block);
	else if ((block->speaker == SPEAKER_FEED &&
		  allow->speaker == SPEAKER_TENANT) ||
		 (block->speaker == SPEAKER_TENANT &&
		  allow->speaker == SPEAKER_FEED))
		strike_feed(allow, block);
}

static void
strike_by(Finding *allow, GPtrArray *findings)
{
	for (guint i = 0; i < findings->len; i++) {
		Finding *other = findings->pdata[i];
		bool is_same = other != allow && !other->struck &&
		    g_strcmp0(other->kind, allow->kind) == 0 &&
		    g_strcmp0(other->value, allow->value) == 0;

		if (!is_same)
			continue;
		if (other->effect == EFFECT_BLOCK)
			strike_one(allow, other);
		else if (other->effect == EFFECT_SAY && is_item(allow) &&
			 reaches(allow, other))
			strike(other, "that very item is allowed", allow);
		if (allow->struck)
			return;
	}
}

/* Who is trusted to have seen it before it was forwarded vouches for it. */
static void
strike_sealed(const struct look *look, Decision *decision)
{
	if (!look->facts ||
	    !auth_is_sealed(look->message->config, look->facts))
		return;
	for (guint i = 0; i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		if (finding->effect == EFFECT_SAY && !finding->struck &&
		    finding->category == CATEGORY_SPOOF)
			finding->struck = g_strdup_printf("%s, which "
			    "arc_sealers names, sealed it",
			    look->facts->auth.arc_domain);
	}
}

void
precedence_strike(const struct look *look, Decision *decision)
{
	strike_sealed(look, decision);
	for (guint i = 0; i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		bool is_safe = is_users(finding, EFFECT_ALLOW);

		if ((!is_tenants(finding, EFFECT_ALLOW) &&
		     !is_feeds(finding, EFFECT_ALLOW) && !is_safe) ||
		    finding->struck)
			continue;
		if (finding->is_proven)
			strike_by(finding, decision->findings);
		else if (is_safe)
			strike(finding, "nothing proves the sender, and a "
			       "safe sender without proof does not count",
			       NULL);
		else
			strike(finding, "nothing proves the sender, and an "
			       "allow without proof does not count", NULL);
	}
}

/* ---- deciding ---- */

/* Of two findings of one row the one that asks for more wins, then the
 * graver category. */
static bool
is_harder(const Tenant *tenant, const Finding *one, const Finding *other)
{
	enum action a = asked_by(tenant, one), b = asked_by(tenant, other);

	if (a != b)
		return a > b;
	return one->category == CATEGORY_MALWARE &&
	    other->category != CATEGORY_MALWARE;
}

static Finding *
winner(const Tenant *tenant, Decision *decision, guint row)
{
	Finding *best = NULL;

	for (guint i = 0; i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		if (!finding->struck && rows[row].applies(finding, decision) &&
		    (!best || is_harder(tenant, finding, best)))
			best = finding;
	}
	return best;
}

void
precedence_decide(const struct look *look, Decision *decision)
{
	const Tenant *tenant = look->recipient->tenant;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Finding *finding = winner(tenant, decision, i);

		if (!finding)
			continue;
		decision->because = finding;
		decision->row = rows[i].row;
		if (finding->effect == EFFECT_ALLOW)
			return;
		decision->category = finding->category;
		decision->confidence = finding->confidence;
		decision->asked = (int)asked_by(tenant, finding);
		return;
	}
}

const char *
judge_lost(const Decision *decision, const Finding *finding)
{
	if (finding->struck)
		return finding->struck;
	return finding->effect == EFFECT_OBSERVE ?
	    (finding->entry ? "an observe entry only counts" :
	     "by the policy it is only noted") :
	    finding->effect == EFFECT_UNSURE ?
	    "what is not sure decides nothing" :
	    decision->because ? "a finding above it in the order decided" :
	    "by itself it decides nothing";
}

void
precedence_print(const Tenant *tenant, GString *out)
{
	g_string_append(out, "The first row that applies decides, for each "
			"recipient:\n\n");
	g_string_append(out, "  0  exemptions: mail that we released; "
			"mail to the action address, which is\n"
			"     done; exempt recipients are only tagged\n");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		g_string_append_printf(out, "  %d  %s: %s\n       -> %s\n",
				       rows[i].row, rows[i].who, rows[i].what,
				       rows[i].outcome);
	g_string_append(out, "  8  nobody spoke\n       -> deliver; "
			"candidate rules run\n\n"
			"Before that, of own entries of one kind that match "
			"the same value the narrower\nwins, equal: block, "
			"the tenant's, the feeds' and the user's each for "
			"themselves; an own entry\ngoes before a feed; "
			"and an allow of a url, file or filename strikes what "
			"that\nvery item caused, and delivers nothing by "
			"itself.\n\n");
	g_string_append_printf(out, "Policy of tenant %s:\n\n", tenant->name);
	for (guint i = 0; i < POLICIES; i++)
		g_string_append_printf(out, "  %-20s %s\n", policies[i],
				       actions[config_policy(tenant, i)]);
}

void
precedence_json(GString *out)
{
	g_string_append_c(out, '[');
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_comma(out);
		g_string_append_c(out, '{');
		json_put_number(out, "row", rows[i].row);
		json_put(out, "who", rows[i].who);
		json_put(out, "what", rows[i].what);
		json_put(out, "outcome", rows[i].outcome);
		g_string_append_c(out, '}');
	}
	g_string_append_c(out, ']');
}
