/*
 * cmd_quarantine.c -- gatepost quarantine list, show, preview, reindex
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/held.h"
#include "gatepost/model/rights.h"
#include "gatepost/service/preview.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* The page that a listing is cut to; ID stays in AFTER, cut at the slash. */
static bool
read_page(struct cli *cli, struct held_filter *filter, char *after)
{
	const char *sort = cli_option(cli, "--sort");
	const char *most = cli_option(cli, "--most");
	int by = sort ? fields_word(held_sorts, sort) : 0;
	guint64 number = BOUND_LISTING;
	char *slash = after ? strchr(after, '/') : NULL;

	if (most && !g_ascii_string_to_unsigned(most, 10, 0, G_MAXUINT32,
						&number, NULL)) {
		cli_fail(0, "--most: \"%s\" is no number", most);
		return false;
	}
	if (by < 0) {
		cli_fail(0, "--sort is received, expires, sender, subject or "
			 "size");
		return false;
	}
	if (slash)
		*slash = '\0';
	if (after && (!slash || !id_is(after))) {
		cli_fail(0, "--after is ID/RCPT, as the page before said");
		return false;
	}
	filter->most = (guint)number;
	filter->sort = (enum held_sort)by;
	filter->is_down = cli_flag(cli, "--reverse");
	filter->after_id = after;
	filter->after_rcpt = slash ? slash + 1 : NULL;
	return true;
}

/* --format list, csv or json; *CSV set.  False and said. */
static bool
read_format(struct cli *cli, bool *csv)
{
	const char *format = cli_option(cli, "--format");

	*csv = g_strcmp0(format, "csv") == 0;
	if (g_strcmp0(format, "json") == 0)
		cli->json = true;
	if (!format || *csv || cli->json || strcmp(format, "list") == 0)
		return true;
	cli_fail(0, "--format is list, csv or json");
	return false;
}

int
cmd_quarantine_list(struct cli *cli)
{
	g_autofree char *after = g_strdup(cli_option(cli, "--after"));
	struct held_asked asked = { .rcpt = NULL };
	struct held_listing *listing;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_USAGE;
	bool csv;

	asked.filter.by = cli_option(cli, "--by");
	if (held_ask(cli, &asked) && read_page(cli, &asked.filter, after) &&
	    read_format(cli, &csv) && cli_words(cli, 0, 0) &&
	    held_keep(cli, &asked.filter)) {
		status = EX_OK;
		site = cli_site(cli, &status);
	}
	if (site) {
		listing = held_listing_new(cli, csv);
		if (!quarantine_list(site->quarantine, &asked.filter,
				     held_listing_add, listing, &error))
			status = cli_error("quarantine", error);
		held_listing_end(listing, asked.filter.most);
	}
	held_asked_clear(&asked);
	return status;
}

/* Deeds for a person or a program. */
struct deeds {
	const Caller *caller;	/* who is to see them */
	GString *out;
};

static void
show_deed(const struct deed *deed, void *data)
{
	const struct deeds *deeds = data;
	g_autofree char *who = text_shown(deed->who, 200);
	g_autofree char *rcpt = text_shown(deed->rcpt, 200);
	g_autofree char *detail = text_shown(deed->detail, 400);

	if (!caller_sees(deeds->caller, deed->tenant))
		return;
	g_string_append_printf(deeds->out,
			       "  %s  %s for %s by %s (%s)%s%s\n",
			       cli_time(deed->at), deed->what, rcpt, who,
			       vias[deed->via], *detail ? ": " : "", detail);
}

static void
add_deed(const struct deed *deed, void *data)
{
	const struct deeds *deeds = data;
	GString *out = deeds->out;
	char at[CLOCK_TEXT];

	if (!caller_sees(deeds->caller, deed->tenant))
		return;
	clock_format(deed->at, at);
	json_comma(out);
	g_string_append_c(out, '{');
	json_put(out, "id", deed->id);
	json_put(out, "at", at);
	json_put(out, "who", deed->who);
	json_put(out, "via", vias[deed->via]);
	json_put(out, "what", deed->what);
	json_put(out, "object", deed->object);
	json_put(out, "tenant", deed->tenant);
	json_put(out, "rcpt", deed->rcpt);
	json_put(out, "detail", deed->detail);
	g_string_append_c(out, '}');
}

static void
show_rcpt(const HeldRcpt *rcpt)
{
	g_autofree char *reason = text_shown(rcpt->reason, 400);
	g_autofree char *shown = text_shown(rcpt->rcpt, 200);
	g_autofree char *rights = rights_format(
	    rights_of_words(rcpt->rights));

	printf("\n  %s: %s\n", shown, held_states[rcpt->state]);
	printf("    tenant   %s\n", rcpt->tenant ? rcpt->tenant : "-");
	printf("    reason   %s\n", reason);
	printf("    policy   %s\n", rcpt->policy ? rcpt->policy : "-");
	printf("    category %s\n", rcpt->category ? rcpt->category : "-");
	printf("    entry    %s\n", rcpt->entry ? rcpt->entry : "-");
	printf("    rights   %s\n", rights);
	printf("    expires  %s\n", cli_time(rcpt->expires));
	if (rcpt->changed)
		printf("    changed  %s by %s\n", cli_time(rcpt->changed),
		       rcpt->by ? rcpt->by : "-");
}

/* ID.json, and the audit log behind it. */
static bool
show_json(const Site *site, const Held *held, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const struct trail_filter filter = { .object = held->id };
	struct deeds deeds = { site->caller, out };

	fields_json(&held_fields, held, false, out);
	g_string_truncate(out, out->len - 1);
	json_key(out, "audit");
	g_string_append_c(out, '[');
	if (!trail_list(site->trail, &filter, add_deed, &deeds, error))
		return false;
	printf("%s]}\n", out->str);
	return true;
}

static bool
show_trail(const Site *site, const char *id, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const struct trail_filter filter = { .object = id };
	struct deeds deeds = { site->caller, out };

	if (!trail_list(site->trail, &filter, show_deed, &deeds, error))
		return false;
	if (out->len)
		printf("\nWhat was done:\n%s", out->str);
	return true;
}

static void
show_line(const char *name, const char *value)
{
	g_autofree char *safe = text_shown(value ? value : "-", 200);

	printf("  %-11s %s\n", name, safe);
}

static void
show_item(const Held *held)
{
	printf("Item %s, received %s\n", held->id, cli_time(held->received));
	show_line("queue id", held->queue_id);
	show_line("Message-ID", held->message_id);
	show_line("client", held->client_address);
	show_line("MAIL FROM", held->sender);
	show_line("From", held->from);
	show_line("Subject", held->subject);
	show_line("SHA-256", held->sha256);
	printf("  %-11s %" G_GINT64_FORMAT " octets\n", "size", held->size);
	for (guint i = 0; i < held->rcpts->len; i++)
		show_rcpt(held->rcpts->pdata[i]);
}

int
cmd_quarantine_show(struct cli *cli)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	bool good;
	Held *held;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)) ||
	    !(held = held_named(site, cli_word(cli, 0), &status)))
		return status;
	if (cli->json) {
		good = show_json(site, held, &error);
	} else {
		show_item(held);
		good = show_trail(site, held->id, &error);
	}
	fields_free(&held_fields, held);
	return good ? EX_OK : cli_error("audit log", error);
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

static int
preview_octets(Site *site, const Held *held, const struct doer *by)
{
	g_autoptr(GError) error = NULL;
	int fd = preview_raw(site, held, by, &error), status;

	if (fd < 0)
		return cli_error("preview", error);
	status = print_raw(fd, held->size);
	close(fd);
	return status;
}

static int
preview(struct cli *cli, Site *site, const Held *held, bool is_page,
	const struct doer *by)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = NULL;
	g_autofree char *text = preview_read(site, held, NULL, is_page ?
	    PREVIEW_PAGE : PREVIEW_TEXT, by, &error);

	if (!text && error->domain == G_FILE_ERROR)
		return cli_fail(EX_SOFTWARE, "preview: %s", error->message);
	if (!text)
		return cli_error("preview", error);
	if (!cli->json) {
		fputs(text, stdout);
		return EX_OK;
	}
	out = g_string_new("{");
	json_put(out, "id", held->id);
	json_put(out, "preview", text);
	printf("%s}\n", out->str);
	return EX_OK;
}

int
cmd_quarantine_preview(struct cli *cli)
{
	bool is_raw = cli_flag(cli, "--raw");
	bool is_page = cli_flag(cli, "--html");
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	Held *held;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (is_raw && is_page)
		return cli_fail(EX_USAGE, "--raw and --html are two things; "
				"give one");
	if (!(site = cli_site(cli, &status)) ||
	    !(held = held_named(site, cli_word(cli, 0), &status)))
		return status;
	status = is_raw ? preview_octets(site, held, &by) :
	    preview(cli, site, held, is_page, &by);
	fields_free(&held_fields, held);
	return status;
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
