/*
 * cli.c -- words, options, failures and tables, for every command
 */
#include "gatepost/cli/cli.h"
#include "gatepost/lists/csv.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/service/draft.h"
#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* Most characters of one cell on a terminal. */
#define CELL 60
/* Characters of a message on standard error. */
#define MESSAGE 4000
/* Characters of a field of CSV. */
#define CSV_CELL 2000

const char *
cli_option(struct cli *cli, const char *name)
{
	gsize length = strlen(name);

	for (guint i = 0; i < cli->words->len; i++) {
		const char *word = cli->words->pdata[i], *value;

		if (strncmp(word, name, length) != 0)
			continue;
		if (word[length] == '=') {
			value = word + length + 1;
			g_ptr_array_remove_index(cli->words, i);
			return value;
		}
		if (!word[length] && i + 1 < cli->words->len) {
			value = cli->words->pdata[i + 1];
			g_ptr_array_remove_range(cli->words, i, 2);
			return value;
		}
	}
	return NULL;
}

GPtrArray *
cli_options(struct cli *cli, const char *name)
{
	GPtrArray *all = g_ptr_array_new();
	const char *value;

	while ((value = cli_option(cli, name)))
		g_ptr_array_add(all, (gpointer)value);
	return all;
}

bool
cli_flag(struct cli *cli, const char *name)
{
	for (guint i = 0; i < cli->words->len; i++)
		if (strcmp(cli->words->pdata[i], name) == 0) {
			g_ptr_array_remove_index(cli->words, i);
			return true;
		}
	return false;
}

bool
cli_is_one_of(const char *option, const char *const *names, const char *word)
{
	g_autofree char *all = NULL;

	if (!word || fields_word(names, word) >= 0)
		return true;
	all = g_strjoinv(", ", (char **)names);
	cli_fail(0, "%s: \"%s\" is none of %s", option, word, all);
	return false;
}

bool
cli_expires(const char *text, gint64 *end)
{
	gint64 span;

	if (clock_span(text, &span)) {
		*end = clock_now() + span;
		return true;
	}
	if (clock_parse(text, NULL, end))
		return true;
	cli_fail(0, "--expires: \"%s\" is neither a span (30d) nor a date",
		 text);
	return false;
}

/* Each NAME is one of draft_kinds; false and said. */
static bool
take_kinds(struct cli *cli, const char *name, int *kinds)
{
	const char *word;

	*kinds = 0;
	while ((word = cli_option(cli, name))) {
		int kind = fields_word(draft_kinds, word);

		if (kind < 0) {
			cli_fail(0, "%s is sender, domain, url, file or spoof",
				 name);
			return false;
		}
		*kinds |= 1 << kind;
	}
	return true;
}

bool
cli_entries(struct cli *cli, int *block, int *allow, gint64 *expires)
{
	const char *text = cli_option(cli, "--expires");

	*expires = 0;
	if ((block && !take_kinds(cli, "--block", block)) ||
	    !take_kinds(cli, "--allow", allow) ||
	    (text && !cli_expires(text, expires)))
		return false;
	if (!text || *allow || (block && *block))
		return true;
	cli_fail(0, "--expires is the end of an entry: it needs %s--allow",
		 block ? "--block or " : "");
	return false;
}

bool
cli_words(struct cli *cli, guint least, guint most)
{
	const struct command *command = cli->command;
	const char *odd = NULL;

	for (guint i = 0; i < cli->words->len; i++)
		if (g_str_has_prefix(cli->words->pdata[i], "--"))
			odd = cli->words->pdata[i];
	if (!odd && cli->words->len >= least && cli->words->len <= most)
		return true;
	if (odd)
		fprintf(stderr, "gatepost: option %s is unknown here, or "
			"lacks its value\n", odd);
	fprintf(stderr, "usage: gatepost %s%s%s%s%s\n", command->noun,
		command->verb ? " " : "", command->verb ? command->verb : "",
		*command->usage ? " " : "", command->usage);
	return false;
}

const char *
cli_word(const struct cli *cli, guint i)
{
	return i < cli->words->len ? cli->words->pdata[i] : NULL;
}

int
cli_fail(int status, const char *format, ...)
{
	g_autofree char *text = NULL, *shown = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	/* It may quote what strangers wrote, or what was pasted of it. */
	shown = text_shown(text, MESSAGE);
	fprintf(stderr, "gatepost: %s\n", shown);
	return status;
}

int
cli_error(const char *what, const GError *error)
{
	int status = EX_IOERR;

	if (error->domain == G_FILE_ERROR &&
	    error->code == G_FILE_ERROR_NOENT)
		status = EX_NOINPUT;
	else if (error->domain == G_FILE_ERROR &&
		 (error->code == G_FILE_ERROR_ACCES ||
		  error->code == G_FILE_ERROR_PERM))
		status = EX_NOPERM;
	else if ((error->domain == STORE_ERROR &&
		  error->code == STORE_ERROR_BUSY) ||
		 (error->domain == G_FILE_ERROR &&
		  error->code == G_FILE_ERROR_AGAIN))
		status = EX_TEMPFAIL;
	return cli_fail(status, "%s: %s", what, error->message);
}

Site *
cli_site(struct cli *cli, int *status)
{
	g_autoptr(GError) error = NULL;
	Site *site = NULL;

	/* What opening makes must be the daemon's. */
	if (site_become_user(cli->config, &error))
		site = site_open(cli->config, &error);
	if (!site && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
		*status = cli_fail(EX_NOPERM, "%s; it is for root, %s and "
				   "those with a role (gatepost.conf(5), "
				   "roles)", error->message,
				   cli->config->user ? cli->config->user :
				   "its owner");
	else if (!site)
		*status = cli_error(cli->config->state_dir, error);
	else
		site->caller = cli->caller;
	return site;
}

const Tenant *
cli_tenant(struct cli *cli, const char *name)
{
	const GPtrArray *all = cli->config->tenants;
	const char *kept = name ? name : caller_tenant(cli->caller);
	const Tenant *tenant = kept ? config_tenant(cli->config, kept) :
	    all->len == 1 ? all->pdata[0] : NULL;

	if (tenant && !caller_sees(cli->caller, tenant->name))
		tenant = NULL;
	if (!tenant && name)
		cli_fail(0, "there is no tenant \"%s\" in %s", name,
			 cli->config_path);
	else if (!tenant)
		cli_fail(0, "there are %u tenants; say which with --tenant",
			 all->len);
	return tenant;
}

bool
cli_opens(const struct cli *cli, const char *file)
{
	if (!cli->caller || strcmp(file, "-") == 0)
		return true;
	cli_fail(0, "the daemon opens no file for you: give \"-\", and the "
		 "file as standard input");
	return false;
}

char *
cli_who(void)
{
	const char *sudo = g_getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo)
		return text_safe(sudo);
	return g_strdup(user ? user->pw_name : "unknown");
}

bool
cli_is_id(const char *word)
{
	g_autofree char *safe = NULL;

	if (id_is(word))
		return true;
	safe = text_safe(word);
	cli_fail(0, "\"%s\" is no id; ids have 26 characters, and stand "
		 "in the list of the same command", safe);
	return false;
}

const char *
cli_time(gint64 at)
{
	static char text[CLOCK_TEXT];

	clock_format(at, text);
	return text;
}

bool
cli_since(const char *text, gint64 *since)
{
	gint64 span;

	*since = 0;
	if (!text)
		return true;
	if (clock_span(text, &span)) {
		*since = clock_now() - span;
		return true;
	}
	if (clock_parse(text, NULL, since)) {
		/* A day by itself starts at its start. */
		if (strlen(text) == 10)
			*since -= CLOCK_DAY;
		return true;
	}
	cli_fail(0, "--since: \"%s\" is neither a span (7d, 12h) nor a date "
		 "(2026-11-21)", text);
	return false;
}

/* ---- tables ---- */

struct table {
	guint columns;
	GPtrArray *cells;	/* of char *, row by row, the heads first */
};

struct table *
table_new(const char *const *heads)
{
	struct table *table = g_new0(struct table, 1);

	table->cells = g_ptr_array_new_with_free_func(g_free);
	for (; heads[table->columns]; table->columns++)
		g_ptr_array_add(table->cells,
				g_strdup(heads[table->columns]));
	return table;
}

void
table_add(struct table *table, ...)
{
	va_list args;

	va_start(args, table);
	for (guint i = 0; i < table->columns; i++)
		g_ptr_array_add(table->cells,
				text_shown(va_arg(args, const char *), CELL));
	va_end(args);
}

void
table_print(struct table *table)
{
	g_autofree glong *widths = g_new0(glong, table->columns);

	for (guint i = 0; i < table->cells->len; i++)
		widths[i % table->columns] =
		    MAX(widths[i % table->columns],
			g_utf8_strlen(table->cells->pdata[i], -1));
	for (guint i = 0; i < table->cells->len; i++) {
		const char *cell = table->cells->pdata[i];
		guint column = i % table->columns;

		if (column + 1 == table->columns)
			printf("%s\n", cell);
		else
			printf("%s%*s", cell, (int)(widths[column] + 2 -
			       g_utf8_strlen(cell, -1)), "");
	}
	g_ptr_array_free(table->cells, TRUE);
	g_free(table);
}

void
cli_csv(const char *const *cells, guint count)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < count; i++) {
		g_autofree char *cell = text_shown(cells[i] ? cells[i] : "",
						   CSV_CELL);
		g_autofree char *plain = g_strconcat("'", cell, NULL);

		csv_append(line, *cell && strchr("=+-@", *cell) ? plain :
			   cell);
	}
	printf("%s\r\n", line->str);
}
