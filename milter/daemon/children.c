/*
 * children.c -- how the supervisor's children start and end
 */
#include "gatepost/daemon/children.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/daemon/daemon.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"
#include "gatepost/worker/ask.h"

/* Lines of one child's stderr that are logged. */
#define LINES 10

extern char **environ;

void
child_free(struct child *child)
{
	if (child->talk >= 0)
		close(child->talk);
	if (child->log >= 0)
		close(child->log);
	g_free(child);
}

static struct child *
child_new(enum child_kind kind, pid_t pid, int talk, int log)
{
	struct child *child = g_new0(struct child, 1);

	child->kind = kind;
	child->pid = pid;
	child->talk = talk;
	child->log = log;
	child->started = clock_steady_ms();
	return child;
}

static struct child *
cannot(const char *what)
{
	log_error(NULL, "child-failed what=%s reason=\"%s\"", what,
		  g_strerror(errno));
	return NULL;
}

/* Signals as a new program expects them. */
static void
signals_default(void)
{
	static const int ours[] = { SIGHUP, SIGUSR1, SIGINT, SIGTERM,
				    SIGCHLD, SIGPIPE };
	sigset_t none;

	for (guint i = 0; i < G_N_ELEMENTS(ours); i++)
		signal(ours[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

struct child *
child_front(Config *config, int listener, int requests,
	    const int private[2])
{
	int pair[2];
	pid_t pid;

	/* Each word is a packet of its own. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return cannot("front");
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		close(requests);
		for (int i = 0; i < 2; i++)
			if (private[i] >= 0)
				close(private[i]);
		front_run(config, listener, pair[1]);
	}
	close(pair[1]);
	if (pid > 0)
		return child_new(CHILD_FRONT, pid, pair[0], -1);
	close(pair[0]);
	return cannot("front");
}

/* Descriptors FROM[i] become 3 + i in the new program; what it says on
 * standard output is for a person who ran it by hand. */
static void
become(const char *program, char *const argv[], int log, const int *from,
       int count)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high[4];

	for (int i = 0; i < count; i++)
		high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 16);
	if (dup2(nothing, STDIN_FILENO) < 0 ||
	    dup2(nothing, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(EX_OSERR);
	for (int i = 0; i < count; i++)
		if (dup2(high[i], 3 + i) < 0)
			_exit(EX_OSERR);
	signals_default();
	execve(program, argv, environ);
	dprintf(STDERR_FILENO, "cannot run %s: %s; is Gatepost installed "
		"whole?\n", program, g_strerror(errno));
	_exit(EX_OSERR);
}

static bool
pipe_open(int pair[2])
{
	if (pipe2(pair, O_CLOEXEC) < 0)
		return false;
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	return true;
}

/* A message is some hundred small pieces that come and go together, of which
 * glibc keeps seven of a size at hand unless it is told. */
#define WORKER_MALLOC "glibc.malloc.tcache_count=256"

struct child *
child_worker(int requests, gint64 messages)
{
	g_autofree char *program = ask_program("gatepost-worker");
	g_autofree char *most = g_strdup_printf("%" G_GINT64_FORMAT, messages);
	g_autofree char *build = g_strdup_printf("%u", ask_build_id());
	char *const argv[] = { program, (char *)"--listen", (char *)"3",
			       (char *)"--status", (char *)"4",
			       (char *)"--messages", most, (char *)"--build",
			       build, NULL };
	int status[2], log[2];
	pid_t pid;

	if (!pipe_open(status))
		return cannot("worker");
	if (!pipe_open(log)) {
		close(status[0]);
		close(status[1]);
		return cannot("worker");
	}
	pid = fork();
	if (pid == 0) {
		/* The reading end is for nobody but the supervisor. */
		fcntl(status[1], F_SETFL, 0);
		setenv("GLIBC_TUNABLES", WORKER_MALLOC, 0);
		become(program, argv, log[1],
		       (const int[]){ requests, status[1] }, 2);
	}
	close(status[1]);
	close(log[1]);
	if (pid > 0)
		return child_new(CHILD_WORKER, pid, status[0], log[0]);
	close(status[0]);
	close(log[0]);
	return cannot("worker");
}

/* How far the compiler of lists stands back. */
#define COMPILER_NICE 10

struct child *
child_compiler(const Config *config)
{
	g_autofree char *program = ask_program("gatepost");
	char *const argv[] = { program, (char *)"-c", config->path,
			       (char *)"list", (char *)"compile",
			       (char *)"--state-dir", config->state_dir,
			       NULL };
	int log[2];
	pid_t pid;

	if (!pipe_open(log))
		return cannot("compiler of lists");
	pid = fork();
	if (pid == 0) {
		/* Mail goes first. */
		if (nice(COMPILER_NICE) == -1)
			_exit(127);
		become(program, argv, log[1], NULL, 0);
	}
	close(log[1]);
	if (pid > 0)
		return child_new(CHILD_COMPILER, pid, -1, log[0]);
	close(log[0]);
	return cannot("compiler of lists");
}

struct child *
child_call(const Config *config, int connection)
{
	g_autofree char *program = ask_program("gatepost");
	char *const argv[] = { program, (char *)"-c", config->path,
			       (char *)"--control", (char *)"3", NULL };
	int log[2];
	pid_t pid;

	if (!pipe_open(log))
		return cannot("a caller's command");
	pid = fork();
	if (pid == 0)
		become(program, argv, log[1], &connection, 1);
	close(log[1]);
	if (pid > 0)
		return child_new(CHILD_CALL, pid, -1, log[0]);
	close(log[0]);
	return cannot("a caller's command");
}

void
child_drain_log(struct child *child)
{
	static const char *const names[] = {
		[CHILD_FRONT] = "front", [CHILD_WORKER] = "worker",
		[CHILD_COMPILER] = "lists", [CHILD_CALL] = "control",
	};
	char buffer[4096];
	int reads = 0;
	gssize n;

	/* One that writes without end is not to keep us here. */
	while (child->log >= 0 && reads++ < 16 &&
	       (n = read(child->log, buffer, sizeof buffer - 1)) != -1) {
		g_auto(GStrv) lines = NULL;

		if (n == 0) {
			close(child->log);
			child->log = -1;
			return;
		}
		buffer[n] = '\0';
		lines = g_strsplit(buffer, "\n", -1);
		for (guint i = 0; lines[i]; i++) {
			g_autofree char *safe = text_safe(lines[i]);

			if (*safe && child->lines++ < LINES)
				log_warning(NULL, "child-said by=%s pid=%d "
					    "text=\"%s\"",
					    names[child->kind],
					    (int)child->pid, safe);
		}
	}
}

static bool
make_for(const char *path, const struct passwd *user,
	 const struct group *group, GError **error)
{
	gid_t gid = group ? group->gr_gid : user->pw_gid;

	if (access(path, F_OK) == 0)
		return true;
	if (mkdir(path, 0750) < 0)
		return file_fail(error, "make folder", path);
	return chown(path, user->pw_uid, gid) == 0 ||
	    file_fail(error, "give away", path);
}

bool
state_folder_make(const Config *config, GError **error)
{
	const struct passwd *user;
	const struct group *group;
	g_autofree char *folder = NULL;

	if (geteuid() != 0 || !config->user)
		return true;
	user = getpwnam(config->user);
	group = config->group ? getgrnam(config->group) : NULL;
	if (!user) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s: user %s is not known to this "
			    "system: make it, or name another",
			    config->path, config->user);
		return false;
	}
	if (!make_for(config->state_dir, user, group, error))
		return false;
	if (!g_str_has_prefix(config->socket, "unix:"))
		return true;
	folder = g_path_get_dirname(config->socket + strlen("unix:"));
	/* Its group is the MTA's, so that it can reach the socket. */
	return make_for(folder, user, config->socket_group ?
			getgrnam(config->socket_group) : group, error);
}
