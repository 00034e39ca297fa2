/*
 * feed.c -- map a compiled feed and look values up in it
 *
 * As of a snapshot, all that a look-up uses is checked when it is opened; a
 * flipped bit among the slots is a value more or less, and each look ends.
 */
#include "gatepost/lists/feed.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/lists/feed_format.h"
#include "gatepost/util/file.h"

struct Feed {
	atomic_int references;
	dev_t device;
	ino_t inode;
	void *map;
	gsize length;
	const struct feed_header *header;	/* `own`, once it is checked */
	struct feed_header own;
	const struct hash_wide *slots;
	struct snapshot_home home;
};

char *
feed_name(const struct feed_source *source)
{
	static const struct hash_key key = { 7, 11 };
	char text[HASH_TEXT];

	hash_text(hash_bytes(&key, source->path, strlen(source->path)), text);
	return g_strdup_printf("%s.%s.%s", text,
			       indicator_kinds[source->kind],
			       source->is_allow ? "allow" : "block");
}

static bool
header_check(Feed *feed)
{
	const struct feed_header *header = &feed->own;

	/* What was checked must stay so, whoever writes to the file. */
	memcpy(&feed->own, feed->map, sizeof feed->own);
	if (memcmp(header->magic, FEED_MAGIC, sizeof header->magic) != 0 ||
	    header->version != FEED_VERSION ||
	    header->length != feed->length ||
	    header->check != hash_bytes(&header->key, header,
					offsetof(struct feed_header, check)))
		return false;
	if (header->kind >= INDICATOR_KINDS || header->slots == 0 ||
	    header->slots > G_MAXUINT32 || header->values >= header->slots ||
	    header->slots != (feed->length - sizeof *header) /
	    sizeof *feed->slots)
		return false;
	feed->header = header;
	feed->slots = (const void *)((const char *)feed->map +
				     sizeof *header);
	feed->home.kinds = 1u << header->kind;
	feed->home.shapes = header->shapes;
	memcpy(feed->home.prefixes, header->prefixes,
	       sizeof feed->home.prefixes);
	return true;
}

static Feed *
map(int fd, const char *name, const struct stat *st, GError **error)
{
	g_autoptr(Feed) feed = g_new0(Feed, 1);

	atomic_init(&feed->references, 1);
	feed->device = st->st_dev;
	feed->inode = st->st_ino;
	feed->length = (gsize)st->st_size;
	feed->map = mmap(NULL, feed->length, PROT_READ, MAP_PRIVATE, fd, 0);
	if (feed->map == MAP_FAILED) {
		feed->map = NULL;
		file_fail(error, "map", name);
		return NULL;
	}
	if (!header_check(feed)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "feed %s is damaged or of another version",
			    name);
		return NULL;
	}
	return g_steal_pointer(&feed);
}

Feed *
feed_open(int folder, const char *name, const Feed *before, GError **error)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK);
	Feed *feed = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		file_fail(error, "open", name);
	else if (before && before->device == st.st_dev &&
		 before->inode == st.st_ino)
		feed = feed_ref((Feed *)before);
	else if (!S_ISREG(st.st_mode) ||
		 st.st_size < (off_t)sizeof(struct feed_header))
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "feed %s is too short", name);
	else
		feed = map(fd, name, &st, error);
	if (fd >= 0)
		close(fd);
	return feed;
}

Feed *
feed_ref(Feed *feed)
{
	atomic_fetch_add(&feed->references, 1);
	return feed;
}

void
feed_unref(Feed *feed)
{
	if (!feed || atomic_fetch_sub(&feed->references, 1) > 1)
		return;
	if (feed->map)
		munmap(feed->map, feed->length);
	g_free(feed);
}

const struct snapshot_home *
feed_home(const Feed *feed)
{
	return &feed->home;
}

bool
feed_has(const Feed *feed, enum snapshot_shape shape, const void *what,
	 gsize length)
{
	const struct feed_header *header = feed->header;
	struct hash_wide hash = feed_hash(&header->key, shape, what, length);
	guint64 at = feed_slot(&hash, header->slots);

	for (guint64 tried = 0; tried < header->slots; tried++) {
		const struct hash_wide *slot = &feed->slots[at];

		if (slot->a == hash.a && slot->b == hash.b)
			return true;
		if (slot->b == 0)
			return false;
		at = at + 1 < header->slots ? at + 1 : 0;
	}
	return false;
}

bool
feed_is_of(int folder, const char *name, const struct feed_stamp *stamp)
{
	g_autoptr(Feed) feed = feed_open(folder, name, NULL, NULL);

	return feed && memcmp(&feed->header->stamp, stamp,
			      sizeof *stamp) == 0;
}

guint64
feed_values(const Feed *feed)
{
	return feed->header->values;
}

guint64
feed_bad(const Feed *feed)
{
	return feed->header->bad;
}

gint64
feed_generation(const Feed *feed)
{
	return feed->header->generation;
}
