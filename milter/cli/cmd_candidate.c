/*
 * cmd_candidate.c -- gatepost candidate: delivered messages that are
 * suspected, in groups of one making, the most suspect first
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/copies.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

#define DEFAULT_MOST 100

/* ---- the listing ---- */

/* A row of it: a group by its most suspect message, or one message. */
struct row {
	char *cells[10];	/* as `columns` */
	char *group;
	gint64 score;
	guint count;
};

/* Names in JSON and CSV. */
static const char *const columns[] = {
	"id", "received", "rcpt", "from", "subject", "candidate", "state",
	"sender", "tenant", "by"
};
G_STATIC_ASSERT(G_N_ELEMENTS(columns) ==
		G_N_ELEMENTS(((struct row *)NULL)->cells));

struct listing {
	GPtrArray *rows;	/* of struct row * */
	GHashTable *groups;	/* tenant and group to its row */
	bool is_each;
};

static void
row_free(gpointer data)
{
	struct row *row = data;

	for (guint i = 0; i < G_N_ELEMENTS(row->cells); i++)
		g_free(row->cells[i]);
	g_free(row->group);
	g_free(row);
}

static char *
with_commas(const char *words)
{
	g_auto(GStrv) all = g_strsplit(words, " ", -1);

	return g_strjoinv(", ", all);
}

static void
add_row(const struct candidate_row *found, void *data)
{
	struct listing *listing = data;
	char *group = g_strconcat(found->tenant, " ", listing->is_each ?
				  found->id : found->group, NULL);
	struct row *row = g_hash_table_lookup(listing->groups, group);

	if (row) {
		row->count++;
		g_free(group);
		return;
	}
	row = g_new0(struct row, 1);
	row->group = group;
	row->score = found->score;
	row->count = 1;
	row->cells[0] = g_strdup(found->id);
	row->cells[1] = g_strdup(cli_time(found->at));
	row->cells[2] = with_commas(found->rcpts);
	row->cells[3] = g_strdup(found->from);
	row->cells[4] = g_strdup(found->subject);
	row->cells[5] = with_commas(found->rules);
	row->cells[6] = g_strdup(candidate_states[found->state]);
	row->cells[7] = g_strdup(found->sender);
	row->cells[8] = g_strdup(found->tenant);
	row->cells[9] = g_strdup(found->by);
	g_hash_table_insert(listing->groups, row->group, row);
	g_ptr_array_add(listing->rows, row);
}

static void
print_csv(const GPtrArray *rows)
{
	const char *cells[G_N_ELEMENTS(columns) + 2];
	guint n = G_N_ELEMENTS(columns);

	for (guint i = 0; i < n; i++)
		cells[i] = columns[i];
	cells[n] = "score";
	cells[n + 1] = "count";
	cli_csv(cells, n + 2);
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = rows->pdata[i];
		g_autofree char *score = g_strdup_printf("%" G_GINT64_FORMAT,
							 row->score);
		g_autofree char *count = g_strdup_printf("%u", row->count);

		for (guint j = 0; j < n; j++)
			cells[j] = row->cells[j];
		cells[n] = score;
		cells[n + 1] = count;
		cli_csv(cells, n + 2);
	}
}

static void
print_table(const GPtrArray *rows, guint most)
{
	static const char *const heads[] = { "ID", "RECEIVED", "SCORE",
					     "COUNT", "RCPT", "FROM",
					     "SUBJECT", "SUSPECTED FOR",
					     "STATE", NULL };
	struct table *table = table_new(heads);

	for (guint i = 0; i < rows->len && (!most || i < most); i++) {
		const struct row *row = rows->pdata[i];
		g_autofree char *score = g_strdup_printf("%" G_GINT64_FORMAT,
							 row->score);
		g_autofree char *count = g_strdup_printf("%u", row->count);

		table_add(table, row->cells[0], row->cells[1], score, count,
			  row->cells[2], row->cells[3], row->cells[4],
			  row->cells[5], row->cells[6]);
	}
	table_print(table);
	if (most && rows->len > most)
		printf("\n%u more: --most 0 shows all\n", rows->len - most);
}

static void
print_json(const GPtrArray *rows, guint most)
{
	g_autoptr(GString) json = g_string_new("{\"items\":[");

	for (guint i = 0; i < rows->len && (!most || i < most); i++) {
		const struct row *row = rows->pdata[i];

		json_comma(json);
		g_string_append_c(json, '{');
		for (guint j = 0; j < G_N_ELEMENTS(columns); j++)
			json_put(json, columns[j], row->cells[j]);
		json_put_number(json, "score", row->score);
		json_put_number(json, "count", row->count);
		g_string_append_c(json, '}');
	}
	printf("%s]}\n", json->str);
}

/* --state, which is "new" when not given, --since and --most. */
static bool
read_filter(struct cli *cli, struct candidate_filter *filter, guint *most)
{
	const char *state = cli_option(cli, "--state");
	const char *since = cli_option(cli, "--since");
	const char *rows = cli_option(cli, "--most");
	guint64 number = DEFAULT_MOST;

	filter->tenant = cli_option(cli, "--tenant");
	filter->state = state ? fields_word(candidate_states, state) :
	    CANDIDATE_NEW;
	if (state && strcmp(state, "all") != 0 && filter->state < 0) {
		cli_fail(0, "--state is new, alike, beyond, dismissed, "
			 "submitted or all");
		return false;
	}
	if (since && !cli_since(since, &filter->since))
		return false;
	if (rows && !g_ascii_string_to_unsigned(rows, 10, 0, G_MAXUINT32,
						&number, NULL)) {
		cli_fail(0, "--most: \"%s\" is no number", rows);
		return false;
	}
	*most = (guint)number;
	return true;
}

/* Those of a group that have no copy are counted with it, where it is
 * shown. */
static bool
count_alike(Site *site, const struct listing *listing, guint most,
	    GError **error)
{
	for (guint i = 0; i < listing->rows->len && (!most || i < most); i++) {
		struct row *row = listing->rows->pdata[i];
		guint alike;

		if (!candidates_count(site->suspected, row->cells[8],
				      strchr(row->group, ' ') + 1,
				      CANDIDATE_ALIKE, &alike, error))
			return false;
		row->count += alike;
	}
	return true;
}

int
cmd_candidate_list(struct cli *cli)
{
	g_autoptr(GHashTable) groups = g_hash_table_new(g_str_hash,
							g_str_equal);
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
	struct listing listing = { rows, groups, cli_flag(cli, "--each") };
	struct candidate_filter filter = { NULL };
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	bool is_csv = cli_flag(cli, "--csv");
	guint most;

	if (!read_filter(cli, &filter, &most) || !cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (!candidates_list(site->suspected, &filter, add_row, &listing,
			     &error) ||
	    (!listing.is_each && filter.state == CANDIDATE_NEW &&
	     !count_alike(site, &listing, most, &error)))
		return cli_error("candidates", error);
	if (is_csv)
		print_csv(rows);
	else if (cli->json)
		print_json(rows, most);
	else
		print_table(rows, most);
	return status;
}

/* ---- one ---- */

static void
show_row(const struct candidate_row *row, void *data)
{
	guint *count = data;
	g_auto(GStrv) rules = g_strsplit(row->rules, " ", -1);
	g_autofree char *rcpts = with_commas(row->rcpts);
	g_autofree char *from = text_shown(row->from, 200);
	g_autofree char *subject = text_shown(row->subject, 200);
	g_autofree char *to = text_shown(rcpts, 400);

	if ((*count)++ == 0)
		printf("Candidate %s, received %s\n  From        %s\n"
		       "  Subject     %s\n", row->id, cli_time(row->at), from,
		       subject);
	printf("  for %s, score %" G_GINT64_FORMAT ", %s%s%s:\n", to,
	       row->score, candidate_states[row->state],
	       *row->by ? " by " : "", row->by);
	for (guint i = 0; rules[i]; i++)
		printf("    %s: %s\n", rules[i], candidate_meaning(rules[i]));
}

static bool
print_spooled(Site *site, const char *id)
{
	g_autofree char *json = box_json(site->candidates, "new", id, NULL);

	if (json)
		fputs(json, stdout);
	return json != NULL;
}

int
cmd_candidate_show(struct cli *cli)
{
	struct candidate_filter filter = {
		.tenant = cli_option(cli, "--tenant"), .state = -1
	};
	g_autofree char *json = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	guint count = 0;

	if (!cli_words(cli, 1, 1) || !cli_is_id(cli_word(cli, 0)))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	filter.id = cli_word(cli, 0);
	if (cli->json && !filter.tenant && print_spooled(site, filter.id))
		return EX_OK;
	if (!candidates_list(site->suspected, &filter, show_row, &count,
			     &error))
		return cli_error("candidates", error);
	if (!count)
		return cli_fail(EX_NOINPUT, "there is no candidate %s",
				filter.id);
	json = box_json(site->candidates, "new", filter.id, NULL);
	if (json)
		printf("  the message is spool/candidates/new/%s.eml\n",
		       filter.id);
	printf("  next: gatepost why %s, then gatepost candidate submit %s "
	       "--as phish --block sender, or gatepost candidate dismiss %s\n",
	       filter.id, filter.id, filter.id);
	return EX_OK;
}

/* ---- what is done with it ---- */

static void
note_tenant(const struct candidate_row *row, void *data)
{
	g_ptr_array_add(data, g_strdup(row->tenant));
}

static bool
dismiss(struct cli *cli, Site *site, const char *tenant, const char *id,
	bool is_alone, guint *count)
{
	g_autoptr(GPtrArray) changed = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	struct deed deed = {
		.who = cli->who, .via = cli->via, .what = "dismissed",
		.object = id, .tenant = tenant,
	};
	bool good = candidates_set(site->suspected, tenant, id, is_alone,
				   CANDIDATE_DISMISSED, cli->who, changed,
				   &error) &&
	    (!changed->len || trail_add(site->trail, &deed, &error));

	if (good)
		copies_settle(site, changed, NULL);
	*count += changed->len;
	if (!good)
		cli_error("candidates", error);
	return good;
}

int
cmd_candidate_dismiss(struct cli *cli)
{
	struct candidate_filter filter = {
		.tenant = cli_option(cli, "--tenant"), .state = -1
	};
	bool is_alone = cli_flag(cli, "--alone");
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 1, G_MAXUINT))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	for (guint i = 0; i < cli->words->len; i++) {
		g_autoptr(GPtrArray) tenants =
		    g_ptr_array_new_with_free_func(g_free);
		guint count = 0;

		filter.id = cli_word(cli, i);
		candidates_list(site->suspected, &filter, note_tenant,
				tenants, NULL);
		for (guint j = 0; j < tenants->len; j++)
			if (!dismiss(cli, site, tenants->pdata[j], filter.id,
				     is_alone, &count))
				return EX_IOERR;
		if (tenants->len)
			printf("%s dismissed, %u in all\n", filter.id, count);
		else
			status = cli_fail(EX_NOINPUT, "there is no candidate "
					  "%s", filter.id);
	}
	return status;
}
