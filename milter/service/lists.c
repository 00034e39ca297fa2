/*
 * lists.c -- compile the tenants' lists; a broken file never stops mail
 *
 * state_dir/lists/good/HASH is a copy of each list file as it was when it
 * was last read without error, kept under a hash of its path.  A broken
 * file is replaced by that copy until it is mended.
 */
#include "gatepost/service/lists.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/snapshot.h"
#include "gatepost/service/parts.h"
#include "gatepost/service/site.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

/* Lists of a million lines and more are legal. */
#define LIST_MOST (1024 * (gsize)MIB)

static void
add_note(GPtrArray *notes, const char *file, guint line, bool is_error,
	 const char *text)
{
	struct list_note *note = g_new0(struct list_note, 1);

	note->file = g_strdup(file);
	note->line = line;
	note->text = g_strdup(text);
	note->is_error = is_error;
	g_ptr_array_add(notes, note);
}

char *
lists_managed(const Config *config, const Tenant *tenant)
{
	return g_strdup_printf("%s/lists/%s.list", config->state_dir,
			       tenant->name);
}

/* The entries of gatepost.conf. */
static bool
read_own(const Config *config, const Tenant *tenant, GPtrArray *entries,
	 GPtrArray *notes)
{
	/* libconfig keeps no line of a value; its number in the list does. */
	g_autofree char *file = g_strdup_printf("%s(%s.entries)",
						config->path, tenant->name);
	bool good = true;

	for (guint i = 0; i < tenant->entries->len; i++) {
		g_autoptr(GPtrArray) odd =
		    g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GError) error = NULL;
		struct entry_place place = { tenant->name, tenant->zone,
					     file, i + 1 };
		Entry *entry = entry_parse(tenant->entries->pdata[i], &place,
					   odd, &error);

		for (guint j = 0; j < odd->len; j++)
			add_note(notes, file, i + 1, false, odd->pdata[j]);
		if (error)
			add_note(notes, file, i + 1, true, error->message);
		good = good && !error;
		if (entry)
			g_ptr_array_add(entries, entry);
	}
	return good;
}

static char *
good_name(const char *path)
{
	static const struct hash_key key = { 1, 2 };
	char text[HASH_TEXT];

	hash_text(hash_bytes(&key, path, strlen(path)), text);
	return g_strdup(text);
}

/* Keep the file at PATH as the last good one. */
static void
remember(int good, const char *path)
{
	g_autofree char *name = good_name(path);
	g_autofree char *now = NULL, *before = NULL;
	gsize length, had;

	now = file_get(AT_FDCWD, path, LIST_MOST, &length, NULL);
	before = file_get(good, name, LIST_MOST, &had, NULL);
	if (now && !(before && had == length &&
		     memcmp(now, before, length) == 0))
		file_replace(good, name, now, length, 0640, NULL);
}

/* A large file is copied aside, while the compiler goes on. */
#define ASIDE_LEAST (4 * MIB)

struct copying {
	pthread_t thread;
	char *path;
	int good;
};

/* Copies under way, of struct copying *; one thread makes and ends them. */
static GPtrArray *copies;

static void *
copy(void *data)
{
	const struct copying *copying = data;

	remember(copying->good, copying->path);
	return NULL;
}

static void
remember_aside(int good, const char *path)
{
	struct copying *copying;
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size < ASIDE_LEAST) {
		remember(good, path);
		return;
	}
	copying = g_new0(struct copying, 1);
	copying->path = g_strdup(path);
	copying->good = good;
	if (!copies)
		copies = g_ptr_array_new();
	if (pthread_create(&copying->thread, NULL, copy, copying) == 0) {
		g_ptr_array_add(copies, copying);
		return;
	}
	remember(good, path);
	g_free(copying->path);
	g_free(copying);
}

/* Wait for all that is copied aside. */
static void
copies_end(void)
{
	for (guint i = 0; copies && i < copies->len; i++) {
		struct copying *copying = copies->pdata[i];

		pthread_join(copying->thread, NULL);
		g_free(copying->path);
		g_free(copying);
	}
	g_clear_pointer(&copies, g_ptr_array_unref);
}

/* Read the last good copy of PATH in its place. */
static void
recall(const Config *config, const char *path, const Tenant *tenant,
       GPtrArray *entries, GPtrArray *notes)
{
	g_autofree char *name = good_name(path);
	g_autofree char *copy = g_strdup_printf("%s/lists/good/%s",
						config->state_dir, name);
	g_autoptr(GPtrArray) silent = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	guint before = entries->len;

	if (access(copy, R_OK) < 0) {
		add_note(notes, path, 0, true, "no good generation of this "
			 "file is known: none of its entries is in force");
		return;
	}
	listfile_read(copy, tenant->name, tenant->zone, entries, silent);
	for (guint i = before; i < entries->len; i++) {
		Entry *entry = entries->pdata[i];

		g_free(entry->file);
		entry->file = g_strdup(path);
	}
	add_note(notes, path, 0, false, "the last good generation of this "
		 "file stays in force until it is mended");
}

GPtrArray *
lists_files(const Config *config, const Tenant *tenant)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	char *managed = lists_managed(config, tenant);

	for (guint i = 0; i < tenant->lists->len; i++)
		g_ptr_array_add(all, g_strdup(tenant->lists->pdata[i]));
	if (access(managed, F_OK) == 0)
		g_ptr_array_add(all, managed);
	else
		g_free(managed);
	return all;
}

bool
lists_read_file(const Config *config, const Tenant *tenant, const char *path,
		int good, GPtrArray *entries, GPtrArray *notes)
{
	guint before = entries->len;

	if (!path)
		return read_own(config, tenant, entries, notes);
	if (listfile_read(path, tenant->name, tenant->zone, entries, notes)) {
		if (good >= 0)
			remember_aside(good, path);
		return true;
	}
	if (good >= 0) {
		g_ptr_array_set_size(entries, (int)before);
		recall(config, path, tenant, entries, notes);
	}
	return false;
}

char *
lists_for_nobody(const Config *config, const Tenant *tenant,
		 const Entry *entry)
{
	for (guint i = 0; i < entry->for_->len; i++) {
		const char *one = entry->for_->pdata[i];
		const char *at = strrchr(one, '@');

		if (config_tenant_of(config, at ? at + 1 : one) != tenant)
			return g_strdup_printf("for=%s is in no domain of "
					       "tenant %s: it never acts for "
					       "that", one, tenant->name);
	}
	return NULL;
}

bool
lists_read(const Config *config, const Tenant *tenant, GPtrArray *entries,
	   GPtrArray *notes)
{
	g_autoptr(GPtrArray) all = lists_files(config, tenant);
	bool good = lists_read_file(config, tenant, NULL, -1, entries, notes);

	for (guint i = 0; i < all->len; i++)
		good = lists_read_file(config, tenant, all->pdata[i], -1,
				       entries, notes) && good;
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];
		g_autofree char *odd = lists_for_nobody(config, tenant,
							entry);

		if (odd)
			add_note(notes, entry->file, entry->line, false, odd);
	}
	return good;
}

bool
lists_write(const Config *config, int folder, GPtrArray *notes,
	    GError **error)
{
	struct lists_compiled compiled = { .is_good = true };

	return parts_write(config, folder, -1, notes, &compiled, error);
}

bool
lists_compile(const Config *config, GPtrArray *notes,
	      struct lists_compiled *compiled, GError **error)
{
	int folder = folder_open(AT_FDCWD, config->state_dir, 0750, error);
	int lists = folder < 0 ? -1 : folder_open(folder, "lists", 0750,
						  error);
	int good = lists < 0 ? -1 : folder_open(lists, "good", 0750, error);
	int lock = good < 0 ? -1 : openat(good, ".lock", O_RDWR | O_CREAT |
					  O_NOFOLLOW | O_CLOEXEC, 0640);
	bool done = false;

	*compiled = (struct lists_compiled){ .is_good = true };
	if (good >= 0 && (lock < 0 || flock(lock, LOCK_EX) < 0))
		file_fail(error, "lock", "lists");
	else if (good >= 0)
		done = parts_write(config, folder, good, notes, compiled,
				 error);
	copies_end();
	if (lock >= 0)
		close(lock);
	if (good >= 0)
		close(good);
	if (lists >= 0)
		close(lists);
	if (folder >= 0)
		close(folder);
	return done;
}
