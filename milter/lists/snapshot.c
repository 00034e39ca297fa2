/*
 * snapshot.c -- map a compiled snapshot and look things up in it
 *
 * The file is written by us, but may be damaged: every count, offset, number
 * of a record and enumerator is checked before it is used, and each loop
 * ends.  What is wrong is passed over; the header's faults are an error.
 */
#include "gatepost/lists/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/feed.h"
#include "gatepost/lists/snapshot_format.h"
#include "gatepost/model/address.h"
#include "gatepost/model/category.h"
#include "gatepost/model/confusable.h"
#include "gatepost/model/pattern.h"
#include "gatepost/model/url.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

struct Snapshot {
	atomic_int references;
	void *map;
	gsize length;
	const struct snapshot_header *header;	/* `own`, once it is checked */
	struct snapshot_header own;
	const struct snapshot_home *homes;
	const guint32 *home_slots;
	const struct snapshot_record *records;
	const struct snapshot_slot *slots;
	const guint32 *linear;
	const char *arena;
	Pattern **patterns;		/* as linear; NULL: a glob */
	const struct snapshot_link *links;
	Feed **feeds;			/* as links; NULL: never compiled */
	Snapshot **parts;		/* as links; NULL: a feed */
	const struct snapshot_change *changes;
	dev_t device;
	ino_t inode;
};

/* One look-up, and who wants to hear of what it finds. */
struct search {
	const Snapshot *snapshot;
	const struct snapshot_home *home;
	guint32 tenant;
	const Indicator *seen;
	SnapshotRun *run;
	snapshot_found *found;
	snapshot_gave_up *gave_up;
	void *data;
	const struct snapshot_link *link;	/* NULL: in own entries */
	const Feed *feed;
	const Snapshot *whole;			/* of which it is a part */
};

/* What patterns may take, and what they found by tenant and value. */
struct SnapshotRun {
	gint64 left;		/* steps */
	GHashTable *done;	/* struct asked * to GArray of struct hit */
};

struct asked {
	const struct snapshot_home *home;
	const Indicator *seen;
};

struct hit {
	guint32 number;		/* of the record */
	enum { HIT_FOUND, HIT_GIVEN_UP, HIT_SPENT } what;
};

/* ---- open ---- */

static bool
damaged(GError **error, const char *name, const char *what)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "snapshot %s is damaged or of another version: %s", name,
		    what);
	return false;
}

/* Does a section of COUNT items of SIZE octets at AT fit into the file? */
static bool
fits(const Snapshot *snapshot, guint64 at, guint64 count, gsize size)
{
	return at % 8 == 0 && at >= sizeof(struct snapshot_header) &&
	    at <= snapshot->length &&
	    count <= (snapshot->length - at) / size;
}

static bool
is_power_of_two(guint32 count)
{
	return count && !(count & (count - 1));
}

static bool
header_check(Snapshot *snapshot, const char *name, GError **error)
{
	const struct snapshot_header *header = &snapshot->own;
	const char *map = snapshot->map;

	/* What was checked must stay so, whoever writes to the file. */
	memcpy(&snapshot->own, map, sizeof snapshot->own);

	if (memcmp(header->magic, SNAPSHOT_MAGIC, sizeof header->magic) != 0 ||
	    header->version != SNAPSHOT_VERSION ||
	    header->record_size != sizeof(struct snapshot_record) ||
	    header->tenant_size != sizeof(struct snapshot_home))
		return damaged(error, name, "version");
	if (header->length != snapshot->length)
		return damaged(error, name, "length");
	if (header->check != hash_bytes(&header->key, header,
					offsetof(struct snapshot_header,
						 check)))
		return damaged(error, name, "check sum");
	if (!fits(snapshot, header->tenants_at, header->tenants,
		  sizeof *snapshot->homes) ||
	    !fits(snapshot, header->tenant_slots_at, header->tenant_slots,
		  sizeof *snapshot->home_slots) ||
	    !fits(snapshot, header->records_at, header->records,
		  sizeof *snapshot->records) ||
	    !fits(snapshot, header->slots_at, header->slots,
		  sizeof *snapshot->slots) ||
	    !fits(snapshot, header->linear_at, header->linear,
		  sizeof *snapshot->linear) ||
	    !fits(snapshot, header->links_at, header->links,
		  sizeof *snapshot->links) ||
	    !fits(snapshot, header->changes_at, header->changes,
		  sizeof *snapshot->changes) ||
	    !fits(snapshot, header->arena_at, header->arena_length, 1) ||
	    !is_power_of_two(header->tenant_slots) ||
	    !is_power_of_two(header->slots) || header->arena_length == 0 ||
	    map[header->arena_at] ||
	    map[header->arena_at + header->arena_length - 1])
		return damaged(error, name, "sections");
	snapshot->header = header;
	snapshot->homes = (const void *)(map + header->tenants_at);
	snapshot->home_slots = (const void *)(map + header->tenant_slots_at);
	snapshot->records = (const void *)(map + header->records_at);
	snapshot->slots = (const void *)(map + header->slots_at);
	snapshot->linear = (const void *)(map + header->linear_at);
	snapshot->links = (const void *)(map + header->links_at);
	snapshot->changes = (const void *)(map + header->changes_at);
	snapshot->arena = map + header->arena_at;
	return true;
}

/* The text at OFFSET, or NULL.  The arena ends in a NUL, so it ends, too. */
static const char *
text_at(const Snapshot *snapshot, guint32 offset)
{
	return offset < snapshot->header->arena_length ?
	    snapshot->arena + offset : NULL;
}

static bool
is_slashed(const char *text)
{
	gsize length = strlen(text);

	return length > 2 && text[0] == '/' && text[length - 1] == '/';
}

static bool
patterns_compile(Snapshot *snapshot, const char *name, GError **error)
{
	snapshot->patterns = g_new0(Pattern *, snapshot->header->linear);
	for (guint32 i = 0; i < snapshot->header->linear; i++) {
		guint32 number = snapshot->linear[i];
		const char *value;

		if (number >= snapshot->header->records)
			return damaged(error, name, "pattern");
		value = text_at(snapshot, snapshot->records[number].value);
		if (!value)
			return damaged(error, name, "pattern");
		if (!is_slashed(value))
			continue;
		snapshot->patterns[i] = pattern_new(value, NULL);
		if (!snapshot->patterns[i])
			return damaged(error, name, "pattern");
	}
	return true;
}

/* Map FD into SNAPSHOT. */
static bool
map_file(Snapshot *snapshot, int fd, const char *name, GError **error)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0)
		return file_fail(error, "open", name);
	if (!S_ISREG(st.st_mode) ||
	    st.st_size < (off_t)sizeof(struct snapshot_header))
		return damaged(error, name, "too short");
	map = mmap(NULL, (gsize)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return file_fail(error, "map", name);
	snapshot->map = map;
	snapshot->length = (gsize)st.st_size;
	snapshot->device = st.st_dev;
	snapshot->inode = st.st_ino;
	return header_check(snapshot, name, error) &&
	    patterns_compile(snapshot, name, error);
}

static Snapshot *
file_open(int folder, const char *name, const Snapshot *before,
	  GError **error)
{
	g_autoptr(Snapshot) snapshot = NULL;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
			O_NONBLOCK);
	struct stat st;
	bool good;

	if (fd < 0) {
		file_fail(error, "open", name);
		return NULL;
	}
	if (before && fstat(fd, &st) == 0 && before->inode == st.st_ino &&
	    before->device == st.st_dev) {
		close(fd);
		return snapshot_ref((Snapshot *)before);
	}
	snapshot = g_new0(Snapshot, 1);
	atomic_init(&snapshot->references, 1);
	good = map_file(snapshot, fd, name, error);
	close(fd);
	return good ? g_steal_pointer(&snapshot) : NULL;
}

/* The number of the link to PART in SNAPSHOT, or -1. */
static gint64
link_of(const Snapshot *snapshot, const char *part)
{
	for (guint32 i = 0; i < snapshot->header->links; i++)
		if (strcmp(text_at(snapshot, snapshot->links[i].part),
			   part) == 0)
			return i;
	return -1;
}

static bool
link_check(const Snapshot *snapshot, const struct snapshot_link *link)
{
	const char *part = text_at(snapshot, link->part);

	return part && !strchr(part, '/') && text_at(snapshot, link->key) &&
	    text_at(snapshot, link->file) && link->action <= ENTRY_OBSERVE &&
	    link->kind <= SNAPSHOT_PART && link->as <= CATEGORY_UNKNOWN + 1;
}

/* Map the file of link number I of SNAPSHOT; OPEN (its name to number + 1)
 * has those that are. */
static bool
link_open(Snapshot *snapshot, guint32 i, int folder, GHashTable *open,
	  const Snapshot *before, GError **error)
{
	const char *part = text_at(snapshot, snapshot->links[i].part);
	guint known = GPOINTER_TO_UINT(g_hash_table_lookup(open, part));
	bool is_part = snapshot->links[i].kind == SNAPSHOT_PART;
	gint64 old = before && !known ? link_of(before, part) : -1;

	if (!*part)
		return true;
	if (known && snapshot->links[known - 1].kind !=
	    snapshot->links[i].kind)
		return damaged(error, part, "link");
	if (!known)
		g_hash_table_insert(open, (gpointer)part,
				    GUINT_TO_POINTER(i + 1));
	if (is_part)
		snapshot->parts[i] = known ?
		    snapshot_ref(snapshot->parts[known - 1]) :
		    file_open(folder, part, old < 0 ? NULL :
			      before->parts[old], error);
	else
		snapshot->feeds[i] = known ?
		    feed_ref(snapshot->feeds[known - 1]) :
		    feed_open(folder, part, old < 0 ? NULL :
			      before->feeds[old], error);
	return snapshot->parts[i] || snapshot->feeds[i];
}

static bool
links_open(Snapshot *snapshot, int folder, const Snapshot *before,
	   GError **error)
{
	g_autoptr(GHashTable) open = g_hash_table_new(g_str_hash,
						      g_str_equal);
	guint32 count = snapshot->header->links;
	bool good = true;
	int parts;

	snapshot->feeds = g_new0(Feed *, count);
	snapshot->parts = g_new0(Snapshot *, count);
	if (count == 0)
		return true;
	for (guint32 i = 0; i < count; i++)
		if (!link_check(snapshot, &snapshot->links[i]))
			return damaged(error, "of links", "link");
	parts = openat(folder, SNAPSHOT_PARTS, O_RDONLY | O_DIRECTORY |
		       O_NOFOLLOW | O_CLOEXEC);
	if (parts < 0)
		return file_fail(error, "open folder", SNAPSHOT_PARTS);
	for (guint32 i = 0; good && i < count; i++)
		good = link_open(snapshot, i, parts, open, before, error);
	close(parts);
	return good;
}

Snapshot *
snapshot_open(int folder, const char *name, const Snapshot *before,
	      GError **error)
{
	g_autoptr(Snapshot) snapshot = file_open(folder, name, NULL, error);

	if (!snapshot || !links_open(snapshot, folder, before, error))
		return NULL;
	return g_steal_pointer(&snapshot);
}

Snapshot *
snapshot_ref(Snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->references, 1);
	return snapshot;
}

void
snapshot_unref(Snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) > 1)
		return;
	for (guint32 i = 0; snapshot->patterns &&
	     i < snapshot->header->linear; i++)
		pattern_free(snapshot->patterns[i]);
	g_free(snapshot->patterns);
	for (guint32 i = 0; snapshot->feeds && i < snapshot->header->links;
	     i++) {
		feed_unref(snapshot->feeds[i]);
		snapshot_unref(snapshot->parts[i]);
	}
	g_free(snapshot->feeds);
	g_free(snapshot->parts);
	if (snapshot->map)
		munmap(snapshot->map, snapshot->length);
	g_free(snapshot);
}

guint64
snapshot_generation(const Snapshot *snapshot)
{
	return snapshot->header->generation;
}

guint
snapshot_count(const Snapshot *snapshot)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	guint count = snapshot->header->records;

	for (guint32 i = 0; snapshot->parts && i < snapshot->header->links;
	     i++)
		if (snapshot->parts[i] &&
		    g_hash_table_add(seen, snapshot->parts[i]))
			count += snapshot->parts[i]->header->records;
	return count;
}

/* ---- what time and use make of entries ---- */

GArray *
snapshot_changes_new(void)
{
	return g_array_new(FALSE, TRUE, sizeof(struct snapshot_change));
}

void
snapshot_living(const Snapshot *snapshot,
		void (*judge)(struct snapshot_life *life, void *data),
		void *data, GArray *changes)
{
	guint32 count = snapshot->header->living ?
	    snapshot->header->records : 0;

	for (guint32 i = 0; i < count; i++) {
		const struct snapshot_record *record = &snapshot->records[i];
		const char *by = text_at(snapshot, record->by);
		struct snapshot_change change = { 0 };
		struct snapshot_life life = {
			record->key, by, record->added, record->unused,
			record->expires, false
		};

		if (!record->is_living || !by ||
		    !memchr(record->key, '\0', sizeof record->key))
			continue;
		judge(&life, data);
		if (!life.is_braked && life.expires == record->expires)
			continue;
		change.added = record->added;
		change.unused = record->unused;
		change.expires = life.expires;
		change.is_braked = life.is_braked;
		g_strlcpy(change.key, record->key, sizeof change.key);
		g_array_append_val(changes, change);
	}
}

/* Of the changes of WHOLE, apply that of ENTRY. */
static void
change(const Snapshot *whole, struct snapshot_entry *entry)
{
	guint32 low = 0, high = whole->header->changes;

	while (low < high) {
		guint32 middle = low + (high - low) / 2;

		if (strncmp(whole->changes[middle].key, entry->key,
			    HASH_TEXT) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < whole->header->changes &&
	     strncmp(whole->changes[low].key, entry->key, HASH_TEXT) == 0;
	     low++) {
		const struct snapshot_change *one = &whole->changes[low];

		if (one->added != entry->added ||
		    one->unused != entry->unused)
			continue;
		entry->expires = one->expires;
		if (one->is_braked && entry_is_automatic(entry->by))
			entry->action = ENTRY_OBSERVE;
	}
}

/* ---- records ---- */

static bool
is_in(const struct snapshot_range *range, guint64 count)
{
	return (guint64)range->first + range->count <= count;
}

/* Are all enumerators of RECORD ones that there are? */
static bool
is_sane(const struct snapshot_record *record)
{
	return record->action <= ENTRY_OBSERVE &&
	    record->kind < INDICATOR_KINDS &&
	    record->direction <= DIRECTION_BOTH &&
	    record->as <= CATEGORY_UNKNOWN + 1 &&
	    record->done <= ACTION_DISCARD + 1 &&
	    record->proof <= PROOF_DKIM &&
	    record->override <= OVERRIDE_MALWARE &&
	    memchr(record->key, '\0', sizeof record->key);
}

/* Fill ENTRY from record NUMBER; false when that is damaged. */
static bool
entry_fill(const Snapshot *snapshot, guint32 number,
	   struct snapshot_entry *entry)
{
	const struct snapshot_record *record = &snapshot->records[number];

	*entry = (struct snapshot_entry){
		.action = record->action,
		.kind = record->kind,
		.value = text_at(snapshot, record->value),
		.source = text_at(snapshot, record->source),
		.expires = record->expires,
		.added = record->added,
		.unused = record->unused,
		.for_ = text_at(snapshot, record->for_),
		.except = text_at(snapshot, record->except),
		.direction = record->direction,
		.as = record->as - 1,
		.done = record->done - 1,
		.proof = record->proof,
		.override = record->override,
		.note = text_at(snapshot, record->note),
		.by = text_at(snapshot, record->by),
		.key = record->key,
		.file = text_at(snapshot, record->file),
		.line = record->line,
		.narrowness = record->narrowness,
	};

	return is_sane(record) && entry->value && entry->source &&
	    entry->for_ && entry->except && entry->note && entry->by &&
	    entry->file;
}

static void
tell(const struct search *search, guint32 number)
{
	struct snapshot_entry entry;

	if (!entry_fill(search->snapshot, number, &entry))
		return;
	if (search->whole && search->snapshot->records[number].is_living)
		change(search->whole, &entry);
	search->found(&entry, search->data);
}

/* ---- what a feed says ---- */

/* The value that is found by WHAT under SHAPE; yours. */
static char *
value_of(const struct search *search, enum snapshot_shape shape,
	 const void *what)
{
	char text[NETWORK_TEXT];

	switch (shape) {
	case SHAPE_NETWORK:
		network_format(what, text);
		return g_strdup(text);
	case SHAPE_BELOW:
	case SHAPE_BENEATH:
	case SHAPE_PATH_BENEATH:
	case SHAPE_PAGE_BENEATH:
		return g_strconcat("*.", what, NULL);
	case SHAPE_SITE:
		return g_strconcat("~", what, NULL);
	case SHAPE_AROUND:
	case SHAPE_TREE:
		return g_strconcat("~", what, "~", NULL);
	case SHAPE_FOLDER:
		return g_strconcat(what, "*", NULL);
	case SHAPE_FOLDER_BENEATH:
		return g_strconcat("*.", what, "*", NULL);
	case SHAPE_EXACT:
	case SHAPE_LINEAR:
	case SHAPE_ANYWHERE:
	case SHAPE_PATH:
	case SHAPE_PAGE:
		break;
	}
	/* A name is found by what it looks like. */
	return g_strdup(search->seen->kind == INDICATOR_NAME ?
			search->seen->value : what);
}

static void
tell_feed(const struct search *search, enum snapshot_shape shape,
	  const void *what)
{
	const struct snapshot_link *link = search->link;
	g_autofree char *value = value_of(search, shape, what);
	const Indicator indicator = { .kind = search->seen->kind,
				      .value = value };
	const struct snapshot_entry entry = {
		.action = link->is_braked ? ENTRY_OBSERVE : link->action,
		.kind = search->seen->kind,
		.value = value, .source = "", .for_ = "", .except = "",
		.note = "", .by = "feed",
		.as = link->as - 1, .done = -1,
		.key = text_at(search->snapshot, link->key),
		.file = text_at(search->snapshot, link->file),
		.narrowness = snapshot_narrowness(&indicator),
		.is_feed = true,
	};

	search->found(&entry, search->data);
}

/* ---- look-ups ---- */

static bool
is_key(const struct search *search, const struct snapshot_record *record,
       enum snapshot_shape shape, const void *what)
{
	const char *value = text_at(search->snapshot, record->value);
	const char *source = text_at(search->snapshot, record->source);
	g_autofree char *key = NULL;
	struct network network;

	if (!value || !source || record->tenant != search->tenant ||
	    record->kind != search->seen->kind || record->shape != shape)
		return false;
	if (shape == SHAPE_NETWORK)
		return network_parse(value, &network) &&
		    memcmp(&network, what, sizeof network) == 0;
	/* Of most the value is the key, and needs no copy. */
	if (search->seen->kind != INDICATOR_URL &&
	    search->seen->kind != INDICATOR_SPOOF &&
	    search->seen->kind != INDICATOR_NAME && shape == SHAPE_EXACT)
		return strcmp(value, what) == 0;
	key = snapshot_key(search->seen->kind, shape, value, source);
	return strcmp(key, what) == 0;
}

/* Tell of the records under the key of SHAPE and WHAT, LENGTH octets. */
static void
find(const struct search *search, enum snapshot_shape shape,
     const void *what, gsize length)
{
	const Snapshot *snapshot = search->snapshot;
	guint32 size = snapshot->header->slots;
	guint32 count = snapshot->header->records, number;
	const struct snapshot_slot *slot = NULL;
	guint32 tried;
	guint64 hash;

	if (search->feed) {
		if (feed_has(search->feed, shape, what, length))
			tell_feed(search, shape, what);
		return;
	}
	hash = snapshot_hash(&snapshot->header->key, search->tenant,
			     search->seen->kind, shape, what, length);
	for (tried = 0; tried < size; tried++) {
		slot = &snapshot->slots[(hash + tried) & (size - 1)];
		if (slot->record == 0 || slot->record > count)
			return;
		if (slot->tag == (guint32)(hash >> 32) &&
		    is_key(search, &snapshot->records[slot->record - 1],
			   shape, what))
			break;
	}
	if (tried == size)
		return;
	for (number = slot->record; number && number <= count;) {
		guint32 next = snapshot->records[number - 1].next;

		tell(search, number - 1);
		number = next > number ? next : 0;
	}
}

static void
find_text(const struct search *search, const char *text)
{
	find(search, SHAPE_EXACT, text, strlen(text));
}

/* Entries of SHAPE for DOMAIN and for each of its parents. */
static void
find_below(const struct search *search, enum snapshot_shape shape,
	   const char *domain)
{
	while (domain && *domain) {
		find(search, shape, domain, strlen(domain));
		domain = strchr(domain, '.');
		domain = domain ? domain + 1 : NULL;
	}
}

/* Run the patterns and globs of RANGE. */
static GArray *
hits_of(const struct search *search, const struct snapshot_range *range)
{
	const Snapshot *snapshot = search->snapshot;
	GArray *hits = g_array_new(FALSE, FALSE, sizeof(struct hit));

	for (guint32 i = range->first; i < range->first + range->count; i++) {
		/* The numbers and values were checked when it was opened. */
		struct hit hit = { snapshot->linear[i], HIT_FOUND };
		enum pattern_result result = PATTERN_NONE;

		if (!snapshot->patterns[i]) {
			if (!text_glob(text_at(snapshot,
				snapshot->records[hit.number].value),
				search->seen->value))
				continue;
		} else if (search->run->left <= 0) {
			hit.what = HIT_SPENT;
		} else {
			result = pattern_run(snapshot->patterns[i],
					     search->seen->value,
					     &search->run->left);
			if (result == PATTERN_NONE)
				continue;
			if (result == PATTERN_GIVEN_UP)
				hit.what = HIT_GIVEN_UP;
		}
		g_array_append_val(hits, hit);
	}
	return hits;
}

static void
tell_given_up(const struct search *search, const struct hit *hit)
{
	struct snapshot_entry entry;

	if (search->gave_up &&
	    entry_fill(search->snapshot, hit->number, &entry))
		search->gave_up(&entry, hit->what == HIT_SPENT,
				search->data);
}

static void
find_linear(const struct search *search)
{
	const struct snapshot_range *range =
	    &search->home->linear[search->seen->kind];
	struct asked asked = { search->home, search->seen };
	GArray *hits;

	if (range->count == 0 ||
	    !is_in(range, search->snapshot->header->linear))
		return;
	hits = g_hash_table_lookup(search->run->done, &asked);
	if (!hits) {
		hits = hits_of(search, range);
		g_hash_table_insert(search->run->done,
				    g_memdup2(&asked, sizeof asked), hits);
	}
	for (guint i = 0; i < hits->len; i++) {
		const struct hit *hit = &g_array_index(hits, struct hit, i);

		if (hit->what == HIT_FOUND)
			tell(search, hit->number);
		else
			tell_given_up(search, hit);
	}
}

static bool
has_shape(const struct search *search, enum snapshot_shape shape)
{
	return search->home->shapes >> shape & 1;
}

static void
find_address(const struct search *search)
{
	const char *address = search->seen->value;
	const char *domain = address_domain(address);

	if (!*address) {
		find_text(search, "<>");
		return;
	}
	if (*domain) {
		find_text(search, address);
		find_text(search, domain);
		if (has_shape(search, SHAPE_BELOW))
			find_below(search, SHAPE_BELOW, domain);
	}
	find_linear(search);
}

/* Entries that look like the name do. */
static void
find_name(const struct search *search)
{
	g_autofree char *like = confusable_skeleton(search->seen->value);

	find_text(search, like);
	find_linear(search);
}

static void
find_network(const struct search *search)
{
	struct network network;
	bool is_ipv4;

	if (!network_parse(search->seen->value, &network))
		return;
	is_ipv4 = network_is_ipv4(&network);
	for (int prefix = network.prefix; prefix >= (is_ipv4 ? 96 : 0);
	     prefix--) {
		if (!(search->home->prefixes[prefix / 64] >> prefix % 64 & 1))
			continue;
		network_shorten(&network, (guint8)prefix);
		find(search, SHAPE_NETWORK, &network, sizeof network);
	}
}

/* ---- pairs of who is shown and who sends ---- */

/* Entries for SOURCE and every form of who is shown. */
static void
find_shown(const struct search *search, const char *source)
{
	const char *address = search->seen->value;
	const char *const shown[] = { address, address_domain(address), "*" };

	for (guint i = 0; i < G_N_ELEMENTS(shown); i++) {
		g_autofree char *key = g_strdup_printf("%s\n%s", shown[i],
						       source);

		find_text(search, key);
	}
}

static void
find_pair(const struct search *search)
{
	const char *source = search->seen->source;
	char text[NETWORK_TEXT];
	struct network network;
	bool is_ipv4;

	if (!source) {
		find_shown(search, "*");
		return;
	}
	if (!network_parse(source, &network)) {
		for (; source; source = strchr(source, '.')) {
			source += *source == '.';
			find_shown(search, source);
		}
		return;
	}
	is_ipv4 = network_is_ipv4(&network);
	for (int prefix = network.prefix; prefix >= (is_ipv4 ? 96 : 0);
	     prefix--) {
		if (!(search->home->sources[prefix / 64] >> prefix % 64 & 1))
			continue;
		network_shorten(&network, (guint8)prefix);
		network_format(&network, text);
		find_shown(search, text);
	}
}

/* ---- links ---- */

/* A link taken apart for its look-ups. */
struct link {
	const char *place;	/* host and path, as in the canonical URL */
	gsize authority;	/* octets of the host there */
	char *host;		/* without brackets */
	const char *path;	/* from '/' on */
};

static bool
link_split(const char *url, struct link *link)
{
	const char *host = strstr(url, "://");

	if (!host || host == url || strcspn(url, ":") != (gsize)(host - url))
		return false;
	host += 3;
	link->place = host;
	link->authority = strcspn(host, "/");
	link->path = host + link->authority;
	if (link->authority > 2 && host[0] == '[')
		link->host = g_strndup(host + 1, link->authority - 2);
	else
		link->host = g_strndup(host, link->authority);
	if (link->authority && *link->path)
		return true;
	g_free(link->host);
	return false;
}

/* Entries of SHAPE for HOST and its parents, each key once. */
static void
find_once(const struct search *search, enum snapshot_shape shape,
	  const char *host, GHashTable *done)
{
	while (host && g_hash_table_add(done, (gpointer)host)) {
		find(search, shape, host, strlen(host));
		host = strchr(host, '.');
		host = host ? host + 1 : NULL;
	}
}

/* Entries of SHAPE for LINK's host and for those INSIDE its path; for those
 * that are SEGMENTS alone. */
static void
find_inside(const struct search *search, enum snapshot_shape shape,
	    const struct link *link, const GPtrArray *inside, bool segments)
{
	g_autoptr(GHashTable) done = NULL;

	if (!has_shape(search, shape))
		return;
	if (!inside) {
		find_below(search, shape, link->host);
		return;
	}
	done = g_hash_table_new(g_str_hash, g_str_equal);
	find_once(search, shape, link->host, done);
	for (guint i = 0; i < inside->len; i++) {
		const struct url_inside *one = inside->pdata[i];

		if (one->is_segment || !segments)
			find_once(search, shape, one->host, done);
	}
}

/* Entries of SHAPE for HOST, LENGTH octets, and the start of LINK's path. */
static void
find_place(const struct search *search, enum snapshot_shape shape,
	   const char *host, gsize length, const struct link *link,
	   gsize path)
{
	g_autofree char *key = NULL;

	if (!has_shape(search, shape))
		return;
	key = g_strdup_printf("%.*s%.*s", (int)length, host, (int)path,
			      link->path);
	find(search, shape, key, length + path);
}

static const struct {
	enum snapshot_shape path, page, folder;
} at_host = { SHAPE_PATH, SHAPE_PAGE, SHAPE_FOLDER },
  at_parent = { SHAPE_PATH_BENEATH, SHAPE_PAGE_BENEATH,
		SHAPE_FOLDER_BENEATH };

/* Entries with a path, for LINK's path at HOST: itself, or a parent. */
static void
find_paths(const struct search *search, const struct link *link,
	   const char *host, gsize length)
{
	bool is_own = host == link->place;
	gsize whole = strlen(link->path), page = strcspn(link->path, "?");
	enum snapshot_shape folder = is_own ? at_host.folder :
	    at_parent.folder;
	guint folders = 0;

	find_place(search, is_own ? at_host.path : at_parent.path, host,
		   length, link, whole);
	find_place(search, is_own ? at_host.page : at_parent.page, host,
		   length, link, page);
	if (!has_shape(search, folder))
		return;
	for (gsize i = 0; i < page && folders < BOUND_URL_FOLDERS; i++) {
		if (link->path[i] != '/' || !link->path[i + 1])
			continue;
		folders++;
		find_place(search, folder, host, length, link, i + 1);
	}
}

static void
find_link(const struct search *search)
{
	g_autoptr(GPtrArray) inside = NULL;
	struct link link;
	const char *parent;

	find_linear(search);
	if (!link_split(search->seen->value, &link))
		return;
	parent = strchr(link.host, '.');
	if (has_shape(search, SHAPE_ANYWHERE) ||
	    has_shape(search, SHAPE_AROUND))
		inside = url_inside(link.path);
	find_inside(search, SHAPE_ANYWHERE, &link, inside, false);
	find_inside(search, SHAPE_AROUND, &link, inside, true);
	find_below(search, SHAPE_TREE, link.host);
	if (strcmp(link.path, "/") == 0) {
		find_text(search, link.host);
		find_below(search, SHAPE_SITE, link.host);
		if (parent)
			find_below(search, SHAPE_BENEATH, parent + 1);
	} else {
		find_paths(search, &link, link.place, link.authority);
		for (; parent; parent = strchr(parent + 1, '.'))
			find_paths(search, &link, parent + 1,
				   strlen(parent + 1));
	}
	g_free(link.host);
}

/* The number of TENANT, or -1. */
static gint64
tenant_find(const Snapshot *snapshot, const char *tenant)
{
	guint32 size = snapshot->header->tenant_slots;
	guint64 hash = hash_bytes(&snapshot->header->key, tenant,
				  strlen(tenant));

	for (guint32 tried = 0; tried < size; tried++) {
		guint32 number = snapshot->home_slots[(hash + tried) &
						      (size - 1)];
		const char *name;

		if (number == 0 || number > snapshot->header->tenants)
			return -1;
		name = text_at(snapshot, snapshot->homes[number - 1].name);
		if (name && strcmp(name, tenant) == 0)
			return number - 1;
	}
	return -1;
}

static bool
search_init(struct search *search, const Snapshot *snapshot,
	    const char *tenant, const Indicator *seen, snapshot_found *found,
	    void *data)
{
	gint64 number = tenant_find(snapshot, tenant);

	if (number < 0)
		return false;
	search->snapshot = snapshot;
	search->tenant = (guint32)number;
	search->home = &snapshot->homes[number];
	search->seen = seen;
	search->found = found;
	search->data = data;
	return true;
}

static guint
asked_hash(gconstpointer key)
{
	const struct asked *asked = key;

	return g_direct_hash(asked->home) * 31 + g_direct_hash(asked->seen);
}

static gboolean
asked_equal(gconstpointer a, gconstpointer b)
{
	const struct asked *one = a, *other = b;

	return one->home == other->home && one->seen == other->seen;
}

SnapshotRun *
snapshot_run_new(void)
{
	SnapshotRun *run = g_new(SnapshotRun, 1);

	run->left = BOUND_PATTERN_MESSAGE;
	run->done = g_hash_table_new_full(asked_hash, asked_equal, g_free,
					  (GDestroyNotify)g_array_unref);
	return run;
}

void
snapshot_run_free(SnapshotRun *run)
{
	if (!run)
		return;
	g_hash_table_unref(run->done);
	g_free(run);
}

void
snapshot_match(const Snapshot *snapshot, const char *tenant,
	       const Indicator *seen, snapshot_found *found, void *data)
{
	g_autoptr(SnapshotRun) run = snapshot_run_new();

	snapshot_match_within(snapshot, tenant, seen, run, found, NULL, data);
}

/* In the entries, or the feed, of SEARCH. */
static void
look(const struct search *search)
{
	if (!(search->home->kinds >> search->seen->kind & 1))
		return;
	switch (search->seen->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		find_address(search);
		break;
	case INDICATOR_IP:
		find_network(search);
		break;
	case INDICATOR_URL:
		find_link(search);
		break;
	case INDICATOR_NAME:
		find_name(search);
		break;
	case INDICATOR_FILENAME:
		find_text(search, search->seen->value);
		find_linear(search);
		break;
	case INDICATOR_FILE:
	case INDICATOR_DEFECT:
		find_text(search, search->seen->value);
		break;
	case INDICATOR_SPOOF:
		find_pair(search);
		break;
	case INDICATOR_KINDS:
		break;
	}
}

/* In the part or feed of link number I of SNAPSHOT, for TENANT. */
static void
look_behind(struct search *search, const Snapshot *snapshot, guint32 i,
	    const char *tenant)
{
	gint64 number;

	search->link = &snapshot->links[i];
	search->feed = snapshot->feeds[i];
	search->snapshot = snapshot->parts[i] ? snapshot->parts[i] : snapshot;
	if (search->feed) {
		search->home = feed_home(search->feed);
		if (search->link->kind == search->seen->kind)
			look(search);
	} else if (snapshot->parts[i]) {
		number = tenant_find(search->snapshot, tenant);
		search->whole = snapshot;
		search->tenant = (guint32)number;
		if (number < 0)
			return;
		search->home = &search->snapshot->homes[number];
		look(search);
	}
}

void
snapshot_match_within(const Snapshot *snapshot, const char *tenant,
		      const Indicator *seen, SnapshotRun *run,
		      snapshot_found *found, snapshot_gave_up *gave_up,
		      void *data)
{
	struct snapshot_range links;
	struct search search = { 0 };

	if (!search_init(&search, snapshot, tenant, seen, found, data))
		return;
	search.run = run;
	search.gave_up = gave_up;
	look(&search);
	links = search.home->links;
	if (!is_in(&links, snapshot->header->links) || !snapshot->parts)
		return;
	for (guint32 i = links.first; i < links.first + links.count; i++)
		look_behind(&search, snapshot, i, tenant);
}

void
snapshot_each_part(int folder, const char *name,
		   void (*found)(const char *part, void *data), void *data)
{
	g_autoptr(Snapshot) snapshot = file_open(folder, name, NULL, NULL);

	for (guint32 i = 0; snapshot && i < snapshot->header->links; i++) {
		const char *part = text_at(snapshot, snapshot->links[i].part);

		if (part && snapshot->links[i].kind == SNAPSHOT_PART)
			found(part, data);
	}
}

void
snapshot_each_feed(const Snapshot *snapshot, const char *tenant,
		   void (*found)(const struct snapshot_feed_state *feed,
				 void *data), void *data)
{
	struct search search = { 0 };
	struct snapshot_range links;

	if (!search_init(&search, snapshot, tenant, NULL, NULL, NULL))
		return;
	links = search.home->links;
	if (!is_in(&links, snapshot->header->links))
		return;
	for (guint32 i = links.first; i < links.first + links.count; i++) {
		const struct snapshot_link *link = &snapshot->links[i];
		const Feed *feed = snapshot->feeds[i];
		const char *key = text_at(snapshot, link->key);
		struct snapshot_feed_state state = {
			.name = key + (g_str_has_prefix(key, SNAPSHOT_FEED) ?
				       strlen(SNAPSHOT_FEED) : 0),
			.file = text_at(snapshot, link->file),
			.action = link->action, .kind = link->kind,
			.is_braked = link->is_braked,
		};

		if (link->kind == SNAPSHOT_PART)
			continue;
		if (feed) {
			state.values = feed_values(feed);
			state.bad = feed_bad(feed);
			state.generation = feed_generation(feed);
		}
		found(&state, data);
	}
}

static void
each_own(const struct search *search)
{
	const struct snapshot_range *range = &search->home->records;

	if (!is_in(range, search->snapshot->header->records))
		return;
	for (guint32 i = range->first; i < range->first + range->count; i++)
		tell(search, i);
}

void
snapshot_each(const Snapshot *snapshot, const char *tenant,
	      snapshot_found *found, void *data)
{
	struct search search = { 0 };
	struct snapshot_range links;

	if (!search_init(&search, snapshot, tenant, NULL, found, data))
		return;
	each_own(&search);
	links = search.home->links;
	if (!is_in(&links, snapshot->header->links) || !snapshot->parts)
		return;
	for (guint32 i = links.first; i < links.first + links.count; i++) {
		struct search part = { 0 };

		if (!snapshot->parts[i] ||
		    !search_init(&part, snapshot->parts[i], tenant, NULL,
				 found, data))
			continue;
		part.whole = snapshot;
		each_own(&part);
	}
}

/* Does WORD stand in TEXT between blanks or ends? */
static bool
has_word(const char *text, const char *word)
{
	gsize length = strlen(word);

	for (const char *p = length ? strstr(text, word) : NULL; p;
	     p = strstr(p + 1, word))
		if ((p == text || p[-1] == ' ') &&
		    (!p[length] || p[length] == ' '))
			return true;
	return false;
}

char *
snapshot_place(const struct snapshot_entry *entry)
{
	return entry->is_feed ? g_strdup(entry->file) :
	    g_strdup_printf("%s:%u", entry->file, entry->line);
}

bool
snapshot_is_for(const char *for_, const char *rcpt)
{
	return !*for_ || has_word(for_, rcpt) ||
	    has_word(for_, address_domain(rcpt));
}
