/*
 * clerk.c -- the thread that does what users ask for by mail
 *
 * One errand after the other: of two hundred that ask for the same, one does
 * it.  What cannot be done now, since the MTA or a table is away, waits and
 * is tried again; it stands on disk, and the next process goes on with it.
 * Nobody waits for it, so all who wait go before.
 */
#include "gatepost/service/clerk.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/service/errand.h"
#include "gatepost/service/report_work.h"
#include "gatepost/service/waiting.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"
#include "gatepost/util/log.h"

/* Seconds to the second round over what is left, and most between two. */
#define FIRST 5
#define LAST 300
/* What nice(1) calls it, on top of what the front is: mail whose client waits goes before. */
#define NICE 10

struct Clerk {
	struct pipeline *line;
	Setup *(*setup)(void *data);
	void *data;
	Waiting *waiting;	/* reports */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_due;
};

/* What is done for users, each kind in a box of its own.  To add one: a row
 * in walk(). */
struct work_of {
	Box *box;
	const char *name;	/* for the log */
	bool (*run)(struct pipeline *line, Setup *setup, const char *id,
		    GError **error);
	Waiting *waiting;	/* that counts it; NULL: none */
};

/* It waited for days: an admin must know, and nobody waits any more. */
static void
give_up(const struct work_of *work, const char *id, const char *why)
{
	g_autoptr(GError) error = NULL;

	log_error(id, "%s-given-up days=%d reason=\"%s\"", work->name,
		  BOUND_ERRAND_DAYS, why);
	if (!box_remove(work->box, "new", id, &error))
		log_error(id, "%s-failed reason=\"%s\"", work->name,
			  error->message);
	if (work->waiting)
		waiting_drop(work->waiting, id);
}

static bool
run_one(Clerk *clerk, const struct work_of *work, Setup *setup,
	const char *id, GError **error)
{
	if (!work->run(clerk->line, setup, id, error))
		return false;
	if (work->waiting)
		waiting_drop(work->waiting, id);
	return true;
}

/* All of WORK once; how many are left to be tried again. */
static guint
walk_box(Clerk *clerk, const struct work_of *work)
{
	g_autoptr(GPtrArray) ids = box_list(work->box, "new");
	g_autoptr(Setup) setup = ids->len ? clerk->setup(clerk->data) : NULL;
	guint left = 0;

	for (guint i = 0; i < ids->len; i++) {
		const char *id = ids->pdata[i];
		g_autoptr(GError) error = NULL;

		if (run_one(clerk, work, setup, id, &error))
			continue;
		if (id_time(id) + BOUND_ERRAND_DAYS * CLOCK_DAY <
		    clock_now()) {
			give_up(work, id, error->message);
			continue;
		}
		log_warning(id, "%s-later reason=\"%s\"", work->name,
			    error->message);
		left++;
	}
	return left;
}

static guint
walk(Clerk *clerk)
{
	const Site *site = clerk->line->site;
	const struct work_of works[] = {
		{ site->actions, "action", errand_run, NULL },
		{ site->reports_box, "report", report_run, clerk->waiting },
	};
	guint left = 0;

	for (guint i = 0; i < G_N_ELEMENTS(works); i++)
		left += walk_box(clerk, &works[i]);
	return left;
}

/* Until somebody wakes us, or for SECONDS (0: without an end). */
static void
wait_for(Clerk *clerk, gint64 seconds)
{
	struct timespec until;
	int fault = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)seconds;
	pthread_mutex_lock(&clerk->lock);
	while (!clerk->is_due && fault == 0)
		fault = seconds ? pthread_cond_timedwait(&clerk->wake,
							 &clerk->lock,
							 &until) :
		    pthread_cond_wait(&clerk->wake, &clerk->lock);
	clerk->is_due = false;
	pthread_mutex_unlock(&clerk->lock);
}

static void *
run(void *data)
{
	Clerk *clerk = data;
	gint64 step = FIRST;

	/* Of a thread's number it is this thread's alone; the others may have
	 * been made nice as well. */
	if (setpriority(PRIO_PROCESS, (id_t)gettid(),
			getpriority(PRIO_PROCESS, 0) + NICE) < 0)
		log_warning(NULL, "clerk-not-nice reason=\"%s\"",
			    g_strerror(errno));
	intake_count(clerk->line->site, clerk->waiting);
	for (;;) {
		guint left = walk(clerk);

		step = left ? MIN(step * 2, LAST) : FIRST;
		wait_for(clerk, left ? step : 0);
	}
	return NULL;
}

Clerk *
clerk_new(struct pipeline *line, Setup *(*setup)(void *data), void *data)
{
	Clerk *clerk = g_new0(Clerk, 1);
	pthread_t thread;

	clerk->line = line;
	clerk->setup = setup;
	clerk->data = data;
	clerk->waiting = waiting_new();
	pthread_mutex_init(&clerk->lock, NULL);
	pthread_cond_init(&clerk->wake, NULL);
	if (pthread_create(&thread, NULL, run, clerk) != 0)
		g_error("no thread for what users ask for");
	pthread_detach(thread);
	return clerk;
}

Waiting *
clerk_waiting(Clerk *clerk)
{
	return clerk ? clerk->waiting : NULL;
}

void
clerk_wake(Clerk *clerk)
{
	if (!clerk)
		return;
	pthread_mutex_lock(&clerk->lock);
	clerk->is_due = true;
	pthread_cond_signal(&clerk->wake);
	pthread_mutex_unlock(&clerk->lock);
}
