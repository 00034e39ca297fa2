/*
 * call.c -- a command that goes by the control socket, on both sides of it
 *
 * Who cannot read what the daemon keeps has the daemon's user run the
 * command; here it is decided that this is needed, there that it is allowed.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/cli.h"
#include "gatepost/service/control.h"
#include "gatepost/util/text.h"

/* ---- the caller's side ---- */

char *
cli_control(struct cli *cli)
{
	g_autoptr(GPtrArray) notes = config_notes_new();

	if (geteuid() == 0 ||
	    !roles_know(cli->command->noun, cli->command->verb))
		return NULL;
	cli->config = config_load(cli->config_path, notes);
	if (cli->config)
		return access(cli->config->state_dir, R_OK | X_OK) == 0 ?
		    NULL : g_strdup(cli->config->control.socket);
	/* Of a file that is there, but not for us, the usual place. */
	return access(cli->config_path, F_OK) == 0 &&
	    access(cli->config_path, R_OK) < 0 &&
	    access(CONTROL_DEFAULT, F_OK) == 0 ?
	    g_strdup(CONTROL_DEFAULT) : NULL;
}

/* ---- the daemon's side ---- */

bool
cli_hear(struct cli *cli, int connection, int *status)
{
	g_autoptr(GError) error = NULL;

	*status = EX_PROTOCOL;
	alarm(BOUND_CONTROL_RUN);
	cli->via = VIA_CONTROL;
	cli->caller = caller_new(connection, &error);
	cli->heard = cli->caller ? control_take(connection, &error) : NULL;
	if (!cli->heard) {
		cli_fail(0, "control: %s", error->message);
		return false;
	}
	g_free(cli->who);
	cli->who = g_strdup(cli->caller->name);
	g_ptr_array_set_size(cli->words, 0);
	for (guint i = 0; i < cli->heard->len; i++)
		g_ptr_array_add(cli->words, cli->heard->pdata[i]);
	return true;
}

/* That he asked, what, and whether it was allowed. */
static bool
note(const struct cli *cli, const char *line, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Trail) trail = trail_open(cli->config->state_dir, &error);
	g_autofree char *name = g_strdup_printf("%s%s%s", cli->command->noun,
	    cli->command->verb ? " " : "", cli->command->verb ?
	    cli->command->verb : "");
	g_autofree char *detail = g_strdup_printf("%s%s%s", line,
						  why ? "; " : "",
						  why ? why : "");
	const struct deed deed = {
		.who = cli->who, .via = VIA_CONTROL,
		.what = why ? "refused" : "asked", .object = name,
		.tenant = caller_tenant(cli->caller), .detail = detail,
	};

	if (trail && trail_add(trail, &deed, &error))
		return true;
	cli_error("audit log", error);
	return false;
}

/* Take every --tenant off the words, and put the one that counts in front,
 * where no other option can swallow it. */
static bool
keep_to_tenant(struct cli *cli)
{
	g_autoptr(GPtrArray) named = cli_options(cli, "--tenant");
	const char *tenant = named->len ? named->pdata[0] :
	    caller_tenant(cli->caller);

	for (guint i = 0; i < named->len; i++)
		if (!caller_sees(cli->caller, named->pdata[i])) {
			cli_fail(0, "there is no tenant \"%s\" for you",
				 (char *)named->pdata[i]);
			return false;
		}
	if (!tenant) {
		cli_fail(0, "your role has several tenants; say which with "
			 "--tenant");
		return false;
	}
	g_free(cli->kept);
	cli->kept = g_strconcat("--tenant=", tenant, NULL);
	g_ptr_array_insert(cli->words, 0, cli->kept);
	return true;
}

bool
cli_permit(struct cli *cli)
{
	const struct command *command = cli->command;
	g_autofree char *why = NULL, *joined = NULL, *line = NULL;
	enum keeping keeping = KEEPS_NOT;
	bool is_allowed = roles_permit(cli->config, cli->caller,
				       command->noun, command->verb,
				       cli->words, &keeping, &why);

	g_ptr_array_add(cli->words, NULL);
	joined = g_strjoinv(" ", (char **)cli->words->pdata);
	g_ptr_array_set_size(cli->words, (int)cli->words->len - 1);
	line = text_safe(joined);
	if (!note(cli, line, is_allowed ? NULL : why))
		return false;
	if (!is_allowed)
		cli_fail(0, "%s%s%s: you may not: %s", command->noun,
			 command->verb ? " " : "", command->verb ?
			 command->verb : "", why);
	return is_allowed && (!cli->caller->is_kept ||
			      keeping != KEEPS_OPTION ||
			      keep_to_tenant(cli));
}
