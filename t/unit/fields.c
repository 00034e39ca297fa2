/*
 * fields.c -- unit test: structs packed, unpacked and written by their tables
 */
#include "gatepost/util/fields.h"

#include <string.h>

struct inner {
	char *name;
	gint64 size;
};

struct outer {
	char *text;
	gint64 number, at;
	bool yes;
	int word;
	GPtrArray *texts;
	struct inner one;
	GPtrArray *many;
};

static const char *const words[] = { "none", "pass", "fail", NULL };

static const struct field inner_rows[] = {
	FIELD(struct inner, name, FIELD_TEXT),
	FIELD(struct inner, size, FIELD_NUMBER),
};
static const struct fields inner_fields = FIELDS(struct inner, inner_rows);

static const struct field outer_rows[] = {
	FIELD(struct outer, text, FIELD_TEXT),
	FIELD(struct outer, number, FIELD_NUMBER),
	FIELD(struct outer, at, FIELD_TIME),
	FIELD(struct outer, yes, FIELD_BOOL),
	FIELD_WORDS(struct outer, word, words),
	FIELD(struct outer, texts, FIELD_TEXTS),
	FIELD_OF(struct outer, one, FIELD_STRUCT, inner_fields),
	FIELD_OF(struct outer, many, FIELD_LIST, inner_fields),
};
static const struct fields outer_fields = FIELDS(struct outer, outer_rows);

static const char full_json[] =
    "{\"text\":\"a \\\"b\\\"\",\"number\":-5,"
    "\"at\":\"1970-01-02T00:00:00Z\",\"yes\":true,\"word\":\"fail\","
    "\"texts\":[\"x\",\"\"],\"one\":{\"name\":\"one\",\"size\":1},"
    "\"many\":[{\"name\":\"m\",\"size\":2},{\"name\":null,\"size\":3}]}";

static const char empty_json[] =
    "{\"text\":null,\"number\":0,\"at\":null,\"yes\":false,"
    "\"word\":\"none\",\"texts\":[],\"one\":{\"name\":null,\"size\":0},"
    "\"many\":[]}";

static struct outer *
full(void)
{
	struct outer *outer = fields_new(&outer_fields);

	outer->text = g_strdup("a \"b\"");
	outer->number = -5;
	outer->at = G_GINT64_CONSTANT(86400000000);
	outer->yes = true;
	outer->word = 2;
	g_ptr_array_add(outer->texts, g_strdup("x"));
	g_ptr_array_add(outer->texts, g_strdup(""));
	outer->one.name = g_strdup("one");
	outer->one.size = 1;
	for (int i = 0; i < 2; i++) {
		struct inner *inner = fields_new(&inner_fields);

		inner->name = i ? NULL : g_strdup("m");
		inner->size = 2 + i;
		g_ptr_array_add(outer->many, inner);
	}
	return outer;
}

static void
check_json(const struct outer *outer, bool brief, const char *expected)
{
	g_autoptr(GString) out = g_string_new(NULL);

	fields_json(&outer_fields, outer, brief, out);
	g_assert_cmpstr(out->str, ==, expected);
}

static void
test_json(void)
{
	struct outer *outer = full();
	struct outer *empty = fields_new(&outer_fields);
	struct outer *back = fields_new(&outer_fields);
	g_autoptr(Json) json = json_parse(full_json, strlen(full_json), NULL);

	check_json(outer, false, full_json);
	check_json(empty, false, empty_json);
	check_json(empty, true, "{\"word\":\"none\",\"one\":{}}");
	fields_from_json(&outer_fields, back, json);
	check_json(back, false, full_json);
	fields_free(&outer_fields, outer);
	fields_free(&outer_fields, empty);
	fields_free(&outer_fields, back);
	fields_free(&outer_fields, NULL);
}

static void
test_odd_json(void)
{
	static const char odd[] = "{\"text\":7,\"number\":\"x\",\"at\":\"x\","
	    "\"yes\":1,\"word\":\"x\",\"texts\":[1,null],\"one\":[],"
	    "\"many\":[7],\"more\":1}";
	struct outer *outer = fields_new(&outer_fields);
	g_autoptr(Json) json = json_parse(odd, strlen(odd), NULL);

	fields_from_json(&outer_fields, outer, json);
	fields_from_json(&outer_fields, outer, NULL);
	g_assert_null(outer->text);
	g_assert_cmpint(outer->at, ==, 0);
	g_assert_cmpuint(outer->texts->len, ==, 0);
	g_assert_cmpuint(outer->many->len, ==, 1);
	fields_free(&outer_fields, outer);
}

static void
test_pack(void)
{
	struct outer *outer = full();
	struct outer *back = fields_new(&outer_fields);
	g_autoptr(GByteArray) packed = g_byte_array_new();
	g_autoptr(GError) error = NULL;

	fields_pack(&outer_fields, outer, false, packed);
	g_assert_true(fields_unpack(&outer_fields, back, packed->data,
				    packed->len, &error));
	g_assert_no_error(error);
	check_json(back, false, full_json);
	fields_free(&outer_fields, outer);
	fields_free(&outer_fields, back);
}

struct part {
	char *said, *idle;
	GPtrArray *idle_texts, *idle_many;
};

static const struct field part_rows[] = {
	FIELD_IDLE(struct part, idle, FIELD_TEXT),
	FIELD(struct part, said, FIELD_TEXT),
	FIELD_IDLE(struct part, idle_texts, FIELD_TEXTS),
	FIELD_OF_IDLE(struct part, idle_many, FIELD_LIST, inner_fields),
};
static const struct fields part_fields = FIELDS(struct part, part_rows);

/* What is idle is left out where the caller wants little. */
static void
test_brief(void)
{
	struct part *part = fields_new(&part_fields);

	part->said = g_strdup("s");
	part->idle = g_strdup("i");
	g_ptr_array_add(part->idle_texts, g_strdup("t"));
	g_ptr_array_add(part->idle_many, fields_new(&inner_fields));
	for (int brief = 0; brief < 2; brief++) {
		g_autoptr(GByteArray) packed = g_byte_array_new();
		struct part *back = fields_new(&part_fields);

		fields_pack(&part_fields, part, brief, packed);
		g_assert_true(fields_unpack(&part_fields, back, packed->data,
					    packed->len, NULL));
		g_assert_cmpstr(back->said, ==, "s");
		g_assert_cmpstr(back->idle, ==, brief ? NULL : "i");
		g_assert_cmpuint(back->idle_texts->len, ==, !brief);
		g_assert_cmpuint(back->idle_many->len, ==, !brief);
		fields_free(&part_fields, back);
	}
	fields_free(&part_fields, part);
}

/* Unpack DATA into a fresh struct and free it. */
static bool
unpacks(const guint8 *data, gsize length)
{
	/* A copy of its own, so that a read beyond the end is noticed. */
	g_autofree guint8 *copy = g_memdup2(data, length);
	struct outer *back = fields_new(&outer_fields);
	g_autoptr(GError) error = NULL;
	bool good = fields_unpack(&outer_fields, back, copy, length, &error);

	g_assert_cmpint(good, ==, error == NULL);
	if (good) {
		g_autoptr(GString) out = g_string_new(NULL);

		fields_json(&outer_fields, back, false, out);
	}
	fields_free(&outer_fields, back);
	return good;
}

static void
test_damage(void)
{
	struct outer *outer = full();
	g_autoptr(GByteArray) packed = g_byte_array_new();

	fields_pack(&outer_fields, outer, false, packed);
	fields_free(&outer_fields, outer);
	for (guint i = 0; i < packed->len; i++)
		g_assert_false(unpacks(packed->data, i));
	for (int i = 0; i < 20000; i++) {
		g_autofree guint8 *copy = g_memdup2(packed->data,
						    packed->len);

		copy[g_test_rand_int_range(0, (int)packed->len)] ^=
		    (guint8)g_test_rand_int_range(1, 256);
		unpacks(copy, packed->len);
	}
	g_byte_array_append(packed, (const guint8 *)"", 1);
	g_assert_false(unpacks(packed->data, packed->len));
}

static void
test_word(void)
{
	g_assert_cmpint(fields_word(words, "none"), ==, 0);
	g_assert_cmpint(fields_word(words, "fail"), ==, 2);
	g_assert_cmpint(fields_word(words, "Fail"), ==, -1);
	g_assert_cmpint(fields_word(words, ""), ==, -1);
	g_assert_cmpint(fields_word(words, NULL), ==, -1);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fields/json", test_json);
	g_test_add_func("/fields/odd-json", test_odd_json);
	g_test_add_func("/fields/pack", test_pack);
	g_test_add_func("/fields/brief", test_brief);
	g_test_add_func("/fields/damage", test_damage);
	g_test_add_func("/fields/word", test_word);
	return g_test_run();
}
