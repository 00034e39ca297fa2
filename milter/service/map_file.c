/*
 * map_file.c -- a text file, "key value[, value ...]" a line, as virtual(5)
 *
 * "#" starts a comment line, a line that starts with a blank goes on with
 * the one before it.  Read again when it has changed; while it cannot be
 * read, what was read last holds on.
 */
#include "gatepost/service/map.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"

struct table {
	pthread_mutex_t lock;	/* of all below */
	GHashTable *values;	/* key to values; NULL: never read */
	struct stat seen;	/* of what was read last */
	bool is_reading;	/* somebody reads it now */
	char *why;		/* why it could not be read; NULL */
};

/* RAW as it is looked up: an address, "@domain", or a login.  Yours. */
static char *
key_of(const char *raw)
{
	g_autofree char *normal = NULL;

	if (*raw == '@') {
		normal = domain_normal(raw + 1);
		return normal ? g_strconcat("@", normal, NULL) :
		    g_utf8_strdown(raw, -1);
	}
	normal = strchr(raw, '@') ? address_normal(raw) : NULL;
	return normal ? g_steal_pointer(&normal) : g_utf8_strdown(raw, -1);
}

/* A logical line: key, blanks, values. */
static void
take_line(GHashTable *all, GString *line, const char *path, guint number)
{
	char *key = g_strstrip(line->str);
	gsize length = strcspn(key, " \t");
	char *values = g_strstrip(key + length);

	if (!*key)
		return;
	if (!key[length] || !*values || !g_utf8_validate(key, -1, NULL)) {
		log_warning(NULL, "map-line at=\"%s:%u\" note=\"left out\" do="
			    "\"write KEY VALUE, in UTF-8\"", path, number);
		return;
	}
	values = g_strdup(values);
	key[length] = '\0';
	g_hash_table_replace(all, key_of(key), values);
}

static GHashTable *
parse(const char *text, const char *path)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal,
						g_free, g_free);
	g_autoptr(GString) line = g_string_new(NULL);
	guint number = 0, start = 0;

	while (*text) {
		gsize length = strcspn(text, "\n");

		number++;
		if (*text == ' ' || *text == '\t') {
			g_string_append_len(line, text, (gssize)length);
		} else if (*text != '#') {
			take_line(all, line, path, start);
			g_string_truncate(line, 0);
			g_string_append_len(line, text, (gssize)length);
			start = number;
		}
		text += length + (text[length] == '\n');
	}
	take_line(all, line, path, start);
	return all;
}

static bool
is_same(const struct stat *one, const struct stat *other)
{
	return one->st_ino == other->st_ino && one->st_dev == other->st_dev &&
	    one->st_size == other->st_size &&
	    one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
	    one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

/* All of the file; it may be a link, as the operator likes. */
static char *
read_all(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		file_fail(error, "open", path);
	else if (!S_ISREG(st.st_mode) || st.st_size > BOUND_MAP_FILE)
		map_fail(error, "%s is no file of at most %d octets", path,
			 BOUND_MAP_FILE);
	else
		text = file_get_fd(fd, (gsize)st.st_size, error);
	if (fd >= 0)
		close(fd);
	return text;
}

/* Read the file anew, outside the lock: others use what there is. */
static void
read_anew(struct table *table, const char *path, const struct stat *now)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	GHashTable *values, *before = NULL;

	table->is_reading = true;
	pthread_mutex_unlock(&table->lock);
	text = read_all(path, &error);
	values = text ? parse(text, path) : NULL;
	if (error)
		log_error(NULL, "map-unread reason=\"%s\" note=\"what was read "
			  "of it before stays in force\"", error->message);
	pthread_mutex_lock(&table->lock);
	table->is_reading = false;
	table->seen = *now;
	g_free(table->why);
	table->why = error ? g_strdup(error->message) : NULL;
	if (values) {
		before = table->values;
		table->values = values;
	}
	if (before)
		g_hash_table_unref(before);
}

/* Called, and returns, with the lock. */
static void
freshen(struct table *table, const char *path)
{
	struct stat now;

	/* A file that went away is as one that cannot be read. */
	if (stat(path, &now) < 0) {
		memset(&now, 0, sizeof now);
		now.st_size = -errno;
	}
	if (!table->is_reading && !is_same(&now, &table->seen))
		read_anew(table, path, &now);
}

static void *
open_table(const MapName *name)
{
	struct table *table = g_new0(struct table, 1);

	pthread_mutex_init(&table->lock, NULL);
	pthread_mutex_lock(&table->lock);
	freshen(table, name->path);
	pthread_mutex_unlock(&table->lock);
	return table;
}

static enum map_result
find(void *of, const MapName *name, const char *key,
     const struct map_wait *wait, char **values, GError **error)
{
	struct table *table = of;
	enum map_result result;

	(void)wait;
	pthread_mutex_lock(&table->lock);
	freshen(table, name->path);
	if (table->values) {
		*values = g_strdup(g_hash_table_lookup(table->values, key));
		result = *values ? MAP_FOUND : MAP_ABSENT;
	} else {
		result = map_fail(error, "%s", table->why);
	}
	pthread_mutex_unlock(&table->lock);
	return result;
}

static void
close_table(void *of)
{
	struct table *table = of;

	if (table->values)
		g_hash_table_unref(table->values);
	pthread_mutex_destroy(&table->lock);
	g_free(table->why);
	g_free(table);
}

const struct map_kind_of map_file = {
	.open = open_table,
	.find = find,
	.close = close_table,
};
