/*
 * db.h -- SQLite for store/ alone: open, steps, statements
 */
#ifndef GATEPOST_STORE_DB_H
#define GATEPOST_STORE_DB_H

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

enum store_error { STORE_ERROR_BUSY, STORE_ERROR_FULL, STORE_ERROR_CORRUPT,
		   STORE_ERROR_UNREACHABLE };
#define STORE_ERROR (store_error_quark())
GQuark store_error_quark(void);

/* A connection that several threads may use: its own mutex serialises. */
typedef sqlite3 Db;

/*
 * Open PATH, making it when MAKE, and bring its schema to the last of STEPS
 * (statements, ends with NULL; never edited, only added to).  NULL and ERROR
 * set on failure.
 */
Db *db_open(const char *path, bool make, const char *const *steps,
	    GError **error);
/* Open PATH, which must be there, as it is, to read it alone. */
Db *db_open_reading(const char *path, GError **error);
void db_close(Db *db);

/* Open the state store in the folder PATH, as db_open(); IS_DURABLE as
 * db_durable().  NULL and ERROR set on failure. */
Db *db_open_state(const char *path, bool is_durable, GError **error);

/* The same for reading alone, and nothing is made.  NULL without ERROR when
 * there is none, or one of an older version, that has no TABLE. */
Db *db_read_state(const char *path, const char *table, GError **error);

/* From now on a commit is on the platter, for what no file beside holds: to
 * be called right after db_open(). */
bool db_durable(Db *db, GError **error);

/* Wait so long for another's lock, instead of five seconds. */
void db_patience(Db *db, int milliseconds);

/* A statement for SQL, bound by FORMAT: t text (char *, NULL allowed), i
 * gint64, b blob (const void *, gsize).  What SQL does not name is passed
 * over.  NULL and ERROR set on failure; end it with db_end(). */
sqlite3_stmt *db_begin(Db *db, GError **error, const char *sql,
		       const char *format, ...);

/* The next row; false at the end, or with ERROR set. */
bool db_next(sqlite3_stmt *statement, GError **error);

/* Keep it for the next that asks for the same SQL, or finalise it; always
 * after the last use of a column.  NULL is nothing. */
void db_end(sqlite3_stmt *statement);

/* The two integers of STATEMENT's one row, a count and in *AT what goes with
 * it, and its end; -1 and ERROR set on failure, of db_begin() too. */
gint64 db_count(sqlite3_stmt *statement, gint64 *at, GError **error);

/* Was there no FAULT?  One that there is (taken) goes to ERROR. */
bool db_settle(GError *fault, GError **error);

/* Run SQL, which gives no rows. */
bool db_run(Db *db, GError **error, const char *sql, const char *format,
	    ...);

/* Column I as text, borrowed until the next step; NULL stays NULL. */
const char *db_text(sqlite3_stmt *statement, int i);

/* Run WORK between BEGIN IMMEDIATE and COMMIT; ROLLBACK when it is false. */
bool db_transact(Db *db, bool (*work)(Db *db, void *data, GError **error),
		 void *data, GError **error);

/* Write DB anew, and empty its log, so that nothing is left of what was
 * changed or deleted.  No statement may be open.  False and ERROR set. */
bool db_scrub(Db *db, GError **error);

#endif
