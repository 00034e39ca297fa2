/*
 * cmd_outbox.c -- gatepost outbox: copies on their way back to the MTA
 */
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/cli.h"
#include "gatepost/service/courier.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

static char *
rcpts_of(const Outgoing *item)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < item->rcpts->len; i++) {
		const OutgoingRcpt *one = item->rcpts->pdata[i];

		g_string_append_printf(out, "%s%s", i ? ", " : "", one->rcpt);
	}
	return g_string_free(out, FALSE);
}

static void
print_item(const Outgoing *item, struct table *table, GString *json)
{
	g_autofree char *rcpts = rcpts_of(item);
	g_autofree char *tries = g_strdup_printf("%" G_GINT64_FORMAT,
						 item->tries);
	char at[CLOCK_TEXT], next[CLOCK_TEXT];

	if (json) {
		json_comma(json);
		fields_json(&outgoing_fields, item, false, json);
		return;
	}
	clock_format(item->at, at);
	clock_format(item->next, next);
	table_add(table, item->id, at, rcpts, tries, item->next ? next : "-",
		  item->fault ? item->fault : "-");
}

int
cmd_outbox_list(struct cli *cli)
{
	static const char *const heads[] = { "ID", "SINCE", "RCPT", "TRIES",
					     "NEXT", "REASON", NULL };
	g_autoptr(GString) json = NULL;
	g_autoptr(GPtrArray) ids = NULL;
	g_autoptr(Site) site = NULL;
	struct table *table;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	json = cli->json ? g_string_new("{\"items\":[") : NULL;
	table = cli->json ? NULL : table_new(heads);
	ids = outbox_ids(site->outbox);
	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(GError) error = NULL;
		Outgoing *item = outbox_read(site->outbox, ids->pdata[i],
					     &error);

		if (item)
			print_item(item, table, json);
		else if (!g_error_matches(error, G_FILE_ERROR,
					  G_FILE_ERROR_NOENT))
			status = cli_error(ids->pdata[i], error);
		fields_free(&outgoing_fields, item);
	}
	if (table)
		table_print(table);
	else
		printf("%s]}\n", json->str);
	return status;
}

int
cmd_outbox_send(struct cli *cli)
{
	g_autoptr(Site) site = NULL;
	struct courier_walk walk;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	courier_walk(site, cli->config, true, NULL, NULL, &walk);
	printf("sent %u items, %u are left\n", walk.sent, walk.left);
	return walk.left ? EX_TEMPFAIL : EX_OK;
}

/* Log it, take it out. */
static bool
delete_item(struct cli *cli, Site *site, const char *id, GError **error)
{
	Outgoing *item;
	int fd = outbox_claim(site->outbox, id, &item, error);
	g_autofree char *rcpts = item ? rcpts_of(item) : NULL;
	struct deed deed = {
		.who = cli->who, .via = cli->via, .what = "outbox-deleted",
		.object = item ? item->message : id, .detail = rcpts,
	};
	bool good = !(error && *error) &&
	    trail_add(site->trail, &deed, error) &&
	    outbox_remove(site->outbox, id, error);

	fields_free(&outgoing_fields, item);
	if (fd >= 0)
		close(fd);
	return good;
}

int
cmd_outbox_delete(struct cli *cli)
{
	const char *id = cli_word(cli, 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	Outgoing *item;

	if (!cli_words(cli, 1, 1) || !cli_is_id(id))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (!(item = outbox_read(site->outbox, id, &error)))
		return g_error_matches(error, G_FILE_ERROR,
				       G_FILE_ERROR_NOENT) ?
		    cli_fail(EX_NOINPUT, "there is no item %s in the outbox; "
			     "see gatepost outbox list", id) :
		    cli_error(id, error);
	fields_free(&outgoing_fields, item);
	if (!delete_item(cli, site, id, &error))
		return cli_error(id, error);
	printf("%s deleted: nobody gets it any more\n", id);
	return EX_OK;
}
