/*
 * config_check.c -- what no single setting of gatepost.conf shows
 */
#include "gatepost/model/config_reading.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "gatepost/model/address.h"
#include "gatepost/model/analyst.h"
#include "gatepost/model/defects.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/indicator.h"
#include "gatepost/model/lookalike.h"
#include "gatepost/model/mapname.h"
#include "gatepost/model/people.h"
#include "gatepost/util/clamd.h"
#include "gatepost/util/fields.h"

/* What a name may be: it stands in folders, keys and commands. */
static bool
is_word(const char *name)
{
	return *name && *name != '.' && strlen(name) <= 64 &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
		   "YZ0123456789-_.") == strlen(name);
}

/* Look into element I of the list NAME of the file, or into the whole of it
 * (NULL). */
static void
look_into(struct reading *reading, const config_setting_t *root,
	  const char *name, guint i)
{
	const config_setting_t *list = name ?
	    config_setting_get_member(root, name) : NULL;
	const config_setting_t *element = list ?
	    config_setting_get_elem(list, i) : NULL;

	reading->group = element ? element : root;
	reading->at = reading->group;
}

static void
check_map(const char *name, const char *text, struct reading *reading)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(MapName) map = text ? map_name_parse(text, &error) : NULL;

	if (!error)
		return;
	place(reading, "%s", name);
	say(reading, true, "%s: %s", name, error->message);
}

/* What no single row can see, of a tenant. */
static void
check_admins(Tenant *tenant, struct reading *reading)
{
	for (guint i = 0; i < tenant->admins->len; i++) {
		char *given = tenant->admins->pdata[i];
		char *normal = address_normal(given);

		if (!normal || !strchr(normal, '@')) {
			place(reading, "admins.[%u]", i);
			say(reading, true, "admins: \"%s\" is no address; "
			    "write \"postmaster@example.org\"", given);
			g_free(normal);
			continue;
		}
		tenant->admins->pdata[i] = normal;
		g_free(given);
	}
}

/* Who acts by mail must reach us: an address of the tenant itself. */
static void
check_digest(const Config *config, Tenant *tenant, struct reading *reading)
{
	char *given = tenant->digest.address;
	char *normal = given ? address_normal(given) : NULL;
	const char *portal = tenant->digest.portal;

	place(reading, "digest.address");
	if (given && (!normal || !*address_domain(normal) ||
		      config_tenant_of(config, address_domain(normal)) !=
		      tenant))
		say(reading, true, "digest.address: \"%s\" is no address in "
		    "a domain of tenant \"%s\"", given, tenant->name);
	if (normal) {
		tenant->digest.address = normal;
		g_free(given);
	}
	if (tenant->digest.address && !config->release.smtp &&
	    !config->release.sendmail)
		say(reading, false, "digest.address: no digest and no answer "
		    "can be sent until release.smtp or release.sendmail is "
		    "set");
	place(reading, "digest.portal");
	if (portal && !g_str_has_prefix(portal, "https://") &&
	    !g_str_has_prefix(portal, "http://"))
		say(reading, true, "digest.portal: \"%s\"; write "
		    "\"https://quarantine.example.org/\"", portal);
	for (guint i = 0; i < tenant->digest.blocks->len; i++) {
		const char *word = tenant->digest.blocks->pdata[i];
		int action = fields_word(actions, word);

		place(reading, "digest.blocks.[%u]", i);
		if (action < ACTION_JUNK)
			say(reading, true, "digest.blocks: \"%s\" is none of "
			    "junk, quarantine, reject, discard", word);
	}
}

/* An address of the tenant's own, in normal form; *GIVEN is replaced. */
static void
check_own(const Config *config, const Tenant *tenant, const char *name,
	  char **given, struct reading *reading)
{
	char *normal = *given ? address_normal(*given) : NULL;

	if (!*given)
		return;
	place(reading, "reports.%s", name);
	if (!normal || !*address_domain(normal) ||
	    config_tenant_of(config, address_domain(normal)) != tenant)
		say(reading, true, "reports.%s: \"%s\" is no address in a "
		    "domain of tenant \"%s\"", name, *given, tenant->name);
	if (normal) {
		g_free(*given);
		*given = normal;
	}
}

static void
check_reports(const Config *config, Tenant *tenant, struct reading *reading)
{
	const struct {
		const char *name;
		char **address;
	} rows[] = {
		{ "phish", &tenant->reports.phish },
		{ "junk", &tenant->reports.junk },
		{ "not_junk", &tenant->reports.not_junk },
		{ "block", &tenant->reports.block },
		{ "address", &tenant->reports.address },
	};
	const struct {
		const char *name, *text;
	} texts[] = {
		{ "phish", tenant->reports.text_phish },
		{ "spam", tenant->reports.text_spam },
		{ "clean", tenant->reports.text_clean },
		{ "footer", tenant->reports.footer },
	};

	check_own(config, tenant, "mailbox", &tenant->reports.mailbox,
		  reading);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *one;

		check_own(config, tenant, rows[i].name, rows[i].address,
			  reading);
		if (!(one = *rows[i].address))
			continue;
		place(reading, "reports.%s", rows[i].name);
		if (g_strcmp0(one, tenant->digest.address) == 0)
			say(reading, true, "reports.%s: \"%s\" is "
			    "digest.address, too; give it another",
			    rows[i].name, one);
		for (guint j = 0; j < i; j++)
			if (g_strcmp0(one, *rows[j].address) == 0)
				say(reading, true, "reports.%s: \"%s\" is "
				    "reports.%s, too; one address for all is "
				    "reports.address", rows[i].name, one,
				    rows[j].name);
	}
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		place(reading, "reports.text.%s", texts[i].name);
		if (texts[i].text &&
		    (!g_utf8_validate(texts[i].text, -1, NULL) ||
		     g_utf8_strlen(texts[i].text, -1) > REPORT_TEXT))
			say(reading, true, "reports.text.%s: it must be "
			    "UTF-8, of %u characters at most", texts[i].name,
			    REPORT_TEXT);
	}
}

/* What tenants before one have: with thousands of them nobody compares each
 * with each. */
struct known {
	GHashTable *names;
	GHashTable *domains;	/* to Tenant */
};

static void
check_exempt(Tenant *tenant, struct reading *reading)
{
	GPtrArray *exempt = tenant->impersonation.exempt;

	for (guint i = 0; i < exempt->len; i++) {
		char *given = exempt->pdata[i];
		bool below = g_str_has_prefix(given, "*.");
		g_autofree char *normal = strchr(given, '@') ?
		    address_normal(given) :
		    domain_normal(below ? given + 2 : given);

		if (!normal) {
			place(reading, "impersonation.exempt.[%u]", i);
			say(reading, true, "impersonation.exempt: \"%s\" is "
			    "no address and no domain", given);
			continue;
		}
		exempt->pdata[i] = g_strconcat(below ? "*." : "", normal,
					       NULL);
		g_free(given);
	}
}

/* Make ready, once for a configuration, what each message is compared
 * with. */
static void
prepare_tenant(Tenant *tenant, struct reading *reading)
{
	tenant->known = people_new();
	tenant->shield = shield_new();
	for (guint i = 0; i < tenant->people->len; i++) {
		g_autofree char *wrong = NULL;

		place(reading, "people.[%u]", i);
		if (!people_add(tenant->known, tenant->people->pdata[i],
				&wrong))
			say(reading, true, "people: %s", wrong);
	}
	for (guint i = 0; i < tenant->domains->len; i++)
		shield_add(tenant->shield, tenant->domains->pdata[i]);
	for (guint i = 0; i < tenant->protected_domains->len; i++) {
		place(reading, "protected_domains.[%u]", i);
		if (!shield_add(tenant->shield,
				tenant->protected_domains->pdata[i]))
			say(reading, true, "protected_domains: \"%s\" is a "
			    "public suffix; write the domain below it",
			    (char *)tenant->protected_domains->pdata[i]);
	}
	check_exempt(tenant, reading);
}

static void
check_tenant(Tenant *tenant, struct known *known, struct reading *reading)
{
	const char *name = tenant->name ? tenant->name : "";

	place(reading, "name");
	if (!is_word(name))
		say(reading, true, "tenant \"%s\": a name is letters, "
		    "digits, '-', '_' and '.'", name);
	if (!g_hash_table_add(known->names, (gpointer)name))
		say(reading, true, "two tenants are named \"%s\"", name);
	for (guint j = 0; j < tenant->domains->len; j++) {
		char *domain = tenant->domains->pdata[j];
		const Tenant *other = g_hash_table_lookup(known->domains,
							  domain);

		place(reading, "domains.[%u]", j);
		if (!other)
			g_hash_table_insert(known->domains, domain, tenant);
		else if (other != tenant)
			say(reading, true, "domain %s is of two tenants, %s "
			    "and %s", domain, other->name, name);
	}
	place(reading, "domains");
	/* Without the setting itself it is said already. */
	if (tenant->domains->len == 0 && reading->at != reading->group)
		say(reading, true, "tenant \"%s\" has no domains", name);
	for (guint j = 0; j < tenant->lists->len; j++) {
		place(reading, "lists.[%u]", j);
		if (!g_path_is_absolute(tenant->lists->pdata[j]))
			say(reading, true, "lists: \"%s\" must be an absolute "
			    "path", (char *)tenant->lists->pdata[j]);
	}
	check_admins(tenant, reading);
	prepare_tenant(tenant, reading);
	place(reading, "junk_header");
	if (tenant->junk_header && !strchr(tenant->junk_header, ':'))
		say(reading, true, "junk_header: write \"Name: value\"");
	check_map("users.map", tenant->users.map, reading);
	check_map("users.login_map", tenant->users.login_map, reading);
	check_map("users.owners", tenant->users.owners, reading);
	if (tenant->zone) {
		g_autoptr(GTimeZone) zone =
		    g_time_zone_new_identifier(tenant->zone);

		place(reading, "zone");
		if (!zone)
			say(reading, true, "zone: \"%s\" is no time zone; "
			    "write \"Europe/Paris\"", tenant->zone);
	}
}

/* "ADDRESS" or "ADDRESS@PORT". */
static void
check_servers(const Config *config, struct reading *reading)
{
	for (guint i = 0; i < config->dns.servers->len; i++) {
		const char *server = config->dns.servers->pdata[i];
		const char *at = strchr(server, '@');
		g_autofree char *address = g_strndup(server, at ?
		    (gsize)(at - server) : strlen(server));
		struct network network;
		char *end = NULL;
		guint64 port = at ? g_ascii_strtoull(at + 1, &end, 10) : 53;

		place(reading, "dns.servers.[%u]", i);
		if (!network_parse(address, &network) ||
		    network.prefix != 128 || (at && *end) || port == 0 ||
		    port > 65535)
			say(reading, true, "dns.servers: \"%s\"; write "
			    "\"127.0.0.1\" or \"127.0.0.1@53\"", server);
	}
}

static void
check_clamd(const Config *config, struct reading *reading)
{
	const char *socket = config->clamd.socket;

	place(reading, "clamd.socket");
	if (socket && !clamd_is_place(socket))
		say(reading, true, "clamd.socket: \"%s\"; write "
		    "\"/run/clamav/clamd.ctl\" or \"127.0.0.1@3310\"",
		    socket);
}

static void
check_release(const Config *config, struct reading *reading)
{
	const char *smtp = config->release.smtp;
	const char *colon = smtp ? strrchr(smtp, ':') : NULL;

	place(reading, "release.smtp");
	if (smtp && (!colon || colon == smtp || !colon[1]))
		say(reading, true, "release.smtp: \"%s\"; write HOST:PORT, "
		    "as \"127.0.0.1:10026\"", smtp);
}

static void
check_defects(const Tenant *tenant, struct reading *reading)
{
	for (guint i = 0; i < tenant->defects->len; i++) {
		const DefectSetting *one = tenant->defects->pdata[i];

		for (guint j = 0; j < one->names->len; j++) {
			const char *name = one->names->pdata[j];

			place(reading, "defects.[%u].names.[%u]", i, j);
			if (!defect_find(name))
				say(reading, true, "tenant \"%s\", defects: "
				    "\"%s\" is none; see gatepost.conf(5), "
				    "DEFECTS", tenant->name, name);
		}
	}
}

/* Each of GIVEN, the setting NAME, is one of WORDS; else it IS_NONE. */
static void
check_words(const Tenant *tenant, const char *name, const GPtrArray *given,
	    const char *const *words, const char *is_none,
	    struct reading *reading)
{
	for (guint i = 0; i < given->len; i++) {
		place(reading, "%s.[%u]", name, i);
		if (fields_word(words, given->pdata[i]) < 0)
			say(reading, true, "tenant \"%s\", %s: \"%s\" %s",
			    tenant->name, name, (char *)given->pdata[i],
			    is_none);
	}
}

static void
check_provisional(const Tenant *tenant, struct reading *reading)
{
	static const char *const kinds[] = { "sender", "url", NULL };

	check_words(tenant, "provisional.kinds", tenant->provisional.kinds,
		    kinds, "is neither \"sender\" nor \"url\"", reading);
	place(reading, "provisional.reporters");
	if (tenant->provisional.reporters == 1)
		say(reading, true, "tenant \"%s\", provisional.reporters: "
		    "one reporter alone never blocks; set 2 or more, or 0",
		    tenant->name);
}

static void
check_alerts(const Tenant *tenant, struct reading *reading)
{
	const GPtrArray *words = tenant->alerts.command;

	check_words(tenant, "alerts.off", tenant->alerts.off, alert_kinds,
		    "is no alert; see gatepost.conf(5)", reading);
	place(reading, "alerts.command");
	if (words->len && *(char *)words->pdata[0] != '/')
		say(reading, true, "tenant \"%s\", alerts.command: \"%s\" "
		    "is no path from / on: no shell and no PATH find it",
		    tenant->name, (char *)words->pdata[0]);
}

static void
check_tenants(const Config *config, const config_setting_t *root,
	      struct reading *reading)
{
	struct known known = {
		g_hash_table_new(g_str_hash, g_str_equal),
		g_hash_table_new(g_str_hash, g_str_equal)
	};

	for (guint i = 0; i < config->tenants->len; i++) {
		Tenant *tenant = config->tenants->pdata[i];

		look_into(reading, root, "tenants", i);
		check_tenant(tenant, &known, reading);
		check_defects(tenant, reading);
		check_words(tenant, "candidates.off", tenant->candidates.off,
			    candidate_rules, "is no rule; see gatepostd(8), "
			    "Candidate rules", reading);
		check_provisional(tenant, reading);
		check_alerts(tenant, reading);
	}
	/* Whose domain an address is of is known when all are good. */
	for (guint i = 0; !reading->is_bad && i < config->tenants->len; i++) {
		look_into(reading, root, "tenants", i);
		check_digest(config, config->tenants->pdata[i], reading);
		check_reports(config, config->tenants->pdata[i], reading);
	}
	g_hash_table_unref(known.names);
	g_hash_table_unref(known.domains);
}

/* Feeds of one scope; NAMES has all names so far. */
static void
check_feeds(const GPtrArray *feeds, GHashTable *names,
	    struct reading *reading)
{
	for (guint i = 0; i < feeds->len; i++) {
		FeedSetting *feed = feeds->pdata[i];
		const char *name = feed->name ? feed->name : "";

		place(reading, "feeds.[%u]", i);
		if (!is_word(name))
			say(reading, true, "feed \"%s\": a name is letters, "
			    "digits, '-', '_' and '.'", name);
		if (!g_hash_table_add(names, (gpointer)name))
			say(reading, true, "two feeds are named \"%s\": give "
			    "each its own, or write it once for all tenants",
			    name);
		if (feed->file)
			g_ptr_array_insert(feed->files, 0,
					   g_strdup(feed->file));
		if (feed->files->len == 0)
			say(reading, true, "feed \"%s\" has no file", name);
		for (guint j = 0; j < feed->files->len; j++)
			if (!g_path_is_absolute(feed->files->pdata[j]))
				say(reading, true, "feed \"%s\": \"%s\" must "
				    "be an absolute path", name,
				    (char *)feed->files->pdata[j]);
		if (feed->kind == INDICATOR_NAME &&
		    feed->action == FEED_ALLOW)
			say(reading, true, "feed \"%s\": no allow by name: "
			    "anyone can write any name", name);
	}
}

static void
check_all_feeds(const Config *config, const config_setting_t *root,
		struct reading *reading)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash,
						       g_str_equal);

	look_into(reading, root, NULL, 0);
	check_feeds(config->feeds, names, reading);
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];

		look_into(reading, root, "tenants", i);
		check_feeds(tenant->feeds, names, reading);
	}
}

/* Each with its place: the group GROUPS of the file, as they were read. */
static void
check_analysts(const Config *config, const config_setting_t *groups,
	       struct reading *reading)
{
	for (guint i = 0; i < config->analysts->len; i++) {
		const AnalystSetting *one = config->analysts->pdata[i];
		g_autoptr(GPtrArray) faults = analyst_faults(one);
		const char *name = one->name ? one->name : "";

		reading->at = config_setting_get_elem(groups, i);
		if (!is_word(name))
			say(reading, true, "analyst \"%s\": a name is "
			    "letters, digits, '-', '_' and '.'", name);
		if (config_analyst(config, name) != one)
			say(reading, true, "two analysts are named \"%s\"",
			    name);
		for (guint j = 0; j < faults->len; j++)
			say(reading, true, "analyst \"%s\": %s", name,
			    (char *)faults->pdata[j]);
		for (guint j = 0; j < one->tenants->len; j++)
			if (!config_tenant(config, one->tenants->pdata[j]))
				say(reading, true, "analyst \"%s\": there is "
				    "no tenant \"%s\"", name,
				    (char *)one->tenants->pdata[j]);
	}
	reading->at = NULL;
}

/* Octets of a path that can be bound. */
#define SOCKET_PATH (sizeof((struct sockaddr_un *)0)->sun_path - 1)

static void
check_socket_path(const char *name, const char *path,
		  struct reading *reading)
{
	if (strlen(path) > SOCKET_PATH)
		say(reading, true, "%s: the path has more than the %zu octets "
		    "that a socket may have; take a shorter one", name,
		    SOCKET_PATH);
}

static void
check_sockets(const Config *config, struct reading *reading)
{
	const char *text = config->socket, *colon = strchr(text, ':');
	g_autofree char *port = colon ?
	    g_strndup(colon + 1, strcspn(colon + 1, "@")) : NULL;

	place(reading, "socket");
	if (g_str_has_prefix(text, "unix:/"))
		check_socket_path("socket", text + strlen("unix:"), reading);
	else if (!g_str_has_prefix(text, "inet:") &&
		 !g_str_has_prefix(text, "inet6:"))
		say(reading, true, "socket: \"%s\"; write unix:/PATH or "
		    "inet:PORT@HOST", text);
	else if (!g_ascii_string_to_unsigned(port, 10, 1, 65535, NULL, NULL))
		say(reading, true, "socket: \"%s\" is no port from 1 to "
		    "65535; write inet:PORT@HOST", port);
	place(reading, "control.socket");
	if (config->control.socket)
		check_socket_path("control.socket", config->control.socket,
				  reading);
}

static void
check_upstreams(const Config *config, struct reading *reading)
{
	for (guint i = 0; i < config->upstreams->len; i++) {
		Upstream *upstream = config->upstreams->pdata[i];

		if (!upstream->authserv_id)
			continue;
		for (char *p = upstream->authserv_id; *p; p++)
			*p = g_ascii_tolower(*p);
		place(reading, "upstreams.[%u].authserv_id", i);
		if (config->authserv_id && g_ascii_strcasecmp(
		    config->authserv_id, upstream->authserv_id) == 0)
			say(reading, true, "upstream \"%s\" has our own "
			    "authserv_id, so its results would be removed; "
			    "give one of them another", upstream->name);
	}
}

/* Where each role stands, for what is found to be wrong with it later. */
static void
place_roles(const Config *config, struct reading *reading)
{
	for (guint i = 0; i < config->roles->len; i++) {
		Role *role = config->roles->pdata[i];
		const char *file;

		place(reading, "roles.[%u]", i);
		file = config_setting_source_file(reading->at);
		role->file = g_intern_string(file ? file : config->path);
		role->line = config_setting_source_line(reading->at);
	}
}

void
config_check(Config *config, const config_setting_t *root,
	     struct reading *reading)
{
	look_into(reading, root, NULL, 0);
	place(reading, "workers.min");
	if (config->workers.min > config->workers.max)
		say(reading, true, "workers.min %" G_GINT64_FORMAT
		    " is greater than workers.max %" G_GINT64_FORMAT,
		    config->workers.min, config->workers.max);
	check_sockets(config, reading);
	check_upstreams(config, reading);
	check_servers(config, reading);
	check_clamd(config, reading);
	check_release(config, reading);
	place_roles(config, reading);
	place(reading, "tenants");
	/* Without the setting itself it is said already. */
	if (config->tenants->len == 0 && reading->at != root)
		say(reading, true, "there is no tenant; see "
		    "gatepost.conf(5), \"tenants\"");
	check_tenants(config, root, reading);
	check_all_feeds(config, root, reading);
	if (!reading->is_bad)
		check_analysts(config, config_setting_lookup(
		    (config_setting_t *)root, "analysts"), reading);
}
