/*
 * supervisor.c -- starts, steers and restarts everything; single-threaded
 *
 * ppoll and waitpid, no library's main loop.  Its children: one front, some
 * workers, now and then a compiler of lists.  READY is said only after the
 * front listens and a worker has answered a sample message.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/daemon/children.h"
#include "gatepost/daemon/daemon.h"
#include "gatepost/service/site.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"

/* Milliseconds between two looks at the lists. */
#define TICK 400
/* Back-off of a child that dies without having worked, ms. */
#define BACKOFF_FIRST 100
#define BACKOFF_MOST 5000
/* Milliseconds without pressure after which a worker too many goes. */
#define IDLE 30000
/* Milliseconds in which a daemon in the background must be ready. */
#define START_MOST 30000
/* Longest run of the compiler of lists, and wait for the next, ms. */
#define COMPILE_MOST 60000
/* A list in error is said again after this many ms. */
#define REMIND (3600 * 1000)

struct supervisor {
	Config *config;
	const struct supervisor_options *options;
	int listener, requests, pid_fd;
	int control;			/* -1: none */
	GPtrArray *children;		/* of struct child * */
	guint wanted;			/* workers, as the front says */
	gint64 pressed;			/* when it last wanted more */
	gint64 front_wait, worker_wait;	/* back-off in ms */
	gint64 front_at, worker_at;	/* not to be started before */
	gint64 compiled_at, compile_wait;
	char *lists_stamp, *mode_stamp;	/* as last compiled, as last told */
	bool is_front_ready, is_worker_ready, is_ready, is_stopping;
	bool is_list_bad;
};

static volatile sig_atomic_t reload_wanted, stop_wanted;

static void
on_signal(int number)
{
	if (number == SIGTERM || number == SIGINT)
		stop_wanted = 1;
	else if (number != SIGCHLD)
		reload_wanted = 1;
}

static void
signals_block(sigset_t *open)
{
	static const int ours[] = { SIGHUP, SIGUSR1, SIGINT, SIGTERM,
				    SIGCHLD };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	for (guint i = 0; i < G_N_ELEMENTS(ours); i++) {
		sigaction(ours[i], &action, NULL);
		sigaddset(&set, ours[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, open);
	for (guint i = 0; i < G_N_ELEMENTS(ours); i++)
		sigdelset(open, ours[i]);
}

/* ---- children ---- */

static guint
count(const struct supervisor *all, enum child_kind kind)
{
	guint n = 0;

	for (guint i = 0; i < all->children->len; i++) {
		const struct child *child = all->children->pdata[i];

		n += child->kind == kind && !child->is_leaving;
	}
	return n;
}

static struct child *
find(const struct supervisor *all, enum child_kind kind)
{
	for (guint i = 0; i < all->children->len; i++) {
		struct child *child = all->children->pdata[i];

		if (child->kind == kind && !child->is_leaving)
			return child;
	}
	return NULL;
}

static void
tell_front(struct supervisor *all, char word)
{
	struct child *front = find(all, CHILD_FRONT);

	if (front && write(front->talk, &word, 1) != 1)
		log_warning(NULL, "front-deaf word=%c", word);
}

static void
start_front(struct supervisor *all)
{
	const int private[2] = { all->pid_fd, all->control };
	struct child *front = child_front(all->config, all->listener,
					  all->requests, private);

	if (front)
		g_ptr_array_add(all->children, front);
	all->front_at = clock_steady_ms() + all->front_wait;
	all->is_front_ready = false;
}

static void
start_workers(struct supervisor *all, gint64 now)
{
	guint min = (guint)all->config->workers.min;
	guint max = (guint)all->config->workers.max;
	guint want = CLAMP(all->wanted, min, max);

	while (count(all, CHILD_WORKER) < want && now >= all->worker_at) {
		struct child *worker = child_worker(all->requests,
		    all->config->workers.messages);

		if (!worker) {
			all->worker_at = now + BACKOFF_MOST;
			return;
		}
		g_ptr_array_add(all->children, worker);
	}
	if (now - all->pressed < IDLE)
		return;
	/* One a round; it goes between two messages. */
	if (count(all, CHILD_WORKER) > want) {
		struct child *worker = find(all, CHILD_WORKER);

		worker->is_leaving = true;
		kill(worker->pid, SIGUSR1);
	}
}

/* The lists could not be compiled at all, for a reason that may pass. */
static void
compile_again(struct supervisor *all)
{
	g_clear_pointer(&all->lists_stamp, g_free);
	all->compile_wait = CLAMP(all->compile_wait * 2, 1000, COMPILE_MOST);
}

static void
start_compiler(struct supervisor *all, gint64 now)
{
	struct child *compiler = child_compiler(all->config);

	all->compiled_at = now;
	if (compiler)
		g_ptr_array_add(all->children, compiler);
	else
		compile_again(all);
}

static void
died_worker(struct supervisor *all, const struct child *child, int status)
{
	gint64 now = clock_steady_ms();

	if (WIFSIGNALED(status))
		log_warning(NULL, "worker-died pid=%d signal=%d name=\"%s\"",
			    (int)child->pid, WTERMSIG(status),
			    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		log_warning(NULL, "worker-died pid=%d status=%d",
			    (int)child->pid, WEXITSTATUS(status));
	/* One that had worked is replaced at once. */
	if (child->has_answered) {
		all->worker_wait = 0;
		return;
	}
	all->worker_wait = CLAMP(all->worker_wait * 2, BACKOFF_FIRST,
				 BACKOFF_MOST);
	all->worker_at = now + all->worker_wait;
}

static void
died_front(struct supervisor *all, const struct child *child, int status)
{
	gint64 now = clock_steady_ms();

	if (all->is_stopping)
		return;
	log_error(NULL, "front-died pid=%d status=%d signal=%d note=\"it "
		  "is started again\"", (int)child->pid,
		  WIFEXITED(status) ? WEXITSTATUS(status) : 0,
		  WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	/* One that lived is restarted soon, one that cannot start, later. */
	all->front_wait = now - child->started > 10 * BACKOFF_MOST ?
	    BACKOFF_FIRST : CLAMP(all->front_wait * 2, BACKOFF_FIRST,
				  BACKOFF_MOST);
	all->front_at = now + all->front_wait;
	all->wanted = 0;
}

/* Someone calls: a program of its own hears him. */
static void
start_call(struct supervisor *all)
{
	int connection = accept4(all->control, NULL, NULL, SOCK_CLOEXEC);
	struct child *call = connection < 0 ? NULL :
	    child_call(all->config, connection);

	if (call)
		g_ptr_array_add(all->children, call);
	if (connection >= 0)
		close(connection);
}

static void
died_compiler(struct supervisor *all, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	all->is_list_bad = code != 0;
	if (code == 0 || code == EX_CONFIG)
		all->compile_wait = 0;
	else
		compile_again(all);
	if (all->is_list_bad)
		log_error(NULL, "lists-bad status=%d note=\"the last good "
			  "generation of each stays in force\" do=\"run "
			  "gatepost check --lists\"", code);
	tell_front(all, TELL_LISTS);
}

static void
reap(struct supervisor *all)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (guint i = 0; i < all->children->len; i++) {
			struct child *child = all->children->pdata[i];

			if (child->pid != pid)
				continue;
			child_drain_log(child);
			if (child->kind == CHILD_WORKER)
				died_worker(all, child, status);
			else if (child->kind == CHILD_FRONT)
				died_front(all, child, status);
			else if (child->kind == CHILD_COMPILER)
				died_compiler(all, status);
			g_ptr_array_remove_index_fast(all->children, i);
			break;
		}
	}
}

/* ---- what changes ---- */

static void
stamp(GString *all, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		g_string_append_printf(all, "%s -\n", path);
	else
		g_string_append_printf(all, "%s %lu %lld %lld.%09ld\n", path,
				       (unsigned long)st.st_ino,
				       (long long)st.st_size,
				       (long long)st.st_mtim.tv_sec,
				       st.st_mtim.tv_nsec);
}

static void
stamp_feeds(GString *all, const GPtrArray *feeds)
{
	for (guint i = 0; i < feeds->len; i++) {
		const FeedSetting *feed = feeds->pdata[i];

		for (guint j = 0; j < feed->files->len; j++)
			stamp(all, feed->files->pdata[j]);
	}
}

static char *
lists_stamp(const Config *config)
{
	GString *all = g_string_new(NULL);
	g_autofree char *due = g_build_filename(config->state_dir, SITE_DUE,
						NULL);

	stamp(all, due);
	stamp_feeds(all, config->feeds);
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *tenant = config->tenants->pdata[i];
		g_autofree char *managed = g_strdup_printf("%s/lists/%s.list",
		    config->state_dir, tenant->name);

		for (guint j = 0; j < tenant->lists->len; j++)
			stamp(all, tenant->lists->pdata[j]);
		stamp_feeds(all, tenant->feeds);
		stamp(all, managed);
	}
	return g_string_free(all, FALSE);
}

/* True when NOW differs from *BEFORE, which becomes it. */
static bool
changed(char **before, char *now)
{
	bool differs = g_strcmp0(*before, now) != 0;

	g_free(*before);
	*before = now;
	return differs;
}

/* One that hangs, on a dead mount perhaps, is not to hold up the rest. */
static void
end_compiler(struct supervisor *all, gint64 now)
{
	const struct child *compiler = find(all, CHILD_COMPILER);

	if (compiler && now - compiler->started > COMPILE_MOST)
		kill(compiler->pid, SIGKILL);
}

static void
look_at_files(struct supervisor *all, gint64 now)
{
	GString *mode;
	g_autofree char *path = g_build_filename(all->config->state_dir,
						 SITE_MODE, NULL);

	end_compiler(all, now);
	if (!find(all, CHILD_COMPILER) &&
	    now - all->compiled_at >= all->compile_wait &&
	    (changed(&all->lists_stamp, lists_stamp(all->config)) ||
	     (all->is_list_bad && now - all->compiled_at > REMIND)))
		start_compiler(all, now);
	mode = g_string_new(NULL);
	stamp(mode, path);
	if (changed(&all->mode_stamp, g_string_free(mode, FALSE)))
		tell_front(all, TELL_LISTS);
}

static void
reload(struct supervisor *all)
{
	g_autoptr(GPtrArray) notes = config_notes_new();
	Config *config = config_load(all->config->path, notes);

	for (guint i = 0; i < notes->len; i++) {
		const struct config_note *note = notes->pdata[i];
		g_autofree char *at = config_note_place(note);

		log_write(note->is_error ? LOG_LEVEL_ERROR :
			  LOG_LEVEL_WARNING, NULL,
			  "config-fault at=\"%s\" reason=\"%s\"", at,
			  note->text);
	}
	if (!config) {
		log_error(NULL, "reload-refused file=\"%s\" note=\"the old "
			  "configuration stays in force\" do=\"mend each "
			  "config-fault, then reload\"",
			  all->config->path);
		return;
	}
	if (config_keep(config, all->config))
		log_warning(NULL, "reload-partly note=\"sockets, state_dir, "
			    "user and group change only with a restart\"");
	config_unref(all->config);
	all->config = config;
	log_level_set((enum log_level)config->log_level);
	tell_front(all, TELL_RELOAD);
	g_clear_pointer(&all->lists_stamp, g_free);
	log_info(NULL, "reloaded file=\"%s\"", config->path);
}

/* ---- the loop ---- */

static void
hear_front(struct supervisor *all, struct child *front)
{
	char text[256];
	gssize n = read(front->talk, text, sizeof text - 1);
	const char *at = text;

	if (n <= 0)
		return;
	text[n] = '\0';
	for (; *at; at++) {
		if (*at == SAY_READY)
			all->is_front_ready = true;
		if (*at != SAY_WORKERS)
			continue;
		all->wanted = (guint)strtoul(at + 1, NULL, 10);
		all->pressed = clock_steady_ms();
	}
}

static void
hear_worker(struct supervisor *all, struct child *worker)
{
	char octet;

	if (worker->has_answered || read(worker->talk, &octet, 1) != 1) {
		close(worker->talk);
		worker->talk = -1;
		return;
	}
	worker->has_answered = true;
	all->is_worker_ready = true;
	all->worker_wait = 0;
}

static void
hear(struct supervisor *all, int timeout, const sigset_t *open)
{
	g_autofree struct pollfd *fds = g_new0(struct pollfd,
					       all->children->len * 2 + 1);
	struct timespec most = { timeout / 1000,
				 (timeout % 1000) * 1000000L };
	guint n = all->children->len;

	for (guint i = 0; i < n; i++) {
		const struct child *child = all->children->pdata[i];

		fds[2 * i] = (struct pollfd){ child->talk, POLLIN, 0 };
		fds[2 * i + 1] = (struct pollfd){ child->log, POLLIN, 0 };
	}
	/* Beyond the bound callers wait. */
	fds[2 * n] = (struct pollfd){
		all->is_stopping || count(all, CHILD_CALL) >=
		BOUND_CONTROL_CALLS ? -1 : all->control, POLLIN, 0
	};
	if (ppoll(fds, 2 * n + 1, &most, open) <= 0)
		return;
	for (guint i = 0; i < n; i++) {
		struct child *child = all->children->pdata[i];

		if (fds[2 * i].revents && child->kind == CHILD_FRONT)
			hear_front(all, child);
		else if (fds[2 * i].revents)
			hear_worker(all, child);
		if (fds[2 * i + 1].revents)
			child_drain_log(child);
	}
	if (fds[2 * n].revents)
		start_call(all);
}

static void
tell_systemd(const char *text)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	gsize length = name ? strlen(name) : 0;
	int fd;

	if (!name || length >= sizeof place.sun_path)
		return;
	memcpy(place.sun_path, name, length);
	if (*name == '@')
		place.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (struct sockaddr *)&place,
		   (socklen_t)(G_STRUCT_OFFSET(struct sockaddr_un, sun_path)
			       + length)) < 0)
		log_warning(NULL, "systemd-deaf socket=\"%s\" reason=\"%s\"",
			    name, g_strerror(errno));
	close(fd);
}

static void
say_ready(struct supervisor *all, int parent)
{
	char text[32];

	if (all->is_ready || !all->is_front_ready || !all->is_worker_ready)
		return;
	all->is_ready = true;
	if (all->pid_fd >= 0) {
		g_snprintf(text, sizeof text, "%d\n", (int)getpid());
		if (ftruncate(all->pid_fd, 0) < 0 ||
		    !file_write_all(all->pid_fd, text, strlen(text)))
			log_warning(NULL, "pid-file-failed file=\"%s\" reason=\"%s\"",
				    all->options->pid_file,
				    g_strerror(errno));
	}
	tell_systemd("READY=1");
	if (parent >= 0) {
		file_write_all(parent, "+", 1);
		close(parent);
	}
	log_info(NULL, "ready socket=%s workers=%u", all->config->socket,
		 count(all, CHILD_WORKER));
}

static void
stop(struct supervisor *all, const sigset_t *open)
{
	gint64 deadline = clock_steady_ms() + BOUND_STOP_MS +
	    BOUND_STOP_REPLY_MS + 500;

	all->is_stopping = true;
	tell_systemd("STOPPING=1");
	log_info(NULL, "stopping");
	tell_front(all, TELL_DRAIN);
	while (find(all, CHILD_FRONT) && clock_steady_ms() < deadline) {
		hear(all, 50, open);
		reap(all);
	}
	for (guint i = 0; i < all->children->len; i++) {
		const struct child *child = all->children->pdata[i];

		kill(child->pid, SIGKILL);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	log_info(NULL, "stopped");
}

static void
run(struct supervisor *all, int parent, const sigset_t *open)
{
	gint64 looked = 0;

	while (!stop_wanted) {
		gint64 now = clock_steady_ms();

		if (reload_wanted) {
			reload_wanted = 0;
			reload(all);
		}
		if (now - looked >= TICK) {
			look_at_files(all, now);
			looked = now;
		}
		/* The first front waits for the first lists. */
		if (!find(all, CHILD_FRONT) && now >= all->front_at &&
		    (all->is_ready || !find(all, CHILD_COMPILER)))
			start_front(all);
		start_workers(all, now);
		say_ready(all, parent);
		hear(all, all->is_ready ? TICK : 20, open);
		reap(all);
	}
	stop(all, open);
}

/* ---- the start ---- */

/* The folder of the workers' socket; they and the front share its name. */
static int
bind_requests(int folder, GError **error)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int run = folder_open(folder, SITE_RUN, 0750, error);
	int fd = run < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
				       SOCK_NONBLOCK, 0);

	if (fd < 0) {
		if (run >= 0)
			close(run);
		return -1;
	}
	unlinkat(run, SITE_WORKERS, 0);
	g_snprintf(place.sun_path, sizeof place.sun_path,
		   "/proc/self/fd/%d/%s", run, SITE_WORKERS);
	if (bind(fd, (struct sockaddr *)&place, sizeof place) < 0 ||
	    listen(fd, SOMAXCONN) < 0) {
		file_fail(error, "bind", SITE_WORKERS);
		close(fd);
		fd = -1;
	}
	close(run);
	return fd;
}

static int
lock_pid_file(const char *path, GError **error)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0) {
		file_fail(error, "open pid file", path);
	} else if (fcntl(fd, F_SETLK, &lock) < 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST,
			    "%s is locked: another gatepostd is running",
			    path);
		close(fd);
		fd = -1;
	}
	return fd;
}

static void
raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	files.rlim_cur = MIN(files.rlim_max, BOUND_DAEMON_FILES);
	setrlimit(RLIMIT_NOFILE, &files);
}

static bool
start(struct supervisor *all, GError **error)
{
	g_autoptr(Site) site = NULL;

	raise_files();
	if (!state_folder_make(all->config, error))
		return false;
	all->listener = listener_bind(all->config, error);
	if (all->listener < 0)
		return false;
	all->control = listener_bind_control(all->config, error);
	if (all->control < 0 && *error)
		return false;
	if (all->options->pid_file) {
		all->pid_fd = lock_pid_file(all->options->pid_file, error);
		if (all->pid_fd < 0)
			return false;
	}
	if (!site_become_user(all->config, error))
		return false;
	/* Opened once to make what is missing and to say what is wrong. */
	site = site_open(all->config, error);
	if (!site)
		return false;
	all->requests = bind_requests(site->folder, error);
	return all->requests >= 0;
}

/* The parent's part: leave when CHILD is ready, has failed, or takes too
 * long. */
static void
wait_for_child(pid_t child, int fd)
{
	struct pollfd ready = { fd, POLLIN, 0 };
	char octet;

	if (poll(&ready, 1, START_MOST) == 0) {
		fprintf(stderr, "gatepostd: not ready after %d s; see the "
			"mail log\n", START_MOST / 1000);
		kill(child, SIGTERM);
		_exit(EX_UNAVAILABLE);
	}
	_exit(read(fd, &octet, 1) == 1 ? EX_OK : EX_UNAVAILABLE);
}

/* Go on in a child, with a descriptor for telling the parent. */
static int
detach(void)
{
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		perror("gatepostd: cannot go into the background");
		exit(EX_OSERR);
	}
	if (pid > 0) {
		close(pair[1]);
		wait_for_child(pid, pair[0]);
	}
	close(pair[0]);
	setsid();
	return pair[1];
}

/* Let go of the caller's descriptors: all that follows goes to the log. */
static void
let_go(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; nothing >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(nothing, fd);
	if (nothing > STDERR_FILENO)
		close(nothing);
}

int
supervisor_run(Config *config, const struct supervisor_options *options)
{
	struct supervisor all = { .config = config_ref(config),
				  .options = options, .pid_fd = -1,
				  .control = -1 };
	g_autoptr(GError) error = NULL;
	sigset_t open;
	int parent = options->is_foreground ? -1 : detach();

	log_open("gatepostd", options->is_foreground);
	log_level_set((enum log_level)config->log_level);
	all.children = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)child_free);
	signals_block(&open);
	if (!start(&all, &error)) {
		log_error(NULL, "start-failed reason=\"%s\"", error->message);
		if (!options->is_foreground)
			fprintf(stderr, "gatepostd: cannot start: %s\n",
				error->message);
		return EX_UNAVAILABLE;
	}
	if (!options->is_foreground)
		let_go();
	run(&all, parent, &open);
	if (options->pid_file)
		unlink(options->pid_file);
	return EX_OK;
}
