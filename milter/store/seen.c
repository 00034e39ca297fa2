/*
 * seen.c -- rows of keys, in parts, and a filter for each part
 *
 * A key is a keyed hash already: two halves of it lead to its bits in the
 * filter, and nobody outside can choose which.
 */
#include "gatepost/store/seen.h"

#include <string.h>

/* Rows of a part. */
#define PART 256
/* Of a filter, for each key: with six bits set it is wrong once in 250. */
#define FILTER_BITS 12
#define FILTER_TESTS 6

struct filter {
	guint8 *octets;
	guint32 bits;
};

static guint32
filter_bit(const struct filter *filter, gint64 key, guint test)
{
	guint32 low = (guint32)key, high = (guint32)((guint64)key >> 32);

	return (low + test * (high | 1)) % filter->bits;
}

static void
filter_add(struct filter *filter, gint64 key)
{
	for (guint i = 0; i < FILTER_TESTS; i++) {
		guint32 bit = filter_bit(filter, key, i);

		filter->octets[bit / 8] |= (guint8)(1 << bit % 8);
	}
}

static bool
filter_has(const struct filter *filter, gint64 key)
{
	for (guint i = 0; i < FILTER_TESTS; i++) {
		guint32 bit = filter_bit(filter, key, i);

		if (!(filter->octets[bit / 8] & 1 << bit % 8))
			return false;
	}
	return true;
}

/* The keys of column I, of gint64. */
static GArray *
keys_of(sqlite3_stmt *row, int i)
{
	GArray *keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	gsize octets = (gsize)sqlite3_column_bytes(row, i);

	g_array_append_vals(keys, sqlite3_column_blob(row, i),
			    (guint)(octets / sizeof(gint64)));
	return keys;
}

/* The keys of all rows of PART. */
static GArray *
keys_of_part(Db *db, gint64 part, GError **error)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GError) fault = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT keys FROM seen"
				     " WHERE number BETWEEN $1 AND $2", "ii",
				     part * PART + 1, (part + 1) * PART);

	while (row && db_next(row, &fault)) {
		g_autoptr(GArray) keys = keys_of(row, 0);

		g_array_append_vals(all, keys->data, keys->len);
	}
	db_end(row);
	if (!fault)
		return g_steal_pointer(&all);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}

/* Make the filter of PART, which is full, or make it anew. */
static bool
close_part(Db *db, gint64 part, GError **error)
{
	g_autoptr(GArray) keys = keys_of_part(db, part, error);
	g_autofree guint8 *octets = NULL;
	struct filter filter;
	gsize length;

	if (!keys)
		return false;
	length = (keys->len * FILTER_BITS + 7) / 8 + 1;
	octets = g_malloc0(length);
	filter = (struct filter){ octets, (guint32)length * 8 };
	for (guint i = 0; i < keys->len; i++)
		filter_add(&filter, g_array_index(keys, gint64, i));
	return db_run(db, error, "INSERT INTO part (part, filter)"
		      " VALUES ($1, $2) ON CONFLICT (part)"
		      " DO UPDATE SET filter = excluded.filter", "ib", part,
		      octets, length);
}

sqlite3_stmt *
seen_begin(Db *db, GError **error)
{
	return db_begin(db, error, "INSERT INTO seen (id, keys)"
			" VALUES ($1, $2)", "");
}

gint64
seen_put(sqlite3_stmt *statement, const char *id, const GArray *keys,
	 GError **error)
{
	Db *db = sqlite3_db_handle(statement);
	g_autoptr(GError) fault = NULL;
	gint64 number;

	sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	/* Without a key it is an empty blob, and no NULL. */
	sqlite3_bind_blob64(statement, 2, keys->len ? keys->data : "",
			    keys->len * sizeof(gint64), SQLITE_STATIC);
	db_next(statement, &fault);
	number = sqlite3_last_insert_rowid(db);
	sqlite3_reset(statement);
	if (!fault && number % PART == 0)
		close_part(db, number / PART - 1, &fault);
	if (!fault)
		return number;
	g_propagate_error(error, g_steal_pointer(&fault));
	return 0;
}

bool
seen_take_back(Db *db, gint64 number, GError **error)
{
	/* The next row gets the number.  Where this one was a part's last,
	 * that one makes the filter anew. */
	return db_run(db, error, "DELETE FROM seen WHERE number = $1", "i",
		      number);
}

static bool
has_key(const GArray *keys, gint64 key)
{
	for (guint i = 0; i < keys->len; i++)
		if (g_array_index(keys, gint64, i) == key)
			return true;
	return false;
}

/* Add to IDS those of PART, whatever its filter says. */
static void
find_in_part(Db *db, gint64 part, const gint64 *wanted, guint count,
	     GHashTable *ids, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT id, keys FROM seen"
				     " WHERE number BETWEEN $1 AND $2", "ii",
				     part * PART + 1, (part + 1) * PART);

	while (row && db_next(row, error)) {
		g_autoptr(GArray) keys = keys_of(row, 1);
		guint i = 0;

		while (i < count && has_key(keys, wanted[i]))
			i++;
		if (i == count)
			g_hash_table_add(ids, g_strdup(db_text(row, 0)));
	}
	db_end(row);
}

static bool
filter_has_all(const struct filter *filter, const gint64 *keys, guint count)
{
	for (guint i = 0; i < count; i++)
		if (!filter_has(filter, keys[i]))
			return false;
	return true;
}

/* The parts that may hold all of KEYS, of gint64: those whose filter says so,
 * and the last, which has none yet. */
static GArray *
find_parts(Db *db, const gint64 *keys, guint count, GError **error)
{
	GArray *parts = g_array_new(FALSE, FALSE, sizeof(gint64));
	sqlite3_stmt *row = db_begin(db, error, "SELECT part, filter FROM"
				     " part ORDER BY part", "");
	gint64 part = -1;

	while (row && db_next(row, error)) {
		struct filter filter = {
			(guint8 *)(gpointer)sqlite3_column_blob(row, 1),
			(guint32)sqlite3_column_bytes(row, 1) * 8
		};

		part = sqlite3_column_int64(row, 0);
		if (filter.bits && filter_has_all(&filter, keys, count))
			g_array_append_val(parts, part);
	}
	db_end(row);
	part++;
	g_array_append_val(parts, part);
	return parts;
}

static int
newest_first(gconstpointer a, gconstpointer b)
{
	return -strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
seen_find(Db *db, const gint64 *keys, guint count, GError **error)
{
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash,
							  g_str_equal, g_free,
							  NULL);
	g_autoptr(GError) fault = NULL;
	g_autoptr(GArray) parts = find_parts(db, keys, count, &fault);
	GHashTableIter iter;
	GPtrArray *all;
	gpointer id;

	for (guint i = 0; !fault && i < parts->len; i++)
		find_in_part(db, g_array_index(parts, gint64, i), keys, count,
			     ids, &fault);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return NULL;
	}
	all = g_ptr_array_new_with_free_func(g_free);
	g_hash_table_iter_init(&iter, ids);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		g_ptr_array_add(all, id);
		g_hash_table_iter_steal(&iter);
	}
	g_ptr_array_sort(all, newest_first);
	return all;
}

/* Exchange in KEYS what is of OLD; was there any? */
static bool
exchange(GArray *keys, const GArray *old, const GArray *new)
{
	bool is_any = false;

	for (guint i = 0; i < keys->len; i++)
		for (guint j = 0; j < old->len; j++)
			if (g_array_index(keys, gint64, i) ==
			    g_array_index(old, gint64, j)) {
				g_array_index(keys, gint64, i) =
				    g_array_index(new, gint64, j);
				is_any = true;
				break;
			}
	return is_any;
}

/* Has PART a filter? */
static bool
is_closed(Db *db, gint64 part, GError **error)
{
	sqlite3_stmt *row = db_begin(db, error, "SELECT part FROM part"
				     " WHERE part = $1", "i", part);
	bool is_any = row && db_next(row, error);

	db_end(row);
	return is_any;
}

bool
seen_move(Db *db, gint64 number, const GArray *old, const GArray *new,
	  GError **error)
{
	gint64 part = (number - 1) / PART;
	g_autoptr(GError) fault = NULL;
	g_autoptr(GArray) keys = NULL;
	sqlite3_stmt *row = db_begin(db, &fault, "SELECT keys FROM seen"
				     " WHERE number = $1", "i", number);

	if (row && db_next(row, &fault))
		keys = keys_of(row, 0);
	db_end(row);
	if (!fault && keys && exchange(keys, old, new) &&
	    db_run(db, &fault, "UPDATE seen SET keys = $1 WHERE number = $2",
		   "bi", keys->data, keys->len * sizeof(gint64), number) &&
	    is_closed(db, part, &fault))
		close_part(db, part, &fault);
	return db_settle(g_steal_pointer(&fault), error);
}
