/*
 * dns.c -- DNS by libunbound's event API
 *
 * The resolver lives in libevent's loop, which runs only while an answer is
 * waited for.  A callback may come for a message that is gone: each query is
 * cancelled with its message.
 */
#include "gatepost/auth/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <event2/event.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>

#include "gatepost/bounds.h"
#include "gatepost/model/network.h"
#include "gatepost/util/clock.h"

/* One for the process. */
static struct resolver {
	struct event_base *base;
	struct ub_ctx *ctx;
	char *servers;
	GHashTable *known;	/* key of a query to struct known */
} resolver;

/* An answer that is good for a while.  libunbound keeps it, too, as a packet,
 * and to have that read again takes longer than all else that is done with
 * it. */
struct known {
	GPtrArray *values;	/* of GString * */
	gint64 until;		/* steady ms */
};

struct query {
	Lookups *lookups;
	char *key;		/* type and name */
	GPtrArray *values;	/* of GString * */
	gint64 ttl;		/* seconds, the least of the answer */
	enum dns_result result;
	int id;			/* libunbound's, while it is under way */
	bool is_done, is_absent;
	bool is_under_way;	/* it was not in the cache */
};

struct Lookups {
	GHashTable *queries;	/* key to struct query */
	gint64 deadline;
	guint most;
	guint asked;		/* of a server */
	bool is_alive;
};

static const int types[] = {
	[DNS_A] = ns_t_a, [DNS_AAAA] = ns_t_aaaa, [DNS_MX] = ns_t_mx,
	[DNS_PTR] = ns_t_ptr, [DNS_TXT] = ns_t_txt,
};

/* Options of libunbound: small, no threads, no validation (results are not
 * authenticated by DNSSEC, and none of ours asks for it). */
static const struct {
	const char *name, *value;
} options[] = {
	{ "module-config:", "iterator" },
	{ "msg-cache-size:", "1m" }, { "rrset-cache-size:", "2m" },
	{ "key-cache-size:", "16k" }, { "neg-cache-size:", "64k" },
	{ "outgoing-range:", "24" }, { "num-queries-per-thread:", "64" },
	{ "outgoing-num-tcp:", "6" }, { "incoming-num-tcp:", "0" },
	{ "edns-buffer-size:", "1232" }, { "do-not-query-localhost:", "no" },
	{ "qname-minimisation:", "no" }, { "cache-max-negative-ttl:", "60" },
	/* Private addresses have names where private mail servers stand. */
	{ "unblock-lan-zones:", "yes" }, { "insecure-lan-zones:", "yes" },
	/* A resolver that has to ask others first is slow, not deaf: what
	 * comes after a question was asked again is thrown away. */
	{ "infra-cache-min-rtt:", "1000" },
	{ "unknown-server-time-limit:", "1000" },
	/* Names that nobody answers for are their owners' fault: what a server
	 * did not answer is held against it for a second alone. */
	{ "infra-host-ttl:", "1" }, { "val-log-level:", "0" },
};

static void
known_free(gpointer data)
{
	struct known *known = data;

	g_ptr_array_unref(known->values);
	g_free(known);
}

static void
resolver_end(void)
{
	g_clear_pointer(&resolver.known, g_hash_table_unref);
	if (resolver.ctx)
		ub_ctx_delete(resolver.ctx);
	if (resolver.base)
		event_base_free(resolver.base);
	g_free(resolver.servers);
	memset(&resolver, 0, sizeof resolver);
}

static bool
set_servers(const char *servers)
{
	g_auto(GStrv) all = g_strsplit(servers, " ", -1);
	bool good = true;

	if (!*servers) {
		ub_ctx_hosts(resolver.ctx, NULL);
		return ub_ctx_resolvconf(resolver.ctx, NULL) == 0;
	}
	for (guint i = 0; good && all[i]; i++)
		good = !*all[i] || ub_ctx_set_fwd(resolver.ctx, all[i]) == 0;
	return good;
}

/* Make the resolver for SERVERS, unless it is there. */
static bool
resolver_start(const char *servers)
{
	if (g_strcmp0(resolver.servers, servers) == 0)
		return resolver.ctx != NULL;
	resolver_end();
	resolver.servers = g_strdup(servers);
	resolver.base = event_base_new();
	resolver.ctx = resolver.base ?
	    ub_ctx_create_event(resolver.base) : NULL;
	if (!resolver.ctx)
		return false;
	resolver.known = g_hash_table_new_full(g_str_hash, g_str_equal,
					       g_free, known_free);
	ub_ctx_debuglevel(resolver.ctx, 0);
	for (guint i = 0; i < G_N_ELEMENTS(options); i++)
		ub_ctx_set_option(resolver.ctx, options[i].name,
				  options[i].value);
	if (set_servers(servers)) {
		/* What names exist is the servers' to say. */
		ub_ctx_zone_add(resolver.ctx, "test.", "transparent");
		ub_ctx_zone_add(resolver.ctx, "invalid.", "transparent");
		return true;
	}
	ub_ctx_delete(resolver.ctx);
	resolver.ctx = NULL;
	return false;
}

/* ---- answers ---- */

static void
value_free(gpointer data)
{
	g_string_free(data, TRUE);
}

static void
add_text(struct query *query, const char *text, gsize length)
{
	g_ptr_array_add(query->values,
			g_string_new_len(text, (gssize)length));
}

static void
add_txt(struct query *query, const guint8 *data, gsize length)
{
	GString *joined = g_string_new(NULL);

	for (gsize at = 0; at < length; at += 1 + (gsize)data[at]) {
		gsize size = data[at];

		if (at + 1 + size > length)
			break;
		g_string_append_len(joined, (const char *)data + at + 1,
				    (gssize)size);
	}
	g_ptr_array_add(query->values, joined);
}

/* The host at the octet AT of a record's data. */
static void
add_host(struct query *query, ns_msg *message, const ns_rr *record, guint at)
{
	char name[NS_MAXDNAME];

	if (ns_rr_rdlen(*record) <= at ||
	    dn_expand(ns_msg_base(*message), ns_msg_end(*message),
		      ns_rr_rdata(*record) + at, name, sizeof name) < 0)
		return;
	add_text(query, name, strlen(name));
}

static void
add_record(struct query *query, ns_msg *message, const ns_rr *record)
{
	const guint8 *data = ns_rr_rdata(*record);
	guint length = ns_rr_rdlen(*record);
	char text[INET6_ADDRSTRLEN];

	switch (ns_rr_type(*record)) {
	case ns_t_a:
		if (length == 4 && inet_ntop(AF_INET, data, text,
					     sizeof text))
			add_text(query, text, strlen(text));
		break;
	case ns_t_aaaa:
		if (length == 16 && inet_ntop(AF_INET6, data, text,
					      sizeof text))
			add_text(query, text, strlen(text));
		break;
	case ns_t_mx:
		add_host(query, message, record, 2);
		break;
	case ns_t_ptr:
		add_host(query, message, record, 0);
		break;
	case ns_t_txt:
		add_txt(query, data, length);
		break;
	default:
		break;
	}
}

static int
by_preference(gconstpointer a, gconstpointer b)
{
	const ns_rr *one = a, *other = b;

	return (int)ns_get16(ns_rr_rdata(*one)) -
	    (int)ns_get16(ns_rr_rdata(*other));
}

/* Take the values of TYPE from PACKET.  libunbound has followed aliases and
 * thrown away what does not belong to them.  Returns false when it is no
 * answer: a failure that libunbound remembers stands in the packet alone. */
static bool
read_packet(struct query *query, int type, const guint8 *packet, int length)
{
	g_autoptr(GArray) records = g_array_new(FALSE, FALSE, sizeof(ns_rr));
	ns_msg message;
	ns_rr record;
	int rcode;

	if (ns_initparse(packet, length, &message) < 0)
		return false;
	rcode = ns_msg_getflag(message, ns_f_rcode);
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
		return false;
	query->is_absent = rcode == ns_r_nxdomain;
	query->ttl = BOUND_DNS_KNOWN_SECONDS;
	for (int i = 0; i < ns_msg_count(message, ns_s_an) &&
	     records->len < BOUND_DNS_VALUES; i++) {
		if (ns_parserr(&message, ns_s_an, i, &record) < 0)
			continue;
		query->ttl = MIN(query->ttl, (gint64)ns_rr_ttl(record));
		if ((int)ns_rr_type(record) == type &&
		    ns_rr_rdlen(record) >= 2)
			g_array_append_val(records, record);
	}
	if (type == ns_t_mx)
		g_array_sort(records, by_preference);
	for (guint i = 0; i < records->len; i++)
		add_record(query, &message, &g_array_index(records, ns_rr,
							   i));
	return true;
}

static void
remember(const struct query *query)
{
	struct known *known;

	if (query->result != DNS_ANSWER || query->ttl == 0)
		return;
	/* What a flood of names fills is made anew, and costs nothing else. */
	if (g_hash_table_size(resolver.known) >= BOUND_DNS_KNOWN)
		g_hash_table_remove_all(resolver.known);
	known = g_new(struct known, 1);
	known->values = g_ptr_array_ref(query->values);
	known->until = clock_steady_ms() + query->ttl * 1000;
	g_hash_table_replace(resolver.known, g_strdup(query->key), known);
}

/* Is the answer known still?  Then QUERY has it. */
static bool
recall(struct query *query)
{
	const struct known *known = resolver.known ?
	    g_hash_table_lookup(resolver.known, query->key) : NULL;

	if (!known || known->until <= clock_steady_ms())
		return false;
	g_ptr_array_unref(query->values);
	query->values = g_ptr_array_ref(known->values);
	query->result = DNS_ANSWER;
	query->is_done = true;
	return true;
}

static void
on_answer(void *data, int rcode, void *packet, int length, int security,
	  char *why, int limited)
{
	struct query *query = data;
	int type = types[query->key[0] - '0'];

	(void)security;
	(void)why;
	(void)limited;
	query->is_done = true;
	if (rcode != ns_r_noerror || !packet ||
	    !read_packet(query, type, packet, length))
		return;
	query->lookups->is_alive |= query->is_under_way;
	query->result = query->values->len ? DNS_ANSWER : DNS_NONE;
	remember(query);
}

/* ---- queries ---- */

static void
query_free(gpointer data)
{
	struct query *query = data;

	if (!query->is_done && query->id && resolver.ctx)
		ub_cancel(resolver.ctx, query->id);
	g_ptr_array_unref(query->values);
	g_free(query->key);
	g_free(query);
}

Lookups *
lookups_new(const char *servers, gint64 deadline, guint most)
{
	Lookups *lookups = g_new0(Lookups, 1);

	lookups->queries = g_hash_table_new_full(g_str_hash, g_str_equal,
						 NULL, query_free);
	lookups->deadline = deadline;
	lookups->most = resolver_start(servers) ? most : 0;
	return lookups;
}

void
lookups_free(Lookups *lookups)
{
	if (!lookups)
		return;
	g_hash_table_unref(lookups->queries);
	g_free(lookups);
}

/* Could NAME stand in DNS?  Labels of 1 to 63 octets, 253 in all. */
static bool
is_name(const char *name)
{
	gsize label = 0, length = strlen(name);

	if (length == 0 || length > 253)
		return false;
	for (; *name; name++) {
		if (*name == '.' && label == 0)
			return false;
		if (*name < ' ' || *name > '~')
			return false;
		label = *name == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

/* NAME as libunbound reads it, odd characters by their numbers.  Yours. */
static char *
escaped(const char *name)
{
	GString *out = g_string_new(NULL);

	for (; *name; name++)
		if (g_ascii_isalnum(*name) || strchr("-_.", *name))
			g_string_append_c(out, *name);
		else
			g_string_append_printf(out, "\\%03d", *name);
	return g_string_free(out, FALSE);
}

static bool
ask_library(struct query *query, const char *name, int type)
{
	g_autofree char *text = escaped(name);

	return ub_resolve_event(resolver.ctx, text, type, ns_c_in, query,
				on_answer, &query->id) == 0;
}

static struct query *
start(Lookups *lookups, const char *name, enum dns_type type)
{
	g_autofree char *lower = g_ascii_strdown(name, -1);
	g_autofree char *key = g_strdup_printf("%d%s", (int)type, lower);
	struct query *query = g_hash_table_lookup(lookups->queries, key);

	if (query)
		return query;
	query = g_new0(struct query, 1);
	query->lookups = lookups;
	query->key = g_steal_pointer(&key);
	query->values = g_ptr_array_new_with_free_func(value_free);
	query->result = DNS_UNSURE;
	g_hash_table_replace(lookups->queries, query->key, query);
	if (!is_name(name)) {
		query->is_done = true;
		query->result = DNS_NONE;
	} else if (g_hash_table_size(lookups->queries) > lookups->most ||
		   (!recall(query) &&
		    (clock_steady_ms() >= lookups->deadline ||
		     !ask_library(query, lower, types[type])))) {
		query->is_done = true;
	}
	query->is_under_way = !query->is_done;
	lookups->asked += query->is_under_way;
	return query;
}

void
dns_start(Lookups *lookups, const char *name, enum dns_type type)
{
	start(lookups, name, type);
}

static void
on_deadline(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
}

/* Run the resolver until QUERY is done or the deadline is past. */
static void
wait_for(const Lookups *lookups, struct query *query)
{
	while (!query->is_done) {
		gint64 left = lookups->deadline - clock_steady_ms();
		struct timeval most = { left / 1000, left % 1000 * 1000 };
		struct event *timer;

		if (left <= 0)
			break;
		timer = event_new(resolver.base, -1, 0, on_deadline, NULL);
		event_add(timer, &most);
		event_base_loop(resolver.base, EVLOOP_ONCE);
		event_free(timer);
	}
	if (query->is_done)
		return;
	ub_cancel(resolver.ctx, query->id);
	query->is_done = true;
}

Lookup
dns_answer(Lookups *lookups, const char *name, enum dns_type type)
{
	struct query *query = start(lookups, name, type);

	wait_for(lookups, query);
	return (Lookup){ query->result, query->is_absent, query->values };
}

char *
dns_reverse(const char *address)
{
	struct network network;
	guint8 octets[16];
	GString *out;

	if (!network_parse(address, &network) || network.prefix != 128)
		return NULL;
	out = g_string_new(NULL);
	if (inet_pton(AF_INET, address, octets) == 1) {
		for (int i = 3; i >= 0; i--)
			g_string_append_printf(out, "%u.", octets[i]);
		g_string_append(out, "in-addr.arpa");
	} else if (inet_pton(AF_INET6, address, octets) == 1) {
		for (int i = 15; i >= 0; i--)
			g_string_append_printf(out, "%x.%x.", octets[i] & 15,
					       octets[i] >> 4);
		g_string_append(out, "ip6.arpa");
	}
	return g_string_free(out, out->len == 0);
}

guint
lookups_count(const Lookups *lookups)
{
	return lookups->asked;
}

bool
lookups_is_alive(Lookups *lookups, gint64 most)
{
	char name[64];

	if (lookups->is_alive || lookups->asked == 0 || most <= 0)
		return lookups->is_alive;
	/* A new name each time, since the cache is not asked for. */
	snprintf(name, sizeof name, "gatepost-%08x.invalid", g_random_int());
	lookups->deadline = clock_steady_ms() + most;
	lookups->most = G_MAXUINT;
	dns_answer(lookups, name, DNS_A);
	return lookups->is_alive;
}

void
dns_versions(GString *out)
{
	g_string_append_printf(out, "libunbound %s\n", ub_version());
	g_string_append_printf(out, "libevent %s\n", event_get_version());
}
