/*
 * cmd_list_find.c -- gatepost list find: what matches some facts, what wins
 * and what it beats
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/list.h"
#include "gatepost/model/address.h"
#include "gatepost/service/find.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

/* Exit status when nothing matches, as that of postmap -q. */
#define NOTHING 1

struct finding {
	struct cli *cli;
	const Tenant *tenant;
	const char *rcpt;	/* NULL: somebody */
	bool is_proven;
	const Life *life;	/* NULL: not known */
	const Found *found;
};

/* ---- what is in force ---- */

/* Is a list younger than what was compiled from it? */
static void
warn_stale(const struct finding *finding, const Snapshot *lists)
{
	const Config *config = finding->cli->config;
	const Tenant *tenant = finding->tenant;
	g_autofree char *managed = lists_managed(config, tenant);
	gint64 made = (gint64)snapshot_generation(lists);
	struct stat st;

	for (guint i = 0; i <= tenant->lists->len; i++) {
		const char *path = i < tenant->lists->len ?
		    tenant->lists->pdata[i] : managed;

		if (stat(path, &st) == 0 &&
		    st.st_mtime > made / CLOCK_SECOND)
			fprintf(stderr, "gatepost: warning: %s has changed "
				"since the lists in force were compiled, at "
				"%s: when no daemon runs, gatepost list "
				"compile\n", path, cli_time(made));
	}
}

/* The lists that the daemon has in force; without any, as they stand in
 * their files. */
static Setup *
setup_of(const struct finding *finding, GError **error)
{
	struct cli *cli = finding->cli;
	int folder = open(cli->config->state_dir, O_RDONLY | O_DIRECTORY |
			  O_CLOEXEC);
	Setup *setup = setup_new(cli->config, folder, NULL, NULL);

	if (setup->lists)
		warn_stale(finding, setup->lists);
	else
		setup->lists = list_aside(cli, error);
	if (folder >= 0)
		close(folder);
	if (!setup->lists) {
		setup_unref(setup);
		return NULL;
	}
	if (finding->rcpt)
		setup_open_routes(setup, NULL);
	return setup;
}

/* ---- the answer, for people ---- */

static void
print_question(const struct finding *finding)
{
	const Found *found = finding->found;
	g_autofree char *rcpt = text_shown(found->decision->rcpt, 200);

	printf("looked for\n");
	for (guint i = 0; i < found->shown->len; i++) {
		const Indicator *one = found->shown->pdata[i];
		g_autofree char *value = text_shown(one->value, 500);

		printf("  %-9s %s%s%s\n", indicator_kinds[one->kind],
		       *one->value ? value : "<>", one->source ?
		       " by way of " : "", one->source ? one->source : "");
	}
	printf("in mail to %s of tenant %s, %s\n\n",
	       finding->rcpt ? rcpt : "anybody", finding->tenant->name,
	       finding->is_proven ? "the sender authenticated (--proven)" :
	       "nothing proving the sender (--unproven)");
}

static void
append_option(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
append_option(GString *out, const char *format, ...)
{
	va_list args;

	g_string_append(out, out->len ? "; " : "");
	va_start(args, format);
	g_string_append_vprintf(out, format, args);
	va_end(args);
}

/* What of MATCH an admin should know; yours, "" for nothing. */
static char *
options_of(const struct finding *finding, const struct match *match)
{
	const struct snapshot_entry *entry = &match->entry;
	GString *out = g_string_new(NULL);

	if (entry->expires)
		append_option(out, entry->expires <= clock_now() ?
			      "expired %s" : "expires %s",
			      cli_time(entry->expires));
	if (finding->life && g_hash_table_contains(finding->life->brakes,
						   entry->key))
		append_option(out, "braked since it held too much: gatepost "
			      "list unbrake %s", entry->key);
	if (*entry->for_)
		append_option(out, "for %s", entry->for_);
	if (entry->direction != DIRECTION_IN)
		append_option(out, "direction %s",
			      entry_directions[entry->direction]);
	if (*entry->except)
		append_option(out, "except %s, when proven", entry->except);
	if (entry->done >= 0)
		append_option(out, "action %s", actions[entry->done]);
	if (entry->action == ENTRY_ALLOW && entry->proof == PROOF_NONE)
		append_option(out, "needs no proof");
	else if (entry->action == ENTRY_ALLOW && match->finding &&
		 !match->finding->is_proven)
		append_option(out, "needs proof%s%s",
			      entry->proof == PROOF_KIND ? "" : " by ",
			      entry->proof == PROOF_KIND ? "" :
			      entry_proofs[entry->proof]);
	if (*entry->note)
		append_option(out, "note \"%s\"", entry->note);
	return g_string_free(out, FALSE);
}

static void
print_match(const struct finding *finding, const struct match *match)
{
	const struct snapshot_entry *entry = &match->entry;
	g_autofree char *options = options_of(finding, match);
	g_autofree char *shown = text_shown(options, 500);
	g_autofree char *value = text_shown(entry->value, 500);
	g_autofree char *place = snapshot_place(entry);
	const char *quote = entry->is_feed ? "\"" : "";

	printf("%s %s %s %s%s%s  key=%s%s%s %s%s\n", match->why ? "  " :
	       "->", entry_actions[entry->action],
	       indicator_kinds[entry->kind], value,
	       *entry->source ? " " : "", entry->source, quote, entry->key,
	       quote, place, entry->expires &&
	       entry->expires <= clock_now() ? " (expired)" : "");
	if (*shown)
		printf("     %s\n", shown);
	if (match->why)
		printf("     loses: %s\n", match->why);
	else
		printf("     wins, by row %" G_GINT64_FORMAT " of the "
		       "precedence (gatepost policy)\n",
		       finding->found->decision->row);
}

/* Users' entries, and what other checks say of such a message. */
static void
print_others(const Found *found)
{
	const Decision *decision = found->decision;

	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];
		bool is_winner = finding == decision->because;
		g_autofree char *reason = text_shown(finding->reason, 500);

		if (finding->speaker == SPEAKER_TENANT ||
		    finding->speaker == SPEAKER_FEED)
			continue;
		printf("%s check %s: %s\n", is_winner ? "->" : "  ",
		       finding->check, reason);
		if (is_winner)
			printf("     wins, by row %" G_GINT64_FORMAT " of the"
			       " precedence (gatepost policy)\n",
			       decision->row);
		else
			printf("     loses: %s\n",
			       judge_lost(decision, finding));
	}
}

/* How many entries of the recipient's user match. */
static guint
count_users(const Found *found)
{
	guint users = 0;

	for (guint i = 0; i < found->decision->findings->len; i++) {
		const Finding *finding = found->decision->findings->pdata[i];

		users += finding->speaker == SPEAKER_USER;
	}
	return users;
}

static void
print_text(const struct finding *finding)
{
	const Found *found = finding->found;
	const Decision *decision = found->decision;

	print_question(finding);
	for (guint i = 0; i < found->matches->len; i++)
		print_match(finding, found->matches->pdata[i]);
	print_others(found);
	if (found->matches->len + count_users(found) == 0)
		printf("   no entry matches\n");
	printf("\nresult: %s", actions[decision->asked]);
	if (decision->asked != decision->action)
		printf(", in force %s: %s", actions[decision->action],
		       decision->limit ? decision->limit : "less is done");
	printf("\n");
}

/* ---- for programs ---- */

static void
json_match(const struct finding *finding, const struct match *match,
	   GString *out)
{
	const struct snapshot_entry *entry = &match->entry;
	bool is_braked = finding->life && g_hash_table_contains(
	    finding->life->brakes, entry->key);

	json_comma(out);
	g_string_append_c(out, '{');
	json_put(out, "action", entry_actions[entry->action]);
	json_put(out, "kind", indicator_kinds[entry->kind]);
	json_put(out, "value", entry->value);
	json_put(out, "source", *entry->source ? entry->source : NULL);
	json_put(out, "key", entry->key);
	json_put(out, "file", entry->file);
	json_put_number(out, "line", entry->line);
	json_put(out, "expires", entry->expires ? cli_time(entry->expires) :
		 NULL);
	json_put(out, "for", *entry->for_ ? entry->for_ : NULL);
	json_put(out, "direction", entry_directions[entry->direction]);
	json_put(out, "proof", entry_proofs[entry->proof]);
	json_put(out, "note", *entry->note ? entry->note : NULL);
	json_key(out, "braked");
	g_string_append(out, is_braked ? "true" : "false");
	json_key(out, "wins");
	g_string_append(out, match->why ? "false" : "true");
	json_put(out, "why", match->why);
	g_string_append_c(out, '}');
}

static void
print_json(const struct finding *finding)
{
	g_autoptr(GString) out = g_string_new("{\"looked_for\":[");
	const Found *found = finding->found;

	for (guint i = 0; i < found->shown->len; i++) {
		const Indicator *one = found->shown->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "kind", indicator_kinds[one->kind]);
		json_put(out, "value", one->value);
		json_put(out, "source", one->source);
		g_string_append_c(out, '}');
	}
	g_string_append_c(out, ']');
	json_put(out, "tenant", finding->tenant->name);
	json_put(out, "rcpt", finding->rcpt ? found->decision->rcpt : NULL);
	json_key(out, "proven");
	g_string_append(out, finding->is_proven ? "true" : "false");
	json_key(out, "entries");
	g_string_append_c(out, '[');
	for (guint i = 0; i < found->matches->len; i++)
		json_match(finding, found->matches->pdata[i], out);
	g_string_append_c(out, ']');
	json_key(out, "decision");
	decision_json(found->decision, false, out);
	printf("%s}\n", out->str);
}

/* ---- the question ---- */

/* KIND VALUE [VALUE], again and again. */
static bool
read_facts(struct cli *cli, Question *question, GError **error)
{
	guint i = 0;

	while (i < cli->words->len) {
		const char *name = cli_word(cli, i++);
		const char *value = cli_word(cli, i++), *source = NULL;
		int kind = fields_word(indicator_kinds, name);

		if (kind < 0 || !value) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
				    kind < 0 ? "\"%s\" is no kind: sender, "
				    "envelope, name, ip, url, file, filename "
				    "or spoof" : "the value behind \"%s\" is "
				    "missing", name);
			return false;
		}
		/* What follows a pair's author is its source or a kind. */
		if (kind == INDICATOR_SPOOF && cli_word(cli, i) &&
		    fields_word(indicator_kinds, cli_word(cli, i)) < 0)
			source = cli_word(cli, i++);
		if (!question_add(question, (enum indicator_kind)kind, value,
				  source, error))
			return false;
	}
	return true;
}

/* The recipient names his tenant, and must not be of another. */
static const Tenant *
tenant_of(struct cli *cli, const char *name, const char *rcpt)
{
	g_autofree char *address = rcpt ? address_normal(rcpt) : NULL;
	const Tenant *tenant;

	if (!rcpt)
		return cli_tenant(cli, name);
	tenant = address ? config_tenant_of(cli->config,
					    address_domain(address)) : NULL;
	if (!tenant)
		cli_fail(0, "--rcpt: \"%s\" is no address of a tenant", rcpt);
	else if (name && strcmp(name, tenant->name) != 0)
		cli_fail(0, "--rcpt: \"%s\" is of tenant %s, not of %s", rcpt,
			 tenant->name, name);
	else
		return tenant;
	return NULL;
}

static int
ask_it(struct finding *finding)
{
	struct cli *cli = finding->cli;
	g_autoptr(GError) error = NULL, fault = NULL;
	g_autoptr(Setup) setup = setup_of(finding, &error);
	g_autoptr(Question) question = NULL;
	g_autoptr(Found) found = NULL;
	g_autoptr(UserStore) users = NULL;
	struct pipeline line = { .wait = wait_plainly };

	if (!setup)
		return cli_error("lists", error);
	question = question_new(setup, finding->tenant, finding->rcpt,
				finding->is_proven);
	if (!read_facts(cli, question, &error))
		return cli_fail(EX_DATAERR, "%s", error->message);
	if (finding->rcpt)
		users = users_open_reading(cli->config->state_dir, &fault);
	if (fault)
		cli_fail(0, "the lists of users are left out: %s",
			 fault->message);
	line.users = users;
	found = question_ask(question, &line);
	finding->found = found;
	if (cli->json)
		print_json(finding);
	else
		print_text(finding);
	finding->found = NULL;
	return found->matches->len + count_users(found) ? EX_OK : NOTHING;
}

int
cmd_list_find(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	struct finding finding = {
		.cli = cli, .rcpt = cli_option(cli, "--rcpt"),
		.is_proven = cli_flag(cli, "--proven"),
	};
	bool is_unproven = cli_flag(cli, "--unproven");
	g_autoptr(Life) life = NULL;

	if (!cli_words(cli, 2, 64))
		return EX_USAGE;
	if (finding.is_proven && is_unproven)
		return cli_fail(EX_USAGE, "--proven or --unproven, not both");
	finding.tenant = tenant_of(cli, name, finding.rcpt);
	if (!finding.tenant)
		return EX_USAGE;
	life = list_life(cli);
	finding.life = life;
	return ask_it(&finding);
}
