/*
 * cmd_drain.c -- gatepost drain, and an admin's own word on a submission
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/service/drain.h"
#include "gatepost/service/verdict.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"

/* ---- drain ---- */

static void
print_json(const struct drain_run *run)
{
	g_autoptr(GString) json = g_string_new("{");

	json_put_number(json, "candidates", run->candidates);
	json_put_number(json, "asked", run->asked);
	json_put_number(json, "answered", run->answered);
	json_put_number(json, "failed", run->failed);
	json_put_number(json, "completed", run->completed);
	json_put_number(json, "broken", run->broken);
	json_put_number(json, "left", run->left);
	json_key(json, "notes");
	g_string_append_c(json, '[');
	for (guint i = 0; i < run->notes->len; i++) {
		json_comma(json);
		json_quote(json, run->notes->pdata[i]);
	}
	printf("%s]}\n", json->str);
}

static void
print_run(const struct drain_run *run)
{
	for (guint i = 0; i < run->notes->len; i++) {
		g_autofree char *safe = text_shown(run->notes->pdata[i], 600);

		fprintf(stderr, "gatepost: %s\n", safe);
	}
	if (run->candidates)
		printf("%u candidates submitted\n", run->candidates);
	if (run->broken)
		printf("%u items were no submissions and lie in "
		       "spool/submissions/failed\n", run->broken);
	printf("questions %u, verdicts %u, failures %u; submissions completed "
	       "%u, waiting %u\n", run->asked, run->answered, run->failed,
	       run->completed, run->left);
}

int
cmd_drain(struct cli *cli)
{
	struct drain_run run = {
		.config = cli->config, .only = cli_option(cli, "--analyst"),
		.is_once = cli_flag(cli, "--once"),
		.by = { cli->who, VIA_CRON, ACTOR_SYSTEM },
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (run.only && !config_analyst(cli->config, run.only))
		return cli_fail(EX_USAGE, "there is no analyst \"%s\" in %s",
				run.only, cli->config_path);
	if (!(site = cli_site(cli, &status)))
		return status;
	run.site = site;
	if (!drain(&run, &error)) {
		status = cli_error("drain", error);
	} else {
		if (cli->json)
			print_json(&run);
		else
			print_run(&run);
		status = run.broken ? EX_DATAERR : run.notes->len ?
		    EX_TEMPFAIL : EX_OK;
	}
	g_ptr_array_free(run.notes, TRUE);
	return status;
}

/* ---- the admin's word ---- */

/* The submission that the first word names, if the caller may see it; NULL
 * and said. */
static Submission *
named(struct cli *cli, Site *site, int *status)
{
	const char *id = cli_word(cli, 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(Submission) one = submissions_read(site->submitted, id,
						     &error);

	if (error)
		*status = cli_error("submissions", error);
	else if (!one || !caller_sees(cli->caller, one->tenant))
		*status = cli_fail(EX_NOINPUT, "there is no submission %s",
				   id);
	else
		return g_steal_pointer(&one);
	return NULL;
}

int
cmd_submission_resolve(struct cli *cli)
{
	const char *note = cli_option(cli, "--note");
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(Submission) one = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK, verdict;
	const char *id;

	if (!cli_words(cli, 2, 2) || !cli_is_id(id = cli_word(cli, 0)))
		return EX_USAGE;
	verdict = fields_word(verdicts, cli_word(cli, 1));
	if (verdict <= VERDICT_NONE)
		return cli_fail(EX_USAGE, "\"%s\" is none of clean, bulk, "
				"spam, phish, malware, unknown",
				cli_word(cli, 1));
	if (!(site = cli_site(cli, &status)) ||
	    !(one = named(cli, site, &status)))
		return status;
	if (verdict_resolve(site, cli->config, id, (enum verdict)verdict,
			    note, &by, &error)) {
		printf("%s: %s\n", id,
		       result_words(result_of((enum verdict)verdict)));
		return EX_OK;
	}
	return error ? cli_error(id, error) : cli_fail(EX_DATAERR,
	    "%s was completed before, as \"%s\"; see gatepost submission "
	    "dispute", id, result_words((enum result)one->result));
}

/* "result,advice" as bits; 0: it is odd. */
static int
wrong_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);
	int wrong = 0;

	for (guint i = 0; words[i]; i++) {
		int word = fields_word(dispute_whats, words[i]);

		if (word < 0)
			return 0;
		wrong |= 1 << word;
	}
	return wrong;
}

int
cmd_submission_dispute(struct cli *cli)
{
	int wrong = wrong_of(cli_option(cli, "--wrong"));
	const char *note = cli_option(cli, "--note");
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(Submission) one = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 1, 1) || !cli_is_id(cli_word(cli, 0)))
		return EX_USAGE;
	if (!wrong)
		return cli_fail(EX_USAGE, "--wrong is result, reason, "
				"advice, or several with commas between");
	if (!(site = cli_site(cli, &status)) ||
	    !(one = named(cli, site, &status)))
		return status;
	if (!verdict_dispute(site, one->id, wrong, note, &by, &error))
		return cli_fail(error->code == (int)G_FILE_ERROR_INVAL ?
				EX_DATAERR : EX_IOERR, "%s", error->message);
	printf("%s disputed%s\n", one->id, wrong & 1 << DISPUTE_RESULT ?
	       "; it goes to the analysts once more" : "");
	return EX_OK;
}
