/*
 * cmd_list_feeds.c -- gatepost list show --feeds
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/list.h"
#include "gatepost/lists/snapshot_format.h"
#include "gatepost/service/site.h"
#include "gatepost/util/file.h"

struct printing {
	const Life *life;	/* NULL: not known */
	struct table *table;	/* NULL: as JSON */
	GString *out;
};

static void
add_json(const struct snapshot_feed_state *feed, const Usage *usage,
	 GString *out)
{
	json_comma(out);
	g_string_append_c(out, '{');
	json_put(out, "name", feed->name);
	json_put(out, "action", entry_actions[feed->action]);
	json_put(out, "kind", indicator_kinds[feed->kind]);
	json_put(out, "file", feed->file);
	json_put_number(out, "values", (gint64)feed->values);
	json_put_number(out, "bad", (gint64)feed->bad);
	json_put(out, "generation", feed->generation ?
		 cli_time(feed->generation) : NULL);
	json_put_number(out, "hits", usage ? usage->hits : 0);
	json_put_number(out, "decisions", usage ? usage->decisions : 0);
	json_put(out, "first_used", usage ? cli_time(usage->first) : NULL);
	json_put(out, "last_used", usage ? cli_time(usage->last) : NULL);
	json_key(out, "braked");
	g_string_append(out, feed->is_braked ? "true" : "false");
	g_string_append_c(out, '}');
}

static void
print_feed(const struct snapshot_feed_state *feed, void *data)
{
	const struct printing *printing = data;
	g_autofree char *key = g_strconcat(SNAPSHOT_FEED, feed->name, NULL);
	const Usage *usage = printing->life ?
	    life_usage(printing->life, key) : NULL;
	char values[24], bad[24], hits[24];

	if (!printing->table) {
		add_json(feed, usage, printing->out);
		return;
	}
	g_snprintf(values, sizeof values, "%" G_GUINT64_FORMAT, feed->values);
	g_snprintf(bad, sizeof bad, "%" G_GUINT64_FORMAT, feed->bad);
	g_snprintf(hits, sizeof hits, "%" G_GINT64_FORMAT,
		   usage ? usage->hits : 0);
	table_add(printing->table, feed->name, feed->is_braked ? "braked" :
		  entry_actions[feed->action], indicator_kinds[feed->kind],
		  values, bad, hits, feed->generation ?
		  cli_time(feed->generation) : "never", feed->file);
}

int
list_feeds(struct cli *cli, const Tenant *tenant)
{
	static const char *const heads[] = { "FEED", "ACTION", "KIND",
					     "VALUES", "BAD", "HITS",
					     "GENERATION", "FILE", NULL };
	g_autoptr(GString) out = g_string_new("{\"feeds\":[");
	g_autoptr(GError) error = NULL;
	g_autoptr(Snapshot) snapshot = NULL;
	g_autoptr(Life) life = list_life(cli);
	struct printing printing = { life, NULL, out };
	int folder = folder_open(AT_FDCWD, cli->config->state_dir, 0750,
				 &error);

	if (folder >= 0) {
		snapshot = snapshot_open(folder, SITE_SNAPSHOT, NULL, &error);
		close(folder);
	}
	if (!snapshot)
		return cli_error("lists", error);
	printing.table = cli->json ? NULL : table_new(heads);
	snapshot_each_feed(snapshot, tenant->name, print_feed, &printing);
	if (printing.table)
		table_print(printing.table);
	else
		printf("%s]}\n", out->str);
	return EX_OK;
}
