/*
 * spf.c -- evaluate SPF (RFC 7208)
 *
 * Our own, since libspf2 1.2.10 loses characters in macros, knows no limit of
 * void look-ups, and follows includes without end; the tests hold it against
 * the public suite and against libspf2 where that is right.
 */
#include "gatepost/auth/spf.h"

#include <string.h>

#include "gatepost/auth/spf_macro.h"
#include "gatepost/auth/spf_record.h"
#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"
#include "gatepost/util/text.h"

struct check {
	Lookups *lookups;
	struct network client;
	char *address;		/* text */
	char *dotted, *reverse;	/* %{i}, and the name of its PTR */
	char *sender, *local, *origin;
	const char *helo;
	bool is_v6;
	guint terms, voids, depth;
	GString *reason;
	bool is_weak;
	char *validated;	/* %{p}; NULL: not asked yet */
	const char *domain;	/* under evaluation, for %{p} */
};

/* What the evaluation of one record ends in. */
enum outcome { NO_MATCH, MATCH, TEMPORARY, PERMANENT };

static enum auth_value evaluate(struct check *check, const char *domain,
				char **explain);

/* ---- limits ---- */

/* One more term that asks DNS (RFC 7208 4.6.4). */
static bool
may_ask(struct check *check)
{
	if (++check->terms <= BOUND_SPF_TERMS)
		return true;
	g_string_assign(check->reason, "more than 10 terms ask DNS");
	return false;
}

/* Look up for a mechanism; void answers are counted. */
static Lookup
ask(struct check *check, const char *name, enum dns_type type)
{
	Lookup found = dns_answer(check->lookups, name, type);

	if (found.result == DNS_NONE)
		check->voids++;
	return found;
}

static enum outcome
after(struct check *check, enum outcome outcome)
{
	if (check->voids <= BOUND_SPF_VOIDS || outcome == TEMPORARY)
		return outcome;
	g_string_assign(check->reason, "more than 2 look-ups found nothing");
	return PERMANENT;
}

/* ---- names ---- */

/* Is DOMAIN a name of several labels that DNS could hold? */
static bool
is_domain(const char *domain)
{
	gsize label = 0;

	if (!strchr(domain, '.') || strlen(domain) > 253)
		return false;
	for (const char *p = domain; *p; p++) {
		label = *p == '.' ? 0 : label + 1;
		if (label > 63 || (*p == '.' && (p == domain ||
						 p[-1] == '.')) ||
		    *p <= ' ' || *p > '~' || *p == '[')
			return false;
	}
	return domain[strlen(domain) - 1] != '.';
}

static bool
is_client_at(struct check *check, const char *name, guint prefix,
	     enum dns_result *result)
{
	Lookup found = ask(check, name, check->is_v6 ? DNS_AAAA : DNS_A);

	*result = found.result;
	for (guint i = 0; i < found.values->len; i++) {
		const GString *one = found.values->pdata[i];
		struct network network;

		if (spf_network(one->str, prefix, &network) &&
		    network_covers(&network, &check->client))
			return true;
	}
	return false;
}

/* The client's confirmed names that are TARGET or below (RFC 7208 5.5); NULL
 * when none is.  ANY: any confirmed name will do, those first.  Yours. */
static char *
confirmed_name(struct check *check, const char *target, bool any)
{
	Lookup names = dns_answer(check->lookups, check->reverse, DNS_PTR);
	g_autofree char *other = NULL;

	for (guint i = 0; i < names.values->len && i < BOUND_PTR_NAMES; i++) {
		const GString *one = names.values->pdata[i];
		g_autofree char *name = g_ascii_strdown(one->str, -1);
		bool is_wanted = domain_is_below(name, target);
		Lookup found;

		if (!is_wanted && !any)
			continue;
		found = dns_answer(check->lookups, name, check->is_v6 ?
				   DNS_AAAA : DNS_A);
		for (guint j = 0; j < found.values->len; j++) {
			const GString *address = found.values->pdata[j];
			struct network network;

			if (!network_parse(address->str, &network) ||
			    !network_covers(&network, &check->client))
				continue;
			if (is_wanted)
				return g_steal_pointer(&name);
			if (!other)
				other = g_strdup(name);
		}
	}
	return g_steal_pointer(&other);
}

static const char *
validated(void *data)
{
	struct check *check = data;

	if (!check->validated)
		check->validated = confirmed_name(check, check->domain, true);
	if (!check->validated)
		check->validated = g_strdup("unknown");
	return check->validated;
}

static char *
expand(struct check *check, const char *spec, const char *domain,
       bool is_name)
{
	struct spf_names names = {
		.sender = check->sender, .local = check->local,
		.origin = check->origin, .domain = domain,
		.helo = check->helo, .client = check->address,
		.dotted = check->dotted,
		.version = check->is_v6 ? "ip6" : "in-addr",
		.validated = validated, .data = check,
	};

	check->domain = domain;
	return spf_expand(spec, &names, is_name);
}

/* ---- mechanisms ---- */

static enum outcome
match_a(struct check *check, const char *target, guint prefix)
{
	enum dns_result result;

	if (is_client_at(check, target, prefix, &result))
		return MATCH;
	return result == DNS_UNSURE ? TEMPORARY : NO_MATCH;
}

static enum outcome
match_mx(struct check *check, const char *target, guint prefix)
{
	Lookup found = ask(check, target, DNS_MX);
	enum dns_result result;

	if (found.result == DNS_UNSURE)
		return TEMPORARY;
	if (found.values->len > BOUND_SPF_TERMS) {
		g_string_assign(check->reason, "more than 10 MX hosts");
		return PERMANENT;
	}
	for (guint i = 0; i < found.values->len; i++) {
		const GString *host = found.values->pdata[i];

		dns_start(check->lookups, host->str, check->is_v6 ?
			  DNS_AAAA : DNS_A);
	}
	for (guint i = 0; i < found.values->len; i++) {
		const GString *host = found.values->pdata[i];

		if (is_client_at(check, host->str, prefix, &result))
			return MATCH;
		if (result == DNS_UNSURE)
			return TEMPORARY;
	}
	return NO_MATCH;
}

static enum outcome
match_ptr(struct check *check, const char *target)
{
	g_autofree char *lower = g_ascii_strdown(target, -1);
	g_autofree char *name = confirmed_name(check, lower, false);

	return name ? MATCH : NO_MATCH;
}

static enum outcome
match_exists(struct check *check, const char *target)
{
	switch (ask(check, target, DNS_A).result) {
	case DNS_ANSWER:
		return MATCH;
	case DNS_UNSURE:
		return TEMPORARY;
	case DNS_NONE:
		break;
	}
	return NO_MATCH;
}

static enum outcome
match_include(struct check *check, const char *target)
{
	bool was_weak = check->is_weak;
	enum auth_value result = evaluate(check, target, NULL);

	if (result != AUTH_PASS)
		check->is_weak = was_weak;
	switch (result) {
	case AUTH_PASS:
		return MATCH;
	case AUTH_TEMPERROR:
		return TEMPORARY;
	case AUTH_PERMERROR:
		return PERMANENT;
	case AUTH_NONE:
		g_string_printf(check->reason, "includes %s, which has no "
				"record", target);
		return PERMANENT;
	default:
		return NO_MATCH;
	}
}

static enum outcome
match(struct check *check, const struct spf_term *term, const char *domain)
{
	guint prefix = check->is_v6 ? term->prefix6 : term->prefix4;
	g_autofree char *target = NULL;

	if (term->kind == SPF_ALL)
		return MATCH;
	if (term->kind == SPF_IP4 || term->kind == SPF_IP6)
		return check->is_v6 == (term->kind == SPF_IP6) &&
		    network_covers(&term->network, &check->client) ? MATCH :
		    NO_MATCH;
	if (!may_ask(check))
		return PERMANENT;
	target = term->target ? expand(check, term->target, domain, true) :
	    g_strdup(domain);
	switch (term->kind) {
	case SPF_A:
		return after(check, match_a(check, target, prefix));
	case SPF_MX:
		return after(check, match_mx(check, target, prefix));
	case SPF_PTR:
		return match_ptr(check, target);
	case SPF_EXISTS:
		return after(check, match_exists(check, target));
	default:
		return match_include(check, target);
	}
}

/* Would nearly everybody match TERM? */
static bool
is_weak(const struct check *check, const struct spf_term *term)
{
	switch (term->kind) {
	case SPF_ALL:
		return true;
	case SPF_IP4:
	case SPF_IP6:
		return term->network.prefix <=
		    (network_is_ipv4(&term->network) ? 96 : 0);
	case SPF_A:
	case SPF_MX:
		return (check->is_v6 ? term->prefix6 : term->prefix4) == 0;
	default:
		return false;
	}
}

/* ---- records ---- */

/* Is TEXT an SPF record: "v=spf1", then a blank or nothing? */
static bool
is_record(const GString *text)
{
	return text->len >= 6 && g_ascii_strncasecmp(text->str, "v=spf1",
						     6) == 0 &&
	    (text->len == 6 || text->str[6] == ' ');
}

/* The record of DOMAIN; NULL and *RESULT when there is no good one. */
static struct spf_record *
find_record(struct check *check, const char *domain, enum auth_value *result)
{
	Lookup found = dns_answer(check->lookups, domain, DNS_TXT);
	const GString *only = NULL;
	g_autofree char *fault = NULL;
	struct spf_record *record;
	guint count = 0;

	for (guint i = 0; i < found.values->len; i++)
		if (is_record(found.values->pdata[i])) {
			only = found.values->pdata[i];
			count++;
		}
	*result = found.result == DNS_UNSURE ? AUTH_TEMPERROR :
	    count == 0 ? AUTH_NONE : AUTH_PERMERROR;
	if (found.result == DNS_UNSURE)
		g_string_printf(check->reason, "no answer for %s", domain);
	else if (count == 0)
		g_string_printf(check->reason, "%s has no record", domain);
	if (count > 1)
		g_string_printf(check->reason, "%s has %u records", domain,
				count);
	if (count != 1)
		return NULL;
	if (only->len > BOUND_SPF_RECORD) {
		g_string_printf(check->reason, "the record of %s is too long",
				domain);
		return NULL;
	}
	record = spf_record_read(only, &fault);
	if (!record)
		g_string_printf(check->reason, "the record of %s has a fault "
				"at \"%s\"", domain, fault);
	return record;
}

/* The result of a mechanism that matched. */
static enum auth_value
matched(struct check *check, const struct spf_term *term, const char *domain)
{
	if (term->result == AUTH_PASS)
		check->is_weak |= is_weak(check, term);
	g_string_printf(check->reason, "%s in the record of %s", term->text,
			domain);
	return term->result;
}

static enum auth_value
follow(struct check *check, const char *target, char **explain)
{
	enum auth_value result;

	if (!may_ask(check))
		return AUTH_PERMERROR;
	result = evaluate(check, target, explain);
	if (result != AUTH_NONE)
		return result;
	g_string_printf(check->reason, "redirects to %s, which has no record",
			target);
	return AUTH_PERMERROR;
}

/* Evaluate the record of DOMAIN (RFC 7208 4.6).  *EXPLAIN (NULL: not wanted)
 * gets the expanded domain of exp= when it fails. */
static enum auth_value
evaluate(struct check *check, const char *domain, char **explain)
{
	g_autofree char *target = NULL;
	enum auth_value result;
	struct spf_record *record;

	if (!is_domain(domain)) {
		g_string_printf(check->reason, "no domain to ask");
		return AUTH_NONE;
	}
	record = find_record(check, domain, &result);
	if (!record)
		return result;
	for (guint i = 0; i < record->terms->len; i++) {
		const struct spf_term *term = record->terms->pdata[i];
		enum outcome outcome = match(check, term, domain);

		if (outcome == NO_MATCH)
			continue;
		result = outcome == MATCH ? matched(check, term, domain) :
		    outcome == TEMPORARY ? AUTH_TEMPERROR : AUTH_PERMERROR;
		if (outcome == TEMPORARY)
			g_string_printf(check->reason, "no answer for %s in "
					"the record of %s", term->text,
					domain);
		if (result == AUTH_FAIL && explain && record->explain)
			*explain = expand(check, record->explain, domain,
					  true);
		spf_record_free(record);
		return result;
	}
	if (record->redirect)
		target = expand(check, record->redirect, domain, true);
	spf_record_free(record);
	if (target)
		return follow(check, target, explain);
	g_string_printf(check->reason, "nothing in the record of %s matches",
			domain);
	return AUTH_NEUTRAL;
}

/* The domain's own words on a failure (RFC 7208 6.2), made safe. */
static void
add_explanation(struct check *check, const char *name)
{
	Lookup found = dns_answer(check->lookups, name, DNS_TXT);
	g_autofree char *text = NULL, *safe = NULL;
	const GString *one;

	if (found.values->len != 1)
		return;
	one = found.values->pdata[0];
	for (gsize i = 0; i < one->len; i++)
		if (one->str[i] < ' ' || one->str[i] > '~')
			return;
	text = expand(check, one->str, check->origin, false);
	safe = text_shown(text, 200);
	g_string_append_printf(check->reason, "; it says: %s", safe);
}

/* ---- the check ---- */

/* %{i}: the address by dots, an IPv6 address nibble by nibble. */
static char *
dotted(const char *address, const char *reverse)
{
	g_auto(GStrv) parts = NULL;
	guint count;

	if (!strchr(address, ':'))
		return g_strdup(address);
	/* "8.b.d.0...ip6.arpa" the other way round. */
	parts = g_strsplit(reverse, ".", -1);
	count = MIN(g_strv_length(parts), 32);
	for (guint i = 0; i < count / 2; i++) {
		char *other = parts[i];

		parts[i] = parts[count - 1 - i];
		parts[count - 1 - i] = other;
	}
	g_free(parts[count]);
	g_free(parts[count + 1]);
	parts[count] = NULL;
	return g_strjoinv(".", parts);
}

/* The domain that is checked; of the null sender HELO's. */
static char *
domain_of(const Request *request, bool *is_helo)
{
	const char *at = request->envelope ? strrchr(request->envelope, '@') :
	    NULL;
	g_autofree char *normal = NULL;
	const char *name = at ? at + 1 : request->helo;

	*is_helo = !at;
	normal = name ? domain_normal(name) : NULL;
	return normal ? g_steal_pointer(&normal) : g_strdup(name ? name : "");
}

void
spf_start(Lookups *lookups, const Request *request)
{
	bool is_helo;
	g_autofree char *domain = domain_of(request, &is_helo);

	if (is_domain(domain))
		dns_start(lookups, domain, DNS_TXT);
}

static void
check_clear(struct check *check)
{
	g_free(check->address);
	g_free(check->dotted);
	g_free(check->reverse);
	g_free(check->sender);
	g_free(check->local);
	g_free(check->origin);
	g_free(check->validated);
	g_string_free(check->reason, TRUE);
}

void
spf_check(Lookups *lookups, const Request *request, Auth *auth)
{
	struct check check = { .lookups = lookups };
	g_autofree char *explain = NULL;
	char text[NETWORK_TEXT];
	const char *at;

	if (!request->client ||
	    !network_parse(request->client, &check.client) ||
	    check.client.prefix != 128) {
		auth->spf = AUTH_TEMPERROR;
		auth->spf_reason = g_strdup("the client is not known");
		check.origin = domain_of(request, &auth->is_spf_helo);
		if (is_domain(check.origin))
			auth->spf_domain = g_steal_pointer(&check.origin);
		g_free(check.origin);
		return;
	}
	network_format(&check.client, text);
	check.address = g_strdup(text);
	check.is_v6 = strchr(text, ':') != NULL;
	check.reverse = dns_reverse(text);
	check.dotted = dotted(text, check.reverse);
	check.origin = domain_of(request, &auth->is_spf_helo);
	check.helo = request->helo ? request->helo : "unknown";
	at = auth->is_spf_helo ? NULL : strrchr(request->envelope, '@');
	check.local = at && at > request->envelope ?
	    g_strndup(request->envelope, (gsize)(at - request->envelope)) :
	    g_strdup("postmaster");
	check.sender = g_strconcat(check.local, "@", check.origin, NULL);
	check.reason = g_string_new(NULL);
	auth->spf = (int)evaluate(&check, check.origin, &explain);
	if (auth->spf == AUTH_FAIL && explain)
		add_explanation(&check, explain);
	auth->is_spf_weak = auth->spf == AUTH_PASS && check.is_weak;
	if (is_domain(check.origin))
		auth->spf_domain = g_strdup(check.origin);
	auth->spf_reason = text_shown(check.reason->str, 400);
	check_clear(&check);
}
