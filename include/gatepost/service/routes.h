/*
 * routes.h -- from an address or a login to mailboxes, by the tenants' maps
 */
#ifndef GATEPOST_SERVICE_ROUTES_H
#define GATEPOST_SERVICE_ROUTES_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/service/map.h"

/* The maps of all tenants of a configuration. */
typedef struct Routes Routes;
Routes *routes_new(Config *config);
Routes *routes_ref(Routes *routes);
void routes_unref(Routes *routes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Routes, routes_unref)

/* Are these the maps of CONFIG? */
bool routes_are_of(const Routes *routes, const Config *config);

/* One look-up on the way. */
struct route_step {
	char *key;		/* the address or login that was followed */
	const char *how;	/* in which form a map knew it */
	char *values;		/* what the map gave; NULL: it knows none */
	char *map;		/* its name; NULL: no map was asked */
};

typedef struct Route {
	GPtrArray *mailboxes;	/* of char *: normal addresses, each once */
	bool is_more;		/* there are more than are named */
	GPtrArray *steps;	/* of struct route_step * */
	char *owner;		/* who looks after it; NULL: not known */
	char *unsure;		/* why nothing is known; NULL: it is */
	bool is_unknown;	/* ... for good: no table knows the login */
} Route;

/*
 * Follow ADDRESS (normal form): whole, without its extension, by its domain,
 * and else it is the mailbox, without its extension.  What it leads to is
 * followed in turn.  When a map fails, or an alias leads to itself, `unsure`
 * says so and there are no mailboxes.  Never waits beyond WAIT's deadline.
 */
Route *routes_follow(Routes *routes, const Tenant *tenant,
		     const char *address, const struct map_wait *wait);

/* The same from a login name, by login_map. */
Route *routes_login(Routes *routes, const Tenant *tenant, const char *login,
		    const struct map_wait *wait);

void route_free(Route *route);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Route, route_free)

#endif
