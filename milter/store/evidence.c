/*
 * evidence.c -- evidence/TENANT/DAY.db: a row a message, packed by zstd
 *
 * A batch is one transaction, so that a message costs no sync of its own.
 */
#include "gatepost/store/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "gatepost/bounds.h"
#include "gatepost/store/db.h"
#include "gatepost/store/schema.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"

#define LEVEL 1
/* Octets of a row's column, unpacked. */
#define MOST (64 * MIB)
#define SUFFIX ".db"

struct Evidence {
	GMutex lock;		/* of the database */
	int folder;
	char *path;
	Db *db;			/* the last one; NULL */
	char *name;		/* TENANT/DAY of it */
};

Evidence *
evidence_open(int folder, const char *path, GError **error)
{
	g_autoptr(Evidence) evidence = g_new0(Evidence, 1);

	g_mutex_init(&evidence->lock);
	evidence->path = g_build_filename(path, "evidence", NULL);
	evidence->folder = folder_open(folder, "evidence", 0750, error);
	return evidence->folder < 0 ? NULL : g_steal_pointer(&evidence);
}

static void
forget_db(Evidence *evidence)
{
	db_close(evidence->db);
	evidence->db = NULL;
	g_clear_pointer(&evidence->name, g_free);
}

void
evidence_free(Evidence *evidence)
{
	if (!evidence)
		return;
	forget_db(evidence);
	if (evidence->folder >= 0)
		close(evidence->folder);
	g_free(evidence->path);
	g_mutex_clear(&evidence->lock);
	g_free(evidence);
}

/* ---- days ---- */

static int
by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in FOLDER that end with SUFFIX (what stands before it), sorted. */
static GPtrArray *
names_in(int folder, const char *suffix)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);
	DIR *dir = folder < 0 ? NULL : fdopendir(folder);
	const struct dirent *one;

	while (dir && (one = readdir(dir)))
		if (one->d_name[0] != '.' &&
		    g_str_has_suffix(one->d_name, suffix))
			g_ptr_array_add(all, g_strndup(one->d_name,
			    strlen(one->d_name) - strlen(suffix)));
	if (dir)
		closedir(dir);
	g_ptr_array_sort(all, by_name);
	return all;
}

static int
tenant_folder(const Evidence *evidence, const char *tenant)
{
	return openat(evidence->folder, tenant, O_RDONLY | O_DIRECTORY |
		      O_NOFOLLOW | O_CLOEXEC);
}

static GPtrArray *
days_of(const Evidence *evidence, const char *tenant)
{
	return names_in(tenant_folder(evidence, tenant), SUFFIX);
}

GPtrArray *
evidence_tenants(Evidence *evidence)
{
	return names_in(openat(evidence->folder, ".", O_RDONLY | O_DIRECTORY |
			       O_CLOEXEC), "");
}

/* A day's file and what SQLite keeps beside it. */
static const char *const files[] = { SUFFIX, SUFFIX "-wal", SUFFIX "-shm" };

static gint64
day_size(int folder, const char *day)
{
	gint64 size = 0;

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *name = g_strconcat(day, files[i], NULL);
		struct stat st;

		if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			size += st.st_size;
	}
	return size;
}

static void
drop_day(Evidence *evidence, const char *tenant, int folder, const char *day)
{
	g_autofree char *name = g_strconcat(tenant, "/", day, NULL);

	if (g_strcmp0(evidence->name, name) == 0)
		forget_db(evidence);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *file = g_strconcat(day, files[i], NULL);

		unlinkat(folder, file, 0);
	}
}

/* The day's file; NULL without ERROR when it is not there and not to be
 * made. */
static Db *
day_open(Evidence *evidence, const char *tenant, const char *day, bool make,
	 GError **error)
{
	g_autofree char *name = g_strconcat(tenant, "/", day, NULL);
	g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
	g_autofree char *path = g_build_filename(evidence->path, file, NULL);
	int folder;

	if (!make && faccessat(evidence->folder, file, F_OK, 0) < 0)
		return NULL;
	/* A sweep, which is another process, may have taken it away. */
	if (evidence->db && strcmp(evidence->name, name) == 0 &&
	    faccessat(evidence->folder, file, F_OK, 0) == 0)
		return evidence->db;
	forget_db(evidence);
	folder = folder_open(evidence->folder, tenant, 0750, error);
	if (folder < 0)
		return NULL;
	close(folder);
	evidence->db = db_open(path, make, schema_evidence, error);
	if (evidence->db)
		evidence->name = g_steal_pointer(&name);
	return evidence->db;
}

gint64
evidence_size(Evidence *evidence, const char *tenant, guint *days)
{
	g_autoptr(GPtrArray) all = days_of(evidence, tenant);
	int folder = tenant_folder(evidence, tenant);
	gint64 size = 0;

	for (guint i = 0; i < all->len; i++)
		size += day_size(folder, all->pdata[i]);
	if (folder >= 0)
		close(folder);
	*days = all->len;
	return size;
}

/* Drop days, the oldest first, but not TODAY, until TENANT has no more than
 * MOST octets. */
static bool
make_room(Evidence *evidence, const char *tenant, const char *today,
	  gint64 most, GError **error)
{
	g_autoptr(GPtrArray) all = days_of(evidence, tenant);
	int folder = tenant_folder(evidence, tenant);
	gint64 size = 0;

	for (guint i = 0; i < all->len; i++)
		size += day_size(folder, all->pdata[i]);
	for (guint i = 0; i < all->len && size > most; i++) {
		if (strcmp(all->pdata[i], today) >= 0)
			break;
		size -= day_size(folder, all->pdata[i]);
		drop_day(evidence, tenant, folder, all->pdata[i]);
	}
	if (folder >= 0)
		close(folder);
	if (size <= most)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "the evidence of "
		    "tenant %s for one day has more than evidence.size; raise "
		    "it, or set evidence.retain to \"facts\"", tenant);
	return false;
}

/* ---- rows ---- */

struct writing {
	const struct evidence_item *items;
	guint from, to;
};

/* DATA packed; NULL, without ERROR, when there is none. */
static GByteArray *
pack(const void *data, gsize length)
{
	GByteArray *packed = g_byte_array_new();
	gsize size;

	g_byte_array_set_size(packed, (guint)ZSTD_compressBound(length));
	size = ZSTD_compress(packed->data, packed->len, data, length, LEVEL);
	if (ZSTD_isError(size))
		g_error("zstd: %s", ZSTD_getErrorName(size));
	g_byte_array_set_size(packed, (guint)size);
	return packed;
}

static bool
write_one(Db *db, const struct evidence_item *item, GError **error)
{
	g_autofree char *octets = item->fd < 0 ? NULL :
	    file_get_fd(item->fd, item->size, error);
	g_autoptr(GByteArray) facts = pack(item->facts, strlen(item->facts));
	g_autoptr(GByteArray) packed = octets ? pack(octets, item->size) :
	    NULL;

	if (item->fd >= 0 && !octets)
		return false;
	return db_run(db, error, "INSERT INTO evidence (id, facts, octets,"
		      " size) VALUES ($1, $2, $3, $4)"
		      " ON CONFLICT (id) DO NOTHING", "tbbi", item->id,
		      facts->data, (gsize)facts->len,
		      packed ? packed->data : NULL,
		      packed ? (gsize)packed->len : (gsize)0,
		      packed ? (gint64)item->size : (gint64)-1);
}

static bool
write_day(Db *db, void *data, GError **error)
{
	const struct writing *writing = data;

	for (guint i = writing->from; i < writing->to; i++)
		if (!write_one(db, &writing->items[i], error))
			return false;
	return true;
}

bool
evidence_put(Evidence *evidence, const char *tenant, gint64 most,
	     const struct evidence_item *items, guint count, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&evidence->lock);
	struct writing writing = { items, 0, 0 };

	while (writing.from < count) {
		char day[CLOCK_TEXT], other[CLOCK_TEXT];
		Db *db;

		clock_day(id_time(items[writing.from].id), day);
		for (writing.to = writing.from + 1; writing.to < count;
		     writing.to++) {
			clock_day(id_time(items[writing.to].id), other);
			if (strcmp(day, other) != 0)
				break;
		}
		if (most && !make_room(evidence, tenant, day, most, error))
			return false;
		db = day_open(evidence, tenant, day, true, error);
		if (!db || !db_transact(db, write_day, &writing, error))
			return false;
		writing.from = writing.to;
	}
	return true;
}

/* Column I of ROW unpacked, with a NUL behind it; NULL when it is none of
 * ours. */
static char *
unpack(sqlite3_stmt *row, int i, gsize *length)
{
	const void *data = sqlite3_column_blob(row, i);
	gsize packed = (gsize)sqlite3_column_bytes(row, i);
	unsigned long long size = data ?
	    ZSTD_getFrameContentSize(data, packed) : MOST + 1;
	char *out;
	gsize got;

	if (size > MOST)
		return NULL;
	out = g_malloc(size + 1);
	out[size] = '\0';
	got = ZSTD_decompress(out, size, data, packed);
	*length = got;
	if (!ZSTD_isError(got) && got == size)
		return out;
	g_free(out);
	return NULL;
}

/* The row of ID; NULL, without ERROR when there is none. */
static sqlite3_stmt *
find_row(Evidence *evidence, const char *tenant, const char *id,
	 GError **error)
{
	g_autoptr(GError) fault = NULL;
	char day[CLOCK_TEXT];
	sqlite3_stmt *row;
	Db *db;

	clock_day(id_time(id), day);
	db = day_open(evidence, tenant, day, false, error);
	row = db ? db_begin(db, error, "SELECT facts, octets, size FROM"
			    " evidence WHERE id = $1", "t", id) : NULL;
	if (row && db_next(row, &fault))
		return row;
	if (fault)
		g_propagate_error(error, g_steal_pointer(&fault));
	db_end(row);
	return NULL;
}

int
evidence_octets(Evidence *evidence, const char *tenant, const char *id,
		gsize *size, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&evidence->lock);
	sqlite3_stmt *row = find_row(evidence, tenant, id, error);
	bool is_kept = row && sqlite3_column_int64(row, 2) >= 0;
	g_autofree char *octets = is_kept ? unpack(row, 1, size) : NULL;

	db_end(row);
	if (is_kept && !octets)
		g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
			    "the evidence of %s is damaged", id);
	return octets ? file_memory(octets, *size, error) : -1;
}

char *
evidence_facts(Evidence *evidence, const char *tenant, const char *id,
	       GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&evidence->lock);
	sqlite3_stmt *row = find_row(evidence, tenant, id, error);
	gsize length;
	char *facts = row ? unpack(row, 0, &length) : NULL;

	db_end(row);
	return facts;
}

guint
evidence_sweep(Evidence *evidence, const char *tenant, gint64 before)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&evidence->lock);
	g_autoptr(GPtrArray) all = days_of(evidence, tenant);
	int folder = tenant_folder(evidence, tenant);
	char oldest[CLOCK_TEXT];
	guint gone = 0;

	clock_day(before, oldest);
	for (guint i = 0; i < all->len; i++)
		if (strcmp(all->pdata[i], oldest) < 0) {
			drop_day(evidence, tenant, folder, all->pdata[i]);
			gone++;
		}
	if (folder >= 0)
		close(folder);
	return gone;
}

/* ---- forget ---- */

static bool
row_names(sqlite3_stmt *row, const Mention *who)
{
	gsize size, length, at, count;
	g_autofree char *facts = unpack(row, 1, &length);
	g_autofree char *octets = sqlite3_column_int64(row, 3) >= 0 ?
	    unpack(row, 2, &size) : NULL;

	return (facts && mention_is_in(who, facts)) ||
	    (octets && mention_find(who, octets, size, &at, &count));
}

/* The ids of DB that name WHO; NULL and ERROR set. */
static GPtrArray *
naming(Db *db, const Mention *who, GError **error)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT id, facts, octets,"
				     " size FROM evidence", "");

	while (row && db_next(row, &fault))
		if (row_names(row, who))
			g_ptr_array_add(ids, g_strdup(db_text(row, 0)));
	db_end(row);
	if (!fault)
		return ids;
	g_ptr_array_free(ids, TRUE);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}

static bool
forget_day(Db *db, const Mention *who, bool is_dry, guint *gone,
	   GError **error)
{
	g_autoptr(GPtrArray) ids = naming(db, who, error);

	if (!ids)
		return false;
	*gone += ids->len;
	for (guint i = 0; i < ids->len && !is_dry; i++)
		if (!db_run(db, error, "DELETE FROM evidence WHERE id = $1",
			    "t", (const char *)ids->pdata[i]))
			return false;
	return is_dry || ids->len == 0 || db_scrub(db, error);
}

bool
evidence_forget(Evidence *evidence, const Mention *who, bool is_dry,
		guint *gone, GError **error)
{
	g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&evidence->lock);
	g_autoptr(GPtrArray) tenants = evidence_tenants(evidence);

	for (guint i = 0; i < tenants->len; i++) {
		const char *tenant = tenants->pdata[i];
		g_autoptr(GPtrArray) days = days_of(evidence, tenant);

		for (guint j = 0; j < days->len; j++) {
			g_autoptr(GError) fault = NULL;
			Db *db = day_open(evidence, tenant, days->pdata[j],
					  false, &fault);

			/* A sweep took it away just now. */
			if (!db && !fault)
				continue;
			if (db && forget_day(db, who, is_dry, gone, &fault))
				continue;
			g_propagate_error(error, g_steal_pointer(&fault));
			return false;
		}
	}
	return true;
}
