/*
 * check_upstream.c -- what a filter before us says of the message
 *
 * Reads:  facts->scores, the header fields of configured upstreams
 * Says:   spam, where one of them says so
 * Leaves: scores just below its line to candidates.c
 */
#include "gatepost/policy/auth.h"
#include "gatepost/policy/check.h"
#include "gatepost/util/text.h"

static void
look(const struct look *look, Decision *decision)
{
	for (guint i = 0; i < look->facts->scores->len; i++) {
		const Field *field = look->facts->scores->pdata[i];
		g_autofree char *value = text_safe(field->value);
		const Upstream *upstream;
		Finding *finding;
		bool is_spam;

		auth_score(look->message->config, field, &upstream, &is_spam);
		if (!upstream || !is_spam)
			continue;
		finding = finding_add(decision, check_upstream.name,
				      SPEAKER_UPSTREAM, EFFECT_SAY,
				      "%s calls it spam (%s: %s)",
				      upstream->name, field->name, value);
		finding->category = CATEGORY_SPAM;
		finding->policy = g_strdup(policies[POLICY_SPAM]);
	}
}

const struct check check_upstream = {
	.name = "upstream",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "header fields of filters that stand before us",
};
