/*
 * alert.c -- raise, join, tell
 *
 *	state     row                          after a crash here
 *	raised    told < count                 the daemon tells it
 *	telling   the same                     told twice
 *	told      told = count                 nothing to do
 *
 * Told is what one admin at least has by mail; where there are none, what the
 * program took.  An admin whom the MTA does not take is logged, and no reason
 * to tell the others again.
 *
 * To add a kind: an enumerator and a name in store/alerts, a row here.
 */
#include "gatepost/service/alert.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "gatepost/bounds.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/send.h"
#include "gatepost/util/child.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"

#define MINUTE (60 * CLOCK_SECOND)
/* When the daemon looks first, and how often then. */
#define FIRST_SECONDS 2
#define LOOK_SECONDS 20
/* Nobody could be told: how long the work of others does not try again. */
#define PAUSE_MS 60000
/* ms for the program, and octets that it may print. */
#define PROGRAM_MS 10000
#define PROGRAM_MOST 4096

/* As the service that admins know has it. */
static const struct {
	const char *severity, *many;	/* of several, as a subject */
} kinds[] = {
	[ALERT_REPORTED_PHISH] = { "low", "messages reported as phishing" },
	[ALERT_REPORTED_JUNK] = { "low", "messages reported as junk" },
	[ALERT_REPORTED_CLEAN] = { "low", "messages reported as not junk" },
	[ALERT_RELEASE_REQUESTED] = { "informational",
	    "releases requested" },
	[ALERT_SUBMISSION_COMPLETED] = { "informational",
	    "submissions completed" },
	[ALERT_ENTRY_EXPIRING] = { "informational",
	    "notices of list entries that end soon" },
	[ALERT_ENTRY_MALICIOUS] = { "medium",
	    "allow entries found malicious" },
	[ALERT_CANDIDATE_BURST] = { "medium", "bursts of candidates" },
	[ALERT_JOB_OVERDUE] = { "medium", "jobs of cron overdue" },
	[ALERT_REPORTS_WAITING] = { "low", "notices of reports that wait" },
	[ALERT_PROVISIONAL_BLOCK] = { "medium", "provisional blocks" },
};

static gint64
window_of(const Tenant *tenant)
{
	return tenant->alerts.window * MINUTE;
}

static bool
is_off(const Tenant *tenant, enum alert_kind kind)
{
	const GPtrArray *off = tenant->alerts.off;

	for (guint i = 0; i < off->len; i++)
		if (strcmp(off->pdata[i], alert_kinds[kind]) == 0)
			return true;
	return false;
}

/* ---- telling ---- */

/* ms of clock_steady_ms(); 0: all could be told lately. */
static _Atomic gint64 paused_until;

static bool
is_paused(void)
{
	return clock_steady_ms() < atomic_load(&paused_until);
}

/* A subject of one alone is in front of its lines, see alert(). */
static char *
subject_of(const struct alert_row *row)
{
	return row->count > 1 && row->told ?
	    g_strdup_printf("%" G_GINT64_FORMAT " more %s",
			    row->count - row->told, kinds[row->kind].many) :
	    row->count > 1 ?
	    g_strdup_printf("%" G_GINT64_FORMAT " %s", row->count,
			    kinds[row->kind].many) :
	    g_strndup(row->lines, strcspn(row->lines, "\n"));
}

static char *
text_of(const struct alert_row *row)
{
	GString *out = g_string_new(NULL);
	const char *body = strchr(row->lines, '\n');

	g_string_append(out, row->count == 1 && body ? body + 1 :
			row->lines);
	if (row->count > ALERT_LINES)
		g_string_append_printf(out, "\n... and %" G_GINT64_FORMAT
				       " more", row->count - ALERT_LINES);
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}

/* How many admins have it; *COUNT: of how many. */
static guint
mail_it(const Config *config, const Tenant *tenant,
	const struct alert_row *row, gint64 now, guint *count)
{
	g_autofree char *subject = subject_of(row), *text = text_of(row);
	struct letter letter = {
		.tenant = tenant, .subject = subject, .text = text,
	};
	guint reached = 0;

	*count = 0;
	for (guint i = 0; i < tenant->admins->len; i++) {
		g_autoptr(GString) mail = NULL;
		g_autoptr(GError) error = NULL;

		letter.to = tenant->admins->pdata[i];
		if (!smtp_is_safe(letter.to))
			continue;
		(*count)++;
		mail = letter_make(&letter, now);
		if (mail_send_quietly(config, "", letter.to, mail->str,
				      mail->len, false, &error)) {
			reached++;
			continue;
		}
		log_warning(NULL, "notice-failed alert=%s tenant=%s to=%s "
			    "reason=\"%s\"", alert_kinds[row->kind],
			    tenant->name, letter.to, error->message);
	}
	return reached;
}

/* One line of JSON for a program. */
static char *
json_of(const struct alert_row *row)
{
	GString *out = g_string_new("{");
	char first[CLOCK_TEXT], last[CLOCK_TEXT];

	clock_format(row->first, first);
	clock_format(row->last, last);
	json_put(out, "alert", alert_kinds[row->kind]);
	json_put(out, "severity", kinds[row->kind].severity);
	json_put(out, "tenant", row->tenant);
	json_put_number(out, "count", row->count);
	json_put_number(out, "told", row->told);
	json_put(out, "first", first);
	json_put(out, "last", last);
	json_put(out, "text", row->lines);
	g_string_append(out, "}\n");
	return g_string_free(out, FALSE);
}

static bool
run_program(const Tenant *tenant, const struct alert_row *row)
{
	g_autofree char *json = json_of(row);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GString) heard = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	struct child child = { .input = json, .size = strlen(json),
			       .timeout = PROGRAM_MS, .most = PROGRAM_MOST };
	int status = 0;

	for (guint i = 0; i < tenant->alerts.command->len; i++)
		g_ptr_array_add(words, tenant->alerts.command->pdata[i]);
	g_ptr_array_add(words, NULL);
	child.words = (char *const *)words->pdata;
	if (child_run(&child, heard, &status, &error) && status == 0)
		return true;
	log_warning(NULL, "alert-command-failed alert=%s tenant=%s "
		    "reason=\"%s\"", alert_kinds[row->kind], tenant->name,
		    error ? error->message : "it did not exit with 0");
	return false;
}

struct flushing {
	Site *site;
	const Config *config;
	const Tenant *only;	/* NULL: all */
	gint64 now;
	GPtrArray *due;		/* of struct alert_row * */
};

static void
row_free(gpointer data)
{
	struct alert_row *row = data;

	g_free((char *)row->tenant);
	g_free((char *)row->lines);
	g_free(row);
}

/* The first at once, what joined it when its time is over; also when it began
 * in what has become the future. */
static void
take_due(const struct alert_row *row, void *data)
{
	struct flushing *work = data;
	const Tenant *tenant = config_tenant(work->config, row->tenant);
	struct alert_row *copy;

	if (!tenant || (work->only && tenant != work->only) ||
	    (row->told > 0 && work->now >= row->first &&
	     work->now < row->first + window_of(tenant)))
		return;
	copy = g_new(struct alert_row, 1);
	*copy = *row;
	copy->tenant = g_strdup(row->tenant);
	copy->lines = g_strdup(row->lines);
	g_ptr_array_add(work->due, copy);
}

/* Tell ROW; false: nobody could be told. */
static bool
tell(Site *site, const Config *config, const struct alert_row *row,
     gint64 now)
{
	const Tenant *tenant = config_tenant(config, row->tenant);
	bool has_program = tenant->alerts.command->len > 0;
	guint count, reached = mail_it(config, tenant, row, now, &count);
	bool is_run = !has_program || row->ran >= row->count;

	/* Once, however long the mail takes. */
	if (!is_run && run_program(tenant, row))
		is_run = alerts_ran(site->alerts, row, NULL);
	return (count ? reached > 0 : is_run) &&
	    alerts_told(site->alerts, row, NULL);
}

static guint
flush(Site *site, const Config *config, const Tenant *only, gint64 now)
{
	g_autoptr(GPtrArray) due = g_ptr_array_new_with_free_func(row_free);
	struct flushing work = { site, config, only, now, due };
	g_autoptr(GError) error = NULL;
	guint failed = 0;

	if (!alerts_list(site->alerts, only ? only->name : NULL, 0, true,
			 take_due, &work, &error))
		log_error(NULL, "alerts-failed reason=\"%s\"",
			  error->message);
	/* The oldest first. */
	for (guint i = due->len; i-- > 0;)
		failed += !tell(site, config, due->pdata[i], now);
	atomic_store(&paused_until, failed ? clock_steady_ms() + PAUSE_MS :
		     0);
	return failed;
}

guint
alerts_flush(Site *site, const Config *config, gint64 now)
{
	return flush(site, config, NULL, now);
}

void
alert(Site *site, const Config *config, const Tenant *tenant,
      enum alert_kind kind, const char *subject, const char *line)
{
	g_autofree char *both = g_strconcat(subject, "\n", line, NULL);
	g_autoptr(GError) error = NULL;
	gint64 now = clock_now();

	if (is_off(tenant, kind))
		return;
	g_strchomp(both);
	if (!alerts_raise(site->alerts, tenant->name, kind, both, now,
			  window_of(tenant), &error)) {
		log_error(NULL, "alerts-failed reason=\"%s\"",
			  error->message);
		return;
	}
	if (!is_paused())
		flush(site, config, tenant, now);
}

/* ---- watching ---- */

/* Was an alert of KIND told since SINCE? */
struct looking {
	enum alert_kind kind;
	const char *subject;
	bool is_found;
};

static void
look_at(const struct alert_row *row, void *data)
{
	struct looking *looking = data;

	looking->is_found |= row->kind == looking->kind &&
	    strstr(row->lines, looking->subject);
}

/* Once a day for the same SUBJECT. */
static void
alert_daily(Site *site, const Config *config, const Tenant *tenant,
	    enum alert_kind kind, const char *subject, const char *line,
	    gint64 now)
{
	struct looking looking = { kind, subject, false };

	if (alerts_list(site->alerts, tenant->name, now - CLOCK_DAY, false,
			look_at, &looking, NULL) && !looking.is_found)
		alert(site, config, tenant, kind, subject, line);
}

static bool
has_digests(const Site *site, const Config *config)
{
	(void)site;
	for (guint i = 0; i < config->tenants->len; i++) {
		const Tenant *one = config->tenants->pdata[i];

		if (one->digest.every != DIGEST_NEVER)
			return true;
	}
	return false;
}

/* Without an analyst only what was submitted by hand waits; with one it may be
 * candidates, too, and what others put into the spool. */
static bool
has_submissions(const Site *site, const Config *config)
{
	gint64 oldest = 0;

	return config->analysts->len > 0 ||
	    submissions_count(site->submitted, SUBMISSION_PENDING,
			      &oldest, NULL) > 0;
}

static bool
always(const Site *site, const Config *config)
{
	(void)site;
	(void)config;
	return true;
}

/* Jobs of cron: when one is needed at all, and how often it is to be done. */
static const struct {
	const char *name;
	bool (*is_needed)(const Site *site, const Config *config);
	size_t every;		/* minutes, where in Config */
} jobs[] = {
	{ "drain", has_submissions, offsetof(Config, cron.drain) },
	{ "digest", has_digests, offsetof(Config, cron.digest) },
	{ "sweep", always, offsetof(Config, cron.sweep) },
};

/* A time that is still to come, of a clock that was wrong once, says nothing:
 * then it counts from when that was seen, until the job is done again. */
static gint64
not_after(gint64 at, guint job, gint64 now)
{
	static gint64 seen[G_N_ELEMENTS(jobs)];

	if (at <= now)
		seen[job] = 0;
	else if (!seen[job] || seen[job] > now)
		seen[job] = now;
	return MIN(at, seen[job] ? seen[job] : at);
}

static void
watch_job(Site *site, const Config *config, guint job, gint64 now)
{
	gint64 every = *(const gint64 *)((const char *)config +
	    jobs[job].every) * MINUTE;
	gint64 last = usage_born(site->usages, NULL);
	g_autofree char *subject = g_strdup_printf("gatepost %s has not "
	    "succeeded lately", jobs[job].name);
	g_autofree char *line = NULL;
	char at[CLOCK_TEXT];

	jobs_last(site->alerts, jobs[job].name, &last, NULL);
	last = not_after(last, job, now);
	if (!every || !last || now - last <= 2 * every ||
	    !jobs[job].is_needed(site, config))
		return;
	clock_format(last, at);
	line = g_strdup_printf("gatepost %s has not been done since %s, and "
	    "is to be done every %" G_GINT64_FORMAT " minutes (cron.%s).\n"
	    "Run it by hand to see why:\n  gatepost %s\nand see that cron "
	    "runs it; a sample is in contrib/cron.", jobs[job].name, at,
	    every / MINUTE, jobs[job].name, jobs[job].name);
	for (guint i = 0; i < config->tenants->len; i++)
		alert_daily(site, config, config->tenants->pdata[i],
			    ALERT_JOB_OVERDUE, subject, line, now);
}

static void
count_one(const struct candidate_row *row, void *data)
{
	guint *count = data;

	(void)row;
	(*count)++;
}

static void
watch_candidates(Site *site, const Config *config, const Tenant *tenant,
		 gint64 now)
{
	struct candidate_filter filter = {
		.tenant = tenant->name, .state = -1,
		.since = now - 60 * MINUTE,
	};
	g_autofree char *line = NULL;
	guint count = 0;

	if (!tenant->alerts.burst ||
	    !candidates_list(site->suspected, &filter, count_one, &count,
			     NULL) || count < tenant->alerts.burst)
		return;
	line = g_strdup_printf("%u delivered messages were suspected within "
	    "an hour (alerts.burst is %" G_GINT64_FORMAT ").\nSee what they "
	    "have in common:\n  gatepost candidate list --tenant %s --since "
	    "1h\n", count, tenant->alerts.burst, tenant->name);
	alert_daily(site, config, tenant, ALERT_CANDIDATE_BURST,
		    "Many suspected messages were delivered", line, now);
}

static void
watch_reports(Site *site, const Config *config, const Tenant *tenant,
	      gint64 now)
{
	gint64 oldest = 0;
	gint64 count = reports_waiting(site->reports, tenant->name, now -
	    BOUND_WAITING_DAYS * CLOCK_DAY, &oldest, NULL);
	g_autofree char *line = NULL;
	char at[CLOCK_TEXT];

	if (count <= 0)
		return;
	clock_format(oldest, at);
	line = g_strdup_printf("%" G_GINT64_FORMAT " reported messages have "
	    "waited for %d days and more, the first since %s.\nSee them, and "
	    "say what they are:\n  gatepost report list --tenant %s --state "
	    "new\n  gatepost report mark ID phish|spam|clean\n", count,
	    BOUND_WAITING_DAYS, at, tenant->name);
	alert_daily(site, config, tenant, ALERT_REPORTS_WAITING,
		    "Users' reports wait", line, now);
}

void
alerts_watch(Site *site, const Config *config, gint64 now)
{
	for (guint i = 0; i < G_N_ELEMENTS(jobs); i++)
		watch_job(site, config, i, now);
	for (guint i = 0; i < config->tenants->len; i++) {
		watch_candidates(site, config, config->tenants->pdata[i],
				 now);
		watch_reports(site, config, config->tenants->pdata[i], now);
	}
}

/* ---- the daemon's thread ---- */

struct watcher {
	Site *site;
	Setup *(*setup)(void *data);
	void *data;
};

static void *
run(void *data)
{
	struct watcher *watcher = data;
	struct timespec step = { FIRST_SECONDS, 0 };

	for (;;) {
		g_autoptr(Setup) setup = NULL;

		nanosleep(&step, NULL);
		step.tv_sec = LOOK_SECONDS;
		setup = watcher->setup(watcher->data);
		alerts_watch(watcher->site, setup->config, clock_now());
		if (!is_paused())
			alerts_flush(watcher->site, setup->config,
				     clock_now());
	}
	return NULL;
}

void
alerts_start(Site *site, Setup *(*setup)(void *data), void *data)
{
	struct watcher *watcher = g_new0(struct watcher, 1);
	pthread_t thread;

	watcher->site = site;
	watcher->setup = setup;
	watcher->data = data;
	if (pthread_create(&thread, NULL, run, watcher) != 0)
		g_error("no thread for alerts");
	pthread_detach(thread);
}
