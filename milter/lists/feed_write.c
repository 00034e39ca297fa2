/*
 * feed_write.c -- compile a feed's file, of ten million lines and more
 *
 * A line goes straight into its slot: no entry is made, no text kept.  The
 * file is read by one descriptor, so that one renamed over it meanwhile does
 * not matter; one that was written to meanwhile is read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/entry.h"
#include "gatepost/lists/feed.h"
#include "gatepost/lists/feed_format.h"
#include "gatepost/lists/listfile.h"
#include "gatepost/model/network.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

#define CHUNK (1 * MIB)
/* Times that a file which changes while it is read is read again. */
#define READS 3

struct compiling {
	const struct feed_source *source;
	GPtrArray *notes;
	struct feed_header header;
	guint8 *data;			/* header and slots */
	struct hash_wide *slots;
	guint64 line, lines;		/* at hand, in the file */
};

/* ---- what is said ---- */

static void
note(const struct compiling *compiling, guint64 line, bool is_error,
     const char *format, ...) G_GNUC_PRINTF(4, 5);

static void
note(const struct compiling *compiling, guint64 line, bool is_error,
     const char *format, ...)
{
	struct list_note *one = g_new0(struct list_note, 1);
	va_list args;

	one->file = g_strdup(compiling->source->path);
	one->line = (guint)line;
	va_start(args, format);
	one->text = g_strdup_vprintf(format, args);
	va_end(args);
	one->is_error = is_error;
	g_ptr_array_add(compiling->notes, one);
}

/* ---- the slots ---- */

static void
add(struct compiling *compiling, enum snapshot_shape shape,
    const void *what, gsize length)
{
	struct feed_header *header = &compiling->header;
	struct hash_wide hash = feed_hash(&header->key, shape, what, length);
	guint64 at = feed_slot(&hash, header->slots);

	header->shapes |= 1u << shape;
	while (compiling->slots[at].b) {
		if (compiling->slots[at].a == hash.a &&
		    compiling->slots[at].b == hash.b)
			return;
		at = at + 1 < header->slots ? at + 1 : 0;
	}
	compiling->slots[at] = hash;
	header->values++;
}

static void
add_value(struct compiling *compiling, char *value)
{
	Indicator indicator = { .kind = compiling->source->kind,
				.value = value };
	enum snapshot_shape shape =
	    snapshot_shape(&indicator, compiling->source->is_allow);
	g_autofree char *key = NULL;
	struct network network;

	if (shape == SHAPE_NETWORK) {
		if (!network_parse(value, &network))
			g_error("feed: ip value \"%s\"", value);
		compiling->header.prefixes[network.prefix / 64] |=
		    G_GUINT64_CONSTANT(1) << network.prefix % 64;
		add(compiling, shape, &network, sizeof network);
		return;
	}
	key = snapshot_key(indicator.kind, shape, value, "");
	add(compiling, shape, key, strlen(key));
}

/* ---- the lines ---- */

/* A line that is no value; TEXT says why, or is NULL for one of many. */
static void
bad(struct compiling *compiling, const char *text)
{
	if (compiling->header.bad++ < BOUND_FEED_ERRORS)
		note(compiling, compiling->line, false, "left out: %s", text);
}

/* The shape of a plain value, under which it stands as it is. */
static enum snapshot_shape
plain_shape(const struct feed_source *source)
{
	return source->kind == INDICATOR_URL && !source->is_allow ?
	    SHAPE_ANYWHERE : SHAPE_EXACT;
}

static void
read_line(struct compiling *compiling, char *line, gsize length)
{
	bool is_named = compiling->header.bad < BOUND_FEED_ERRORS;
	const struct feed_source *source = compiling->source;
	g_autoptr(GError) error = NULL;
	g_autofree char *value = NULL;
	bool is_bad;

	/* One that grew meanwhile has more than there is room for, and is
	 * read again. */
	if (compiling->line++ >= compiling->lines)
		return;
	if (length > 0 && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	if (memchr(line, '\0', length)) {
		bad(compiling, "the line holds a NUL character");
		return;
	}
	if (entry_value_is_plain(source->kind, line)) {
		add(compiling, plain_shape(source), line, length);
		return;
	}
	value = feed_value(source->kind, source->is_allow, line, &is_bad,
			   is_named ? &error : NULL);
	if (is_bad)
		bad(compiling, error ? error->message : "");
	else if (value)
		add_value(compiling, value);
}

/* The file in chunks, and what of the last one is not used up. */
struct chunk {
	int fd;
	char *data;		/* CHUNK octets, and one */
	gsize have, used;
	off_t at;
	bool is_cut;		/* in the rest of a line that is too long */
};

/* True at the end; *FAULT is errno. */
static bool
refill(struct chunk *chunk, int *fault)
{
	gssize n;

	memmove(chunk->data, chunk->data + chunk->used,
		chunk->have - chunk->used);
	chunk->have -= chunk->used;
	chunk->used = 0;
	do
		n = pread(chunk->fd, chunk->data + chunk->have,
			  CHUNK - chunk->have, chunk->at);
	while (n < 0 && errno == EINTR);
	*fault = n < 0 ? errno : 0;
	if (n <= 0)
		return true;
	chunk->have += (gsize)n;
	chunk->at += n;
	return false;
}

/* All whole lines of CHUNK, and at the END the last one. */
static void
read_lines(struct compiling *compiling, struct chunk *chunk, bool end)
{
	for (;;) {
		char *line = chunk->data + chunk->used;
		gsize left = chunk->have - chunk->used;
		char *stop = memchr(line, '\n', left);
		gsize length = stop ? (gsize)(stop - line) : left;

		if (!stop && left < CHUNK && (!end || left == 0))
			return;
		chunk->used += length + (stop != NULL);
		if (!chunk->is_cut && length > BOUND_LIST_LINE) {
			compiling->line++;
			bad(compiling, "the line is too long");
		} else if (!chunk->is_cut) {
			read_line(compiling, line, length);
		}
		chunk->is_cut = !stop;
	}
}

/* How many lines has FD?  One more than there are ends. */
static guint64
count_lines(int fd, char *data)
{
	guint64 lines = 1;
	off_t at = 0;
	gssize n;

	while ((n = pread(fd, data, CHUNK, at)) > 0) {
		for (const char *p = data, *end = data + n;
		     (p = memchr(p, '\n', (gsize)(end - p))); p++)
			lines++;
		at += n;
	}
	return lines;
}

static struct feed_stamp
stamp_of(const struct stat *st)
{
	return (struct feed_stamp){
		(guint64)st->st_dev, (guint64)st->st_ino,
		(guint64)st->st_size, st->st_mtim.tv_sec, st->st_mtim.tv_nsec
	};
}

static void
compiling_clear(struct compiling *compiling)
{
	g_clear_pointer(&compiling->data, g_free);
}

/* Room for all that FD may hold. */
static bool
make_room(struct compiling *compiling, int fd, char *data)
{
	struct feed_header *header = &compiling->header;

	compiling_clear(compiling);
	compiling->lines = count_lines(fd, data);
	if (compiling->lines > BOUND_FEED_VALUES) {
		note(compiling, 0, true, "has more than %d lines",
		     BOUND_FEED_VALUES);
		return false;
	}
	*header = (struct feed_header){
		.magic = FEED_MAGIC, .version = FEED_VERSION,
		.kind = compiling->source->kind,
		.is_allow = compiling->source->is_allow,
		.slots = compiling->lines + compiling->lines / 3 + 4,
		.generation = clock_now(),
	};
	if (getrandom(&header->key, sizeof header->key, 0) !=
	    sizeof header->key)
		g_error("getrandom");
	header->length = sizeof *header +
	    header->slots * sizeof(struct hash_wide);
	compiling->data = g_malloc0(header->length);
	compiling->slots = (void *)(compiling->data + sizeof *header);
	compiling->line = 0;
	return true;
}

/* Read FD once.  False: the fault was noted. */
static bool
read_once(struct compiling *compiling, int fd)
{
	g_autofree char *data = g_malloc(CHUNK + 1);
	struct chunk chunk = { .fd = fd, .data = data };
	int fault = 0;
	bool end = false;

	if (!make_room(compiling, fd, data))
		return false;
	while (!end) {
		end = refill(&chunk, &fault);
		if (compiling->line == 0 && chunk.have >= 3 &&
		    memcmp(data, "\xef\xbb\xbf", 3) == 0)
			chunk.used = 3;
		read_lines(compiling, &chunk, end);
	}
	if (fault)
		note(compiling, 0, true, "cannot be read: %s",
		     g_strerror(fault));
	return fault == 0;
}

/* Read FD until it stays the same meanwhile. */
static bool
read_whole(struct compiling *compiling, int fd)
{
	guint before = compiling->notes->len;
	struct stat st, after;

	for (int i = 0; i < READS; i++) {
		struct feed_stamp stamp, now;

		g_ptr_array_set_size(compiling->notes, (int)before);
		if (fstat(fd, &st) < 0)
			break;
		stamp = stamp_of(&st);
		if (!read_once(compiling, fd))
			return false;
		if (fstat(fd, &after) < 0)
			break;
		now = stamp_of(&after);
		compiling->header.stamp = stamp;
		if (memcmp(&stamp, &now, sizeof stamp) == 0)
			return true;
	}
	note(compiling, 0, true, "changes while it is read: write it beside "
	     "and rename it");
	return false;
}

static int
source_open(struct compiling *compiling, struct feed_stamp *stamp)
{
	const char *path = compiling->source->path;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		note(compiling, 0, true, "cannot be read: %s",
		     g_strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > BOUND_FEED_FILE) {
		note(compiling, 0, true, "is no file of at most %"
		     G_GINT64_FORMAT " octets", BOUND_FEED_FILE);
	} else {
		*stamp = stamp_of(&st);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Is what was read fit to be in force? */
static bool
is_sound(const struct compiling *compiling)
{
	const struct feed_header *header = &compiling->header;

	if (header->bad > BOUND_FEED_ERRORS)
		note(compiling, compiling->line, false, "%" G_GUINT64_FORMAT
		     " more lines left out",
		     header->bad - BOUND_FEED_ERRORS);
	if (header->values == 0) {
		note(compiling, 0, true, "has no value of kind %s",
		     indicator_kinds[compiling->source->kind]);
		return false;
	}
	if (header->bad * 100 <=
	    (header->bad + header->values) * BOUND_FEED_PERCENT)
		return true;
	note(compiling, 0, true, "%" G_GUINT64_FORMAT " of its lines are no "
	     "values of kind %s, more than %d in a hundred", header->bad,
	     indicator_kinds[compiling->source->kind], BOUND_FEED_PERCENT);
	return false;
}

/* Close FD. */
static bool
read_sound(struct compiling *compiling, int fd)
{
	bool good = read_whole(compiling, fd) && is_sound(compiling);

	close(fd);
	return good;
}

enum feed_result
feed_compile(int folder, const struct feed_source *source, GPtrArray *notes)
{
	struct compiling compiling = { .source = source, .notes = notes };
	g_autofree char *name = feed_name(source);
	g_autoptr(GError) error = NULL;
	enum feed_result result = FEED_BROKEN;
	struct feed_header *header = &compiling.header;
	struct feed_stamp stamp;
	int fd = source_open(&compiling, &stamp);

	if (fd < 0)
		return FEED_BROKEN;
	if (feed_is_of(folder, name, &stamp)) {
		close(fd);
		return FEED_SAME;
	}
	if (read_sound(&compiling, fd)) {
		header->check = hash_bytes(&header->key, header,
					   offsetof(struct feed_header,
						    check));
		memcpy(compiling.data, header, sizeof *header);
		if (file_replace(folder, name, compiling.data,
				 header->length, 0640, &error))
			result = FEED_NEW;
		else
			note(&compiling, 0, true, "%s", error->message);
	}
	compiling_clear(&compiling);
	return result;
}

bool
feed_check(const struct feed_source *source, guint64 *values,
	   GPtrArray *notes)
{
	struct compiling compiling = { .source = source, .notes = notes };
	struct feed_stamp stamp;
	int fd = source_open(&compiling, &stamp);
	bool good = fd >= 0 && read_sound(&compiling, fd);

	*values = compiling.header.values;
	compiling_clear(&compiling);
	return good;
}
