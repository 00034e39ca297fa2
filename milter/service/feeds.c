/*
 * feeds.c -- compile the feeds; a broken file never stops mail
 *
 * state_dir/compiled/NAME is the last good generation of a file, replaced
 * only by a better one: so a file in error stays in force as it was.
 */
#include "gatepost/service/feeds.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/lists/feed.h"
#include "gatepost/lists/listfile.h"
#include "gatepost/lists/snapshot.h"
#include "gatepost/util/file.h"

char *
feed_key(const FeedSetting *feed)
{
	return g_strconcat(SNAPSHOT_FEED, feed->name, NULL);
}

static void
add_note(GPtrArray *notes, const char *file, bool is_error, const char *text)
{
	struct list_note *note = g_new0(struct list_note, 1);

	note->file = g_strdup(file);
	note->text = g_strdup(text);
	note->is_error = is_error;
	g_ptr_array_add(notes, note);
}

bool
feeds_begin(struct feeds_run *run, int folder, const char *state_dir,
	    Life *life, GPtrArray *notes, GError **error)
{
	*run = (struct feeds_run){
		.folder = folder_open(folder, SNAPSHOT_PARTS, 0750, error),
		.life = life, .state_dir = state_dir, .notes = notes,
		.is_good = true,
	};
	if (run->folder < 0)
		return false;
	run->parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					   NULL);
	return true;
}

/* What stands there of SOURCE, compiled at most once in RUN; *TIME is when
 * that was.  "" when there is nothing.  Yours. */
static char *
part_of(struct feeds_run *run, const struct feed_source *source, gint64 *time)
{
	g_autofree char *name = feed_name(source);
	bool is_known = g_hash_table_contains(run->parts, name);
	enum feed_result result = is_known ? FEED_SAME :
	    feed_compile(run->folder, source, run->notes);
	g_autoptr(Feed) feed = feed_open(run->folder, name, NULL, NULL);

	if (!is_known)
		g_hash_table_add(run->parts, g_strdup(name));
	if (result == FEED_BROKEN) {
		run->is_good = false;
		add_note(run->notes, source->path, !feed, feed ?
			 "the last good generation of this feed stays in "
			 "force until it is mended" : "no good generation "
			 "of this feed is known: none of its values is in "
			 "force");
	}
	*time = feed ? feed_generation(feed) : 0;
	run->values += feed && !is_known ? feed_values(feed) : 0;
	return feed ? g_steal_pointer(&name) : g_strdup("");
}

/* Does the brake of KEY hold for what was compiled at TIME? */
static bool
is_braked(struct feeds_run *run, const char *key, gint64 time)
{
	const struct brake *brake = run->life ?
	    g_hash_table_lookup(run->life->brakes, key) : NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Usages) usages = NULL;

	if (!brake)
		return false;
	if (brake->at >= time)
		return true;
	usages = usages_open(run->state_dir, &error);
	if (usages && brake_lift(usages, key, &error))
		g_hash_table_remove(run->life->brakes, key);
	if (error)
		add_note(run->notes, key, false, error->message);
	return false;
}

static void
add_feed(struct feeds_run *run, const FeedSetting *setting, GPtrArray *feeds)
{
	g_autofree char *key = feed_key(setting);
	guint first = feeds->len;
	gint64 newest = 0, time;
	bool braked;

	for (guint i = 0; i < setting->files->len; i++) {
		struct snapshot_feed *feed = g_new0(struct snapshot_feed, 1);
		struct feed_source source = {
			setting->files->pdata[i],
			(enum indicator_kind)setting->kind,
			setting->action == FEED_ALLOW
		};

		feed->key = g_strdup(key);
		feed->file = g_strdup(source.path);
		feed->part = part_of(run, &source, &time);
		feed->action = (enum entry_action)setting->action;
		feed->kind = source.kind;
		feed->as = setting->category;
		newest = MAX(newest, time);
		g_ptr_array_add(feeds, feed);
	}
	braked = is_braked(run, key, newest);
	for (guint i = first; i < feeds->len; i++) {
		struct snapshot_feed *feed = feeds->pdata[i];

		feed->is_braked = braked;
	}
}

GPtrArray *
feeds_of(struct feeds_run *run, const Config *config, const Tenant *tenant)
{
	GPtrArray *feeds = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)snapshot_feed_free);
	g_autoptr(GPtrArray) settings = config_feeds(config, tenant);

	for (guint i = 0; i < settings->len; i++)
		add_feed(run, settings->pdata[i], feeds);
	return feeds;
}

static void
clean_folder(const struct feeds_run *run, GHashTable *others)
{
	int again = openat(run->folder, ".", O_RDONLY | O_DIRECTORY |
			   O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	const struct dirent *one;

	if (!dir) {
		if (again >= 0)
			close(again);
		return;
	}
	while ((one = readdir(dir)))
		if (strcmp(one->d_name, ".") != 0 &&
		    strcmp(one->d_name, "..") != 0 &&
		    !g_hash_table_contains(run->parts, one->d_name) &&
		    !g_hash_table_contains(others, one->d_name))
			unlinkat(run->folder, one->d_name, 0);
	closedir(dir);
}

void
feeds_end(struct feeds_run *run, GHashTable *others)
{
	if (run->folder < 0)
		return;
	if (others)
		clean_folder(run, others);
	close(run->folder);
	run->folder = -1;
	g_clear_pointer(&run->parts, g_hash_table_unref);
}

bool
feeds_check(const Config *config, const Tenant *tenant, GHashTable *done,
	    guint64 *values, GPtrArray *notes)
{
	g_autoptr(GPtrArray) settings = config_feeds(config, tenant);
	bool good = true;

	*values = 0;
	for (guint i = 0; i < settings->len; i++) {
		const FeedSetting *setting = settings->pdata[i];

		for (guint j = 0; j < setting->files->len; j++) {
			struct feed_source source = {
				setting->files->pdata[j],
				(enum indicator_kind)setting->kind,
				setting->action == FEED_ALLOW
			};
			char *name = feed_name(&source);
			guint64 count = GPOINTER_TO_SIZE(
			    g_hash_table_lookup(done, name));

			if (!g_hash_table_contains(done, name))
				good = feed_check(&source, &count, notes) &&
				    good;
			g_hash_table_insert(done, name,
					    GSIZE_TO_POINTER(count));
			*values += count;
		}
	}
	return good;
}
