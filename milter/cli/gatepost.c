/*
 * gatepost.c -- the command: one table, from which the help is printed
 *
 * To add a command: a function in cmd_x.c, a row here, gatepost(1), the
 * completion, a test t/8NN.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/cli.h"
#include "gatepost/service/control.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

#define DEFAULT_CONFIG GATEPOST_SYSCONFDIR "/gatepost/gatepost.conf"

#define HELD_FILTER "[--tenant T] [--rcpt R] [--from A] [--subject S] " \
	"[--message-id M] [--policy P] [--category C] [--entry E] " \
	"[--state S] [--since T] [--until T] [--expiring SPAN]"
#define HELD_DEED "ID... [--rcpt R]... | " HELD_FILTER " [--reason TEXT] " \
	"[--by WHO] [--as-user] [--dry-run]"

static const struct command commands[] = {
	{ "check", NULL, cmd_check, "[--lists] [--postfix DIR] [--settings]",
	  "test the configuration and print what is in force",
	  .is_free = true },
	{ "try", NULL, cmd_try,
	  "FILE|DIR [--from A] [--rcpt B]... [--ip I] [--helo H] "
	  "[--old-results]",
	  .summary = "judge a message, or all of a folder, Maildir or mbox, "
	  "and store nothing" },
	{ "why", NULL, cmd_why, "ID|QUEUE-ID|MESSAGE-ID [--rcpt R]",
	  .summary = "tell why a message fared as it did" },
	{ "trace", NULL, cmd_trace,
	  "[--from A] [--envelope A] [--rcpt R] [--url U] [--file SHA256] "
	  "[--ip I] [--domain D] [--action A] [--since T] [--most N]",
	  .summary = "search the ledger" },
	{ "policy", NULL, cmd_policy, "[--tenant T]",
	  .summary = "print precedence, actions, lists, mode and rights in "
	  "force" },
	{ "mode", NULL, cmd_mode, "[observe|tag|enforce] [--tenant T]",
	  .summary = "show or set how much is carried out, at once" },
	{ "stats", NULL, cmd_stats, "[--would] [--since T]",
	  .summary = "count decisions; with --would, what enforce would have "
	  "done" },
	{ "status", NULL, cmd_status, "",
	  .summary = "tell what works, what waits and what is wrong" },
	{ "list", "show", cmd_list_show,
	  "[--tenant T] [--kind K] [--action A] [--observed] [--feeds]",
	  .summary = "print the entries in force, and how often each was met" },
	{ "list", "expiring", cmd_list_expiring,
	  "[--tenant T] [--within SPAN]",
	  .summary = "print the entries that end soon, or ended" },
	{ "list", "unbrake", cmd_list_unbrake, "KEY",
	  "let an entry or \"feed NAME\" act again that held too much", .is_writing = true },
	{ "list", "add", cmd_list_add,
	  "[--tenant T] [--dry-run[=SPAN]] ACTION KIND VALUE [VALUE] "
	  "[OPTION=VALUE]...",
	  "add an entry to the managed list, or tell what it would have done",
	  .is_writing = true },
	{ "list", "remove", cmd_list_remove,
	  "[--tenant T] ACTION KIND VALUE [VALUE] | KEY",
	  "take an entry out of the managed list", .is_writing = true },
	{ "list", "find", cmd_list_find,
	  "[--tenant T] [--rcpt R] [--proven|--unproven] "
	  "KIND VALUE [VALUE]...",
	  .summary = "show which entries match, which wins, and why the "
	  "others lose" },
	{ "list", "audit", cmd_list_audit, "[--tenant T] [--audit A]",
	  .summary = "show entries that are odd, and what to do about each" },
	{ "list", "import", cmd_list_import,
	  "[--tenant T] [--format F] [--kind K] [--strict] [--dry-run] FILE",
	  .summary = "take entries over from a list, CSV or JSON" },
	{ "list", "export", cmd_list_export, "[--tenant T] [--format F]",
	  .summary = "print all entries as list, CSV or JSON" },
	{ "list", "compile", cmd_list_compile, "[--state-dir DIR]",
	  "compile all lists, as the daemon does by itself",
	  .is_writing = true },
	{ "quarantine", "list", cmd_quarantine_list,
	  HELD_FILTER " [--by WHO] [--sort COLUMN] [--reverse] [--most N] "
	  "[--after ID/RCPT] [--format F]",
	  .summary = "list held messages" },
	{ "quarantine", "show", cmd_quarantine_show, "ID",
	  .summary = "show what is known of an item" },
	{ "quarantine", "preview", cmd_quarantine_preview,
	  "ID [--html|--raw]",
	  .summary = "show the text of a held message, read by a worker" },
	{ "quarantine", "release", cmd_quarantine_release,
	  "ID... [--rcpt R]... | " HELD_FILTER " [--to A]... [--report] "
	  "[--allow K]... [--expires T] [--reason TEXT] "
	  "[--by WHO] [--as-user] [--dry-run]",
	  "deliver held messages, or a copy to others", .is_writing = true },
	{ "quarantine", "request", cmd_quarantine_request,
	  HELD_DEED, "ask the admins for the release", .is_writing = true },
	{ "quarantine", "approve", cmd_quarantine_approve,
	  HELD_DEED, "agree to a request, and release", .is_writing = true },
	{ "quarantine", "deny", cmd_quarantine_deny,
	  HELD_DEED, "refuse a request", .is_writing = true },
	{ "quarantine", "delete", cmd_quarantine_delete, HELD_DEED,
	  "drop held messages", .is_writing = true },
	{ "quarantine", "export", cmd_quarantine_export,
	  "ID... --reason TEXT [--password-stdin]",
	  "write messages to stdout as a zip with a password",
	  .is_writing = true },
	{ "quarantine", "reindex", cmd_quarantine_reindex, "",
	  "build the index anew from the files", .is_writing = true },
	{ "outbox", "list", cmd_outbox_list, "",
	  .summary = "list copies that the MTA has not taken back yet" },
	{ "outbox", "send", cmd_outbox_send, "",
	  "try all of them now", .is_writing = true },
	{ "outbox", "delete", cmd_outbox_delete, "ID",
	  "give one of them up", .is_writing = true },
	{ "candidate", "list", cmd_candidate_list,
	  "[--tenant T] [--state S] [--each] [--since T] [--most N] [--csv]",
	  .summary = "list delivered messages that are suspected" },
	{ "candidate", "show", cmd_candidate_show, "ID [--tenant T]",
	  .summary = "show a candidate and why it is one" },
	{ "candidate", "dismiss", cmd_candidate_dismiss,
	  "ID... [--tenant T] [--alone]",
	  "they are good: drop them, and those of their making",
	  .is_writing = true },
	{ "candidate", "submit", cmd_candidate_submit,
	  "ID --as A [--rcpt R] [--tenant T] [--block K]... [--allow K]... "
	  "[--expires T] [--note N]",
	  "give one to the analysts, see submit", .is_writing = true },
	{ "report", "list", cmd_report_list,
	  "[--tenant T] [--since T] [--sender A] [--reporter A] [--reason R] "
	  "[--result R] [--state S] [--marked M] [--via V] [--drill yes|no] "
	  "[--converted yes|no] [--unverified] [--group-by COLUMN] "
	  "[--most N] [--csv]",
	  .summary = "list what users reported, a row a message" },
	{ "report", "show", cmd_report_show, "ID",
	  .summary = "show a reported message, who reported it, and what the "
	  "ledger knows of it" },
	{ "report", "mark", cmd_report_mark,
	  "ID phish|spam|clean [--no-notice] [--note TEXT]",
	  "say what a reported message is, and tell its reporters",
	  .is_writing = true },
	{ "report", "submit", cmd_report_submit,
	  "ID [--as A] [--block K]... [--allow K]... [--expires T] "
	  "[--note TEXT]",
	  "give a reported message to the analysts", .is_writing = true },
	{ "report", "add", cmd_report_add,
	  "--as phish|junk|not-junk --user U [--tenant T] [FILE]",
	  .summary = "report a message for a user, as a mail program does" },
	{ "report", "drill", cmd_report_drill,
	  "--campaign C [--tenant T] [--expires T] RCPT...",
	  .summary = "make the header field of a phishing drill" },
	{ "submit", NULL, cmd_submit,
	  "ID|URL|FILE --as A [--rcpt R] [--tenant T] [--file] [--block K]... "
	  "[--allow K]... [--expires T] [--note N]",
	  "give a message, a link or a file to the analysts",
	  .is_writing = true },
	{ "submission", "list", cmd_submission_list,
	  "[--tenant T] [--status S] [--result R] [--as A] [--kind K] "
	  "[--from A] [--rcpt R] [--by WHO] [--source S] [--message ID] "
	  "[--disputed] [--since T] [--group-by G] [--most N] [--after ID] "
	  "[--csv]",
	  .summary = "list what was given to the analysts" },
	{ "submission", "resolve", cmd_submission_resolve,
	  "ID WORD [--note TEXT]",
	  "say what a submission is, yourself", .is_writing = true },
	{ "submission", "dispute", cmd_submission_dispute,
	  "ID --wrong WORDS [--note TEXT]",
	  "say that a result is wrong, and have it analysed again",
	  .is_writing = true },
	{ "drain", NULL, cmd_drain, "[--analyst A] [--once]",
	  "bring what was submitted to the analysts, for cron",
	  .is_writing = true },
	{ "submission", "show", cmd_submission_show,
	  "ID [--tenant T] [--sent ANALYST]",
	  .summary = "show what left, each answer, the result and why" },
	{ "user", "show", cmd_user_show,
	  "USER [--tenant T] [--exact] [--list L] [--after V] [--most N]",
	  .summary = "print a user's safe and blocked senders" },
	{ "user", "safe", cmd_user_safe,
	  "USER SENDER... [--tenant T] [--exact] [--remove] [--note N]",
	  .summary = "put senders on a user's safe list, or take them off" },
	{ "user", "block", cmd_user_block,
	  "USER SENDER... [--tenant T] [--exact] [--remove] [--note N]",
	  .summary = "the same with the user's blocked senders" },
	{ "user", "import", cmd_user_import,
	  "USER FILE --as safe|block [--tenant T] [--exact] [--strict] "
	  "[--note N]",
	  .summary = "the same from a file, a sender a line" },
	{ "user", "list", cmd_user_list, "[--tenant T] [--after U] [--most N]",
	  .summary = "list the users who have safe or blocked senders" },
	{ "user", "forget", cmd_user_forget, "USER [--yes]",
	  "erase a person from all that is kept, and prove it",
	  .is_writing = true },
	{ "user", "set", cmd_user_set,
	  "USER [language=L] [digest=E] [--tenant T] [--exact]",
	  .summary = "show or set a user's language, and how often he gets a "
	  "digest" },
	{ "user", "map", cmd_user_map, "ADDRESS|LOGIN [--tenant T]",
	  .summary = "tell which mailboxes an address or login leads to" },
	{ "spoof", "list", cmd_spoof_list,
	  "[--tenant T] [--since T] [--most N]",
	  .summary = "print who was shown in From by whose hosts, lately and "
	  "without proof" },
	{ "spoof", "allow", cmd_spoof_allow,
	  "[--tenant T] [--dry-run[=SPAN]] FROM SENT-BY [OPTION=VALUE]...",
	  "let such a pair in: an entry of the managed list",
	  .is_writing = true },
	{ "spoof", "block", cmd_spoof_block,
	  "[--tenant T] [--dry-run[=SPAN]] FROM SENT-BY [OPTION=VALUE]...",
	  "hold the mail of such a pair", .is_writing = true },
	{ "digest", NULL, cmd_digest,
	  "[--tenant T] [--user U] [--now] [--dry-run]",
	  "mail users what is held for them, for cron", .is_writing = true },
	{ "key", "rotate", cmd_key_rotate, "",
	  "make a new key for the links of digests", .is_writing = true },
	{ "sweep", NULL, cmd_sweep, "",
	  "remove what has expired, for cron", .is_writing = true },
};

static void
print_command(FILE *to, const struct command *command)
{
	fprintf(to, "  %s%s%s%s%s\n      %s\n", command->noun,
		command->verb ? " " : "", command->verb ? command->verb : "",
		*command->usage ? " " : "", command->usage,
		command->summary);
}

/* Of the commands of NOUN, or of all. */
static void
print_usage(FILE *to, const char *noun)
{
	fprintf(to, "usage: gatepost [-c FILE] [--json] COMMAND ...\n\n");
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (!noun || strcmp(commands[i].noun, noun) == 0)
			print_command(to, &commands[i]);
	fprintf(to, "\nFILE is %s unless given.  See gatepost(1).\n",
		DEFAULT_CONFIG);
}

/* The first of WORDS, when commands begin with it; NULL: none does. */
static const char *
noun_of(const GPtrArray *words)
{
	for (guint i = 0; words->len && i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].noun, words->pdata[0]) == 0)
			return commands[i].noun;
	return NULL;
}

static const struct command *
find(GPtrArray *words)
{
	const char *noun = words->len ? words->pdata[0] : "";
	const char *verb = words->len > 1 ? words->pdata[1] : "";

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].noun, noun) != 0)
			continue;
		if (!commands[i].verb || strcmp(commands[i].verb, verb) == 0) {
			g_ptr_array_remove_range(words, 0,
						 commands[i].verb ? 2 : 1);
			return &commands[i];
		}
	}
	return NULL;
}

/* There is no such command: say what is nearest. */
static int
misunderstood(const struct cli *cli)
{
	const char *names[G_N_ELEMENTS(commands) + 1];
	const char *noun = cli_word(cli, 0), *verb = cli_word(cli, 1);
	const char *nearest;
	guint count = 0;

	if (!noun) {
		print_usage(stderr, NULL);
		return EX_USAGE;
	}
	if (strcmp(noun, "-c") == 0)
		return cli_fail(EX_USAGE, "-c lacks the path of a "
				"configuration");
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(commands[i].noun, noun) == 0)
			names[count++] = commands[i].verb;
	if (!count) {
		for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
			names[i] = commands[i].noun;
		names[G_N_ELEMENTS(commands)] = NULL;
		nearest = text_nearest(noun, names);
		return cli_fail(EX_USAGE, "there is no command \"%s\"; %s%s%s",
				noun, nearest ? "did you mean \"" :
				"gatepost --help lists them", nearest ?
				nearest : "", nearest ? "\"?" : "");
	}
	names[count] = NULL;
	nearest = verb ? text_nearest(verb, names) : NULL;
	if (verb)
		cli_fail(0, "there is no command \"%s %s\"%s%s%s", noun,
			 verb, nearest ? "; did you mean \"" : "",
			 nearest ? nearest : "", nearest ? "\"?" : "");
	print_usage(stderr, noun);
	return EX_USAGE;
}

static bool
read_config(struct cli *cli)
{
	g_autoptr(GPtrArray) notes = config_notes_new();

	cli->config = config_load(cli->config_path, notes);
	for (guint i = 0; !cli->config && i < notes->len; i++) {
		const struct config_note *note = notes->pdata[i];
		g_autofree char *at = config_note_place(note);

		fprintf(stderr, "gatepost: %s: %s\n", at, note->text);
	}
	return cli->config != NULL;
}

static int
run(struct cli *cli)
{
	g_autoptr(GError) error = NULL;

	if ((!cli->command->is_free || cli->caller) && !cli->config &&
	    !read_config(cli))
		return EX_CONFIG;
	if (cli->caller && !cli_permit(cli))
		return EX_NOPERM;
	if (cli->command->is_writing &&
	    !site_become_user(cli->config, &error))
		return cli_fail(EX_NOPERM, "%s", error->message);
	return cli->command->run(cli);
}

/* Have the daemon run LINE, if it is for that; -1: it is not. */
static int
ask_daemon(struct cli *cli, const GPtrArray *line)
{
	g_autofree char *path = cli->caller ? NULL : cli_control(cli);
	g_autoptr(GError) error = NULL;
	int status;

	if (!path)
		return -1;
	status = control_ask(path, line, &error);
	return status >= 0 ? status :
	    cli_fail(error->code == (int)G_FILE_ERROR_ACCES ? EX_NOPERM :
		     EX_TEMPFAIL, "%s", error->message);
}

/* The words of a line, behind -c. */
static int
run_line(struct cli *cli)
{
	g_autoptr(GPtrArray) line = g_ptr_array_new();
	int status;

	for (guint i = 0; i < cli->words->len; i++)
		g_ptr_array_add(line, cli->words->pdata[i]);
	cli->json = cli_flag(cli, "--json");
	if (cli_flag(cli, "--help") || cli_flag(cli, "-h")) {
		print_usage(stdout, noun_of(cli->words));
		return EX_OK;
	}
	if (cli_flag(cli, "-V") || cli_flag(cli, "--version")) {
		printf("gatepost %s\n", GATEPOST_VERSION);
		return EX_OK;
	}
	cli->command = find(cli->words);
	if (!cli->command)
		return misunderstood(cli);
	status = ask_daemon(cli, line);
	return status >= 0 ? status : run(cli);
}

/* The number behind --control, by which the daemon starts us; or -1. */
static int
take_control(struct cli *cli)
{
	const char *number = cli->words->len == 2 &&
	    strcmp(cli->words->pdata[0], "--control") == 0 ?
	    cli->words->pdata[1] : "";
	guint64 fd;

	if (!g_ascii_string_to_unsigned(number, 10, STDERR_FILENO + 1, 1023,
					&fd, NULL) ||
	    fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return (int)fd;
}

int
main(int argc, char **argv)
{
	struct cli cli = { .config_path = DEFAULT_CONFIG };
	int status = EX_OK, connection;

	umask(0027);
	signal(SIGPIPE, SIG_IGN);
	log_open("gatepost", true);
	cli.who = cli_who();
	cli.words = g_ptr_array_new();
	for (int i = 1; i < argc; i++)
		g_ptr_array_add(cli.words, argv[i]);
	/* -c stands before the command; what follows it has its own words. */
	if (cli.words->len > 1 && strcmp(cli.words->pdata[0], "-c") == 0) {
		cli.config_path = cli.words->pdata[1];
		g_ptr_array_remove_range(cli.words, 0, 2);
	}
	connection = take_control(&cli);
	if (connection < 0 || cli_hear(&cli, connection, &status))
		status = run_line(&cli);
	if (fflush(stdout) != 0 && status == EX_OK)
		status = EX_IOERR;
	if (connection >= 0)
		control_end(connection, status);
	config_unref(cli.config);
	caller_free(cli.caller);
	if (cli.heard)
		g_ptr_array_free(cli.heard, TRUE);
	g_free(cli.kept);
	g_free(cli.who);
	g_ptr_array_free(cli.words, TRUE);
	return status;
}
