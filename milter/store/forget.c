/*
 * forget.c -- take a person out of the state store
 *
 * Whatever tables there are, now or later: each column of text is looked at.
 * All changes are one transaction; the store is written anew behind it, also
 * when a run before was ended between the two.
 */
#include "gatepost/store/forget.h"

#include <string.h>

#include "gatepost/store/db.h"

/* To have rows go when COLUMN names the person: a row.  NULL: the table is
 * another's. */
static const struct {
	const char *table, *column;
} going[] = {
	{ "user_entry", "user" }, { "user_entry", "value" },
	{ "user_choice", "user" }, { "held", NULL },
	{ "report", "reporter" }, { "report", "mailbox" },
	{ "report_meter", "who" },
	{ "submission", "rcpt" }, { "candidate", "rcpts" },
};

struct work {
	const Mention *who;
	bool is_dry;
	struct forget_rows *rows;
};

/* stand_in(TEXT): TEXT with the person's stand-in. */
static void
stand_in(sqlite3_context *context, int count, sqlite3_value **values)
{
	const Mention *who = sqlite3_user_data(context);
	const char *text = (const char *)sqlite3_value_text(values[0]);
	char *other = text ? mention_replace(who, text, NULL) : NULL;

	(void)count;
	if (other)
		sqlite3_result_text(context, other, -1, g_free);
	else
		sqlite3_result_value(context, values[0]);
}

/* The clause that finds rows of TABLE that name him in COLUMN, and that do
 * not go anyhow.  Yours. */
static char *
clause(const char *table, const char *column, bool is_going)
{
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "stand_in(\"%s\") <> \"%s\"", column,
			       column);
	for (guint i = 0; i < G_N_ELEMENTS(going); i++)
		if (strcmp(going[i].table, table) == 0 && !is_going)
			g_string_append_printf(out, " AND stand_in(\"%s\")"
					       " = \"%s\"",
					       going[i].column,
					       going[i].column);
	return g_string_free(out, FALSE);
}

/* How many rows of TABLE fit WHERE; -1 and ERROR set. */
static gint64
count_rows(Db *db, const char *table, const char *where, GError **error)
{
	g_autofree char *sql = g_strdup_printf("SELECT COUNT(*) FROM \"%s\""
	    " WHERE %s", table, where);
	sqlite3_stmt *row = db_begin(db, error, sql, "");
	gint64 count = row && db_next(row, error) ?
	    sqlite3_column_int64(row, 0) : -1;

	db_end(row);
	return count;
}

static bool
change_column(Db *db, struct work *work, const char *table,
	      const char *column, bool is_going, GError **error)
{
	g_autofree char *where = clause(table, column, is_going);
	gint64 count = count_rows(db, table, where, error);
	g_autofree char *sql = NULL;

	if (count < 0)
		return false;
	if (is_going)
		work->rows->entries += (guint)count;
	else if (strcmp(table, "audit") == 0)
		work->rows->deeds += (guint)count;
	else
		work->rows->others += (guint)count;
	if (work->is_dry || count == 0)
		return true;
	sql = is_going ?
	    g_strdup_printf("DELETE FROM \"%s\" WHERE %s", table, where) :
	    g_strdup_printf("UPDATE \"%s\" SET \"%s\" = stand_in(\"%s\")"
			    " WHERE %s", table, column, column, where);
	return db_run(db, error, sql, "");
}

/* The columns of text of TABLE, of char *; NULL and ERROR set. */
static GPtrArray *
text_columns(Db *db, const char *table, GError **error)
{
	g_autofree char *sql = g_strdup_printf("SELECT * FROM \"%s\"", table);
	sqlite3_stmt *row = db_begin(db, error, sql, "");
	GPtrArray *columns;

	if (!row)
		return NULL;
	columns = g_ptr_array_new_with_free_func(g_free);
	for (int i = 0; i < sqlite3_column_count(row); i++)
		if (g_strcmp0(sqlite3_column_decltype(row, i), "TEXT") == 0)
			g_ptr_array_add(columns, g_strdup(
			    sqlite3_column_name(row, i)));
	db_end(row);
	return columns;
}

static bool
change_table(Db *db, struct work *work, const char *table, GError **error)
{
	g_autoptr(GPtrArray) columns = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(going); i++) {
		if (strcmp(going[i].table, table) != 0)
			continue;
		if (!going[i].column)
			return true;
		if (!change_column(db, work, table, going[i].column, true,
				   error))
			return false;
	}
	columns = text_columns(db, table, error);
	for (guint i = 0; columns && i < columns->len; i++) {
		bool is_gone = false;

		for (guint j = 0; j < G_N_ELEMENTS(going); j++)
			is_gone |= strcmp(going[j].table, table) == 0 &&
			    strcmp(going[j].column, columns->pdata[i]) == 0;
		if (!is_gone && !change_column(db, work, table,
					       columns->pdata[i], false,
					       error))
			return false;
	}
	return columns != NULL;
}

/* The names of all tables; NULL and ERROR set. */
static GPtrArray *
tables(Db *db, GError **error)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT name FROM "
				     "sqlite_schema WHERE type = 'table'"
				     " ORDER BY name", "");

	while (row && db_next(row, &fault))
		g_ptr_array_add(all, g_strdup(db_text(row, 0)));
	db_end(row);
	if (!fault)
		return all;
	g_propagate_error(error, g_steal_pointer(&fault));
	g_ptr_array_free(all, TRUE);
	return NULL;
}

static bool
change_all(Db *db, void *data, GError **error)
{
	g_autoptr(GPtrArray) all = tables(db, error);

	for (guint i = 0; all && i < all->len; i++)
		if (!change_table(db, data, all->pdata[i], error))
			return false;
	return all != NULL;
}

bool
forget_rows(const char *path, const Mention *who, bool is_dry,
	    struct forget_rows *rows, GError **error)
{
	Db *db = db_open_state(path, false, error);
	struct work work = { who, is_dry, rows };
	bool good;

	if (!db)
		return false;
	good = sqlite3_create_function_v2(db, "stand_in", 1, SQLITE_UTF8 |
					  SQLITE_DETERMINISTIC,
					  (void *)who, stand_in, NULL, NULL,
					  NULL) == SQLITE_OK;
	g_assert(good);
	good = db_transact(db, change_all, &work, error) &&
	    (is_dry || db_scrub(db, error));
	db_close(db);
	return good;
}
