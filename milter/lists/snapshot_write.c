/*
 * snapshot_write.c -- compile the lists of all tenants into one file
 *
 * All but the arena has a size that is known at the start, so the file is
 * laid out in one block of memory, to which the arena is added at the end.
 */
#include "gatepost/lists/snapshot.h"

#include <string.h>
#include <sys/random.h>

#include "gatepost/lists/snapshot_format.h"
#include "gatepost/util/file.h"

struct builder {
	guint8 *data;			/* all before the arena */
	struct snapshot_header *header;
	struct snapshot_home *homes;
	guint32 *home_slots;
	struct snapshot_record *records;
	struct snapshot_slot *slots;
	guint32 *linear;
	struct snapshot_link *links;
	guint32 *tails;			/* a chain's last, by its first */

	char *arena;
	gsize arena_length, arena_room;
	guint32 *interned;		/* offsets, open addressing; 0: free */
	gsize interned_count, interned_size;
};

/* ---- texts ---- */

static guint32 *
interned_at(struct builder *builder, const char *text, gsize length)
{
	gsize mask = builder->interned_size - 1;
	gsize i = hash_bytes(&builder->header->key, text, length) & mask;

	while (builder->interned[i] &&
	       strcmp(builder->arena + builder->interned[i], text) != 0)
		i = (i + 1) & mask;
	return &builder->interned[i];
}

static void
interned_grow(struct builder *builder)
{
	g_autofree guint32 *old = builder->interned;
	gsize size = builder->interned_size;

	builder->interned_size = size * 2;
	builder->interned = g_new0(guint32, size * 2);
	for (gsize i = 0; i < size; i++) {
		const char *text = builder->arena + old[i];

		if (old[i])
			*interned_at(builder, text, strlen(text)) = old[i];
	}
}

/* The offset of TEXT, LENGTH octets, which is put behind the others. */
static guint32
append(struct builder *builder, const char *text, gsize length)
{
	guint32 at = (guint32)builder->arena_length;

	if (builder->arena_length + length + 1 > builder->arena_room) {
		builder->arena_room = 2 * builder->arena_room + length + 1;
		builder->arena = g_realloc(builder->arena,
					   builder->arena_room);
	}
	memcpy(builder->arena + at, text, length + 1);
	builder->arena_length += length + 1;
	return at;
}

/* The offset of TEXT (NULL as "") in the arena, where it is put once. */
static guint32
intern(struct builder *builder, const char *text)
{
	gsize length = text ? strlen(text) : 0;
	guint32 *slot;

	if (length == 0)
		return 0;
	slot = interned_at(builder, text, length);
	if (*slot)
		return *slot;
	*slot = append(builder, text, length);
	length = *slot;
	if (++builder->interned_count * 2 > builder->interned_size)
		interned_grow(builder);
	return (guint32)length;
}

static guint32
intern_all(struct builder *builder, const GPtrArray *texts)
{
	g_autoptr(GString) all = NULL;

	if (!texts || texts->len < 2)
		return intern(builder, texts && texts->len ?
			      texts->pdata[0] : NULL);
	all = g_string_new(NULL);
	for (guint i = 0; i < texts->len; i++) {
		if (i)
			g_string_append_c(all, ' ');
		g_string_append(all, texts->pdata[i]);
	}
	return intern(builder, all->str);
}

/* ---- what an entry is ---- */

/* The weight of a pair's second half: a network's is that of its prefix, a
 * domain stands between a /16 and a /24. */
static guint32
source_narrowness(const char *source)
{
	struct network network;
	guint32 labels = 1;

	if (strcmp(source, "*") == 0)
		return 0;
	if (!network_parse(source, &network)) {
		for (; *source; source++)
			labels += *source == '.';
		return 1600 + labels;
	}
	return network_is_ipv4(&network) ? 1 + 100u * (network.prefix - 96) :
	    1 + 25u * network.prefix;
}

/* Who is shown weighs more than who sends. */
static guint32
pair_narrowness(const Indicator *indicator)
{
	const char *value = indicator->value;

	return source_narrowness(indicator->source) +
	    (strcmp(value, "*") == 0 ? 0 :
	     strchr(value, '@') ? 2 * SNAPSHOT_CLASS :
	     SNAPSHOT_CLASS);
}

static enum snapshot_shape
entry_shape(const Entry *entry)
{
	return snapshot_shape(entry->indicator,
			      entry->action == ENTRY_ALLOW);
}

static void
record_fill(struct builder *builder, struct snapshot_record *record,
	    const Entry *entry, guint32 tenant)
{
	struct network network;

	record->expires = entry->expires;
	record->added = entry->added;
	record->unused = entry->unused;
	/* Values seldom repeat, and to find that out takes longest. */
	record->value = append(builder, entry->indicator->value,
			       strlen(entry->indicator->value));
	record->source = intern(builder, entry->indicator->source);
	record->for_ = intern_all(builder, entry->for_);
	record->except = intern_all(builder, entry->except);
	record->note = intern(builder, entry->note);
	record->by = intern(builder, entry->by);
	record->file = intern(builder, entry->file);
	record->line = entry->line;
	record->narrowness = entry->indicator->kind == INDICATOR_SPOOF ?
	    pair_narrowness(entry->indicator) :
	    snapshot_narrowness(entry->indicator);
	record->tenant = tenant;
	record->action = (guint8)entry->action;
	record->kind = (guint8)entry->indicator->kind;
	builder->homes[tenant].kinds |= 1u << record->kind;
	record->direction = (guint8)entry->direction;
	record->as = (guint8)(entry->as + 1);
	record->done = (guint8)(entry->done + 1);
	record->proof = (guint8)entry->proof;
	record->override = (guint8)entry->override;
	record->shape = (guint8)entry_shape(entry);
	record->is_living = entry->unused || entry_is_automatic(entry->by);
	builder->header->living += record->is_living;
	if (entry->indicator->kind == INDICATOR_SPOOF &&
	    network_parse(entry->indicator->source, &network))
		builder->homes[tenant].sources[network.prefix / 64] |=
		    G_GUINT64_CONSTANT(1) << network.prefix % 64;
	if (entry->indicator->kind == INDICATOR_URL ||
	    record->shape == SHAPE_BELOW)
		builder->homes[tenant].shapes |= 1u << record->shape;
	g_strlcpy(record->key, entry->key, sizeof record->key);
}

/* ---- the slots ---- */

static char *
record_key(const struct builder *builder,
	   const struct snapshot_record *record)
{
	return snapshot_key(record->kind, record->shape,
			    builder->arena + record->value,
			    builder->arena + record->source);
}

static guint64
record_hash(struct builder *builder, const struct snapshot_record *record)
{
	const char *value = builder->arena + record->value;
	g_autofree char *key = NULL;
	struct network network;

	if (record->shape == SHAPE_NETWORK) {
		if (!network_parse(value, &network))
			g_error("snapshot: ip entry \"%s\"", value);
		builder->homes[record->tenant].prefixes[network.prefix / 64]
		    |= G_GUINT64_CONSTANT(1) << network.prefix % 64;
		return snapshot_hash(&builder->header->key, record->tenant,
				     INDICATOR_IP, SHAPE_NETWORK, &network,
				     sizeof network);
	}
	key = record_key(builder, record);
	return snapshot_hash(&builder->header->key, record->tenant,
			     record->kind, record->shape, key, strlen(key));
}

static bool
is_same_key(struct builder *builder, const struct snapshot_record *a,
	    const struct snapshot_record *b)
{
	g_autofree char *one = NULL, *other = NULL;

	if (a->tenant != b->tenant || a->kind != b->kind ||
	    a->shape != b->shape)
		return false;
	if (a->value == b->value && a->source == b->source)
		return true;
	one = record_key(builder, a);
	other = record_key(builder, b);
	return strcmp(one, other) == 0;
}

/* Give record number I a slot, or chain it to those of its key. */
static void
slot_add(struct builder *builder, guint32 i)
{
	struct snapshot_record *records = builder->records;
	guint64 hash = record_hash(builder, &records[i]);
	guint32 tag = (guint32)(hash >> 32);
	gsize mask = builder->header->slots - 1;
	struct snapshot_slot *slot;

	for (gsize at = hash & mask;; at = (at + 1) & mask) {
		guint32 first;

		slot = &builder->slots[at];
		if (!slot->record)
			break;
		first = slot->record - 1;
		if (slot->tag == tag &&
		    is_same_key(builder, &records[first], &records[i])) {
			records[builder->tails[first]].next = i + 1;
			builder->tails[first] = i;
			return;
		}
	}
	slot->tag = tag;
	slot->record = i + 1;
	builder->tails[i] = i;
}

static void
home_slot_add(struct builder *builder, guint32 tenant, const char *name)
{
	gsize mask = builder->header->tenant_slots - 1;
	gsize at = hash_bytes(&builder->header->key, name, strlen(name)) &
	    mask;

	while (builder->home_slots[at])
		at = (at + 1) & mask;
	builder->home_slots[at] = tenant + 1;
}

/* ---- the file ---- */

/* Name the patterns and globs of a tenant, kind by kind. */
static void
linear_add(struct builder *builder, struct snapshot_home *home,
	   guint32 *linear)
{
	for (int kind = 0; kind < INDICATOR_KINDS; kind++) {
		home->linear[kind].first = *linear;
		for (guint32 i = 0; i < home->records.count; i++) {
			const struct snapshot_record *record =
			    &builder->records[home->records.first + i];

			if (record->shape == SHAPE_LINEAR &&
			    record->kind == kind)
				builder->linear[(*linear)++] =
				    home->records.first + i;
		}
		home->linear[kind].count = *linear - home->linear[kind].first;
	}
}

void
snapshot_feed_free(struct snapshot_feed *feed)
{
	if (!feed)
		return;
	g_free(feed->key);
	g_free(feed->file);
	g_free(feed->part);
	g_free(feed);
}

static guint
count_of(const GPtrArray *array)
{
	return array ? array->len : 0;
}

/* Name the parts and feeds of a tenant, from link number *NEXT on. */
static void
links_add(struct builder *builder, struct snapshot_home *home,
	  const struct snapshot_tenant *from, guint32 *next)
{
	const GPtrArray *feeds = from->feeds;

	home->links.first = *next;
	home->links.count = count_of(from->parts) + count_of(feeds);
	for (guint i = 0; i < count_of(from->parts); i++)
		builder->links[(*next)++] = (struct snapshot_link){
			.part = intern(builder, from->parts->pdata[i]),
			.kind = SNAPSHOT_PART,
		};
	for (guint i = 0; i < count_of(feeds); i++) {
		const struct snapshot_feed *feed = feeds->pdata[i];

		builder->links[(*next)++] = (struct snapshot_link){
			.key = intern(builder, feed->key),
			.file = intern(builder, feed->file),
			.part = intern(builder, feed->part),
			.action = (guint8)feed->action,
			.kind = (guint8)feed->kind,
			.as = (guint8)(feed->as + 1),
			.is_braked = feed->is_braked,
		};
	}
}

static bool
tenant_add(struct builder *builder, guint32 tenant,
	   const struct snapshot_tenant *from, guint32 *next,
	   guint32 *linear, GError **error)
{
	struct snapshot_home *home = &builder->homes[tenant];

	home->name = intern(builder, from->name);
	home->records.first = *next;
	home->records.count = from->entries->len;
	home_slot_add(builder, tenant, from->name);
	for (guint i = 0; i < from->entries->len; i++, (*next)++) {
		struct snapshot_record *record = &builder->records[*next];

		record_fill(builder, record, from->entries->pdata[i], tenant);
		/* Offsets are of 32 bits; no record adds a quarter of it. */
		if (builder->arena_length > G_MAXUINT32 / 4 * 3) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    "lists hold more than 3 GiB of text");
			return false;
		}
		if (record->shape != SHAPE_LINEAR)
			slot_add(builder, *next);
	}
	linear_add(builder, home, linear);
	return true;
}

/* A power of two, at least twice COUNT, so that a slot is always free. */
static guint32
slots_for(gsize count)
{
	guint32 slots = 8;

	while (slots < count * 2)
		slots *= 2;
	return slots;
}

static guint64
place(gsize *at, gsize count, gsize size)
{
	guint64 here = *at;

	*at = (*at + count * size + 7) & ~(gsize)7;
	return here;
}

static void
builder_init(struct builder *builder, guint64 generation,
	     const struct snapshot_tenant *tenants, guint count,
	     const GArray *changes)
{
	struct snapshot_header header = { .magic = SNAPSHOT_MAGIC };
	gsize at = sizeof header;

	for (guint i = 0; i < count; i++) {
		const GPtrArray *entries = tenants[i].entries;

		header.records += entries->len;
		header.links += count_of(tenants[i].feeds) +
		    count_of(tenants[i].parts);
		for (guint j = 0; j < entries->len; j++)
			header.linear += entry_shape(entries->pdata[j]) ==
			    SHAPE_LINEAR;
	}
	header.changes = changes ? changes->len : 0;
	header.version = SNAPSHOT_VERSION;
	header.record_size = sizeof(struct snapshot_record);
	header.tenant_size = sizeof(struct snapshot_home);
	header.generation = generation;
	header.tenants = count;
	header.tenant_slots = slots_for(count);
	header.slots = slots_for(header.records - header.linear);
	if (getrandom(&header.key, sizeof header.key, 0) !=
	    sizeof header.key)
		g_error("getrandom");
	header.tenants_at = place(&at, count, header.tenant_size);
	header.tenant_slots_at = place(&at, header.tenant_slots, 4);
	header.records_at = place(&at, header.records, header.record_size);
	header.slots_at = place(&at, header.slots,
				sizeof(struct snapshot_slot));
	header.linear_at = place(&at, header.linear, 4);
	header.links_at = place(&at, header.links,
				sizeof(struct snapshot_link));
	header.changes_at = place(&at, header.changes,
				  sizeof(struct snapshot_change));
	header.arena_at = at;

	memset(builder, 0, sizeof *builder);
	builder->data = g_malloc0(at);
	memcpy(builder->data, &header, sizeof header);
	if (header.changes)
		memcpy(builder->data + header.changes_at, changes->data,
		       header.changes * sizeof(struct snapshot_change));
	builder->header = (void *)builder->data;
	builder->homes = (void *)(builder->data + header.tenants_at);
	builder->home_slots = (void *)(builder->data +
				       header.tenant_slots_at);
	builder->records = (void *)(builder->data + header.records_at);
	builder->slots = (void *)(builder->data + header.slots_at);
	builder->linear = (void *)(builder->data + header.linear_at);
	builder->links = (void *)(builder->data + header.links_at);
	builder->tails = g_new(guint32, header.records);
	builder->arena_room = 4096;
	builder->arena = g_malloc0(builder->arena_room);
	builder->arena_length = 1;	/* offset 0 is "" */
	builder->interned_size = 1024;
	builder->interned = g_new0(guint32, builder->interned_size);
}

static void
builder_clear(struct builder *builder)
{
	g_free(builder->data);
	g_free(builder->tails);
	g_free(builder->arena);
	g_free(builder->interned);
}

/* Put the arena behind the rest and seal the header. */
static void
builder_finish(struct builder *builder)
{
	struct snapshot_header *header = builder->header;
	gsize at = header->arena_at;

	header->arena_length = builder->arena_length;
	header->length = at + builder->arena_length;
	builder->data = g_realloc(builder->data, header->length);
	header = builder->header = (void *)builder->data;
	memcpy(builder->data + at, builder->arena, builder->arena_length);
	header->check = hash_bytes(&header->key, header,
				   offsetof(struct snapshot_header, check));
}

static int
compare_changes(const void *a, const void *b)
{
	const struct snapshot_change *one = a, *other = b;

	return strcmp(one->key, other->key);
}

bool
snapshot_write(int folder, const char *name, guint64 generation,
	       const struct snapshot_tenant *tenants, guint count,
	       GArray *changes, GError **error)
{
	struct builder builder;
	guint32 next = 0, linear = 0, links = 0;
	bool good = true;

	if (changes)
		g_array_sort(changes, compare_changes);
	builder_init(&builder, generation, tenants, count, changes);
	for (guint i = 0; good && i < count; i++) {
		good = tenant_add(&builder, i, &tenants[i], &next, &linear,
				  error);
		links_add(&builder, &builder.homes[i], &tenants[i], &links);
	}
	if (good) {
		builder_finish(&builder);
		good = file_replace(folder, name, builder.data,
				    builder.header->length, 0640, error);
	}
	builder_clear(&builder);
	return good;
}
