/*
 * map_command.c -- a program that prints the values of a key
 *
 * Run without a shell, in a process group of its own, with nothing of ours
 * open; "%s" in its words is the key, else the key is the last word.  Exit 0
 * with an answer is "found"; exit 0 without one, or 1, is "absent", as of
 * postmap -q.
 */
#include "gatepost/service/map.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/text.h"

static char **
words_for(const MapName *name, const char *key)
{
	GPtrArray *words = g_ptr_array_new();
	bool has_key = false;

	for (guint i = 0; name->words[i]; i++) {
		bool is_key = strcmp(name->words[i], "%s") == 0;

		g_ptr_array_add(words, g_strdup(is_key ? key :
						name->words[i]));
		has_key |= is_key;
	}
	if (!has_key)
		g_ptr_array_add(words, g_strdup(key));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

/* Start WORDS with its output in OUT; 0 or an errno. */
static int
start(char **words, int out, pid_t *pid)
{
	static char *const environment[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
		"/usr/bin:/sbin:/bin", (char *)"LC_ALL=C.UTF-8", NULL
	};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int fault;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	/* libmilter's sockets would stay open in it. */
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP |
				 POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&how, 0);
	posix_spawnattr_setsigmask(&how, &none);
	posix_spawnattr_setsigdefault(&how, &all);
	fault = posix_spawn(pid, words[0], &files, &how, words, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return fault;
}

/* All that it prints; NULL and ERROR set at the deadline or beyond the
 * bound. */
static char *
listen_to(int fd, const struct map_wait *wait, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	char octets[4096];

	for (;;) {
		gssize n;

		if (!wait->wait(fd, wait->deadline, wait->data)) {
			map_fail(error, "it did not end in time and was "
				 "killed");
			return NULL;
		}
		n = read(fd, octets, sizeof octets);
		if (n == 0)
			return g_strdup(out->str);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->len + (gsize)n > BOUND_MAP_ANSWER) {
			map_fail(error, "it printed more than %d octets",
				 BOUND_MAP_ANSWER);
			return NULL;
		}
		g_string_append_len(out, octets, n);
	}
}

/* Wait for its end, then make it come. */
static int
reap(pid_t pid, bool is_answered, const struct map_wait *wait)
{
	int end = (int)syscall(SYS_pidfd_open, pid, 0);
	int status = 0;

	if (!is_answered || end < 0 ||
	    !wait->wait(end, wait->deadline, wait->data))
		kill(-pid, SIGKILL);
	if (end >= 0)
		close(end);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

static enum map_result
understand(int status, char *answer, char **values, GError **error)
{
	for (char *p = answer; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	answer = g_strstrip(answer);
	if (WIFSIGNALED(status))
		return map_fail(error, "it ended by signal %d",
				WTERMSIG(status));
	if (WEXITSTATUS(status) > 1)
		return map_fail(error, "it ended with exit %d",
				WEXITSTATUS(status));
	if (WEXITSTATUS(status) == 1 || !*answer)
		return MAP_ABSENT;
	*values = g_strdup(answer);
	return MAP_FOUND;
}

static enum map_result
find(void *of, const MapName *name, const char *key,
     const struct map_wait *wait, char **values, GError **error)
{
	g_auto(GStrv) words = words_for(name, key);
	g_autofree char *answer = NULL;
	int ends[2], fault, status;
	pid_t pid;

	(void)of;
	/* A stranger chose it: it must not become an option. */
	if (*key == '-')
		return map_refuse(error, "no command is run for a key that "
				  "starts with \"-\"");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return map_fail(error, "pipe: %s", g_strerror(errno));
	fault = start(words, ends[1], &pid);
	close(ends[1]);
	if (fault) {
		close(ends[0]);
		return map_fail(error, "%s", g_strerror(fault));
	}
	answer = listen_to(ends[0], wait, error);
	close(ends[0]);
	status = reap(pid, answer != NULL, wait);
	return answer ? understand(status, answer, values, error) :
	    MAP_FAILED;
}

static void *
open_none(const MapName *name)
{
	(void)name;
	return NULL;
}

static void
close_none(void *of)
{
	(void)of;
}

const struct map_kind_of map_command = {
	.is_cached = true,
	.open = open_none,
	.find = find,
	.close = close_none,
};
