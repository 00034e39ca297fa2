/*
 * cmd_list_life.c -- gatepost list expiring and unbrake
 */
#include <string.h>
#include <sysexits.h>
#include <stdio.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/list.h"
#include "gatepost/util/clock.h"

Life *
list_life(struct cli *cli)
{
	g_autoptr(GError) error = NULL;
	Life *life = life_look(cli->config->state_dir, &error);

	if (!life)
		fprintf(stderr, "gatepost: warning: no usage is known: %s\n",
			error->message);
	return life;
}

static void
put_time(GString *out, const char *name, gint64 at)
{
	json_put(out, name, at ? cli_time(at) : NULL);
}

void
list_usage_json(const Life *life, const Entry *entry, GString *out)
{
	const Usage *usage = life ? life_usage(life, entry->key) : NULL;

	put_time(out, "first_used", usage ? usage->first : 0);
	put_time(out, "last_used", usage ? usage->last : 0);
	json_put_number(out, "hits", usage ? usage->hits : 0);
	put_time(out, "last_decided", usage ? usage->decided : 0);
	json_put_number(out, "decisions", usage ? usage->decisions : 0);
	put_time(out, "ends", life ? life_end(life, entry, NULL) :
		 entry->expires);
	json_key(out, "braked");
	g_string_append(out, life && g_hash_table_contains(life->brakes,
							   entry->key) ?
			"true" : "false");
}

static void
print_endings(struct cli *cli, const GArray *endings, const Life *life)
{
	static const char *const heads[] = { "ENDS", "WHY", "KEY", "ENTRY",
					     "PLACE", NULL };
	g_autoptr(GString) out = g_string_new("{\"entries\":[");
	struct table *table = cli->json ? NULL : table_new(heads);

	for (guint i = 0; i < endings->len; i++) {
		const struct ending *one = &g_array_index(endings,
							  struct ending, i);
		g_autofree char *line = entry_format(one->entry);
		g_autofree char *place = g_strdup_printf("%s:%u",
		    one->entry->file, one->entry->line);

		if (table) {
			table_add(table, cli_time(one->end), one->why,
				  one->entry->key, line, place);
			continue;
		}
		json_comma(out);
		entry_json_open(one->entry, out);
		list_usage_json(life, one->entry, out);
		json_put(out, "why", one->why);
		g_string_append_c(out, '}');
	}
	if (table)
		table_print(table);
	else
		printf("%s]}\n", out->str);
}

int
cmd_list_expiring(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const char *within = cli_option(cli, "--within");
	gint64 span = BOUND_NOTICE_DAYS * CLOCK_DAY, now = clock_now();
	g_autoptr(GArray) endings = NULL;
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(Life) life = NULL;
	const Tenant *tenant;

	if (!cli_words(cli, 0, 0) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if (within && !clock_span(within, &span))
		return cli_fail(EX_USAGE, "--within is a span, as \"7d\"");
	if (!(life = list_life(cli)))
		return EX_SOFTWARE;
	entries = list_entries(cli, tenant);
	endings = life_endings(life, entries, now + span);
	print_endings(cli, endings, life);
	return EX_OK;
}

int
cmd_list_unbrake(struct cli *cli)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (!brake_lift(site->usages, cli_word(cli, 0), &error))
		return error ? cli_error("state", error) :
		    cli_fail(EX_NOINPUT, "\"%s\" is not braked; see gatepost "
			     "list show --json", cli_word(cli, 0));
	if (!lists_are_due(site->folder, &error))
		return cli_error("lists", error);
	printf("%s acts again within a second\n", cli_word(cli, 0));
	return EX_OK;
}
