/*
 * command.c -- a program that reads it and prints a verdict
 *
 * Run without a shell, in a process group of its own, with nothing of ours
 * open.  Written to and heard at once, until its time is over.
 */
#include "gatepost/analysts/question.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/file.h"

struct command {
	const struct question *question;
	pid_t pid;
	int out;
	gint64 deadline;	/* of g_get_monotonic_time() */
	GString *heard;
};

static char **
environment_of(const Submission *submission)
{
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, g_strdup("PATH=/usr/local/sbin:/usr/local/bin:"
	    "/usr/sbin:/usr/bin:/sbin:/bin"));
	g_ptr_array_add(all, g_strdup("LC_ALL=C.UTF-8"));
	g_ptr_array_add(all, g_strconcat("GATEPOST_ID=", submission->id,
					 NULL));
	g_ptr_array_add(all, g_strconcat("GATEPOST_KIND=",
	    submission_kinds[submission->kind], NULL));
	g_ptr_array_add(all, g_strconcat("GATEPOST_AS=",
	    submitted_ases[submission->as], NULL));
	g_ptr_array_add(all, g_strconcat("GATEPOST_TENANT=",
	    submission->tenant ? submission->tenant : "", NULL));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

/* Start it with IN as standard input; 0 or an errno. */
static int
start(struct command *command, int in, int out)
{
	const GPtrArray *argv = command->question->setting->argv;
	g_auto(GStrv) environment =
	    environment_of(command->question->submission);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int fault;

	for (guint i = 0; i < argv->len; i++)
		g_ptr_array_add(words, argv->pdata[i]);
	g_ptr_array_add(words, NULL);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	fault = posix_spawn(&command->pid, words->pdata[0], &files, &how,
			    (char **)words->pdata, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return fault;
}

/* What it reads is a file in memory, so nothing of it can stall us. */
static bool
run(struct command *command, struct answer *answer)
{
	const struct question *question = command->question;
	g_autoptr(GError) error = NULL;
	int in = file_memory(question->data, question->size, &error);
	int ends[2] = { -1, -1 }, fault = 0;

	if (in >= 0 && (lseek(in, 0, SEEK_SET) < 0 ||
			pipe2(ends, O_CLOEXEC) < 0))
		fault = errno;
	else if (in >= 0)
		fault = start(command, in, ends[1]);
	if (in < 0 || fault)
		answer_fail(answer, ANSWER_FAILED, "%s: %s",
			    (char *)question->setting->argv->pdata[0],
			    error ? error->message : g_strerror(fault));
	if (in >= 0)
		close(in);
	if (ends[1] >= 0)
		close(ends[1]);
	if (fault && ends[0] >= 0)
		close(ends[0]);
	command->out = ends[0];
	return in >= 0 && !fault;
}

/* All that it prints; NULL, or what is wrong. */
static const char *
hear(struct command *command)
{
	for (;;) {
		gint64 left = (command->deadline -
			       g_get_monotonic_time()) / 1000;
		struct pollfd one = { command->out, POLLIN, 0 };
		char octets[4096];
		gssize n;

		if (left <= 0)
			return "it did not end in time and was killed";
		if (poll(&one, 1, (int)MIN(left, 1000)) <= 0)
			continue;
		n = read(command->out, octets, sizeof octets);
		if (n == 0)
			return NULL;
		if (n < 0)
			continue;
		if (command->heard->len + (gsize)n > BOUND_COMMAND_ANSWER)
			return "it printed too much and was killed";
		g_string_append_len(command->heard, octets, n);
	}
}

/* It may have closed its output and live on; what it leaves behind does
 * not. */
static int
reap(const struct command *command, bool is_late)
{
	siginfo_t end = { .si_pid = 0 };
	int status = 0;

	while (!is_late && end.si_pid == 0) {
		if (waitid(P_PID, (id_t)command->pid, &end, WEXITED |
			   WNOHANG | WNOWAIT) < 0 && errno != EINTR)
			break;
		is_late = g_get_monotonic_time() > command->deadline;
		if (end.si_pid == 0 && !is_late)
			g_usleep(5000);
	}
	kill(-command->pid, SIGKILL);
	while (waitpid(command->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

/* "WORD the reason" on the first line. */
static void
understand(const struct question *question, const GString *heard,
	   struct answer *answer)
{
	gsize length = strcspn(heard->str, "\r\n");
	g_autofree char *line = g_strstrip(g_strndup(heard->str, length));
	gsize word = strcspn(line, " \t");
	g_autofree char *first = g_strndup(line, word);

	if (!*first)
		answer_fail(answer, ANSWER_FAILED, "it printed no verdict");
	else
		answer_word(question, answer, first,
			    g_strchug(line + word));
}

static void
ask(const struct question *question, struct answer *answer)
{
	struct command command = {
		.question = question, .out = -1,
		.deadline = g_get_monotonic_time() +
		    question->setting->timeout * G_USEC_PER_SEC,
	};
	const char *fault;
	int status;

	if (!run(&command, answer))
		return;
	command.heard = g_string_new(NULL);
	fault = hear(&command);
	close(command.out);
	status = reap(&command, fault != NULL);
	if (fault)
		answer_fail(answer, ANSWER_FAILED, "%s", fault);
	else if (WIFSIGNALED(status))
		answer_fail(answer, ANSWER_FAILED, "it ended by signal %d",
			    WTERMSIG(status));
	else if (WEXITSTATUS(status) != EX_OK)
		answer_fail(answer, ANSWER_FAILED, "it ended with exit %d",
			    WEXITSTATUS(status));
	else
		understand(question, command.heard, answer);
	g_string_free(command.heard, TRUE);
}

const struct analyst_type analyst_command = { .ask = ask };
