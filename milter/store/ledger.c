/*
 * ledger.c -- one SQLite file a day: records, what they were seen with, later
 * events
 *
 * The day is that of the id's time.  A record's body is JSON, packed
 * by zstd with a dictionary of the words that stand in all of them; its first
 * octet is the dictionary's version.
 */
#include "gatepost/store/ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "gatepost/bounds.h"
#include "gatepost/store/db.h"
#include "gatepost/store/schema.h"
#include "gatepost/store/seen.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

struct Ledger {
	GRecMutex lock;		/* of all below: a search may call others */
	int folder;
	char *path;
	struct hash_key key;
	Db *db;			/* the day that was used last; NULL */
	char day[CLOCK_TEXT];
	ZSTD_CCtx *packer;
	ZSTD_CDict *dictionary;	/* digested once */
	GByteArray *packed;
};

/* Never edited: old records need them.  A new one gets a new version. */
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
static const char dictionary_2[] =
    "\"because\":{\"check\":\"lists\",\"speaker\":\"tenant\",\"effect\""
    ":\"block\",\"category\":\"phish\",\"confidence\":\"high\",\"policy"
    "\":\"block_sender\",\"reason\":\"the sender is on the block list: "
    "block sender \",\"entry\":\"\",\"text\":\"block sender \",\"place"
    "\":\"/etc/gatepost/lists/block.list:\",\"kind\":\"sender\",\"value"
    "\":\"\",\"override\":\"\",\"is_proven\":true,\"narrowness\":}\"fin"
    "dings\":[{\"check\":\"impersonation\",\"speaker\":\"check\",\"effe"
    "ct\":\"observe\",\"category\":\"impersonation\",\"reason\":\"\",\""
    "policy\":\"first_contact\",\"kind\":\"sender\",\"value\":\"\"}{\"c"
    "heck\":\"upstream\",\"speaker\":\"upstream\",\"effect\":\"say\",\""
    "category\":\"spam\"},\"action\":\"quarantine\",\"action\":\"tag\","
    "\"action\":\"junk\",\"place\":\"quarantine\",\"place\":\"junk\",\""
    "nearly\":[\"link-text\"],\"candidate\":[\"unproven-from\",\"reply-"
    "to\"],\"score\":6\"is_encrypted\":true\"seen\":\"application/x-dos"
    "exec\"\"files\":[{\"name\":\".pdf\",\"names\":[\".jpg\"],\"sha256"
    "\":\"\",\"size\":,\"type\":\"application/pdf\"},\"image/png\",\"im"
    "age/jpeg\"\"text/html\"\"defects\":[\"\"]\"defect_counts\":[{\"nam"
    "e\":\"\",\"count\":1}]\"scores\":[{\"name\":\"X-Spam-Status\",\"va"
    "lue\":\"No, score=\",\"index\":1}],\"results\":[{\"authserv_id\":"
    "\"\",\"method\":\"dkim\",\"result\":\"pass\",\"domain\":\"\",\"sel"
    "ector\":\"\"},{\"authserv_id\":\"\",\"method\":\"spf\",\"result\":"
    "\"fail\"},{\"method\":\"dmarc\",\"policy\":\"reject\"\"spf_reason"
    "\":\"\",\"auth\":{\"spf\":\"softfail\",\"spf\":\"pass\",\"spf_doma"
    "in\":\"\",\"dkim\":[{\"result\":\"pass\",\"domain\":\"\",\"selecto"
    "r\":\"\",\"algorithm\":\"rsa-sha256\",\"bits\":2048}],\"dmarc\":\""
    "pass\",\"dmarc_domain\":\"\",\"dmarc_policy\":\"quarantine\",\"dma"
    "rc_policy\":\"none\",\"arc\":\"none\",\"iprev\":\"pass\",\"iprev_n"
    "ame\":\"\",\"composite\":\"pass\",\"reason\":\"100\",\"sentence\":"
    "\"DMARC passes\"},\"composite\":\"fail\",\"composite\":\"soft\"\"i"
    "prev\":\"fail\",\"text_hidden\":,\"is_list\":true,\"is_auto\":true"
    ",\"received\":2,\"client\":\"\"sender\":[{\"name\":\"\",\"address"
    "\":\"\",\"domain\":\"\"}],\"reply_to\":[{\"name\":\"\",\"address\""
    ":\"\",\"domain\":\"\"}],\"text\":\"Unsubscribe\",\"wrapper\":\"\","
    "\"message_id\":\"@mail.gmail.com\",\"date\":\"Mon, Tue, Wed, Thu, "
    "Fri, Sat, Sun, Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec  20"
    "26 +0000 (UTC)\"name\":\"localhost\",\"helo\":\"localhost\",\"logi"
    "n\":null,\"kind\":\"outbound\"},\"address\":\"127.0.0.1\"},{\"url"
    "\":\"https://www..com/\",\"host\":\"www..com\"},{\"url\":\"https:/"
    "/\",\"host\":\"\"},{\"url\":\"http://\",\"host\":\"\"},\"score\":3"
    ",{\"id\":\"01\",\"queue_id\":\"\",\"received\":\"2026-\",\"client"
    "\":{\"address\":\"\",\"name\":\"mail.\",\"helo\":\"mail.\",\"login"
    "\":null,\"kind\":\"outside\"},\"sender\":\"\",\"size\":,\"reply\":"
    "\"accept\",\"generation\":,\"facts\":{\"complete\":true,\"from\":"
    "\"\",\"from_name\":\"\",\"from_domain\":\"\",\"authors\":[{\"name"
    "\":\"\",\"address\":\"\",\"domain\":\"\"}],\"subject\":\"Re: \",\""
    "message_id\":\"\",\"date\":\"\",\"auth\":{\"spf\":\"none\",\"dmarc"
    "\":\"none\",\"arc\":\"none\",\"iprev\":\"none\",\"composite\":\"no"
    "ne\",\"reason\":\"300\",\"sentence\":\"nobody looked at the authen"
    "tication\"},\"urls\":[{\"url\":\"http://www.\",\"host\":\"www.\"}]"
    ",\"size\":,\"body_sha256\":\"\"},\"decisions\":[{\"rcpt\":\"\",\"g"
    "iven\":\"<>\",\"tenant\":\"\",\"category\":\"clean\",\"confidence"
    "\":\"normal\",\"asked\":\"deliver\",\"action\":\"deliver\",\"mode"
    "\":\"enforce\",\"row\":8,\"nearly\":[\"links-elsewhere\"],\"score"
    "\":3,\"place\":\"mailbox\",\"because\":null}]}";
static const struct {
	const char *text;
	gsize length;
} dictionaries[] = {
	{ NULL, 0 },
	{ dictionary_1, sizeof dictionary_1 - 1 },
	{ dictionary_2, sizeof dictionary_2 - 1 },
};
/* What is written today is packed with the last. */
#define DICTIONARY (G_N_ELEMENTS(dictionaries) - 1)

/* Records are short and come fast: the dictionary is what packs them, and
 * searching further, or codes of their own, cost more than they save. */
#define PACK_LEVEL (-4)
/* Octets of a record, unpacked. */
#define BODY_MOST (64 * MIB)

/* Records that were freed, for record_new(); longer ones are not kept. */
#define SPARE 256
#define SPARE_TEXT (16 * KIB)
static struct {
	pthread_mutex_t lock;
	Record *records[SPARE];
	guint count;
} spare = { .lock = PTHREAD_MUTEX_INITIALIZER };

static Record *
spare_take(void)
{
	Record *record = NULL;

	pthread_mutex_lock(&spare.lock);
	if (spare.count)
		record = spare.records[--spare.count];
	pthread_mutex_unlock(&spare.lock);
	return record;
}

static bool
spare_give(Record *record)
{
	bool is_room;

	if (record->text->allocated_len > SPARE_TEXT)
		return false;
	pthread_mutex_lock(&spare.lock);
	is_room = spare.count < SPARE;
	if (is_room)
		spare.records[spare.count++] = record;
	pthread_mutex_unlock(&spare.lock);
	return is_room;
}

Record *
record_new(const char *id, gint64 at)
{
	Record *record = spare_take();

	if (!record) {
		record = g_new0(Record, 1);
		record->keys = g_array_new(FALSE, FALSE, sizeof(gint64));
		record->contacts = g_array_new(FALSE, FALSE, sizeof(gint64));
		record->text = g_string_sized_new(4096);
	}
	g_array_set_size(record->keys, 0);
	g_array_set_size(record->contacts, 0);
	g_string_truncate(record->text, 0);
	g_strlcpy(record->id, id, sizeof record->id);
	record->at = at;
	record->number = 0;
	record->body = NULL;
	return record;
}

void
record_free(Record *record)
{
	if (!record)
		return;
	if (record->body != record->text->str)
		g_free(record->body);
	if (spare_give(record))
		return;
	g_array_free(record->keys, TRUE);
	g_array_free(record->contacts, TRUE);
	g_string_free(record->text, TRUE);
	g_free(record);
}

gint64
ledger_key(const struct hash_key *key, const char *kind, const char *value)
{
	char both[512];
	gsize start = MIN(strlen(kind), 31);
	/* Of a longer value its start is the key; hits are compared. */
	gsize length = MIN(strlen(value), sizeof both - start - 2);

	memcpy(both, kind, start);
	both[start++] = ' ';
	memcpy(both + start, value, length);
	return (gint64)hash_bytes(key, both, start + length);
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
	ledger->dictionary = ZSTD_createCDict(dictionaries[DICTIONARY].text,
					      dictionaries[DICTIONARY].length,
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
	unsigned long long size = length < 2 || data[0] == 0 ||
	    data[0] > DICTIONARY ? 0 :
	    ZSTD_getFrameContentSize(data + 1, length - 1);
	ZSTD_DCtx *context;
	char *body;

	if (size == 0 || size > BODY_MOST)
		return NULL;
	body = g_malloc(size + 1);
	body[size] = '\0';
	context = ZSTD_createDCtx();
	size = ZSTD_decompress_usingDict(context, body, size, data + 1,
					 length - 1,
					 dictionaries[data[0]].text,
					 dictionaries[data[0]].length);
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
	sqlite3_stmt *record, *seen;
};

static bool
write_one(struct writing *writing, const Record *record, GError **error)
{
	const GByteArray *packed = writing->ledger->packed;
	Db *db = sqlite3_db_handle(writing->record);
	g_autoptr(GError) fault = NULL;
	gint64 number = seen_put(writing->seen, record->id, record->keys,
				 error);

	if (number == 0)
		return false;
	pack_body(writing->ledger, record->body);
	sqlite3_bind_text(writing->record, 1, record->id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(writing->record, 2, record->at);
	sqlite3_bind_blob64(writing->record, 3, packed->data, packed->len,
			    SQLITE_STATIC);
	sqlite3_bind_int64(writing->record, 4, number);
	db_next(writing->record, &fault);
	sqlite3_reset(writing->record);
	/* The id is there already, and its keys are not these. */
	if (!fault && sqlite3_changes(db) == 0)
		seen_take_back(db, number, &fault);
	return db_settle(g_steal_pointer(&fault), error);
}

static bool
write_day(Db *db, void *data, GError **error)
{
	struct writing *writing = data;
	bool good;

	writing->record = db_begin(db, error, "INSERT INTO record"
				   " (id, at, body, number)"
				   " VALUES ($1, $2, $3, $4)"
				   " ON CONFLICT (id) DO NOTHING", "");
	writing->seen = writing->record ? seen_begin(db, error) : NULL;
	good = writing->seen != NULL;
	for (guint i = writing->from; good && i < writing->to; i++)
		good = write_one(writing, writing->records->pdata[i], error);
	db_end(writing->record);
	db_end(writing->seen);
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
	record->number = sqlite3_column_int64(row, 3);
	return record;
}

static Record *
read_one(Db *db, const char *id, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT id, at, body, number"
				     " FROM record WHERE id = $1", "t", id);
	Record *record = row && db_next(row, error) ? from_row(row) : NULL;

	db_end(row);
	return record;
}

Record *
ledger_read(Ledger *ledger, const char *id, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	char day[CLOCK_TEXT];
	Db *db;

	day_of(id, day);
	db = day_open(ledger, day, false, error);
	return db ? read_one(db, id, error) : NULL;
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

struct search {
	gint64 since;
	ledger_found *found;
	void *data;
	bool is_over;		/* the caller has enough */
};

static void
found_one(struct search *search, const Record *record)
{
	if (record->body && record->at >= search->since)
		search->is_over = !search->found(record, search->data);
}

/* All records of a day. */
static void
search_all(Db *db, struct search *search, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT id, at, body, number"
				     " FROM record WHERE at >= $1"
				     " ORDER BY id DESC", "i", search->since);

	while (row && !search->is_over && db_next(row, error)) {
		g_autoptr(Record) record = from_row(row);

		found_one(search, record);
	}
	db_end(row);
}

/* Those with KEYS.  What is called may open another day. */
static void
search_keys(Ledger *ledger, const char *day, const gint64 *keys, guint count,
	    struct search *search, GError **error)
{
	g_autoptr(GPtrArray) ids = seen_find(ledger->db, keys, count, error);

	for (guint i = 0; ids && !search->is_over && i < ids->len; i++) {
		g_autoptr(GError) fault = NULL;
		Db *db = day_open(ledger, day, false, &fault);
		g_autoptr(Record) record = db ?
		    read_one(db, ids->pdata[i], &fault) : NULL;

		if (record)
			found_one(search, record);
		if (!fault)
			continue;
		g_propagate_error(error, g_steal_pointer(&fault));
		return;
	}
}

bool
ledger_search(Ledger *ledger, const gint64 *keys, guint count, gint64 since,
	      ledger_found *found, void *data, GError **error)
{
	g_autoptr(GRecMutexLocker) locker =
	    g_rec_mutex_locker_new(&ledger->lock);
	struct search search = { since, found, data, false };
	g_autoptr(GPtrArray) all = days(ledger);
	g_autoptr(GError) fault = NULL;
	char oldest[CLOCK_TEXT];

	clock_day(since, oldest);
	for (guint i = 0; !search.is_over && !fault && i < all->len; i++) {
		const char *day = all->pdata[i];
		Db *db = strcmp(day, oldest) < 0 ? NULL :
		    day_open(ledger, day, false, &fault);

		if (db && count)
			search_keys(ledger, day, keys, count, &search,
				    &fault);
		else if (db)
			search_all(db, &search, &fault);
	}
	return db_settle(g_steal_pointer(&fault), error);
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

/* The kinds of what is seen that are addresses. */
static const char *const address_kinds[] = { "rcpt", "sender", "envelope" };

/* What the record of row NUMBER was seen with as one of SEEN was so as what
 * stands in for it. */
static bool
move_seen(Db *db, const struct forgetting *work, gint64 number,
	  const GPtrArray *seen, GError **error)
{
	const struct hash_key *key = &work->ledger->key;
	g_autoptr(GArray) from = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) to = g_array_new(FALSE, FALSE, sizeof(gint64));

	for (guint i = 0; i < seen->len; i++) {
		const char *old = seen->pdata[i];
		g_autofree char *new = mention_stand_in(work->who, old,
							strlen(old));

		for (guint j = 0; j < G_N_ELEMENTS(address_kinds); j++) {
			gint64 keys[] = {
				ledger_key(key, address_kinds[j], old),
				ledger_key(key, address_kinds[j], new),
			};

			g_array_append_val(from, keys[0]);
			g_array_append_val(to, keys[1]);
		}
	}
	return seen_move(db, number, from, to, error);
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
	    move_seen(db, work, record->number, seen, error);
}

static bool
change_batch(Db *db, void *data, GError **error)
{
	struct forgetting *work = data;
	g_autoptr(GPtrArray) batch = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)record_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT id, at, body, number"
				     " FROM record WHERE id > $1 ORDER BY id"
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
