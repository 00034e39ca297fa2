/*
 * check_auth.c -- From without proof: a DMARC failure, or our own domain
 *
 * Reads:  facts->auth (adopted from upstreams), From, the client
 * Says:   spoof, by what the domain asks for, or of our own domain
 * Leaves: exact senders and pairs to check_lists.c
 */
#include <string.h>

#include "gatepost/policy/auth.h"
#include "gatepost/policy/check.h"
#include "gatepost/policy/composite.h"

static void
say_spoof(Decision *decision, enum policy policy, const char *format,
	  const char *domain, const char *source)
{
	g_autofree char *reason = g_strdup_printf(
	    "%s %s (%s)", domain, format, source);
	Finding *finding = finding_add(decision, check_auth.name,
				       SPEAKER_CHECK, EFFECT_SAY, "%s",
				       reason);

	finding->category = CATEGORY_SPOOF;
	finding->policy = g_strdup(policies[policy]);
	finding->kind = g_strdup(indicator_kinds[INDICATOR_SENDER]);
	finding->value = g_strdup(domain);
}

/* The domain of ours that one of the authors uses, or NULL. */
static const char *
own_domain(const struct look *look)
{
	for (guint i = 0; i < look->facts->authors->len; i++) {
		const Mailbox *author = look->facts->authors->pdata[i];

		if (author->domain && config_tenant_of(look->message->config,
						       author->domain))
			return author->domain;
	}
	return NULL;
}

static void
look(const struct look *look, Decision *decision)
{
	const Facts *facts = look->facts;
	const Auth *auth = &facts->auth;
	const char *asks = auth->dmarc_policy, *own;
	const char *domain = facts->from_domain ? facts->from_domain : "From";

	if (facts->authors->len == 0 || !auth_is_known(facts) ||
	    client_is_ours(&look->message->client))
		return;
	switch ((enum auth_value)auth->dmarc) {
	case AUTH_FAIL:
		say_spoof(decision, g_strcmp0(asks, "reject") == 0 ?
			  POLICY_DMARC_REJECT :
			  g_strcmp0(asks, "quarantine") == 0 ?
			  POLICY_DMARC_QUARANTINE : POLICY_SPOOF,
			  "failed DMARC", domain, auth->source);
		break;
	case AUTH_TEMPERROR:
		finding_add(decision, check_auth.name, SPEAKER_CHECK,
			    EFFECT_UNSURE, "DMARC of %s could not be looked "
			    "up (%s)", domain, auth->source);
		/* Another author's domain may be the one without an answer:
		 * for several of them there is no proof anyhow. */
		if (auth_has_one_author(facts))
			return;
		break;
	case AUTH_NONE:
	case AUTH_PASS:
	case AUTH_SOFTFAIL:
	case AUTH_NEUTRAL:
	case AUTH_PERMERROR:
		break;
	}
	own = auth_is_aligned(facts) || composite_is_implicit(facts) ? NULL :
	    own_domain(look);
	if (own && auth_has_one_author(facts) && auth_is_unsure(facts)) {
		finding_add(decision, check_auth.name, SPEAKER_CHECK,
			    EFFECT_UNSURE, "whether %s, a domain of ours, "
			    "sent this could not be looked up (%s)", own,
			    auth->source);
		return;
	}
	if (own)
		say_spoof(decision, POLICY_SPOOF_OWN, "is a domain of ours "
			  "and the message from outside has no proof for it",
			  own, auth->source);
}

const struct check check_auth = {
	.name = "auth",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "DMARC failure, and our own domains from outside",
};
