/*
 * ledger.c -- one SQLite file a day: records, their index, later events
 *
 * The index is in parts of some hundred records, so that what is written
 * together lies together: one index over the day would write a page for each
 * sighting.  A search looks into each part of a day.
 *
 * The day is that of the id's time.  A record's body is JSON, packed
 * by zstd with a dictionary of the words that stand in all of them; its first
 * octet is the dictionary's version.
 */
#include "gatepost/store/ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "gatepost/bounds.h"
#include "gatepost/store/db.h"
#include "gatepost/store/schema.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

struct Ledger {
	GRecMutex lock;		/* of all below: a search may call others */
	int folder;
	char *path;
	struct hash_key key;
	Db *db;			/* the day that was used last; NULL */
	char day[CLOCK_TEXT];
	gint64 records;		/* of that day, for the part */
	ZSTD_CCtx *packer;
	ZSTD_CDict *dictionary;	/* digested once */
	GByteArray *packed;
};

/* Never edited: old records need it.  A new one gets a new version. */
static const char dictionary_1[] =
    "\"scores\":[{\"name\":\"X-Spam-Status\",\"value\":\"No, score="
    "\"notes\":[],\"defects\":[\"\"candidate\":[\"link-text\",\"reply-to\""
    "\"files\":[{\"name\":\"\",\"names\":[\"\"],\"sha256\":\"\",\"size\":,"
    "\"type\":\"application/pdf\"},\"image/png\",\"image/jpeg\""
    "{\"raw\":\"https://www.\",\"url\":\"https://www.\",\"host\":\"www."
    "\",\"text\":\"\",\"source\":\"html\"},\"source\":\"text\"},{\"raw\":"
    "\"http://\",\"results\":[{\"authserv_id\":\"\",\"method\":\"dkim\","
    "\"result\":\"pass\",\"domain\":\"\",\"selector\":\"\"},\"iprev\""
    "\"queue_id\":\"\",\"received\":\"2026-\",\"client\":{\"address\":\"\","
    "\"name\":\"\",\"helo\":\"\",\"login\":null,\"kind\":\"outside\"},"
    "\"sender\":\"\",\"size\":,\"reply\":\"accept\",\"generation\":,"
    "\"facts\":{\"complete\":true,\"from\":\"\",\"from_name\":\"\","
    "\"from_domain\":\"\",\"authors\":[{\"name\":\"\",\"address\":\"\","
    "\"domain\":\"\"}],\"reply_to\":[{\"envelope\":\"\",\"subject\":\"\","
    "\"message_id\":\"@mail.gmail.com\",\"date\":\" +0000\",\"auth\":{"
    "\"spf\":\"none\",\"dkim\":[],\"dmarc\":\"none\",\"arc\":\"none\","
    "\"iprev\":\"none\"},\"urls\":[],\"received\":1,\"body_sha256\":\"\"},"
    "\"decisions\":[{\"rcpt\":\"\",\"given\":\"<>\",\"tenant\":\"\","
    "\"category\":\"phish\",\"confidence\":\"high\",\"asked\":\"quarantine"
    "\",\"action\":\"quarantine\",\"mode\":\"enforce\",\"row\":1,"
    "\"findings\":[{\"check\":\"lists\",\"speaker\":\"tenant\",\"effect\":"
    "\"block\",\"policy\":\"block_sender\",\"reason\":\"the sender is on "
    "the block list: block sender \",\"entry\":\"\",\"text\":\"\","
    "\"place\":\"/etc/gatepost/lists/.list:\",\"kind\":\"sender\","
    "\"value\":\"\",\"override\":\"phish\",\"is_proven\":true,"
    "\"narrowness\":}],\"category\":\"clean\",\"confidence\":\"normal\","
    "\"asked\":\"deliver\",\"action\":\"deliver\",\"mode\":\"enforce\","
    "\"row\":8,\"place\":\"mailbox\",\"because\":null}]}";
#define DICTIONARY 1
/* Records of one part of the index. */
#define PART 256

/* Records are short and come fast: the dictionary is what packs them, and
 * codes of their own cost more than they save. */
#define PACK_LEVEL (-1)
/* Octets of a record, unpacked. */
#define BODY_MOST (64 * MIB)

Record *
record_new(const char *id, gint64 at)
{
	Record *record = g_new0(Record, 1);

	g_strlcpy(record->id, id, sizeof record->id);
	record->at = at;
	record->keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	record->contacts = g_array_new(FALSE, FALSE, sizeof(gint64));
	return record;
}

void
record_free(Record *record)
{
	if (!record)
		return;
	g_array_free(record->keys, TRUE);
	g_array_free(record->contacts, TRUE);
	g_free(record->body);
	g_free(record);
}

gint64
ledger_key(const struct hash_key *key, const char *kind, const char *value)
{
	char both[512];
	gsize length = g_strlcpy(both, kind, 32);

	/* Of a longer value its start is the key; hits are compared. */
	both[length++] = ' ';
	length += g_strlcpy(both + length, value, sizeof both - length);
	return (gint64)hash_bytes(key, both, MIN(length, sizeof both - 1));
}

Ledger *
ledger_open(int folder, const char *path, const struct hash_key *key,
	    GError **error)
{
	g_autoptr(Ledger) ledger = g_new0(Ledger, 1);

	g_rec_mutex_init(&ledger->lock);
	ledger->folder = folder_open(folder, "ledger", 0750, error);
	if (ledger->folder < 0)
		return NULL;
	ledger->path = g_build_filename(path, "ledger", NULL);
	ledger->key = *key;
	ledger->packed = g_byte_array_new();
	ledger->packer = ZSTD_createCCtx();
	ledger->dictionary = ZSTD_createCDict(dictionary_1,
					      sizeof dictionary_1 - 1,
					      PACK_LEVEL);
	if (!ledger->packer || !ledger->dictionary)
		g_error("zstd: no memory");
	return g_steal_pointer(&ledger);
}

void
ledger_free(Ledger *ledger)
{
	if (!ledger)
		return;
	db_close(ledger->db);
	if (ledger->folder >= 0)
		close(ledger->folder);
	if (ledger->packed)
		g_byte_array_free(ledger->packed, TRUE);
	ZSTD_freeCCtx(ledger->packer);
	ZSTD_freeCDict(ledger->dictionary);
	g_free(ledger->path);
	g_rec_mutex_clear(&ledger->lock);
	g_free(ledger);
}

/* How many parts the index of DB has. */
static bool
last_part(Db *db, gint64 *parts, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT COALESCE(MAX(part),"
				     " -1) + 1 FROM sighting", "");
	bool good = row && db_next(row, error);

	*parts = good ? sqlite3_column_int64(row, 0) : 0;
	db_end(row);
	return good;
}

/* The day's file; NULL without ERROR when it is not there and not to be
 * made. */
static Db *
day_open(Ledger *ledger, const char *day, bool make, GError **error)
{
	g_autofree char *name = g_strconcat(day, ".db", NULL);
	g_autofree char *file = NULL;

	if (ledger->db && strcmp(ledger->day, day) == 0)
		return ledger->db;
	if (!make && faccessat(ledger->folder, name, F_OK, 0) < 0)
		return NULL;
	db_close(ledger->db);
	file = g_build_filename(ledger->path, name, NULL);
	ledger->db = db_open(file, make, schema_ledger, error);
	g_strlcpy(ledger->day, ledger->db ? day : "", sizeof ledger->day);
	if (ledger->db && !last_part(ledger->db, &ledger->records, error)) {
		db_close(ledger->db);
		ledger->db = NULL;
		ledger->day[0] = '\0';
	}
	ledger->records *= PART;
	return ledger->db;
}

/* BODY packed into ledger->packed. */
static void
pack_body(Ledger *ledger, const char *body)
{
	GByteArray *packed = ledger->packed;
	gsize length = strlen(body), size;

	g_byte_array_set_size(packed, (guint)ZSTD_compressBound(length) + 1);
	packed->data[0] = DICTIONARY;
	size = ZSTD_compress_usingCDict(ledger->packer, packed->data + 1,
					packed->len - 1, body, length,
					ledger->dictionary);
	if (ZSTD_isError(size))
		g_error("zstd: %s", ZSTD_getErrorName(size));
	g_byte_array_set_size(packed, (guint)size + 1);
}

/* NULL when DATA is no record of ours. */
static char *
unpack_body(const guint8 *data, gsize length)
{
	unsigned long long size = length < 2 || data[0] != DICTIONARY ? 0 :
	    ZSTD_getFrameContentSize(data + 1, length - 1);
	ZSTD_DCtx *context;
	char *body;

	if (size == 0 || size > BODY_MOST)
		return NULL;
	body = g_malloc(size + 1);
	body[size] = '\0';
	context = ZSTD_createDCtx();
	size = ZSTD_decompress_usingDict(context, body, size, data + 1,
					 length - 1, dictionary_1,
					 sizeof dictionary_1 - 1);
	ZSTD_freeDCtx(context);
	if (!ZSTD_isError(size))
		return body;
	g_free(body);
	return NULL;
}

struct writing {
	Ledger *ledger;
	const GPtrArray *records;
	guint from, to;
	sqlite3_stmt *record, *sighting;
};

static bool
put(sqlite3_stmt *statement, GError **error)
{
	g_autoptr(GError) fault = NULL;

	db_next(statement, &fault);
	sqlite3_reset(statement);
	if (!fault)
		return true;
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}

static bool
write_one(struct writing *writing, const Record *record, GError **error)
{
	const GByteArray *packed = writing->ledger->packed;

	pack_body(writing->ledger, record->body);
	sqlite3_bind_text(writing->record, 1, record->id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(writing->record, 2, record->at);
	sqlite3_bind_blob64(writing->record, 3, packed->data, packed->len,
			    SQLITE_STATIC);
	if (!put(writing->record, error))
		return false;
	sqlite3_bind_int64(writing->sighting, 1,
			   writing->ledger->records++ / PART);
	sqlite3_bind_text(writing->sighting, 3, record->id, -1,
			  SQLITE_STATIC);
	for (guint i = 0; i < record->keys->len; i++) {
		sqlite3_bind_int64(writing->sighting, 2,
				   g_array_index(record->keys, gint64, i));
		if (!put(writing->sighting, error))
			return false;
	}
	return true;
}

static bool
write_day(Db *db, void *data, GError **error)
{
	struct writing *writing = data;
	bool good;

	writing->record = db_begin(db, error, "INSERT INTO record"
				   " (id, at, body) VALUES ($1, $2, $3)"
				   " ON CONFLICT (id) DO NOTHING", "");
	writing->sighting = writing->record ?
	    db_begin(db, error, "INSERT INTO sighting (part, key, id)"
		     " VALUES ($1, $2, $3)"
		     " ON CONFLICT (part, key, id) DO NOTHING", "") : NULL;
	good = writing->sighting != NULL;
	for (guint i = writing->from; good && i < writing->to; i++)
		good = write_one(writing, writing->records->pdata[i], error);
	db_end(writing->record);
	db_end(writing->sighting);
	return good;
}

static void
day_of(const char *id, char day[CLOCK_TEXT])
{
	clock_day(id_time(id), day);
}

bool
ledger_write(Ledger *ledger, const GPtrArray *records, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	struct writing writing = { .ledger = ledger, .records = records };

	while (writing.from < records->len) {
		const Record *first = records->pdata[writing.from];
		char day[CLOCK_TEXT], other[CLOCK_TEXT];
		Db *db;

		day_of(first->id, day);
		for (writing.to = writing.from + 1;
		     writing.to < records->len; writing.to++) {
			const Record *next = records->pdata[writing.to];

			day_of(next->id, other);
			if (strcmp(day, other) != 0)
				break;
		}
		db = day_open(ledger, day, true, error);
		if (!db || !db_transact(db, write_day, &writing, error))
			return false;
		writing.from = writing.to;
	}
	return true;
}

static Record *
from_row(sqlite3_stmt *row)
{
	Record *record = record_new(db_text(row, 0),
				    sqlite3_column_int64(row, 1));

	record->body = unpack_body(sqlite3_column_blob(row, 2),
				   (gsize)sqlite3_column_bytes(row, 2));
	return record;
}

Record *
ledger_read(Ledger *ledger, const char *id, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	char day[CLOCK_TEXT];
	Record *record = NULL;
	sqlite3_stmt *row;
	Db *db;

	day_of(id, day);
	db = day_open(ledger, day, false, error);
	if (!db)
		return NULL;
	row = db_begin(db, error, "SELECT id, at, body FROM record"
		       " WHERE id = $1", "t", id);
	if (row && db_next(row, error))
		record = from_row(row);
	db_end(row);
	return record;
}

static int
newest_first(gconstpointer a, gconstpointer b)
{
	return -strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The days that have a file, newest first. */
static GPtrArray *
days(Ledger *ledger)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	int again = openat(ledger->folder, ".", O_RDONLY | O_DIRECTORY |
			   O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	const struct dirent *found;

	while (dir && (found = readdir(dir)))
		if (strlen(found->d_name) == 13 &&
		    strcmp(found->d_name + 10, ".db") == 0)
			g_ptr_array_add(all, g_strndup(found->d_name, 10));
	if (dir)
		closedir(dir);
	g_ptr_array_sort(all, newest_first);
	return all;
}

static sqlite3_stmt *
search_day(Db *db, const gint64 *key, gint64 since, GError **error)
{
	if (!key)
		return db_begin(db, error, "SELECT id, at, body FROM record"
				" WHERE at >= $1 ORDER BY id DESC", "i",
				since);
	return db_begin(db, error,
			"WITH RECURSIVE parts (part) AS ("
			" SELECT COALESCE(MAX(part), -1) FROM sighting"
			" UNION ALL SELECT part - 1 FROM parts WHERE part > 0)"
			" SELECT id, at, body FROM record"
			" WHERE at >= $1 AND id IN ("
			"  SELECT sighting.id FROM parts CROSS JOIN sighting"
			"  ON sighting.part = parts.part"
			"  AND sighting.key = $2)"
			" ORDER BY id DESC", "ii", since, *key);
}

bool
ledger_search(Ledger *ledger, const gint64 *key, gint64 since,
	      ledger_found *found, void *data, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	g_autoptr(GPtrArray) all = days(ledger);
	g_autoptr(GError) fault = NULL;
	char oldest[CLOCK_TEXT];
	bool more = true;

	clock_day(since, oldest);
	for (guint i = 0; more && !fault && i < all->len; i++) {
		Db *db = strcmp(all->pdata[i], oldest) < 0 ? NULL :
		    day_open(ledger, all->pdata[i], false, &fault);
		sqlite3_stmt *row = db ?
		    search_day(db, key, since, &fault) : NULL;

		while (row && more && db_next(row, &fault)) {
			g_autoptr(Record) record = from_row(row);

			if (record->body)
				more = found(record, data);
		}
		db_end(row);
	}
	if (!fault)
		return true;
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}

bool
ledger_event(Ledger *ledger, const char *id, const char *rcpt,
	     const char *what, const char *who, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	char day[CLOCK_TEXT];
	Db *db;

	day_of(id, day);
	db = day_open(ledger, day, true, error);
	return db && db_run(db, error, "INSERT INTO event"
			    " (id, rcpt, at, what, who)"
			    " VALUES ($1, $2, $3, $4, $5)"
			    " ON CONFLICT (id, rcpt, at, what) DO NOTHING",
			    "ttitt", id, rcpt, clock_now(), what, who);
}

bool
ledger_events(Ledger *ledger, const char *id, ledger_event_found *found,
	      void *data, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	char day[CLOCK_TEXT];
	sqlite3_stmt *row;
	Db *db;

	day_of(id, day);
	db = day_open(ledger, day, false, error);
	if (!db)
		return !(error && *error);
	row = db_begin(db, error, "SELECT rcpt, at, what, who FROM event"
		       " WHERE id = $1 ORDER BY at", "t", id);
	while (row && db_next(row, error))
		found(db_text(row, 0), sqlite3_column_int64(row, 1),
		      db_text(row, 2), db_text(row, 3), data);
	db_end(row);
	return row != NULL;
}

guint
ledger_sweep(Ledger *ledger, gint64 before)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	static const char *const parts[] = { ".db", ".db-wal", ".db-shm" };
	g_autoptr(GPtrArray) all = days(ledger);
	char oldest[CLOCK_TEXT];
	guint count = 0;

	clock_day(before, oldest);
	for (guint i = 0; i < all->len; i++) {
		if (strcmp(all->pdata[i], oldest) >= 0)
			continue;
		count++;
		for (guint j = 0; j < G_N_ELEMENTS(parts); j++) {
			g_autofree char *name = g_strconcat(all->pdata[i],
							    parts[j], NULL);

			unlinkat(ledger->folder, name, 0);
		}
	}
	return count;
}

/* ---- forget ---- */

/* Records that are changed in one transaction. */
#define BATCH 500

struct forgetting {
	Ledger *ledger;
	const Mention *who;
	ledger_change *change;
	void *data;
	bool is_dry;
	guint records, events;		/* that name him */
	char last[ID_TEXT];		/* of the batch before */
	bool is_end;
};

/* What was seen as OLD in record ID is seen as NEW. */
static bool
move_sighting(Db *db, const char *id, gint64 old, gint64 new, GError **error)
{
	static const char put[] =
	    "WITH RECURSIVE parts (part) AS ("
	    " SELECT COALESCE(MAX(part), -1) FROM sighting"
	    " UNION ALL SELECT part - 1 FROM parts WHERE part > 0)"
	    " INSERT INTO sighting (part, key, id)"
	    " SELECT sighting.part, $1, sighting.id FROM parts"
	    " CROSS JOIN sighting ON sighting.part = parts.part"
	    " AND sighting.key = $2 AND sighting.id = $3"
	    " WHERE true ON CONFLICT (part, key, id) DO NOTHING";
	static const char drop[] =
	    "WITH RECURSIVE parts (part) AS ("
	    " SELECT COALESCE(MAX(part), -1) FROM sighting"
	    " UNION ALL SELECT part - 1 FROM parts WHERE part > 0)"
	    " DELETE FROM sighting WHERE part IN (SELECT part FROM parts)"
	    " AND key = $1 AND id = $2";

	return db_run(db, error, put, "iit", new, old, id) &&
	    db_run(db, error, drop, "it", old, id);
}

/* The kinds of what is seen that are addresses. */
static const char *const address_kinds[] = { "rcpt", "sender", "envelope" };

static bool
move_sightings(Db *db, const struct forgetting *work, const char *id,
	       const GPtrArray *seen, GError **error)
{
	const struct hash_key *key = &work->ledger->key;

	for (guint i = 0; i < seen->len; i++) {
		const char *old = seen->pdata[i];
		g_autofree char *new = mention_stand_in(work->who, old,
							strlen(old));

		for (guint j = 0; j < G_N_ELEMENTS(address_kinds); j++)
			if (!move_sighting(db, id, ledger_key(key,
					       address_kinds[j], old),
					   ledger_key(key, address_kinds[j],
						      new), error))
				return false;
	}
	return true;
}

static bool
change_record(Db *db, struct forgetting *work, const Record *record,
	      GError **error)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *body = record->body ?
	    work->change(record->body, seen, work->data) : NULL;
	const GByteArray *packed = work->ledger->packed;

	if (!body)
		return true;
	work->records++;
	if (work->is_dry)
		return true;
	pack_body(work->ledger, body);
	return db_run(db, error, "UPDATE record SET body = $1 WHERE id = $2",
		      "bt", packed->data, (gsize)packed->len, record->id) &&
	    move_sightings(db, work, record->id, seen, error);
}

static bool
change_batch(Db *db, void *data, GError **error)
{
	struct forgetting *work = data;
	g_autoptr(GPtrArray) batch = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)record_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT id, at, body FROM"
				     " record WHERE id > $1 ORDER BY id"
				     " LIMIT $2", "ti", work->last,
				     (gint64)BATCH);
	bool good = true;

	while (row && db_next(row, &fault))
		g_ptr_array_add(batch, from_row(row));
	db_end(row);
	for (guint i = 0; !fault && good && i < batch->len; i++) {
		const Record *record = batch->pdata[i];

		good = change_record(db, work, record, &fault);
		g_strlcpy(work->last, record->id, sizeof work->last);
	}
	work->is_end = batch->len < BATCH;
	if (!fault)
		return good;
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}

struct event {
	char *id, *rcpt, *what, *who;
	gint64 at;
};

static void
event_free(gpointer data)
{
	struct event *event = data;

	g_free(event->id);
	g_free(event->rcpt);
	g_free(event->what);
	g_free(event->who);
	g_free(event);
}

/* The events that name WHO; NULL and ERROR set. */
static GPtrArray *
find_events(Db *db, const Mention *who, GError **error)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(event_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT id, rcpt, at, what,"
				     " who FROM event", "");

	while (row && db_next(row, &fault)) {
		struct event *event;

		if (!mention_is_in(who, db_text(row, 1)) &&
		    !mention_is_in(who, db_text(row, 4)))
			continue;
		event = g_new0(struct event, 1);
		event->id = g_strdup(db_text(row, 0));
		event->rcpt = g_strdup(db_text(row, 1));
		event->at = sqlite3_column_int64(row, 2);
		event->what = g_strdup(db_text(row, 3));
		event->who = g_strdup(db_text(row, 4));
		g_ptr_array_add(all, event);
	}
	db_end(row);
	if (!fault)
		return all;
	g_propagate_error(error, g_steal_pointer(&fault));
	g_ptr_array_free(all, TRUE);
	return NULL;
}

static bool
change_events(Db *db, void *data, GError **error)
{
	struct forgetting *work = data;
	g_autoptr(GPtrArray) all = find_events(db, work->who, error);

	for (guint i = 0; all && i < all->len; i++) {
		const struct event *event = all->pdata[i];
		g_autofree char *rcpt = mention_replace(work->who,
							event->rcpt, NULL);
		g_autofree char *who = mention_replace(work->who, event->who,
						       NULL);

		work->events++;
		if (!work->is_dry &&
		    !db_run(db, error, "UPDATE event SET rcpt = $1, who = $2"
			    " WHERE id = $3 AND rcpt = $4 AND at = $5"
			    " AND what = $6", "ttttit",
			    rcpt ? rcpt : event->rcpt,
			    who ? who : event->who, event->id, event->rcpt,
			    event->at, event->what))
			return false;
	}
	return all != NULL;
}

bool
ledger_forget(Ledger *ledger, const Mention *who, ledger_change *change,
	      void *data, bool is_dry, bool is_again, guint *records,
	      guint *events, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	g_autoptr(GPtrArray) all = days(ledger);

	for (guint i = 0; i < all->len; i++) {
		struct forgetting work = {
			.ledger = ledger, .who = who, .change = change,
			.data = data, .is_dry = is_dry
		};
		Db *db = day_open(ledger, all->pdata[i], false, error);

		while (db && !work.is_end)
			if (!db_transact(db, change_batch, &work, error))
				return false;
		if (!db || !db_transact(db, change_events, &work, error))
			return false;
		*records += work.records;
		*events += work.events;
		if (!is_dry && (is_again || work.records || work.events) &&
		    !db_scrub(db, error))
			return false;
	}
	return true;
}
