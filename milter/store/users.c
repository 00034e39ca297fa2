/*
 * users.c -- the lists of users, in the state store
 *
 * One row a value, found by its key alone: however long a list is, a look-up
 * costs the same few microseconds, reads only, and sees what another process
 * has committed.  A change is one transaction, on the platter when it is
 * said to be done: no file beside holds these lists.
 */
#include "gatepost/store/users.h"

#include <pthread.h>

#include "gatepost/model/category.h"
#include "gatepost/store/db.h"
#include "gatepost/util/fields.h"

/* Milliseconds that the mail path waits for a lock, which readers meet only
 * while the log is being recovered. */
#define PATIENCE 50
/* Values of one look-up; more take another one. */
#define VALUES 8

#define COLUMNS "value, list, added, how, \"by\", note, action"

struct UserStore {
	Db *db;
	pthread_mutex_t lock;	/* of find */
	sqlite3_stmt *find;	/* kept prepared; NULL: not yet */
	sqlite3_stmt *any;	/* likewise */
};

/* Most users have no list: this is what mail for them costs. */
static const char any_text[] =
    "SELECT 1 FROM user_entry WHERE tenant = $1 AND \"user\" = $2 LIMIT 1";

static const char find_text[] =
    "SELECT " COLUMNS " FROM user_entry WHERE tenant = $1 AND \"user\" = $2 "
    "AND value IN ($3, $4, $5, $6, $7, $8, $9, $10)";

static UserStore *
take(Db *db)
{
	UserStore *users = g_new0(UserStore, 1);

	users->db = db;
	pthread_mutex_init(&users->lock, NULL);
	return users;
}

UserStore *
users_open(const char *path, GError **error)
{
	Db *db = db_open_state(path, true, error);

	return db ? take(db) : NULL;
}

UserStore *
users_open_reading(const char *path, GError **error)
{
	Db *db = db_read_state(path, "user_entry", error);

	return db ? take(db) : NULL;
}

void
users_free(UserStore *users)
{
	if (!users)
		return;
	db_end(users->find);
	db_end(users->any);
	db_close(users->db);
	pthread_mutex_destroy(&users->lock);
	g_free(users);
}

static UserEntry *
entry_of(sqlite3_stmt *row)
{
	int list = fields_word(user_lists, db_text(row, 1));
	UserEntry *entry = user_entry_new(list < 0 ? USER_BLOCK :
					  (enum user_list)list,
					  db_text(row, 0));

	entry->added = sqlite3_column_int64(row, 2);
	entry->how = g_strdup(db_text(row, 3));
	entry->by = g_strdup(db_text(row, 4));
	entry->note = g_strdup(db_text(row, 5));
	entry->action = fields_word(actions, db_text(row, 6));
	return entry;
}

/* Step ROW to its end; false and ERROR set when it ends before. */
static bool
gather(sqlite3_stmt *row, GPtrArray *entries, GError **error)
{
	g_autoptr(GError) fault = NULL;

	while (db_next(row, &fault))
		g_ptr_array_add(entries, entry_of(row));
	return db_settle(g_steal_pointer(&fault), error);
}

/* The values from FIRST on, as many as one look-up takes. */
static bool
find_some(UserStore *users, const char *tenant, const char *user,
	  const GPtrArray *values, guint first, GPtrArray *entries,
	  GError **error)
{
	sqlite3_stmt *find = users->find;
	bool good;

	sqlite3_bind_text(find, 1, tenant, -1, SQLITE_STATIC);
	sqlite3_bind_text(find, 2, user, -1, SQLITE_STATIC);
	for (guint i = 0; i < VALUES; i++)
		if (first + i < values->len)
			sqlite3_bind_text(find, (int)i + 3,
					  values->pdata[first + i], -1,
					  SQLITE_STATIC);
		else
			sqlite3_bind_null(find, (int)i + 3);
	good = gather(find, entries, error);
	sqlite3_reset(find);
	sqlite3_clear_bindings(find);
	return good;
}

/* Prepare both look-ups, once. */
static bool
prepare(UserStore *users, GError **error)
{
	if (users->find)
		return true;
	db_patience(users->db, PATIENCE);
	if (!users->any)
		users->any = db_begin(users->db, error, any_text, "");
	if (users->any)
		users->find = db_begin(users->db, error, find_text, "");
	return users->find != NULL;
}

/* Has USER any entry?  False with ERROR set when the store fails. */
static bool
has_any(UserStore *users, const char *tenant, const char *user, GError **error)
{
	bool is_there;

	sqlite3_bind_text(users->any, 1, tenant, -1, SQLITE_STATIC);
	sqlite3_bind_text(users->any, 2, user, -1, SQLITE_STATIC);
	is_there = db_next(users->any, error);
	sqlite3_reset(users->any);
	sqlite3_clear_bindings(users->any);
	return is_there;
}

bool
users_find(UserStore *users, const char *tenant, const char *user,
	   const GPtrArray *values, GPtrArray *entries, GError **error)
{
	g_autoptr(GError) fault = NULL;

	pthread_mutex_lock(&users->lock);
	if (prepare(users, &fault) && has_any(users, tenant, user, &fault))
		for (guint i = 0; !fault && i < values->len; i += VALUES)
			find_some(users, tenant, user, values, i, entries,
				  &fault);
	pthread_mutex_unlock(&users->lock);
	return db_settle(g_steal_pointer(&fault), error);
}

/* ---- changes ---- */

struct change {
	const char *tenant, *user;
	const GPtrArray *entries;
	GArray *deeds;
};

/* The list that VALUE stands on, -1 for none, and the action that it asks
 * for; false and ERROR set. */
static bool
list_of(Db *db, const struct change *change, const char *value, int *list,
	int *action, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault,
				     "SELECT list, action FROM user_entry "
				     "WHERE tenant = $1 AND \"user\" = $2 "
				     "AND value = $3", "ttt", change->tenant,
				     change->user, value);

	*list = *action = -1;
	if (row && db_next(row, &fault)) {
		*list = fields_word(user_lists, db_text(row, 0));
		*action = fields_word(actions, db_text(row, 1));
	}
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}

static bool
add_all(Db *db, void *data, GError **error)
{
	struct change *change = data;

	for (guint i = 0; i < change->entries->len; i++) {
		const UserEntry *entry = change->entries->pdata[i];
		enum users_deed deed;
		int list, action;

		if (!list_of(db, change, entry->value, &list, &action,
			     error))
			return false;
		deed = list < 0 ? USERS_ADDED :
		    list == (int)entry->list && action == entry->action ?
		    USERS_KEPT : USERS_MOVED;
		g_array_append_val(change->deeds, deed);
		if (deed != USERS_KEPT &&
		    !db_run(db, error,
			    "INSERT INTO user_entry (tenant, \"user\", "
			    "value, list, added, how, \"by\", note, action) "
			    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
			    "ON CONFLICT (tenant, \"user\", value) "
			    "DO UPDATE SET list = excluded.list, "
			    "added = excluded.added, how = excluded.how, "
			    "\"by\" = excluded.\"by\", note = excluded.note, "
			    "action = excluded.action",
			    "ttttitttt", change->tenant, change->user,
			    entry->value, user_lists[entry->list],
			    entry->added, entry->how, entry->by,
			    entry->note, entry->action < 0 ? "" :
			    actions[entry->action]))
			return false;
	}
	return true;
}

static bool
remove_all(Db *db, void *data, GError **error)
{
	struct change *change = data;

	for (guint i = 0; i < change->entries->len; i++) {
		const UserEntry *entry = change->entries->pdata[i];
		enum users_deed deed = USERS_ABSENT;
		int list, action;

		if (!list_of(db, change, entry->value, &list, &action,
			     error))
			return false;
		if (list == (int)entry->list)
			deed = USERS_REMOVED;
		g_array_append_val(change->deeds, deed);
		if (deed == USERS_REMOVED &&
		    !db_run(db, error,
			    "DELETE FROM user_entry WHERE tenant = $1 "
			    "AND \"user\" = $2 AND value = $3", "ttt",
			    change->tenant, change->user, entry->value))
			return false;
	}
	return true;
}

bool
users_add(UserStore *users, const char *tenant, const char *user,
	  const GPtrArray *entries, GArray *deeds, GError **error)
{
	struct change change = { tenant, user, entries, deeds };

	return db_transact(users->db, add_all, &change, error);
}

bool
users_remove(UserStore *users, const char *tenant, const char *user,
	     const GPtrArray *entries, GArray *deeds, GError **error)
{
	struct change change = { tenant, user, entries, deeds };

	return db_transact(users->db, remove_all, &change, error);
}

/* ---- reading for commands ---- */

bool
users_page(UserStore *users, const char *tenant, const char *user, int list,
	   const char *after, guint most, GPtrArray *entries, GError **error)
{
	sqlite3_stmt *row;
	bool good;

	row = db_begin(users->db, error,
		       "SELECT " COLUMNS " FROM user_entry "
		       "WHERE tenant = $1 AND \"user\" = $2 AND value > $3 "
		       "AND ($4 = '' OR list = $4) "
		       "ORDER BY value LIMIT $5", "tttti", tenant, user,
		       after, list < 0 ? "" : user_lists[list],
		       (gint64)most);
	good = row && gather(row, entries, error);
	db_end(row);
	return good;
}

bool
users_each(UserStore *users, const char *tenant, const char *after,
	   guint most, users_found *found, void *data, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row;

	row = db_begin(users->db, &fault,
		       "SELECT \"user\", "
		       "SUM(CASE WHEN list = 'safe' THEN 1 ELSE 0 END), "
		       "SUM(CASE WHEN list = 'block' THEN 1 ELSE 0 END) "
		       "FROM user_entry WHERE tenant = $1 AND \"user\" > $2 "
		       "GROUP BY \"user\" ORDER BY \"user\" LIMIT $3", "tti",
		       tenant, after, (gint64)most);
	while (row && db_next(row, &fault))
		found(db_text(row, 0), sqlite3_column_int64(row, 1),
		      sqlite3_column_int64(row, 2), data);
	db_end(row);
	return db_settle(g_steal_pointer(&fault), error);
}
