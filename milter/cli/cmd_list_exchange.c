/*
 * cmd_list_exchange.c -- gatepost list import and export
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/list.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

/* What stands in the file PATH, or on standard input for "-".  NULL and
 * said.  Yours. */
static char *
slurp(const char *path, gsize *length)
{
	g_autoptr(GString) all = g_string_new(NULL);
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);
	char buffer[65536];
	gssize n = -1;

	while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0 &&
	       all->len <= BOUND_LIST_FILE)
		g_string_append_len(all, buffer, n);
	if (fd < 0 || n < 0)
		cli_fail(0, "%s: %s", path, g_strerror(errno));
	if (fd > STDIN_FILENO)
		close(fd);
	if (fd < 0 || n < 0)
		return NULL;
	if (all->len > BOUND_LIST_FILE) {
		cli_fail(0, "%s is too long for a list", path);
		return NULL;
	}
	*length = all->len;
	return g_string_free(g_steal_pointer(&all), FALSE);
}

static void
say_item(const char *path, const struct import_item *item)
{
	g_autofree char *given = text_shown(item->given, 200);
	g_autofree char *fault = item->fault ? text_shown(item->fault, 1000) :
	    NULL;

	printf("%s:%u: %s: %s", path, item->line,
	       import_results[item->result], given);
	if (fault)
		printf(": %s", fault);
	for (guint i = 0; i < item->remarks->len; i++)
		printf("; %s", (const char *)item->remarks->pdata[i]);
	putchar('\n');
}

static void
say_json(const GPtrArray *items)
{
	g_autoptr(GString) out = g_string_new("{\"items\":[");

	for (guint i = 0; i < items->len; i++) {
		const struct import_item *item = items->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put_number(out, "line", item->line);
		json_put(out, "result", import_results[item->result]);
		json_put(out, "given", item->given);
		json_put(out, "entry", item->entry ? item->entry->text :
			 NULL);
		json_put(out, "fault", item->fault);
		json_key(out, "remarks");
		g_string_append_c(out, '[');
		for (guint j = 0; j < item->remarks->len; j++) {
			json_comma(out);
			json_quote(out, item->remarks->pdata[j]);
		}
		g_string_append(out, "]}");
	}
	printf("%s]}\n", out->str);
}

/* --format, or what it looks like; -1 and said. */
static int
format_of(const char *name, const char *data, gsize length)
{
	int format = name ? fields_word(exchange_formats, name) :
	    (int)import_format(data, length);

	if (format < 0)
		cli_fail(0, "--format is list, csv or json");
	return format;
}

static int
run_import(struct cli *cli, const Tenant *tenant, const char *path,
	   GPtrArray *items, bool strict, bool dry)
{
	guint counts[IMPORT_REFUSED + 1] = { 0 };
	g_autofree char *managed = lists_managed(cli->config, tenant);
	g_autofree char *folder = g_path_get_dirname(managed);
	g_autoptr(GError) error = NULL;

	if (!dry && mkdir(folder, 0750) < 0 && access(folder, W_OK) < 0)
		return cli_fail(EX_NOPERM, "%s cannot be written", folder);
	if (!lists_import(cli->config, tenant, items, strict, dry, counts,
			  &error))
		return cli_error(managed, error);
	if (cli->json)
		say_json(items);
	for (guint i = 0; !cli->json && i < items->len; i++)
		say_item(path, items->pdata[i]);
	if (!cli->json)
		printf("%u taken, %u changed, %u were there, %u refused%s\n",
		       counts[IMPORT_TAKEN], counts[IMPORT_CHANGED],
		       counts[IMPORT_SAME], counts[IMPORT_REFUSED],
		       dry ? "; nothing was written (--dry-run)" :
		       strict && counts[IMPORT_REFUSED] ?
		       "; nothing was written (--strict)" : "");
	return counts[IMPORT_REFUSED] ? EX_DATAERR : EX_OK;
}

int
cmd_list_import(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const char *format_name = cli_option(cli, "--format");
	const char *kind = cli_option(cli, "--kind");
	bool strict = cli_flag(cli, "--strict");
	bool dry = cli_flag(cli, "--dry-run");
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)import_item_free);
	g_autofree char *data = NULL;
	g_autoptr(GError) error = NULL;
	struct entry_place place = { NULL, NULL, "import", 0 };
	const Tenant *tenant;
	gsize length = 0;
	int format;

	if (!cli_words(cli, 1, 1) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if (kind && fields_word(indicator_kinds, kind) < 0)
		return cli_fail(EX_USAGE, "there is no kind \"%s\"", kind);
	data = cli_opens(cli, cli_word(cli, 0)) ?
	    slurp(cli_word(cli, 0), &length) : NULL;
	if (!data)
		return EX_NOINPUT;
	/* Only now: the file may be root's own. */
	if (!dry && !site_become_user(cli->config, &error))
		return cli_fail(EX_NOPERM, "%s", error->message);
	format = format_of(format_name, data, length);
	if (format < 0)
		return EX_USAGE;
	place.tenant = tenant->name;
	place.zone = tenant->zone;
	if (!import_read(data, length, (enum exchange_format)format, &place,
			 kind, items, &error))
		return cli_fail(EX_DATAERR, "%s: %s", cli_word(cli, 0),
				error->message);
	return run_import(cli, tenant, cli_word(cli, 0), items, strict, dry);
}

int
cmd_list_export(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const char *format_name = cli_option(cli, "--format");
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) entries = NULL;
	const Tenant *tenant;
	int format;

	if (!cli_words(cli, 0, 0) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	format = fields_word(exchange_formats, format_name ? format_name :
			     cli->json ? "json" : "list");
	if (format < 0)
		return cli_fail(EX_USAGE, "--format is list, csv or json");
	entries = list_entries(cli, tenant);
	export_write(entries, (enum exchange_format)format, out);
	fwrite(out->str, 1, out->len, stdout);
	return EX_OK;
}
