/*
 * check_impersonation.c -- mail that pretends to be from one of us, or from
 * somebody we know
 *
 * Reads:  From, Reply-To, the envelope sender, the recipient's history; the
 *         tenant's people and protected domains, made ready by config_check.c
 * Says:   impersonation, one finding a kind with its evidence in words; what
 *         the policy delivers is only noted
 * Leaves: our own domains without proof to check_auth.c
 */
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/users.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/lookalike.h"
#include "gatepost/policy/check.h"

/* Parts of a display name that may be an address or a domain. */
#define NAME_PARTS 32

/* ---- whom it concerns ---- */

static bool
is_tenants_own(const struct look *look, const char *domain)
{
	return domain && config_tenant_of(look->message->config, domain) ==
	    look->recipient->tenant;
}

/* Does the tenant's exempt list hold ADDRESS?  Anybody can write an author's
 * address, so IS_AUTHOR needs proof where somebody looked for one. */
static bool
is_exempt(const struct look *look, const char *address, bool is_author)
{
	const GPtrArray *exempt =
	    look->recipient->tenant->impersonation.exempt;

	if (!address || (is_author && auth_is_known(look->facts) &&
			 !auth_is_aligned(look->facts) &&
			 !auth_is_unsure(look->facts)))
		return false;
	for (guint i = 0; i < exempt->len; i++)
		if (user_value_covers(exempt->pdata[i], address))
			return true;
	return false;
}

const Person *
impersonated(const struct look *look, const Mailbox *author)
{
	const Person *person;

	/* A name without an address is shown all the same. */
	if (!author->name || is_tenants_own(look, author->domain) ||
	    is_exempt(look, author->address, true))
		return NULL;
	person = people_find(look->recipient->tenant->known, author->name);
	return person && !(author->address &&
			   person_owns(person, author->address)) ? person :
	    NULL;
}

const Mailbox *
reply_elsewhere(const Facts *facts)
{
	if (facts->is_list || !facts->from_domain)
		return NULL;
	for (guint i = 0; i < facts->reply_to->len; i++) {
		const Mailbox *reply = facts->reply_to->pdata[i];

		if (reply->domain && *reply->domain &&
		    !domain_is_kin(reply->domain, facts->from_domain))
			return reply;
	}
	return NULL;
}

/* ---- what is said ---- */

/* What the history adds to the evidence; "" for nothing.  Yours. */
static char *
stranger(const struct look *look)
{
	const History *history = look->recipient->history;

	switch (history ? history->contact : CONTACT_UNKNOWN) {
	case CONTACT_FIRST:
		return g_strdup("; the sender never wrote to anybody here "
				"before");
	case CONTACT_TENANTS:
		return g_strdup_printf("; the sender never wrote to %s "
				       "before", look->recipient->address);
	case CONTACT_UNKNOWN:
	case CONTACT_KNOWN:
		break;
	}
	return g_strdup("");
}

static bool
is_stranger(const struct look *look)
{
	const History *history = look->recipient->history;

	return history && (history->contact == CONTACT_FIRST ||
			   history->contact == CONTACT_TENANTS);
}

/* A finding of the kind POLICY, whose evidence is REASON (taken). */
static void
say(const struct look *look, Decision *decision, enum policy policy,
    enum indicator_kind kind, const char *value, char *reason)
{
	enum action action = config_policy(look->recipient->tenant, policy);
	g_autofree char *evidence = reason;
	g_autofree char *more = policy == POLICY_FIRST_CONTACT ?
	    g_strdup("") : stranger(look);
	Finding *finding = finding_add(decision, check_impersonation.name,
				       SPEAKER_CHECK, action ==
				       ACTION_DELIVER ? EFFECT_OBSERVE :
				       EFFECT_SAY, "%s%s", evidence, more);

	finding->category = CATEGORY_IMPERSONATION;
	finding->policy = g_strdup(policies[policy]);
	finding->kind = g_strdup(indicator_kinds[kind]);
	finding->value = g_strdup(value);
}

/* ---- names ---- */

/* The part of NAME that is an address or domain of SHIELD; NULL: none.
 * Yours. */
static char *
protected_in(const Shield *shield, const char *name)
{
	g_autofree char *folded = strchr(name, '.') ||
	    !g_str_is_ascii(name) ? indicator_fold_name(name) : NULL;
	g_auto(GStrv) parts = folded ?
	    g_strsplit_set(folded, " \"'()<>[],;:|/", NAME_PARTS) : NULL;

	for (guint i = 0; parts && parts[i]; i++) {
		const char *at = strrchr(parts[i], '@');
		const char *text = at ? at + 1 : parts[i];
		g_autofree char *domain = strchr(text, '.') ?
		    domain_normal(text) : NULL;

		if (domain && shield_covers(shield, domain))
			return g_strdup(parts[i]);
	}
	return NULL;
}

static bool
look_at_name(const struct look *look, Decision *decision,
	     const Mailbox *author)
{
	const Shield *shield = look->recipient->tenant->shield;
	const Person *person = impersonated(look, author);
	g_autofree char *part = NULL;

	if (person) {
		say(look, decision, POLICY_LIKE_NAME, INDICATOR_NAME,
		    author->name, g_strdup_printf(
		    "the display name \"%s\" is that of %s, one of our "
		    "people, but %s is no address of theirs", author->name,
		    person->name, author->address ? author->address :
		    "what stands there"));
		return true;
	}
	if (!author->name || is_tenants_own(look, author->domain) ||
	    (author->domain && shield_covers(shield, author->domain)) ||
	    is_exempt(look, author->address, true))
		return false;
	part = protected_in(shield, author->name);
	if (!part)
		return false;
	say(look, decision, POLICY_LIKE_NAME, INDICATOR_NAME, author->name,
	    g_strdup_printf("the display name holds %s, but the message is "
			    "from %s", part, author->address ?
			    author->address : "no address"));
	return true;
}

/* ---- domains ---- */

/* ADDRESS stands in FIELD, which a reader sees when IS_SHOWN. */
static bool
look_at_domain(const struct look *look, Decision *decision,
	       const char *address, const char *field, bool is_shown,
	       bool is_author)
{
	const char *domain = address ? address_domain(address) : "";
	g_autofree char *seen = NULL;
	enum likeness how;
	const char *of;

	if (!*domain || config_tenant_of(look->message->config, domain) ||
	    is_exempt(look, address, is_author))
		return false;
	how = shield_find(look->recipient->tenant->shield, domain, is_shown,
			  &of);
	if (how == LIKE_NOTHING)
		return false;
	seen = domain_unicode(domain);
	say(look, decision, POLICY_LIKE_DOMAIN, INDICATOR_SENDER, domain,
	    g_strdup_printf("%s%s%s%s in %s %s%s%s", domain,
			    strcmp(seen, domain) ? " (" : "",
			    strcmp(seen, domain) ? seen : "",
			    strcmp(seen, domain) ? ")" : "", field,
			    likeness_text(how), of ? " " : "",
			    of ? of : ""));
	return true;
}

/* One finding is enough: the first of the fields by what a reader sees. */
static bool
look_at_domains(const struct look *look, Decision *decision)
{
	const Facts *facts = look->facts;

	for (guint i = 0; i < MIN(facts->authors->len, BOUND_USER_AUTHORS);
	     i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (look_at_domain(look, decision, author->address, "From",
				   true, true))
			return true;
	}
	for (guint i = 0; i < MIN(facts->reply_to->len, BOUND_USER_AUTHORS);
	     i++) {
		const Mailbox *reply = facts->reply_to->pdata[i];

		if (!(facts->from_domain && reply->domain &&
		      strcmp(facts->from_domain, reply->domain) == 0) &&
		    look_at_domain(look, decision, reply->address,
				   "Reply-To", true, false))
			return true;
	}
	return g_strcmp0(facts->from_domain,
			 address_domain(look->message->sender)) != 0 &&
	    look_at_domain(look, decision, look->message->sender,
			   "the envelope sender", false, false);
}

/* ---- replies and strangers ---- */

static bool
look_at_reply(const struct look *look, Decision *decision)
{
	const Mailbox *reply = reply_elsewhere(look->facts);

	if (!reply || is_tenants_own(look, reply->domain) ||
	    is_exempt(look, reply->address, false))
		return false;
	say(look, decision, POLICY_REPLY_TO, INDICATOR_SENDER,
	    reply->address, g_strdup_printf(
	    "replies go to %s, another organisation than From's, %s",
	    reply->address, look->facts->from_domain));
	return true;
}

static void
look_at_contact(const struct look *look, Decision *decision)
{
	const History *history = look->recipient->history;

	if (is_stranger(look) &&
	    !is_tenants_own(look, look->facts->from_domain))
		say(look, decision, POLICY_FIRST_CONTACT, INDICATOR_SENDER,
		    look->facts->from, g_strdup_printf(
		    "%s never wrote to %s before%s", look->facts->from,
		    look->recipient->address,
		    history->contact == CONTACT_FIRST ?
		    ", nor to anybody else here" : ""));
}

static void
look_at(const struct look *look, Decision *decision)
{
	const Facts *facts = look->facts;
	guint first = decision->findings->len, kinds = 0;
	bool is_name = false;

	if (client_is_ours(&look->message->client) ||
	    facts->authors->len == 0)
		return;
	for (guint i = 0; !is_name &&
	     i < MIN(facts->authors->len, BOUND_USER_AUTHORS); i++)
		is_name = look_at_name(look, decision,
				       facts->authors->pdata[i]);
	kinds += is_name;
	kinds += look_at_domains(look, decision);
	if (is_exempt(look, facts->from, true))
		return;
	if (kinds || is_stranger(look))
		kinds += look_at_reply(look, decision);
	for (guint i = first; kinds > 1 && i < decision->findings->len; i++) {
		Finding *finding = decision->findings->pdata[i];

		finding->confidence = CONFIDENCE_HIGH;
	}
	look_at_contact(look, decision);
}

const struct check check_impersonation = {
	.name = "impersonation",
	.needs = NEED_CONTENT,
	.look = look_at,
	.meaning = "names and domains that pretend to be ours, strangers, "
	    "replies that go elsewhere",
};
