/*
 * seen.c -- unit test: what a record was seen with leads to it, over parts
 * that are full and one that is not
 */
#include "gatepost/store/seen.h"

#include <string.h>

#include "gatepost/store/schema.h"

/* Three parts are full of these, and a fourth is not. */
#define RECORDS 1000
/* Each record has keys of its own, one that it shares with every 100th, and
 * one that all have. */
#define OWN 5

static gint64
spread(gint64 number)
{
	/* Keys are hashes: all of their bits differ. */
	guint64 x = (guint64)number * 0x9e3779b97f4a7c15u;

	return (gint64)(x ^ x >> 29);
}

static gint64
own_key(gint64 record, gint64 i)
{
	return spread(record * OWN + i + 1);
}

static gint64
shared_key(gint64 record)
{
	return spread(-1 - record % 100);
}

#define COMMON G_MAXINT64

static void
id_of(gint64 record, char id[8])
{
	g_snprintf(id, 8, "%06d", (int)record);
}

static bool
fill(Db *db, void *data, GError **error)
{
	sqlite3_stmt *put = seen_begin(db, error);

	(void)data;
	for (gint64 i = 0; i < RECORDS; i++) {
		g_autoptr(GArray) keys = g_array_new(FALSE, FALSE,
						     sizeof(gint64));
		gint64 more[] = { shared_key(i), COMMON };
		char id[8];

		for (gint64 j = 0; j < OWN; j++) {
			gint64 key = own_key(i, j);

			g_array_append_val(keys, key);
		}
		g_array_append_vals(keys, more, G_N_ELEMENTS(more));
		id_of(i, id);
		g_assert_cmpint(seen_put(put, id, keys, error), ==, i + 1);
	}
	db_end(put);
	return true;
}

static Db *
filled(void)
{
	Db *db = db_open(":memory:", true, schema_ledger, NULL);

	g_assert_nonnull(db);
	g_assert_true(db_transact(db, fill, NULL, NULL));
	return db;
}

static void
assert_found(Db *db, gint64 key, gint64 first, gint64 step, guint count)
{
	g_autoptr(GPtrArray) ids = seen_find(db, &key, 1, NULL);

	g_assert_nonnull(ids);
	g_assert_cmpuint(ids->len, ==, count);
	/* Newest first. */
	for (guint i = 0; i < count; i++) {
		char id[8];

		id_of(first + step * (gint64)(count - 1 - i), id);
		g_assert_cmpstr(ids->pdata[i], ==, id);
	}
}

static void
test_find(void)
{
	Db *db = filled();

	for (gint64 i = 0; i < RECORDS; i++)
		for (gint64 j = 0; j < OWN; j += OWN - 1)
			assert_found(db, own_key(i, j), i, 1, 1);
	for (gint64 i = 0; i < 100; i++)
		assert_found(db, shared_key(i), i, 100, RECORDS / 100);
	assert_found(db, COMMON, 0, 1, RECORDS);
	assert_found(db, own_key(RECORDS, 0), 0, 1, 0);
	db_close(db);
}

static void
test_find_both(void)
{
	static const struct {
		const char *what;
		gint64 keys[2];
		guint count;
	} rows[] = {
		{ "one that all have, one of record 7", { COMMON, 7 }, 1 },
		{ "one that record 7 shares, one of its own", { 107, 7 }, 1 },
		{ "one that record 7 has not, one of its own", { 108, 7 }, 0 },
	};
	Db *db = filled();

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		gint64 first = rows[i].keys[0];
		gint64 keys[] = {
			first == COMMON ? COMMON : shared_key(first - 100),
			own_key(rows[i].keys[1], 0),
		};
		g_autoptr(GPtrArray) ids = seen_find(db, keys, 2, NULL);

		g_test_message("%s", rows[i].what);
		g_assert_cmpuint(ids->len, ==, rows[i].count);
	}
	db_close(db);
}

struct move {
	gint64 number, from, to;
};

static bool
move(Db *db, void *data, GError **error)
{
	const struct move *one = data;
	g_autoptr(GArray) old = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) new = g_array_new(FALSE, FALSE, sizeof(gint64));

	g_array_append_val(old, one->from);
	g_array_append_val(new, one->to);
	return seen_move(db, one->number, old, new, error);
}

/* In a full part and in the last: gone by the old key, there by the new. */
static void
test_move(void)
{
	static const gint64 records[] = { 0, 255, 256, 700, RECORDS - 1 };
	Db *db = filled();

	for (guint i = 0; i < G_N_ELEMENTS(records); i++) {
		gint64 record = records[i];
		struct move one = { record + 1, own_key(record, 2),
				    spread(-1000 - record) };

		g_assert_true(db_transact(db, move, &one, NULL));
		assert_found(db, one.from, 0, 1, 0);
		assert_found(db, one.to, record, 1, 1);
		assert_found(db, own_key(record, 0), record, 1, 1);
	}
	g_assert_true(db_transact(db, move, &(struct move){
		RECORDS + 5, COMMON, 1 }, NULL));
	assert_found(db, COMMON, 0, 1, RECORDS);
	db_close(db);
}

static bool
put_twice(Db *db, void *data, GError **error)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(gint64));
	sqlite3_stmt *put = seen_begin(db, error);
	gint64 key = COMMON;

	(void)data;
	g_array_append_val(keys, key);
	g_assert_cmpint(seen_put(put, "000000", keys, error), ==, 1);
	g_assert_cmpint(seen_put(put, "000000", keys, error), ==, 2);
	g_assert_cmpint(seen_put(put, "000001", none, error), ==, 3);
	db_end(put);
	return true;
}

static void
test_twice(void)
{
	Db *db = db_open(":memory:", true, schema_ledger, NULL);

	assert_found(db, COMMON, 0, 1, 0);
	g_assert_true(db_transact(db, put_twice, NULL, NULL));
	assert_found(db, COMMON, 0, 1, 1);
	db_close(db);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seen/find", test_find);
	g_test_add_func("/seen/find-both", test_find_both);
	g_test_add_func("/seen/move", test_move);
	g_test_add_func("/seen/an-id-twice-and-no-keys", test_twice);
	return g_test_run();
}
