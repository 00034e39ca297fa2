/*
 * mapname.c -- the name of a look-up table, taken apart
 */
#include "gatepost/model/mapname.h"

#include <stdbool.h>
#include <string.h>
#include <sys/un.h>

static bool
fail(GError **error, const char *text, const char *why)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "\"%s\": %s",
		    text, why);
	return false;
}

static bool
read_file(MapName *map, const char *rest, GError **error)
{
	map->kind = MAP_FILE;
	map->path = g_strdup(rest);
	return g_path_is_absolute(rest) ||
	    fail(error, map->text, "the path of a file map must be absolute; "
		 "write file:/PATH");
}

/* "HOST:PORT:NAME", the host in brackets when it is an IPv6 address. */
static bool
read_inet(MapName *map, const char *rest, GError **error)
{
	bool is_bracket = *rest == '[';
	const char *end = strchr(rest, is_bracket ? ']' : ':');
	const char *colon = end && is_bracket ? end + 1 : end;
	const char *last = colon && *colon == ':' ? strchr(colon + 1, ':') :
	    NULL;

	if (last) {
		map->host = g_strndup(rest + is_bracket,
				      (gsize)(end - rest) - is_bracket);
		map->port = g_strndup(colon + 1,
				      (gsize)(last - colon) - 1);
		map->name = g_strdup(last + 1);
	}
	return (last && *map->host && *map->port && *map->name) ||
	    fail(error, map->text, "write socketmap:inet:HOST:PORT:NAME");
}

static bool
read_unix(MapName *map, const char *rest, GError **error)
{
	const char *last = strrchr(rest, ':');

	if (last) {
		map->path = g_strndup(rest, (gsize)(last - rest));
		map->name = g_strdup(last + 1);
	}
	if (!last || !*map->name || !g_path_is_absolute(map->path))
		return fail(error, map->text, "write "
			    "socketmap:unix:/PATH:NAME");
	return strlen(map->path) <
	    sizeof ((struct sockaddr_un *)NULL)->sun_path ||
	    fail(error, map->text, "the path of a socket has at most 107 "
		 "octets");
}

static bool
read_socketmap(MapName *map, const char *rest, GError **error)
{
	map->kind = MAP_SOCKETMAP;
	if (g_str_has_prefix(rest, "unix:"))
		return read_unix(map, rest + strlen("unix:"), error);
	if (g_str_has_prefix(rest, "inet:"))
		return read_inet(map, rest + strlen("inet:"), error);
	return fail(error, map->text, "write socketmap:unix:/PATH:NAME or "
		    "socketmap:inet:HOST:PORT:NAME");
}

static bool
read_command(MapName *map, const char *rest, GError **error)
{
	g_autoptr(GError) fault = NULL;

	map->kind = MAP_COMMAND;
	if (!g_shell_parse_argv(rest, NULL, &map->words, &fault))
		return fail(error, map->text, fault->message);
	return g_path_is_absolute(map->words[0]) ||
	    fail(error, map->text, "the path of a command must be absolute; "
		 "write command:/PATH ARGUMENTS");
}

/* To add a kind: an enumerator, a row, milter/service/map_KIND.c. */
static const struct {
	const char *prefix;
	bool (*read)(MapName *map, const char *rest, GError **error);
} kinds[] = {
	[MAP_FILE] = { "file:", read_file },
	[MAP_SOCKETMAP] = { "socketmap:", read_socketmap },
	[MAP_COMMAND] = { "command:", read_command },
};

MapName *
map_name_parse(const char *text, GError **error)
{
	g_autoptr(MapName) map = g_new0(MapName, 1);

	map->text = g_strdup(text);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(text, kinds[i].prefix))
			return kinds[i].read(map, text +
					     strlen(kinds[i].prefix), error) ?
			    g_steal_pointer(&map) : NULL;
	fail(error, text, "no such kind of map; write file:/PATH, "
	     "socketmap:unix:/PATH:NAME, socketmap:inet:HOST:PORT:NAME or "
	     "command:/PATH ARGUMENTS");
	return NULL;
}

void
map_name_free(MapName *map)
{
	if (!map)
		return;
	g_free(map->text);
	g_free(map->path);
	g_free(map->host);
	g_free(map->port);
	g_free(map->name);
	g_strfreev(map->words);
	g_free(map);
}
