/*
 * csv.c -- comma-separated values (RFC 4180)
 */
#include "gatepost/lists/csv.h"

#include <stdbool.h>
#include <string.h>

void
csv_row_free(struct csv_row *row)
{
	g_ptr_array_unref(row->fields);
	g_free(row);
}

/* What parts the fields: the one that the first line holds most of. */
static char
separator(const char *text)
{
	static const char all[] = { ',', ';', '\t' };
	gsize length = strcspn(text, "\r\n");
	guint most = 0;
	char best = ',';

	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		guint count = 0;

		for (gsize j = 0; j < length; j++)
			count += text[j] == all[i];
		if (count > most) {
			most = count;
			best = all[i];
		}
	}
	return best;
}

/* One field at *AT, which goes behind it; LINE counts. */
static char *
field_read(const char **at, char part, guint *line)
{
	GString *out = g_string_new(NULL);
	const char *p = *at;
	bool is_quoted = *p == '"';

	p += is_quoted;
	for (; *p; p++) {
		if (is_quoted && p[0] == '"' && p[1] == '"') {
			p++;
		} else if (is_quoted && *p == '"') {
			is_quoted = false;
			continue;
		} else if (!is_quoted && (*p == part || *p == '\r' ||
					  *p == '\n')) {
			break;
		}
		*line += *p == '\n';
		g_string_append_c(out, *p);
	}
	*at = p;
	return g_string_free(out, FALSE);
}

static struct csv_row *
row_read(const char **at, char part, guint *line)
{
	struct csv_row *row = g_new0(struct csv_row, 1);

	row->line = *line;
	row->fields = g_ptr_array_new_with_free_func(g_free);
	for (;;) {
		g_ptr_array_add(row->fields, field_read(at, part, line));
		if (**at != part)
			break;
		(*at)++;
	}
	if (**at == '\r')
		(*at)++;
	if (**at == '\n') {
		(*at)++;
		(*line)++;
	}
	return row;
}

GPtrArray *
csv_read(const char *text)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)csv_row_free);
	char part = separator(text);
	guint line = 1;

	while (*text) {
		struct csv_row *row = row_read(&text, part, &line);

		if (row->fields->len == 1 &&
		    !*(const char *)row->fields->pdata[0])
			csv_row_free(row);
		else
			g_ptr_array_add(rows, row);
	}
	return rows;
}

void
csv_append(GString *out, const char *text)
{
	if (out->len && out->str[out->len - 1] != '\n')
		g_string_append_c(out, ',');
	text = text ? text : "";
	/* The first field is quoted when empty, so that a comma follows it. */
	if (*text && !strpbrk(text, ",;\t\"\r\n") && *text != ' ') {
		g_string_append(out, text);
		return;
	}
	if (!*text && out->len && out->str[out->len - 1] == ',')
		return;
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			g_string_append_c(out, '"');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}
