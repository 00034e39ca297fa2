/*
 * life.c -- when an entry ends, and what is done about it
 *
 * The compiler asks when it makes a snapshot, sweep asks when it cleans up.
 * An entry goes into the history first and out of its file then: a crash
 * between leaves it in both, and the next sweep takes it out.
 */
#include "gatepost/service/life.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/service/feeds.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/notice.h"
#include "gatepost/service/site.h"
#include "gatepost/util/clock.h"

Life *
life_of(Usages *usages, GError **error)
{
	g_autoptr(Life) life = g_new0(Life, 1);
	g_autoptr(GPtrArray) brakes = NULL;
	g_autoptr(GError) fault = NULL;

	life->usage = usage_all(usages, error);
	brakes = life->usage ? brake_all(usages, error) : NULL;
	if (!brakes)
		return NULL;
	life->born = usage_born(usages, &fault);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return NULL;
	}
	life->brakes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					     (GDestroyNotify)brake_free);
	for (guint i = 0; i < brakes->len; i++) {
		struct brake *brake = brakes->pdata[i];

		g_hash_table_replace(life->brakes, brake->key, brake);
	}
	g_ptr_array_set_free_func(brakes, NULL);
	return g_steal_pointer(&life);
}

Life *
life_read(const char *state_dir, GError **error)
{
	g_autoptr(Usages) usages = usages_open(state_dir, error);

	return usages ? life_of(usages, error) : NULL;
}

Life *
life_look(const char *state_dir, GError **error)
{
	g_autoptr(GError) fault = NULL;
	g_autoptr(Usages) usages = usages_open_reading(state_dir, &fault);
	Life *life;

	if (usages)
		return life_of(usages, error);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return NULL;
	}
	life = g_new0(Life, 1);
	life->usage = g_hash_table_new(g_str_hash, g_str_equal);
	life->brakes = g_hash_table_new(g_str_hash, g_str_equal);
	life->born = clock_now();
	return life;
}

void
life_free(Life *life)
{
	if (!life)
		return;
	g_clear_pointer(&life->usage, g_hash_table_unref);
	g_clear_pointer(&life->brakes, g_hash_table_unref);
	g_free(life);
}

const Usage *
life_usage(const Life *life, const char *key)
{
	return g_hash_table_lookup(life->usage, key);
}

/* `unused=` counts from the last change of an outcome, at first from added=,
 * and never from before usage was counted at all. */
static gint64
unused_end(const Life *life, const char *key, gint64 added, gint64 unused)
{
	const Usage *usage = unused ? life_usage(life, key) : NULL;
	gint64 from = MAX(added, life->born);

	if (!unused)
		return 0;
	if (usage && usage->decided)
		from = MAX(added, usage->decided);
	return from + unused;
}

gint64
life_end(const Life *life, const Entry *entry, const char **why)
{
	gint64 unused = unused_end(life, entry->key, entry->added,
				   entry->unused);
	bool is_unused = unused && (!entry->expires ||
				    unused < entry->expires);

	if (why)
		*why = is_unused ? "unused" : "expired";
	return is_unused ? unused : entry->expires;
}

static int
by_end(gconstpointer a, gconstpointer b)
{
	const struct ending *one = a, *other = b;

	return one->end < other->end ? -1 : one->end > other->end;
}

GArray *
life_endings(const Life *life, const GPtrArray *entries, gint64 until)
{
	GArray *all = g_array_new(FALSE, TRUE, sizeof(struct ending));

	for (guint i = 0; i < entries->len; i++) {
		struct ending one = { .entry = entries->pdata[i] };

		one.end = life_end(life, one.entry, &one.why);
		if (one.end && one.end <= until)
			g_array_append_val(all, one);
	}
	g_array_sort(all, by_end);
	return all;
}

void
life_judge(const Life *life, gint64 now, struct snapshot_life *entry)
{
	gint64 end = unused_end(life, entry->key, entry->added,
				entry->unused);

	/* Use may still put off an end that is to come; the next compiler
	 * sees to it then. */
	if (end && end <= now && !(entry->expires && entry->expires <= end))
		entry->expires = end;
	entry->is_braked = entry_is_automatic(entry->by) &&
	    g_hash_table_contains(life->brakes, entry->key);
}

/* ---- sweep ---- */

struct sweep {
	Site *site;
	Usages *usages;
	const Config *config;
	const Tenant *tenant;
	const Life *life;
	gint64 now;
	GHashTable *keys;	/* of all entries that stand */
	struct life_swept *swept;
};

static void
note(struct sweep *sweep, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
note(struct sweep *sweep, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(sweep->swept->notes, g_strdup_vprintf(format, args));
	va_end(args);
}

bool
life_ended(Usages *usages, const char *tenant, const Entry *entry,
	   const char *why, const char *who, GError **error)
{
	g_autofree char *place = g_strdup_printf("%s:%u", entry->file,
						 entry->line);
	const struct gone gone = {
		.key = (char *)entry->key, .tenant = (char *)tenant,
		.text = entry->text, .place = place,
		.why = (char *)why, .who = (char *)who, .at = clock_now(),
	};

	return history_add(usages, &gone, error);
}

/* The ended ENTRIES (of Entry *, in the order of their lines) of the managed
 * file PATH. */
static bool
take_out(struct sweep *sweep, const char *path, const GPtrArray *entries,
	 GError **error)
{
	g_autofree struct list_line *lines = g_new0(struct list_line,
						    entries->len);
	bool good = true;

	for (guint i = 0; good && i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];
		const char *why;

		life_end(sweep->life, entry, &why);
		lines[i].line = entry->line;
		lines[i].text = entry->text;
		good = life_ended(sweep->usages, sweep->tenant->name, entry,
				  why, "sweep", error);
	}
	if (!good || !listfile_take_out(path, lines, entries->len, error))
		return false;
	sweep->swept->removed += entries->len;
	return true;
}

/* ENTRIES[FROM] on, up to the next file, in *NEXT: what of them ended? */
static bool
sweep_file(struct sweep *sweep, const GPtrArray *entries, guint from,
	   guint *next, GError **error)
{
	const char *path = ((const Entry *)entries->pdata[from])->file;
	bool is_managed = listfile_is_managed(path);
	g_autoptr(GPtrArray) ended = g_ptr_array_new();
	guint i;

	for (i = from; i < entries->len; i++) {
		Entry *entry = entries->pdata[i];
		const char *why;
		gint64 end = life_end(sweep->life, entry, &why);

		if (strcmp(entry->file, path) != 0)
			break;
		if (!end || end > sweep->now) {
			g_hash_table_add(sweep->keys, g_strdup(entry->key));
			continue;
		}
		g_ptr_array_add(ended, entry);
		if (!is_managed)
			note(sweep, "%s:%u: %s, and has no effect any more; "
			     "take it out: %s", path, entry->line,
			     strcmp(why, "unused") == 0 ?
			     "was not used for long enough" : "has expired",
			     entry->text);
	}
	*next = i;
	return !is_managed || ended->len == 0 ||
	    take_out(sweep, path, ended, error);
}

/* Feeds have no end: what they did is kept as long as they are set. */
static void
keep_feeds(struct sweep *sweep)
{
	g_autoptr(GPtrArray) feeds = config_feeds(sweep->config,
						  sweep->tenant);

	for (guint i = 0; i < feeds->len; i++)
		g_hash_table_add(sweep->keys, feed_key(feeds->pdata[i]));
}

static bool
sweep_tenant(struct sweep *sweep, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	bool good;

	lists_read(sweep->config, sweep->tenant, entries, notes);
	keep_feeds(sweep);
	good = notice_ends(sweep->site, sweep->config, sweep->tenant,
			   sweep->life, entries, sweep->now,
			   &sweep->swept->told, error);
	for (guint i = 0; i < entries->len;)
		good = sweep_file(sweep, entries, i, &i,
				  good ? error : NULL) && good;
	return good;
}

bool
life_sweep(Site *site, const Config *config, gint64 now,
	   struct life_swept *swept, GError **error)
{
	g_autoptr(Life) life = life_of(site->usages, error);
	g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	gint64 before = now - config->keep.ledger * CLOCK_DAY;
	struct sweep sweep = { site, site->usages, config, NULL, life, now,
			       keys, swept };
	guint notes = swept->notes->len;
	bool good = life != NULL;

	if (!good)
		return false;
	for (guint i = 0; i < config->tenants->len; i++) {
		sweep.tenant = config->tenants->pdata[i];
		good = sweep_tenant(&sweep, good ? error : NULL) && good;
	}
	/* What ended in an operator's file is compiled as ended. */
	if (swept->notes->len > notes)
		good = lists_are_due(site->folder, good ? error : NULL) && good;
	return usage_sweep(site->usages, keys, before, good ? error : NULL) &&
	    history_sweep(site->usages, before, good ? error : NULL) && good;
}
