/*
 * cmd_status.c -- gatepost status: what works, what waits, what is wrong
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/cli.h"
#include "gatepost/service/drain.h"
#include "gatepost/service/lists.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"
#include "gatepost/util/json.h"
#include "gatepost/util/text.h"

/* What is found out, and what of it an admin has to do something about. */
struct report {
	struct cli *cli;
	Site *site;
	GString *text, *json;
	GPtrArray *alerts;	/* of char * */
};

static void
row(struct report *report, const char *name, const char *value)
{
	g_string_append_printf(report->text, "%-12s %s\n", name, value);
	json_put(report->json, name, value);
}

static void alert(struct report *report, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

static void
alert(struct report *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(report->alerts, g_strdup_vprintf(format, args));
	va_end(args);
}

/* How old what began at AT (us) is, for a person.  Yours. */
static char *
age_of(gint64 at)
{
	gint64 minutes = (clock_now() - at) / (60 * CLOCK_SECOND);

	if (minutes < 120)
		return g_strdup_printf("%" G_GINT64_FORMAT " min", minutes);
	if (minutes < 48 * 60)
		return g_strdup_printf("%" G_GINT64_FORMAT " h", minutes / 60);
	return g_strdup_printf("%" G_GINT64_FORMAT " days", minutes / 1440);
}

/* COUNT things wait, the oldest since OLDEST (us). */
static void
row_since(struct report *report, const char *name, gint64 count,
	  gint64 oldest)
{
	g_autofree char *age = count ? age_of(oldest) : NULL;
	char since[CLOCK_TEXT];

	g_string_append_printf(report->text, "%-12s %" G_GINT64_FORMAT
			       "%s%s%s\n", name, count,
			       age ? ", the oldest " : "", age ? age : "",
			       age ? " old" : "");
	json_key(report->json, name);
	g_string_append_printf(report->json, "{\"count\":%" G_GINT64_FORMAT
			       ",\"oldest\":", count);
	clock_format(oldest, since);
	if (count)
		json_quote(report->json, since);
	else
		g_string_append(report->json, "null");
	g_string_append_c(report->json, '}');
}

/* The same, since OLDEST, an id (NULL: none). */
static void
row_waiting(struct report *report, const char *name, gint64 count,
	    const char *oldest)
{
	row_since(report, name, oldest ? count : 0, oldest ?
		  id_time(oldest) : 0);
}

/* The supervisor listens for as long as it lives. */
static void
look_daemon(struct report *report)
{
	const Config *config = report->cli->config;
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_autofree char *value = NULL;
	bool is_up, is_hidden;

	g_snprintf(place.sun_path, sizeof place.sun_path, "%s/%s/%s",
		   config->state_dir, SITE_RUN, SITE_WORKERS);
	is_up = fd >= 0 && connect(fd, (struct sockaddr *)&place,
				   sizeof place) == 0;
	is_hidden = !is_up && errno == EACCES;
	if (fd >= 0)
		close(fd);
	value = g_strdup_printf("%s, %s", is_up ? "runs" : is_hidden ?
				"not to be seen by you" : "does not run",
				config->socket);
	row(report, "daemon", value);
	if (!is_up && !is_hidden)
		alert(report, "gatepostd does not run: mail is answered "
		      "\"later\" by the MTA; start it, and see its log");
}

static void
look_setup(struct report *report)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Setup) setup = setup_new(report->cli->config,
					   report->site->folder, NULL,
					   &error);
	const GPtrArray *tenants = report->cli->config->tenants;
	g_autoptr(GString) value = g_string_new(NULL);
	char at[CLOCK_TEXT];

	for (guint i = 0; i < tenants->len; i++)
		g_string_append_printf(value, "%s%s %s", i ? ", " : "",
		    ((const Tenant *)tenants->pdata[i])->name,
		    modes[setup_mode(setup, tenants->pdata[i])]);
	row(report, "mode", value->str);
	g_string_truncate(value, 0);
	if (setup->lists) {
		clock_format((gint64)snapshot_generation(setup->lists), at);
		g_string_printf(value, "%u entries, compiled %s",
				snapshot_count(setup->lists), at);
	} else {
		g_string_assign(value, "never compiled");
		alert(report, "no lists are in force: %s", error ?
		      error->message : "gatepost list compile");
	}
	row(report, "lists", value->str);
}

/* A broken file stops nothing, so it must be told wherever one looks. */
static void
look_lists(struct report *report)
{
	const Config *config = report->cli->config;
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	const struct list_note *first = NULL;
	guint count = 0;

	for (guint i = 0; i < config->tenants->len; i++) {
		g_autoptr(GPtrArray) entries =
		    g_ptr_array_new_with_free_func(
			(GDestroyNotify)entry_free);

		lists_read(config, config->tenants->pdata[i], entries, notes);
	}
	for (guint i = 0; i < notes->len; i++) {
		const struct list_note *note = notes->pdata[i];

		if (note->is_error && !count++)
			first = note;
	}
	if (first)
		alert(report, "%u error%s in lists, whose last good "
		      "generation stays in force: gatepost check --lists; "
		      "%s:%u: %s", count, count == 1 ? "" : "s", first->file,
		      first->line, first->text);
}

static void
look_held(struct report *report)
{
	static const enum held_state states[] = {
		HELD_HELD, HELD_REQUESTED, HELD_APPROVED
	};

	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autofree char *oldest = NULL;
		g_autoptr(GError) error = NULL;
		gint64 count = quarantine_count(report->site->quarantine,
						states[i], &oldest, &error);

		if (error)
			alert(report, "quarantine: %s", error->message);
		row_waiting(report, held_states[states[i]], count, oldest);
		if (states[i] == HELD_REQUESTED && oldest &&
		    id_time(oldest) < clock_now() -
		    BOUND_WAITING_DAYS * CLOCK_DAY)
			alert(report, "users wait for an answer: gatepost "
			      "quarantine list --state requested");
		if (states[i] == HELD_APPROVED && count)
			alert(report, "approved mail is not delivered yet: "
			      "gatepost quarantine list --state approved");
	}
}

static void
look_outbox(struct report *report)
{
	g_autoptr(GPtrArray) ids = outbox_ids(report->site->outbox);
	Outgoing *first = ids->len ?
	    outbox_read(report->site->outbox, ids->pdata[0], NULL) : NULL;

	row_waiting(report, "outbox", ids->len, ids->len ? ids->pdata[0] :
		    NULL);
	if (first && first->fault)
		alert(report, "the MTA does not take mail back (%s): "
		      "gatepost outbox list", first->fault);
	fields_free(&outgoing_fields, first);
}

static void
look_candidates(struct report *report)
{
	g_autoptr(GPtrArray) ids = box_list(report->site->candidates, "new");

	row_waiting(report, "candidates", ids->len,
		    ids->len ? ids->pdata[0] : NULL);
}

/* What waits for analysts, and when they last had a chance. */
static void
look_submissions(struct report *report)
{
	g_autoptr(GPtrArray) fresh = box_list(report->site->submissions,
					      "new");
	g_autoptr(GPtrArray) begun = box_list(report->site->submissions,
					      "claimed");
	const char *oldest = begun->len ? begun->pdata[0] : NULL;
	char last[CLOCK_TEXT] = "never";
	gint64 at = 0;

	if (fresh->len && (!oldest || strcmp(fresh->pdata[0], oldest) < 0))
		oldest = fresh->pdata[0];
	row_waiting(report, "submissions", (gint64)fresh->len + begun->len,
		    oldest);
	if (jobs_last(report->site->alerts, "drain", &at, NULL))
		clock_format(at, last);
	/* The clock was wrong once: it is not known. */
	if (at > clock_now()) {
		g_strlcpy(last, "unknown", sizeof last);
		at = 0;
	}
	row(report, "drain", last);
	if (oldest && id_time(oldest) < clock_now() - CLOCK_DAY / 24 &&
	    at < clock_now() - CLOCK_DAY)
		alert(report, "gatepost drain came to no end for a day, or "
		      "never: does cron run it?  See contrib/cron");
}

static void
look_analysts(struct report *report)
{
	const GPtrArray *all = report->cli->config->analysts;

	for (guint i = 0; i < all->len; i++) {
		const AnalystSetting *one = all->pdata[i];
		AnalystState *state = analyst_state_read(
		    report->site->folder, one->name);
		g_autofree char *name = g_strconcat("analyst ", one->name,
						    NULL);
		g_autofree char *fault = text_shown(state->fault, 300);
		char at[CLOCK_TEXT];

		clock_format(state->until, at);
		row(report, name, state->until > clock_now() ?
		    "left alone, since it failed" : state->failures ?
		    "failed" : state->last ? "answers" : "not asked yet");
		if (state->failures)
			alert(report, "analyst %s failed %" G_GINT64_FORMAT
			      " times in a row%s%s: %s", one->name,
			      state->failures, state->until ?
			      ", is left alone until " : "", state->until ?
			      at : "", fault);
		fields_free(&analyst_state_fields, state);
	}
}

static void
look_reports(struct report *report)
{
	g_autoptr(GError) error = NULL;
	gint64 oldest = 0, now = clock_now();
	gint64 count = reports_waiting(report->site->reports, NULL, now,
				       &oldest, &error);

	if (error) {
		alert(report, "reports: %s", error->message);
		return;
	}
	row_since(report, "reports", count, oldest);
	if (count && oldest < now - BOUND_WAITING_DAYS * CLOCK_DAY)
		alert(report, "reports wait for an admin: gatepost report "
		      "list --state new");
}

static void
look_disk(struct report *report)
{
	double free = box_free_percent(report->site->candidates);
	gint64 least = report->cli->config->min_free;
	g_autofree char *value = g_strdup_printf("%.0f %% free, %"
	    G_GINT64_FORMAT " %% are needed", free, least);

	row(report, "disk", value);
	if (free < (double)least)
		alert(report, "the disk of %s is full: nothing is recorded "
		      "but held mail (min_free)",
		      report->cli->config->state_dir);
}

static void
print_report(const struct report *report)
{
	if (report->cli->json) {
		json_key(report->json, "alerts");
		g_string_append_c(report->json, '[');
		for (guint i = 0; i < report->alerts->len; i++) {
			json_comma(report->json);
			json_quote(report->json, report->alerts->pdata[i]);
		}
		printf("%s]}\n", report->json->str);
		return;
	}
	fputs(report->text->str, stdout);
	for (guint i = 0; i < report->alerts->len; i++)
		printf("%s! %s\n", i ? "" : "\n",
		       (const char *)report->alerts->pdata[i]);
}

int
cmd_status(struct cli *cli)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) json = g_string_new("{");
	g_autoptr(GPtrArray) alerts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Site) site = NULL;
	struct report report = { cli, NULL, text, json, alerts };
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	report.site = site;
	look_daemon(&report);
	look_setup(&report);
	look_lists(&report);
	look_held(&report);
	look_outbox(&report);
	look_candidates(&report);
	look_reports(&report);
	look_submissions(&report);
	look_analysts(&report);
	look_disk(&report);
	print_report(&report);
	return alerts->len ? 1 : EX_OK;
}
