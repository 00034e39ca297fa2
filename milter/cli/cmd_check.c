/*
 * cmd_check.c -- gatepost check and mode: what is in force
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/service/attach.h"
#include "gatepost/service/feeds.h"
#include "gatepost/service/lists.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"

static bool
print_notes(const GPtrArray *notes)
{
	bool is_bad = false;

	for (guint i = 0; i < notes->len; i++) {
		const struct list_note *note = notes->pdata[i];
		g_autofree char *words = list_note_words(note);

		fprintf(stderr, "%s\n", words);
		is_bad |= note->is_error;
	}
	return is_bad;
}

static int
check_lists(struct cli *cli)
{
	g_autoptr(GHashTable) done = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	bool is_bad = false;

	for (guint i = 0; i < cli->config->tenants->len; i++) {
		const Tenant *tenant = cli->config->tenants->pdata[i];
		g_autoptr(GPtrArray) entries =
		    g_ptr_array_new_with_free_func(
			(GDestroyNotify)entry_free);
		g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)list_note_free);
		guint64 values = 0;

		is_bad |= !lists_read(cli->config, tenant, entries, notes);
		is_bad |= !feeds_check(cli->config, tenant, done, &values,
				       notes);
		print_notes(notes);
		printf("tenant %s: %u entries", tenant->name, entries->len);
		if (values)
			printf(", %" G_GUINT64_FORMAT " values of feeds",
			       values);
		printf("\n");
	}
	return is_bad ? EX_CONFIG : EX_OK;
}

static int
check_postfix(struct cli *cli, const char *path)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)attach_note_free);
	g_autoptr(GError) error = NULL;
	bool is_bad = false;

	if (!attach_postfix(cli->config, path, notes, &error))
		return cli_fail(EX_NOINPUT, "%s", error->message);
	for (guint i = 0; i < notes->len; i++) {
		const struct attach_note *note = notes->pdata[i];

		printf("%s: %s: %s\n", path,
		       note->is_error ? "error" : "advice", note->text);
		is_bad |= note->is_error;
	}
	if (notes->len == 0)
		printf("%s: Gatepost is attached as it should be\n", path);
	return is_bad ? EX_CONFIG : EX_OK;
}

int
cmd_check(struct cli *cli)
{
	g_autoptr(GPtrArray) notes = config_notes_new();
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) faults = NULL;
	const char *postfix = cli_option(cli, "--postfix");
	bool lists = cli_flag(cli, "--lists");

	if (cli_flag(cli, "--settings")) {
		config_print_settings(out);
		fputs(out->str, stdout);
		return EX_OK;
	}
	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	cli->config = config_load(cli->config_path, notes);
	for (guint i = 0; i < notes->len; i++) {
		const struct config_note *note = notes->pdata[i];
		g_autofree char *at = config_note_place(note);

		fprintf(stderr, "%s: %s%s\n", at, note->is_error ? "" :
			"warning: ", note->text);
	}
	if (!cli->config)
		return EX_CONFIG;
	faults = roles_faults(cli->config);
	for (guint i = 0; i < faults->len; i++)
		fprintf(stderr, "%s\n", (char *)faults->pdata[i]);
	if (faults->len)
		return EX_CONFIG;
	if (postfix)
		return check_postfix(cli, postfix);
	if (lists)
		return check_lists(cli);
	config_print(cli->config, out);
	if (!cli->config->release.smtp)
		g_string_append(out, "# release.smtp is not set: where "
				"recipients of a message differ in tag or "
				"junk,\n# the mildest marking is used for "
				"all.\n");
	fputs(out->str, stdout);
	return EX_OK;
}

static int
show_modes(const struct cli *cli, int folder)
{
	g_autoptr(Setup) setup = setup_new(cli->config, folder, NULL, NULL);

	for (guint i = 0; i < cli->config->tenants->len; i++) {
		const Tenant *tenant = cli->config->tenants->pdata[i];

		printf("%s %s\n", tenant->name,
		       modes[setup_mode(setup, tenant)]);
	}
	return EX_OK;
}

int
cmd_mode(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	g_autoptr(GError) error = NULL;
	int mode, folder, status = EX_OK;

	if (!cli_words(cli, 0, 1))
		return EX_USAGE;
	if (name && !cli_tenant(cli, name))
		return EX_USAGE;
	mode = fields_word(modes, cli_word(cli, 0));
	if (cli_word(cli, 0) && mode < 0)
		return cli_fail(EX_USAGE, "mode is observe, tag or enforce");
	if (mode >= 0 && !site_become_user(cli->config, &error))
		return cli_fail(EX_NOPERM, "%s", error->message);
	folder = folder_open(AT_FDCWD, cli->config->state_dir, 0750, &error);
	if (folder < 0)
		return cli_error("mode", error);
	if (mode < 0)
		status = show_modes(cli, folder);
	else if (!mode_set(folder, name, (enum mode)mode, &error))
		status = cli_error("mode", error);
	else
		printf("mode is %s for %s from now on\n", modes[mode],
		       name ? name : "every tenant");
	return status;
}
