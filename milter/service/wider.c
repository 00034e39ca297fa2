/*
 * wider.c -- the values of entries that cover all that another's covers
 *
 * What a value covers is said in snapshot_format.h; here it is turned round.
 */
#include "gatepost/service/wider.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/model/network.h"
#include "gatepost/model/url.h"

struct widening {
	enum indicator_kind kind;
	const struct wider_used *used;
	wider_found *found;
	void *data;
};

static void
tell(const struct widening *widening, const char *value, const char *source)
{
	Indicator one = { widening->kind, (char *)value, (char *)source };

	widening->found(&one, widening->data);
}

/* VALUE with FRONT before and BACK behind it. */
static void
tell_form(const struct widening *widening, const char *front,
	  const char *value, const char *back)
{
	g_autofree char *all = g_strconcat(front, value, back, NULL);

	tell(widening, all, NULL);
}

void
wider_note(const Indicator *indicator, struct wider_used *used)
{
	struct network network;

	if (indicator->kind == INDICATOR_IP &&
	    network_parse(indicator->value, &network))
		used->prefixes[network.prefix] = true;
	if (indicator->source && network_parse(indicator->source, &network))
		used->prefixes[network.prefix] = true;
}

/* The domain above DOMAIN, or NULL. */
static const char *
above(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return dot ? dot + 1 : NULL;
}

/* An address, its domain, and that or one above it with all below. */
static void
widen_address(const struct widening *widening, const char *value)
{
	const char *domain = value;

	if (strcmp(value, "<>") == 0)
		return;
	if (strchr(value, '@')) {
		domain = address_domain(value);
		tell(widening, domain, NULL);
	} else if (g_str_has_prefix(value, "*.")) {
		domain = above(value + 2);
	}
	for (; domain; domain = above(domain))
		tell_form(widening, "*.", domain, "");
}

/* All networks around TEXT that there are, into WIDER (of char *). */
static void
networks_around(const struct widening *widening, const char *text,
		GPtrArray *wider)
{
	struct network network;
	char out[NETWORK_TEXT];
	int least;

	if (!network_parse(text, &network))
		return;
	least = network_is_ipv4(&network) ? 96 : 0;
	for (int prefix = network.prefix - 1; prefix >= least; prefix--) {
		if (!widening->used->prefixes[prefix])
			continue;
		network_shorten(&network, (guint8)prefix);
		network_format(&network, out);
		g_ptr_array_add(wider, g_strdup(out));
	}
}

static void
widen_network(const struct widening *widening, const char *value)
{
	g_autoptr(GPtrArray) wider = g_ptr_array_new_with_free_func(g_free);

	networks_around(widening, value, wider);
	for (guint i = 0; i < wider->len; i++)
		tell(widening, wider->pdata[i], NULL);
}

/* ---- pairs ---- */

static void
widen_pair(const struct widening *widening, const Indicator *pair)
{
	const char *value = pair->value;
	const char *const shown[] = {
		value, strchr(value, '@') ? address_domain(value) : "*", "*",
	};
	g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
	struct network network;
	const char *domain = pair->source;

	g_ptr_array_add(sources, g_strdup(pair->source));
	if (network_parse(pair->source, &network))
		networks_around(widening, pair->source, sources);
	else
		while (*domain != '*' && (domain = above(domain)))
			g_ptr_array_add(sources, g_strdup(domain));
	if (strcmp(pair->source, "*") != 0)
		g_ptr_array_add(sources, g_strdup("*"));
	for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
		if (i && strcmp(shown[i], shown[i - 1]) == 0)
			continue;
		for (guint j = 0; j < sources->len; j++)
			if (i || j)
				tell(widening, shown[i], sources->pdata[j]);
	}
}

/* ---- links ---- */

struct link_value {
	enum url_form form;
	char *host, *path;	/* path "" for none */
	bool is_allow;
};

/* The page without its query, and each folder that it lies in. */
static void
widen_path(const struct widening *widening, const struct link_value *link)
{
	bool is_below = link->form == URL_PATH_BELOW ||
	    link->form == URL_FOLDER_BELOW;
	bool is_folder = link->form == URL_FOLDER ||
	    link->form == URL_FOLDER_BELOW;
	g_autofree char *path = g_strdup(link->path);
	g_autofree char *front = g_strconcat(is_below ? "*." : "", link->host,
					     NULL);
	char *query = strchr(path, '?'), *slash;

	if (query) {
		*query = '\0';
		/* An allow of a page is of that page without any. */
		if (!link->is_allow)
			tell_form(widening, front, path, "");
	}
	/* A folder's own path ends in a slash. */
	if (is_folder && *path)
		path[strlen(path) - 1] = '\0';
	while ((slash = strrchr(path, '/'))) {
		slash[1] = '\0';
		tell_form(widening, front, path, "*");
		*slash = '\0';
	}
}

/* Those of HOST, which is the link's own or one above it. */
static void
widen_host(const struct widening *widening, const struct link_value *link,
	   const char *host, bool is_own)
{
	bool is_host = link->form == URL_HOST;
	bool is_block_host = is_host && !link->is_allow;
	bool is_pathless = link->form == URL_SITE || link->form == URL_BELOW ||
	    (is_host && link->is_allow);
	bool is_around = link->form == URL_AROUND;

	if (is_pathless && !is_own)
		tell_form(widening, "*.", host, "");
	if (is_pathless && !(is_own && link->form == URL_SITE))
		tell_form(widening, "~", host, "");
	/* A blocked host is blocked inside other links, too. */
	if (!is_block_host && !(is_around && (is_own || !link->is_allow)))
		tell_form(widening, "~", host, "~");
	if (!link->is_allow && !(is_own && is_host))
		tell(widening, host, NULL);
	if (!is_own && !is_pathless && !is_block_host &&
	    !(is_around && !link->is_allow))
		tell_form(widening, "*.", host, "/*");
}

static void
widen_link(const struct widening *widening, const Indicator *indicator,
	   bool is_allow)
{
	gsize length, host;
	const char *key = url_entry_key(indicator->value, &length);
	g_autofree char *whole = g_strndup(key, length);
	g_autofree char *name = NULL;
	struct link_value link = { url_entry_form(indicator->value), NULL,
				   NULL, is_allow };
	struct network network;

	if (link.form == URL_SUFFIX)
		return;
	host = strcspn(whole, "/");
	name = g_strndup(whole, host);
	link.host = name;
	link.path = whole + host;
	if (*link.path)
		widen_path(widening, &link);
	/* An address is its own host, and covers no path. */
	if (*name == '[' || network_parse(name, &network))
		return;
	for (const char *at = name; at; at = above(at))
		widen_host(widening, &link, at, at == name);
}

void
wider_each(const Indicator *indicator, bool is_allow,
	   const struct wider_used *used, wider_found *found, void *data)
{
	struct widening widening = { indicator->kind, used, found, data };

	if (indicator_is_pattern(indicator))
		return;
	switch (indicator->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		widen_address(&widening, indicator->value);
		break;
	case INDICATOR_IP:
		widen_network(&widening, indicator->value);
		break;
	case INDICATOR_URL:
		widen_link(&widening, indicator, is_allow);
		break;
	case INDICATOR_SPOOF:
		widen_pair(&widening, indicator);
		break;
	case INDICATOR_NAME:
	case INDICATOR_FILE:
	case INDICATOR_FILENAME:
	case INDICATOR_DEFECT:
	case INDICATOR_KINDS:
		break;
	}
}
