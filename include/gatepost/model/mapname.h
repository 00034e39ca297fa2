/*
 * mapname.h -- a look-up table, named as an admin of Postfix would
 *
 *	file:/etc/gatepost/users		"key value[, ...]" a line
 *	socketmap:unix:/run/map.sock:name	Sendmail's protocol
 *	socketmap:inet:127.0.0.1:9999:name
 *	command:/usr/local/bin/find %s		prints the values of the key
 */
#ifndef GATEPOST_MODEL_MAPNAME_H
#define GATEPOST_MODEL_MAPNAME_H

#include <glib.h>

enum map_kind { MAP_FILE, MAP_SOCKETMAP, MAP_COMMAND };

typedef struct MapName {
	enum map_kind kind;
	char *text;	/* as written */
	char *path;	/* of the file, the Unix socket; NULL: inet */
	char *host, *port;	/* inet; else NULL */
	char *name;	/* socketmap: the map's name; else NULL */
	char **words;	/* command: program and arguments, "%s" is the key;
			 * else NULL */
} MapName;

/* Read TEXT.  NULL and ERROR set, with what would be right, when it names no
 * map.  Free with map_name_free(). */
MapName *map_name_parse(const char *text, GError **error);
void map_name_free(MapName *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MapName, map_name_free)

#endif
