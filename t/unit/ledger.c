/*
 * ledger.c -- unit test: what was seen leads to its record, when the same id
 * comes again, when a person is forgotten while mail goes on, and on a day
 * that was begun before there was a row of keys for each record
 */
#include "gatepost/store/ledger.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/store/db.h"
#include "gatepost/store/schema.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"

#define ANN "ann@a.example"
/* Rows of keys that share a filter. */
#define PART 256

static const struct hash_key key = { 1, 2 };

struct place {
	char *path;
	int folder;
	Ledger *ledger;
};

static Ledger *
open_ledger(const struct place *place)
{
	Ledger *ledger = ledger_open(place->folder, place->path, &key, NULL);

	g_assert_nonnull(ledger);
	return ledger;
}

static void
place_make(struct place *place)
{
	place->path = g_dir_make_tmp("ledger-XXXXXX", NULL);
	g_assert_nonnull(place->path);
	place->folder = open(place->path, O_RDONLY | O_DIRECTORY);
	g_assert_cmpint(place->folder, >=, 0);
	place->ledger = open_ledger(place);
}

static void
place_remove(struct place *place)
{
	g_autofree char *inner = g_build_filename(place->path, "ledger",
						  NULL);

	ledger_free(place->ledger);
	place->ledger = open_ledger(place);
	ledger_sweep(place->ledger, G_MAXINT64 / 4);
	ledger_free(place->ledger);
	close(place->folder);
	g_assert_cmpint(rmdir(inner), ==, 0);
	g_assert_cmpint(rmdir(place->path), ==, 0);
	g_free(place->path);
}

/* Write a record of ID with TEXT in its body, to RCPT, called NAME. */
static void
write_one(Ledger *ledger, const char *id, const char *text, const char *rcpt,
	  const char *name)
{
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)record_free);
	Record *record = record_new(id, id_time(id));
	gint64 keys[] = { ledger_key(&key, "rcpt", rcpt),
			  ledger_key(&key, "queue_id", name) };

	g_array_append_vals(record->keys, keys, G_N_ELEMENTS(keys));
	record->body = g_strdup_printf("{\"rcpt\":\"%s\",\"text\":\"%s\"}",
				       rcpt, text);
	g_ptr_array_add(records, record);
	g_assert_true(ledger_write(ledger, records, NULL));
}

struct hits {
	guint count;
	char id[ID_TEXT];	/* of the last */
	char *body;
};

static bool
hit(const Record *record, void *data)
{
	struct hits *hits = data;

	hits->count++;
	g_strlcpy(hits->id, record->id, sizeof hits->id);
	g_free(hits->body);
	hits->body = g_strdup(record->body);
	return true;
}

/* How many records were seen with VALUE of KIND; the last one's id in ID,
 * unless that is NULL. */
static guint
count(Ledger *ledger, const char *kind, const char *value, char *id)
{
	gint64 wanted = ledger_key(&key, kind, value);
	struct hits hits = { 0, "", NULL };

	g_assert_true(ledger_search(ledger, &wanted, 1, 0, hit, &hits, NULL));
	if (id)
		g_strlcpy(id, hits.id, ID_TEXT);
	g_free(hits.body);
	return hits.count;
}

static char *
change(const char *body, GPtrArray *seen, void *data)
{
	return mention_replace(data, body, seen);
}

static guint
forget(Ledger *ledger)
{
	g_autoptr(Mention) ann = mention_new(ANN, &key);
	g_autoptr(GError) error = NULL;
	guint records = 0, events = 0;

	ledger_forget(ledger, ann, change, ann, false, false, &records,
		      &events, &error);
	g_assert_no_error(error);
	return records;
}

static void
assert_forgotten(Ledger *ledger, guint records)
{
	g_autoptr(Mention) ann = mention_new(ANN, &key);
	g_autofree char *other = mention_stand_in(ann, ANN, strlen(ANN));

	g_assert_cmpuint(count(ledger, "rcpt", ANN, NULL), ==, 0);
	g_assert_cmpuint(count(ledger, "rcpt", other, NULL), ==, records);
}

/* One that is there stays as it is, with its keys and no others, wherever in
 * a part the second one would stand. */
static void
test_again(void)
{
	struct place place;
	char ids[PART + 2][ID_TEXT], found[ID_TEXT];

	place_make(&place);
	for (guint i = 0; i < PART + 2; i++) {
		g_autofree char *name = g_strdup_printf("Q%u", i);

		id_new(ids[i]);
		write_one(place.ledger, ids[i], "first", "bob@a.example",
			  name);
		if (i != 0 && i != PART - 2 && i != PART - 1)
			continue;
		write_one(place.ledger, ids[i], "second", ANN, "again");
	}
	g_assert_cmpuint(count(place.ledger, "queue_id", "again", NULL), ==,
			 0);
	g_assert_cmpuint(count(place.ledger, "rcpt", ANN, NULL), ==, 0);
	g_assert_cmpuint(count(place.ledger, "rcpt", "bob@a.example", NULL),
			 ==, PART + 2);
	for (guint i = 0; i < PART + 2; i++) {
		g_autofree char *name = g_strdup_printf("Q%u", i);
		g_autoptr(Record) record = ledger_read(place.ledger, ids[i],
						       NULL);

		g_assert_cmpuint(count(place.ledger, "queue_id", name,
				       found), ==, 1);
		g_assert_cmpstr(found, ==, ids[i]);
		g_assert_cmpstr(record->body, ==,
				"{\"rcpt\":\"bob@a.example\","
				"\"text\":\"first\"}");
	}
	place_remove(&place);
}

#define WRITTEN 600

static void *
write_many(void *data)
{
	Ledger *ledger = data;

	for (guint i = 0; i < WRITTEN; i++) {
		g_autofree char *name = g_strdup_printf("Q%u", i);
		char id[ID_TEXT];

		id_new(id);
		write_one(ledger, id, "text", ANN, name);
	}
	return NULL;
}

/* Two connections, as the daemon's and the command's are. */
static void
test_forget(void)
{
	struct place place;
	pthread_t writer;
	Ledger *other;

	place_make(&place);
	other = open_ledger(&place);
	g_assert_cmpint(pthread_create(&writer, NULL, write_many, other), ==,
			0);
	for (guint i = 0; i < 5; i++)
		forget(place.ledger);
	pthread_join(writer, NULL);
	forget(place.ledger);
	assert_forgotten(place.ledger, WRITTEN);
	assert_forgotten(other, WRITTEN);
	for (guint i = 0; i < WRITTEN; i++) {
		g_autofree char *name = g_strdup_printf("Q%u", i);

		g_assert_cmpuint(count(other, "queue_id", name, NULL), ==, 1);
	}
	ledger_free(other);
	place_remove(&place);
}

/* Put record ID to ANN into DAY as the first step of the schema had it: its
 * body is one that was packed, taken from where it was just written. */
static bool
copy_old(Db *db, void *data, GError **error)
{
	const char *id = data;

	return db_run(db, error, "INSERT INTO record (id, at, body)"
		      " SELECT id, at, body FROM packed.record WHERE id = $1",
		      "t", id) &&
	    db_run(db, error, "INSERT INTO sighting (part, key, id)"
		   " VALUES (0, $1, $2)", "it", ledger_key(&key, "rcpt", ANN),
		   id);
}

static void
make_old(const struct place *place, const char *id)
{
	const char *const first[] = { schema_ledger[0], NULL };
	char day[CLOCK_TEXT];
	g_autofree char *file = NULL, *name = NULL, *aside = NULL;
	g_autofree char *inner = g_build_filename(place->path, "ledger",
						  NULL);
	Db *db;

	clock_day(id_time(id), day);
	name = g_strconcat(day, ".db", NULL);
	file = g_build_filename(inner, name, NULL);
	aside = g_build_filename(inner, "aside", NULL);
	g_assert_cmpint(rename(file, aside), ==, 0);
	db = db_open(file, true, first, NULL);
	g_assert_nonnull(db);
	g_assert_true(db_run(db, NULL, "ATTACH $1 AS packed", "t", aside));
	g_assert_true(db_transact(db, copy_old, (void *)id, NULL));
	db_close(db);
	g_assert_cmpint(unlink(aside), ==, 0);
}

/* Its records are found by their ids, and forgotten; what comes later that
 * day is found by all it was seen with. */
static void
test_old(void)
{
	g_autoptr(Record) record = NULL;
	char old[ID_TEXT], new[ID_TEXT], found[ID_TEXT];
	struct place place;

	place_make(&place);
	id_new(old);
	write_one(place.ledger, old, "old", ANN, "Q1");
	ledger_free(place.ledger);
	make_old(&place, old);
	place.ledger = open_ledger(&place);
	/* Of the same day, even at midnight. */
	g_strlcpy(new, old, sizeof new);
	new[ID_TEXT - 2] = new[ID_TEXT - 2] == 'Z' ? 'Y' : 'Z';
	write_one(place.ledger, new, "new", ANN, "Q2");
	g_assert_cmpuint(count(place.ledger, "queue_id", "Q2", found), ==, 1);
	g_assert_cmpstr(found, ==, new);
	g_assert_cmpuint(forget(place.ledger), ==, 2);
	assert_forgotten(place.ledger, 1);
	record = ledger_read(place.ledger, old, NULL);
	g_assert_nonnull(record);
	g_assert_null(strstr(record->body, ANN));
	g_assert_nonnull(strstr(record->body, "\"old\""));
	place_remove(&place);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/ledger/the-same-id-again", test_again);
	g_test_add_func("/ledger/forget-while-mail-goes-on", test_forget);
	g_test_add_func("/ledger/a-day-of-an-older-schema", test_old);
	return g_test_run();
}
