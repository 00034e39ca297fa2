/*
 * cmd_report_one.c -- gatepost report show, mark, submit, add and drill
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/report.h"
#include "gatepost/model/address.h"
#include "gatepost/service/drill.h"
#include "gatepost/service/report_work.h"
#include "gatepost/service/send.h"
#include "gatepost/service/triage.h"
#include "gatepost/service/why.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

GPtrArray *
report_named(Site *site, const char *id, int *status)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) rows = NULL;

	if (!cli_is_id(id)) {
		*status = EX_USAGE;
		return NULL;
	}
	rows = reports_group(site->reports, id, &error);
	if (!rows) {
		*status = cli_error(id, error);
		return NULL;
	}
	if (rows->len == 0 || !caller_sees(site->caller,
	    ((const Report *)rows->pdata[0])->tenant)) {
		*status = cli_fail(EX_NOINPUT, "there is no report %s", id);
		return NULL;
	}
	return g_steal_pointer(&rows);
}

/* ---- show ---- */

static void
show_line(const char *name, const char *value)
{
	g_autofree char *safe = text_shown(value && *value ? value : "-",
					   300);

	printf("  %-11s %s\n", name, safe);
}

static void
show_row(const Report *row)
{
	g_autofree char *who = text_shown(row->reporter, 200);
	char at[CLOCK_TEXT];

	clock_format(row->at, at);
	printf("  %s  %s by %s, %s, as %s%s", at, report_reasons[row->reason],
	       who, row->via, report_forms[row->form],
	       row->is_verified ? "" : ", not verified");
	if (row->times > 1)
		printf(", %" G_GINT64_FORMAT " times", row->times);
	printf("\n");
}

static void
show_message(Site *site, const GPtrArray *rows)
{
	const Report *first = rows->pdata[0];

	printf("Report %s\n", first->id);
	show_line("tenant", first->tenant);
	show_line("From", first->from);
	show_line("MAIL FROM", first->sender);
	show_line("Subject", first->subject);
	show_line("Message-ID", first->message_id);
	show_line("client", first->client);
	show_line("SHA-256", first->sha256);
	show_line("octets", *first->item ? first->item : "not kept");
	show_line("state", report_states[first->state]);
	show_line("result", triage_result(site, first));
	if (*first->drill)
		show_line("drill", first->drill);
	if (first->marked) {
		show_line("marked", report_marks[first->marked]);
		show_line("marked by", first->marked_by);
		show_line("marked at", cli_time(first->marked_at));
		show_line("note", first->note);
	}
	if (*first->submission)
		show_line("submission", first->submission);
	printf("\nReported:\n");
	for (guint i = 0; i < rows->len; i++)
		show_row(rows->pdata[i]);
}

/* Its record, when it is matched to one; no error when that is gone. */
static Record *
record_of(Site *site, const Report *first)
{
	return *first->message ? ledger_read(site->ledger, first->message,
					     NULL) : NULL;
}

/* Why it was delivered, of the copies of that tenant alone. */
static void
show_why(Site *site, const Config *config, const Report *first)
{
	g_autoptr(Record) record = record_of(site, first);
	g_autoptr(Json) json = record ? json_parse(record->body,
	    strlen(record->body), NULL) : NULL;
	const Json *decision = triage_decision(json, first->tenant);
	const char *rcpt = json_text(json_member(decision, "rcpt"));
	g_autoptr(GString) out = g_string_new(NULL);

	if (!rcpt) {
		printf("\nThe ledger knows no message that fits: all of this "
		       "is what the report says.\n");
		return;
	}
	printf("\nWhat the ledger knows:\n");
	if (why_tell(site, config, record, first->tenant, rcpt, out, NULL))
		fputs(out->str, stdout);
}

static void
put_value(GString *out, const char *name, const Json *value)
{
	const char *text = json_text(value);

	json_put(out, name, text);
}

/* The decision and what proved the sender, of the ledger. */
static void
add_ledger(Site *site, const Report *first, GString *out)
{
	g_autoptr(Record) record = record_of(site, first);
	g_autoptr(Json) json = record ? json_parse(record->body,
	    strlen(record->body), NULL) : NULL;
	const Json *decision = triage_decision(json, first->tenant);
	const Json *auth = json_member(json_member(json, "facts"), "auth");
	const Json *because = json_member(decision, "because");

	json_key(out, "ledger");
	if (!decision) {
		g_string_append(out, "null");
		return;
	}
	g_string_append_c(out, '{');
	json_put(out, "id", record->id);
	put_value(out, "rcpt", json_member(decision, "rcpt"));
	put_value(out, "action", json_member(decision, "action"));
	put_value(out, "category", json_member(decision, "category"));
	put_value(out, "place", json_member(decision, "place"));
	put_value(out, "because", json_member(because, "check"));
	put_value(out, "reason", json_member(because, "reason"));
	put_value(out, "entry", json_member(because, "entry"));
	put_value(out, "spf", json_member(auth, "spf"));
	put_value(out, "dmarc", json_member(auth, "dmarc"));
	put_value(out, "composite", json_member(auth, "composite"));
	g_string_append_c(out, '}');
}

static void
print_json(Site *site, const GPtrArray *rows)
{
	g_autoptr(GString) out = g_string_new("{");

	report_members(rows, out);
	add_ledger(site, rows->pdata[0], out);
	json_key(out, "items");
	g_string_append_c(out, '[');
	for (guint i = 0; i < rows->len; i++) {
		json_comma(out);
		fields_json(&report_fields, rows->pdata[i], false, out);
	}
	printf("%s]}\n", out->str);
}

int
cmd_report_show(struct cli *cli)
{
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)) ||
	    !(rows = report_named(site, cli_word(cli, 0), &status)))
		return status;
	if (cli->json) {
		print_json(site, rows);
		return EX_OK;
	}
	show_message(site, rows);
	show_why(site, cli->config, rows->pdata[0]);
	return EX_OK;
}

/* ---- mark ---- */

int
cmd_report_mark(struct cli *cli)
{
	const char *note = cli_option(cli, "--note");
	bool is_told = !cli_flag(cli, "--no-notice");
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK, mark;
	guint told;

	if (!cli_words(cli, 2, 2))
		return EX_USAGE;
	mark = fields_word(report_marks, cli_word(cli, 1));
	if (mark <= MARK_NONE)
		return cli_fail(EX_USAGE, "a message is marked as phish, spam "
				"or clean");
	if (!(site = cli_site(cli, &status)) ||
	    !(rows = report_named(site, cli_word(cli, 0), &status)))
		return status;
	if (!triage_mark(site, cli->config, rows, (enum report_mark)mark, &by,
			 note, is_told, &told, &error))
		return cli_fail(EX_TEMPFAIL, "%s: told %u reporters: %s",
				cli_word(cli, 0), told, error->message);
	printf("%s marked %s, told %u reporter%s\n", cli_word(cli, 0),
	       report_marks[mark], told, told == 1 ? "" : "s");
	return EX_OK;
}

/* ---- submit ---- */

static bool
read_submit(struct cli *cli, struct triage_submit *what)
{
	const char *as = cli_option(cli, "--as");

	what->note = cli_option(cli, "--note");
	what->as = as ? fields_word(submitted_ases, as) : -1;
	if (as && what->as < 0) {
		cli_fail(0, "--as is phish, malware, spam, clean, suspicious "
			 "or appears-clean");
		return false;
	}
	if (!cli_entries(cli, &what->block, &what->allow, &what->expires))
		return false;
	if (!what->block || !what->allow)
		return true;
	cli_fail(0, "--block and --allow are two things; give one");
	return false;
}

int
cmd_report_submit(struct cli *cli)
{
	struct triage_submit what = { .as = -1 };
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(Submission) one = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!read_submit(cli, &what) || !cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)) ||
	    !(rows = report_named(site, cli_word(cli, 0), &status)))
		return status;
	one = triage_submit(site, cli->config, rows, &what, &by, said,
			    &error);
	if (!one)
		return cli_fail(EX_DATAERR, "%s: %s", cli_word(cli, 0),
				error->message);
	if (cli->json) {
		g_autoptr(GString) out = g_string_new(NULL);

		fields_json(&submission_fields, one, false, out);
		printf("%s\n", out->str);
		return EX_OK;
	}
	printf("%s submitted as %s: %s\n", one->id, submitted_ases[one->as],
	       result_words((enum result)one->result));
	for (guint i = 0; i < said->len; i++)
		printf("  %s\n", (char *)said->pdata[i]);
	printf("  next: gatepost submission show %s%s\n", one->id,
	       one->status == SUBMISSION_PENDING ?
	       ", after gatepost drain has run" : "");
	return EX_OK;
}

/* ---- add ---- */

static enum ask_result
ask_private_worker(struct report_worker *worker, int fd, gsize size,
		   const Request *request, Answer *answer, GError **error)
{
	g_autofree char *program = ask_program("gatepost-worker");
	const struct ask_bytes bytes = { NULL, size, fd };
	int connection = ask_private(program, error);
	enum ask_result result = ASK_NONE;

	(void)worker;
	if (connection < 0)
		return ASK_NONE;
	result = ask(connection, request, &bytes, answer, clock_steady_ms() +
		     BOUND_ASK_MS, wait_plainly, NULL, error);
	close(connection);
	return result;
}

static bool
tell_at_once(struct report_worker *worker, const char *to,
	     const GString *mail, GError **error)
{
	return mail_send_quietly(worker->config, "", to, mail->str, mail->len,
				 false, error);
}

/* Who USER, an address or a login, is; NULL and said. */
static Incoming *
incoming_of(struct cli *cli, const char *user, const char *as)
{
	const char *name = cli_option(cli, "--tenant");
	g_autofree char *address = strchr(user, '@') ? address_normal(user) :
	    NULL;
	const Tenant *home = address ?
	    config_tenant_of(cli->config, address_domain(address)) : NULL;
	const Tenant *tenant = name ? NULL : home;
	struct map_wait wait = { wait_plainly, NULL, 0 };
	g_autoptr(Routes) routes = routes_new(cli->config);
	g_autoptr(Route) route = NULL;
	Incoming *one;
	char id[ID_TEXT];

	if (!tenant && !(tenant = cli_tenant(cli, name)))
		return NULL;
	if (!caller_sees(cli->caller, tenant->name)) {
		cli_fail(0, "%s is of no tenant of yours", user);
		return NULL;
	}
	wait.deadline = clock_steady_ms() + tenant->users.timeout;
	/* An address of elsewhere can only be a login. */
	if (home != tenant)
		g_clear_pointer(&address, g_free);
	route = address ? routes_follow(routes, tenant, address, &wait) :
	    routes_login(routes, tenant, user, &wait);
	if (route->unsure || route->mailboxes->len == 0) {
		cli_fail(0, "--user: nobody knows whose mailbox %s is: %s",
			 user, route->unsure ? route->unsure : "no table "
			 "has it");
		return NULL;
	}
	one = fields_new(&incoming_fields);
	id_new(id);
	one->id = g_strdup(id);
	one->at = clock_now();
	one->message = g_strdup(id);
	one->tenant = g_strdup(tenant->name);
	one->is_verified = one->is_bare = true;
	for (guint i = 0; i < route->mailboxes->len; i++)
		g_ptr_array_add(one->mailboxes,
				g_strdup(route->mailboxes->pdata[i]));
	if (route->mailboxes->len == 1 && !route->is_more)
		one->mailbox = g_strdup(one->mailboxes->pdata[0]);
	one->reporter = g_strdup(one->mailbox ? one->mailbox : address ?
				 address : one->mailboxes->pdata[0]);
	one->reply = g_strdup(one->reporter);
	one->reason = fields_word(report_reasons, as);
	one->is_listed = tenant->reports.destination == DESTINATION_MAILBOX;
	one->via = g_strdup(vias[cli->via]);
	return one;
}

/* All of FILE ("-": standard input) as a descriptor; -1 and said. */
static int
read_input(const char *file, gsize *size, int *status)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	g_autoptr(GError) error = NULL;
	FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	char buffer[65536];
	gsize n;
	int fd;

	if (!in) {
		*status = cli_fail(EX_NOINPUT, "%s cannot be opened", file);
		return -1;
	}
	while (all->len <= BOUND_MESSAGE &&
	       (n = fread(buffer, 1, sizeof buffer, in)) > 0)
		g_byte_array_append(all, (guint8 *)buffer, (guint)n);
	if (in != stdin)
		fclose(in);
	*size = all->len;
	if (all->len == 0 || all->len > BOUND_MESSAGE) {
		*status = cli_fail(EX_DATAERR, "the message has %s octets "
				   "that a report may have",
				   all->len ? "more than the" : "none of the");
		return -1;
	}
	fd = file_memory(all->data, all->len, &error);
	if (fd < 0)
		*status = cli_error(file, error);
	return fd;
}

static int
add(struct cli *cli, Site *site, const Incoming *one, int fd, gsize size)
{
	struct report_worker worker = { site, cli->config, ask_private_worker,
					tell_at_once, NULL };
	const Tenant *tenant = config_tenant(cli->config, one->tenant);
	const struct reports_meter meter = {
		one->tenant, one->reporter, true, tenant->reports.hourly,
		tenant->reports.hourly_all, clock_now()
	};
	g_autoptr(GError) error = NULL;
	bool is_over = false;
	guint count;

	if (!reports_meter(site->reports, &meter, &is_over, &error))
		return cli_error("reports", error);
	if (is_over)
		return cli_fail(EX_TEMPFAIL, "too many reports of %s, or of "
				"all, within the hour", one->reporter);
	if (!report_work(&worker, one, fd, size, &count, &error))
		return cli_fail(EX_TEMPFAIL, "not reported: %s",
				error->message);
	printf("%s reported as %s\n", one->id, report_reasons[one->reason]);
	return EX_OK;
}

int
cmd_report_add(struct cli *cli)
{
	const char *as = cli_option(cli, "--as");
	const char *user = cli_option(cli, "--user");
	int reason = as ? fields_word(report_reasons, as) : -1;
	const char *file;
	g_autoptr(Site) site = NULL;
	int status = EX_USAGE, fd;
	Incoming *one;
	gsize size;

	if (reason != REPORT_PHISH && reason != REPORT_JUNK &&
	    reason != REPORT_NOT_JUNK)
		return cli_fail(EX_USAGE, "--as is phish, junk or not-junk");
	if (!user)
		return cli_fail(EX_USAGE, "--user says who reports it");
	one = incoming_of(cli, user, as);
	if (!one || !cli_words(cli, 0, 1)) {
		fields_free(&incoming_fields, one);
		return EX_USAGE;
	}
	file = cli->words->len ? cli_word(cli, 0) : "-";
	status = EX_NOPERM;
	fd = cli_opens(cli, file) ? read_input(file, &size, &status) : -1;
	if (fd >= 0 && (site = cli_site(cli, &status)))
		status = add(cli, site, one, fd, size);
	if (fd >= 0)
		close(fd);
	fields_free(&incoming_fields, one);
	return status;
}

/* ---- drill ---- */

int
cmd_report_drill(struct cli *cli)
{
	const char *campaign = cli_option(cli, "--campaign");
	const char *expires = cli_option(cli, "--expires");
	const Tenant *tenant = cli_tenant(cli, cli_option(cli, "--tenant"));
	gint64 until;

	if (!tenant || !cli_expires(expires ? expires : "30d", &until) ||
	    !cli_words(cli, 1, G_MAXUINT))
		return EX_USAGE;
	if (!campaign || !drill_is_campaign(campaign))
		return cli_fail(EX_USAGE, "--campaign is a word of letters, "
				"digits, '-', '_' and '.'");
	for (guint i = 0; i < cli->words->len; i++) {
		const char *word = cli_word(cli, i);
		g_autofree char *rcpt = strcmp(word, "*") == 0 ?
		    g_strdup(word) : address_normal(word);
		g_autoptr(GError) error = NULL;
		g_autofree char *value = NULL;

		if (!rcpt)
			return cli_fail(EX_DATAERR, "\"%s\" is no address",
					word);
		value = drill_make(tenant, rcpt, campaign, until /
				   CLOCK_SECOND, &error);
		if (!value)
			return cli_error("drill", error);
		printf("%s%s%s: %s\n", cli->words->len > 1 ? rcpt : "",
		       cli->words->len > 1 ? " " : "", DRILL_FIELD, value);
	}
	return EX_OK;
}
