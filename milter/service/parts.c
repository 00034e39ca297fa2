/*
 * parts.c -- compile the lists in parts, and only what has changed
 *
 * A large file is a part by itself; the others are taken together, tenant
 * after tenant, until they are large.  A part's name is a hash of what it is
 * made of (files with inode, size and time, zone, version), and a part never
 * changes: one that is there is used as it is, by the compiler and by the
 * front, which has it mapped.  The snapshot itself names parts and feeds,
 * and what time and use have made of entries.  Parts of the snapshot before
 * stay, since the front may be about to open them.
 */
#include "gatepost/service/parts.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/lists/snapshot_format.h"
#include "gatepost/service/feeds.h"
#include "gatepost/service/life.h"
#include "gatepost/service/site.h"
#include "gatepost/util/clock.h"

/* Octets of list files from which on they are a part. */
#define LARGE (512 * 1024)
/* A file changed less than so many us ago may change again within the same
 * tick of the file system's clock, and look the same. */
#define TICK (20 * 1000)

/* A list file, or for NULL the entries in the configuration. */
struct source {
	const Tenant *tenant;
	char *path;
	gint64 size;
};

/* Sources that are compiled together: neighbours in `sources`. */
struct run {
	const Config *config;
	int folder, good;
	GPtrArray *notes;
	GPtrArray *sources;		/* of struct source *, by tenant */
	GHashTable *parts;		/* of tenant to GPtrArray of names */
	GHashTable *names;		/* of all parts in use */
	GArray *changes;
	Life *life;			/* NULL: not known */
	gint64 now;
	struct lists_compiled *compiled;
};

static void
source_free(gpointer data)
{
	struct source *source = data;

	g_free(source->path);
	g_free(source);
}

/* ---- what there is ---- */

static void
add_source(struct run *run, const Tenant *tenant, const char *path)
{
	struct source *source = g_new0(struct source, 1);
	struct stat st;

	source->tenant = tenant;
	source->path = g_strdup(path);
	if (path && stat(path, &st) == 0)
		source->size = st.st_size;
	g_ptr_array_add(run->sources, source);
}

static void
add_sources(struct run *run, const Tenant *tenant)
{
	g_autoptr(GPtrArray) files = lists_files(run->config, tenant);

	if (tenant->entries->len)
		add_source(run, tenant, NULL);
	for (guint i = 0; i < files->len; i++)
		add_source(run, tenant, files->pdata[i]);
}

/* The first source behind those that make a part with that of FIRST. */
static guint
part_end(const struct run *run, guint first)
{
	const struct source *source = run->sources->pdata[first];
	gint64 size = source->size;
	guint next = first + 1;

	for (; size < LARGE && next < run->sources->len; next++) {
		source = run->sources->pdata[next];
		if (source->size >= LARGE)
			break;
		size += source->size;
	}
	return next;
}

/* ---- the name of a part ---- */

static void
append_stamp(GString *all, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		g_string_append(all, " -");
		return;
	}
	if (ABS(clock_now() - (st.st_mtim.tv_sec * G_USEC_PER_SEC +
			       st.st_mtim.tv_nsec / 1000)) < TICK) {
		g_usleep(TICK);
		stat(path, &st);
	}
	g_string_append_printf(all, " %lu %lu %lld %lld.%09ld",
			       (unsigned long)st.st_dev,
			       (unsigned long)st.st_ino,
			       (long long)st.st_size,
			       (long long)st.st_mtim.tv_sec,
			       st.st_mtim.tv_nsec);
}

/* Of sources FIRST to END.  Yours. */
static char *
part_name(const struct run *run, guint first, guint end)
{
	static const struct hash_key key = { 13, 17 };
	g_autoptr(GString) all = g_string_new(NULL);
	struct hash_wide wide;

	g_string_append_printf(all, "%u %zu %s\n", SNAPSHOT_VERSION,
			       sizeof(struct snapshot_record),
			       run->config->path);
	for (guint i = first; i < end; i++) {
		const struct source *source = run->sources->pdata[i];
		const Tenant *tenant = source->tenant;

		g_string_append_printf(all, "%s %s %s", tenant->name,
				       tenant->zone ? tenant->zone : "",
				       source->path ? source->path : "");
		if (source->path)
			append_stamp(all, source->path);
		for (guint j = 0; !source->path && j < tenant->entries->len;
		     j++)
			g_string_append_printf(all, "\n%s", (const char *)
					       tenant->entries->pdata[j]);
		g_string_append_c(all, '\n');
	}
	wide = hash_wide(&key, all->str, all->len);
	return g_strdup_printf("%016" G_GINT64_MODIFIER "x%016"
			       G_GINT64_MODIFIER "x.lists", wide.a, wide.b);
}

/* ---- a part ---- */

static void *
drop(void *data)
{
	g_ptr_array_unref(data);
	return NULL;
}

/* Free OWNED aside: for a million entries that takes a tenth of the time, and
 * mostly the process is about to end anyway. */
static void
drop_aside(GPtrArray *owned)
{
	pthread_attr_t how;
	pthread_t thread;

	pthread_attr_init(&how);
	pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &how, drop, owned) != 0)
		drop(owned);
	pthread_attr_destroy(&how);
}

/* Compile sources FIRST to END into NAME, of which another is made when one
 * of them is in error: that is to be tried again. */
static bool
part_write(struct run *run, guint first, guint end, char **name,
	   GError **error)
{
	g_autoptr(GArray) tenants = g_array_new(FALSE, TRUE,
	    sizeof(struct snapshot_tenant));
	GPtrArray *owned = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)g_ptr_array_unref);
	const Tenant *before = NULL;
	GPtrArray *entries = NULL;
	bool is_good = true, is_written;

	for (guint i = first; i < end; i++) {
		const struct source *source = run->sources->pdata[i];

		if (source->tenant != before) {
			struct snapshot_tenant tenant = {
				.name = source->tenant->name
			};

			entries = g_ptr_array_new_with_free_func(
			    (GDestroyNotify)entry_free);
			g_ptr_array_add(owned, entries);
			tenant.entries = entries;
			g_array_append_val(tenants, tenant);
			before = source->tenant;
		}
		is_good = lists_read_file(run->config, source->tenant,
					  source->path, run->good, entries,
					  run->notes) && is_good;
	}
	if (!is_good) {
		char *other = g_strdup_printf("%" G_GINT64_FORMAT ".%s",
					      run->now, *name);

		g_free(*name);
		*name = other;
		run->compiled->is_good = false;
	}
	is_written = snapshot_write(run->folder, *name, (guint64)run->now,
				    (void *)tenants->data, tenants->len,
				    NULL, error);
	drop_aside(owned);
	return is_written;
}

static void
judge(struct snapshot_life *entry, void *data)
{
	const struct run *run = data;

	life_judge(run->life, run->now, entry);
}

/* Note that each tenant of sources FIRST to END has entries in NAME. */
static void
part_note(struct run *run, guint first, guint end, const char *name)
{
	for (guint i = first; i < end; i++) {
		const struct source *source = run->sources->pdata[i];
		GPtrArray *names = g_hash_table_lookup(run->parts,
						       source->tenant);

		if (names->len == 0 ||
		    strcmp(names->pdata[names->len - 1], name) != 0)
			g_ptr_array_add(names, g_strdup(name));
	}
	g_hash_table_add(run->names, g_strdup(name));
}

static bool
part_add(struct run *run, guint first, guint end, GError **error)
{
	g_autofree char *name = part_name(run, first, end);
	g_autoptr(Snapshot) part = snapshot_open(run->folder, name, NULL,
						 NULL);

	if (!part) {
		if (!part_write(run, first, end, &name, error))
			return false;
		part = snapshot_open(run->folder, name, NULL, error);
		if (!part)
			return false;
	}
	run->compiled->entries += snapshot_count(part);
	if (run->life)
		snapshot_living(part, judge, run, run->changes);
	part_note(run, first, end, name);
	return true;
}

static bool
parts_add(struct run *run, GError **error)
{
	for (guint i = 0, end; i < run->sources->len; i = end) {
		end = part_end(run, i);
		if (!part_add(run, i, end, error))
			return false;
	}
	return true;
}

/* ---- the snapshot ---- */

static void
keep_name(const char *name, void *data)
{
	g_hash_table_add(data, g_strdup(name));
}

/* Write what names all parts, and the feeds of FEEDS. */
static bool
index_write(struct run *run, int folder, struct feeds_run *feeds,
	    GError **error)
{
	guint count = run->config->tenants->len;
	g_autofree struct snapshot_tenant *tenants =
	    g_new0(struct snapshot_tenant, count);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < count; i++) {
		const Tenant *tenant = run->config->tenants->pdata[i];
		GPtrArray *all = feeds_of(feeds, run->config, tenant);

		g_ptr_array_add(owned, all);
		tenants[i] = (struct snapshot_tenant){
			tenant->name, none, all,
			g_hash_table_lookup(run->parts, tenant)
		};
	}
	return snapshot_write(folder, SITE_SNAPSHOT, (guint64)clock_now(),
			      tenants, count, run->changes, error);
}

static bool
run_all(struct run *run, int folder, GError **error)
{
	struct feeds_run feeds;
	bool done;

	for (guint i = 0; i < run->config->tenants->len; i++) {
		const Tenant *tenant = run->config->tenants->pdata[i];

		g_hash_table_insert(run->parts, (gpointer)tenant,
				    g_ptr_array_new_with_free_func(g_free));
		add_sources(run, tenant);
	}
	if (!feeds_begin(&feeds, folder, run->config->state_dir, run->life,
			 run->notes, error))
		return false;
	run->folder = feeds.folder;
	/* Those that are in force until this snapshot is. */
	snapshot_each_part(folder, SITE_SNAPSHOT, keep_name, run->names);
	done = parts_add(run, error) &&
	    index_write(run, folder, &feeds, error);
	run->compiled->is_good &= feeds.is_good;
	run->compiled->values = feeds.values;
	feeds_end(&feeds, done && run->good >= 0 ? run->names : NULL);
	return done;
}

bool
parts_write(const Config *config, int folder, int good, GPtrArray *notes,
	    struct lists_compiled *compiled, GError **error)
{
	g_autoptr(GPtrArray) sources =
	    g_ptr_array_new_with_free_func(source_free);
	g_autoptr(GHashTable) parts = g_hash_table_new_full(NULL, NULL, NULL,
	    (GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	g_autoptr(GArray) changes = snapshot_changes_new();
	g_autoptr(GError) fault = NULL;
	g_autoptr(Life) life = good < 0 ?
	    life_look(config->state_dir, &fault) :
	    life_read(config->state_dir, &fault);
	struct run run = {
		.config = config, .good = good, .notes = notes,
		.sources = sources, .parts = parts, .names = names,
		.changes = changes, .life = life, .now = clock_now(),
		.compiled = compiled,
	};

	/* Without the state store they are in force as they are written. */
	if (fault) {
		struct list_note *note = g_new0(struct list_note, 1);

		note->file = g_strdup(config->state_dir);
		note->text = g_strdup(fault->message);
		g_ptr_array_add(notes, note);
	}
	return run_all(&run, folder, error);
}
