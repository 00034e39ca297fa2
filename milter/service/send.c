/*
 * send.c -- hand a message to the MTA, by the listener or by sendmail(1)
 */
#include "gatepost/service/send.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gatepost/service/smtp.h"
#include "gatepost/util/file.h"

extern char **environ;

/* Hand the message to sendmail(1) on its standard input; no shell. */
static bool
send_by_program(const char *program, const char *sender, const char *rcpt,
		const char *data, gsize length, GError **error)
{
	char *const argv[] = { (char *)program, (char *)"-oi", (char *)"-N",
			       (char *)"never", (char *)"-f",
			       (char *)(*sender ? sender : "<>"),
			       (char *)"--", (char *)rcpt, NULL };
	posix_spawn_file_actions_t moves;
	posix_spawnattr_t how;
	sigset_t pipe_signal;
	int pair[2], status = 0, fault;
	bool good;
	pid_t pid;

	if (!smtp_is_safe(sender) || !smtp_is_safe(rcpt) || *rcpt == '-' ||
	    *sender == '-') {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "an address may not be given to %s", program);
		return false;
	}
	if (pipe(pair) < 0)
		return file_fail(error, "make", "pipe");
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigdefault(&how, &pipe_signal);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&moves);
	posix_spawn_file_actions_adddup2(&moves, pair[0], STDIN_FILENO);
	posix_spawn_file_actions_addclose(&moves, pair[1]);
	fault = posix_spawn(&pid, program, &moves, &how, argv, environ);
	posix_spawn_file_actions_destroy(&moves);
	posix_spawnattr_destroy(&how);
	close(pair[0]);
	good = fault == 0 && file_write_all(pair[1], data, length);
	close(pair[1]);
	errno = fault;
	if (fault)
		return file_fail(error, "start", program);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (good && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		    "%s ended with status %d", program,
		    WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return false;
}

bool
mail_send(const Config *config, const char *sender, const char *rcpt,
	  const char *data, gsize length, GError **error)
{
	if (config->release.smtp)
		return smtp_send(config->release.smtp, sender, rcpt, data,
				 length, error);
	if (config->release.sendmail)
		return send_by_program(config->release.sendmail, sender, rcpt,
				       data, length, error);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "%s: set release.smtp to a listener without milters, or "
		    "release.sendmail, to send mail", config->path);
	return false;
}
