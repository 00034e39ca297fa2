/*
 * config.c -- gatepost.conf as it was read: whose it is, and what it says
 */
#include "gatepost/model/config_reading.h"

#include <string.h>

#include "gatepost/model/domain.h"
#include "gatepost/model/lookalike.h"
#include "gatepost/model/people.h"
#include "gatepost/model/report.h"

static bool
keep(char **text, const char *running)
{
	if (g_strcmp0(*text, running) == 0)
		return false;
	g_free(*text);
	*text = g_strdup(running);
	return true;
}

bool
config_keep(Config *config, const Config *running)
{
	bool differs = keep(&config->socket, running->socket);

	differs |= keep(&config->control.socket, running->control.socket);
	differs |= keep(&config->state_dir, running->state_dir);
	differs |= keep(&config->user, running->user);
	differs |= keep(&config->group, running->group);
	return differs;
}

Config *
config_ref(Config *config)
{
	g_atomic_int_inc(&config->refs);
	return config;
}

void
config_unref(Config *config)
{
	if (!config || !g_atomic_int_dec_and_test(&config->refs))
		return;
	for (guint i = 0; i < config->tenants->len; i++) {
		Tenant *tenant = config->tenants->pdata[i];

		people_free(tenant->known);
		shield_free(tenant->shield);
	}
	config_clear(config);
	g_free(config->path);
	g_free(config);
}

const Tenant *
config_tenant(const Config *config, const char *name)
{
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		if (strcmp(tenant->name, name) == 0)
			return tenant;
	}
	return NULL;
}

const Tenant *
config_tenant_of(const Config *config, const char *domain)
{
	const Tenant *wild = NULL;

	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		for (guint j = 0; j < tenant->domains->len; j++) {
			const char *own = tenant->domains->pdata[j];

			if (strcmp(own, domain) == 0)
				return tenant;
			if (!wild && g_str_has_prefix(own, "*.") &&
			    domain_is_below(domain, own + 2) &&
			    strcmp(domain, own + 2) != 0)
				wild = tenant;
		}
	}
	return wild;
}

GPtrArray *
config_feeds(const Config *config, const Tenant *tenant)
{
	GPtrArray *all = g_ptr_array_new();

	for (guint i = 0; i < tenant->feeds->len; i++)
		g_ptr_array_add(all, tenant->feeds->pdata[i]);
	for (guint i = 0; i < config->feeds->len; i++)
		g_ptr_array_add(all, config->feeds->pdata[i]);
	return all;
}

bool
config_has_domain(const GPtrArray *domains, const char *domain)
{
	for (guint i = 0; i < domains->len; i++) {
		const char *one = domains->pdata[i];

		if (strcmp(one, domain) == 0 ||
		    (g_str_has_prefix(one, "*.") &&
		     domain_is_below(domain, one + 2) &&
		     strcmp(domain, one + 2) != 0))
			return true;
	}
	return false;
}

enum mode
config_mode(const Config *config, const Tenant *tenant)
{
	return (enum mode)(tenant && tenant->mode >= 0 ? tenant->mode :
			   config->mode);
}

enum combine
config_combine(const Config *config, const Tenant *tenant)
{
	return (enum combine)(tenant && tenant->combine >= 0 ?
			      tenant->combine : config->combine);
}

const AnalystSetting *
config_analyst(const Config *config, const char *name)
{
	for (guint i = 0; i < config->analysts->len; i++) {
		const AnalystSetting *one = config->analysts->pdata[i];

		if (g_strcmp0(one->name, name) == 0)
			return one;
	}
	return NULL;
}

enum action
config_policy(const Tenant *tenant, enum policy row)
{
	return (enum action)(tenant->policy[row] >= 0 ? tenant->policy[row] :
			     tenant->policy[POLICY_IMPERSONATION]);
}

int
config_report(const Tenant *tenant, const char *address)
{
	const struct {
		const char *address;
		enum report_reason reason;
	} rows[] = {
		{ tenant->reports.phish, REPORT_PHISH },
		{ tenant->reports.junk, REPORT_JUNK },
		{ tenant->reports.not_junk, REPORT_NOT_JUNK },
		{ tenant->reports.block, REPORT_BLOCK },
		{ tenant->reports.address, REPORT_ANY },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].address && strcmp(rows[i].address, address) == 0)
			return rows[i].reason;
	return REPORT_NONE;
}

bool
config_lets_block(const Tenant *tenant, enum action action)
{
	for (guint i = 0; i < tenant->digest.blocks->len; i++)
		if (strcmp(tenant->digest.blocks->pdata[i],
			   actions[action]) == 0)
			return true;
	return false;
}

bool
config_authenticates(const Config *config)
{
	if (config->authentication != AUTHENTICATION_AUTO)
		return config->authentication == AUTHENTICATION_OWN;
	for (guint i = 0; i < config->upstreams->len; i++) {
		const Upstream *upstream = config->upstreams->pdata[i];

		if (upstream->authserv_id && upstream->strips)
			return false;
	}
	return true;
}

const Upstream *
config_upstream(const Config *config, const char *authserv_id)
{
	for (guint i = 0; authserv_id && i < config->upstreams->len; i++) {
		const Upstream *upstream = config->upstreams->pdata[i];

		if (upstream->authserv_id &&
		    strcmp(upstream->authserv_id, authserv_id) == 0)
			return upstream;
	}
	return NULL;
}
