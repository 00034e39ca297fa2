/*
 * composite.c -- all authentication results in one word, with a reason code
 *
 * Reads:  facts->auth, From's authors, our domains, arc_sealers
 * Says:   facts->auth.composite, reason and sentence
 * Leaves: what is done about it to check_auth.c
 *
 * The codes are those that admins know from "compauth" of a large host.  A
 * domain without records is judged by its hosts, which is implicit: such a
 * pass accuses nobody and proves nothing.
 */
#include "gatepost/policy/composite.h"

#include <string.h>

#include "gatepost/model/domain.h"
#include "gatepost/policy/auth.h"
#include "gatepost/policy/check.h"

enum code {
	CODE_UNKNOWN, CODE_FAIL, CODE_FAIL_OWN, CODE_WEAK, CODE_WEAK_OWN,
	CODE_BOTH, CODE_DKIM, CODE_SPF, CODE_NO_RECORD, CODE_RECORD_ERROR,
	CODE_UNSURE, CODE_SEALED, CODE_PTR, CODE_PTR_SAME, CODE_MX,
	CODE_NEIGHBOUR, CODE_PTR_CLAIM
};

/* To add one: an enumerator, a row here, where reckon() finds it, a case in
 * t/unit/composite.c and a line in gatepostd(8). */
static const struct {
	enum composite composite;
	const char *reason, *sentence;
} codes[] = {
	[CODE_UNKNOWN] = { COMPOSITE_NONE, "300",
	    "nobody looked at the authentication" },
	[CODE_FAIL] = { COMPOSITE_FAIL, "000",
	    "DMARC failed, and the domain asks for quarantine or reject" },
	[CODE_FAIL_OWN] = { COMPOSITE_FAIL, "010",
	    "DMARC failed for a domain of ours, which asks for quarantine "
	    "or reject" },
	[CODE_WEAK] = { COMPOSITE_FAIL, "001",
	    "nothing proves From, and its domain has no records or weak "
	    "ones" },
	[CODE_WEAK_OWN] = { COMPOSITE_FAIL, "601",
	    "nothing proves From, which is in a domain of ours" },
	[CODE_BOTH] = { COMPOSITE_PASS, "100",
	    "SPF and DKIM passed, aligned with From, or DMARC says so" },
	[CODE_DKIM] = { COMPOSITE_PASS, "101",
	    "DKIM passed, aligned with From" },
	[CODE_SPF] = { COMPOSITE_PASS, "102",
	    "SPF passed, and MAIL FROM is aligned with From" },
	[CODE_NO_RECORD] = { COMPOSITE_PASS, "109",
	    "SPF or DKIM passed, aligned with From, whose domain has no "
	    "DMARC record" },
	[CODE_RECORD_ERROR] = { COMPOSITE_PASS, "111",
	    "SPF or DKIM passed, aligned with From, whose DMARC record "
	    "could not be read" },
	[CODE_UNSURE] = { COMPOSITE_UNSURE, "112",
	    "DNS gave no answer on what might prove From" },
	[CODE_SEALED] = { COMPOSITE_PASS, "130",
	    "an ARC sealer that we trust vouches for it" },
	[CODE_PTR] = { COMPOSITE_PASS, "103",
	    "From's domain has no DMARC record, and the client is a host of "
	    "it by its confirmed name" },
	[CODE_PTR_SAME] = { COMPOSITE_PASS, "104",
	    "From's domain has no DMARC record, and the client is a host of "
	    "its organisation by its confirmed name" },
	[CODE_MX] = { COMPOSITE_PASS, "116",
	    "From's domain has no DMARC record, and the client is, by its "
	    "confirmed name, of those that take mail for it" },
	[CODE_NEIGHBOUR] = { COMPOSITE_SOFTPASS, "201",
	    "From's domain has no DMARC record, and the client is in the "
	    "network of one of its addresses" },
	[CODE_PTR_CLAIM] = { COMPOSITE_SOFTPASS, "202",
	    "From's domain has no DMARC record, and the client's address "
	    "claims to be of it, which is not confirmed" },
};

static bool
is_own(const Config *config, const Facts *facts)
{
	for (guint i = 0; i < facts->authors->len; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (author->domain && config_tenant_of(config,
						       author->domain))
			return true;
	}
	return false;
}

static enum code
explicit_pass(const Facts *facts)
{
	bool by_spf = auth_spf_proves(facts), by_dkim =
	    auth_dkim_proves(facts);

	switch ((enum auth_value)facts->auth.dmarc) {
	case AUTH_TEMPERROR:
	case AUTH_PERMERROR:
		return CODE_RECORD_ERROR;
	case AUTH_PASS:
		return by_spf == by_dkim ? CODE_BOTH : by_dkim ? CODE_DKIM :
		    CODE_SPF;
	case AUTH_NONE:
	case AUTH_FAIL:
	case AUTH_SOFTFAIL:
	case AUTH_NEUTRAL:
		break;
	}
	return CODE_NO_RECORD;
}

/* Is the client, called NAME, of those that take mail for From's domain?
 * Many domains share the hosts of one provider, where anyone may send: of our
 * own domains it must be the very host. */
static bool
is_mx(const Auth *auth, const char *name, bool own)
{
	for (guint i = 0; i < auth->mx->len; i++)
		if (own ? strcmp(auth->mx->pdata[i], name) == 0 :
		    auth_is_same(auth->mx->pdata[i], name))
			return true;
	return false;
}

/* What the hosts of a domain without a DMARC record say; CODE_WEAK: nothing.
 * Its SPF record goes before, where that says no. */
static enum code
implicit_pass(const Facts *facts, bool own)
{
	const Auth *auth = &facts->auth;
	const char *name = auth->iprev == AUTH_PASS ? auth->iprev_name :
	    NULL;
	const char *from = facts->from_domain;

	if (auth->dmarc != AUTH_NONE || !auth_has_one_author(facts) ||
	    (auth->spf == AUTH_FAIL && auth_is_same(auth->spf_domain, from)))
		return CODE_WEAK;
	if (name && domain_registrable(from) && domain_is_below(name, from))
		return CODE_PTR;
	if (auth_is_same(name, from))
		return CODE_PTR_SAME;
	if (name && is_mx(auth, name, own))
		return CODE_MX;
	if (auth->is_neighbour)
		return CODE_NEIGHBOUR;
	return auth_is_same(auth->iprev_claim, from) ? CODE_PTR_CLAIM :
	    CODE_WEAK;
}

static enum code
reckon(const Config *config, const Facts *facts)
{
	const Auth *auth = &facts->auth;
	bool own = is_own(config, facts);
	enum code code;

	if (!auth_is_known(facts))
		return CODE_UNKNOWN;
	if (auth_is_aligned(facts))
		return explicit_pass(facts);
	if (auth_is_sealed(config, facts))
		return CODE_SEALED;
	if (auth->dmarc == AUTH_FAIL &&
	    (g_strcmp0(auth->dmarc_policy, "reject") == 0 ||
	     g_strcmp0(auth->dmarc_policy, "quarantine") == 0))
		return own ? CODE_FAIL_OWN : CODE_FAIL;
	if (auth_is_unsure(facts))
		return CODE_UNSURE;
	code = implicit_pass(facts, own);
	return code == CODE_WEAK && own ? CODE_WEAK_OWN : code;
}

void
composite_reckon(const Config *config, Facts *facts)
{
	enum code code = reckon(config, facts);

	g_free(facts->auth.reason);
	g_free(facts->auth.sentence);
	facts->auth.composite = (int)codes[code].composite;
	facts->auth.reason = g_strdup(codes[code].reason);
	facts->auth.sentence = g_strdup(codes[code].sentence);
}

bool
composite_is_implicit(const Facts *facts)
{
	return facts->auth.composite == COMPOSITE_PASS &&
	    (g_strcmp0(facts->auth.reason, codes[CODE_PTR].reason) == 0 ||
	     g_strcmp0(facts->auth.reason,
		       codes[CODE_PTR_SAME].reason) == 0 ||
	     g_strcmp0(facts->auth.reason, codes[CODE_MX].reason) == 0);
}
