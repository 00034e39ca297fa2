/*
 * cmd_quarantine.c -- gatepost quarantine and candidate
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/cli.h"
#include "gatepost/model/address.h"
#include "gatepost/service/release.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"
#include "gatepost/worker/ask.h"

struct listing {
	struct table *table;	/* NULL: JSON */
	GString *json;
};

static void
list_row(const struct held_row *row, void *data)
{
	struct listing *listing = data;
	char received[CLOCK_TEXT], expires[CLOCK_TEXT];

	clock_format(row->received, received);
	clock_format(row->expires, expires);
	if (listing->table) {
		table_add(listing->table, row->id, received, row->rcpt,
			  row->from, row->subject, row->state, row->reason);
		return;
	}
	json_comma(listing->json);
	g_string_append_c(listing->json, '{');
	json_put(listing->json, "id", row->id);
	json_put(listing->json, "rcpt", row->rcpt);
	json_put(listing->json, "tenant", row->tenant);
	json_put(listing->json, "sender", row->sender);
	json_put(listing->json, "from", row->from);
	json_put(listing->json, "subject", row->subject);
	json_put(listing->json, "reason", row->reason);
	json_put(listing->json, "entry", row->entry);
	json_put(listing->json, "state", row->state);
	json_put(listing->json, "received", received);
	json_put(listing->json, "expires", expires);
	json_put_number(listing->json, "size", row->size);
	g_string_append_c(listing->json, '}');
}

int
cmd_quarantine_list(struct cli *cli)
{
	static const char *const heads[] = { "ID", "RECEIVED", "RCPT", "FROM",
					     "SUBJECT", "STATE", "REASON",
					     NULL };
	struct held_filter filter = {
		.tenant = cli_option(cli, "--tenant"),
		.rcpt = cli_option(cli, "--rcpt"),
		.state = cli_option(cli, "--state"),
		.entry = cli_option(cli, "--entry"),
	};
	const char *since = cli_option(cli, "--since");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	struct listing listing;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0) || !cli_since(since, &filter.since))
		return EX_USAGE;
	if (filter.state && fields_word(held_states, filter.state) < 0)
		return cli_fail(EX_USAGE, "--state is held, released, "
				"deleted or expired");
	if (!(site = cli_site(cli, &status)))
		return status;
	listing.table = cli->json ? NULL : table_new(heads);
	listing.json = g_string_new("{\"items\":[");
	if (!quarantine_list(site->quarantine, &filter, list_row, &listing,
			     &error))
		status = cli_error("quarantine", error);
	else if (cli->json)
		printf("%s]}\n", listing.json->str);
	if (listing.table)
		table_print(listing.table);
	g_string_free(listing.json, TRUE);
	return status;
}

/* The item that the first word names; NULL and said. */
static Held *
named(struct cli *cli, Site *site, const char *id, int *status)
{
	g_autoptr(GError) error = NULL;
	Held *held;

	(void)cli;
	if (!cli_is_id(id)) {
		*status = EX_USAGE;
		return NULL;
	}
	held = quarantine_read(site->quarantine, id, &error);
	if (!held)
		*status = cli_fail(EX_NOINPUT, "there is no item %s in "
				   "quarantine (%s)", id, error->message);
	return held;
}

static void
show_rcpt(const HeldRcpt *rcpt)
{
	g_autofree char *reason = text_shown(rcpt->reason, 400);
	g_autofree char *shown = text_shown(rcpt->rcpt, 200);

	printf("\n  %s: %s\n", shown, held_states[rcpt->state]);
	printf("    tenant   %s\n", rcpt->tenant ? rcpt->tenant : "-");
	printf("    reason   %s\n", reason);
	printf("    category %s\n", rcpt->category ? rcpt->category : "-");
	printf("    entry    %s\n", rcpt->entry ? rcpt->entry : "-");
	printf("    expires  %s\n", cli_time(rcpt->expires));
	if (rcpt->changed)
		printf("    changed  %s by %s\n", cli_time(rcpt->changed),
		       rcpt->by ? rcpt->by : "-");
}

static void
show_line(const char *name, const char *value)
{
	g_autofree char *safe = text_shown(value ? value : "-", 200);

	printf("  %-11s %s\n", name, safe);
}

int
cmd_quarantine_show(struct cli *cli)
{
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	Held *held;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)) ||
	    !(held = named(cli, site, cli_word(cli, 0), &status)))
		return status;
	if (cli->json) {
		g_autoptr(GString) out = g_string_new(NULL);

		fields_json(&held_fields, held, false, out);
		printf("%s\n", out->str);
	} else {
		printf("Item %s, received %s\n", held->id,
		       cli_time(held->received));
		show_line("queue id", held->queue_id);
		show_line("Message-ID", held->message_id);
		show_line("client", held->client_address);
		show_line("MAIL FROM", held->sender);
		show_line("From", held->from);
		show_line("Subject", held->subject);
		show_line("SHA-256", held->sha256);
		printf("  %-11s %" G_GINT64_FORMAT " octets\n", "size",
		       held->size);
		for (guint i = 0; i < held->rcpts->len; i++)
			show_rcpt(held->rcpts->pdata[i]);
	}
	fields_free(&held_fields, held);
	return EX_OK;
}

/* Have a private worker read the message: no one else parses mail. */
static int
preview(int fd, gint64 size)
{
	g_autofree char *program = ask_program("gatepost-worker");
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	g_autoptr(GError) error = NULL;
	struct ask_bytes bytes = { NULL, (gsize)size, fd };
	int connection = ask_private(program, &error), status = EX_OK;

	request->kind = REQUEST_PREVIEW;
	request->size = size;
	if (connection < 0 ||
	    ask(connection, request, &bytes, answer, clock_steady_ms() +
		BOUND_ASK_MS, ask_wait_plainly, NULL, &error) != ASK_DONE)
		status = cli_fail(EX_SOFTWARE, "preview: %s", error->message);
	else
		fputs(answer->preview ? answer->preview : "", stdout);
	if (connection >= 0)
		close(connection);
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
	return status;
}

static int
print_raw(int fd, gint64 size)
{
	char buffer[65536];
	off_t at = 0;

	while (at < size) {
		gssize n = pread(fd, buffer, sizeof buffer, at);

		if (n <= 0 || fwrite(buffer, 1, (gsize)n, stdout) != (gsize)n)
			return EX_IOERR;
		at += n;
	}
	return EX_OK;
}

int
cmd_quarantine_preview(struct cli *cli)
{
	bool is_raw = cli_flag(cli, "--raw");
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK, fd;
	Held *held;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)) ||
	    !(held = named(cli, site, cli_word(cli, 0), &status)))
		return status;
	fd = quarantine_octets(site->quarantine, held, &error);
	if (fd < 0)
		status = cli_error("preview", error);
	else
		status = is_raw ? print_raw(fd, held->size) :
		    preview(fd, held->size);
	if (fd >= 0)
		close(fd);
	fields_free(&held_fields, held);
	return status;
}

/* ---- release and delete ---- */

typedef int deed(struct cli *cli, Site *site, const char *id,
		 const char *rcpt, const char *who);

static int
release_one(struct cli *cli, Site *site, const char *id, const char *rcpt,
	    const char *who)
{
	g_autofree char *shown = text_shown(rcpt, 200);
	g_autoptr(GError) error = NULL;
	enum held_state is = HELD_HELD;

	switch (release(site, cli->config, id, rcpt, who, &is, &error)) {
	case RELEASE_DONE:
		printf("%s released to %s\n", id, shown);
		return EX_OK;
	case RELEASE_ALREADY:
		printf("%s for %s is already %s\n", id, shown,
		       held_states[is]);
		return EX_OK;
	case RELEASE_FAILED:
		break;
	}
	return cli_fail(EX_TEMPFAIL, "%s for %s stays held: %s", id, shown,
			error->message);
}

static int
delete_one(struct cli *cli, Site *site, const char *id, const char *rcpt,
	   const char *who)
{
	g_autofree char *shown = text_shown(rcpt, 200);
	g_autoptr(GError) error = NULL;
	enum held_state is = HELD_HELD;

	(void)cli;
	if (quarantine_move(site->quarantine, id, rcpt, HELD_HELD,
			    HELD_DELETED, who, &is, &error)) {
		ledger_event(site->ledger, id, rcpt, "deleted", who, NULL);
		printf("%s deleted for %s\n", id, shown);
		return EX_OK;
	}
	if (error)
		return cli_error(id, error);
	printf("%s for %s is already %s\n", id, shown, held_states[is]);
	return EX_OK;
}

static int
do_item(struct cli *cli, Site *site, const char *id, const char *rcpt,
	deed *what)
{
	int status = EX_OK, one;
	bool is_any = false;
	Held *held = named(cli, site, id, &status);

	for (guint i = 0; held && i < held->rcpts->len; i++) {
		const HeldRcpt *copy = held->rcpts->pdata[i];

		if (rcpt && strcmp(copy->rcpt, rcpt) != 0)
			continue;
		is_any = true;
		one = what(cli, site, id, copy->rcpt, cli->who);
		status = one ? one : status;
	}
	if (held && !is_any)
		status = cli_fail(EX_NOINPUT, "item %s has no recipient %s",
				  id, rcpt);
	fields_free(&held_fields, held);
	return status;
}

static void
add_id(const struct held_row *row, void *data)
{
	GPtrArray *ids = data;

	if (ids->len == 0 ||
	    strcmp(ids->pdata[ids->len - 1], row->id) != 0)
		g_ptr_array_add(ids, g_strdup(row->id));
}

static int
do_items(struct cli *cli, deed *what)
{
	const char *given = cli_option(cli, "--rcpt");
	struct held_filter filter = { .entry = cli_option(cli, "--entry"),
				      .state = held_states[HELD_HELD] };
	g_autofree char *rcpt = given ? address_normal(given) : NULL;
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK, one;

	if (!cli_words(cli, filter.entry ? 0 : 1, G_MAXUINT) ||
	    (given && !rcpt))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	for (guint i = 0; i < cli->words->len; i++)
		g_ptr_array_add(ids, g_strdup(cli_word(cli, i)));
	if (filter.entry && !quarantine_list(site->quarantine, &filter,
					     add_id, ids, &error))
		return cli_error("quarantine", error);
	for (guint i = 0; i < ids->len; i++) {
		one = do_item(cli, site, ids->pdata[i], rcpt, what);
		status = one ? one : status;
	}
	return status;
}

int
cmd_quarantine_release(struct cli *cli)
{
	return do_items(cli, release_one);
}

int
cmd_quarantine_delete(struct cli *cli)
{
	return do_items(cli, delete_one);
}

int
cmd_quarantine_reindex(struct cli *cli)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	guint items = 0;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (!quarantine_reindex(site->quarantine, &items, &error))
		return cli_error("reindex", error);
	printf("indexed %u items\n", items);
	return EX_OK;
}
