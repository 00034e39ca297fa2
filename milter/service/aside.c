/*
 * aside.c -- lists compiled for one question, in a folder of its own
 *
 * The file is mapped and gone before anybody asks.
 */
#include "gatepost/service/aside.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "gatepost/lists/snapshot_format.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/site.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

struct aside {
	const Config *config;		/* NULL: one tenant alone */
	GPtrArray *notes;
	struct snapshot_tenant tenant;
};

static bool
fill(const struct aside *aside, int folder, GError **error)
{
	return aside->config ?
	    lists_write(aside->config, folder, aside->notes, error) :
	    snapshot_write(folder, SITE_SNAPSHOT, (guint64)clock_now(),
			   &aside->tenant, 1, NULL, error);
}

/* Take out what was compiled into FOLDER, and close it. */
static void
take_away(int folder)
{
	int parts = openat(folder, SNAPSHOT_PARTS, O_RDONLY | O_DIRECTORY |
			   O_CLOEXEC);
	DIR *dir = parts < 0 ? NULL : fdopendir(parts);
	const struct dirent *one;

	while (dir && (one = readdir(dir)))
		unlinkat(parts, one->d_name, 0);
	if (dir)
		closedir(dir);
	unlinkat(folder, SNAPSHOT_PARTS, AT_REMOVEDIR);
	unlinkat(folder, SITE_SNAPSHOT, 0);
	close(folder);
}

static Snapshot *
compile(const struct aside *aside, GError **error)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(),
						 "gatepost-XXXXXX", NULL);
	Snapshot *lists = NULL;
	int folder;

	if (!g_mkdtemp(path)) {
		file_fail(error, "make folder", path);
		return NULL;
	}
	folder = folder_open(AT_FDCWD, path, 0700, error);
	if (folder >= 0 && fill(aside, folder, error))
		lists = snapshot_open(folder, SITE_SNAPSHOT, NULL, error);
	if (folder >= 0)
		take_away(folder);
	rmdir(path);
	return lists;
}

Snapshot *
aside_all(const Config *config, GPtrArray *notes, GError **error)
{
	struct aside aside = { .config = config, .notes = notes };

	return compile(&aside, error);
}

Snapshot *
aside_entries(const char *name, const GPtrArray *entries, GError **error)
{
	struct aside aside = {
		.tenant = { .name = name, .entries = entries },
	};

	return compile(&aside, error);
}
