/*
 * db.c -- SQLite for store/ alone
 *
 * WAL with synchronous=NORMAL: a commit is in the file system at once, and
 * on the platter at the next checkpoint.  What must survive a power cut
 * stands in files beside, from which `reindex` builds these tables anew.
 */
#include "gatepost/store/db.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "gatepost/store/schema.h"
#include "gatepost/store/versions.h"
#include "gatepost/util/file.h"

/* Pages in the log before a checkpoint (and its syncs). */
#define CHECKPOINT_PAGES "16384"

G_DEFINE_QUARK(gatepost-store-error, store_error)

static bool
fail(Db *db, GError **error, const char *what)
{
	enum store_error code;

	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		code = STORE_ERROR_BUSY;
		break;
	case SQLITE_FULL:
	case SQLITE_NOMEM:
		code = STORE_ERROR_FULL;
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		code = STORE_ERROR_CORRUPT;
		break;
	default:
		code = STORE_ERROR_UNREACHABLE;
	}
	g_set_error(error, STORE_ERROR, (int)code, "%s: %s", what,
		    sqlite3_errmsg(db));
	return false;
}

/* ---- statements that are used again: to read one takes longer than what
 * most of them do ---- */

/* Of a connection; one a text. */
#define IDLE_MOST 64

/* Db * to its table, of text to statement; a text is its statement's. */
static GHashTable *idle;
static pthread_mutex_t idle_lock = PTHREAD_MUTEX_INITIALIZER;

static sqlite3_stmt *
idle_take(Db *db, const char *sql)
{
	gpointer statement = NULL;
	GHashTable *table;

	pthread_mutex_lock(&idle_lock);
	table = idle ? g_hash_table_lookup(idle, db) : NULL;
	if (table)
		g_hash_table_steal_extended(table, sql, NULL, &statement);
	pthread_mutex_unlock(&idle_lock);
	return statement;
}

/* False: there is no room for it. */
static bool
idle_give(sqlite3_stmt *statement)
{
	Db *db = sqlite3_db_handle(statement);
	const char *sql = sqlite3_sql(statement);
	GHashTable *table;
	bool is_room;

	pthread_mutex_lock(&idle_lock);
	if (!idle)
		idle = g_hash_table_new(NULL, NULL);
	table = g_hash_table_lookup(idle, db);
	if (!table) {
		table = g_hash_table_new(g_str_hash, g_str_equal);
		g_hash_table_insert(idle, db, table);
	}
	is_room = g_hash_table_size(table) < IDLE_MOST &&
	    !g_hash_table_contains(table, sql);
	if (is_room)
		g_hash_table_insert(table, (gpointer)sql, statement);
	pthread_mutex_unlock(&idle_lock);
	return is_room;
}

static void
idle_end(Db *db)
{
	gpointer table = NULL, statement;
	GHashTableIter iter;

	pthread_mutex_lock(&idle_lock);
	if (idle)
		g_hash_table_steal_extended(idle, db, NULL, &table);
	pthread_mutex_unlock(&idle_lock);
	if (!table)
		return;
	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, NULL, &statement)) {
		g_hash_table_iter_steal(&iter);
		sqlite3_finalize(statement);
	}
	g_hash_table_unref(table);
}

/* ---- connections ---- */

static bool
run_plain(Db *db, const char *sql, GError **error)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	    fail(db, error, sql);
}

/* How many of its steps the schema has; -1 and ERROR set on failure. */
static gint64
steps_done(Db *db, GError **error)
{
	sqlite3_stmt *statement = db_begin(db, error, "PRAGMA user_version",
					   "");
	gint64 done = -1;

	if (statement && db_next(statement, error))
		done = sqlite3_column_int64(statement, 0);
	db_end(statement);
	return done;
}

/* Those that are missing, in a transaction. */
static bool
run_steps(Db *db, const char *const *steps, GError **error)
{
	/* Another process may have been faster. */
	gint64 done = steps_done(db, error);

	for (gint64 i = 0; done >= 0 && steps[i]; i++) {
		g_autofree char *mark = NULL;

		if (i < done)
			continue;
		mark = g_strdup_printf("PRAGMA user_version = %"
				       G_GINT64_FORMAT, i + 1);
		if (!run_plain(db, steps[i], error) ||
		    !run_plain(db, mark, error))
			return false;
	}
	return done >= 0 && run_plain(db, "COMMIT", error);
}

static bool
bring_up(Db *db, const char *const *steps, GError **error)
{
	gint64 done = steps_done(db, error), last = 0;

	while (steps[last])
		last++;
	if (done < 0 || done >= last)
		return done >= 0;
	if (!run_plain(db, "BEGIN IMMEDIATE", error))
		return false;
	if (run_steps(db, steps, error))
		return true;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

Db *
db_open(const char *path, bool make, const char *const *steps,
	GError **error)
{
	Db *db = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX |
	    SQLITE_OPEN_NOFOLLOW | (make ? SQLITE_OPEN_CREATE : 0);

	if (sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(db, 5000) == SQLITE_OK &&
	    run_plain(db, "PRAGMA journal_mode = WAL;"
		      "PRAGMA synchronous = NORMAL;"
		      "PRAGMA wal_autocheckpoint = " CHECKPOINT_PAGES, error)
	    && bring_up(db, steps, error))
		return db;
	if (error && !*error)
		fail(db, error, "open");
	g_prefix_error(error, "%s: ", path);
	db_close(db);
	return NULL;
}

Db *
db_open_reading(const char *path, GError **error)
{
	Db *db = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY |
			    SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW,
			    NULL) == SQLITE_OK)
		return db;
	fail(db, error, path);
	sqlite3_close(db);
	return NULL;
}

bool
db_durable(Db *db, GError **error)
{
	return run_plain(db, "PRAGMA synchronous = FULL", error);
}

Db *
db_open_state(const char *path, bool is_durable, GError **error)
{
	g_autofree char *file = g_build_filename(path, "state.db", NULL);
	Db *db = db_open(file, true, schema_state, error);

	if (!db || !is_durable || db_durable(db, error))
		return db;
	db_close(db);
	return NULL;
}

/* False too when no one can tell, and ERROR is set. */
static bool
has_table(Db *db, const char *name, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT name FROM "
				     "sqlite_schema WHERE name = $1", "t",
				     name);
	bool has = row && db_next(row, error);

	db_end(row);
	return has;
}

Db *
db_read_state(const char *path, const char *table, GError **error)
{
	g_autofree char *file = g_build_filename(path, "state.db", NULL);
	g_autoptr(GError) fault = NULL;
	Db *db;

	if (access(file, F_OK) < 0) {
		if (errno != ENOENT)
			file_fail(error, "open", file);
		return NULL;
	}
	db = db_open_reading(file, error);
	if (!db || has_table(db, table, &fault))
		return db;
	db_close(db);
	if (fault)
		g_propagate_prefixed_error(error, g_steal_pointer(&fault),
					   "%s: ", file);
	return NULL;
}

void
db_patience(Db *db, int milliseconds)
{
	sqlite3_busy_timeout(db, milliseconds);
}

void
db_close(Db *db)
{
	idle_end(db);
	sqlite3_close(db);
}

/* SQLite numbers $1, $2 ... by the order in which it meets them; PostgreSQL,
 * and who reads the statement, by their names. */
static int
place_of(sqlite3_stmt *statement, int number)
{
	char name[16];

	g_snprintf(name, sizeof name, "$%d", number);
	return sqlite3_bind_parameter_index(statement, name);
}

static sqlite3_stmt *
begin(Db *db, GError **error, const char *sql, const char *format,
      va_list args)
{
	sqlite3_stmt *statement = idle_take(db, sql);
	const void *blob;

	if (!statement &&
	    sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT,
			       &statement, NULL) != SQLITE_OK) {
		fail(db, error, sql);
		return NULL;
	}
	for (int i = 1; *format; format++, i++) {
		int at = place_of(statement, i);

		switch (*format) {
		case 't':
			sqlite3_bind_text(statement, at,
					  va_arg(args, const char *), -1,
					  SQLITE_TRANSIENT);
			break;
		case 'i':
			sqlite3_bind_int64(statement, at,
					   va_arg(args, gint64));
			break;
		case 'b':
			blob = va_arg(args, const void *);
			sqlite3_bind_blob64(statement, at, blob,
					    va_arg(args, gsize),
					    SQLITE_TRANSIENT);
			break;
		default:
			g_assert_not_reached();
		}
	}
	return statement;
}

sqlite3_stmt *
db_begin(Db *db, GError **error, const char *sql, const char *format, ...)
{
	sqlite3_stmt *statement;
	va_list args;

	va_start(args, format);
	statement = begin(db, error, sql, format, args);
	va_end(args);
	return statement;
}

bool
db_next(sqlite3_stmt *statement, GError **error)
{
	int result = sqlite3_step(statement);

	if (result == SQLITE_ROW)
		return true;
	if (result != SQLITE_DONE)
		fail(sqlite3_db_handle(statement), error,
		     sqlite3_sql(statement));
	return false;
}

void
db_end(sqlite3_stmt *statement)
{
	if (!statement)
		return;
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (!idle_give(statement))
		sqlite3_finalize(statement);
}

gint64
db_count(sqlite3_stmt *statement, gint64 *at, GError **error)
{
	gint64 count = -1;

	if (statement && db_next(statement, error)) {
		count = sqlite3_column_int64(statement, 0);
		*at = sqlite3_column_int64(statement, 1);
	}
	db_end(statement);
	return count;
}

bool
db_settle(GError *fault, GError **error)
{
	if (fault)
		g_propagate_error(error, fault);
	return !fault;
}

bool
db_run(Db *db, GError **error, const char *sql, const char *format, ...)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *statement;
	va_list args;

	va_start(args, format);
	statement = begin(db, &fault, sql, format, args);
	va_end(args);
	if (statement)
		db_next(statement, &fault);
	db_end(statement);
	return db_settle(g_steal_pointer(&fault), error);
}

const char *
db_text(sqlite3_stmt *statement, int i)
{
	return (const char *)sqlite3_column_text(statement, i);
}

bool
db_transact(Db *db, bool (*work)(Db *db, void *data, GError **error),
	    void *data, GError **error)
{
	bool good;

	/* A transaction is the connection's: other threads wait outside. */
	sqlite3_mutex_enter(sqlite3_db_mutex(db));
	good = db_run(db, error, "BEGIN IMMEDIATE", "");
	if (good && !(work(db, data, error) &&
		      db_run(db, error, "COMMIT", ""))) {
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		good = false;
	}
	sqlite3_mutex_leave(sqlite3_db_mutex(db));
	return good;
}

bool
db_scrub(Db *db, GError **error)
{
	return run_plain(db, "VACUUM", error) &&
	    (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				       NULL, NULL) == SQLITE_OK ||
	     fail(db, error, "empty the log"));
}

void
store_versions(GString *out)
{
	g_string_append_printf(out, "SQLite %s\n", sqlite3_libversion());
	g_string_append_printf(out, "zstd %s\n", ZSTD_versionString());
}
