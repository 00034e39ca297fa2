/*
 * cmd_try.c -- gatepost try: the whole way of a message, offline
 *
 * Reads nothing but the configuration, the lists, those of users and who
 * wrote to whom, and stores nothing.
 * Mail is read by a private worker, never here.
 */
#include <dirent.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/list.h"
#include "gatepost/model/address.h"
#include "gatepost/policy/auth.h"
#include "gatepost/policy/composite.h"
#include "gatepost/service/pipeline.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/text.h"

struct trying {
	struct pipeline line;	/* first */
	struct cli *cli;
	Setup *setup;
	const char *from, *ip, *helo;
	bool is_old;		/* results that stand in the mail count */
	GPtrArray *rcpts;	/* of const char * */
	int connection;		/* to the worker; -1 */
	struct installation_key key;
	guint count, acts[ACTION_DISCARD + 1], candidates;
};

static enum ask_result
try_ask(struct pipeline *line, const Message *message,
	const Request *request, Answer *answer, GError **error)
{
	struct trying *trying = (struct trying *)line;
	g_autofree char *program = ask_program("gatepost-worker");
	struct ask_bytes bytes = { NULL, message->size, message->fd };
	enum ask_result result;

	if (trying->connection < 0)
		trying->connection = ask_private(program, error);
	if (trying->connection < 0)
		return ASK_NONE;
	result = ask(trying->connection, request, &bytes, answer,
		     clock_steady_ms() + BOUND_ASK_MS, wait_plainly,
		     NULL, error);
	if (result != ASK_DONE) {
		close(trying->connection);
		trying->connection = -1;
	}
	return result;
}

/* A recipient of ours, when none was given. */
static char *
any_rcpt(const Config *config)
{
	const Tenant *tenant = config->tenants->pdata[0];
	const char *domain = tenant->domains->pdata[0];

	return g_strdup_printf("<user@%s>", g_str_has_prefix(domain, "*.") ?
			       domain + 2 : domain);
}

static Message *
message_of(struct trying *trying, int fd, gsize size)
{
	Message *message = message_new(trying->setup->config);
	struct network network;
	bool is_ip = network_parse(trying->ip, &network);
	g_autofree char *own = any_rcpt(trying->setup->config);

	message->fd = fd;
	message->size = size;
	message->lists = trying->setup->lists;
	message->routes = trying->setup->routes;
	client_set(&message->client, message->config, trying->ip,
		   is_ip ? &network : NULL, NULL);
	message->client.helo = g_strdup(trying->helo);
	g_free(message->sender);
	message->sender = address_loose(trying->from);
	for (guint i = 0; i < MAX(trying->rcpts->len, 1); i++) {
		Recipient *recipient = message_add_recipient(message,
		    trying->rcpts->len ? trying->rcpts->pdata[i] : own);

		recipient->mode = setup_mode(trying->setup,
					     recipient->tenant);
		recipient->outbound_mode = setup_mode(trying->setup,
						      recipient->outbound);
	}
	return message;
}

static void
print_json(const Facts *facts, const GPtrArray *decisions)
{
	g_autoptr(GString) out = g_string_new("{\"facts\":");

	fields_json(&facts_fields, facts, false, out);
	json_key(out, "decisions");
	g_string_append_c(out, '[');
	for (guint i = 0; i < decisions->len; i++) {
		json_comma(out);
		decision_json(decisions->pdata[i], false, out);
	}
	g_string_append(out, "]}");
	printf("%s\n", out->str);
}

static void
print_texts(const char *name, const GPtrArray *texts)
{
	for (guint i = 0; i < texts->len; i++) {
		g_autofree char *safe = text_shown(texts->pdata[i], 200);

		printf("  %-10s %s\n", name, safe);
	}
}

static void
print_facts(const Facts *facts)
{
	g_autofree char *from = text_shown(facts->from, 200);
	g_autofree char *name = text_shown(facts->from_name, 200);
	g_autofree char *subject = text_shown(facts->subject, 200);

	printf("Facts\n  %-10s %s%s%s<%s>\n  %-10s %s\n", "From",
	       *name ? "\"" : "", name, *name ? "\" " : "", from,
	       "Subject", subject);
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];
		g_autofree char *url = text_shown(link->url, 200);

		printf("  %-10s %s%s\n", "url", url, link->wrapper ?
		       " (in the one above)" : "");
	}
	for (guint i = 0; i < facts->files->len; i++) {
		const File *file = facts->files->pdata[i];
		g_autofree char *shown = text_shown(file->name, 100);
		g_autofree char *inside = text_shown(file->inside, 100);

		printf("  %-10s %s (%s)%s%s%s\n", "file", shown,
		       file->sha256 ? file->sha256 : "not to be read",
		       file->is_encrypted ? " encrypted" : "",
		       file->inside ? " in " : "",
		       file->inside ? inside : "");
	}
	printf("  %-10s spf=%s dmarc=%s by %s\n", "auth",
	       auth_values[facts->auth.spf], auth_values[facts->auth.dmarc],
	       facts->auth.source ? facts->auth.source : "nobody");
	if (facts->auth.reason)
		printf("  %-10s compauth=%s reason=%s: %s\n", "",
		       composites[facts->auth.composite], facts->auth.reason,
		       facts->auth.sentence);
	print_texts("defect", facts->defects);
	if (!facts->complete)
		printf("  %-10s only a part was read\n", "complete");
}

static void
print_decision(const Decision *decision)
{
	g_autofree char *rcpt = text_shown(decision->rcpt, 200);

	printf("\nDecision for %s: %s (row %" G_GINT64_FORMAT ")\n", rcpt,
	       actions[decision->action], decision->row);
	print_texts("mailbox", decision->mailboxes);
	if (decision->limit)
		printf("  asked for %s: %s\n", actions[decision->asked],
		       decision->limit);
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];
		g_autofree char *reason = text_shown(finding->reason, 300);

		printf("  %s %s: %s%s%s\n", finding == decision->because ?
		       "->" : "  ", finding->check, reason,
		       finding->struck ? "; struck: " : "",
		       finding->struck ? finding->struck : "");
	}
	print_texts("candidate", decision->candidate);
}

static void
print_line(const char *path, const Facts *facts, const GPtrArray *decisions)
{
	const Decision *first = decisions->pdata[0];
	g_autofree char *from = text_shown(facts->from, 60);
	g_autofree char *reason = text_shown(first->because ?
	    first->because->reason : first->candidate->len ?
	    first->candidate->pdata[0] : "", 200);

	printf("%-10s %s %s %s\n", actions[first->asked], path, from, reason);
}

/* Judge the message in FD, which is taken; NAME is what it is called. */
static int
try_bytes(struct trying *trying, const char *name, int fd, gsize size,
	  bool is_one)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) shown = NULL, decisions = NULL;
	g_autoptr(Message) message = NULL;
	g_autoptr(Facts) facts = NULL;
	enum ask_result result;

	message = message_of(trying, fd, size);
	facts = pipeline_facts(&trying->line, message, &result, &error);
	if (!facts)
		return cli_fail(EX_SOFTWARE, "%s: %s", name, error->message);
	if (trying->is_old && !facts->auth.source) {
		auth_adopt_old(facts);
		composite_reckon(message->config, facts);
	}
	pipeline_history(&trying->line, message, facts);
	shown = sightings(message, facts);
	decisions = pipeline_judge(message, facts, shown);
	judge_together(decisions);
	if (!trying->cli->config->release.smtp)
		judge_marks(decisions);
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		trying->acts[decision->asked]++;
		trying->candidates += decision->candidate->len > 0;
	}
	trying->count++;
	if (is_one && trying->cli->json) {
		print_json(facts, decisions);
	} else if (is_one) {
		print_facts(facts);
		for (guint i = 0; i < decisions->len; i++)
			print_decision(decisions->pdata[i]);
	} else {
		print_line(name, facts, decisions);
	}
	return EX_OK;
}

static int
try_file(struct trying *trying, const char *path, bool is_one)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return try_bytes(trying, path, fd, (gsize)st.st_size, is_one);
	if (fd >= 0)
		close(fd);
	return cli_fail(EX_NOINPUT, "%s cannot be read", path);
}

static int
try_folder(struct trying *trying, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *found;
	int status = EX_OK;

	while (dir && (found = readdir(dir))) {
		g_autofree char *file = g_build_filename(path, found->d_name,
							 NULL);
		struct stat st;

		if (found->d_name[0] == '.' || stat(file, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode)) {
			int one = try_file(trying, file, false);

			status = one ? one : status;
		}
	}
	if (dir)
		closedir(dir);
	return status;
}

static void
print_sum(const struct trying *trying)
{
	printf("\n%u messages\n", trying->count);
	for (guint i = 0; actions[i]; i++)
		printf("  %-10s %u\n", actions[i], trying->acts[i]);
	printf("  suspected (candidates): %u\n", trying->candidates);
}

/* A Maildir has its mail in cur and new; any folder may hold files. */
static int
try_all(struct trying *trying, const char *path)
{
	g_autofree char *cur = g_build_filename(path, "cur", NULL);
	g_autofree char *new = g_build_filename(path, "new", NULL);
	int status;

	if (access(cur, F_OK) == 0) {
		status = try_folder(trying, cur);
		if (access(new, F_OK) == 0)
			status |= try_folder(trying, new);
	} else {
		status = try_folder(trying, path);
	}
	print_sum(trying);
	return status ? EX_SOFTWARE : EX_OK;
}

/* ---- an mbox ---- */

static const char from_line[] = "From ";

/* "From SENDER DATE", and the date has a time. */
static bool
is_from_line(const char *data, gsize size, gsize at)
{
	const char *end = memchr(data + at, '\n', size - at);
	gsize length = end ? (gsize)(end - data) - at : size - at;

	return length >= strlen(from_line) &&
	    memcmp(data + at, from_line, strlen(from_line)) == 0 &&
	    memchr(data + at, ':', length);
}

/* Where the message at AT ends: before the next "From " behind an empty
 * line, or with the file. */
static gsize
mbox_end(const char *data, gsize size, gsize at)
{
	const char *found;

	while (at < size &&
	       (found = memmem(data + at, size - at, "\n\n", 2))) {
		at = (gsize)(found - data) + 1;
		if (is_from_line(data, size, at + 1))
			return at + 1;
	}
	return size;
}

/* What a mailbox file holds: NULL when PATH is none, or of one message. */
static GMappedFile *
mbox_open(const char *path)
{
	GMappedFile *file = g_mapped_file_new(path, FALSE, NULL);
	const char *data = file ? g_mapped_file_get_contents(file) : NULL;
	gsize size = file ? g_mapped_file_get_length(file) : 0;

	if (data && is_from_line(data, size, 0) &&
	    mbox_end(data, size, 0) < size)
		return file;
	if (file)
		g_mapped_file_unref(file);
	return NULL;
}

static int
try_mbox(struct trying *trying, const char *path, GMappedFile *file)
{
	const char *data = g_mapped_file_get_contents(file);
	gsize size = g_mapped_file_get_length(file);
	int status = EX_OK;
	guint number = 0;

	for (gsize at = 0; at < size; ) {
		gsize end = mbox_end(data, size, at);
		const char *line = memchr(data + at, '\n', end - at);
		gsize start = line ? (gsize)(line - data) + 1 : end;
		g_autofree char *name = g_strdup_printf("%s:%u", path,
							++number);
		g_autoptr(GError) error = NULL;
		int fd = file_memory(data + start, end - start, &error);
		int one = fd < 0 ? cli_error(name, error) :
		    try_bytes(trying, name, fd, end - start, false);

		status = one ? EX_SOFTWARE : status;
		at = end;
	}
	print_sum(trying);
	return status;
}

static int
try_path(struct trying *trying, const char *path, bool is_folder)
{
	GMappedFile *mbox = is_folder ? NULL : mbox_open(path);
	int status;

	if (!mbox)
		return is_folder ? try_all(trying, path) :
		    try_file(trying, path, true);
	status = try_mbox(trying, path, mbox);
	g_mapped_file_unref(mbox);
	return status;
}

static Setup *
setup_of(struct cli *cli, GError **error)
{
	int folder = open(cli->config->state_dir, O_RDONLY | O_DIRECTORY |
			  O_CLOEXEC);
	Snapshot *lists = list_aside(cli, error);
	Setup *setup = NULL;

	if (lists) {
		setup = setup_new(cli->config, folder, NULL, NULL);
		setup_open_routes(setup, NULL);
		if (setup->lists)
			snapshot_unref(setup->lists);
		setup->lists = lists;
	}
	if (folder >= 0)
		close(folder);
	return setup;
}

/* What has been kept of users and of who wrote to whom, to read it alone;
 * what cannot be read is left out, with a word. */
static void
open_history(struct trying *trying)
{
	const char *path = trying->cli->config->state_dir;
	g_autoptr(GError) error = NULL, fault = NULL;
	int folder;

	trying->line.users = users_open_reading(path, &error);
	if (error)
		cli_fail(0, "the lists of users are left out: %s",
			 error->message);
	trying->line.contacts = contacts_open_reading(path, &fault);
	if (trying->line.contacts) {
		folder = folder_open(AT_FDCWD, path, 0750, &fault);
		if (folder < 0 || !state_key(folder, &trying->key, &fault))
			g_clear_pointer(&trying->line.contacts,
					contacts_free);
		if (folder >= 0)
			close(folder);
	}
	trying->line.key = &trying->key.ledger;
	if (fault)
		cli_fail(0, "who wrote to whom is left out: %s",
			 fault->message);
}

int
cmd_try(struct cli *cli)
{
	struct trying trying = { .cli = cli, .connection = -1 };
	const char *from = cli_option(cli, "--from");
	const char *ip = cli_option(cli, "--ip");
	g_autoptr(GPtrArray) rcpts = cli_options(cli, "--rcpt");
	g_autofree char *sender = address_normal(from ? from : "<>");
	g_autoptr(GError) error = NULL;
	struct network network;
	struct stat st;
	int status;

	trying.helo = cli_option(cli, "--helo");
	trying.is_old = cli_flag(cli, "--old-results");
	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	if (!sender)
		return cli_fail(EX_USAGE, "--from: \"%s\" is no address",
				from);
	if (ip && (!network_parse(ip, &network) || network.prefix != 128))
		return cli_fail(EX_USAGE, "--ip: \"%s\" is no address", ip);
	if (stat(cli_word(cli, 0), &st) < 0)
		return cli_fail(EX_NOINPUT, "%s: %s", cli_word(cli, 0),
				g_strerror(errno));
	trying.from = sender;
	trying.ip = ip ? ip : "192.0.2.1";
	trying.rcpts = rcpts;
	trying.line.ask = try_ask;
	trying.line.wait = wait_plainly;
	open_history(&trying);
	trying.setup = setup_of(cli, &error);
	if (!trying.setup)
		return cli_error("try", error);
	status = try_path(&trying, cli_word(cli, 0), S_ISDIR(st.st_mode));
	if (trying.connection >= 0)
		close(trying.connection);
	setup_unref(trying.setup);
	users_free(trying.line.users);
	contacts_free(trying.line.contacts);
	return status;
}
