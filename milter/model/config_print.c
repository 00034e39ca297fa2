/*
 * config_print.c -- the settings in force, and the table of settings, as
 * text for `gatepost check`
 */
#include "gatepost/model/config.h"
#include "gatepost/model/rights.h"
#include "gatepost/model/settings.h"
#include "gatepost/util/json.h"

#define SEEN(base, row, type) \
	(*(const type *)((const char *)(base) + (row)->offset))

static void print_scope(const struct scope *scope, const void *at,
			const char *path, GString *out);

static void
print_array(const struct setting *row, const GPtrArray *array, GString *out)
{
	g_string_append_c(out, '[');
	for (guint i = 0; i < array->len; i++) {
		char text[NETWORK_TEXT];

		g_string_append(out, i ? ", " : " ");
		if (row->type == SETTING_NETWORKS) {
			network_format(array->pdata[i], text);
			json_quote(out, text);
		} else {
			json_quote(out, array->pdata[i]);
		}
	}
	g_string_append(out, array->len ? " ]" : "]");
}

static void
print_rights(int rights, GString *out)
{
	g_autoptr(GPtrArray) words = rights_words(rights);

	if (rights_preset(rights)) {
		json_quote(out, rights_preset(rights));
		return;
	}
	for (guint i = 0; i < words->len; i++) {
		g_string_append(out, i ? ", " : "[ ");
		json_quote(out, words->pdata[i]);
	}
	g_string_append(out, " ]");
}

static void
print_value(const struct setting *row, const void *at, GString *out)
{
	char real[G_ASCII_DTOSTR_BUF_SIZE];

	switch (row->type) {
	case SETTING_TEXT:
	case SETTING_PATH:
		json_quote(out, SEEN(at, row, char *));
		break;
	case SETTING_NUMBER:
	case SETTING_BYTES:
		g_string_append_printf(out, "%" G_GINT64_FORMAT,
				       SEEN(at, row, gint64));
		break;
	case SETTING_OCTAL:
		g_string_append_printf(out, "\"0%o\"",
				       (guint)SEEN(at, row, gint64));
		break;
	case SETTING_REAL:
		g_string_append(out, g_ascii_formatd(real, sizeof real, "%g",
						     SEEN(at, row, double)));
		break;
	case SETTING_BOOL:
		g_string_append(out, SEEN(at, row, bool) ? "true" : "false");
		break;
	case SETTING_WORD:
		json_quote(out, SEEN(at, row, int) < 0 ? NULL :
			   row->words[SEEN(at, row, int)]);
		break;
	case SETTING_RIGHTS:
		print_rights(SEEN(at, row, int), out);
		break;
	case SETTING_TEXTS:
	case SETTING_DOMAINS:
	case SETTING_NETWORKS:
		print_array(row, SEEN(at, row, GPtrArray *), out);
		break;
	case SETTING_GROUP:
	case SETTING_LIST:
		break;
	}
}

static void
print_list(const struct setting *row, const GPtrArray *array,
	   const char *path, GString *out)
{
	for (guint i = 0; i < array->len; i++) {
		g_autofree char *name = g_strdup_printf("%s%s[%u].", path,
							row->name, i);

		print_scope(row->of, array->pdata[i], name, out);
	}
}

static void
print_scope(const struct scope *scope, const void *at, const char *path,
	    GString *out)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct setting *row = &scope->rows[i];
		g_autofree char *inner = g_strdup_printf("%s%s.", path,
							 row->name);

		if (row->type == SETTING_GROUP) {
			print_scope(row->of, at, inner, out);
		} else if (row->type == SETTING_LIST) {
			print_list(row, SEEN(at, row, GPtrArray *), path,
				   out);
		} else {
			g_string_append_printf(out, "%s%s = ", path,
					       row->name);
			print_value(row, at, out);
			g_string_append(out, ";\n");
		}
	}
}

void
config_print(const Config *config, GString *out)
{
	print_scope(&settings, config, "", out);
}

static void
print_table(const struct scope *scope, const char *path, GString *out)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct setting *row = &scope->rows[i];
		g_autofree char *inner = g_strdup_printf("%s%s.", path,
							 row->name);

		g_string_append_printf(out, "%s%s\t%s\t%s\t%s\n", path,
				       row->name, setting_types[row->type],
				       row->initial ? row->initial : "-",
				       row->meaning);
		if (row->of)
			print_table(row->of, inner, out);
	}
}

void
config_print_settings(GString *out)
{
	print_table(&settings, "", out);
}
