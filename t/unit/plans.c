/*
 * plans.c -- unit test: a listing that is narrowed finds its rows by an index
 *
 * Each statement that a store prepares is heard, and SQLite asked how it
 * would go about it.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/store/alerts.h"
#include "gatepost/store/candidates.h"
#include "gatepost/store/quarantine.h"
#include "gatepost/store/reports.h"
#include "gatepost/store/submissions.h"
#include "gatepost/store/trail.h"

struct stores {
	Alerts *alerts;
	Candidates *candidates;
	Quarantine *quarantine;
	Reports *reports;
	Submissions *submissions;
	Trail *trail;
};

static char *path;
static GPtrArray *heard;	/* of char *: statements, as they are written */

static int
hear(unsigned what, void *data, void *statement, void *text)
{
	(void)what;
	(void)data;
	/* A comment is a trigger's. */
	if (!g_str_has_prefix(text, "--"))
		g_ptr_array_add(heard, g_strdup(sqlite3_sql(statement)));
	return 0;
}

static int
overhear(sqlite3 *db, const char **error, const void *api)
{
	(void)error;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, hear, NULL);
}

/* How SQLite would run SQL: a line a step. */
static char *
plan_of(const char *sql)
{
	g_autofree char *file = g_build_filename(path, "state.db", NULL);
	g_autofree char *ask = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
	GString *out = g_string_new(NULL);
	sqlite3 *db;
	sqlite3_stmt *row;

	g_assert_cmpint(sqlite3_open(file, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db, ask, -1, &row, NULL), ==,
			SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW)
		g_string_append_printf(out, "%s\n",
				       sqlite3_column_text(row, 3));
	sqlite3_finalize(row);
	sqlite3_close(db);
	return g_string_free(out, FALSE);
}

/* ---- the listings ---- */

static void
alerts(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(alerts_list(stores->alerts, filter, 0, true, NULL, NULL,
				  NULL));
}

static void
candidates(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(candidates_list(stores->candidates, filter, NULL, NULL,
				      NULL));
}

static void
held(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(quarantine_list(stores->quarantine, filter, NULL, NULL,
				      NULL));
}

static void
drops(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(reports_each_drop(stores->reports, filter, NULL, NULL,
					NULL));
}

static void
reports(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(reports_each(stores->reports, filter, 0, NULL, NULL,
				   NULL));
}

static void
reports_that_wait(const struct stores *stores, gconstpointer filter)
{
	gint64 oldest;

	g_assert_cmpint(reports_waiting(stores->reports, filter, 1, &oldest,
					NULL), ==, 0);
}

static void
submissions(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(submissions_list(stores->submissions, filter, NULL,
				       NULL, NULL));
}

static void
deeds(const struct stores *stores, gconstpointer filter)
{
	g_assert_true(trail_list(stores->trail, filter, NULL, NULL, NULL));
}

#define CANDIDATES(...) &(const struct candidate_filter){ __VA_ARGS__ }
#define HELD(...) &(const struct held_filter){ __VA_ARGS__ }
#define SUBMISSIONS(...) &(const struct submission_filter) \
	{ .as = -1, .result = -1, __VA_ARGS__ }
#define DEEDS(...) &(const struct trail_filter){ __VA_ARGS__ }

static const struct plan {
	const char *name;
	void (*list)(const struct stores *stores, gconstpointer filter);
	gconstpointer filter;
	const char *by;		/* what its plan must name */
} plans[] = {
	{ "alerts of a tenant", alerts, "t", "tenant=?" },
	{ "candidates of a tenant", candidates,
	  CANDIDATES(.state = -1, .tenant = "t"),
	  "tenant=?" },
	{ "a candidate", candidates, CANDIDATES(.state = -1, .id = "i"),
	  "candidate_id" },
	{ "a tenant's new candidates of a day", candidates,
	  CANDIDATES(.tenant = "t", .state = 0, .since = 1),
	  "(tenant=? AND state=? AND at>?)" },
	{ "a tenant's candidates of a day", candidates,
	  CANDIDATES(.state = -1, .tenant = "t", .since = 1),
	  "(tenant=? AND at>?)" },
	{ "a held item", held, HELD(.id = "i"), "(id=?)" },
	{ "held mail of a recipient", held, HELD(.rcpt = "r"), "held_rcpt" },
	{ "held mail of a recipient in a state", held,
	  HELD(.rcpt = "r", .state = "held"), "held_rcpt" },
	{ "held mail of a tenant", held, HELD(.tenant = "t"), "tenant=?" },
	{ "held mail of a sender", held, HELD(.sender = "a@b"),
	  "held_sender" },
	{ "held mail of a sender's domain", held, HELD(.sender = "@b"),
	  "held_from_domain" },
	{ "held mail of an entry", held, HELD(.entry = "e"), "held_entry" },
	{ "reports dropped of a tenant", drops, "t", "tenant=?" },
	{ "reports of a tenant", reports, "t", "tenant=?" },
	{ "a tenant's reports that wait", reports_that_wait, "t",
	  "tenant=?" },
	{ "submissions of a message", submissions,
	  SUBMISSIONS(.kind = -1, .status = -1, .message = "m"),
	  "submission_message" },
	{ "submissions of the same octets", submissions,
	  SUBMISSIONS(.kind = -1, .status = -1, .sha256 = "s"),
	  "submission_sha256" },
	{ "submissions that wait", submissions,
	  SUBMISSIONS(.kind = -1, .status = 0), "submission_status" },
	{ "a tenant's submissions that wait", submissions,
	  SUBMISSIONS(.kind = -1, .status = 0, .tenant = "t"),
	  "submission_status" },
	{ "the next page of submissions", submissions,
	  SUBMISSIONS(.kind = -1, .status = -1, .after = "i"), "(id<?)" },
	{ "what was done to an item", deeds, DEEDS(.object = "o"),
	  "audit_object" },
	{ "what was done to an item since a day", deeds,
	  DEEDS(.object = "o", .since = 1), "audit_object" },
	{ "the next page of deeds", deeds, DEEDS(.after = "i"), "(id>?)" },
};

static void
test_plan(gconstpointer data)
{
	const struct plan *plan = data;
	struct stores stores;
	int folder = open(path, O_RDONLY | O_DIRECTORY);
	g_autofree char *steps = NULL;

	g_assert_cmpint(folder, >=, 0);
	stores.alerts = alerts_open(path, NULL);
	stores.candidates = candidates_open(path, NULL);
	stores.quarantine = quarantine_open(folder, path, NULL);
	stores.reports = reports_open(path, NULL);
	stores.submissions = submissions_open(path, NULL);
	stores.trail = trail_open(path, NULL);
	g_ptr_array_set_size(heard, 0);
	plan->list(&stores, plan->filter);
	g_assert_cmpuint(heard->len, ==, 1);
	steps = plan_of(heard->pdata[0]);
	if (!strstr(steps, plan->by) || strstr(steps, "SCAN "))
		g_error("%s\nis run as\n%s", (char *)heard->pdata[0], steps);
	alerts_free(stores.alerts);
	candidates_free(stores.candidates);
	quarantine_free(stores.quarantine);
	reports_free(stores.reports);
	submissions_free(stores.submissions);
	trail_free(stores.trail);
	close(folder);
}

static void
remove_all(const char *folder)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(folder, name, NULL);

		if (g_file_test(file, G_FILE_TEST_IS_DIR))
			remove_all(file);
		else
			g_unlink(file);
	}
	if (dir)
		g_dir_close(dir);
	g_rmdir(folder);
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	path = g_dir_make_tmp("plans-XXXXXX", NULL);
	heard = g_ptr_array_new_with_free_func(g_free);
	sqlite3_auto_extension((void (*)(void))overhear);
	for (guint i = 0; i < G_N_ELEMENTS(plans); i++) {
		g_autofree char *name = g_strconcat("/plans/", plans[i].name,
						    NULL);

		g_test_add_data_func(name, &plans[i], test_plan);
	}
	result = g_test_run();
	sqlite3_reset_auto_extension();
	g_ptr_array_unref(heard);
	remove_all(path);
	g_free(path);
	return result;
}
