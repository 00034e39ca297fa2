/*
 * send.c -- hand a message to the MTA, by the listener or by sendmail(1)
 */
#include "gatepost/service/send.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gatepost/service/smtp.h"
#include "gatepost/util/file.h"

extern char **environ;

/* The value of option NAME ("NOTIFY=") among OPTIONS in lower case, or NULL.
 * Yours. */
static char *
option_of(const char *options, const char *name)
{
	g_auto(GStrv) words = g_strsplit(options ? options : "", " ", -1);

	for (guint i = 0; words[i]; i++)
		if (g_ascii_strncasecmp(words[i], name, strlen(name)) == 0)
			return g_ascii_strdown(words[i] + strlen(name), -1);
	return NULL;
}

static void
add_words(GPtrArray *argv, const char *option, char *value)
{
	if (!value)
		return;
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, value);
}

/* The command line; NULL and ERROR set when an address may not stand there.
 * No shell reads it. */
static GPtrArray *
command_of(const char *program, const struct mail *mail, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	bool is_safe = smtp_is_safe(mail->sender) && *mail->sender != '-';

	g_ptr_array_add(argv, g_strdup(program));
	g_ptr_array_add(argv, g_strdup("-oi"));
	add_words(argv, "-N", mail->count == 0 ? NULL :
		  option_of(mail->rcpts[0].options, "NOTIFY="));
	add_words(argv, "-R", option_of(mail->options, "RET="));
	add_words(argv, "-V", option_of(mail->options, "ENVID="));
	add_words(argv, "-f", g_strdup(*mail->sender ? mail->sender : "<>"));
	g_ptr_array_add(argv, g_strdup("--"));
	for (guint i = 0; i < mail->count; i++) {
		const char *address = mail->rcpts[i].address;

		is_safe = is_safe && *address && *address != '-' &&
		    smtp_is_safe(address);
		g_ptr_array_add(argv, g_strdup(address));
	}
	g_ptr_array_add(argv, NULL);
	if (is_safe)
		return g_steal_pointer(&argv);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "an address may not be given to %s", program);
	return NULL;
}

/* Hand the message to sendmail(1) on its standard input. */
static bool
send_by_program(const char *program, const struct mail *mail, GError **error)
{
	g_autoptr(GPtrArray) argv = command_of(program, mail, error);
	posix_spawn_file_actions_t moves;
	posix_spawnattr_t how;
	sigset_t pipe_signal;
	int pair[2], status = 0, fault;
	bool good;
	pid_t pid;

	if (!argv)
		return false;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return file_fail(error, "make", "pipe");
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigdefault(&how, &pipe_signal);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&moves);
	posix_spawn_file_actions_adddup2(&moves, pair[0], STDIN_FILENO);
	fault = posix_spawn(&pid, program, &moves, &how,
			    (char *const *)argv->pdata, environ);
	posix_spawn_file_actions_destroy(&moves);
	posix_spawnattr_destroy(&how);
	close(pair[0]);
	good = fault == 0 && file_write_all(pair[1], mail->data,
					    mail->length);
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
mail_send(const Config *config, struct mail *mail, GError **error)
{
	bool good;

	if (config->release.smtp)
		return smtp_send(config->release.smtp,
				 (int)config->release.timeout, mail, error);
	if (!config->release.sendmail) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s: set release.smtp to a listener without "
			    "milters, or release.sendmail, to send mail",
			    config->path);
		return false;
	}
	good = send_by_program(config->release.sendmail, mail, error);
	for (guint i = 0; i < mail->count; i++)
		mail->rcpts[i].is_taken = good;
	return good;
}

bool
mail_send_quietly(const Config *config, const char *sender, const char *rcpt,
		  const char *data, gsize length, bool is_utf8,
		  GError **error)
{
	struct mail_rcpt to = { .address = rcpt, .options = "NOTIFY=NEVER" };
	struct mail mail = {
		.sender = sender, .is_utf8 = is_utf8, .rcpts = &to,
		.count = 1, .data = data, .length = length,
	};
	bool good = mail_send(config, &mail, error);

	g_free(to.fault);
	return good;
}
