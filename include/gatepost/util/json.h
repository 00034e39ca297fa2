/*
 * json.h -- write JSON onto a GString; read it through jansson, whose types
 * stay in json.c
 */
#ifndef GATEPOST_UTIL_JSON_H
#define GATEPOST_UTIL_JSON_H

#include <glib.h>
#include <stdbool.h>

/* A parsed value.  Children belong to the document they came from. */
typedef struct Json Json;

/* Append TEXT as a JSON string; NULL is null, bad UTF-8 is replaced. */
void json_quote(GString *out, const char *text);

/* Append `"NAME":` with a comma in front unless a bracket opens there. */
void json_key(GString *out, const char *name);

/* Append a comma unless a bracket opens there: before an array's element. */
void json_comma(GString *out);

/* Append NUMBER. */
void json_append_number(GString *out, gint64 number);

/* Append `"NAME":"TEXT"`, or `"NAME":NUMBER`. */
void json_put(GString *out, const char *name, const char *text);
void json_put_number(GString *out, const char *name, gint64 number);

/* Parse LENGTH octets.  NULL and ERROR set when they are no JSON.  Free the
 * document with json_free(). */
Json *json_parse(const char *text, gsize length, GError **error);
void json_free(Json *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Json, json_free)

/* The member NAME of an object, or NULL; element I of an array, or NULL. */
const Json *json_member(const Json *object, const char *name);
const Json *json_element(const Json *array, gsize i);
gsize json_count(const Json *array);

/* The next member of OBJECT and its *NAME, from *PLACE on, which is NULL for
 * the first; NULL behind the last. */
const Json *json_next(const Json *object, void **place, const char **name);

/* A value's text or number; NULL or 0 when it is of another type or NULL. */
const char *json_text(const Json *value);
gint64 json_number(const Json *value);
double json_fraction(const Json *value);
bool json_is_list(const Json *value);
bool json_is_true(const Json *value);

#endif
