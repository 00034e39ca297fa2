/*
 * child.c -- run a program to its end
 *
 * It has a process group of its own, which is killed when it ends: what it
 * leaves behind does not live on.
 */
#include "gatepost/util/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

static char **
environment_of(const struct child *child)
{
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, g_strdup("PATH=/usr/local/sbin:/usr/local/bin:"
	    "/usr/sbin:/usr/bin:/sbin:/bin"));
	g_ptr_array_add(all, g_strdup("LC_ALL=C.UTF-8"));
	for (char *const *one = child->environment; one && *one; one++)
		g_ptr_array_add(all, g_strdup(*one));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

/* Start it with IN and OUT as its standard ones; 0 or an errno. */
static int
start(const struct child *child, int in, int out, pid_t *pid)
{
	g_auto(GStrv) environment = environment_of(child);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t none, all;
	int fault;

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
	fault = posix_spawn(pid, child->words[0], &files, &how, child->words,
			    environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&how);
	return fault;
}

static bool
can_be_read(const struct child *child, int fd, gint64 deadline)
{
	return (child->wait ? child->wait : wait_plainly)(fd, deadline,
							  child->data);
}

static const char late[] = "it did not end in time and was killed";

/* All that it prints; NULL, or what is wrong. */
static const char *
hear(const struct child *child, int out, gint64 deadline, GString *heard)
{
	for (;;) {
		char octets[4096];
		gssize n;

		if (!can_be_read(child, out, deadline))
			return late;
		n = read(out, octets, sizeof octets);
		if (n == 0)
			return NULL;
		if (n < 0)
			continue;
		if (heard->len + (gsize)n > child->most)
			return "it printed too much and was killed";
		g_string_append_len(heard, octets, n);
	}
}

/* It may have closed its output and live on, until the deadline; then it is
 * made to end. */
static bool
reap(const struct child *child, pid_t pid, gint64 deadline, int *status)
{
	int end = (int)syscall(SYS_pidfd_open, pid, 0);
	/* Without a descriptor nobody waits: it has said all it will. */
	bool is_over = end < 0 || can_be_read(child, end, deadline);

	if (end >= 0)
		close(end);
	kill(-pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		continue;
	return is_over;
}

static bool
fail(const struct child *child, const char *why, GError **error)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s",
		    child->words[0], why);
	return false;
}

bool
child_run(const struct child *child, GString *heard, int *status,
	  GError **error)
{
	gint64 deadline = clock_steady_ms() + child->timeout;
	int in = file_memory(child->input, child->size, error);
	int ends[2] = { -1, -1 }, fault = 0;
	const char *why;
	pid_t pid = -1;

	if (in < 0)
		return false;
	if (lseek(in, 0, SEEK_SET) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		fault = errno;
	else
		fault = start(child, in, ends[1], &pid);
	close(in);
	if (ends[1] >= 0)
		close(ends[1]);
	if (fault) {
		if (ends[0] >= 0)
			close(ends[0]);
		return fail(child, g_strerror(fault), error);
	}
	why = hear(child, ends[0], deadline, heard);
	close(ends[0]);
	if (!reap(child, pid, why ? 0 : deadline, status) && !why)
		why = late;
	return !why || fail(child, why, error);
}
