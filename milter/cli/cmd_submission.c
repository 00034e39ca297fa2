/*
 * cmd_submission.c -- gatepost submission list and show: what was given to
 * the analysts, what they said, why it came through, what to change
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/model/address.h"
#include "gatepost/service/advice.h"
#include "gatepost/service/drain.h"
#include "gatepost/service/submit.h"
#include "gatepost/service/why.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"

#define DEFAULT_MOST 100

/* ---- the listing ---- */

struct listing {
	bool is_csv;
	struct table *table;	/* NULL: JSON, CSV or counts */
	GString *json;
	const char *group;	/* a column; NULL: rows */
	GHashTable *counts;	/* of its values */
	guint count;
	char *last;		/* id of the last row */
};

/* What is submitted, in a word. */
static const char *
name_of(const Submission *one)
{
	return one->kind == SUBMISSION_URL ? one->url :
	    one->kind == SUBMISSION_FILE ? one->filename :
	    one->subject ? one->subject : one->message;
}

static const char *
group_of(const Submission *one, const char *group)
{
	const char *of = strcmp(group, "as") == 0 ? submitted_ases[one->as] :
	    strcmp(group, "status") == 0 ? submission_statuses[one->status] :
	    strcmp(group, "result") == 0 ? result_words(one->result) :
	    strcmp(group, "by") == 0 ? one->by :
	    strcmp(group, "sender") == 0 ? one->from : one->source;

	return of ? of : "-";
}

static const char *const csv_heads[] = {
	"id", "submitted", "by", "as", "kind", "what", "from", "sender", "rcpt",
	"status", "result", "verdict", "completed_by", "disputed", "source",
	"message", "tenant", "note"
};

static void
print_csv(const Submission *one)
{
	const char *const cells[] = {
		one->id, cli_time(one->at), one->by, submitted_ases[one->as],
		submission_kinds[one->kind], name_of(one), one->from,
		one->sender, one->rcpt, submission_statuses[one->status],
		result_words((enum result)one->result),
		verdicts[one->verdict], one->completed_by,
		one->dispute.at ? "yes" : "no", one->source, one->message,
		one->tenant, one->note
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(cells) == G_N_ELEMENTS(csv_heads));
	cli_csv(cells, G_N_ELEMENTS(cells));
}

static void
add_row(const Submission *one, void *data)
{
	struct listing *listing = data;

	listing->count++;
	g_free(listing->last);
	listing->last = g_strdup(one->id);
	if (listing->group) {
		const char *group = group_of(one, listing->group);
		guint count = GPOINTER_TO_UINT(
		    g_hash_table_lookup(listing->counts, group));

		g_hash_table_insert(listing->counts, g_strdup(group),
				    GUINT_TO_POINTER(count + 1));
	} else if (listing->is_csv) {
		print_csv(one);
	} else if (listing->table) {
		table_add(listing->table, one->id, cli_time(one->at),
			  one->by, submitted_ases[one->as], name_of(one) ?
			  name_of(one) : "-", one->from ? one->from : "-",
			  one->rcpt ? one->rcpt : "-",
			  submission_statuses[one->status],
			  result_words(one->result));
	} else {
		json_comma(listing->json);
		fields_json(&submission_fields, one, false, listing->json);
	}
}

static void
print_groups(const struct listing *listing, bool is_json)
{
	const char *const heads[] = { listing->group, "SUBMISSIONS", NULL };
	g_autoptr(GList) names = g_list_sort(
	    g_hash_table_get_keys(listing->counts), (GCompareFunc)strcmp);
	g_autoptr(GString) json = g_string_new("{\"groups\":[");
	struct table *table = is_json ? NULL : table_new(heads);

	for (const GList *one = names; one; one = one->next) {
		guint count = GPOINTER_TO_UINT(
		    g_hash_table_lookup(listing->counts, one->data));
		g_autofree char *number = g_strdup_printf("%u", count);

		if (table) {
			table_add(table, one->data, number);
			continue;
		}
		json_comma(json);
		g_string_append_c(json, '{');
		json_put(json, "group", one->data);
		json_put_number(json, "count", count);
		g_string_append_c(json, '}');
	}
	if (table)
		table_print(table);
	else
		printf("%s]}\n", json->str);
}

/* A word of a table as option NAME; -1 in *WORD when it is not there.  False
 * and said. */
static bool
read_word(struct cli *cli, const char *name, const char *const *words,
	  int *word)
{
	const char *given = cli_option(cli, name);

	*word = given ? fields_word(words, given) : -1;
	return cli_is_one_of(name, words, given);
}

static bool
read_filter(struct cli *cli, struct submission_filter *filter)
{
	const char *since = cli_option(cli, "--since");
	const char *most = cli_option(cli, "--most");
	guint64 rows = DEFAULT_MOST;

	filter->tenant = cli_option(cli, "--tenant");
	filter->rcpt = cli_option(cli, "--rcpt");
	filter->sender = cli_option(cli, "--from");
	filter->by = cli_option(cli, "--by");
	filter->source = cli_option(cli, "--source");
	filter->message = cli_option(cli, "--message");
	filter->after = cli_option(cli, "--after");
	filter->is_disputed = cli_flag(cli, "--disputed");
	if (!read_word(cli, "--status", submission_statuses,
		       &filter->status) ||
	    !read_word(cli, "--result", submission_results,
		       &filter->result) ||
	    !read_word(cli, "--as", submitted_ases, &filter->as) ||
	    !read_word(cli, "--kind", submission_kinds, &filter->kind) ||
	    (since && !cli_since(since, &filter->since)))
		return false;
	if (most && !g_ascii_string_to_unsigned(most, 10, 0, G_MAXUINT32,
						&rows, NULL)) {
		cli_fail(0, "--most: \"%s\" is no number", most);
		return false;
	}
	filter->most = (guint)rows;
	return true;
}

static bool
read_group(struct cli *cli, struct listing *listing)
{
	static const char *const groups[] = {
		"as", "status", "result", "by", "sender", "source", NULL
	};

	listing->group = cli_option(cli, "--group-by");
	if (!listing->group || g_strv_contains(groups, listing->group))
		return true;
	cli_fail(0, "--group-by is as, status, result, by, sender or source");
	return false;
}

static void
print_listing(const struct listing *listing, const struct cli *cli,
	      const struct submission_filter *filter)
{
	const char *next = filter->most && listing->count == filter->most ?
	    listing->last : NULL;

	if (listing->group) {
		print_groups(listing, cli->json);
		return;
	}
	if (listing->is_csv)
		return;
	if (listing->table) {
		table_print(listing->table);
		if (next)
			printf("\nThere may be more: --after %s\n", next);
		return;
	}
	g_string_append_c(listing->json, ']');
	json_put(listing->json, "next", next);
	printf("%s}\n", listing->json->str);
}

int
cmd_submission_list(struct cli *cli)
{
	static const char *const heads[] = {
		"ID", "SUBMITTED", "BY", "AS", "WHAT", "FROM", "RCPT",
		"STATUS", "RESULT", NULL
	};
	struct submission_filter filter = SUBMISSION_FILTER_ALL;
	g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	g_autoptr(GString) json = g_string_new("{\"submissions\":[");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	struct listing listing = { .json = json, .counts = counts };
	int status = EX_OK;

	listing.is_csv = cli_flag(cli, "--csv");
	if (!read_filter(cli, &filter) || !read_group(cli, &listing) ||
	    !cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (listing.group)
		filter.most = 0;
	else if (listing.is_csv)
		cli_csv(csv_heads, G_N_ELEMENTS(csv_heads));
	else if (!cli->json)
		listing.table = table_new(heads);
	if (!submissions_list(site->submitted, &filter, add_row, &listing,
			      &error))
		status = cli_error("submissions", error);
	else
		print_listing(&listing, cli, &filter);
	g_free(listing.last);
	return status;
}

/* ---- one ---- */

static void
print_line(const char *name, const char *value)
{
	g_autofree char *safe = value && *value ? text_shown(value, 300) :
	    NULL;

	if (safe)
		printf("  %-12s %s\n", name, safe);
}

static void
print_what(const Submission *one)
{
	g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT
						" octets", one->size);

	printf("Submission %s, a %s as %s\n", one->id,
	       submission_kinds[one->kind], submitted_ases[one->as]);
	print_line("submitted", cli_time(one->at));
	print_line("by", one->by);
	print_line("tenant", one->tenant);
	print_line("source", one->source);
	print_line("note", one->note);
	print_line("message", one->message);
	print_line("rcpt", one->rcpt);
	print_line("MAIL FROM", one->sender);
	print_line("From", one->from);
	print_line("Subject", one->subject);
	print_line("url", one->url);
	print_line("filename", one->filename);
	print_line("SHA-256", one->sha256);
	print_line("size", one->size ? size : NULL);
	for (guint i = 0; i < one->reports->len; i++)
		print_line("report", one->reports->pdata[i]);
	for (guint i = 0; i < one->entries->len; i++)
		print_line("entry", one->entries->pdata[i]);
}

static void
print_result(const Submission *one)
{
	printf("Status: %s\n", one->status == SUBMISSION_PENDING ?
	       "Being analyzed" : "Completed");
	printf("Result: %s (%s)\n", result_words(one->result),
	       submission_results[one->result]);
	print_line("means", result_meaning(one->result));
	for (guint i = 0; i < one->reasons->len; i++)
		print_line("reason", one->reasons->pdata[i]);
	if (one->completed) {
		print_line("completed", cli_time(one->completed));
		print_line("by", one->completed_by);
	}
	if (one->dispute.at) {
		g_autofree char *wrong = NULL;

		g_ptr_array_add(one->dispute.wrong, NULL);
		wrong = g_strjoinv(", ", (char **)one->dispute.wrong->pdata);
		print_line("disputed", cli_time(one->dispute.at));
		print_line("wrong was", wrong);
		print_line("since", one->dispute.text);
		print_line("first result",
			   result_words(one->dispute.result));
		for (guint i = 0; i < one->dispute.late->len; i++)
			print_line("late answer",
				   one->dispute.late->pdata[i]);
	}
}

static void
print_attempt(const Attempt *one)
{
	g_autofree char *analyst = text_shown(one->analyst, 80);
	g_autofree char *left = g_strdup_printf("%" G_GINT64_FORMAT
	    " octets, privacy %s, SHA-256 %s", one->size,
	    one->privacy ? one->privacy : "-",
	    one->sha256 ? one->sha256 : "-");
	g_autofree char *tries = g_strdup_printf("%" G_GINT64_FORMAT,
						 one->tries);

	printf("Analyst %s: %s%s%s\n", analyst, attempt_states[one->state],
	       one->verdict ? ", says " : "", one->verdict ?
	       verdicts[one->verdict] : "");
	print_line("what left", one->sent ? left : "nothing yet");
	print_line("where to", one->where);
	print_line("when", one->sent ? cli_time(one->sent) : NULL);
	print_line("answered", one->answered ? cli_time(one->answered) :
		   NULL);
	print_line("answer", one->detail);
	print_line("ticket", one->ticket);
	if (one->tries > 1)
		print_line("tries", tries);
	print_line("fault", one->fault);
	if (one->state == ATTEMPT_WAITING && one->next)
		print_line("next try", cli_time(one->next));
}

/* Why the message fared as it did. */
static bool
print_why(const struct cli *cli, Site *site, const Submission *one)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Record) record = one->message ?
	    ledger_read(site->ledger, one->message, &error) : NULL;

	if (one->message && !record && !error) {
		printf("The ledger no longer knows message %s\n",
		       one->message);
		return true;
	}
	if (record && why_tell(site, cli->config, record, one->tenant,
			       one->rcpt, out, &error))
		printf("Why\n%s", out->str);
	if (error)
		cli_error("ledger", error);
	return !error;
}

/* What left for ANALYST, octet for octet. */
static int
print_sent(Site *site, const Submission *one, const char *analyst)
{
	struct leaving leaving = { .data = NULL };
	g_autoptr(GError) error = NULL;
	const Attempt *attempt = NULL;
	int level, status = EX_OK;

	for (guint i = 0; i < one->attempts->len; i++) {
		const Attempt *of = one->attempts->pdata[i];

		if (g_strcmp0(of->analyst, analyst) == 0)
			attempt = of;
	}
	level = attempt && attempt->sent ?
	    fields_word(privacies, attempt->privacy) : -1;
	if (level < 0)
		return cli_fail(EX_NOINPUT, "nothing of %s left for \"%s\"",
				one->id, analyst);
	if (!drain_leaving(site, one, (enum privacy)level, &leaving, &error))
		return cli_error(one->id, error);
	if (g_strcmp0(leaving.sha256, attempt->sha256) != 0)
		status = cli_fail(EX_SOFTWARE, "what would leave now is not "
				  "what left, by its SHA-256");
	else
		fwrite(leaving.data->str, 1, leaving.data->len, stdout);
	leaving_clear(&leaving);
	return status;
}

/* The submission with what is to be changed. */
static void
print_json(const struct cli *cli, Site *site, const Submission *one)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(Record) record = one->message ?
	    ledger_read(site->ledger, one->message, NULL) : NULL;
	g_autoptr(Json) json = record ? json_parse(record->body,
	    strlen(record->body), NULL) : NULL;
	g_autoptr(GPtrArray) all = json ? advice_on(site, cli->config, json,
	    one->tenant, one->rcpt) : NULL;

	fields_json(&submission_fields, one, false, out);
	g_string_truncate(out, out->len - 1);
	json_key(out, "advice");
	g_string_append_c(out, '[');
	for (guint i = 0; all && i < all->len; i++) {
		const struct advice *advice = all->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "rule", advice->rule);
		json_put(out, "text", advice->text);
		g_string_append_c(out, '}');
	}
	printf("%s]}\n", out->str);
}

int
cmd_submission_show(struct cli *cli)
{
	const char *tenant = cli_option(cli, "--tenant");
	const char *sent = cli_option(cli, "--sent");
	g_autoptr(Submission) one = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 1, 1) || !cli_is_id(cli_word(cli, 0)))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	one = submissions_read(site->submitted, cli_word(cli, 0), &error);
	if (error)
		return cli_error("submissions", error);
	if (!one || (tenant && g_strcmp0(tenant, one->tenant) != 0))
		return cli_fail(EX_NOINPUT, "there is no submission %s",
				cli_word(cli, 0));
	if (sent)
		return print_sent(site, one, sent);
	if (cli->json) {
		print_json(cli, site, one);
		return EX_OK;
	}
	print_what(one);
	print_result(one);
	for (guint i = 0; i < one->attempts->len; i++)
		print_attempt(one->attempts->pdata[i]);
	if (one->status == SUBMISSION_PENDING)
		printf("Next: gatepost drain asks the analysts; to say what "
		       "it is yourself: gatepost submission resolve %s "
		       "WORD\n", one->id);
	return print_why(cli, site, one) ? EX_OK : EX_IOERR;
}
