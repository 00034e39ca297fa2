/*
 * cmd_spoof.c -- gatepost spoof: pairs of From and sending infrastructure
 * that were seen lately without proof, and entries for them
 */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/model/facts.h"
#include "gatepost/service/spoof.h"
#include "gatepost/util/clock.h"

#define DEFAULT_MOST 100

static void
print_pair(const SpoofPair *pair, struct table *table, GString *json)
{
	g_autofree char *count = g_strdup_printf("%u", pair->count);
	g_autofree char *result = g_strdup_printf("dmarc=%s %s",
	    auth_values[pair->dmarc], pair->reason ? pair->reason : "-");

	if (table) {
		table_add(table, pair->from, pair->source, count,
			  cli_time(pair->last), result,
			  actions[pair->action],
			  pair->entry ? pair->entry : "-");
		return;
	}
	json_comma(json);
	g_string_append_c(json, '{');
	json_put(json, "from", pair->from);
	json_put(json, "source", pair->source);
	json_put_number(json, "count", pair->count);
	json_put(json, "last", cli_time(pair->last));
	json_put(json, "id", pair->id);
	json_put(json, "dmarc", auth_values[pair->dmarc]);
	json_put(json, "composite", composites[pair->composite]);
	json_put(json, "reason", pair->reason);
	json_put(json, "action", actions[pair->action]);
	json_put(json, "entry", pair->entry);
	g_string_append_c(json, '}');
}

/* TEXT as a number of pairs; false and said when it is none. */
static bool
read_most(const char *text, guint64 *most)
{
	*most = DEFAULT_MOST;
	if (!text || g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32,
						most, NULL))
		return true;
	cli_fail(EX_USAGE, "--most: \"%s\" is no number", text);
	return false;
}

int
cmd_spoof_list(struct cli *cli)
{
	static const char *const heads[] = { "FROM", "SENT BY", "MESSAGES",
					     "LAST SEEN", "RESULT", "ACTION",
					     "ENTRY", NULL };
	const char *name = cli_option(cli, "--tenant");
	const char *since_ = cli_option(cli, "--since");
	const char *most_ = cli_option(cli, "--most");
	g_autoptr(GString) json = g_string_new("{\"pairs\":[");
	g_autoptr(GPtrArray) pairs = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	const Tenant *tenant = NULL;
	struct table *table;
	guint64 most;
	gint64 since;
	bool more;
	int status = EX_OK;

	if (!cli_since(since_ ? since_ : "7d", &since) ||
	    !read_most(most_, &most) || !cli_words(cli, 0, 0) ||
	    (name && !(tenant = cli_tenant(cli, name))))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	pairs = spoof_pairs(site, tenant, since, &more, &error);
	if (!pairs)
		return cli_error("ledger", error);
	table = cli->json ? NULL : table_new(heads);
	for (guint i = 0; i < pairs->len && (!most || i < most); i++)
		print_pair(pairs->pdata[i], table, json);
	if (table)
		table_print(table);
	else
		printf("%s]}\n", json->str);
	if (most && pairs->len > most)
		fprintf(stderr, "gatepost: %u more pairs; see --most\n",
			pairs->len - (guint)most);
	if (more)
		fprintf(stderr, "gatepost: there are more pairs than are "
			"counted; see --since\n");
	return EX_OK;
}

/* The words are FROM and INFRASTRUCTURE, as `spoof list` prints them, and
 * options: the rest is what `list add` does. */
static int
add(struct cli *cli, const char *action)
{
	g_ptr_array_insert(cli->words, 0, (gpointer)action);
	g_ptr_array_insert(cli->words, 1, (gpointer)"spoof");
	return cmd_list_add(cli);
}

int
cmd_spoof_allow(struct cli *cli)
{
	return add(cli, "allow");
}

int
cmd_spoof_block(struct cli *cli)
{
	return add(cli, "block");
}
