/*
 * cli.h -- what every command of gatepost(1) works with
 */
#ifndef GATEPOST_CLI_CLI_H
#define GATEPOST_CLI_CLI_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/roles.h"
#include "gatepost/service/site.h"

struct cli {
	const char *config_path;
	Config *config;		/* read before the command, unless it says */
	bool json;
	char *who;		/* login name of the person */
	enum via via;		/* by which door the command came */
	Caller *caller;		/* who came by the control socket; NULL */
	GPtrArray *heard;	/* of char *: his words; NULL */
	char *kept;		/* the word that keeps him to a tenant */
	GPtrArray *words;	/* of const char *: what is left to read */
	const struct command *command;
};

struct command {
	const char *noun, *verb;	/* verb NULL: none */
	int (*run)(struct cli *cli);	/* an exit status of sysexits(3) */
	const char *usage;		/* what follows noun and verb */
	const char *summary;
	bool is_free;		/* needs no configuration, or reads it itself */
	bool is_writing;	/* changes state: becomes the daemon's user */
};

/* Take the option NAME ("--rcpt") and its value off the words; NULL when it
 * is not there.  Both "--rcpt X" and "--rcpt=X". */
const char *cli_option(struct cli *cli, const char *name);
/* Take every NAME off; free the array, not its elements. */
GPtrArray *cli_options(struct cli *cli, const char *name);
/* Take the flag NAME off. */
bool cli_flag(struct cli *cli, const char *name);

/* Is WORD (NULL: not given) one of NAMES (ends with NULL), for the option
 * OPTION?  Else says which there are. */
bool cli_is_one_of(const char *option, const char *const *names,
		   const char *word);

/* The time (us) that TEXT of --expires says: a span from now, or a date.
 * False and said. */
bool cli_expires(const char *text, gint64 *end);

/* Take what entries a line asks for off the words: --block (of a command that
 * has none BLOCK is NULL) and --allow, bits of enum draft_kind, and --expires,
 * 0 when it is not there.  False and said. */
bool cli_entries(struct cli *cli, int *block, int *allow, gint64 *expires);

/* Are there LEAST to MOST words left, none of them an option?  Else says
 * what is wrong, with the usage; the caller returns EX_USAGE. */
bool cli_words(struct cli *cli, guint least, guint most);
const char *cli_word(const struct cli *cli, guint i);

/* "gatepost: MESSAGE" on standard error.  Returns STATUS. */
int cli_fail(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same from ERROR, with the status that fits it. */
int cli_error(const char *what, const GError *error);

/* Open the stores; NULL and said when that fails. */
Site *cli_site(struct cli *cli, int *status);

/* The tenant that --tenant names, or the only one; NULL and said. */
const Tenant *cli_tenant(struct cli *cli, const char *name);

/* Who runs the command: the login name, before anybody becomes the daemon's
 * user.  Yours. */
char *cli_who(void);

/* Is WORD an id of ours?  Else says so; the caller returns EX_USAGE. */
bool cli_is_id(const char *word);

/* A time as a person reads it, in UTC; borrowed until the next call. */
const char *cli_time(gint64 at);

/* SINCE as an absolute time: a span back from now ("7d") or a date; 0 for
 * NULL.  False and said when it is neither. */
bool cli_since(const char *text, gint64 *since);

/* ---- roles, see call.c ---- */

/* Does COMMAND, of somebody who cannot read what the daemon keeps, go by the
 * control socket?  Its path, yours; NULL: no.  Reads the configuration. */
char *cli_control(struct cli *cli);

/* Hear who calls by CONNECTION: his words become cli's, his descriptors ours.
 * False: he is told why not, in *STATUS. */
bool cli_hear(struct cli *cli, int connection, int *status);

/* May he run cli->command?  Keeps it to his tenants, and notes it in the audit
 * log.  False and said. */
bool cli_permit(struct cli *cli);

/* May FILE, a word of the line, be opened?  For who came by the control
 * socket only "-", which he opened himself.  False and said. */
bool cli_opens(const struct cli *cli, const char *file);

/* ---- a table of text for a terminal ---- */
struct table;
struct table *table_new(const char *const *heads);	/* ends with NULL */
/* As many texts as there are heads; made safe here. */
void table_add(struct table *table, ...);
void table_print(struct table *table);	/* and frees it */

/* Print COUNT CELLS as a row of CSV (RFC 4180): strangers' text is shown
 * safely, and no spreadsheet takes it for a formula. */
void cli_csv(const char *const *cells, guint count);

int cmd_candidate_dismiss(struct cli *cli);
int cmd_candidate_list(struct cli *cli);
int cmd_candidate_show(struct cli *cli);
int cmd_candidate_submit(struct cli *cli);
int cmd_check(struct cli *cli);
int cmd_digest(struct cli *cli);
int cmd_drain(struct cli *cli);
int cmd_key_rotate(struct cli *cli);
int cmd_list_add(struct cli *cli);
int cmd_list_audit(struct cli *cli);
int cmd_list_compile(struct cli *cli);
int cmd_list_expiring(struct cli *cli);
int cmd_list_export(struct cli *cli);
int cmd_list_find(struct cli *cli);
int cmd_list_import(struct cli *cli);
int cmd_list_remove(struct cli *cli);
int cmd_list_show(struct cli *cli);
int cmd_list_unbrake(struct cli *cli);
int cmd_mode(struct cli *cli);
int cmd_outbox_delete(struct cli *cli);
int cmd_outbox_list(struct cli *cli);
int cmd_outbox_send(struct cli *cli);
int cmd_policy(struct cli *cli);
int cmd_quarantine_approve(struct cli *cli);
int cmd_quarantine_delete(struct cli *cli);
int cmd_quarantine_deny(struct cli *cli);
int cmd_quarantine_list(struct cli *cli);
int cmd_quarantine_preview(struct cli *cli);
int cmd_quarantine_export(struct cli *cli);
int cmd_quarantine_reindex(struct cli *cli);
int cmd_quarantine_release(struct cli *cli);
int cmd_quarantine_request(struct cli *cli);
int cmd_quarantine_show(struct cli *cli);
int cmd_report_add(struct cli *cli);
int cmd_report_drill(struct cli *cli);
int cmd_report_list(struct cli *cli);
int cmd_report_mark(struct cli *cli);
int cmd_report_show(struct cli *cli);
int cmd_report_submit(struct cli *cli);
int cmd_spoof_allow(struct cli *cli);
int cmd_spoof_block(struct cli *cli);
int cmd_spoof_list(struct cli *cli);
int cmd_stats(struct cli *cli);
int cmd_status(struct cli *cli);
int cmd_submission_list(struct cli *cli);
int cmd_submission_dispute(struct cli *cli);
int cmd_submission_resolve(struct cli *cli);
int cmd_submission_show(struct cli *cli);
int cmd_submit(struct cli *cli);
int cmd_sweep(struct cli *cli);
int cmd_trace(struct cli *cli);
int cmd_try(struct cli *cli);
int cmd_user_block(struct cli *cli);
int cmd_user_forget(struct cli *cli);
int cmd_user_import(struct cli *cli);
int cmd_user_list(struct cli *cli);
int cmd_user_map(struct cli *cli);
int cmd_user_safe(struct cli *cli);
int cmd_user_set(struct cli *cli);
int cmd_user_show(struct cli *cli);
int cmd_why(struct cli *cli);

#endif
