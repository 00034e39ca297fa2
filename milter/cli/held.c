/*
 * held.c -- what the commands on held mail share: filter, item, listing
 */
#include "gatepost/cli/held.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* ---- the filter ---- */

/* An address, or "@domain"; NULL stays NULL. */
static bool
read_sender(const char *text, char **sender)
{
	g_autofree char *domain = NULL;

	if (!text)
		return true;
	domain = domain_normal(text + strspn(text, "*@"));
	if (*text == '@' && domain) {
		*sender = g_strconcat("@", domain, NULL);
		return true;
	}
	/* Who writes a domain alone would be told that nothing is held. */
	if (*text != '*' && strchr(text, '@') &&
	    (*sender = address_normal(text)))
		return true;
	cli_fail(0, "--from: \"%s\" is neither an address nor @domain%s%s",
		 text, domain ? "; did you mean @" : "",
		 domain ? domain : "");
	return false;
}

static bool
read_times(struct cli *cli, struct held_filter *filter)
{
	const char *since = cli_option(cli, "--since");
	const char *until = cli_option(cli, "--until");
	const char *expiring = cli_option(cli, "--expiring");
	gint64 span;

	if (!cli_since(since, &filter->since) ||
	    !cli_since(until, &filter->until))
		return false;
	if (!expiring)
		return true;
	if (!clock_span(expiring, &span)) {
		cli_fail(0, "--expiring: \"%s\" is no span (2d, 12h)",
			 expiring);
		return false;
	}
	filter->expires = clock_now() + span;
	return true;
}

bool
held_ask(struct cli *cli, struct held_asked *asked)
{
	guint before = cli->words->len;
	const char *rcpt = cli_option(cli, "--rcpt");
	const char *from = cli_option(cli, "--from");
	struct held_filter *filter = &asked->filter;

	filter->tenant = cli_option(cli, "--tenant");
	/* One that is gone may have left held mail. */
	if (filter->tenant && !config_tenant(cli->config, filter->tenant)) {
		g_autofree char *shown = text_shown(filter->tenant, 100);

		fprintf(stderr, "gatepost: warning: no tenant \"%s\" is in "
			"the configuration\n", shown);
	}
	filter->state = cli_option(cli, "--state");
	filter->entry = cli_option(cli, "--entry");
	filter->policy = cli_option(cli, "--policy");
	filter->category = cli_option(cli, "--category");
	filter->subject = cli_option(cli, "--subject");
	filter->message_id = cli_option(cli, "--message-id");
	if (!read_times(cli, filter) || !read_sender(from, &asked->sender) ||
	    !cli_is_one_of("--state", held_states, filter->state) ||
	    !cli_is_one_of("--policy", policies, filter->policy))
		return false;
	if (rcpt && !(asked->rcpt = address_normal(rcpt))) {
		cli_fail(0, "--rcpt: \"%s\" is no address", rcpt);
		return false;
	}
	filter->rcpt = asked->rcpt;
	filter->sender = asked->sender;
	asked->is_any = cli->words->len < before;
	return true;
}

void
held_asked_clear(struct held_asked *asked)
{
	g_clear_pointer(&asked->rcpt, g_free);
	g_clear_pointer(&asked->sender, g_free);
}

bool
held_keep(const struct cli *cli, struct held_filter *filter)
{
	if (!filter->tenant)
		filter->tenant = caller_tenant(cli->caller);
	if (caller_sees(cli->caller, filter->tenant))
		return true;
	cli_fail(0, filter->tenant ? "there is no tenant \"%s\" for you" :
		 "your role has several tenants; say which with --tenant%s",
		 filter->tenant ? filter->tenant : "");
	return false;
}

/* Take what CALLER may not see out of HELD; false: that is all of it. */
static bool
keep_copies(const Caller *caller, Held *held)
{
	guint kept = 0;

	for (guint i = 0; i < held->rcpts->len; i++) {
		HeldRcpt *copy = held->rcpts->pdata[i];

		if (caller_sees(caller, copy->tenant))
			held->rcpts->pdata[kept++] = copy;
		else
			fields_free(&held_rcpt_fields, copy);
	}
	/* The record knows of all. */
	if (kept < held->rcpts->len)
		g_clear_pointer(&held->record, g_free);
	g_ptr_array_set_size(held->rcpts, (int)kept);
	return kept > 0 || !caller;
}

Held *
held_named(Site *site, const char *id, int *status)
{
	g_autoptr(GError) error = NULL;
	Held *held;

	if (!cli_is_id(id)) {
		*status = EX_USAGE;
		return NULL;
	}
	held = quarantine_read(site->quarantine, id, &error);
	if (held && keep_copies(site->caller, held))
		return held;
	if (held || g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		*status = cli_fail(EX_NOINPUT, "there is no item %s in "
				   "quarantine", id);
	else
		*status = cli_error(id, error);
	fields_free(&held_fields, held);
	return NULL;
}

/* ---- the listing ---- */

struct held_listing {
	struct table *table;	/* NULL: not for people */
	GString *json;		/* NULL: no JSON */
	bool is_csv;
	guint count;
	char *last;		/* ID/RCPT of the last row */
};

/* The columns for programs, in JSON and CSV. */
static const char *const columns[] = {
	"id", "rcpt", "tenant", "sender", "from", "subject", "reason",
	"entry", "state", "policy", "category", "message_id", "by",
	"received", "expires", "changed"
};

struct held_listing *
held_listing_new(const struct cli *cli, bool csv)
{
	static const char *const heads[] = { "ID", "RECEIVED", "RCPT", "FROM",
					     "SUBJECT", "STATE", "REASON",
					     NULL };
	struct held_listing *listing = g_new0(struct held_listing, 1);

	listing->is_csv = csv;
	if (csv) {
		const char *names[G_N_ELEMENTS(columns) + 1];

		for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
			names[i] = columns[i];
		names[G_N_ELEMENTS(columns)] = "size";
		cli_csv(names, G_N_ELEMENTS(names));
	} else if (cli->json) {
		listing->json = g_string_new("{\"items\":[");
	} else {
		listing->table = table_new(heads);
	}
	return listing;
}

static void
add_csv(const char *const *values, gint64 size)
{
	g_autofree char *octets = g_strdup_printf("%" G_GINT64_FORMAT, size);
	const char *cells[G_N_ELEMENTS(columns) + 1];

	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		cells[i] = values[i];
	cells[G_N_ELEMENTS(columns)] = octets;
	cli_csv(cells, G_N_ELEMENTS(cells));
}

static void
add_json(struct held_listing *listing, const char *const *values, gint64 size)
{
	json_comma(listing->json);
	g_string_append_c(listing->json, '{');
	for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
		json_put(listing->json, columns[i], values[i]);
	json_put_number(listing->json, "size", size);
	g_string_append_c(listing->json, '}');
}

void
held_listing_add(const struct held_row *row, void *data)
{
	struct held_listing *listing = data;
	char received[CLOCK_TEXT], expires[CLOCK_TEXT], changed[CLOCK_TEXT];
	const char *values[] = {
		row->id, row->rcpt, row->tenant, row->sender, row->from,
		row->subject, row->reason, row->entry, row->state,
		row->policy, row->category, row->message_id, row->by,
		received, expires, row->changed ? changed : NULL
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(values) == G_N_ELEMENTS(columns));
	clock_format(row->received, received);
	clock_format(row->expires, expires);
	clock_format(row->changed, changed);
	listing->count++;
	g_free(listing->last);
	listing->last = g_strdup_printf("%s/%s", row->id, row->rcpt);
	if (listing->is_csv)
		add_csv(values, row->size);
	else if (listing->json)
		add_json(listing, values, row->size);
	else
		table_add(listing->table, row->id, received, row->rcpt,
			  row->from, row->subject, row->state, row->reason);
}

void
held_listing_end(struct held_listing *listing, guint most)
{
	const char *next = most && listing->count == most ? listing->last :
	    NULL;

	if (listing->json) {
		g_string_append_c(listing->json, ']');
		json_put(listing->json, "next", next);
		printf("%s}\n", listing->json->str);
		g_string_free(listing->json, TRUE);
	}
	if (listing->table)
		table_print(listing->table);
	if (listing->table && next)
		printf("\nThere may be more: --after %s\n", next);
	g_free(listing->last);
	g_free(listing);
}
