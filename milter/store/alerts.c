/*
 * alerts.c -- what admins are to know, and when cron's jobs were done
 */
#include "gatepost/store/alerts.h"

#include "gatepost/store/db.h"
#include "gatepost/store/where.h"
#include "gatepost/util/fields.h"

struct Alerts {
	Db *db;
};

Alerts *
alerts_open(const char *path, GError **error)
{
	g_autoptr(Alerts) alerts = g_new0(Alerts, 1);

	alerts->db = db_open_state(path, true, error);
	return alerts->db ? g_steal_pointer(&alerts) : NULL;
}

void
alerts_free(Alerts *alerts)
{
	if (alerts)
		db_close(alerts->db);
	g_free(alerts);
}

struct raising {
	const char *tenant, *line;
	enum alert_kind kind;
	gint64 now, window;
};

/* When the open one that is to be joined began; 0: there is none. */
static bool
find_open(Db *db, const struct raising *work, gint64 *first, gint64 *count,
	  GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT first, count FROM"
	    " alert WHERE tenant = $1 AND kind = $2 AND first > $3"
	    " AND first <= $4 ORDER BY first DESC LIMIT 1", "ttii",
	    work->tenant, alert_kinds[work->kind], work->now - work->window,
	    work->now);

	*first = *count = 0;
	if (row && db_next(row, &fault)) {
		*first = sqlite3_column_int64(row, 0);
		*count = sqlite3_column_int64(row, 1);
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

static bool
raise_one(Db *db, void *data, GError **error)
{
	const struct raising *work = data;
	gint64 first, count;

	if (!find_open(db, work, &first, &count, error))
		return false;
	if (!first)
		return db_run(db, error, "INSERT INTO alert (tenant, kind,"
			      " first, last, count, told, lines)"
			      " VALUES ($1, $2, $3, $3, 1, 0, $4)"
			      " ON CONFLICT (tenant, kind, first)"
			      " DO UPDATE SET count = count + 1", "ttit",
			      work->tenant, alert_kinds[work->kind],
			      work->now, work->line);
	return db_run(db, error, "UPDATE alert SET count = count + 1,"
		      " last = $4, lines = CASE WHEN $5 < $6 THEN"
		      " lines || char(10) || $7 ELSE lines END"
		      " WHERE tenant = $1 AND kind = $2 AND first = $3",
		      "ttiiiit", work->tenant, alert_kinds[work->kind],
		      first, work->now, count, (gint64)ALERT_LINES,
		      work->line);
}

bool
alerts_raise(Alerts *alerts, const char *tenant, enum alert_kind kind,
	     const char *line, gint64 now, gint64 window, GError **error)
{
	struct raising work = { tenant, line, kind, now, window };

	return db_transact(alerts->db, raise_one, &work, error);
}

bool
alerts_list(Alerts *alerts, const char *tenant, gint64 since, bool is_due,
	    alert_found *found, void *data, GError **error)
{
	const struct condition all[] = {
		{ tenant, "tenant = $1" }, { since, "last >= $2" },
		{ is_due, "told < count" },
	};
	g_autofree char *sql = where_sql("SELECT tenant, kind, first, last,"
	    " count, told, ran, lines FROM alert", all, G_N_ELEMENTS(all),
	    " ORDER BY first DESC");
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(alerts->db, &fault, sql, "ti", tenant,
				     since);

	while (row && db_next(row, &fault)) {
		struct alert_row one = {
			.tenant = db_text(row, 0),
			.kind = (enum alert_kind)MAX(fields_word(alert_kinds,
			    db_text(row, 1)), 0),
			.first = sqlite3_column_int64(row, 2),
			.last = sqlite3_column_int64(row, 3),
			.count = sqlite3_column_int64(row, 4),
			.told = sqlite3_column_int64(row, 5),
			.ran = sqlite3_column_int64(row, 6),
			.lines = db_text(row, 7),
		};

		found(&one, data);
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
alerts_told(Alerts *alerts, const struct alert_row *row, GError **error)
{
	return db_run(alerts->db, error, "UPDATE alert SET told = $4"
		      " WHERE tenant = $1 AND kind = $2 AND first = $3"
		      " AND told < $4", "ttii", row->tenant,
		      alert_kinds[row->kind], row->first, row->count);
}

bool
alerts_ran(Alerts *alerts, const struct alert_row *row, GError **error)
{
	return db_run(alerts->db, error, "UPDATE alert SET ran = $4"
		      " WHERE tenant = $1 AND kind = $2 AND first = $3"
		      " AND ran < $4", "ttii", row->tenant,
		      alert_kinds[row->kind], row->first, row->count);
}

bool
alerts_sweep(Alerts *alerts, gint64 before, GError **error)
{
	return db_run(alerts->db, error, "DELETE FROM alert WHERE last < $1",
		      "i", before);
}

bool
jobs_done(Alerts *alerts, const char *name, gint64 now, GError **error)
{
	return db_run(alerts->db, error, "INSERT INTO job (name, last)"
		      " VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET"
		      " last = excluded.last", "ti", name, now);
}

bool
jobs_last(Alerts *alerts, const char *name, gint64 *last, GError **error)
{
	sqlite3_stmt *row = db_begin(alerts->db, error, "SELECT last FROM job"
				     " WHERE name = $1", "t", name);
	bool is_found = row && db_next(row, error);

	if (is_found)
		*last = sqlite3_column_int64(row, 0);
	db_end(row);
	return is_found;
}
