/*
 * sender.c -- which of our users sent a mail that asks us for something
 *
 * It must be proven: by a login, or by an aligned pass of the tenant's own
 * domain.  What is written in From proves nothing.
 */
#include "gatepost/service/sender.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/letter.h"

const char *
sender_is_program(const Message *message, const Facts *facts)
{
	if (!*message->sender)
		return "it has the null sender";
	if (facts->is_auto)
		return "a program sent it";
	if (letter_is_own(facts->message_id))
		return "it is a mail of our own";
	return NULL;
}

/* Is From in a domain of TENANT, by proof? */
static bool
is_proven(const Message *message, const Facts *facts, const Tenant *tenant)
{
	return facts->from && facts->from_domain && auth_is_aligned(facts) &&
	    config_tenant_of(message->config, facts->from_domain) == tenant;
}

Route *
sender_route(const Message *message, const Facts *facts,
	     const Tenant *tenant, const struct map_wait *wait,
	     const char **why)
{
	const char *login = message->client.login;
	g_autofree char *address = login && strchr(login, '@') ?
	    address_normal(login) : NULL;

	if (login && tenant->users.login_map)
		return routes_login(message->routes, tenant, login, wait);
	/* Without a table a login is whose address it is. */
	if (address && config_tenant_of(message->config,
					address_domain(address)) == tenant)
		return routes_follow(message->routes, tenant, address, wait);
	if (is_proven(message, facts, tenant))
		return routes_follow(message->routes, tenant, facts->from,
				     wait);
	*why = login ? "it is not known whose login that is: set "
	    "users.login_map" : "nothing proves who sent it";
	return NULL;
}

char *
sender_reply(const Message *message, const Facts *facts,
	     const Tenant *tenant, const char *mailbox,
	     const struct map_wait *wait)
{
	g_autoptr(Route) route = NULL;

	if (!facts->from || !facts->from_domain ||
	    config_tenant_of(message->config, facts->from_domain) != tenant)
		return g_strdup(mailbox);
	route = routes_follow(message->routes, tenant, facts->from, wait);
	return g_strdup(route->mailboxes->len == 1 && !route->is_more &&
			strcmp(route->mailboxes->pdata[0], mailbox) == 0 ?
			facts->from : mailbox);
}
