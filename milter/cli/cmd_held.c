/*
 * cmd_held.c -- gatepost quarantine release, request, approve, deny, delete
 *
 * Named items, or all that a filter finds; each copy is a deed of its own.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/held.h"
#include "gatepost/model/address.h"
#include "gatepost/service/handle.h"
#include "gatepost/service/release.h"
#include "gatepost/service/submit.h"
#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

struct doing {
	struct cli *cli;
	Site *site;
	enum held_verb verb;
	struct doer by;
	char *note;
	GPtrArray *to;		/* of char *: others who get a copy; or NULL */
	bool is_report;		/* as a false positive */
	int allow;		/* bits of enum draft_kind */
	gint64 expires;		/* of the entries, us; 0: see draft.h */
	bool is_dry;
	GPtrArray *only;	/* of char *: recipients of the line */
	GPtrArray *ids, *rcpts;	/* what it is done to, in pairs */
	int status;
};

static void
fill(struct doing *doing, const char *id, const char *rcpt)
{
	g_ptr_array_add(doing->ids, g_strdup(id));
	g_ptr_array_add(doing->rcpts, g_strdup(rcpt));
}

/* ---- one copy ---- */

/* The entries alone, without a report. */
static bool
allow_it(struct doing *doing, const Held *held, const HeldRcpt *copy,
	 bool is_tried, GPtrArray *said, GError **error)
{
	const Config *config = doing->cli->config;
	const Tenant *tenant = config_tenant(config, copy->tenant);
	const char *text = held->record ? held->record : "";
	g_autoptr(Json) record = json_parse(text, strlen(text), error);
	g_autofree char *note = g_strdup_printf("held as %s", copy->policy);
	struct draft draft = {
		.tenant = tenant, .kinds = doing->allow, .record = record,
		.rcpt = copy->rcpt, .policy = copy->policy,
		.expires = doing->expires, .note = note,
		.submission = held->id,
	};
	g_autoptr(GPtrArray) entries = record ?
	    draft_entries(&draft, &doing->by, said, error) : NULL;

	return entries && (is_tried ||
	    draft_add(doing->site, config, tenant, held->id, entries,
		      &doing->by, said, error));
}

static bool
report_it(struct doing *doing, const Held *held, const HeldRcpt *copy,
	  bool is_tried, GPtrArray *said, GError **error)
{
	const Config *config = doing->cli->config;
	struct submit what = {
		.id = held->id, .tenant = config_tenant(config, copy->tenant),
		.kind = SUBMISSION_MESSAGE, .as = AS_CLEAN,
		.source = "quarantine", .item = held->id, .rcpt = copy->rcpt,
		.note = doing->note, .fd = -1, .allow = doing->allow,
		.expires = doing->expires,
	};
	g_autoptr(Submission) one = NULL;

	if (is_tried)
		return submit_may(doing->site, config, &what, &doing->by,
				  error);
	one = submit(doing->site, config, &what, &doing->by, said, error);
	if (one)
		g_ptr_array_add(said, g_strdup_printf("%s reported as clean: "
		    "%s", held->id, result_words(one->result)));
	return one != NULL;
}

/* Say that a copy is good, as it was asked; or, IS_TRIED, only whether that
 * can be said. */
static bool
vouch_for(struct doing *doing, const char *id, const char *rcpt,
	  bool is_tried, GError **error)
{
	const Config *config = doing->cli->config;
	Held *held = quarantine_read(doing->site->quarantine, id, error);
	const HeldRcpt *copy = held ? quarantine_rcpt(held, rcpt) : NULL;
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	bool good = false;

	if (copy && !config_tenant(config, copy->tenant))
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "tenant "
			    "%s is no longer in the configuration",
			    copy->tenant);
	else if (copy)
		good = doing->is_report ?
		    report_it(doing, held, copy, is_tried, said, error) :
		    allow_it(doing, held, copy, is_tried, said, error);
	for (guint i = 0; i < said->len && !is_tried; i++)
		printf("%s\n", (char *)said->pdata[i]);
	if (good && !is_tried && doing->allow && copy->entry)
		printf("it was held by entry %s, which still stands: see "
		       "gatepost list find\n", copy->entry);
	fields_free(&held_fields, held);
	return good;
}

/* The same, and say what went wrong. */
static bool
vouch_or_say(struct doing *doing, const char *id, const char *rcpt,
	     bool is_tried)
{
	g_autofree char *shown = text_shown(rcpt, 200);
	g_autoptr(GError) error = NULL;

	if ((!doing->is_report && !doing->allow) ||
	    vouch_for(doing, id, rcpt, is_tried, &error))
		return true;
	doing->status = cli_fail(EX_DATAERR, "%s for %s%s: %s", id, shown,
				 is_tried ? ": nothing was done" : "",
				 error ? error->message : "no such copy");
	return false;
}

/* What ERROR, which kept mail back, means for whoever asked. */
static int
status_of(const struct doing *doing, const GError *error)
{
	const Config *config = doing->cli->config;

	if (g_error_matches(error, STORE_ERROR, STORE_ERROR_CORRUPT))
		return EX_DATAERR;
	return config->release.smtp || config->release.sendmail ?
	    EX_TEMPFAIL : EX_CONFIG;
}

/* Is that just what was asked for?  A second release is no fault; one of what
 * was deleted is. */
static bool
is_as_wanted(enum held_verb verb, enum held_state is)
{
	static const enum held_state wanted[] = {
		[HELD_REQUEST] = HELD_REQUESTED, [HELD_DENY] = HELD_DENIED,
		[HELD_APPROVE] = HELD_RELEASED,
		[HELD_RELEASE] = HELD_RELEASED, [HELD_DELETE] = HELD_DELETED,
		[HELD_EXPIRE] = HELD_EXPIRED,
	};

	return is == wanted[verb];
}

static void
do_one(struct doing *doing, const char *id, const char *rcpt)
{
	g_autofree char *shown = text_shown(rcpt, 200), *says = NULL;
	g_autoptr(GError) error = NULL;
	enum held_state is = HELD_HELD;
	enum held_step step;

	/* All that was asked, or nothing. */
	if (!vouch_or_say(doing, id, rcpt, true))
		return;
	step = handle(doing->site, doing->cli->config, id, rcpt, doing->verb,
		      &doing->by, doing->note, &is, &error);
	switch (step) {
	case STEP_DONE:
		printf("%s %s %s %s\n", id, held_states[is],
		       is == HELD_RELEASED ? "to" : "for", shown);
		vouch_or_say(doing, id, rcpt, false);
		return;
	case STEP_ALREADY:
		says = handle_says(step, doing->verb, is);
		printf("%s for %s %s\n", id, shown, says);
		if (!is_as_wanted(doing->verb, is))
			doing->status = EX_DATAERR;
		/* What a crash cut off is made up for. */
		if (is == HELD_RELEASED)
			vouch_or_say(doing, id, rcpt, false);
		return;
	case STEP_NO_RIGHT:
	case STEP_NOT_YOURS:
		says = handle_says(step, doing->verb, is);
		doing->status = cli_fail(EX_NOPERM, "%s for %s %s", id, shown,
					 says);
		return;
	case STEP_FAILED:
		break;
	}
	doing->status = cli_fail(status_of(doing, error),
				 "%s for %s stays %s: %s", id, shown,
				 held_states[is], error->message);
}

static void
copy_to(struct doing *doing, const char *id, const char *address)
{
	g_autofree char *shown = text_shown(address, 200);
	g_autoptr(GError) error = NULL;

	if (release_copy(doing->site, doing->cli->config, id, address,
			 &doing->by, doing->note, &error))
		printf("%s copied to %s\n", id, shown);
	else
		doing->status = cli_fail(status_of(doing, error),
					 "%s: no copy to %s: %s", id, shown,
					 error->message);
}

static void
do_all(struct doing *doing)
{
	for (guint i = 0; i < doing->ids->len; i++) {
		const char *id = doing->ids->pdata[i];
		bool is_first = i == 0 ||
		    strcmp(doing->ids->pdata[i - 1], id) != 0;

		for (guint j = 0; doing->to && is_first &&
		     j < doing->to->len; j++)
			copy_to(doing, id, doing->to->pdata[j]);
		if (!doing->to)
			do_one(doing, id, doing->rcpts->pdata[i]);
	}
}

/* ---- what it is done to ---- */

/* Is RCPT among those of the line, where any are named? */
static bool
is_meant(const struct doing *doing, const char *rcpt)
{
	for (guint i = 0; i < doing->only->len; i++)
		if (strcmp(doing->only->pdata[i], rcpt) == 0)
			return true;
	return doing->only->len == 0;
}

static void
add_item(struct doing *doing, const char *id)
{
	Held *held = held_named(doing->site, id, &doing->status);

	for (guint i = 0; held && i < held->rcpts->len; i++) {
		const HeldRcpt *copy = held->rcpts->pdata[i];

		if (is_meant(doing, copy->rcpt))
			fill(doing, id, copy->rcpt);
	}
	for (guint i = 0; held && i < doing->only->len; i++)
		if (!quarantine_rcpt(held, doing->only->pdata[i]))
			doing->status = cli_fail(EX_NOINPUT, "item %s has no "
						 "recipient %s", id,
						 (char *)doing->only->pdata[i]);
	fields_free(&held_fields, held);
}

static void
add_row(const struct held_row *row, void *data)
{
	fill(data, row->id, row->rcpt);
}

/* The items of the line, or those of its filter that are still held. */
static bool
collect(struct doing *doing, struct held_asked *asked)
{
	g_autoptr(GError) error = NULL;

	for (guint i = 0; i < doing->cli->words->len; i++)
		add_item(doing, cli_word(doing->cli, i));
	if (doing->cli->words->len)
		return true;
	if (!held_keep(doing->cli, &asked->filter)) {
		doing->status = EX_NOPERM;
		return false;
	}
	asked->filter.is_open = !asked->filter.state;
	if (quarantine_list(doing->site->quarantine, &asked->filter, add_row,
			    doing, &error))
		return true;
	doing->status = cli_error("quarantine", error);
	return false;
}

static void
print_dry(struct doing *doing)
{
	for (guint i = 0; i < doing->ids->len; i++) {
		g_autofree char *shown = text_shown(doing->rcpts->pdata[i],
						    200);

		printf("%s for %s\n", (char *)doing->ids->pdata[i], shown);
	}
	printf("would %s %u cop%s; nothing was done\n",
	       held_verbs[doing->verb], doing->ids->len,
	       doing->ids->len == 1 ? "y" : "ies");
}

/* ---- the line ---- */

/* Who does it, and what he says to it. */
static void
read_doer(struct doing *doing)
{
	struct cli *cli = doing->cli;
	const char *by = cli_option(cli, "--by");
	const char *note = cli_option(cli, "--reason");

	doing->by.via = cli->via;
	doing->by.who = by ? by : cli->who;
	doing->by.actor = cli_flag(cli, "--as-user") ? ACTOR_USER :
	    ACTOR_ADMIN;
	doing->note = !by ? g_strdup(note) :
	    g_strdup_printf("entered by %s%s%s", cli->who, note ? ": " : "",
			    note ? note : "");
}

/* The addresses of --to; NULL when there are none.  False and said. */
static bool
read_to(struct doing *doing)
{
	const char *given;

	if (doing->verb != HELD_RELEASE)
		return true;
	while ((given = cli_option(doing->cli, "--to"))) {
		char *address = address_normal(given);

		if (!address) {
			cli_fail(0, "--to: \"%s\" is no address", given);
			return false;
		}
		if (!doing->to)
			doing->to = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(doing->to, address);
	}
	return true;
}

/* All of --rcpt, the first of which ASKED has.  False and said. */
static bool
read_only(struct doing *doing, const struct held_asked *asked)
{
	const char *given;

	if (asked->rcpt)
		g_ptr_array_add(doing->only, g_strdup(asked->rcpt));
	while ((given = cli_option(doing->cli, "--rcpt"))) {
		char *address = address_normal(given);

		if (!address) {
			cli_fail(0, "--rcpt: \"%s\" is no address", given);
			return false;
		}
		g_ptr_array_add(doing->only, address);
	}
	if (doing->only->len < 2 || doing->cli->words->len)
		return true;
	cli_fail(0, "several --rcpt go with ids alone: a filter takes one");
	return false;
}

/* --report, --allow and --expires.  False and said. */
static bool
read_vouch(struct doing *doing)
{
	if (doing->verb != HELD_RELEASE)
		return true;
	doing->is_report = cli_flag(doing->cli, "--report");
	return cli_entries(doing->cli, NULL, &doing->allow, &doing->expires);
}

static int
work(struct doing *doing, struct held_asked *asked)
{
	struct cli *cli = doing->cli;
	bool is_bulk;

	read_doer(doing);
	doing->is_dry = cli_flag(cli, "--dry-run");
	if (!read_to(doing) || !read_vouch(doing) || !held_ask(cli, asked) ||
	    !read_only(doing, asked))
		return EX_USAGE;
	if (doing->to && doing->by.actor == ACTOR_USER)
		return cli_fail(EX_NOPERM, "--to: a copy to somebody else is "
				"for admins; leave out --as-user");
	is_bulk = cli->words->len == 0 && asked->is_any;
	if (!cli_words(cli, is_bulk ? 0 : 1, G_MAXUINT))
		return EX_USAGE;
	if (!is_bulk && (asked->filter.tenant || asked->filter.entry ||
			 asked->filter.since || asked->filter.policy))
		return cli_fail(EX_USAGE, "give either ids, with --rcpt "
				"alone beside, or a filter");
	if (!(doing->site = cli_site(cli, &doing->status)) ||
	    !collect(doing, asked))
		return doing->status;
	if (doing->is_dry)
		print_dry(doing);
	else if (is_bulk && doing->ids->len == 0)
		printf("nothing is held that fits; see gatepost quarantine "
		       "list\n");
	else
		do_all(doing);
	return doing->status;
}

static int
run(struct cli *cli, enum held_verb verb)
{
	struct doing doing = {
		.cli = cli, .verb = verb, .status = EX_OK,
		.ids = g_ptr_array_new_with_free_func(g_free),
		.rcpts = g_ptr_array_new_with_free_func(g_free),
		.only = g_ptr_array_new_with_free_func(g_free),
	};
	struct held_asked asked = { .rcpt = NULL };
	int status = work(&doing, &asked);

	held_asked_clear(&asked);
	site_free(doing.site);
	g_ptr_array_free(doing.ids, TRUE);
	g_ptr_array_free(doing.rcpts, TRUE);
	g_ptr_array_free(doing.only, TRUE);
	if (doing.to)
		g_ptr_array_free(doing.to, TRUE);
	g_free(doing.note);
	return status;
}

int
cmd_quarantine_release(struct cli *cli)
{
	return run(cli, HELD_RELEASE);
}

int
cmd_quarantine_request(struct cli *cli)
{
	return run(cli, HELD_REQUEST);
}

int
cmd_quarantine_approve(struct cli *cli)
{
	return run(cli, HELD_APPROVE);
}

int
cmd_quarantine_deny(struct cli *cli)
{
	return run(cli, HELD_DENY);
}

int
cmd_quarantine_delete(struct cli *cli)
{
	return run(cli, HELD_DELETE);
}
