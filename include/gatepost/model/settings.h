/*
 * settings.h -- the table of settings, for config.c and its printers
 */
#ifndef GATEPOST_MODEL_SETTINGS_H
#define GATEPOST_MODEL_SETTINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum setting_type {
	SETTING_TEXT,		/* char * */
	SETTING_PATH,		/* char *, absolute */
	SETTING_NUMBER,		/* gint64 */
	SETTING_OCTAL,		/* gint64, written "0660" */
	SETTING_BYTES,		/* gint64, written "10G" */
	SETTING_REAL,		/* double */
	SETTING_BOOL,		/* bool */
	SETTING_WORD,		/* int, one of `words` */
	SETTING_RIGHTS,		/* int of bits: a preset, or a list of words */
	SETTING_TEXTS,		/* GPtrArray * of char * */
	SETTING_DOMAINS,	/* GPtrArray * of char *, normal form */
	SETTING_NETWORKS,	/* GPtrArray * of struct network * */
	SETTING_GROUP,		/* a struct in place, as `of` */
	SETTING_LIST,		/* GPtrArray * of struct *, as `of` */
};
extern const char *const setting_types[];

struct scope;
struct setting {
	const char *name;
	enum setting_type type;
	size_t offset;
	const char *initial;	/* as it would be written; NULL: none */
	gint64 least, most;	/* of a number */
	const char *const *words;
	const struct scope *of;
	const char *meaning;	/* a sentence for the manual */
	bool is_needed;		/* no default: must be there */
};
struct scope {
	const struct setting *rows;
	size_t count, size;
};

extern const struct scope settings, tenant_settings;

#endif
