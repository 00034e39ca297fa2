/*
 * seen.h -- what the records of a day were seen with, found again by its key
 *
 * A record's keys stand together in one row, and the rows in parts; a part
 * that is full has a filter (Bloom's), so that a search reads the rows of
 * hardly any part but those that hold what it looks for.
 */
#ifndef GATEPOST_STORE_SEEN_H
#define GATEPOST_STORE_SEEN_H

#include "gatepost/store/db.h"

/* The statement that seen_put() runs again and again; NULL and ERROR set.
 * Finalise with db_end(). */
sqlite3_stmt *seen_begin(Db *db, GError **error);

/*
 * Put the KEYS (of gint64) of record ID, inside a transaction, by STATEMENT
 * of seen_begin().  The number of the row, from 1 on; 0 and ERROR set.
 */
gint64 seen_put(sqlite3_stmt *statement, const char *id, const GArray *keys,
		GError **error);

/* Undo the last seen_put(), which gave NUMBER, inside its transaction.  False
 * and ERROR set. */
bool seen_take_back(Db *db, gint64 number, GError **error);

/* The ids (of char *) of the records of DB that have all COUNT (one at least)
 * KEYS, newest first, each once; best with the rarest of KEYS in front.  NULL
 * and ERROR set. */
GPtrArray *seen_find(Db *db, const gint64 *keys, guint count, GError **error);

/* In row NUMBER, what was seen as OLD is seen as NEW (of gint64, as many),
 * inside a transaction.  No such row is no failure. */
bool seen_move(Db *db, gint64 number, const GArray *old, const GArray *new,
	       GError **error);

#endif
