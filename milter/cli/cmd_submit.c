/*
 * cmd_submit.c -- gatepost submit: give a message, a link or a file to the
 * analysts, and block or allow the next one in the same step
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/list.h"
#include "gatepost/model/address.h"
#include "gatepost/model/url.h"
#include "gatepost/service/reading.h"
#include "gatepost/service/submit.h"
#include "gatepost/service/why.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

struct asking {
	struct cli *cli;
	const char *word;	/* what is submitted */
	const char *tenant;	/* its name; NULL: not said */
	char *rcpt;		/* normal form; NULL: not said */
	bool is_file;		/* the word is a file, and no message */
	bool is_candidate;	/* it must be one */
	struct submit what;
	Site *site;
	Record *record;
	Json *json;		/* of it */
	Facts *facts;		/* of a file that the ledger does not know */
	Held *held;
	char *found_rcpt;
	Setup *setup;
	Url *url;
	int status;
};

static bool
fail(struct asking *asking, int status)
{
	asking->status = status;
	return false;
}

/* ---- the line ---- */

static bool
read_as(struct asking *asking)
{
	const char *as = cli_option(asking->cli, "--as");
	struct submit *what = &asking->what;
	int word = as ? fields_word(submitted_ases, as) : -1;

	if (word < 0) {
		cli_fail(0, "--as is phish, malware, spam, clean, suspicious "
			 "or appears-clean");
		return false;
	}
	what->as = (enum submitted_as)word;
	if (!cli_entries(asking->cli, &what->block, &what->allow,
			 &what->expires))
		return false;
	if ((word == AS_SUSPICIOUS || word == AS_APPEARS_CLEAN) &&
	    (what->block || what->allow)) {
		cli_fail(0, "--as %s only asks: entries come with phish, "
			 "malware, spam or clean", as);
		return false;
	}
	if (as_is_bad(what->as) ? what->allow : what->block) {
		cli_fail(0, "--as %s does not go with %s", as,
			 what->allow ? "--allow" : "--block");
		return false;
	}
	return true;
}

static bool
read_line(struct asking *asking)
{
	struct cli *cli = asking->cli;
	const char *rcpt = cli_option(cli, "--rcpt");

	asking->tenant = cli_option(cli, "--tenant");
	asking->is_file = cli_flag(cli, "--file");
	asking->what.note = cli_option(cli, "--note");
	asking->rcpt = rcpt ? address_normal(rcpt) : NULL;
	if (rcpt && !asking->rcpt) {
		cli_fail(0, "--rcpt: \"%s\" is no address", rcpt);
		return false;
	}
	if (!read_as(asking) || !cli_words(cli, 1, 1))
		return false;
	asking->word = cli_word(cli, 0);
	return true;
}

/* ---- what it is ---- */

/* The copy that is meant, of the tenant that is meant; false when the record
 * has none. */
static bool
choose_copy(struct asking *asking)
{
	const Json *all = json_member(asking->json, "decisions");

	for (gsize i = 0; i < json_count(all); i++) {
		const Json *one = json_element(all, i);
		const char *rcpt = json_text(json_member(one, "rcpt"));
		const char *tenant = json_text(json_member(one, "tenant"));

		if (!rcpt || !tenant ||
		    (asking->rcpt && strcmp(asking->rcpt, rcpt) != 0) ||
		    (asking->tenant && strcmp(asking->tenant, tenant) != 0))
			continue;
		asking->what.tenant = config_tenant(asking->cli->config,
						    tenant);
		asking->found_rcpt = g_strdup(rcpt);
		asking->what.rcpt = asking->found_rcpt;
		return asking->what.tenant != NULL;
	}
	return false;
}

/* A message by our id, a queue id or a Message-ID. */
static bool
find_message(struct asking *asking)
{
	g_autoptr(GError) error = NULL;

	asking->what.kind = SUBMISSION_MESSAGE;
	asking->what.source = "ledger";
	asking->record = why_find(asking->site, asking->word, &error);
	if (asking->record)
		asking->json = json_parse(asking->record->body,
					  strlen(asking->record->body),
					  &error);
	if (error)
		return fail(asking, cli_error("ledger", error));
	if (!asking->json || !choose_copy(asking))
		return fail(asking, cli_fail(EX_NOINPUT, "\"%s\" is no file, "
		    "and the ledger knows no such message%s; try gatepost "
		    "trace", asking->word, asking->rcpt ? " to --rcpt" :
		    ""));
	asking->what.message = asking->record->id;
	asking->held = quarantine_read(asking->site->quarantine,
				       asking->record->id, NULL);
	if (asking->held && quarantine_rcpt(asking->held,
					    asking->what.rcpt)) {
		asking->what.item = asking->held->id;
		asking->what.source = "quarantine";
	}
	return true;
}

/* Standard input, or what cannot be mapped, is taken over whole. */
static int
take_over(struct asking *asking, int fd, gsize *size, GError **error)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	guint8 buffer[65536];
	gssize got;

	while ((got = read(fd, buffer, sizeof buffer)) > 0 &&
	       all->len <= BOUND_MESSAGE)
		g_byte_array_append(all, buffer, (guint)got);
	*size = all->len;
	if (got < 0) {
		file_fail(error, "read", asking->word);
		return -1;
	}
	return file_memory(all->data, all->len, error);
}

static bool
open_file(struct asking *asking)
{
	bool is_input = strcmp(asking->word, "-") == 0;
	g_autoptr(GError) error = NULL;
	int fd;

	if (!cli_opens(asking->cli, asking->word))
		return fail(asking, EX_NOPERM);
	fd = is_input ? STDIN_FILENO :
	    open(asking->word, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(asking, cli_fail(EX_NOINPUT, "%s: %s",
					     asking->word,
					     g_strerror(errno)));
	asking->what.fd = take_over(asking, fd, &asking->what.size, &error);
	if (!is_input)
		close(fd);
	if (asking->what.fd < 0)
		return fail(asking, cli_error(asking->word, error));
	if (asking->what.size == 0 || asking->what.size > BOUND_MESSAGE)
		return fail(asking, cli_fail(EX_DATAERR, asking->what.size ?
		    "%s: it has more than 25 MB" : "%s: it is empty",
		    asking->word));
	return true;
}

/* A message in a file: the ledger may know it. */
static bool
read_message(struct asking *asking)
{
	g_autoptr(GError) error = NULL;

	asking->what.kind = SUBMISSION_MESSAGE;
	asking->what.source = "file";
	asking->facts = reading_facts(asking->what.fd, asking->what.size,
				      &error);
	if (!asking->facts)
		return fail(asking, cli_error(asking->word, error));
	asking->record = reading_find(asking->site, asking->facts,
				      asking->rcpt, &error);
	if (asking->record)
		asking->json = json_parse(asking->record->body,
					  strlen(asking->record->body),
					  &error);
	if (error)
		return fail(asking, cli_error("ledger", error));
	if (asking->json && choose_copy(asking)) {
		asking->what.message = asking->record->id;
		return true;
	}
	asking->what.facts = asking->facts;
	asking->what.rcpt = asking->rcpt;
	asking->what.tenant = cli_tenant(asking->cli, asking->tenant);
	return asking->what.tenant || fail(asking, EX_USAGE);
}

static bool
find_tenant(struct asking *asking)
{
	asking->what.tenant = cli_tenant(asking->cli, asking->tenant);
	if (!asking->what.tenant)
		return fail(asking, EX_USAGE);
	asking->setup = setup_new(asking->cli->config, asking->site->folder,
				  NULL, NULL);
	asking->what.setup = asking->setup;
	return true;
}

static void
count_row(const struct candidate_row *row, void *data)
{
	guint *count = data;

	(void)row;
	(*count)++;
}

static bool
find_candidate(struct asking *asking)
{
	struct candidate_filter filter = {
		.tenant = asking->tenant, .id = asking->word, .state = -1
	};
	guint count = 0;

	candidates_list(asking->site->suspected, &filter, count_row, &count,
			NULL);
	if (!count)
		return fail(asking, cli_fail(EX_NOINPUT, "there is no "
					     "candidate %s", asking->word));
	if (!find_message(asking))
		return false;
	asking->what.source = "candidate";
	return true;
}

static bool
find_it(struct asking *asking)
{
	const char *slash = strrchr(asking->word, '/');

	if (asking->is_candidate)
		return find_candidate(asking);
	if (!asking->is_file && strstr(asking->word, "://")) {
		asking->url = url_parse(asking->word);
		if (!asking->url || !asking->url->host)
			return fail(asking, cli_fail(EX_DATAERR, "\"%s\" is "
			    "no link that could be followed", asking->word));
		asking->what.kind = SUBMISSION_URL;
		asking->what.source = "url";
		asking->what.url = asking->url->url;
		return find_tenant(asking);
	}
	if (!asking->is_file && strcmp(asking->word, "-") != 0 &&
	    (asking->cli->caller || access(asking->word, F_OK) < 0))
		return find_message(asking);
	if (!open_file(asking))
		return false;
	if (!asking->is_file)
		return read_message(asking);
	asking->what.kind = SUBMISSION_FILE;
	asking->what.source = "file";
	asking->what.filename = slash ? slash + 1 : asking->word;
	return find_tenant(asking);
}

/* ---- what came of it ---- */

static void
print(const struct asking *asking, const Submission *one,
      const GPtrArray *said)
{
	g_autoptr(GString) out = g_string_new(NULL);

	if (asking->cli->json) {
		fields_json(&submission_fields, one, false, out);
		printf("%s\n", out->str);
		return;
	}
	printf("%s submitted as %s: %s\n", one->id, submitted_ases[one->as],
	       result_words(one->result));
	for (guint i = 0; i < said->len; i++)
		printf("  %s\n", (char *)said->pdata[i]);
	if (!one->sha256 && one->kind == SUBMISSION_MESSAGE)
		printf("  its octets are not kept, so analysts get what the "
		       "ledger knows; to send all of it, submit the message "
		       "as a file\n");
	printf("  next: gatepost submission show %s%s\n", one->id,
	       one->status == SUBMISSION_PENDING ?
	       ", after gatepost drain has run" : "");
}

static void
clear(struct asking *asking)
{
	if (asking->what.fd >= 0)
		close(asking->what.fd);
	g_free(asking->rcpt);
	g_free(asking->found_rcpt);
	url_free(asking->url);
	if (asking->record)
		record_free(asking->record);
	json_free(asking->json);
	if (asking->facts)
		facts_free(asking->facts);
	if (asking->held)
		fields_free(&held_fields, asking->held);
	if (asking->setup)
		setup_unref(asking->setup);
	site_free(asking->site);
}

static void
run(struct asking *asking)
{
	struct cli *cli = asking->cli;
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Submission) one = NULL;
	g_autoptr(GError) error = NULL;

	one = submit(asking->site, cli->config, &asking->what, &by, said,
		     &error);
	if (one)
		print(asking, one, said);
	else
		asking->status = cli_fail(EX_DATAERR, "%s: %s", asking->word,
					  error->message);
}

static int
submit_as(struct cli *cli, bool is_candidate)
{
	struct asking asking = { .cli = cli, .what.fd = -1,
				 .is_candidate = is_candidate };

	if (!read_line(&asking))
		asking.status = EX_USAGE;
	else if ((asking.site = cli_site(cli, &asking.status)) &&
		 find_it(&asking))
		run(&asking);
	clear(&asking);
	return asking.status;
}

int
cmd_submit(struct cli *cli)
{
	return submit_as(cli, false);
}

int
cmd_candidate_submit(struct cli *cli)
{
	return submit_as(cli, true);
}
