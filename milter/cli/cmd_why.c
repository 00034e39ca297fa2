/*
 * cmd_why.c -- gatepost why, trace and stats: what the ledger knows
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/cli.h"
#include "gatepost/model/address.h"
#include "gatepost/model/category.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/service/why.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

int
cmd_why(struct cli *cli)
{
	const char *given = cli_option(cli, "--rcpt");
	g_autofree char *rcpt = given ? address_normal(given) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(Record) record = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (given && !rcpt)
		return cli_fail(EX_USAGE, "\"%s\" is no address", given);
	if (!(site = cli_site(cli, &status)))
		return status;
	record = why_find(site, cli_word(cli, 0), &error);
	if (error)
		return cli_error("ledger", error);
	if (!record)
		return cli_fail(EX_NOINPUT, "the ledger knows no message "
				"\"%s\"; try gatepost trace",
				cli_word(cli, 0));
	if (rcpt && !why_is_for(record, rcpt))
		return cli_fail(EX_NOINPUT, "message %s was not for %s; "
				"without --rcpt all are told", record->id,
				rcpt);
	if (cli->json) {
		printf("%s\n", record->body);
		return EX_OK;
	}
	if (!why_tell(site, cli->config, record, NULL, rcpt, out, &error))
		return cli_error("why", error);
	fputs(out->str, stdout);
	return EX_OK;
}

struct tracing {
	struct table *table;	/* NULL: JSON */
	GString *json;
};

static const char *
text(const Json *object, const char *name)
{
	const char *found = json_text(json_member(object, name));

	return found ? found : "";
}

static void
trace_row(const Record *record, const Json *json, void *data)
{
	struct tracing *tracing = data;
	const Json *facts = json_member(json, "facts");
	const Json *all = json_member(json, "decisions");

	if (!tracing->table) {
		json_comma(tracing->json);
		g_string_append(tracing->json, record->body);
		return;
	}
	for (gsize i = 0; i < json_count(all); i++) {
		const Json *one = json_element(all, i);

		table_add(tracing->table, record->id, text(json, "received"),
			  text(json, "sender"), text(one, "rcpt"),
			  text(one, "action"), text(one, "place"),
			  text(facts, "subject"));
	}
}

/* The value in normal form, or as given when it has none. */
static char *
normal(char *made, const char *given)
{
	return made || !given ? made : g_strdup(given);
}

/* The value of --ip as the ledger has it, in *IP; yours.  False and said. */
static bool
take_ip(struct cli *cli, char **ip)
{
	const char *given = cli_option(cli, "--ip");
	struct network network;
	char text[NETWORK_TEXT];

	if (!given)
		return true;
	if (!network_parse(given, &network) || network.prefix != 128) {
		cli_fail(0, "--ip: \"%s\" is no address", given);
		return false;
	}
	network_format(&network, text);
	*ip = g_strdup(text);
	return true;
}

/* The same with --file. */
static bool
take_file(struct cli *cli, char **file)
{
	const char *given = cli_option(cli, "--file");

	if (!given)
		return true;
	if (strlen(given) != 64 ||
	    strspn(given, "0123456789abcdefABCDEF") != 64) {
		cli_fail(0, "--file: \"%s\" is no SHA-256, 64 hexadecimal "
			 "digits as sha256sum(1) prints them", given);
		return false;
	}
	*file = g_ascii_strdown(given, -1);
	return true;
}

int
cmd_trace(struct cli *cli)
{
	static const char *const heads[] = { "ID", "RECEIVED", "MAIL FROM",
					     "RCPT", "ACTION", "PLACE",
					     "SUBJECT", NULL };
	const char *from = cli_option(cli, "--from");
	const char *envelope = cli_option(cli, "--envelope");
	const char *rcpt = cli_option(cli, "--rcpt");
	const char *domain = cli_option(cli, "--domain");
	const char *since = cli_option(cli, "--since");
	const char *most = cli_option(cli, "--most");
	g_autofree char *from_ = normal(from ? address_normal(from) : NULL,
					from);
	g_autofree char *envelope_ = normal(envelope ?
					    address_normal(envelope) : NULL,
					    envelope);
	g_autofree char *rcpt_ = normal(rcpt ? address_normal(rcpt) : NULL,
					rcpt);
	g_autofree char *domain_ = normal(domain ? domain_normal(domain) :
					  NULL, domain);
	g_autofree char *ip = NULL, *file = NULL;
	char *end = NULL;
	struct trace what = {
		.from = from_, .envelope = envelope_, .rcpt = rcpt_,
		.url = cli_option(cli, "--url"), .domain = domain_,
		.action = cli_option(cli, "--action"),
		.most = most ? (guint)g_ascii_strtoull(most, &end, 10) : 100,
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	struct tracing tracing;
	int status = EX_OK;

	if (!take_ip(cli, &ip) || !take_file(cli, &file) ||
	    !cli_words(cli, 0, 0) || !cli_since(since, &what.since))
		return EX_USAGE;
	what.ip = ip;
	what.file = file;
	if (most && (*end || !what.most))
		return cli_fail(EX_USAGE, "--most is a number from 1 on");
	if (what.action && fields_word(actions, what.action) < 0)
		return cli_fail(EX_USAGE, "--action is deliver, tag, junk, "
				"quarantine, reject or discard");
	if (!(site = cli_site(cli, &status)))
		return status;
	tracing.table = cli->json ? NULL : table_new(heads);
	tracing.json = g_string_new("{\"records\":[");
	if (!trace(site, &what, trace_row, &tracing, &error))
		status = cli_error("trace", error);
	else if (cli->json)
		printf("%s]}\n", tracing.json->str);
	if (tracing.table)
		table_print(tracing.table);
	g_string_free(tracing.json, TRUE);
	return status;
}

/* ---- stats ---- */

struct counting {
	guint messages, decisions;
	guint taken;		/* mail to us: reports, and what users ask */
	guint done[ACTION_DISCARD + 1], would[ACTION_DISCARD + 1];
	bool is_listed;		/* --would: what would have been done */
	struct table *table;	/* NULL while there is nothing */
};

/* A row of what enforce would have done to one recipient's copy. */
static void
list_one(struct counting *counting, const Record *record, const Json *json,
	 const Json *one)
{
	static const char *const heads[] = { "ID", "RCPT", "MAIL FROM",
					     "DONE", "ENFORCE", "REASON",
					     NULL };

	if (!counting->table)
		counting->table = table_new(heads);
	table_add(counting->table, record->id, text(one, "rcpt"),
		  text(json, "sender"), text(one, "action"),
		  text(one, "asked"),
		  text(json_member(one, "because"), "reason"));
}

/* Mail to an address of ours: it is not delivered, and not lost. */
static bool
is_taken(const Json *decision)
{
	const char *check = text(json_member(decision, "because"), "check");

	return strcmp(text(decision, "action"), "discard") == 0 &&
	    (strcmp(check, "report") == 0 || strcmp(check, "action") == 0);
}

static void
count_one(const Record *record, const Json *json, void *data)
{
	struct counting *counting = data;
	const Json *all = json_member(json, "decisions");

	counting->messages++;
	for (gsize i = 0; i < json_count(all); i++) {
		const Json *one = json_element(all, i);
		int done = fields_word(actions, text(one, "action"));
		int asked = fields_word(actions, text(one, "asked"));

		if (done < 0 || asked < 0 || !*text(one, "tenant"))
			continue;
		if (is_taken(one)) {
			counting->taken++;
			continue;
		}
		counting->decisions++;
		counting->done[done]++;
		counting->would[asked]++;
		if (counting->is_listed && asked > done)
			list_one(counting, record, json, one);
	}
}

/* What waits for the analysts. */
static void
put_submissions(const struct cli *cli, Site *site, GString *json)
{
	gint64 oldest = 0;
	gint64 count = submissions_count(site->submitted, SUBMISSION_PENDING,
					 &oldest, NULL);
	char at[CLOCK_TEXT];

	clock_format(oldest, at);
	json_key(json, "submissions");
	g_string_append_c(json, '{');
	json_put_number(json, "pending", count);
	json_put(json, "oldest", oldest ? at : NULL);
	g_string_append_c(json, '}');
	if (!cli->json && count > 0)
		printf("%" G_GINT64_FORMAT " submissions wait, the oldest "
		       "since %s\n", count, at);
}

int
cmd_stats(struct cli *cli)
{
	bool would = cli_flag(cli, "--would");
	const char *since = cli_option(cli, "--since");
	struct trace what = { .since = 0 };
	struct counting counting = { .is_listed = would && !cli->json };
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) json = g_string_new("{");
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0) || !cli_since(since ? since : "7d",
						&what.since))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (!trace(site, &what, count_one, &counting, &error))
		status = cli_error("stats", error);
	if (counting.table) {
		table_print(counting.table);
		printf("\n");
	} else if (counting.is_listed && status == EX_OK) {
		printf("enforce would have done nothing more\n\n");
	}
	json_put_number(json, "messages", counting.messages);
	json_put_number(json, "decisions", counting.decisions);
	json_put_number(json, "taken", counting.taken);
	for (guint i = 0; actions[i]; i++) {
		if (!cli->json)
			printf("%-12s done %u, by enforce %u\n", actions[i],
			       counting.done[i], counting.would[i]);
		json_key(json, actions[i]);
		g_string_append_c(json, '{');
		json_put_number(json, "done", counting.done[i]);
		json_put_number(json, "would", counting.would[i]);
		g_string_append_c(json, '}');
	}
	if (!cli->json && counting.taken)
		printf("reports and requests taken: %u\n",
		       counting.taken);
	put_submissions(cli, site, json);
	if (cli->json)
		printf("%s}\n", json->str);
	else
		printf("%u messages, %u decisions since %s\n",
		       counting.messages, counting.decisions,
		       cli_time(what.since));
	return status;
}
