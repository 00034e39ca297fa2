/*
 * map.h -- look-up tables of the site: file, socketmap or command
 *
 * A map that fails is left alone for a while, so that a dead one makes no
 * mail crawl; answers of what costs time are kept for a while.
 */
#ifndef GATEPOST_SERVICE_MAP_H
#define GATEPOST_SERVICE_MAP_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/mapname.h"
#include "gatepost/worker/ask.h"

typedef struct Map Map;

/* How to wait, as ask() says, and until when (steady ms). */
struct map_wait {
	wait_how *wait;
	void *data;
	gint64 deadline;
};

enum map_result {
	MAP_FOUND,	/* the values are there */
	MAP_ABSENT,	/* the map knows no such key */
	MAP_FAILED	/* no one can tell; ERROR says why */
};

/* The map that NAME (taken) names; CACHE is for how many seconds answers are
 * kept.  Never fails: what is wrong is said by map_find(). */
Map *map_new(MapName *name, gint64 cache);
void map_free(Map *map);
const char *map_text(const Map *map);		/* its name, as written */

/*
 * The values of KEY, as the map writes them: parted by commas or blanks, or
 * both.  Yours.  Threads may share the map.
 */
enum map_result map_find(Map *map, const char *key,
			 const struct map_wait *wait, char **values,
			 GError **error);

/* ---- for the kinds of map ---- */

/* Wait until FD can be written; false at the deadline. */
bool map_wait_writable(int fd, const struct map_wait *wait);

/* Set ERROR to "FORMAT".  Returns MAP_FAILED. */
enum map_result map_fail(GError **error, const char *format, ...)
	G_GNUC_PRINTF(2, 3);
/* The same for a fault of this key alone, which does not speak against the
 * map: a stranger may have chosen it. */
enum map_result map_refuse(GError **error, const char *why);

struct map_kind_of {
	bool is_cached;		/* asking costs time */
	void *(*open)(const MapName *name);
	enum map_result (*find)(void *of, const MapName *name,
				const char *key, const struct map_wait *wait,
				char **values, GError **error);
	void (*close)(void *of);
};
extern const struct map_kind_of map_file, map_socket, map_command;

#endif
