/*
 * contacts.c -- who wrote to whom
 *
 * One row a pair, 20 octets, found by its key alone; the ledger would have to
 * be searched day by day.  One connection reads, for the mail path, and
 * another writes, so that no message waits for a commit.
 */
#include "gatepost/store/contacts.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/store/db.h"
#include "gatepost/store/schema.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

/* Milliseconds that the mail path waits for a lock, which readers meet only
 * while the log is being recovered. */
#define PATIENCE 50

struct Contacts {
	Db *reading, *writing;	/* writing is NULL where nothing may be */
	gint64 born;		/* day on which the store was made */
	pthread_mutex_t lock;	/* of find */
	sqlite3_stmt *find;
};

static gint64
day_of(gint64 at)
{
	return at / CLOCK_DAY;
}

static bool
prepare(Contacts *contacts, GError **error)
{
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(contacts->reading, &fault,
				     "SELECT day FROM born", "");

	if (row && db_next(row, &fault))
		contacts->born = sqlite3_column_int64(row, 0);
	db_end(row);
	db_patience(contacts->reading, PATIENCE);
	if (!fault)
		contacts->find = db_begin(contacts->reading, &fault,
					  "SELECT key FROM contact WHERE "
					  "key = $1 AND last >= $2 "
					  "UNION ALL "
					  "SELECT key FROM contact WHERE "
					  "key = $3 AND last >= $2", "");
	return db_settle(g_steal_pointer(&fault), error);
}

static Contacts *
take(Db *reading, Db *writing, GError **error)
{
	Contacts *contacts = g_new0(Contacts, 1);

	contacts->reading = reading;
	contacts->writing = writing;
	pthread_mutex_init(&contacts->lock, NULL);
	if (prepare(contacts, error))
		return contacts;
	contacts_free(contacts);
	return NULL;
}

Contacts *
contacts_open(const char *path, GError **error)
{
	g_autofree char *file = g_build_filename(path, "contacts.db", NULL);
	Db *writing = db_open(file, true, schema_contacts, error), *reading;

	if (!writing)
		return NULL;
	reading = db_run(writing, error, "INSERT INTO born (one, day) "
			 "VALUES (1, $1) ON CONFLICT (one) DO NOTHING", "i",
			 day_of(clock_now())) ?
	    db_open(file, false, schema_contacts, error) : NULL;
	if (reading)
		return take(reading, writing, error);
	db_close(writing);
	return NULL;
}

Contacts *
contacts_open_reading(const char *path, GError **error)
{
	g_autofree char *file = g_build_filename(path, "contacts.db", NULL);
	Db *reading;

	if (access(file, F_OK) < 0) {
		if (errno != ENOENT)
			file_fail(error, "open", file);
		return NULL;
	}
	reading = db_open_reading(file, error);
	return reading ? take(reading, NULL, error) : NULL;
}

void
contacts_free(Contacts *contacts)
{
	if (!contacts)
		return;
	db_end(contacts->find);
	db_close(contacts->reading);
	if (contacts->writing)
		db_close(contacts->writing);
	pthread_mutex_destroy(&contacts->lock);
	g_free(contacts);
}

gint64
contacts_key(const struct hash_key *key, const char *tenant,
	     const char *mailbox, const char *sender)
{
	g_autofree char *text = g_strconcat("contact\n", tenant, "\n",
					    mailbox ? mailbox : "", "\n",
					    sender, NULL);

	return (gint64)hash_bytes(key, text, strlen(text));
}

struct noting {
	const GArray *keys;
	gint64 day;
};

static bool
note_all(Db *db, void *data, GError **error)
{
	const struct noting *noting = data;
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *put = db_begin(db, &fault,
				     "INSERT INTO contact (key, last) "
				     "VALUES ($1, $2) ON CONFLICT (key) "
				     "DO UPDATE SET last = excluded.last "
				     "WHERE contact.last < excluded.last",
				     "");

	for (guint i = 0; put && !fault && i < noting->keys->len; i++) {
		sqlite3_bind_int64(put, 1,
				   g_array_index(noting->keys, gint64, i));
		sqlite3_bind_int64(put, 2, noting->day);
		db_next(put, &fault);
		sqlite3_reset(put);
	}
	db_end(put);
	return db_settle(g_steal_pointer(&fault), error);
}

bool
contacts_note(Contacts *contacts, const GArray *keys, gint64 now,
	      GError **error)
{
	struct noting noting = { keys, day_of(now) };

	return db_transact(contacts->writing, note_all, &noting, error);
}

bool
contacts_find(Contacts *contacts, gint64 pair, gint64 anybody, gint64 since,
	      gint64 now, gint64 learn_days, enum contact *contact,
	      GError **error)
{
	sqlite3_stmt *find = contacts->find;
	g_autoptr(GError) fault = NULL;
	bool is_pair = false, is_any = false;

	*contact = CONTACT_UNKNOWN;
	pthread_mutex_lock(&contacts->lock);
	sqlite3_bind_int64(find, 1, pair);
	sqlite3_bind_int64(find, 2, day_of(since));
	sqlite3_bind_int64(find, 3, anybody);
	while (db_next(find, &fault)) {
		is_pair |= sqlite3_column_int64(find, 0) == pair;
		is_any |= sqlite3_column_int64(find, 0) == anybody;
	}
	sqlite3_reset(find);
	pthread_mutex_unlock(&contacts->lock);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (is_pair)
		*contact = CONTACT_KNOWN;
	else if (day_of(now) - contacts->born >= learn_days)
		*contact = is_any ? CONTACT_TENANTS : CONTACT_FIRST;
	return true;
}

static bool
forget_all(Db *db, void *data, GError **error)
{
	const GArray *keys = data;

	for (guint i = 0; i < keys->len; i++)
		if (!db_run(db, error, "DELETE FROM contact WHERE key = $1",
			    "i", g_array_index(keys, gint64, i)))
			return false;
	return true;
}

bool
contacts_forget(Contacts *contacts, const GArray *keys, GError **error)
{
	return db_transact(contacts->writing, forget_all, (void *)keys,
			   error);
}

bool
contacts_sweep(Contacts *contacts, gint64 before, GError **error)
{
	return db_run(contacts->writing, error,
		      "DELETE FROM contact WHERE last < $1", "i",
		      day_of(before));
}
