/*
 * judge.c -- one recipient: run the checks, weigh the findings, decide
 */
#include "gatepost/policy/judge.h"

#include "gatepost/bounds.h"
#include "gatepost/policy/check.h"

bool
judge_is_concerned(const struct look *look)
{
	return look->recipient->tenant != NULL;
}

/* What of the decision this mode carries out, for this recipient. */
static void
apply_mode(const struct look *look, Decision *decision)
{
	enum action most = ACTION_DISCARD;
	const char *limit = NULL;

	decision->mode = (int)look->recipient->mode;
	if (look->recipient->mode == MODE_OBSERVE) {
		most = ACTION_DELIVER;
		limit = "mode is observe: nothing is done";
	} else if (look->recipient->mode == MODE_TAG) {
		most = ACTION_TAG;
		limit = "mode is tag: only header fields are added";
	} else if (look->recipient->is_exempt) {
		most = ACTION_TAG;
		limit = "recipient is exempt: its mail is only tagged";
	}
	decision->action = decision->asked;
	if (decision->asked > (int)most) {
		decision->action = (int)most;
		decision->limit = g_strdup(limit);
	}
}

/* Mail of one of our users to others: what an entry for that direction
 * covers is refused, and nothing else is done (design 7, Directions). */
static Decision *
ask_outbound(const struct look *look)
{
	const Tenant *tenant = look->recipient->outbound;
	Decision *decision = decision_new(look->recipient);

	g_free(decision->tenant);
	decision->tenant = g_strdup(tenant->name);
	decision->is_outbound = true;
	decision->row = 8;
	lists_look_outbound(look, decision);
	precedence_strike(look, decision);
	for (guint i = 0; i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		if (finding->effect != EFFECT_BLOCK || finding->struck ||
		    decision->because)
			continue;
		decision->because = finding;
		decision->row = 1;
		decision->category = finding->category;
		decision->confidence = finding->confidence;
		decision->asked = ACTION_REJECT;
	}
	return decision;
}

/* What is asked for, before the mode has its say. */
static Decision *
ask_inbound(const struct look *look)
{
	Decision *decision = decision_new(look->recipient);
	guint have = NEED_CLIENT | NEED_ENVELOPE |
	    (look->facts ? NEED_CONTENT : 0);

	decision->row = 8;
	if (!judge_is_concerned(look))
		return decision;
	for (guint i = 0; checks[i]; i++)
		if ((checks[i]->needs & have) == checks[i]->needs)
			checks[i]->look(look, decision);
	precedence_strike(look, decision);
	precedence_decide(look, decision);
	return decision;
}

/* Would another action be asked for, by ASK, without the entry of FINDING? */
static bool
is_decisive(const struct look *look, Decision *(*ask)(const struct look *),
	    const Decision *decision, const Finding *finding)
{
	struct look less = *look;
	g_autoptr(Decision) other = NULL;

	less.without = finding->entry;
	other = ask(&less);
	return other->asked != decision->asked;
}

/* What ASK decides, the entries weighed. */
static Decision *
weighed(const struct look *look, Decision *(*ask)(const struct look *))
{
	Decision *decision = ask(look);
	guint count = 0;

	for (guint i = 0; i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		if (finding->entry && !finding->is_void &&
		    (finding->speaker == SPEAKER_TENANT ||
		     finding->speaker == SPEAKER_FEED) &&
		    count++ < BOUND_WEIGHED)
			finding->is_decisive = is_decisive(look, ask,
							   decision, finding);
	}
	return decision;
}

static Decision *
judge_outbound(const struct look *look)
{
	Decision *decision = weighed(look, ask_outbound);

	decision->mode = (int)look->recipient->outbound_mode;
	decision->action = decision->asked;
	if (decision->action && decision->mode != MODE_ENFORCE) {
		decision->action = ACTION_DELIVER;
		decision->limit = g_strdup_printf("mode is %s: outbound mail "
						  "is not refused",
						  modes[decision->mode]);
	}
	return decision;
}

static Decision *
judge_inbound(const struct look *look)
{
	Decision *decision = weighed(look, ask_inbound);

	if (!judge_is_concerned(look))
		return decision;
	apply_mode(look, decision);
	if (look->facts && decision->action <= ACTION_TAG)
		candidates_look(look, decision);
	return decision;
}

Decision *
judge(const struct look *look)
{
	Decision *decision;

	if (!look->recipient->outbound)
		return judge_inbound(look);
	decision = judge_outbound(look);
	/* From one tenant to another it is inbound mail as well. */
	if (!judge_is_concerned(look) || decision->action == ACTION_REJECT)
		return decision;
	decision_free(decision);
	return judge_inbound(look);
}

Decision *
judge_poison(const struct look *look, gint64 deaths)
{
	Decision *decision = decision_new(look->recipient);

	decision->category = CATEGORY_UNKNOWN;
	decision->because = finding_add(decision, "analysis", SPEAKER_SYSTEM,
	    EFFECT_BLOCK, "analysis failed: %" G_GINT64_FORMAT " times a "
	    "worker died of this message, so no one knows what it holds",
	    deaths);
	decision->because->category = CATEGORY_UNKNOWN;
	decision->row = 1;
	if (judge_is_concerned(look))
		decision->asked = ACTION_QUARANTINE;
	apply_mode(look, decision);
	return decision;
}

Decision *
judge_released(const struct look *look, const char *id)
{
	Decision *decision = decision_new(look->recipient);

	decision->mode = (int)look->recipient->mode;
	decision->because = finding_add(decision, "release", SPEAKER_SYSTEM,
					EFFECT_ALLOW, "released from "
					"quarantine, item %s", id);
	decision->because->is_proven = true;
	return decision;
}

Decision *
judge_action(const struct look *look)
{
	Decision *decision = decision_new(look->recipient);

	decision->mode = (int)look->recipient->mode;
	decision->because = finding_add(decision, "action", SPEAKER_SYSTEM,
					EFFECT_ALLOW, "mail to the action "
					"address is not delivered, but done");
	decision->because->is_proven = true;
	decision->asked = decision->action = ACTION_DISCARD;
	return decision;
}

/* Does mail to this report address stay on the message? */
static bool
is_passed_on(const Recipient *recipient)
{
	const Tenant *tenant = recipient->tenant;

	return tenant->reports.destination != DESTINATION_ANALYSTS &&
	    recipient->reporter != REPORTER_PROGRAM &&
	    (!tenant->reports.mailbox ||
	     g_strcmp0(tenant->reports.mailbox, recipient->address) == 0);
}

Decision *
judge_report(const struct look *look)
{
	const Recipient *recipient = look->recipient;
	bool is_judged = recipient->reporter == REPORTER_UNVERIFIED;
	Decision *decision = is_judged ? judge(look) :
	    decision_new(recipient);

	decision->mode = (int)recipient->mode;
	if (decision->action > ACTION_JUNK)
		return decision;
	decision->because = finding_add(decision, "report", SPEAKER_SYSTEM,
	    EFFECT_ALLOW, recipient->reporter == REPORTER_PROGRAM ?
	    "a program's mail to a report address is dropped" :
	    is_judged ? "a report of somebody who is not verified, neither "
	    "by a login nor by From's domain: it is in gatepost report list "
	    "--unverified" :
	    "a report of a verified user");
	decision->because->is_proven = !is_judged;
	if (is_passed_on(recipient)) {
		if (!is_judged)
			decision->asked = decision->action = ACTION_DELIVER;
		return decision;
	}
	decision->asked = decision->action = ACTION_DISCARD;
	return decision;
}

bool
judge_is_report(const Decision *decision)
{
	return decision->because &&
	    g_strcmp0(decision->because->check, "report") == 0;
}
