/*
 * cmd_report.c -- gatepost report list: what users reported, a row a message
 *
 * The rows of one message are put together here, since whoever triages cares
 * how many reported it, and decides once.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/report.h"
#include "gatepost/service/triage.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* Most characters of a CSV field. */

/* What a group may be narrowed to, sorted by, and printed under: the values
 * of one message, or of all of its rows.  To add one: a row. */
enum column { BY_SENDER, BY_REPORTER, BY_REASON, BY_RESULT, BY_STATE,
	      BY_MARKED, BY_VIA, BY_DRILL, BY_CONVERTED, BY_TENANT, COLUMNS };
static const struct {
	const char *name;	/* of --group-by, and of the option */
	bool is_many;		/* a message may have several */
} columns[] = {
	[BY_SENDER] = { "sender", false },
	[BY_REPORTER] = { "reporter", true },
	[BY_REASON] = { "reason", true },
	[BY_RESULT] = { "result", false },
	[BY_STATE] = { "state", false },
	[BY_MARKED] = { "marked", false },
	[BY_VIA] = { "via", true },
	[BY_DRILL] = { "drill", false },
	[BY_CONVERTED] = { "converted", false },
	[BY_TENANT] = { "tenant", false },
};
G_STATIC_ASSERT(G_N_ELEMENTS(columns) == COLUMNS);

struct listing {
	struct cli *cli;
	Site *site;
	const char *wanted[COLUMNS];	/* NULL: any */
	gint64 since;
	bool is_unverified;
	guint unverified;	/* ... that are left out otherwise */
	int group_by;		/* enum column; -1: none */
	guint64 most;
	GPtrArray *groups;	/* of GPtrArray * of Report * */
};

/* ---- values ---- */

static const char *
value_of(const Report *row, enum column column)
{
	switch (column) {
	case BY_SENDER:
		return *row->from ? row->from : row->sender;
	case BY_REPORTER:
		return row->reporter;
	case BY_REASON:
		return report_reasons[row->reason];
	case BY_RESULT:
		return row->result;
	case BY_STATE:
		return report_states[row->state];
	case BY_MARKED:
		return report_marks[row->marked];
	case BY_VIA:
		return row->via;
	case BY_DRILL:
		return *row->drill ? "yes" : "no";
	case BY_CONVERTED:
		return *row->submission ? "yes" : "no";
	case BY_TENANT:
		return row->tenant;
	case COLUMNS:
		break;
	}
	return "";
}

static int
column_named(const char *name)
{
	for (int i = 0; i < COLUMNS; i++)
		if (strcmp(columns[i].name, name) == 0)
			return i;
	return -1;
}

/* The values of COLUMN among ROWS, each once, borrowed; free the array. */
static GPtrArray *
values_of(const GPtrArray *rows, enum column column)
{
	GPtrArray *all = g_ptr_array_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);

	for (guint i = 0; i < (columns[column].is_many ? rows->len : 1); i++) {
		const char *value = value_of(rows->pdata[i], column);

		if (g_hash_table_add(seen, (gpointer)value))
			g_ptr_array_add(all, (gpointer)value);
	}
	return all;
}

static char *
joined(const GPtrArray *rows, enum column column)
{
	g_autoptr(GPtrArray) all = values_of(rows, column);

	g_ptr_array_add(all, NULL);
	return g_strjoinv(", ", (char **)all->pdata);
}

char *
report_words(const GPtrArray *rows, const char *key)
{
	return joined(rows, (enum column)column_named(key));
}

static gint64
last_of(const GPtrArray *rows)
{
	gint64 last = 0;

	for (guint i = 0; i < rows->len; i++)
		last = MAX(last, ((const Report *)rows->pdata[i])->last);
	return last;
}

/* How many people reported it. */
static guint
reporters_of(const GPtrArray *rows)
{
	g_autoptr(GPtrArray) all = values_of(rows, BY_REPORTER);

	return all->len;
}

/* ---- what is listed ---- */

/* "@domain" is any address there; "none" is nothing. */
static bool
fits_one(const char *value, const char *wanted)
{
	if (*wanted == '@')
		return g_str_has_suffix(value, wanted);
	if (strcmp(wanted, "none") == 0)
		return !*value;
	return strcmp(value, wanted) == 0;
}

static bool
fits(struct listing *listing, const GPtrArray *rows)
{
	const Report *first = rows->pdata[0];

	if (!caller_sees(listing->cli->caller, first->tenant))
		return false;
	for (guint i = 0; i < COLUMNS; i++) {
		const char *wanted = listing->wanted[i];
		bool is_any = !wanted;

		for (guint j = 0; !is_any && j < rows->len; j++)
			is_any = fits_one(value_of(rows->pdata[j],
						   (enum column)i), wanted);
		if (!is_any)
			return false;
	}
	if (!listing->is_unverified && !first->is_verified)
		listing->unverified++;
	return first->is_verified != listing->is_unverified;
}

/* The result is the submission's, when there is one. */
static void
settle_result(const struct listing *listing, Report *row)
{
	char *result = g_strdup(triage_result(listing->site, row));

	g_free(row->result);
	row->result = result ? result : g_strdup("");
}

static void
take(const GPtrArray *rows, void *data)
{
	struct listing *listing = data;
	GPtrArray *own = g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
	for (guint i = 0; i < rows->len; i++) {
		Report *copy = fields_new(&report_fields);
		g_autoptr(GByteArray) packed = g_byte_array_new();

		fields_pack(&report_fields, rows->pdata[i], false, packed);
		fields_unpack(&report_fields, copy, packed->data, packed->len,
			      NULL);
		settle_result(listing, copy);
		g_ptr_array_add(own, copy);
	}
	if (fits(listing, own))
		g_ptr_array_add(listing->groups, own);
	else
		g_ptr_array_unref(own);
}

static gint
newest_first(gconstpointer a, gconstpointer b)
{
	gint64 one = last_of(*(GPtrArray *const *)a);
	gint64 other = last_of(*(GPtrArray *const *)b);

	return one < other ? 1 : one > other ? -1 : 0;
}

/* ---- how it is printed ---- */

static void
put_list(GString *out, const char *name, const GPtrArray *all)
{
	json_key(out, name);
	g_string_append_c(out, '[');
	for (guint i = 0; i < all->len; i++) {
		json_comma(out);
		json_quote(out, all->pdata[i]);
	}
	g_string_append_c(out, ']');
}

static void
put_bool(GString *out, const char *name, bool value)
{
	json_key(out, name);
	g_string_append(out, value ? "true" : "false");
}

void
report_members(const GPtrArray *rows, GString *out)
{
	const Report *first = rows->pdata[0];
	g_autoptr(GPtrArray) reporters = values_of(rows, BY_REPORTER);
	g_autoptr(GPtrArray) reasons = values_of(rows, BY_REASON);
	char at[CLOCK_TEXT], last[CLOCK_TEXT], marked[CLOCK_TEXT];

	clock_format(first->at, at);
	clock_format(last_of(rows), last);
	clock_format(first->marked_at, marked);
	json_put(out, "id", first->id);
	json_put(out, "tenant", first->tenant);
	json_put(out, "at", at);
	json_put(out, "last", last);
	json_put_number(out, "count", reporters->len);
	put_list(out, "reporters", reporters);
	put_list(out, "reasons", reasons);
	put_bool(out, "verified", first->is_verified);
	json_put(out, "via", first->via);
	json_put(out, "form", report_forms[first->form]);
	json_put(out, "message", *first->message ? first->message : NULL);
	json_put(out, "sender", first->sender);
	json_put(out, "from", first->from);
	json_put(out, "subject", first->subject);
	json_put(out, "message_id", first->message_id);
	json_put(out, "client", first->client);
	json_put(out, "sha256", first->sha256);
	json_put(out, "drill", *first->drill ? first->drill : NULL);
	json_put(out, "category", *first->drill ? "phishingSimulation" :
		 NULL);
	json_put(out, "state", report_states[first->state]);
	json_put(out, "result", *first->result ? first->result : NULL);
	json_put(out, "marked", first->marked ?
		 report_marks[first->marked] : NULL);
	json_put(out, "marked_by", first->marked ? first->marked_by : NULL);
	json_put(out, "marked_at", first->marked ? marked : NULL);
	put_bool(out, "converted", *first->submission != '\0');
	json_put(out, "submission", *first->submission ? first->submission :
		 NULL);
	json_put(out, "note", *first->note ? first->note : NULL);
}

static void
count_drop(const char *tenant, const char *why, gint64 count, gint64 last,
	   void *data)
{
	struct listing *listing = data;
	const char *wanted = listing->wanted[BY_TENANT];

	(void)last;
	if (!caller_sees(listing->cli->caller, tenant) ||
	    (wanted && strcmp(wanted, tenant) != 0))
		return;
	if (listing->cli->json)
		printf("%s{\"tenant\":\"%s\",\"why\":\"%s\",\"count\":%"
		       G_GINT64_FORMAT "}", listing->most++ ? "," : "",
		       tenant, why, count);
	else
		printf("%sdropped for %s: %" G_GINT64_FORMAT " (%s)\n",
		       listing->most++ ? "" : "\n", tenant, count, why);
}

/* LISTING's `most` is counted anew: it is of no use any more. */
static bool
print_json(struct listing *listing, Site *site, GError **error)
{
	g_autoptr(GString) out = g_string_new("{\"items\":[");
	bool good;

	for (guint i = 0; i < listing->groups->len; i++) {
		json_comma(out);
		g_string_append_c(out, '{');
		report_members(listing->groups->pdata[i], out);
		g_string_append_c(out, '}');
	}
	printf("%s],\"dropped\":[", out->str);
	listing->most = 0;
	good = reports_each_drop(site->reports, NULL, count_drop, listing,
				 error);
	printf("]}\n");
	return good;
}

static void
print_csv(const struct listing *listing)
{
	static const char *const heads[] = {
		"id", "last", "count", "reporters", "reasons", "from",
		"sender", "subject", "message", "result", "drill",
		"converted", "marked", "marked_by", "state", "tenant"
	};

	cli_csv(heads, G_N_ELEMENTS(heads));
	for (guint i = 0; i < listing->groups->len; i++) {
		const GPtrArray *rows = listing->groups->pdata[i];
		const Report *first = rows->pdata[0];
		g_autofree char *reporters = joined(rows, BY_REPORTER);
		g_autofree char *reasons = joined(rows, BY_REASON);
		g_autofree char *count = g_strdup_printf("%u",
		    reporters_of(rows));
		const char *const cells[] = {
			first->id, cli_time(last_of(rows)), count, reporters,
			reasons, first->from, first->sender, first->subject,
			first->message, first->result, first->drill,
			value_of(first, BY_CONVERTED),
			report_marks[first->marked], first->marked_by,
			report_states[first->state], first->tenant
		};

		G_STATIC_ASSERT(G_N_ELEMENTS(cells) == G_N_ELEMENTS(heads));
		cli_csv(cells, G_N_ELEMENTS(cells));
	}
}

static void
print_table(const struct listing *listing, const GPtrArray *groups)
{
	static const char *const heads[] = {
		"ID", "LAST", "REPORTERS", "REASON", "FROM", "SUBJECT",
		"STATE", "RESULT", "MARKED", NULL
	};
	struct table *table = table_new(heads);

	(void)listing;
	for (guint i = 0; i < groups->len; i++) {
		const GPtrArray *rows = groups->pdata[i];
		const Report *first = rows->pdata[0];
		guint count = reporters_of(rows);
		g_autofree char *who = count == 1 ?
		    g_strdup(first->reporter) : g_strdup_printf("%u", count);
		g_autofree char *reasons = joined(rows, BY_REASON);

		table_add(table, first->id, cli_time(last_of(rows)), who,
			  reasons, value_of(first, BY_SENDER),
			  first->subject, report_states[first->state],
			  first->result, report_marks[first->marked]);
	}
	table_print(table);
}

/* Under each value of the column, those that have it. */
static void
print_groups(const struct listing *listing)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_new();
	enum column by = (enum column)listing->group_by;

	for (guint i = 0; i < listing->groups->len; i++) {
		g_autoptr(GPtrArray) values =
		    values_of(listing->groups->pdata[i], by);

		for (guint j = 0; j < values->len; j++)
			if (!g_ptr_array_find_with_equal_func(seen,
			    values->pdata[j], g_str_equal, NULL))
				g_ptr_array_add(seen, values->pdata[j]);
	}
	for (guint i = 0; i < seen->len; i++) {
		g_autoptr(GPtrArray) groups = g_ptr_array_new();
		g_autofree char *shown = text_shown(seen->pdata[i], 200);

		for (guint j = 0; j < listing->groups->len; j++) {
			g_autoptr(GPtrArray) values =
			    values_of(listing->groups->pdata[j], by);

			if (g_ptr_array_find_with_equal_func(values,
			    seen->pdata[i], g_str_equal, NULL))
				g_ptr_array_add(groups,
						listing->groups->pdata[j]);
		}
		printf("%s%s %s: %u\n", i ? "\n" : "", columns[by].name,
		       *shown ? shown : "none", groups->len);
		print_table(listing, groups);
	}
}

/* ---- the line ---- */

static bool
read_options(struct listing *listing)
{
	struct cli *cli = listing->cli;
	const char *by = cli_option(cli, "--group-by");
	const char *most = cli_option(cli, "--most");
	const char *since = cli_option(cli, "--since");

	for (guint i = 0; i < COLUMNS; i++) {
		g_autofree char *option = g_strconcat("--", columns[i].name,
						      NULL);

		listing->wanted[i] = cli_option(cli, option);
	}
	listing->is_unverified = cli_flag(cli, "--unverified");
	listing->group_by = by ? column_named(by) : -1;
	listing->most = BOUND_LISTING;
	if (by && listing->group_by < 0) {
		cli_fail(0, "--group-by is sender, reporter, reason, result, "
			 "state, marked, via, drill, converted or tenant");
		return false;
	}
	if (most && !g_ascii_string_to_unsigned(most, 10, 0, G_MAXUINT32,
						&listing->most, NULL)) {
		cli_fail(0, "--most: \"%s\" is no number", most);
		return false;
	}
	return cli_since(since, &listing->since);
}

static int
print(struct listing *listing, Site *site, bool csv)
{
	g_autoptr(GError) error = NULL;
	guint all;

	if (!reports_each(site->reports, listing->wanted[BY_TENANT],
			  listing->since, take, listing, &error))
		return cli_error("reports", error);
	g_ptr_array_sort(listing->groups, newest_first);
	all = listing->groups->len;
	if (listing->most && all > listing->most)
		g_ptr_array_set_size(listing->groups, (int)listing->most);
	if (csv) {
		print_csv(listing);
	} else if (listing->cli->json) {
		if (!print_json(listing, site, &error))
			return cli_error("reports", error);
	} else {
		if (listing->group_by >= 0)
			print_groups(listing);
		else
			print_table(listing, listing->groups);
		if (all > listing->groups->len)
			printf("\nThere are %u more: --most %u\n",
			       all - listing->groups->len, all);
		if (listing->unverified)
			printf("\n%u by people who are not verified: "
			       "--unverified lists them\n",
			       listing->unverified);
		listing->most = 0;
		if (!reports_each_drop(site->reports, NULL, count_drop,
				       listing, &error))
			return cli_error("reports", error);
	}
	return EX_OK;
}

int
cmd_report_list(struct cli *cli)
{
	struct listing listing = { .cli = cli };
	bool csv = cli_flag(cli, "--csv");
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!read_options(&listing) || !cli_words(cli, 0, 0))
		return EX_USAGE;
	if (listing.wanted[BY_TENANT] &&
	    !cli_tenant(cli, listing.wanted[BY_TENANT]))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	listing.site = site;
	listing.groups = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)g_ptr_array_unref);
	status = print(&listing, site, csv);
	g_ptr_array_free(listing.groups, TRUE);
	return status;
}
