/*
 * listener.c -- the milter socket: bound by the supervisor, kept across
 * restarts of the front, so that a restart refuses no connection
 */
#include "gatepost/daemon/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gatepost/util/file.h"

struct place {
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t length;
};

static bool
place_local(const char *path, struct place *place, GError **error)
{
	place->address.local.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof place->address.local.sun_path) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG,
			    "socket path %s is longer than %zu octets", path,
			    sizeof place->address.local.sun_path - 1);
		return false;
	}
	g_strlcpy(place->address.local.sun_path, path,
		  sizeof place->address.local.sun_path);
	place->length = sizeof place->address.local;
	return true;
}

static bool
place_inet(const char *text, int family, struct place *place, GError **error)
{
	struct addrinfo hints = { .ai_family = family,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE };
	g_auto(GStrv) parts = g_strsplit(text, "@", 2);
	struct addrinfo *found = NULL;
	int fault = getaddrinfo(parts[0] && parts[1] ? parts[1] :
				family == AF_INET ? "127.0.0.1" : "::1",
				parts[0], &hints, &found);

	if (fault || !found) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "socket \"%s\": %s; write inet:PORT@HOST", text,
			    gai_strerror(fault));
		return false;
	}
	memcpy(&place->address, found->ai_addr, found->ai_addrlen);
	place->length = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool
place_of(const char *socket, struct place *place, GError **error)
{
	memset(place, 0, sizeof *place);
	if (g_str_has_prefix(socket, "unix:"))
		return place_local(socket + 5, place, error);
	if (g_str_has_prefix(socket, "inet6:"))
		return place_inet(socket + 6, AF_INET6, place, error);
	return place_inet(socket + 5, AF_INET, place, error);
}

/* Remove what an earlier daemon left, but nothing that anybody uses. */
static bool
remove_stale(const struct place *place, GError **error)
{
	const char *path = place->address.local.sun_path;
	struct stat st;
	int fd, fault;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || file_fail(error, "look at", path);
	if (!S_ISSOCK(st.st_mode)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
			    "%s is there and is no socket; move it away",
			    path);
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fault = fd < 0 || connect(fd, &place->address.any, place->length) ==
	    0 ? 0 : errno;
	if (fd >= 0)
		close(fd);
	if (fault != ECONNREFUSED) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
			    "%s is in use; is another gatepostd running?",
			    path);
		return false;
	}
	return unlink(path) == 0 || file_fail(error, "remove", path);
}

/* Whose a socket is: the group called NAME (NULL: leave), as SETTING says. */
struct access {
	const char *setting, *name;
	gint64 mode;
};

static bool
set_rights(const Config *config, const struct access *access,
	   const char *path, GError **error)
{
	const struct group *group;

	if (access->name) {
		group = getgrnam(access->name);
		if (!group) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
				    "%s: %s %s is not known to this "
				    "system: make it, or name another",
				    config->path, access->setting,
				    access->name);
			return false;
		}
		if (chown(path, (uid_t)-1, group->gr_gid) < 0)
			return file_fail(error, "set the group of", path);
	}
	return chmod(path, (mode_t)access->mode) == 0 ||
	    file_fail(error, "set the mode of", path);
}

static int
bind_at(const Config *config, const char *name, const struct access *access,
	GError **error)
{
	struct place place;
	int fd, one = 1;
	bool is_local, good;

	if (!place_of(name, &place, error))
		return -1;
	is_local = place.address.any.sa_family == AF_UNIX;
	if (is_local && !remove_stale(&place, error))
		return -1;
	fd = socket(place.address.any.sa_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		file_fail(error, "make socket", name);
		return -1;
	}
	/* Accepted sockets inherit TCP_NODELAY; without it each message
	 * waits 44 ms for a delayed acknowledgement. */
	if (!is_local) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	}
	good = bind(fd, &place.address.any, place.length) == 0 &&
	    listen(fd, SOMAXCONN) == 0;
	if (!good)
		file_fail(error, "bind", name);
	else if (is_local)
		good = set_rights(config, access,
				  place.address.local.sun_path, error);
	if (good)
		return fd;
	close(fd);
	return -1;
}

int
listener_bind(const Config *config, GError **error)
{
	const struct access access = { "socket_group", config->socket_group,
				       config->socket_mode };

	return bind_at(config, config->socket, &access, error);
}

int
listener_bind_control(const Config *config, GError **error)
{
	const struct access access = { "control.group",
				       config->control.group,
				       config->control.mode };
	g_autofree char *name = g_strconcat("unix:", config->control.socket,
					    NULL);

	return config->control.socket ? bind_at(config, name, &access,
						error) : -1;
}

void
listener_nudge(const Config *config)
{
	struct place place;
	int fd;

	if (!place_of(config->socket, &place, NULL))
		return;
	fd = socket(place.address.any.sa_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	/* Under way is as good as done: the other side sees it. */
	if (connect(fd, &place.address.any, place.length) < 0)
		errno = 0;
	close(fd);
}

int
listener_dead(void)
{
	struct sockaddr_un nowhere = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	/* Bound to no more than the family the kernel picks a free name. */
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&nowhere,
			     sizeof(sa_family_t)) < 0 || listen(fd, 1) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}
