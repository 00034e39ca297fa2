/*
 * fields.c -- pack, read, clear and write structs by their tables
 */
#include "gatepost/util/fields.h"

#include <string.h>

#include "gatepost/util/clock.h"

struct reader {
	const guint8 *at, *end;
	guint depth;
};

#define AT(base, row, type) (*(type *)((char *)(base) + (row)->offset))
#define SEEN(base, row, type) \
	(*(const type *)((const char *)(base) + (row)->offset))

int
fields_word(const char *const *words, const char *word)
{
	for (int i = 0; word && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

void
fields_init(const struct fields *table, void *at)
{
	memset(at, 0, table->size);
	for (size_t i = 0; i < table->count; i++) {
		const struct field *row = &table->rows[i];

		if (row->type == FIELD_TEXTS || row->type == FIELD_LIST)
			AT(at, row, GPtrArray *) = g_ptr_array_new();
		else if (row->type == FIELD_STRUCT)
			fields_init(row->of, (char *)at + row->offset);
	}
}

void *
fields_new(const struct fields *table)
{
	void *at = g_malloc(table->size);

	fields_init(table, at);
	return at;
}

static void
array_clear(const struct field *row, GPtrArray *array)
{
	for (guint i = 0; array && i < array->len; i++)
		if (row->type == FIELD_LIST)
			fields_free(row->of, array->pdata[i]);
		else
			g_free(array->pdata[i]);
	if (array)
		g_ptr_array_free(array, TRUE);
}

void
fields_clear(const struct fields *table, void *at)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *row = &table->rows[i];

		switch (row->type) {
		case FIELD_TEXT:
			g_free(AT(at, row, char *));
			break;
		case FIELD_TEXTS:
		case FIELD_LIST:
			array_clear(row, AT(at, row, GPtrArray *));
			break;
		case FIELD_STRUCT:
			fields_clear(row->of, (char *)at + row->offset);
			break;
		case FIELD_NUMBER:
		case FIELD_TIME:
		case FIELD_BOOL:
		case FIELD_WORD:
			break;
		}
	}
	memset(at, 0, table->size);
}

void
fields_free(const struct fields *table, void *at)
{
	if (at)
		fields_clear(table, at);
	g_free(at);
}

/* LENGTH octets more at OUT's end, to be written. */
static guint8 *
more(GByteArray *out, gsize length)
{
	guint before = out->len;

	g_byte_array_set_size(out, before + (guint)length);
	return out->data + before;
}

static void
put(GByteArray *out, const void *data, gsize length)
{
	memcpy(more(out, length), data, length);
}

static void
put_text(GByteArray *out, const char *text)
{
	gsize size = text ? strlen(text) : 0;
	guint32 length = text ? (guint32)size + 1 : 0;
	guint8 *to = more(out, sizeof length + size);

	memcpy(to, &length, sizeof length);
	if (text)
		memcpy(to + sizeof length, text, size);
}

/* An idle row, as if it were empty. */
static void
put_nothing(const struct field *row, GByteArray *out)
{
	guint32 none = 0;

	g_assert(row->type == FIELD_TEXT || row->type == FIELD_TEXTS ||
		 row->type == FIELD_LIST);
	put(out, &none, sizeof none);
}

void
fields_pack(const struct fields *table, const void *at, bool brief,
	    GByteArray *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *row = &table->rows[i];
		const GPtrArray *array;
		guint8 octet;

		if (brief && row->is_idle) {
			put_nothing(row, out);
			continue;
		}
		switch (row->type) {
		case FIELD_TEXT:
			put_text(out, SEEN(at, row, char *));
			break;
		case FIELD_NUMBER:
		case FIELD_TIME:
			put(out, &SEEN(at, row, gint64), sizeof(gint64));
			break;
		case FIELD_BOOL:
			octet = SEEN(at, row, bool);
			put(out, &octet, 1);
			break;
		case FIELD_WORD:
			octet = (guint8)SEEN(at, row, int);
			put(out, &octet, 1);
			break;
		case FIELD_TEXTS:
			array = SEEN(at, row, GPtrArray *);
			put(out, &array->len, sizeof array->len);
			for (guint j = 0; j < array->len; j++)
				put_text(out, array->pdata[j]);
			break;
		case FIELD_STRUCT:
			fields_pack(row->of, (const char *)at + row->offset,
				    brief, out);
			break;
		case FIELD_LIST:
			array = SEEN(at, row, GPtrArray *);
			put(out, &array->len, sizeof array->len);
			for (guint j = 0; j < array->len; j++)
				fields_pack(row->of, array->pdata[j], brief,
					    out);
			break;
		}
	}
}

static bool
get(struct reader *from, void *to, gsize length)
{
	if ((gsize)(from->end - from->at) < length)
		return false;
	memcpy(to, from->at, length);
	from->at += length;
	return true;
}

static bool
get_text(struct reader *from, char **text)
{
	guint32 length;

	if (!get(from, &length, sizeof length))
		return false;
	if (length == 0)
		return true;
	if ((gsize)(from->end - from->at) < length - 1 ||
	    memchr(from->at, '\0', length - 1))
		return false;
	*text = g_malloc(length);
	memcpy(*text, from->at, length - 1);
	(*text)[length - 1] = '\0';
	from->at += length - 1;
	return true;
}

static bool get_struct(const struct fields *table, void *at,
		       struct reader *from);

static bool
get_array(const struct field *row, GPtrArray *array, struct reader *from)
{
	guint32 count;

	/* An element takes an octet at least, so this bounds the memory. */
	if (!get(from, &count, sizeof count) ||
	    count > (gsize)(from->end - from->at))
		return false;
	g_ptr_array_set_size(array, (gint)count);
	for (guint32 j = 0; j < count; j++) {
		if (row->type == FIELD_LIST) {
			array->pdata[j] = fields_new(row->of);
			if (!get_struct(row->of, array->pdata[j], from))
				return false;
		} else if (!get_text(from, (char **)&array->pdata[j]) ||
			   !array->pdata[j]) {
			return false;
		}
	}
	return true;
}

static bool
get_word(const struct field *row, int *word, struct reader *from)
{
	guint8 octet;

	if (!get(from, &octet, 1) ||
	    octet >= g_strv_length((char **)row->words))
		return false;
	*word = octet;
	return true;
}

static bool
get_struct(const struct fields *table, void *at, struct reader *from)
{
	bool good = from->depth++ < 8;

	for (size_t i = 0; good && i < table->count; i++) {
		const struct field *row = &table->rows[i];
		guint8 octet;

		switch (row->type) {
		case FIELD_TEXT:
			good = get_text(from, &AT(at, row, char *));
			break;
		case FIELD_NUMBER:
		case FIELD_TIME:
			good = get(from, &AT(at, row, gint64), sizeof(gint64));
			break;
		case FIELD_BOOL:
			good = get(from, &octet, 1) && octet <= 1;
			if (good)
				AT(at, row, bool) = octet;
			break;
		case FIELD_WORD:
			good = get_word(row, &AT(at, row, int), from);
			break;
		case FIELD_TEXTS:
		case FIELD_LIST:
			good = get_array(row, AT(at, row, GPtrArray *), from);
			break;
		case FIELD_STRUCT:
			good = get_struct(row->of, (char *)at + row->offset,
					  from);
			break;
		}
	}
	from->depth--;
	return good;
}

bool
fields_unpack(const struct fields *table, void *at, const guint8 *data,
	      gsize length, GError **error)
{
	struct reader from = { data, data + length, 0 };

	if (get_struct(table, at, &from) && from.at == from.end)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "packed fields of %zu octets do not fit their table",
		    length);
	return false;
}

static bool
is_empty(const struct field *row, const void *at)
{
	switch (row->type) {
	case FIELD_TEXT:
		return !SEEN(at, row, char *);
	case FIELD_NUMBER:
	case FIELD_TIME:
		return SEEN(at, row, gint64) == 0;
	case FIELD_BOOL:
		return !SEEN(at, row, bool);
	case FIELD_WORD:
	case FIELD_STRUCT:
		return false;
	case FIELD_TEXTS:
	case FIELD_LIST:
		return SEEN(at, row, GPtrArray *)->len == 0;
	}
	return false;
}

static void
value_json(const struct field *row, const void *at, bool brief, GString *out)
{
	const GPtrArray *array;
	char time[CLOCK_TEXT];

	switch (row->type) {
	case FIELD_TEXT:
		json_quote(out, SEEN(at, row, char *));
		break;
	case FIELD_NUMBER:
		json_append_number(out, SEEN(at, row, gint64));
		break;
	case FIELD_TIME:
		clock_format(SEEN(at, row, gint64), time);
		json_quote(out, SEEN(at, row, gint64) ? time : NULL);
		break;
	case FIELD_BOOL:
		g_string_append(out, SEEN(at, row, bool) ? "true" : "false");
		break;
	case FIELD_WORD:
		json_quote(out, row->words[SEEN(at, row, int)]);
		break;
	case FIELD_STRUCT:
		fields_json(row->of, (const char *)at + row->offset, brief,
			    out);
		break;
	case FIELD_TEXTS:
	case FIELD_LIST:
		array = SEEN(at, row, GPtrArray *);
		g_string_append_c(out, '[');
		for (guint j = 0; j < array->len; j++) {
			json_comma(out);
			if (row->type == FIELD_LIST)
				fields_json(row->of, array->pdata[j], brief,
					    out);
			else
				json_quote(out, array->pdata[j]);
		}
		g_string_append_c(out, ']');
		break;
	}
}

void
fields_json(const struct fields *table, const void *at, bool brief,
	    GString *out)
{
	g_string_append_c(out, '{');
	for (size_t i = 0; i < table->count; i++) {
		const struct field *row = &table->rows[i];

		if (brief && (row->is_local || is_empty(row, at)))
			continue;
		json_key(out, row->name);
		value_json(row, at, brief, out);
	}
	g_string_append_c(out, '}');
}

static void
array_from_json(const struct field *row, GPtrArray *array, const Json *value)
{
	for (gsize j = 0; j < json_count(value); j++) {
		const Json *element = json_element(value, j);

		if (row->type == FIELD_LIST) {
			void *made = fields_new(row->of);

			fields_from_json(row->of, made, element);
			g_ptr_array_add(array, made);
		} else if (json_text(element)) {
			g_ptr_array_add(array, g_strdup(json_text(element)));
		}
	}
}

void
fields_from_json(const struct fields *table, void *at, const Json *object)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *row = &table->rows[i];
		const Json *value = json_member(object, row->name);
		int word;

		if (!value)
			continue;
		switch (row->type) {
		case FIELD_TEXT:
			AT(at, row, char *) = g_strdup(json_text(value));
			break;
		case FIELD_NUMBER:
			AT(at, row, gint64) = json_number(value);
			break;
		case FIELD_TIME:
			if (json_text(value))
				clock_parse(json_text(value), "UTC",
					    &AT(at, row, gint64));
			break;
		case FIELD_BOOL:
			AT(at, row, bool) = json_is_true(value);
			break;
		case FIELD_WORD:
			word = fields_word(row->words, json_text(value));
			AT(at, row, int) = MAX(word, 0);
			break;
		case FIELD_STRUCT:
			fields_from_json(row->of, (char *)at + row->offset,
					 value);
			break;
		case FIELD_TEXTS:
		case FIELD_LIST:
			array_from_json(row, AT(at, row, GPtrArray *), value);
			break;
		}
	}
}
