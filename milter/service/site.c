/*
 * site.c -- open what stands in state_dir, and know what is in force
 */
#include "gatepost/service/site.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"

Site *
site_open(const Config *config, GError **error)
{
	static const char *const states[] = {
		"new", "claimed", "done", "failed", NULL
	};
	static const char *const actions_states[] = { "new", NULL };
	static const char *const reports_states[] = { "new", "kept", NULL };
	g_autoptr(Site) site = g_new0(Site, 1);
	g_autofree char *spool = NULL;
	int folder;

	site->path = g_strdup(config->state_dir);
	site->folder = folder_open(AT_FDCWD, site->path, 0750, error);
	if (site->folder < 0 ||
	    !state_key(site->folder, &site->key, error))
		return NULL;
	folder = folder_open(site->folder, "spool", 0750, error);
	if (folder < 0)
		return NULL;
	site->candidates = box_open(folder, "candidates", states, error);
	site->submissions = !site->candidates ? NULL :
	    box_open(folder, "submissions", states, error);
	close(folder);
	if (!site->submissions)
		return NULL;
	site->state = state_open(site->path, error);
	if (!site->state)
		return NULL;
	site->users = users_open(site->path, error);
	if (!site->users)
		return NULL;
	site->quarantine = quarantine_open(site->folder, site->path, error);
	if (!site->quarantine)
		return NULL;
	site->ledger = ledger_open(site->folder, site->path,
				   &site->key.ledger, error);
	if (!site->ledger)
		return NULL;
	site->evidence = evidence_open(site->folder, site->path, error);
	if (!site->evidence)
		return NULL;
	site->usages = usages_open(site->path, error);
	if (!site->usages)
		return NULL;
	site->contacts = contacts_open(site->path, error);
	if (!site->contacts)
		return NULL;
	site->trail = trail_open(site->path, error);
	if (!site->trail)
		return NULL;
	site->alerts = alerts_open(site->path, error);
	if (!site->alerts)
		return NULL;
	site->outbox = outbox_open(site->folder, error);
	if (!site->outbox)
		return NULL;
	site->choices = choices_open(site->path, error);
	if (!site->choices)
		return NULL;
	site->suspected = candidates_open(site->path, error);
	if (!site->suspected)
		return NULL;
	site->submitted = submissions_open(site->path, error);
	if (!site->submitted)
		return NULL;
	site->actions = box_open(site->folder, "actions", actions_states,
				 error);
	if (!site->actions)
		return NULL;
	site->reports = reports_open(site->path, error);
	if (!site->reports)
		return NULL;
	site->reports_box = box_open(site->folder, "reports", reports_states,
				     error);
	return site->reports_box ? g_steal_pointer(&site) : NULL;
}

void
site_free(Site *site)
{
	if (!site)
		return;
	users_free(site->users);
	state_free(site->state);
	quarantine_free(site->quarantine);
	box_free(site->candidates);
	candidates_free(site->suspected);
	box_free(site->submissions);
	submissions_free(site->submitted);
	ledger_free(site->ledger);
	evidence_free(site->evidence);
	usages_free(site->usages);
	contacts_free(site->contacts);
	trail_free(site->trail);
	outbox_free(site->outbox);
	alerts_free(site->alerts);
	choices_free(site->choices);
	box_free(site->actions);
	reports_free(site->reports);
	box_free(site->reports_box);
	if (site->folder >= 0)
		close(site->folder);
	g_free(site->path);
	g_free(site);
}

bool
site_become_user(const Config *config, GError **error)
{
	const struct passwd *user;
	const struct group *group = NULL;
	gid_t gid;

	if (geteuid() != 0 || !config->user)
		return true;
	user = getpwnam(config->user);
	if (config->group)
		group = getgrnam(config->group);
	if (!user || (config->group && !group)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s: %s %s is not known to this "
			    "system: make it, or name another",
			    config->path, user ? "group" : "user",
			    user ? config->group : config->user);
		return false;
	}
	gid = group ? group->gr_gid : user->pw_gid;
	if (initgroups(config->user, gid) < 0 || setgid(gid) < 0 ||
	    setuid(user->pw_uid) < 0)
		return file_fail(error, "become", config->user);
	return true;
}

bool
lists_are_due(int folder, GError **error)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT "\n",
						clock_now());

	return file_replace(folder, SITE_DUE, text, strlen(text), 0640,
			    error);
}

/* ---- setup ---- */

/* "TENANT MODE" or "* MODE" a line. */
static GHashTable *
modes_read(int folder)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal,
						g_free, NULL);
	g_autofree char *text = file_get(folder, SITE_MODE, 1 << 20, NULL,
					 NULL);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		char *blank = strchr(lines[i], ' ');
		int mode = blank ? fields_word(modes, blank + 1) : -1;

		if (mode >= 0)
			g_hash_table_replace(all, g_strndup(lines[i],
			    (gsize)(blank - lines[i])),
			    GINT_TO_POINTER(mode + 1));
	}
	return all;
}

Setup *
setup_new(Config *config, int folder, const Setup *before, GError **note)
{
	Setup *setup = g_new0(Setup, 1);

	setup->refs = 1;
	setup->config = config_ref(config);
	setup->lists = snapshot_open(folder, SITE_SNAPSHOT, before ?
				     before->lists : NULL, note);
	if (!setup->lists && before && before->lists)
		setup->lists = snapshot_ref(before->lists);
	setup->modes = modes_read(folder);
	return setup;
}

void
setup_open_routes(Setup *setup, const Setup *before)
{
	bool is_same = before && before->routes &&
	    routes_are_of(before->routes, setup->config);

	setup->routes = is_same ? routes_ref(before->routes) :
	    routes_new(setup->config);
}

Setup *
setup_ref(Setup *setup)
{
	g_atomic_int_inc(&setup->refs);
	return setup;
}

void
setup_unref(Setup *setup)
{
	if (!setup || !g_atomic_int_dec_and_test(&setup->refs))
		return;
	if (setup->lists)
		snapshot_unref(setup->lists);
	g_hash_table_destroy(setup->modes);
	routes_unref(setup->routes);
	config_unref(setup->config);
	g_free(setup);
}

enum mode
setup_mode(const Setup *setup, const Tenant *tenant)
{
	gpointer mode = NULL;

	if (tenant)
		mode = g_hash_table_lookup(setup->modes, tenant->name);
	if (!mode)
		mode = g_hash_table_lookup(setup->modes, "*");
	return mode ? (enum mode)(GPOINTER_TO_INT(mode) - 1) :
	    config_mode(setup->config, tenant);
}

const char *
setup_mode_source(const Setup *setup, const Tenant *tenant)
{
	if (g_hash_table_contains(setup->modes, tenant->name))
		return "gatepost mode, for this tenant";
	if (g_hash_table_contains(setup->modes, "*"))
		return "gatepost mode, for every tenant";
	return tenant->mode >= 0 ? "mode of the tenant in the configuration" :
	    "mode of the configuration, or its default";
}

static void
add_line(gpointer key, gpointer value, gpointer out)
{
	g_string_append_printf(out, "%s %s\n", (const char *)key,
			       modes[GPOINTER_TO_INT(value) - 1]);
}

bool
mode_set(int folder, const char *tenant, enum mode mode, GError **error)
{
	int lock = openat(folder, ".mode.lock", O_RDWR | O_CREAT |
			  O_NOFOLLOW | O_CLOEXEC, 0640);
	g_autoptr(GString) text = g_string_new(NULL);
	GHashTable *all;
	bool good;

	if (lock < 0 || flock(lock, LOCK_EX) < 0) {
		file_fail(error, "lock", SITE_MODE);
		if (lock >= 0)
			close(lock);
		return false;
	}
	all = modes_read(folder);
	if (!tenant)
		g_hash_table_remove_all(all);
	g_hash_table_replace(all, g_strdup(tenant ? tenant : "*"),
			     GINT_TO_POINTER((int)mode + 1));
	g_hash_table_foreach(all, add_line, text);
	good = file_replace(folder, SITE_MODE, text->str, text->len, 0640,
			    error);
	g_hash_table_destroy(all);
	close(lock);
	return good;
}
