/*
 * reports.c -- what users reported, in the state store
 *
 *	octets in reports/kept	row	after a crash here
 *	yes			no	the report itself is still in
 *					reports/new: the clerk does it again
 *	yes			yes	nothing to do
 *	no			yes	forgotten with a person, or over quota
 *
 * All of it is durable when it is said to be done, but the counts: those of
 * the last seconds may be missing after a power cut, and a sync for each
 * report that is taken or refused would be paid by all mail.
 */
#include "gatepost/store/reports.h"

#include <pthread.h>
#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/store/where.h"
#include "gatepost/util/clock.h"

#define HOUR (3600 * CLOCK_SECOND)
#define OF_TENANT "tenant = $1"

const char *const report_states[] = {
	"new", "marked", "submitted", "drill", NULL
};

static const struct field report_rows[] = {
	FIELD(Report, id, FIELD_TEXT),
	FIELD(Report, at, FIELD_TIME),
	FIELD(Report, last, FIELD_TIME),
	FIELD(Report, times, FIELD_NUMBER),
	FIELD(Report, tenant, FIELD_TEXT),
	FIELD(Report, reporter, FIELD_TEXT),
	FIELD(Report, mailbox, FIELD_TEXT),
	FIELD(Report, reply, FIELD_TEXT),
	{ .name = "verified", .type = FIELD_BOOL,
	  .offset = offsetof(Report, is_verified) },
	FIELD_WORDS(Report, reason, report_reasons),
	FIELD(Report, via, FIELD_TEXT),
	FIELD_WORDS(Report, form, report_forms),
	FIELD(Report, message, FIELD_TEXT),
	FIELD(Report, group, FIELD_TEXT),
	FIELD(Report, item, FIELD_TEXT),
	FIELD(Report, sha256, FIELD_TEXT),
	FIELD(Report, sender, FIELD_TEXT),
	FIELD(Report, from, FIELD_TEXT),
	FIELD(Report, from_domain, FIELD_TEXT),
	FIELD(Report, subject, FIELD_TEXT),
	FIELD(Report, message_id, FIELD_TEXT),
	FIELD(Report, client, FIELD_TEXT),
	FIELD(Report, drill, FIELD_TEXT),
	FIELD_WORDS(Report, state, report_states),
	FIELD(Report, result, FIELD_TEXT),
	FIELD_WORDS(Report, marked, report_marks),
	FIELD(Report, marked_by, FIELD_TEXT),
	FIELD(Report, marked_at, FIELD_TIME),
	FIELD(Report, note, FIELD_TEXT),
	FIELD(Report, submission, FIELD_TEXT),
	FIELD(Report, size, FIELD_NUMBER),
};
const struct fields report_fields = FIELDS(Report, report_rows);

struct Reports {
	char *path;
	Db *db;			/* durable */
	pthread_mutex_t lock;	/* of the next one's opening */
	Db *counts;		/* of meter and drops; NULL: not open yet */
};

Reports *
reports_open(const char *path, GError **error)
{
	g_autoptr(Reports) reports = g_new0(Reports, 1);

	reports->path = g_strdup(path);
	pthread_mutex_init(&reports->lock, NULL);
	reports->db = db_open_state(path, true, error);
	return reports->db ? g_steal_pointer(&reports) : NULL;
}

void
reports_free(Reports *reports)
{
	if (!reports)
		return;
	db_close(reports->db);
	db_close(reports->counts);
	pthread_mutex_destroy(&reports->lock);
	g_free(reports->path);
	g_free(reports);
}

void
report_free(Report *report)
{
	fields_free(&report_fields, report);
}

/* ---- meter and drops ---- */

struct metering {
	const struct reports_meter *meter;
	bool is_over;
};

/* Is WHO, or are all, beyond the meter?  *IS_NEW: of WHO there was none within
 * the hour. */
static bool
count_both(Db *db, struct metering *metering, const char *who,
	   const char *all, bool *is_new, GError **error)
{
	const struct reports_meter *meter = metering->meter;
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault,
	    "SELECT who, count FROM report_meter WHERE tenant = $1"
	    " AND who IN ($2, $3) AND since > $4 AND since <= $5", "tttii",
	    meter->tenant, who, all, meter->now - HOUR, meter->now);

	*is_new = true;
	while (row && db_next(row, &fault)) {
		bool is_his = strcmp(db_text(row, 0), who) == 0;

		if (sqlite3_column_int64(row, 1) >=
		    (is_his ? meter->most : meter->most_all))
			metering->is_over = true;
		if (is_his)
			*is_new = false;
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

static bool
meter_both(Db *db, void *data, GError **error)
{
	struct metering *metering = data;
	const struct reports_meter *meter = metering->meter;
	const char *all = meter->is_verified ? "*" : "?*";
	g_autofree char *who = g_strconcat(meter->is_verified ? "" : "?",
					   meter->who, NULL);
	bool is_new;

	if (!count_both(db, metering, who, all, &is_new, error))
		return false;
	if (metering->is_over)
		return true;
	return db_run(db, error,
		      "INSERT INTO report_meter (tenant, who, since, count)"
		      " VALUES ($1, $2, $4, 1), ($1, $3, $4, 1)"
		      " ON CONFLICT (tenant, who) DO UPDATE SET"
		      " count = CASE WHEN since > $5 AND since <= $4"
		      "  THEN count + 1 ELSE 1 END,"
		      " since = CASE WHEN since > $5 AND since <= $4"
		      "  THEN since ELSE $4 END", "tttii", meter->tenant,
		      who, all, meter->now, meter->now - HOUR) &&
	    (!is_new ||
	     db_run(db, error, "DELETE FROM report_meter WHERE since <= $1",
		    "i", meter->now - 24 * HOUR));
}

/* The connection that counts; only who takes reports needs it.  NULL and
 * ERROR set. */
static Db *
counting(Reports *reports, GError **error)
{
	Db *db;

	pthread_mutex_lock(&reports->lock);
	if (!reports->counts)
		reports->counts = db_open_state(reports->path, false, error);
	db = reports->counts;
	pthread_mutex_unlock(&reports->lock);
	return db;
}

bool
reports_meter(Reports *reports, const struct reports_meter *meter,
	      bool *is_over, GError **error)
{
	struct metering metering = { meter, false };
	Db *db = counting(reports, error);
	bool good = db && db_transact(db, meter_both, &metering, error);

	*is_over = metering.is_over;
	return good;
}

bool
reports_drop(Reports *reports, const char *tenant, const char *why,
	     gint64 now, GError **error)
{
	Db *db = counting(reports, error);

	return db && db_run(db, error,
		      "INSERT INTO report_dropped (tenant, why, count, last)"
		      " VALUES ($1, $2, 1, $3)"
		      " ON CONFLICT (tenant, why) DO UPDATE SET"
		      " count = count + 1, last = excluded.last", "tti",
		      tenant, why, now);
}

bool
reports_each_drop(Reports *reports, const char *tenant,
		  reports_dropped *found, void *data, GError **error)
{
	const struct condition of = { tenant, OF_TENANT };
	g_autofree char *sql = where_sql("SELECT tenant, why, count, last"
	    " FROM report_dropped", &of, 1, " ORDER BY tenant, why");
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault, sql, "t", tenant);

	while (row && db_next(row, &fault))
		found(db_text(row, 0), db_text(row, 1),
		      sqlite3_column_int64(row, 2),
		      sqlite3_column_int64(row, 3), data);
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
reports_octets(Reports *reports, const char *tenant, bool is_verified,
	       gint64 *octets, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault,
	    "SELECT COALESCE(SUM(size), 0) FROM report"
	    " WHERE tenant = $1 AND verified = $2", "ti", tenant,
	    (gint64)is_verified);

	*octets = row && db_next(row, &fault) ?
	    sqlite3_column_int64(row, 0) : 0;
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

/* ---- rows ---- */

#define COLUMNS "id, at, last, times, tenant, reporter, mailbox, reply," \
	" verified, reason, via, form, message, \"group\", item, sha256," \
	" sender, \"from\", from_domain, subject, message_id, client, drill," \
	" state, result, marked, marked_by, marked_at, note, submission, size"

static int
word_of(const char *const *words, const char *word)
{
	return MAX(fields_word(words, word ? word : ""), 0);
}

/* The row that STATEMENT stands at; its columns are those of the table of
 * fields, in order. */
static Report *
read_row(sqlite3_stmt *statement)
{
	Report *report = fields_new(&report_fields);

	for (size_t i = 0; i < report_fields.count; i++) {
		const struct field *row = &report_fields.rows[i];
		void *at = (char *)report + row->offset;

		switch (row->type) {
		case FIELD_NUMBER:
		case FIELD_TIME:
			*(gint64 *)at = sqlite3_column_int64(statement,
							     (int)i);
			break;
		case FIELD_BOOL:
			*(bool *)at = sqlite3_column_int64(statement,
							   (int)i) != 0;
			break;
		case FIELD_WORD:
			*(int *)at = word_of(row->words,
					     db_text(statement, (int)i));
			break;
		case FIELD_TEXT:
		case FIELD_TEXTS:
		case FIELD_STRUCT:
		case FIELD_LIST:
			*(char **)at = g_strdup(db_text(statement, (int)i));
			break;
		}
	}
	return report;
}

static const char *
text(const char *value)
{
	return value ? value : "";
}

static bool
insert(Db *db, const Report *report, GError **error)
{
	return db_run(db, error,
	    "INSERT INTO report (" COLUMNS ") VALUES ($1, $2, $3, 1, $4, $5,"
	    " $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
	    " $19, $20, $21, $22, $23, $24, '', '', 0, '', '', $25)",
	    "tiittttitttttttttttttttti", report->id, report->at,
	    report->last, text(report->tenant), text(report->reporter),
	    text(report->mailbox), text(report->reply),
	    (gint64)report->is_verified, report_reasons[report->reason],
	    text(report->via), report_forms[report->form],
	    text(report->message), text(report->group), text(report->item),
	    text(report->sha256), text(report->sender), text(report->from),
	    text(report->from_domain), text(report->subject),
	    text(report->message_id), text(report->client),
	    text(report->drill), report_states[report->state],
	    text(report->result), report->size);
}

/* What was done to the group before holds for REPORT. */
static bool
adopt(Db *db, const Report *report, GError **error)
{
	g_autoptr(GError) fault = NULL;
	g_autoptr(Report) other = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT " COLUMNS
	    " FROM report WHERE tenant = $1 AND \"group\" = $2"
	    " AND verified = $3 AND id <> $4 AND (marked <> ''"
	    " OR submission <> '') ORDER BY id LIMIT 1", "ttit",
	    report->tenant, report->group, (gint64)report->is_verified,
	    report->id);

	if (row && db_next(row, &fault))
		other = read_row(row);
	db_end(row);
	if (fault || !other)
		return db_settle(g_steal_pointer(&fault), error);
	return db_run(db, error,
		      "UPDATE report SET state = $2, result = $3, marked = $4,"
		      " marked_by = $5, marked_at = $6, note = $7,"
		      " submission = $8 WHERE id = $1", "tttttitt", report->id,
		      report_states[other->state], other->result,
		      report_marks[other->marked], other->marked_by,
		      other->marked_at, other->note, other->submission);
}

/* Is there a row ID? */
static bool
is_there(Db *db, const char *id, bool *is, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT 1 FROM report"
				     " WHERE id = $1", "t", id);

	*is = row && db_next(row, &fault);
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

/* The id of the row by which REPORT was said before, or NULL; yours. */
static char *
said_before(Db *db, const Report *report, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT id FROM report"
	    " WHERE tenant = $1 AND \"group\" = $2 AND verified = $3"
	    " AND reporter = $4 AND reason = $5", "ttitt", report->tenant,
	    report->group, (gint64)report->is_verified, report->reporter,
	    report_reasons[report->reason]);
	char *id = row && db_next(row, error) ? g_strdup(db_text(row, 0)) :
	    NULL;

	db_end(row);
	return id;
}

static bool
add(Db *db, void *data, GError **error)
{
	const Report *report = data;
	g_autoptr(GError) fault = NULL;
	g_autofree char *before = NULL;
	bool is;

	if (!is_there(db, report->id, &is, error))
		return false;
	if (is)
		return true;
	before = said_before(db, report, &fault);
	if (fault)
		return db_settle(g_steal_pointer(&fault), error);
	if (before)
		return db_run(db, error, "UPDATE report SET last = $2,"
			      " times = times + 1 WHERE id = $1 AND last < $2",
			      "ti", before, report->last);
	return insert(db, report, error) &&
	    (report->state == REPORT_DRILL || adopt(db, report, error));
}

bool
reports_add(Reports *reports, const Report *report, GError **error)
{
	return db_transact(reports->db, add, (void *)report, error);
}

char *
reports_item(Reports *reports, const Report *report, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault, "SELECT item"
	    " FROM report WHERE tenant = $1 AND \"group\" = $2"
	    " AND verified = $3 AND item <> '' ORDER BY id LIMIT 1", "tti",
	    report->tenant, report->group, (gint64)report->is_verified);
	char *item = row && db_next(row, &fault) ? g_strdup(db_text(row, 0)) :
	    NULL;

	db_end(row);
	if (!fault)
		return item ? item : g_strdup("");
	g_free(item);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}

static GPtrArray *
rows_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)report_free);
}

GPtrArray *
reports_group(Reports *reports, const char *id, GError **error)
{
	g_autoptr(GPtrArray) rows = rows_new();
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault, "SELECT " COLUMNS
	    " FROM report WHERE EXISTS (SELECT 1 FROM report AS one"
	    " WHERE one.id = $1 AND one.tenant = report.tenant"
	    " AND one.\"group\" = report.\"group\""
	    " AND one.verified = report.verified) ORDER BY id", "t", id);

	while (row && db_next(row, &fault))
		g_ptr_array_add(rows, read_row(row));
	db_end(row);
	if (!fault)
		return g_steal_pointer(&rows);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}

static bool
is_same_group(const Report *one, const Report *other)
{
	return strcmp(one->group, other->group) == 0 &&
	    strcmp(one->tenant, other->tenant) == 0 &&
	    one->is_verified == other->is_verified;
}

static void
tell_group(GPtrArray *rows, gint64 since, reports_found *found, void *data)
{
	bool is_new = false;

	for (guint i = 0; i < rows->len; i++)
		is_new |= ((const Report *)rows->pdata[i])->last >= since;
	if (is_new)
		found(rows, data);
	g_ptr_array_set_size(rows, 0);
}

bool
reports_each(Reports *reports, const char *tenant, gint64 since,
	     reports_found *found, void *data, GError **error)
{
	const struct condition of = { tenant, OF_TENANT };
	g_autofree char *sql = where_sql("SELECT " COLUMNS " FROM report",
	    &of, 1, " ORDER BY tenant, \"group\", verified, id");
	g_autoptr(GPtrArray) rows = rows_new();
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault, sql, "t", tenant);

	while (row && db_next(row, &fault)) {
		Report *one = read_row(row);

		if (rows->len && !is_same_group(rows->pdata[0], one))
			tell_group(rows, since, found, data);
		g_ptr_array_add(rows, one);
	}
	db_end(row);
	if (rows->len && !fault)
		tell_group(rows, since, found, data);
	return db_settle(g_steal_pointer(&fault), error);
}

gint64
reports_reporters(Reports *reports, const char *tenant, const char *from,
		  gint64 since, GError **error)
{
	sqlite3_stmt *row = db_begin(reports->db, error,
	    "SELECT COUNT(DISTINCT CASE mailbox WHEN '' THEN reporter ELSE"
	    " mailbox END) FROM report WHERE tenant = $1 AND \"from\" = $2"
	    " AND at >= $3 AND verified = 1 AND message <> '' AND drill = ''"
	    " AND reason IN ($4, $5) AND marked <> $6", "ttittt", tenant,
	    from, since, report_reasons[REPORT_PHISH],
	    report_reasons[REPORT_JUNK], report_marks[MARK_CLEAN]);
	gint64 count = row && db_next(row, error) ?
	    sqlite3_column_int64(row, 0) : -1;

	db_end(row);
	return count;
}

gint64
reports_waiting(Reports *reports, const char *tenant, gint64 before,
		gint64 *oldest, GError **error)
{
	const struct condition all[] = {
		{ tenant, OF_TENANT },
		{ true, "verified = 1 AND state = $2 AND at < $3" },
	};
	g_autofree char *sql = where_sql("SELECT COUNT(DISTINCT tenant"
	    " || ' ' || \"group\"), COALESCE(MIN(at), 0) FROM report", all,
	    G_N_ELEMENTS(all), "");
	sqlite3_stmt *row = db_begin(reports->db, error, sql, "tti", tenant,
				     report_states[REPORT_NEW], before);

	return db_count(row, oldest, error);
}

/* ---- deeds ---- */

bool
reports_mark(Reports *reports, const Report *row, enum report_mark mark,
	     const char *by, const char *note, gint64 now, GError **error)
{
	return db_run(reports->db, error,
		      "UPDATE report SET marked = $4, marked_by = $5,"
		      " marked_at = $6, note = $7, state = CASE state"
		      "  WHEN 'new' THEN 'marked' ELSE state END"
		      " WHERE tenant = $1 AND \"group\" = $2"
		      " AND verified = $3", "ttittit", row->tenant,
		      row->group, (gint64)row->is_verified,
		      report_marks[mark], by, now, text(note));
}

bool
reports_submitted(Reports *reports, const Report *row,
		  const char *submission, GError **error)
{
	return db_run(reports->db, error,
		      "UPDATE report SET submission = $4,"
		      " state = 'submitted', result = ''"
		      " WHERE tenant = $1 AND \"group\" = $2"
		      " AND verified = $3", "ttit", row->tenant, row->group,
		      (gint64)row->is_verified, submission);
}

bool
reports_has_item(Reports *reports, const char *item, bool *has,
		 GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault, "SELECT 1"
				     " FROM report WHERE item = $1", "t",
				     item);

	*has = row && db_next(row, &fault);
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

/* The octets that rows last seen before BEFORE name, of char *. */
static GPtrArray *
old_items(Reports *reports, gint64 before, GError **error)
{
	GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *row = db_begin(reports->db, error, "SELECT DISTINCT"
				     " item FROM report WHERE last < $1"
				     " AND item <> ''", "i", before);

	while (row && db_next(row, error))
		g_ptr_array_add(items, g_strdup(db_text(row, 0)));
	db_end(row);
	return items;
}

static bool
count_old(Reports *reports, gint64 before, guint *rows, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(reports->db, &fault, "SELECT COUNT(*)"
				     " FROM report WHERE last < $1", "i",
				     before);

	*rows = row && db_next(row, &fault) ?
	    (guint)sqlite3_column_int64(row, 0) : 0;
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
reports_sweep(Reports *reports, gint64 before, guint *rows,
	      reports_gone *gone, void *data, GError **error)
{
	g_autoptr(GError) fault = NULL;
	g_autoptr(GPtrArray) items = old_items(reports, before, &fault);

	if (fault || !count_old(reports, before, rows, &fault) ||
	    !db_run(reports->db, &fault, "DELETE FROM report WHERE last < $1",
		    "i", before))
		return db_settle(g_steal_pointer(&fault), error);
	for (guint i = 0; i < items->len; i++) {
		bool has;

		if (!reports_has_item(reports, items->pdata[i], &has, error))
			return false;
		if (!has)
			gone(items->pdata[i], data);
	}
	return true;
}
