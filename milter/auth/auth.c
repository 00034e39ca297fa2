/*
 * auth.c -- all look-ups start, then each result is waited for
 */
#include "gatepost/auth/auth.h"

#include <string.h>

#include "gatepost/auth/dkim.h"
#include "gatepost/auth/dmarc.h"
#include "gatepost/auth/dns.h"
#include "gatepost/auth/spf.h"
#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/util/clock.h"

/* Does NAME lead back to ADDRESS? */
static enum dns_result
confirm(Lookups *lookups, const char *name, const char *address)
{
	bool is_v6 = strchr(address, ':') != NULL;
	Lookup found = dns_answer(lookups, name, is_v6 ? DNS_AAAA : DNS_A);

	for (guint i = 0; i < found.values->len; i++) {
		const GString *one = found.values->pdata[i];

		if (strcmp(one->str, address) == 0)
			return DNS_ANSWER;
	}
	return found.result == DNS_UNSURE ? DNS_UNSURE : DNS_NONE;
}

/* The client's name, confirmed both ways (RFC 8601 2.7.3). */
static void
iprev_check(Lookups *lookups, const char *reverse, const char *address,
	    Auth *auth)
{
	Lookup found = dns_answer(lookups, reverse, DNS_PTR);

	auth->iprev = found.result == DNS_UNSURE ? AUTH_TEMPERROR :
	    found.result == DNS_NONE ? AUTH_PERMERROR : AUTH_FAIL;
	for (guint i = 0; i < found.values->len && i < BOUND_PTR_NAMES; i++) {
		const GString *one = found.values->pdata[i];
		g_autofree char *name = domain_normal(one->str);
		enum dns_result result = name ?
		    confirm(lookups, name, address) : DNS_NONE;

		if (name && !auth->iprev_claim)
			auth->iprev_claim = g_strdup(name);
		if (result == DNS_UNSURE)
			auth->iprev = AUTH_TEMPERROR;
		if (result != DNS_ANSWER)
			continue;
		auth->iprev = AUTH_PASS;
		auth->iprev_name = g_steal_pointer(&name);
		return;
	}
}

/* Is CLIENT in the /24 (of IPv6: /64) of ADDRESS? */
static bool
is_near(const char *address, const struct network *client)
{
	struct network network;

	if (!network_parse(address, &network))
		return false;
	network_shorten(&network, network_is_ipv4(&network) ? 96 + 24 : 64);
	return network_covers(&network, client);
}

/* What the hosts of From's domain tell where it has no DMARC record. */
static void
hosts_read(Lookups *lookups, const char *address, Facts *facts)
{
	const char *domain = facts->from_domain;
	struct network client;
	Lookup found;

	if (facts->auth.dmarc != AUTH_NONE || !domain ||
	    !network_parse(address, &client))
		return;
	dns_start(lookups, domain, network_is_ipv4(&client) ? DNS_A :
		  DNS_AAAA);
	found = dns_answer(lookups, domain, DNS_MX);
	for (guint i = 0; i < found.values->len && i < BOUND_MX_HOSTS; i++) {
		const GString *one = found.values->pdata[i];
		char *host = domain_normal(one->str);

		if (host)
			g_ptr_array_add(facts->auth.mx, host);
	}
	found = dns_answer(lookups, domain, network_is_ipv4(&client) ?
			   DNS_A : DNS_AAAA);
	for (guint i = 0; i < found.values->len; i++) {
		const GString *one = found.values->pdata[i];

		facts->auth.is_neighbour |= is_near(one->str, &client);
	}
}

/* The address as text in one form, v4-mapped as v4; NULL: none. Yours. */
static char *
plain_address(const char *text)
{
	char out[NETWORK_TEXT];
	struct network network;

	if (!text || !network_parse(text, &network) || network.prefix != 128)
		return NULL;
	network_format(&network, out);
	return g_strdup(out);
}

void
auth_read(const guint8 *data, gsize size, const Request *request,
	  Answer *answer)
{
	Facts *facts = &answer->facts;
	Request about = *request;	/* the client that counts */
	g_autofree char *address = NULL, *reverse = NULL;
	g_autoptr(Lookups) lookups = NULL;

	if (request->dns_ms <= 0)
		return;
	address = plain_address(facts->client ? facts->client :
				request->client);
	reverse = address ? dns_reverse(address) : NULL;
	lookups = lookups_new(request->servers ? request->servers : "",
			      clock_steady_ms() + request->dns_ms,
			      BOUND_DNS_NAMES);
	about.client = address;
	spf_start(lookups, &about);
	dkim_start(lookups, data, size);
	for (guint i = 0; i < facts->authors->len && i < BOUND_AUTHORS; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (author->domain)
			dmarc_start(lookups, author->domain);
	}
	if (reverse)
		dns_start(lookups, reverse, DNS_PTR);
	facts->auth.source = g_strdup(AUTH_OWN);
	if (reverse)
		iprev_check(lookups, reverse, address, &facts->auth);
	spf_check(lookups, &about, &facts->auth);
	dkim_check(lookups, data, size, facts);
	dmarc_check(lookups, request->is_by_list, facts);
	if (address)
		hosts_read(lookups, address, facts);
	answer->dns_asked = lookups_count(lookups);
	/* Who gets next to no time is not to ask for more. */
	answer->is_dns_alive = lookups_is_alive(lookups, request->dns_ms <
	    BOUND_DNS_PROBE_MS ? 0 : BOUND_DNS_PROBE_MS);
}
