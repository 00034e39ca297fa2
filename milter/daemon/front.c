/*
 * front.c -- the front process: libmilter in a second thread, steered by the
 * supervisor alone
 *
 * It parses no content and no list.  End of file from the supervisor means
 * that it is gone: drain and leave.
 */
#include "gatepost/daemon/front.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/daemon/daemon.h"
#include "gatepost/service/alert.h"
#include "gatepost/service/clerk.h"
#include "gatepost/service/courier.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"

/* Stack of each of libmilter's threads: there may be hundreds.  The thread
 * sanitizer keeps its own data there. */
#if defined(__SANITIZE_THREAD__)
#define STACK (8 * MIB)
#else
#define STACK (512 * KIB)
#endif

Setup *
front_setup(struct front *front)
{
	Setup *setup;

	pthread_mutex_lock(&front->lock);
	setup = setup_ref(front->setup);
	pthread_mutex_unlock(&front->lock);
	return setup;
}

/* Put CONFIG, with lists and modes as they stand on disk, in force. */
static void
put_in_force(struct front *front, Config *config)
{
	g_autoptr(GError) note = NULL;
	Setup *before = front->setup;
	Setup *setup = setup_new(config, front->line.site->folder, before,
				 &note);

	setup_open_routes(setup, before);
	if (note)
		log_error(NULL, "lists-failed kept=%s reason=\"%s\"",
			  setup->lists ? "old" : "none", note->message);
	pthread_mutex_lock(&front->lock);
	front->setup = setup;
	pthread_mutex_unlock(&front->lock);
	setup_unref(before);
	log_info(NULL, "in-force generation=%" G_GUINT64_FORMAT " entries=%u",
		 setup->lists ? snapshot_generation(setup->lists) : 0,
		 setup->lists ? snapshot_count(setup->lists) : 0);
}

static void
reload(struct front *front)
{
	g_autoptr(GPtrArray) notes = config_notes_new();
	g_autofree char *path = g_strdup(front->setup->config->path);
	g_autoptr(Config) config = config_load(path, notes);

	/* The supervisor has read it first and said what is wrong. */
	if (!config)
		return;
	config_keep(config, front->setup->config);
	put_in_force(front, config);
}

static guint
busy_count(struct front *front)
{
	guint count;

	pthread_mutex_lock(&front->lock);
	count = front->busy;
	pthread_mutex_unlock(&front->lock);
	return count;
}

/* No new session, no callback cut off, everything written.  Never
 * smfi_stop(): it waits for a lock that the listener holds for seconds. */
static void
drain(struct front *front)
{
	gint64 deadline = clock_steady_ms() + BOUND_STOP_MS;
	int dead = listener_dead();

	if (dead >= 0)
		dup2(dead, front->listener);
	pthread_mutex_lock(&front->lock);
	front->is_draining = true;
	pthread_mutex_unlock(&front->lock);
	while (busy_count(front) > 0 && clock_steady_ms() < deadline)
		g_usleep(10 * 1000);
	g_usleep(BOUND_STOP_REPLY_MS * 1000);
	recorder_end(front->line.recorder);
	log_info(NULL, "front-stopped busy=%u", busy_count(front));
	_exit(0);
}

static void
obey(struct front *front, char word)
{
	switch (word) {
	case TELL_RELOAD:
		reload(front);
		break;
	case TELL_LISTS:
		put_in_force(front, front->setup->config);
		break;
	case TELL_DRAIN:
		drain(front);
		break;
	default:
		break;
	}
}

static void
ignore_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGUSR1,
				       SIGPIPE };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (guint i = 0; i < G_N_ELEMENTS(ignored); i++)
		sigaction(ignored[i], &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the last front left in the middle. */
static void
mend(struct front *front)
{
	g_autoptr(GError) error = NULL;
	guint mended = 0;

	if (!quarantine_mend(front->line.site->quarantine, &mended, &error))
		log_error(NULL, "mend-failed reason=\"%s\"", error->message);
	else if (mended)
		log_info(NULL, "mended items=%u", mended);
}

static Setup *
setup_of(void *data)
{
	return front_setup(data);
}

static void
start(struct front *front, Config *config)
{
	g_autoptr(GError) error = NULL;
	pthread_attr_t attributes;
	pthread_t thread;

	front->line.site = site_open(config, &error);
	if (front->line.site)
		front->run = folder_open(front->line.site->folder, SITE_RUN,
					 0750, &error);
	if (!front->line.site || front->run < 0) {
		log_error(NULL, "front-failed reason=\"%s\"",
			  error->message);
		_exit(1);
	}
	mend(front);
	front->line.ask = front_ask;
	front->line.is_brief = true;
	front->line.wait = front_wait;
	front->line.users = front->line.site->users;
	front->line.contacts = front->line.site->contacts;
	front->line.key = &front->line.site->key.ledger;
	front->is_local = g_str_has_prefix(config->socket, "unix:");
	pthread_mutex_init(&front->lock, NULL);
	front->idle = g_array_new(FALSE, FALSE, sizeof(int));
	front->domains = g_hash_table_new_full(g_str_hash, g_str_equal,
					       g_free, NULL);
	front->told = (guint)config->workers.min;
	put_in_force(front, config);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_setattr_default_np(&attributes);
	front->line.dns = breaker_new();
	front->line.clamd = breaker_new();
	front->line.recorder = recorder_new(front->line.site,
					    config->min_free);
	front->line.courier = courier_new(front->line.site, setup_of, front);
	front->line.clerk = clerk_new(&front->line, setup_of, front);
	alerts_start(front->line.site, setup_of, front);
	if (!milter_open(front) ||
	    pthread_create(&thread, NULL, milter_main, front) != 0) {
		log_error(NULL, "front-failed reason=\"libmilter does not "
			  "start\"");
		_exit(1);
	}
}

void
front_run(Config *config, int listener, int supervisor)
{
	struct front front = { .listener = listener,
			       .supervisor = supervisor, .run = -1 };
	char word = SAY_READY;

	prctl(PR_SET_NAME, "gatepost-front");
	/* Many short-lived threads: few arenas, and no giving back and taking
	 * again of the same pages for every message. */
	mallopt(M_ARENA_MAX, 4);
	mallopt(M_TRIM_THRESHOLD, 4 * MIB);
	ignore_signals();
	start(&front, config);
	if (write(supervisor, &word, 1) != 1)
		drain(&front);
	for (;;) {
		gssize n = read(supervisor, &word, 1);

		if (n == 1)
			obey(&front, word);
		else if (n == 0 || errno != EINTR)
			drain(&front);
	}
}
