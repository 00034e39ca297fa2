/*
 * json.c -- write JSON onto a GString, read it through jansson
 */
#include "gatepost/util/json.h"

#include <jansson.h>
#include <string.h>

/* A macro of jansson's, which no function may bear the name of. */
#undef json_is_true

/* LENGTH octets at the end of OUT, to be filled. */
static char *
room(GString *out, gsize length)
{
	gsize at = out->len;

	g_string_set_size(out, at + length);
	return out->str + at;
}

/* Octets at the start of TEXT that stand for themselves, whatever follows. */
static gsize
plain_length(const char *text)
{
	const guchar *p = (const guchar *)text;

	while (*p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	return (gsize)((const char *)p - text);
}

/* Text with octets that JSON, or a reader, cannot take as they are. */
static void
quote_odd(GString *out, const char *text)
{
	g_autofree char *made = g_utf8_validate(text, -1, NULL) ? NULL :
	    g_utf8_make_valid(text, -1);

	g_string_append_c(out, '"');
	for (const guchar *p = (const guchar *)(made ? made : text); *p;
	     p++) {
		gsize plain = 0;

		while (p[plain] >= 0x20 && p[plain] != '"' &&
		       p[plain] != '\\' && p[plain] != 0x7f)
			plain++;
		if (plain) {
			g_string_append_len(out, (const char *)p,
					    (gssize)plain);
			p += plain - 1;
		} else if (*p == '"' || *p == '\\') {
			g_string_append_c(out, '\\');
			g_string_append_c(out, (char)*p);
		} else {
			g_string_append_printf(out, "\\u%04x", *p);
		}
	}
	g_string_append_c(out, '"');
}

void
json_quote(GString *out, const char *text)
{
	gsize plain = text ? plain_length(text) : 0;
	char *at;

	if (!text) {
		g_string_append_len(out, "null", 4);
	} else if (text[plain]) {
		quote_odd(out, text);
	} else {
		at = room(out, plain + 2);
		at[0] = at[plain + 1] = '"';
		memcpy(at + 1, text, plain);
	}
}

void
json_comma(GString *out)
{
	if (out->len && !strchr("{[:,\n", out->str[out->len - 1]))
		g_string_append_c(out, ',');
}

void
json_key(GString *out, const char *name)
{
	gsize length = strlen(name);
	char *at;

	json_comma(out);
	at = room(out, length + 3);
	*at = '"';
	memcpy(at + 1, name, length);
	memcpy(at + 1 + length, "\":", 2);
}

void
json_put(GString *out, const char *name, const char *text)
{
	json_key(out, name);
	json_quote(out, text);
}

void
json_append_number(GString *out, gint64 number)
{
	/* Below zero as well: the least of all has no positive. */
	guint64 left = number < 0 ? -(guint64)number : (guint64)number;
	char digits[24], *at = digits + sizeof digits;

	do {
		*--at = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (number < 0)
		*--at = '-';
	g_string_append_len(out, at, digits + sizeof digits - at);
}

void
json_put_number(GString *out, const char *name, gint64 number)
{
	json_key(out, name);
	json_append_number(out, number);
}

static const json_t *
inner(const Json *value)
{
	return (const json_t *)value;
}

Json *
json_parse(const char *text, gsize length, GError **error)
{
	json_error_t fault;
	json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES,
				      &fault);

	if (!document)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "no JSON: line %d: %s", fault.line, fault.text);
	return (Json *)document;
}

void
json_free(Json *document)
{
	json_decref((json_t *)document);
}

const Json *
json_member(const Json *object, const char *name)
{
	return (const Json *)json_object_get(inner(object), name);
}

const Json *
json_element(const Json *array, gsize i)
{
	return (const Json *)json_array_get(inner(array), i);
}

gsize
json_count(const Json *array)
{
	return json_array_size(inner(array));
}

const Json *
json_next(const Json *object, void **place, const char **name)
{
	/* jansson changes nothing, but does not say so. */
	json_t *of = (json_t *)(gpointer)inner(object);

	*place = *place ? json_object_iter_next(of, *place) :
	    json_object_iter(of);
	*name = *place ? json_object_iter_key(*place) : NULL;
	return *place ? (const Json *)json_object_iter_value(*place) : NULL;
}

double
json_fraction(const Json *value)
{
	return json_number_value(inner(value));
}

bool
json_is_list(const Json *value)
{
	return json_is_array(inner(value));
}

const char *
json_text(const Json *value)
{
	return json_string_value(inner(value));
}

gint64
json_number(const Json *value)
{
	return json_integer_value(inner(value));
}

bool
json_is_true(const Json *value)
{
	return inner(value) && json_typeof(inner(value)) == JSON_TRUE;
}
