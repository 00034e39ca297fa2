/*
 * candidates.c -- rules that suspect a delivered message
 *
 * Each rule gives a sentence, or NULL.  None changes what is done: the
 * message is delivered, and a copy goes to the candidate spool.
 *
 * To add one: a function, a row, a test in t/5NN.
 */
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/defects.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/url.h"
#include "gatepost/policy/check.h"
#include "gatepost/policy/upstream.h"

/* An upstream's score from this share of its line on is "just below". */
#define NEAR 0.8

static bool
rule_unproven(const struct look *look, const Decision *decision)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		/* Users list many a sender whom nobody can prove. */
		if (finding->effect == EFFECT_ALLOW && !finding->is_proven &&
		    (finding->speaker != SPEAKER_USER ||
		     auth_is_known(look->facts)))
			return true;
	}
	/* A pair is allowed just for want of a proof. */
	return decision->row == 6 && !auth_is_aligned(look->facts) &&
	    auth_is_known(look->facts) &&
	    g_strcmp0(decision->because->kind, "spoof") != 0;
}

static bool
rule_score(const struct look *look, const Decision *decision)
{
	const GPtrArray *scores = look->facts->scores;

	(void)decision;
	for (guint i = 0; i < scores->len; i++) {
		struct upstream_word word = upstream_read(
		    look->message->config, scores->pdata[i]);

		if (word.share >= NEAR && word.share < 1 &&
		    (!word.is_said || word.category == CATEGORY_BULK))
			return true;
	}
	return false;
}

static bool
rule_people(const struct look *look, const Decision *decision)
{
	const GPtrArray *authors = look->facts->authors;

	(void)decision;
	for (guint i = 0; i < MIN(authors->len, BOUND_USER_AUTHORS); i++)
		if (impersonated(look, authors->pdata[i]))
			return true;
	return false;
}

static bool
rule_look_alike(const struct look *look, const Decision *decision)
{
	(void)look;
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		if (g_strcmp0(finding->policy,
			      policies[POLICY_LIKE_DOMAIN]) == 0)
			return true;
	}
	return false;
}

/* The host that the visible text of LINK names, when it names one. */
static char *
shown_host(const Link *link)
{
	g_autofree char *text = NULL;
	g_autoptr(Url) url = NULL;

	if (!link->text || !strchr(link->text, '.'))
		return NULL;
	text = g_strstrip(g_strdup(link->text));
	if (strpbrk(text, " \n@"))
		return NULL;
	url = url_parse(text);
	if (!url || !url->host || !domain_registrable(url->host))
		return NULL;
	return g_steal_pointer(&url->host);
}

static bool
rule_link_text(const struct look *look, const Decision *decision)
{
	const GPtrArray *urls = look->facts->urls;

	(void)decision;
	for (guint i = 0; i < urls->len; i++) {
		const Link *link = urls->pdata[i];
		g_autofree char *shown = shown_host(link);

		/* It leads where the last wrapper does. */
		if (shown && link->host &&
		    !domain_is_kin(shown, link->host) &&
		    !facts_is_wrapper(look->facts, link))
			return true;
	}
	return false;
}

static bool
rule_reply_to(const struct look *look, const Decision *decision)
{
	(void)decision;
	return reply_elsewhere(look->facts) != NULL;
}

/* Defects that real senders' software does not make. */
static bool
rule_defects(const struct look *look, const Decision *decision)
{
	const GPtrArray *defects = look->facts->defects;

	(void)decision;
	for (guint i = 0; i < defects->len; i++) {
		const struct defect *defect = defect_find(defects->pdata[i]);

		if (defect && defect->is_grave)
			return true;
	}
	return false;
}

static bool
rule_truncated(const struct look *look, const Decision *decision)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		/* A defect that the tenant asks an action for cuts nothing. */
		if (finding->category == CATEGORY_UNKNOWN && !finding->asks)
			return true;
	}
	return !look->facts->complete;
}

static const struct {
	const char *name;
	bool (*suspects)(const struct look *look, const Decision *decision);
	const char *meaning;
} rules[] = {
	{ "unproven-allow", rule_unproven,
	  "an allow entry or a user's safe sender matched, but nothing "
	  "proves the sender" },
	{ "score-near", rule_score,
	  "an upstream's score is just below its line" },
	{ "name-of-ours", rule_people,
	  "the display name is one of our people's, the address is not" },
	{ "look-alike", rule_look_alike,
	  "a domain resembles one that is protected" },
	{ "link-text", rule_link_text,
	  "a link shows one site and leads to another" },
	{ "reply-to", rule_reply_to,
	  "replies go to another organisation than the sender's" },
	{ "defects", rule_defects,
	  "the message was built to be read in two ways" },
	{ "truncated", rule_truncated,
	  "the message was judged on a part of it" },
};

void
candidates_look(const struct look *look, Decision *decision)
{
	if (client_is_ours(&look->message->client))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (rules[i].suspects(look, decision))
			g_ptr_array_add(decision->candidate,
					g_strdup(rules[i].name));
}

const char *
candidate_meaning(const char *rule)
{
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (strcmp(rules[i].name, rule) == 0)
			return rules[i].meaning;
	return "";
}
