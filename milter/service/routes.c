/*
 * routes.c -- from an address or a login to mailboxes, by the tenants' maps
 *
 * An MTA rewrites addresses after the milter has seen them; this is the same
 * way, as virtual(5) describes it, so that a user's lists are found whatever
 * address the sender knew.
 */
#include "gatepost/service/routes.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"

struct maps {
	const Tenant *tenant;
	Map *map, *login_map, *owners;	/* NULL: not set */
};

struct Routes {
	gint refs;
	Config *config;
	struct maps *maps;	/* as many as tenants */
};

/* One address being followed. */
struct following {
	const Config *config;
	const struct maps *maps;
	const struct map_wait *wait;
	Route *route;
	GPtrArray *path;	/* of const char *: from the first to here */
	GHashTable *done;	/* of char *: followed to their ends */
};

static Map *
open_map(const char *text, gint64 cache)
{
	MapName *name = text ? map_name_parse(text, NULL) : NULL;

	return name ? map_new(name, cache) : NULL;
}

Routes *
routes_new(Config *config)
{
	Routes *routes = g_new0(Routes, 1);

	routes->refs = 1;
	routes->config = config_ref(config);
	routes->maps = g_new0(struct maps, config->tenants->len);
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];
		struct maps *maps = &routes->maps[i];

		maps->tenant = tenant;
		maps->map = open_map(tenant->users.map, tenant->users.cache);
		maps->login_map = open_map(tenant->users.login_map,
					   tenant->users.cache);
		maps->owners = open_map(tenant->users.owners,
					tenant->users.cache);
	}
	return routes;
}

Routes *
routes_ref(Routes *routes)
{
	g_atomic_int_inc(&routes->refs);
	return routes;
}

void
routes_unref(Routes *routes)
{
	if (!routes || !g_atomic_int_dec_and_test(&routes->refs))
		return;
	for (guint i = 0; i < routes->config->tenants->len; i++) {
		map_free(routes->maps[i].map);
		map_free(routes->maps[i].login_map);
		map_free(routes->maps[i].owners);
	}
	config_unref(routes->config);
	g_free(routes->maps);
	g_free(routes);
}

bool
routes_are_of(const Routes *routes, const Config *config)
{
	return routes->config == config;
}

static void
step_free(gpointer data)
{
	struct route_step *step = data;

	g_free(step->key);
	g_free(step->values);
	g_free(step->map);
	g_free(step);
}

static Route *
route_new(void)
{
	Route *route = g_new0(Route, 1);

	route->mailboxes = g_ptr_array_new_with_free_func(g_free);
	route->steps = g_ptr_array_new_with_free_func(step_free);
	return route;
}

void
route_free(Route *route)
{
	if (!route)
		return;
	g_ptr_array_unref(route->mailboxes);
	g_ptr_array_unref(route->steps);
	g_free(route->owner);
	g_free(route->unsure);
	g_free(route);
}

static void
add_step(Route *route, const char *key, const char *how, const char *values,
	 const Map *map)
{
	struct route_step *step = g_new0(struct route_step, 1);

	step->key = g_strdup(key);
	step->how = how;
	step->values = g_strdup(values);
	step->map = map ? g_strdup(map_text(map)) : NULL;
	g_ptr_array_add(route->steps, step);
}

/* ADDRESS without its extension, or NULL when it has none.  Yours. */
static char *
without_extension(const Tenant *tenant, const char *address)
{
	const char *domain = address_domain(address);
	gsize local = (gsize)(domain - address) - (*domain ? 1 : 0);
	gsize length = strcspn(address, tenant->users.extension);

	/* A quoted local part has none, nor has one that starts with it. */
	if (*address == '"' || length == 0 || length >= local)
		return NULL;
	return g_strdup_printf("%.*s@%s", (int)length, address, domain);
}

/* Ask MAP for KEY; its answer is in *VALUES.  False: it failed. */
static bool
ask_map(struct following *follow, Map *map, const char *key, char **values)
{
	g_autoptr(GError) error = NULL;

	g_clear_pointer(values, g_free);
	if (map && map_find(map, key, follow->wait, values, &error) ==
	    MAP_FAILED) {
		g_free(follow->route->unsure);
		follow->route->unsure = g_strdup(error->message);
		return false;
	}
	return true;
}

/* The values of ADDRESS in MAP, by the forms in which it may stand there;
 * NULL: in none.  False: the map failed. */
static bool
look_up(struct following *follow, Map *map, const char *address,
	char **values)
{
	g_autofree char *bare = without_extension(follow->maps->tenant,
						  address);
	g_autofree char *all = g_strconcat("@", address_domain(address),
					   NULL);
	const struct {
		const char *key, *how;
	} forms[] = {
		{ address, "as it stands" },
		{ bare, "without its extension" },
		{ all, "by its domain" },
	};

	*values = NULL;
	for (guint i = 0; map && i < G_N_ELEMENTS(forms); i++) {
		if (!forms[i].key)
			continue;
		if (!ask_map(follow, map, forms[i].key, values))
			return false;
		if (!*values)
			continue;
		add_step(follow->route, address, forms[i].how, *values, map);
		return true;
	}
	return true;
}

static void
add_mailbox(struct following *follow, const char *address)
{
	GPtrArray *all = follow->route->mailboxes;

	for (guint i = 0; i < all->len; i++)
		if (strcmp(all->pdata[i], address) == 0)
			return;
	if (all->len < BOUND_MAP_MAILBOXES)
		g_ptr_array_add(all, g_strdup(address));
	else
		follow->route->is_more = true;
}

/* In no map: the address is the mailbox, without its extension if it is one
 * of ours. */
static void
end_at(struct following *follow, const char *address)
{
	const struct maps *maps = follow->maps;
	g_autofree char *bare = without_extension(maps->tenant, address);
	bool is_own = config_tenant_of(follow->config,
				       address_domain(address)) ==
	    maps->tenant;

	add_step(follow->route, address, maps->map ? "in no form" : "no map "
		 "is set", NULL, maps->map);
	add_mailbox(follow, bare && is_own ? bare : address);
}

/* A loop, or too long a way, as an admin would draw it. */
static bool
is_endless(struct following *follow, const char *address)
{
	bool is_seen = false;
	GString *way;

	for (guint i = 0; i < follow->path->len; i++)
		is_seen |= strcmp(follow->path->pdata[i], address) == 0;
	if (!is_seen && follow->path->len <= BOUND_MAP_ROUNDS)
		return false;
	way = g_string_new(is_seen ? "the alias leads to itself: " :
			   "the alias was followed 20 rounds without an "
			   "end: ");
	for (guint i = 0; i < follow->path->len; i++)
		g_string_append_printf(way, "%s -> ",
				       (const char *)follow->path->pdata[i]);
	g_string_append(way, address);
	g_free(follow->route->unsure);
	follow->route->unsure = g_string_free(way, FALSE);
	return true;
}

static bool follow_values(struct following *follow, const char *key,
			  const char *values);

static bool
follow_one(struct following *follow, const char *address)
{
	g_autofree char *values = NULL;
	bool good = true;

	if (is_endless(follow, address))
		return false;
	if (follow->route->is_more ||
	    g_hash_table_contains(follow->done, address))
		return true;
	if (!look_up(follow, follow->maps->map, address, &values))
		return false;
	g_ptr_array_add(follow->path, (gpointer)address);
	if (values)
		good = follow_values(follow, address, values);
	else
		end_at(follow, address);
	g_ptr_array_remove_index(follow->path, follow->path->len - 1);
	g_hash_table_add(follow->done, g_strdup(address));
	return good;
}

/* WORD of a map's answer for KEY as an address; one without a domain is of
 * KEY's, or of the tenant's first.  NULL: it is none. */
static char *
address_of(const struct following *follow, const char *key, const char *word)
{
	const char *domain = address_domain(key);
	const GPtrArray *own = follow->maps->tenant->domains;
	g_autofree char *whole = NULL, *address = NULL;

	if (!*domain)
		domain = own->pdata[0];
	if (g_str_has_prefix(domain, "*."))
		domain += 2;
	whole = strchr(word, '@') ? g_strdup(word) :
	    g_strconcat(word, "@", domain, NULL);
	address = address_normal(whole);
	/* What stands in aliases(5) beside addresses. */
	if (!address || !*address || strchr("|/:", *word))
		return NULL;
	return g_steal_pointer(&address);
}

static bool
follow_values(struct following *follow, const char *key, const char *values)
{
	g_auto(GStrv) words = g_strsplit_set(values, ", \t", -1);

	for (guint i = 0; words[i]; i++) {
		g_autofree char *address = NULL;

		if (!*words[i])
			continue;
		address = address_of(follow, key, words[i]);
		if (!address) {
			g_free(follow->route->unsure);
			follow->route->unsure = g_strdup_printf(
			    "the map leads %s to \"%.100s\", which is no "
			    "address", key, words[i]);
			return false;
		}
		/* An address that leads to itself is a mailbox: virtual(5). */
		if (strcmp(address, key) == 0)
			add_mailbox(follow, address);
		else if (!follow_one(follow, address))
			return false;
	}
	return true;
}

/* Who looks after ADDRESS: the named owner, else the first mailbox. */
static void
find_owner(struct following *follow, const char *address)
{
	Route *route = follow->route;
	g_autofree char *values = NULL, *owner = NULL;
	g_auto(GStrv) words = NULL;

	if (route->mailboxes->len > 1 &&
	    !look_up(follow, follow->maps->owners, address, &values)) {
		/* The mailboxes are known; the digest asks again. */
		g_clear_pointer(&route->unsure, g_free);
		return;
	}
	words = g_strsplit_set(values ? values : "", ", \t", 2);
	owner = words[0] && *words[0] ?
	    address_of(follow, address, words[0]) : NULL;
	route->owner = owner ? g_steal_pointer(&owner) :
	    g_strdup(route->mailboxes->pdata[0]);
}

static const struct maps *
maps_of(const Routes *routes, const Tenant *tenant)
{
	for (guint i = 0; i < routes->config->tenants->len; i++)
		if (routes->maps[i].tenant == tenant)
			return &routes->maps[i];
	g_assert_not_reached();
}

static struct following
following_new(const Routes *routes, const Tenant *tenant,
	      const struct map_wait *wait)
{
	return (struct following){
		.config = routes->config,
		.maps = maps_of(routes, tenant), .wait = wait,
		.route = route_new(), .path = g_ptr_array_new(),
		.done = g_hash_table_new_full(g_str_hash, g_str_equal,
					      g_free, NULL),
	};
}

/* The route that was followed; what failed leaves no mailboxes. */
static Route *
following_end(struct following *follow, const char *key, bool good)
{
	if (!good || follow->route->mailboxes->len == 0)
		g_ptr_array_set_size(follow->route->mailboxes, 0);
	else
		find_owner(follow, key);
	g_ptr_array_unref(follow->path);
	g_hash_table_destroy(follow->done);
	return follow->route;
}

Route *
routes_follow(Routes *routes, const Tenant *tenant, const char *address,
	      const struct map_wait *wait)
{
	struct following follow = following_new(routes, tenant, wait);
	bool good = follow_one(&follow, address);

	return following_end(&follow, address, good);
}

Route *
routes_login(Routes *routes, const Tenant *tenant, const char *login,
	     const struct map_wait *wait)
{
	struct following follow = following_new(routes, tenant, wait);
	g_autofree char *key = g_utf8_strdown(login, -1), *values = NULL;
	Map *map = follow.maps->login_map;
	bool good = ask_map(&follow, map, key, &values);

	if (good && values) {
		add_step(follow.route, login, "as a login", values, map);
		good = follow_values(&follow, key, values);
	} else if (good) {
		follow.route->unsure = g_strdup(map ? "login_map knows no "
		    "such login" : "there is no login_map in users");
		follow.route->is_unknown = true;
		good = false;
	}
	return following_end(&follow, key, good);
}
