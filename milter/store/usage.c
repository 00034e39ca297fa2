/*
 * usage.c -- the life of list entries, in the state store
 *
 * What is lost with the state store are counts and history, never an entry:
 * those stand in the list files.
 */
#include "gatepost/store/usage.h"

#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"

struct Usages {
	Db *db;
};

gint64
usage_born(Usages *usages, GError **error)
{
	sqlite3_stmt *row = db_begin(usages->db, error,
				     "SELECT at FROM born", "");
	gint64 at = 0;

	if (row && db_next(row, error))
		at = sqlite3_column_int64(row, 0);
	if (row)
		db_end(row);
	return at;
}

Usages *
usages_open(const char *path, GError **error)
{
	g_autoptr(GError) fault = NULL;
	Usages *usages;
	Db *db = db_open_state(path, false, error);

	if (!db)
		return NULL;
	usages = g_new0(Usages, 1);
	usages->db = db;
	if (usage_born(usages, &fault) || fault ||
	    db_run(db, &fault, "INSERT INTO born (one, at) VALUES (1, $1) "
		   "ON CONFLICT (one) DO NOTHING", "i", clock_now()))
		return usages;
	g_propagate_error(error, g_steal_pointer(&fault));
	usages_free(usages);
	return NULL;
}

Usages *
usages_open_reading(const char *path, GError **error)
{
	Db *db = db_read_state(path, "brake", error);
	Usages *usages = NULL;

	if (db) {
		usages = g_new0(Usages, 1);
		usages->db = db;
	}
	return usages;
}

void
usages_free(Usages *usages)
{
	if (usages)
		db_close(usages->db);
	g_free(usages);
}

static bool
add_one(Db *db, const Usage *usage, GError **error)
{
	return db_run(db, error,
		      "INSERT INTO usage (key, first, last, decided, hits, "
		      "decisions) VALUES ($1, $2, $3, $4, $5, $6) "
		      "ON CONFLICT (key) DO UPDATE SET "
		      "last = CASE WHEN excluded.last > usage.last "
		      "THEN excluded.last ELSE usage.last END, "
		      "decided = CASE WHEN excluded.decided > usage.decided "
		      "THEN excluded.decided ELSE usage.decided END, "
		      "hits = usage.hits + excluded.hits, "
		      "decisions = usage.decisions + excluded.decisions",
		      "tiiiii", usage->key, usage->first, usage->last,
		      usage->decided, usage->hits, usage->decisions);
}

static bool
add_all(Db *db, void *data, GError **error)
{
	const GPtrArray *more = data;

	for (guint i = 0; i < more->len; i++)
		if (!add_one(db, more->pdata[i], error))
			return false;
	return true;
}

bool
usage_add(Usages *usages, const GPtrArray *more, GError **error)
{
	return db_transact(usages->db, add_all, (void *)more, error);
}

GHashTable *
usage_all(Usages *usages, GError **error)
{
	g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash,
	    g_str_equal, NULL, g_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(usages->db, error,
	    "SELECT key, first, last, decided, hits, decisions FROM usage",
	    "");

	if (!row)
		return NULL;
	while (db_next(row, &fault)) {
		Usage *usage = g_new0(Usage, 1);

		g_strlcpy(usage->key, db_text(row, 0), sizeof usage->key);
		usage->first = sqlite3_column_int64(row, 1);
		usage->last = sqlite3_column_int64(row, 2);
		usage->decided = sqlite3_column_int64(row, 3);
		usage->hits = sqlite3_column_int64(row, 4);
		usage->decisions = sqlite3_column_int64(row, 5);
		g_hash_table_replace(all, usage->key, usage);
	}
	db_end(row);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return NULL;
	}
	return g_steal_pointer(&all);
}

struct usage_sweeping {
	GHashTable *keep;
	gint64 before;
};

static bool
sweep_all(Db *db, void *data, GError **error)
{
	const struct usage_sweeping *sweeping = data;
	g_autoptr(GPtrArray) old = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, error, "SELECT key FROM usage "
				     "WHERE last < $1", "i",
				     sweeping->before);

	if (!row)
		return false;
	while (db_next(row, &fault))
		if (!g_hash_table_contains(sweeping->keep, db_text(row, 0)))
			g_ptr_array_add(old, g_strdup(db_text(row, 0)));
	db_end(row);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	for (guint i = 0; i < old->len; i++)
		if (!db_run(db, error, "DELETE FROM usage WHERE key = $1",
			    "t", old->pdata[i]))
			return false;
	return true;
}

bool
usage_sweep(Usages *usages, GHashTable *keep, gint64 before, GError **error)
{
	struct usage_sweeping sweeping = { keep, before };

	return db_transact(usages->db, sweep_all, &sweeping, error);
}

/* ---- what is gone ---- */

void
gone_clear(struct gone *gone)
{
	g_free(gone->key);
	g_free(gone->tenant);
	g_free(gone->text);
	g_free(gone->place);
	g_free(gone->why);
	g_free(gone->who);
	memset(gone, 0, sizeof *gone);
}

bool
history_add(Usages *usages, const struct gone *gone, GError **error)
{
	return db_run(usages->db, error,
		      "INSERT INTO history (key, at, tenant, text, place, "
		      "why, who) VALUES ($1, $2, $3, $4, $5, $6, $7) "
		      "ON CONFLICT (key, at) DO NOTHING", "tittttt",
		      gone->key, gone->at, gone->tenant, gone->text,
		      gone->place, gone->why, gone->who);
}

bool
history_find(Usages *usages, const char *key, gint64 since,
	     struct gone *gone, GError **error)
{
	sqlite3_stmt *row = db_begin(usages->db, error,
	    "SELECT key, at, tenant, text, place, why, who FROM history "
	    "WHERE key = $1 AND at >= $2 ORDER BY at DESC LIMIT 1", "ti",
	    key, since);
	bool found = row && db_next(row, error);

	if (found)
		*gone = (struct gone){
			.key = g_strdup(db_text(row, 0)),
			.at = sqlite3_column_int64(row, 1),
			.tenant = g_strdup(db_text(row, 2)),
			.text = g_strdup(db_text(row, 3)),
			.place = g_strdup(db_text(row, 4)),
			.why = g_strdup(db_text(row, 5)),
			.who = g_strdup(db_text(row, 6)),
		};
	if (row)
		db_end(row);
	return found;
}

bool
history_sweep(Usages *usages, gint64 before, GError **error)
{
	return db_run(usages->db, error,
		      "DELETE FROM history WHERE at < $1", "i", before) &&
	    db_run(usages->db, error,
		   "DELETE FROM notice WHERE expires < $1", "i", before);
}

/* ---- notices ---- */

bool
notice_is_told(Usages *usages, const char *key, gint64 expires,
	       GError **error)
{
	sqlite3_stmt *row = db_begin(usages->db, error,
	    "SELECT 1 FROM notice WHERE key = $1 AND expires = $2", "ti", key,
	    expires);
	bool told = row && db_next(row, error);

	if (row)
		db_end(row);
	return told;
}

bool
notice_tell(Usages *usages, const char *key, gint64 expires,
	    GError **error)
{
	return db_run(usages->db, error,
		      "INSERT INTO notice (key, expires) VALUES ($1, $2) "
		      "ON CONFLICT (key, expires) DO NOTHING", "ti", key,
		      expires);
}

/* ---- brakes ---- */

void
brake_free(struct brake *brake)
{
	if (!brake)
		return;
	g_free(brake->key);
	g_free(brake->tenant);
	g_free(brake->text);
	g_free(brake);
}

bool
brake_set(Usages *usages, const struct brake *brake, GError **error)
{
	return db_run(usages->db, error,
		      "INSERT INTO brake (key, tenant, text, at, held, mail) "
		      "VALUES ($1, $2, $3, $4, $5, $6) "
		      "ON CONFLICT (key) DO NOTHING", "tttiii", brake->key,
		      brake->tenant, brake->text, brake->at, brake->held,
		      brake->mail);
}

bool
brake_lift(Usages *usages, const char *key, GError **error)
{
	sqlite3_stmt *row = db_begin(usages->db, error,
	    "DELETE FROM brake WHERE key = $1 RETURNING key", "t", key);
	bool lifted = row && db_next(row, error);

	/* The statement commits when it has given its last row. */
	lifted = lifted && !db_next(row, error) && !(error && *error);
	if (row)
		db_end(row);
	return lifted;
}

GPtrArray *
brake_all(Usages *usages, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)brake_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(usages->db, error,
	    "SELECT key, tenant, text, at, held, mail FROM brake "
	    "ORDER BY at", "");

	if (!row)
		return NULL;
	while (db_next(row, &fault)) {
		struct brake *brake = g_new0(struct brake, 1);

		brake->key = g_strdup(db_text(row, 0));
		brake->tenant = g_strdup(db_text(row, 1));
		brake->text = g_strdup(db_text(row, 2));
		brake->at = sqlite3_column_int64(row, 3);
		brake->held = sqlite3_column_int64(row, 4);
		brake->mail = sqlite3_column_int64(row, 5);
		g_ptr_array_add(all, brake);
	}
	db_end(row);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return NULL;
	}
	return g_steal_pointer(&all);
}
