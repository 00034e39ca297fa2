/*
 * import.c -- entries from other lists, and entries for them
 *
 * Whatever the format, an item becomes one line of list syntax, which
 * entry_parse() then reads: so that nothing gets in which could not stand in
 * a file.  The JSON of the hosted service is in import_service.c.
 */
#include "gatepost/lists/import.h"

#include <string.h>

#include "gatepost/lists/csv.h"
#include "gatepost/lists/import_item.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/json.h"

const char *const exchange_formats[] = { "list", "csv", "json", NULL };
const char *const import_results[] = {
	"taken", "changed", "same", "refused", NULL
};

void
import_item_free(struct import_item *item)
{
	entry_free(item->entry);
	g_free(item->given);
	g_free(item->fault);
	g_ptr_array_unref(item->remarks);
	g_free(item);
}

struct import_item *
import_item_new(guint line, const char *given)
{
	struct import_item *item = g_new0(struct import_item, 1);

	item->line = line;
	item->given = g_strdup(given);
	item->remarks = g_ptr_array_new_with_free_func(g_free);
	return item;
}

void
import_item_parse(struct import_item *item, const char *line,
		  const struct entry_place *place)
{
	struct entry_place here = *place;
	g_autoptr(GError) error = NULL;

	here.line = item->line;
	item->entry = entry_parse(line, &here, item->remarks, &error);
	if (!item->entry)
		item->fault = g_strdup(error ? error->message :
				       "it is empty");
}

/* ---- list lines ---- */

static bool
read_list(const char *text, const struct entry_place *place,
	  GPtrArray *items)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		struct import_item *item;

		g_strchomp(lines[i]);
		item = import_item_new(i + 1, lines[i]);
		import_item_parse(item, lines[i], place);
		/* A blank line or a comment is no entry, and no fault. */
		if (!item->entry && strcmp(item->fault, "it is empty") == 0)
			import_item_free(item);
		else
			g_ptr_array_add(items, item);
	}
	return true;
}

/* ---- lines of list syntax from parts ---- */

/* Is VALUE one regular expression, and nothing behind it? */
static bool
is_pattern(const char *value)
{
	const char *p = value + 1;

	if (*value != '/')
		return false;
	for (; *p && *p != '/'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p && !p[1];
}

void
import_value(GString *line, const char *value)
{
	g_string_append_c(line, ' ');
	if (is_pattern(value))
		g_string_append(line, value);
	else
		entry_append_word(line, value, false);
}

void
import_option(GString *line, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	g_string_append_printf(line, " %s=", name);
	entry_append_word(line, value, false);
}

/* May TEXT stand in a line as its WHAT, unquoted?  What it means is for
 * entry_parse() to say. */
static bool
check_word(struct import_item *item, const char *what, const char *text)
{
	gsize length = strspn(text, "abcdefghijklmnopqrstuvwxyz");

	if (length > 0 && !text[length])
		return true;
	item->fault = g_strdup_printf("\"%s\" is no %s: write %s", text, what,
				      strcmp(what, "action") == 0 ?
				      "block, allow or observe" :
				      "one word, as sender or url");
	return false;
}

/* The same of an option that takes several values, parted by commas. */
static void
add_values(GString *line, const char *name, const char *values)
{
	g_auto(GStrv) all = g_strsplit(values, ",", -1);

	for (guint i = 0; all[i] && *values; i++) {
		if (i == 0)
			g_string_append_printf(line, " %s=", name);
		else
			g_string_append_c(line, ',');
		entry_append_word(line, g_strstrip(all[i]), true);
	}
}

char *
import_one_line(const char *text, struct import_item *item)
{
	char *line = g_strdup(text ? text : "");
	bool is_changed = false;

	for (char *p = line; *p; p++)
		if ((guchar)*p < ' ' && *p != '\t') {
			*p = ' ';
			is_changed = true;
		}
	if (is_changed)
		import_remark(item, "line breaks have become blanks");
	return line;
}

void
import_remark(struct import_item *item, const char *text)
{
	item->is_changed = true;
	g_ptr_array_add(item->remarks, g_strdup(text));
}

/* ---- CSV ---- */

/* The columns, in the order in which they are written.  "asks" is the option
 * action=, since the column "action" is that of the entry. */
static const struct column {
	const char *name, *option;
	bool takes_several;
} columns[] = {
	{ "action", NULL, false },
	{ "kind", NULL, false },
	{ "value", NULL, false },
	{ "source", NULL, false },
	{ "expires", "expires", false },
	{ "unused", "unused", false },
	{ "added", "added", false },
	{ "for", "for", true },
	{ "direction", "direction", false },
	{ "as", "as", false },
	{ "asks", "action", false },
	{ "proof", "proof", false },
	{ "override", "override", false },
	{ "except", "except", true },
	{ "note", "note", false },
	{ "by", "by", false },
	{ "submission", "submission", false },
	{ "wide", "wide", false },
};
#define COLUMNS G_N_ELEMENTS(columns)
enum { COLUMN_ACTION, COLUMN_KIND, COLUMN_VALUE, COLUMN_SOURCE };

/* Where each column stands in the rows, -1 for nowhere. */
static bool
read_head(const struct csv_row *head, int at[COLUMNS], GError **error)
{
	for (guint i = 0; i < COLUMNS; i++)
		at[i] = -1;
	for (guint j = 0; j < head->fields->len; j++) {
		const char *name = g_strstrip(head->fields->pdata[j]);
		guint i = 0;

		while (i < COLUMNS &&
		       g_ascii_strcasecmp(columns[i].name, name) != 0)
			i++;
		if (i == COLUMNS || at[i] >= 0) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
				    "column \"%s\" %s; the first row names "
				    "the columns: kind, action, value, "
				    "expires, note and so on", name,
				    i == COLUMNS ? "is not known" :
				    "stands twice");
			return false;
		}
		at[i] = (int)j;
	}
	if (at[COLUMN_KIND] >= 0 && at[COLUMN_ACTION] >= 0 &&
	    at[COLUMN_VALUE] >= 0)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "the first row must name the columns kind, action and "
		    "value");
	return false;
}

static const char *
cell(const struct csv_row *row, int at)
{
	return at >= 0 && (guint)at < row->fields->len ?
	    row->fields->pdata[at] : "";
}

static void
read_row(const struct csv_row *row, const int at[COLUMNS],
	 const struct entry_place *place, GPtrArray *items)
{
	const char *value = cell(row, at[COLUMN_VALUE]);
	const char *source = cell(row, at[COLUMN_SOURCE]);
	struct import_item *item = import_item_new(row->line, value);
	g_autofree char *action = g_ascii_strdown(cell(row,
	    at[COLUMN_ACTION]), -1);
	g_autofree char *kind = g_ascii_strdown(cell(row, at[COLUMN_KIND]),
						-1);
	g_autoptr(GString) line = g_string_new(g_strstrip(action));
	g_autofree char *clean = import_one_line(value, item);
	g_autofree char *second = import_one_line(source, item);

	g_string_append_printf(line, " %s", g_strstrip(kind));
	import_value(line, g_strstrip(clean));
	if (*g_strstrip(second))
		import_value(line, second);
	for (guint i = COLUMN_SOURCE + 1; i < COLUMNS; i++) {
		g_autofree char *text = import_one_line(cell(row, at[i]),
							item);

		if (columns[i].takes_several)
			add_values(line, columns[i].option, text);
		else
			import_option(line, columns[i].option, text);
	}
	if (!*clean)
		item->fault = g_strdup("it has no value");
	else if (check_word(item, "action", action) &&
		 check_word(item, "kind", kind))
		import_item_parse(item, line->str, place);
	g_ptr_array_add(items, item);
}

static bool
read_csv(const char *text, const struct entry_place *place, GPtrArray *items,
	 GError **error)
{
	g_autoptr(GPtrArray) rows = csv_read(text);
	int at[COLUMNS];

	if (rows->len == 0) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "the file is empty");
		return false;
	}
	if (!read_head(rows->pdata[0], at, error))
		return false;
	for (guint i = 1; i < rows->len; i++)
		read_row(rows->pdata[i], at, place, items);
	return true;
}

/* What stands in column I of ENTRY; yours. */
static char *
column_text(const Entry *entry, guint i, const Json *options)
{
	const Json *option;

	switch (i) {
	case COLUMN_ACTION:
		return g_strdup(entry_actions[entry->action]);
	case COLUMN_KIND:
		return g_strdup(indicator_kinds[entry->indicator->kind]);
	case COLUMN_VALUE:
		return entry_value_text(entry->indicator);
	case COLUMN_SOURCE:
		return g_strdup(entry->indicator->source);
	default:
		break;
	}
	option = json_member(options, columns[i].option);
	if (columns[i].takes_several && option) {
		g_autoptr(GPtrArray) all = g_ptr_array_new();

		for (gsize j = 0; j < json_count(option); j++)
			g_ptr_array_add(all, (char *)json_text(
			    json_element(option, j)));
		g_ptr_array_add(all, NULL);
		return g_strjoinv(",", (char **)all->pdata);
	}
	return g_strdup(json_text(option));
}

static void
write_csv(const GPtrArray *entries, GString *out)
{
	for (guint i = 0; i < COLUMNS; i++)
		csv_append(out, columns[i].name);
	g_string_append(out, "\r\n");
	for (guint j = 0; j < entries->len; j++) {
		const Entry *entry = entries->pdata[j];
		g_autoptr(GString) json = g_string_new(NULL);
		g_autoptr(Json) whole = NULL;

		entry_json_open(entry, json);
		g_string_append_c(json, '}');
		whole = json_parse(json->str, json->len, NULL);
		for (guint i = 0; i < COLUMNS; i++) {
			g_autofree char *text = column_text(entry, i,
			    json_member(whole, "options"));

			csv_append(out, text);
		}
		g_string_append(out, "\r\n");
	}
}

/* ---- JSON of ours ---- */

/* One option of `list show --json`: a text, or a list of them. */
static void
add_json_option(GString *line, const struct column *column,
		const Json *options, struct import_item *item)
{
	const Json *option = json_member(options, column->option);
	g_autofree char *text = NULL;

	if (!column->takes_several) {
		text = import_one_line(json_text(option), item);
		import_option(line, column->option, text);
		return;
	}
	for (gsize i = 0; i < json_count(option); i++) {
		if (i == 0)
			g_string_append_printf(line, " %s=", column->option);
		else
			g_string_append_c(line, ',');
		entry_append_word(line, json_text(json_element(option, i)),
				  true);
	}
}

static struct import_item *
read_own(const Json *object, guint number, const struct entry_place *place)
{
	const char *value = json_text(json_member(object, "value"));
	const char *kind = json_text(json_member(object, "kind"));
	const char *source = json_text(json_member(object, "source"));
	const char *action = json_text(json_member(object, "action"));
	struct import_item *item = import_item_new(number, value);
	int known = fields_word(indicator_kinds, kind);
	Indicator like = { (enum indicator_kind)MAX(known, 0), (char *)value,
			   (char *)source };
	g_autoptr(GString) line = g_string_new(action);
	g_autofree char *text = NULL;

	if (!value || known < 0) {
		item->fault = g_strdup("it has no value, or no kind that we "
				       "know");
		return item;
	}
	if (!check_word(item, "action", action ? action : ""))
		return item;
	text = entry_value_text(&like);
	g_string_append_printf(line, " %s", kind);
	import_value(line, text);
	if (source)
		import_value(line, source);
	for (guint i = COLUMN_SOURCE + 1; i < COLUMNS; i++)
		add_json_option(line, &columns[i],
				json_member(object, "options"), item);
	import_item_parse(item, line->str, place);
	return item;
}

static bool
read_json(const char *text, const struct entry_place *place,
	  const char *kind, GPtrArray *items, GError **error)
{
	g_autoptr(Json) whole = json_parse(text, strlen(text), error);
	const Json *all = whole;
	gsize count;

	if (!whole)
		return false;
	/* {"entries": [...]} is ours, {"value": [...]} that of a web API; one
	 * element comes without its list. */
	if (json_member(whole, "entries"))
		all = json_member(whole, "entries");
	else if (json_count(json_member(whole, "value")))
		all = json_member(whole, "value");
	count = json_is_list(all) ? json_count(all) : 1;
	for (gsize i = 0; i < count; i++) {
		const Json *one = json_is_list(all) ? json_element(all, i) :
		    all;

		g_ptr_array_add(items, json_member(one, "kind") ?
				read_own(one, (guint)i + 1, place) :
				import_service(one, (guint)i + 1, place,
					       kind));
	}
	return true;
}

static void
write_json(const GPtrArray *entries, GString *out)
{
	g_string_append(out, "{\"entries\":[");
	for (guint i = 0; i < entries->len; i++) {
		json_comma(out);
		entry_json_open(entries->pdata[i], out);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]}\n");
}

/* ---- all of them ---- */

/* Is the first cell of DATA the name of a column? */
static bool
is_head(const char *data, gsize length)
{
	gsize cell = 0;

	data += length && *data == '"';
	while (cell < length && !strchr(",;\t\r\n\"", data[cell]))
		cell++;
	for (guint i = 0; i < COLUMNS; i++)
		if (strlen(columns[i].name) == cell &&
		    g_ascii_strncasecmp(columns[i].name, data, cell) == 0)
			return cell < length && data[cell] != '\n';
	return false;
}

enum exchange_format
import_format(const char *data, gsize length)
{
	if (length > 1 && ((data[0] == '\xff' && data[1] == '\xfe') ||
			   (data[0] == '\xfe' && data[1] == '\xff'))) {
		data += 2;
		length -= 2;
	} else if (length > 2 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		length -= 3;
	}
	while (length && (g_ascii_isspace(*data) || !*data)) {
		data++;
		length--;
	}
	if (length && (*data == '{' || *data == '['))
		return EXCHANGE_JSON;
	return is_head(data, length) ? EXCHANGE_CSV : EXCHANGE_LIST;
}

/* DATA as UTF-8 without a mark, or NULL and ERROR.  Yours. */
static char *
as_utf8(const char *data, gsize length, GError **error)
{
	const guchar *mark = (const guchar *)data;

	if (length > 1 && ((mark[0] == 0xff && mark[1] == 0xfe) ||
			   (mark[0] == 0xfe && mark[1] == 0xff)))
		return g_convert(data, (gssize)length, "UTF-8", "UTF-16",
				 NULL, NULL, error);
	if (length > 2 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		data += 3;
		length -= 3;
	}
	if (g_utf8_validate(data, (gssize)length, NULL))
		return g_strndup(data, length);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "it is neither UTF-8 nor UTF-16; convert it first, as by "
		    "iconv -f latin1 -t utf-8");
	return NULL;
}

bool
import_read(const char *data, gsize length, enum exchange_format format,
	    const struct entry_place *place, const char *kind,
	    GPtrArray *items, GError **error)
{
	g_autofree char *text = as_utf8(data, length, error);

	if (!text)
		return false;
	switch (format) {
	case EXCHANGE_LIST:
		return read_list(text, place, items);
	case EXCHANGE_CSV:
		return read_csv(text, place, items, error);
	case EXCHANGE_JSON:
		break;
	}
	return read_json(text, place, kind, items, error);
}

void
export_write(const GPtrArray *entries, enum exchange_format format,
	     GString *out)
{
	if (format == EXCHANGE_CSV)
		write_csv(entries, out);
	else if (format == EXCHANGE_JSON)
		write_json(entries, out);
	else
		for (guint i = 0; i < entries->len; i++) {
			const Entry *entry = entries->pdata[i];

			g_string_append_printf(out, "%s\n", entry->text);
		}
}
