/*
 * map.c -- what all maps share: kept answers, and a breaker
 *
 * After some failures in a row a map rests; then one look-up tries it, while
 * the others go on without it.
 */
#include "gatepost/service/map.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* To add a kind: see milter/model/mapname.c; then its row here. */
static const struct map_kind_of *const kinds[] = {
	[MAP_FILE] = &map_file,
	[MAP_SOCKETMAP] = &map_socket,
	[MAP_COMMAND] = &map_command,
};

struct kept {
	char *values;		/* NULL: absent */
	gint64 until;		/* steady ms */
};

struct Map {
	MapName *name;
	const struct map_kind_of *kind;
	void *of;		/* the kind's own */
	gint64 cache;		/* ms */
	pthread_mutex_t lock;	/* of all below */
	GHashTable *kept;	/* key to struct kept */
	guint failures;		/* in a row */
	gint64 rests_until;	/* steady ms */
	bool is_tried;		/* a look-up tries it after its rest */
	char *why;		/* of the last failure */
};

static void
kept_free(gpointer data)
{
	struct kept *kept = data;

	g_free(kept->values);
	g_free(kept);
}

Map *
map_new(MapName *name, gint64 cache)
{
	Map *map = g_new0(Map, 1);

	map->name = name;
	map->kind = kinds[name->kind];
	map->cache = map->kind->is_cached ? cache * 1000 : 0;
	map->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					  kept_free);
	pthread_mutex_init(&map->lock, NULL);
	map->of = map->kind->open(name);
	return map;
}

void
map_free(Map *map)
{
	if (!map)
		return;
	map->kind->close(map->of);
	g_hash_table_destroy(map->kept);
	pthread_mutex_destroy(&map->lock);
	map_name_free(map->name);
	g_free(map->why);
	g_free(map);
}

const char *
map_text(const Map *map)
{
	return map->name->text;
}

enum map_result
map_fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(G_FILE_ERROR, G_FILE_ERROR_FAILED,
					    format, args);
	va_end(args);
	return MAP_FAILED;
}

enum map_result
map_refuse(GError **error, const char *why)
{
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, why);
	return MAP_FAILED;
}

bool
map_wait_writable(int fd, const struct map_wait *wait)
{
	struct epoll_event event = { .events = EPOLLOUT };
	int set = epoll_create1(EPOLL_CLOEXEC);
	bool can;

	/* Who waits knows to wait for reading alone; a set can be read once
	 * one of its members is ready. */
	can = set >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0 &&
	    wait->wait(set, wait->deadline, wait->data);
	if (set >= 0)
		close(set);
	return can;
}

/* May the map be asked now?  Else ERROR says since when it is silent. */
static bool
may_ask(Map *map, GError **error)
{
	gint64 now = clock_steady_ms();

	if (map->failures < BOUND_MAP_FAILURES)
		return true;
	if (now >= map->rests_until && !map->is_tried) {
		map->is_tried = true;
		return true;
	}
	map_fail(error, "%s is left alone since it failed %u times in a row "
		 "(%s)", map->name->text, map->failures, map->why);
	return false;
}

/* Note how it went: FAULT is NULL when it answered. */
static void
note(Map *map, const GError *fault)
{
	const char *failure = fault ? fault->message : NULL;
	g_autofree char *safe = text_value(failure);
	g_autofree char *name = text_value(map->name->text);

	map->is_tried = false;
	if (!map->kind->is_cached ||
	    g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_INVAL))
		return;
	if (!failure) {
		if (map->failures >= BOUND_MAP_FAILURES)
			log_info(NULL, "map-answers map=%s", name);
		map->failures = 0;
		return;
	}
	g_free(map->why);
	map->why = g_strdup(failure);
	map->rests_until = clock_steady_ms() + BOUND_MAP_REST_MS;
	if (++map->failures == BOUND_MAP_FAILURES)
		log_warning(NULL, "map-failed map=%s failures=%u reason=%s "
			    "note=\"it is tried again every %d s, users' "
			    "lists that need it do not count until then\"",
			    name,
			    map->failures, safe, BOUND_MAP_REST_MS / 1000);
}

/* Is the answer known?  Then it is in *RESULT and *VALUES. */
static bool
recall(Map *map, const char *key, enum map_result *result, char **values)
{
	const struct kept *kept = g_hash_table_lookup(map->kept, key);

	if (!kept || kept->until < clock_steady_ms())
		return false;
	*result = kept->values ? MAP_FOUND : MAP_ABSENT;
	*values = g_strdup(kept->values);
	return true;
}

static void
remember(Map *map, const char *key, const char *values)
{
	struct kept *kept;

	if (!map->cache)
		return;
	if (g_hash_table_size(map->kept) >= BOUND_MAP_CACHE)
		g_hash_table_remove_all(map->kept);
	kept = g_new0(struct kept, 1);
	kept->values = g_strdup(values);
	kept->until = clock_steady_ms() + map->cache;
	g_hash_table_replace(map->kept, g_strdup(key), kept);
}

enum map_result
map_find(Map *map, const char *key, const struct map_wait *wait,
	 char **values, GError **error)
{
	g_autoptr(GError) fault = NULL;
	enum map_result result = MAP_FAILED;
	bool may;

	*values = NULL;
	pthread_mutex_lock(&map->lock);
	if (recall(map, key, &result, values)) {
		pthread_mutex_unlock(&map->lock);
		return result;
	}
	may = may_ask(map, error);
	pthread_mutex_unlock(&map->lock);
	if (!may)
		return MAP_FAILED;
	if (map->kind->is_cached && wait->deadline <= clock_steady_ms())
		result = map_refuse(&fault, "no time was left to ask it");
	else
		result = map->kind->find(map->of, map->name, key, wait,
					 values, &fault);
	pthread_mutex_lock(&map->lock);
	note(map, fault);
	if (result != MAP_FAILED)
		remember(map, key, *values);
	pthread_mutex_unlock(&map->lock);
	if (fault)
		g_propagate_prefixed_error(error, g_steal_pointer(&fault),
					   "%s: ", map->name->text);
	return result;
}
