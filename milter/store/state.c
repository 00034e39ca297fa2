/*
 * state.c -- messages that kill workers, and the installation's key
 */
#include "gatepost/store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

struct State {
	Db *db;
};

State *
state_open(const char *path, GError **error)
{
	Db *db = db_open_state(path, false, error);
	State *state;

	if (!db)
		return NULL;
	state = g_new0(State, 1);
	state->db = db;
	return state;
}

void
state_free(State *state)
{
	if (state)
		db_close(state->db);
	g_free(state);
}

bool
state_poison(State *state, const char *key, gint64 *deaths, GError **error)
{
	sqlite3_stmt *row;
	bool good;

	row = db_begin(state->db, error,
		       "INSERT INTO poison (key, deaths, at) "
		       "VALUES ($1, 1, $2) "
		       "ON CONFLICT (key) DO UPDATE SET "
		       "deaths = poison.deaths + 1, at = excluded.at "
		       "RETURNING deaths", "ti", key, clock_now());
	if (!row)
		return false;
	good = db_next(row, error);
	if (good)
		*deaths = sqlite3_column_int64(row, 0);
	/* The statement commits when it has given its last row. */
	good = good && !db_next(row, error) && !(error && *error);
	db_end(row);
	return good;
}

bool
state_sweep(State *state, gint64 before, GError **error)
{
	return db_run(state->db, error,
		      "DELETE FROM poison WHERE at < $1", "i", before);
}

bool
state_key(int folder, struct installation_key *key, GError **error)
{
	guint8 octets[sizeof *key];
	g_autofree char *have = NULL;
	gsize length;
	struct stat st;

	if (faccessat(folder, "key", F_OK, 0) < 0 && errno == ENOENT) {
		if (getrandom(octets, sizeof octets, 0) != sizeof octets)
			return file_fail(error, "make", "key");
		if (!file_replace(folder, "key", octets, sizeof octets, 0600,
				  error))
			return false;
	}
	if (fstatat(folder, "key", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (st.st_mode & 0037)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_PERM,
			    "key may be read by others: chmod 0600 it");
		return false;
	}
	have = file_get(folder, "key", sizeof octets, &length, error);
	if (!have)
		return false;
	if (length != sizeof octets) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "key has %zu octets instead of %zu; remove it and "
			    "a new one is made", length, sizeof octets);
		return false;
	}
	memcpy(key, have, sizeof *key);
	return true;
}
