/*
 * cmd_policy.c -- gatepost policy: precedence, actions, lists, users, mode
 * and rights in force for a tenant
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/list.h"
#include "gatepost/model/rights.h"
#include "gatepost/policy/judge.h"

struct policing {
	struct cli *cli;
	const Tenant *tenant;
	const Setup *setup;
	GPtrArray *files;	/* of struct list_file * */
	GString *out;
};

/* A place of entries. */
struct list_file {
	char *path;
	bool is_managed, is_there;
	guint entries;
};

static void
list_file_free(gpointer data)
{
	struct list_file *file = data;

	g_free(file->path);
	g_free(file);
}

static void
add_file(struct policing *policing, char *path, bool is_own,
	 const GPtrArray *entries)
{
	struct list_file *file = g_new0(struct list_file, 1);

	file->path = path;
	file->is_there = is_own || access(path, F_OK) == 0;
	file->is_managed = listfile_is_managed(path);
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];

		file->entries += strcmp(entry->file, path) == 0;
	}
	g_ptr_array_add(policing->files, file);
}

static void
add_files(struct policing *policing)
{
	const Config *config = policing->cli->config;
	const Tenant *tenant = policing->tenant;
	g_autoptr(GPtrArray) entries = list_entries(policing->cli, tenant);
	char *managed = lists_managed(config, tenant);

	if (tenant->entries->len)
		add_file(policing, g_strdup_printf("%s(%s.entries)",
		    config->path, tenant->name), true, entries);
	for (guint i = 0; i < tenant->lists->len; i++)
		add_file(policing, g_strdup(tenant->lists->pdata[i]), false,
			 entries);
	add_file(policing, managed, false, entries);
	((struct list_file *)policing->files->pdata[policing->files->len -
	    1])->is_managed = true;
}

/* ---- who may do what ---- */

/* To add a right: a row; %s is the daemon's user. */
static const struct {
	const char *who, *may;
} rights[] = {
	{ "root", "everything; becomes %s before it touches what is kept" },
	{ "%s", "everything" },
	{ "anyone else", "what needs only the configuration and list files, "
	  "as far as he may read them: check, try; nothing that is kept" },
};

static char *
named(const struct policing *policing, const char *text)
{
	const char *user = policing->cli->config->user;
	g_auto(GStrv) parts = g_strsplit(text, "%s", -1);

	return g_strjoinv(user ? user : "the daemon's user", parts);
}

/* ---- for people ---- */

static const char *
given(const char *text)
{
	return text ? text : "none";
}

static void
print_users(const struct policing *policing)
{
	const Tenant *tenant = policing->tenant;

	g_string_append_printf(policing->out, "\nUsers: map %s, login_map %s,"
			       " owners %s, extension \"%s\";\nwhat a user "
			       "blocks: %s\n", given(tenant->users.map),
			       given(tenant->users.login_map),
			       given(tenant->users.owners),
			       tenant->users.extension ?
			       tenant->users.extension : "",
			       actions[tenant->policy[POLICY_USER_BLOCK]]);
}

/* What users may do with held mail, and for how long, by its reason. */
static void
print_held(const struct policing *policing)
{
	const Tenant *tenant = policing->tenant;

	g_string_append(policing->out, "\nHeld mail, by its reason: what its "
			"user may do, how long it is kept:\n\n");
	for (guint i = 0; i < POLICIES; i++) {
		g_autofree char *may = rights_format(config_rights(tenant,
								   i));

		g_string_append_printf(policing->out, "  %-21s %"
				       G_GINT64_FORMAT " days  %s\n",
				       policies[i],
				       config_days(policing->cli->config,
						   tenant, i), may);
	}
}

static void
print_text(const struct policing *policing)
{
	const Tenant *tenant = policing->tenant;
	GString *out = policing->out;

	precedence_print(tenant, out);
	g_string_append_printf(out, "\nMode: %s, set by %s\n",
			       modes[setup_mode(policing->setup, tenant)],
			       setup_mode_source(policing->setup, tenant));
	g_string_append(out, "\nLists, in the order of their rank:\n\n");
	for (guint i = 0; i < policing->files->len; i++) {
		const struct list_file *file = policing->files->pdata[i];

		g_string_append_printf(out, "  %s  %u entries, %s%s\n",
				       file->path, file->entries,
				       file->is_managed ? "managed by commands"
				       : "the operator's", file->is_there ?
				       "" : ", not there");
	}
	print_users(policing);
	print_held(policing);
	g_string_append(out, "\nRights:\n\n");
	for (guint i = 0; i < G_N_ELEMENTS(rights); i++) {
		g_autofree char *who = named(policing, rights[i].who);
		g_autofree char *may = named(policing, rights[i].may);

		g_string_append_printf(out, "  %-12s %s\n", who, may);
	}
	fputs(out->str, stdout);
}

/* ---- for programs ---- */

static void
json_lists(const struct policing *policing)
{
	GString *out = policing->out;

	json_key(out, "lists");
	g_string_append_c(out, '[');
	for (guint i = 0; i < policing->files->len; i++) {
		const struct list_file *file = policing->files->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "file", file->path);
		json_put_number(out, "entries", file->entries);
		json_key(out, "managed");
		g_string_append(out, file->is_managed ? "true" : "false");
		json_key(out, "there");
		g_string_append(out, file->is_there ? "true" : "false");
		g_string_append_c(out, '}');
	}
	g_string_append_c(out, ']');
}

static void
json_held(const struct policing *policing)
{
	const Tenant *tenant = policing->tenant;
	GString *out = policing->out;

	json_key(out, "quarantine");
	g_string_append_c(out, '{');
	for (guint i = 0; i < POLICIES; i++) {
		g_autoptr(GPtrArray) words =
		    rights_words(config_rights(tenant, i));

		json_key(out, policies[i]);
		g_string_append_c(out, '{');
		json_key(out, "rights");
		g_string_append_c(out, '[');
		for (guint j = 0; j < words->len; j++) {
			json_comma(out);
			json_quote(out, words->pdata[j]);
		}
		g_string_append_c(out, ']');
		json_put_number(out, "days",
				config_days(policing->cli->config, tenant,
					    i));
		g_string_append_c(out, '}');
	}
	g_string_append_c(out, '}');
}

static void
print_json(const struct policing *policing)
{
	const Tenant *tenant = policing->tenant;
	GString *out = policing->out;

	g_string_append_c(out, '{');
	json_put(out, "tenant", tenant->name);
	json_put(out, "mode", modes[setup_mode(policing->setup, tenant)]);
	json_put(out, "mode_set_by",
		 setup_mode_source(policing->setup, tenant));
	json_key(out, "precedence");
	precedence_json(out);
	json_key(out, "policy");
	g_string_append_c(out, '{');
	for (guint i = 0; i < POLICIES; i++)
		json_put(out, policies[i], actions[config_policy(tenant, i)]);
	g_string_append_c(out, '}');
	json_lists(policing);
	json_key(out, "users");
	g_string_append_c(out, '{');
	json_put(out, "map", tenant->users.map);
	json_put(out, "login_map", tenant->users.login_map);
	json_put(out, "owners", tenant->users.owners);
	json_put(out, "extension", tenant->users.extension);
	g_string_append_c(out, '}');
	json_held(policing);
	json_key(out, "rights");
	g_string_append_c(out, '[');
	for (guint i = 0; i < G_N_ELEMENTS(rights); i++) {
		g_autofree char *who = named(policing, rights[i].who);
		g_autofree char *may = named(policing, rights[i].may);

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "who", who);
		json_put(out, "may", may);
		g_string_append_c(out, '}');
	}
	printf("%s]}\n", out->str);
}

int
cmd_policy(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(
	    list_file_free);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(Setup) setup = NULL;
	struct policing policing = { .cli = cli, .files = files, .out = out };
	int folder;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	policing.tenant = cli_tenant(cli, name);
	if (!policing.tenant)
		return EX_USAGE;
	folder = open(cli->config->state_dir, O_RDONLY | O_DIRECTORY |
		      O_CLOEXEC);
	setup = setup_new(cli->config, folder, NULL, NULL);
	if (folder >= 0)
		close(folder);
	policing.setup = setup;
	add_files(&policing);
	if (cli->json)
		print_json(&policing);
	else
		print_text(&policing);
	return EX_OK;
}
