/*
 * box.c -- one durable folder of items
 *
 *	state     files                        after a crash here
 *	writing   tmp/ID.*.eml, tmp/ID.*.json  sweep removes them after an hour
 *	half      STATE/ID.eml, tmp/ID.*.json  as writing: no answer was given
 *	kept      STATE/ID.eml, STATE/ID.json  nothing to do
 *	moving    TO/ID.json, FROM/ID.eml      box_gather() or sweep joins them
 *	dropped   STATE/ID.eml                 sweep removes it
 *	stripped  STATE/ID.json                nothing to do
 *
 * Both files are synced in tmp, the octets get their name first, and the
 * name of the JSON is the commit point; one sync of the folder follows.  The
 * JSON goes first when an item is removed, so it never points at nothing.
 *
 * Each put has names of its own in tmp: what a crash left there stands in
 * nobody's way when the same item comes again, and of two that put the same
 * item at once neither gets half of the other's.
 */
#include "gatepost/store/box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"

struct Box {
	int folder, tmp;
	char *name;
};

static bool
is_state(const char *state)
{
	return *state && *state != '.' && !strchr(state, '/') &&
	    strlen(state) < 64;
}

static int
state_open(Box *box, const char *state, GError **error)
{
	g_assert(is_state(state));
	return folder_open(box->folder, state, 0750, error);
}

Box *
box_open(int folder, const char *name, const char *const *states,
	 GError **error)
{
	g_autoptr(Box) box = g_new0(Box, 1);

	box->name = g_strdup(name);
	box->tmp = -1;
	box->folder = folder_open(folder, name, 0750, error);
	if (box->folder < 0)
		return NULL;
	box->tmp = folder_open(box->folder, "tmp", 0750, error);
	if (box->tmp < 0)
		return NULL;
	for (; *states; states++) {
		int fd = state_open(box, *states, error);

		if (fd < 0)
			return NULL;
		close(fd);
	}
	return g_steal_pointer(&box);
}

void
box_free(Box *box)
{
	if (!box)
		return;
	if (box->folder >= 0)
		close(box->folder);
	if (box->tmp >= 0)
		close(box->tmp);
	g_free(box->name);
	g_free(box);
}

static void
names(const char *id, char eml[32], char json[32])
{
	g_assert(id_is(id));
	g_snprintf(eml, 32, "%s.eml", id);
	g_snprintf(json, 32, "%s.json", id);
}

/* The names of one put in tmp. */
struct parts {
	char eml[64], json[64];
};

static void
parts_name(struct parts *parts, const char *id)
{
	char own[ID_TEXT];

	id_new(own);
	g_snprintf(parts->eml, sizeof parts->eml, "%s.%s.eml", id, own);
	g_snprintf(parts->json, sizeof parts->json, "%s.%s.json", id, own);
}

static bool
place(Box *box, const char *part, int state, const char *name,
      GError **error)
{
	return renameat(box->tmp, part, state, name) == 0 ||
	    file_fail(error, "place", name);
}

bool
box_put(Box *box, const char *state, const char *id, int fd, gsize size,
	const char *json, GError **error)
{
	char eml[32], meta[32];
	struct parts parts;
	bool is_new = faccessat(box->folder, state, F_OK, 0) < 0;
	int folder = state_open(box, state, error);
	bool good = folder >= 0;

	names(id, eml, meta);
	if (good && strlen(json) > BOUND_ITEM_JSON) {
		/* What could not be read again is not kept. */
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s: what is known of %s takes more than %d "
			    "octets", box->name, id, BOUND_ITEM_JSON);
		close(folder);
		return false;
	}
	if (good && faccessat(folder, meta, F_OK, 0) == 0) {
		close(folder);
		return true;
	}
	parts_name(&parts, id);
	good = good && (!is_new || folder_sync(box->folder, box->name,
					       error)) &&
	    file_put_fd(box->tmp, parts.eml, fd, size, error) &&
	    file_put(box->tmp, parts.json, json, strlen(json), error) &&
	    place(box, parts.eml, folder, eml, error) &&
	    place(box, parts.json, folder, meta, error) &&
	    folder_sync(folder, state, error);
	if (!good) {
		unlinkat(box->tmp, parts.eml, 0);
		unlinkat(box->tmp, parts.json, 0);
		g_prefix_error(error, "%s: ", box->name);
	}
	if (folder >= 0)
		close(folder);
	return good;
}

int
box_octets(Box *box, const char *state, const char *id, gsize *size,
	   GError **error)
{
	char eml[32], meta[32];
	int folder = state_open(box, state, error), fd;
	struct stat st;

	names(id, eml, meta);
	if (folder < 0)
		return -1;
	fd = openat(folder, eml, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		file_fail(error, "open", eml);
		if (fd >= 0)
			close(fd);
		fd = -1;
	} else {
		*size = (gsize)st.st_size;
	}
	close(folder);
	return fd;
}

char *
box_json(Box *box, const char *state, const char *id, GError **error)
{
	char eml[32], meta[32];
	int folder = state_open(box, state, error);
	char *json;

	names(id, eml, meta);
	if (folder < 0)
		return NULL;
	json = file_get(folder, meta, BOUND_ITEM_JSON, NULL, error);
	close(folder);
	return json;
}

bool
box_update(Box *box, const char *state, const char *id, const char *json,
	   GError **error)
{
	char eml[32], meta[32];
	int folder = state_open(box, state, error);
	bool good;

	names(id, eml, meta);
	good = folder >= 0 && file_replace(folder, meta, json, strlen(json),
					   0640, error);
	if (folder >= 0)
		close(folder);
	return good;
}

static bool
drop(int folder, const char *name, GError **error)
{
	return unlinkat(folder, name, 0) == 0 || errno == ENOENT ||
	    file_fail(error, "remove", name);
}

bool
box_remove(Box *box, const char *state, const char *id, GError **error)
{
	char eml[32], meta[32];
	int folder = state_open(box, state, error);
	bool good;

	names(id, eml, meta);
	good = folder >= 0 && drop(folder, meta, error) &&
	    folder_sync(folder, state, error) && drop(folder, eml, error);
	if (folder >= 0)
		close(folder);
	return good;
}

/* As box_move(), but for the syncs. */
static bool
move_files(int source, int target, const char *id, GError **error)
{
	char eml[32], meta[32];

	names(id, eml, meta);
	/* The JSON's rename decides who is first. */
	if (renameat(source, meta, target, meta) < 0)
		return errno != ENOENT && file_fail(error, "move", meta);
	return renameat(source, eml, target, eml) == 0 ||
	    file_fail(error, "move", eml);
}

bool
box_move_all(Box *box, const char *from, const char *to, const GPtrArray *ids,
	     box_fault *fault, void *data, GError **error)
{
	int source = state_open(box, from, error);
	int target = source < 0 ? -1 : state_open(box, to, error);
	bool good = target >= 0;

	for (guint i = 0; good && i < ids->len; i++) {
		g_autoptr(GError) why = NULL;

		if (!move_files(source, target, ids->pdata[i], &why) && why)
			fault(ids->pdata[i], why, data);
	}
	good = good && (ids->len == 0 || (folder_sync(target, to, error) &&
					  folder_sync(source, from, error)));
	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	return good;
}

bool
box_move(Box *box, const char *from, const char *to, const char *id,
	 GError **error)
{
	int source = state_open(box, from, error);
	int target = source < 0 ? -1 : state_open(box, to, error);
	bool good = target >= 0 && move_files(source, target, id, error) &&
	    folder_sync(target, to, error) &&
	    folder_sync(source, from, error);

	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	return good;
}

/* Does NAME of item ID stand in STATE? */
static bool
stands(const Box *box, const char *state, const char *name)
{
	g_autofree char *path = g_strconcat(state, "/", name, NULL);

	return faccessat(box->folder, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
box_strip(Box *box, const char *state, const char *id, GError **error)
{
	char eml[32], meta[32];
	int folder = state_open(box, state, error);
	bool good;

	names(id, eml, meta);
	good = folder >= 0 && (!stands(box, state, eml) ||
			       (drop(folder, eml, error) &&
				folder_sync(folder, state, error)));
	if (folder >= 0)
		close(folder);
	return good;
}

bool
box_gather(Box *box, const char *state, const char *id, GError **error)
{
	g_autoptr(GPtrArray) states = NULL;
	char eml[32], meta[32];

	names(id, eml, meta);
	if (stands(box, state, eml))
		return true;
	states = box_states(box);
	for (guint i = 0; i < states->len; i++) {
		const char *other = states->pdata[i];
		int source, target;
		bool good;

		if (!stands(box, other, eml) || stands(box, other, meta))
			continue;
		source = state_open(box, other, error);
		target = source < 0 ? -1 : state_open(box, state, error);
		good = target >= 0 &&
		    (renameat(source, eml, target, eml) == 0 ||
		     file_fail(error, "move", eml)) &&
		    folder_sync(target, state, error);
		if (source >= 0)
			close(source);
		if (target >= 0)
			close(target);
		return good;
	}
	errno = ENOENT;
	return file_fail(error, "open", eml);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Call EACH for every name of FOLDER that does, or does not, start with a
 * dot. */
static void
each_name(int folder, bool dotted,
	  void (*each)(int folder, const char *name, void *data), void *data)
{
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	const struct dirent *found;

	if (!dir) {
		if (again >= 0)
			close(again);
		return;
	}
	while ((found = readdir(dir)))
		if ((found->d_name[0] == '.') == dotted)
			each(folder, found->d_name, data);
	closedir(dir);
}

static void
add_item(int folder, const char *name, void *data)
{
	g_autofree char *id = g_strdup(name);
	char *dot = strrchr(id, '.');

	(void)folder;
	if (dot && strcmp(dot, ".json") == 0) {
		*dot = '\0';
		if (id_is(id))
			g_ptr_array_add(data, g_steal_pointer(&id));
	}
}

static void
add_octets(int folder, const char *name, void *data)
{
	(void)folder;
	if (strlen(name) == ID_TEXT - 1 + strlen(".eml") &&
	    g_str_has_suffix(name, ".eml"))
		g_ptr_array_add(data, g_strndup(name, ID_TEXT - 1));
}

void
box_join(Box *box, const char *state)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) states = box_states(box);
	int folder = openat(box->folder, state, O_RDONLY | O_DIRECTORY |
			    O_CLOEXEC);
	char eml[32], meta[32];

	if (folder < 0)
		return;
	each_name(folder, false, add_octets, ids);
	close(folder);
	for (guint i = 0; i < ids->len; i++) {
		names(ids->pdata[i], eml, meta);
		for (guint j = 0; !stands(box, state, meta) &&
		     j < states->len; j++)
			if (stands(box, states->pdata[j], meta))
				box_gather(box, states->pdata[j],
					   ids->pdata[i], NULL);
	}
}

GPtrArray *
box_list(Box *box, const char *state)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	int folder = openat(box->folder, state, O_RDONLY | O_DIRECTORY |
			    O_CLOEXEC);

	if (folder >= 0) {
		each_name(folder, false, add_item, ids);
		close(folder);
	}
	g_ptr_array_sort(ids, by_name);
	return ids;
}

static void
add_state(int folder, const char *name, void *data)
{
	struct stat st;

	if (strcmp(name, "tmp") != 0 &&
	    fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		g_ptr_array_add(data, g_strdup(name));
}

GPtrArray *
box_states(Box *box)
{
	GPtrArray *states = g_ptr_array_new_with_free_func(g_free);

	each_name(box->folder, false, add_state, states);
	g_ptr_array_sort(states, by_name);
	return states;
}

static bool
is_old(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_ctime + BOUND_TMP_SECONDS <
	    time(NULL);
}

/* What a replacement of ID.json left beside it. */
static void
sweep_beside(int folder, const char *name, void *data)
{
	if (g_str_has_suffix(name, ".tmp") && is_old(folder, name) &&
	    unlinkat(folder, name, 0) == 0)
		++*(guint *)data;
}

static void
sweep_tmp(int folder, const char *name, void *data)
{
	if (is_old(folder, name) && unlinkat(folder, name, 0) == 0)
		++*(guint *)data;
}

struct sweeping {
	Box *box;
	const GPtrArray *states;
	guint *count;
};

/* Octets without JSON are of a put that never ended, of a removal, or of a
 * move, whose JSON went ahead. */
static void
sweep_orphan(int folder, const char *name, void *data)
{
	const struct sweeping *sweeping = data;
	g_autofree char *id = g_strdup(name), *json = NULL;
	char *dot = strrchr(id, '.');

	if (!dot || strcmp(dot, ".eml") != 0)
		return;
	*dot = '\0';
	if (!id_is(id))
		return;
	json = g_strconcat(id, ".json", NULL);
	if (faccessat(folder, json, F_OK, 0) == 0 || errno != ENOENT)
		return;
	for (guint i = 0; i < sweeping->states->len; i++) {
		const char *state = sweeping->states->pdata[i];

		if (stands(sweeping->box, state, json) &&
		    !stands(sweeping->box, state, name)) {
			box_gather(sweeping->box, state, id, NULL);
			return;
		}
	}
	sweep_tmp(folder, name, sweeping->count);
}

guint
box_sweep(Box *box)
{
	g_autoptr(GPtrArray) states = box_states(box);
	guint count = 0;
	struct sweeping sweeping = { box, states, &count };

	each_name(box->tmp, false, sweep_tmp, &count);
	for (guint i = 0; i < states->len; i++) {
		int folder = state_open(box, states->pdata[i], NULL);

		if (folder < 0)
			continue;
		each_name(folder, false, sweep_orphan, &sweeping);
		each_name(folder, true, sweep_beside, &count);
		close(folder);
		/* An empty day goes; one with items stays. */
		if (g_ascii_isdigit(*(char *)states->pdata[i]))
			unlinkat(box->folder, states->pdata[i], AT_REMOVEDIR);
	}
	return count;
}

double
box_free_percent(const Box *box)
{
	return folder_free(box->folder);
}
