/*
 * fields.h -- a struct's members as a table, which packs, reads, clears and
 * writes JSON
 *
 * What crosses to another process is packed by its table: numbers in the
 * machine's order, text with its length in front.  Unpacking trusts nothing.
 */
#ifndef GATEPOST_UTIL_FIELDS_H
#define GATEPOST_UTIL_FIELDS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "gatepost/util/json.h"

enum field_type {
	FIELD_TEXT,		/* char *, NULL allowed */
	FIELD_NUMBER,		/* gint64 */
	FIELD_TIME,		/* gint64, us; RFC 3339 in JSON, 0 is null */
	FIELD_BOOL,		/* bool */
	FIELD_WORD,		/* int, an enum whose names are `words` */
	FIELD_TEXTS,		/* GPtrArray * of char * */
	FIELD_STRUCT,		/* a struct in place, its table is `of` */
	FIELD_LIST,		/* GPtrArray * of struct *, as `of` */
};

struct fields;
struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	const char *const *words;	/* ends with NULL */
	const struct fields *of;
	bool is_local;			/* left out of brief JSON */
	bool is_idle;			/* and of what is packed briefly */
};
struct fields {
	const struct field *rows;
	size_t count, size;
};

#define FIELD(Struct, member, TYPE) \
	{ .name = #member, .type = TYPE, .offset = offsetof(Struct, member) }
#define FIELD_LOCAL(Struct, member, TYPE) \
	{ .name = #member, .type = TYPE, .offset = offsetof(Struct, member), \
	  .is_local = true }
#define FIELD_OF(Struct, member, TYPE, table) \
	{ .name = #member, .type = TYPE, .offset = offsetof(Struct, member), \
	  .of = &(table) }
#define FIELD_IDLE(Struct, member, TYPE) \
	{ .name = #member, .type = TYPE, .offset = offsetof(Struct, member), \
	  .is_local = true, .is_idle = true }
#define FIELD_OF_IDLE(Struct, member, TYPE, table) \
	{ .name = #member, .type = TYPE, .offset = offsetof(Struct, member), \
	  .of = &(table), .is_local = true, .is_idle = true }
#define FIELD_WORDS(Struct, member, names) \
	{ .name = #member, .type = FIELD_WORD, \
	  .offset = offsetof(Struct, member), .words = names }
#define FIELDS(Struct, array) \
	{ .rows = array, .count = G_N_ELEMENTS(array), .size = sizeof(Struct) }

/* A struct of TABLE with empty lists, and its end. */
void *fields_new(const struct fields *table);
void fields_init(const struct fields *table, void *at);
void fields_clear(const struct fields *table, void *at);
void fields_free(const struct fields *table, void *at);

/* Append AT to OUT.  BRIEF leaves out what is idle: texts and lists alone. */
void fields_pack(const struct fields *table, const void *at, bool brief,
		 GByteArray *out);

/* Read an initialised AT back from all LENGTH octets of DATA.  False and
 * ERROR set when they do not fit the table; AT is then to be cleared. */
bool fields_unpack(const struct fields *table, void *at, const guint8 *data,
		   gsize length, GError **error);

/* Append AT as a JSON object.  BRIEF leaves out what is empty or false, and
 * what is local. */
void fields_json(const struct fields *table, const void *at, bool brief,
		 GString *out);

/* Fill an initialised AT from OBJECT; what is missing stays empty. */
void fields_from_json(const struct fields *table, void *at,
		      const Json *object);

/* Where WORD stands in WORDS (ends with NULL), or -1. */
int fields_word(const char *const *words, const char *word);

#endif
