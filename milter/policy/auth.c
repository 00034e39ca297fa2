/*
 * auth.c -- take authentication results from the upstreams that we trust
 */
#include "gatepost/policy/auth.h"

#include <string.h>

#include "gatepost/model/domain.h"
#include "gatepost/policy/check.h"

/* From best to worst; of duplicates the worst wins. */
static const int badness[] = {
	[AUTH_PASS] = 0, [AUTH_NEUTRAL] = 1, [AUTH_NONE] = 2,
	[AUTH_TEMPERROR] = 3, [AUTH_SOFTFAIL] = 4, [AUTH_PERMERROR] = 5,
	[AUTH_FAIL] = 6,
};

/* Which methods somebody has spoken of: "none" is an answer, too. */
struct said {
	bool spf, dmarc, arc, iprev;
};

/* Does RESULT take the place of *HAVE?  It is worse, or the first. */
static bool
worse(bool *said, int *have, int result)
{
	if (*said && badness[result] <= badness[*have])
		return false;
	*said = true;
	*have = result;
	return true;
}

/* The domain comes with the result that it is about. */
static void
replace(char **domain, const char *with)
{
	g_free(*domain);
	*domain = g_strdup(with);
}

static void
add_signature(Auth *auth, const AuthResult *result, int value)
{
	Signature *signature = fields_new(&signature_fields);

	signature->result = value;
	signature->domain = g_strdup(result->domain);
	signature->selector = g_strdup(result->selector);
	g_ptr_array_add(auth->dkim, signature);
}

static void
replace_seals(Auth *auth, const AuthResult *result)
{
	replace(&auth->arc_domain, result->domain);
	for (guint i = 0; i < auth->arc_chain->len; i++)
		g_free(auth->arc_chain->pdata[i]);
	g_ptr_array_set_size(auth->arc_chain, 0);
	for (guint i = 0; i < result->chain->len; i++)
		g_ptr_array_add(auth->arc_chain,
				g_strdup(result->chain->pdata[i]));
}

static void
adopt(Auth *auth, struct said *said, const AuthResult *result,
      const Upstream *upstream)
{
	int value = result->result;

	/* Anyone could have written this pass, if it is not stripped. */
	if (value == AUTH_PASS && !upstream->strips)
		return;
	if (!auth->source)
		auth->source = g_strdup(upstream->name);
	if (strcmp(result->method, "spf") == 0) {
		/* Of HELO alone it says nothing of the sender. */
		if ((result->domain || value != AUTH_PASS) &&
		    worse(&said->spf, &auth->spf, value))
			replace(&auth->spf_domain, result->domain);
	} else if (strcmp(result->method, "dkim") == 0) {
		add_signature(auth, result, value);
	} else if (strcmp(result->method, "dmarc") == 0) {
		if (worse(&said->dmarc, &auth->dmarc, value)) {
			replace(&auth->dmarc_domain, result->domain);
			replace(&auth->dmarc_policy, result->policy);
		}
	} else if (strcmp(result->method, "arc") == 0) {
		if (worse(&said->arc, &auth->arc, value))
			replace_seals(auth, result);
	} else if (strcmp(result->method, "iprev") == 0) {
		worse(&said->iprev, &auth->iprev, value);
	}
}

void
auth_adopt(const Config *config, Facts *facts)
{
	struct said said = { false, false, false, false };

	for (guint i = 0; i < facts->results->len; i++) {
		const AuthResult *result = facts->results->pdata[i];
		const Upstream *upstream =
		    config_upstream(config, result->authserv_id);

		if (upstream && result->method)
			adopt(&facts->auth, &said, result, upstream);
	}
}

void
auth_adopt_old(Facts *facts)
{
	static const Upstream whoever = { .name = (char *)"the message",
					  .strips = true };
	const AuthResult *first = facts->results->len ?
	    facts->results->pdata[0] : NULL;
	struct said said = { false, false, false, false };

	for (guint i = 0; i < facts->results->len; i++) {
		const AuthResult *result = facts->results->pdata[i];

		if (result->method && g_strcmp0(result->authserv_id,
						first->authserv_id) == 0)
			adopt(&facts->auth, &said, result, &whoever);
	}
}

void
auth_adopt_arc(const Config *config, Facts *facts)
{
	Auth *auth = &facts->auth;
	bool said = false;

	for (guint i = 0; i < facts->results->len; i++) {
		const AuthResult *result = facts->results->pdata[i];
		const Upstream *upstream =
		    config_upstream(config, result->authserv_id);

		if (upstream && g_strcmp0(result->method, "arc") == 0 &&
		    (result->result != AUTH_PASS || upstream->strips) &&
		    worse(&said, &auth->arc, result->result))
			replace_seals(auth, result);
	}
}

bool
auth_is_sealed(const Config *config, const Facts *facts)
{
	const GPtrArray *chain = facts->auth.arc_chain;

	if (facts->auth.arc != AUTH_PASS || chain->len == 0)
		return false;
	for (guint i = 0; i < chain->len; i++)
		if (!config_has_domain(config->arc_sealers, chain->pdata[i]))
			return false;
	return true;
}

bool
auth_is_known(const Facts *facts)
{
	return facts->auth.source != NULL;
}

bool
auth_is_same(const char *domain, const char *other)
{
	const char *one = domain ? domain_registrable(domain) : NULL;
	const char *two = other ? domain_registrable(other) : NULL;

	return domain && other && (strcmp(domain, other) == 0 ||
				   (one && two && strcmp(one, two) == 0));
}

/* Several authors: no one result speaks for all of them. */
bool
auth_has_one_author(const Facts *facts)
{
	return facts->from_domain && facts->authors->len == 1 &&
	    !facts_has_defect(facts, "from-many");
}

bool
auth_spf_proves(const Facts *facts)
{
	return auth_has_one_author(facts) && facts->auth.dmarc != AUTH_FAIL &&
	    facts->auth.spf == AUTH_PASS && !facts->auth.is_spf_weak &&
	    auth_is_same(facts->auth.spf_domain, facts->from_domain);
}

bool
auth_dkim_proves(const Facts *facts)
{
	if (!auth_has_one_author(facts) || facts->auth.dmarc == AUTH_FAIL)
		return false;
	for (guint i = 0; i < facts->auth.dkim->len; i++) {
		const Signature *signature = facts->auth.dkim->pdata[i];

		if (signature->result == AUTH_PASS &&
		    auth_is_same(signature->domain, facts->from_domain))
			return true;
	}
	return false;
}

bool
auth_is_aligned(const Facts *facts)
{
	const Auth *auth = &facts->auth;

	if (auth_has_one_author(facts) && auth->dmarc == AUTH_PASS &&
	    !auth->is_dmarc_weak &&
	    auth_is_same(auth->dmarc_domain, facts->from_domain))
		return true;
	return auth_spf_proves(facts) || auth_dkim_proves(facts);
}

/* Could DOMAIN (NULL: not known) speak for one of the authors?  Whose servers
 * are silent is a stranger's choice, when the domain is his own. */
static bool
may_prove(const Facts *facts, const char *domain)
{
	for (guint i = 0; i < facts->authors->len; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (!domain || auth_is_same(domain, author->domain))
			return true;
	}
	return false;
}

/* Of an own look-up there is a result for the client whenever it is known. */
static bool
is_client_known(const Auth *auth)
{
	return g_strcmp0(auth->source, AUTH_OWN) != 0 ||
	    auth->iprev != AUTH_NONE;
}

bool
auth_is_unsure(const Facts *facts)
{
	const Auth *auth = &facts->auth;

	if (auth->dmarc == AUTH_FAIL)
		return false;
	for (guint i = 0; i < auth->dkim->len; i++) {
		const Signature *signature = auth->dkim->pdata[i];

		if (signature->result == AUTH_TEMPERROR &&
		    may_prove(facts, signature->domain))
			return true;
	}
	return auth->dmarc == AUTH_TEMPERROR ||
	    (auth->spf == AUTH_TEMPERROR &&
	     (!is_client_known(auth) || may_prove(facts, auth->spf_domain)));
}
