/*
 * config_read.c -- read gatepost.conf by the table of settings
 *
 * Values are set from the defaults first, then from the file; both go through
 * set_text(), so that a default is checked as a written value is.
 */
#include "gatepost/model/config_reading.h"

#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "gatepost/model/domain.h"
#include "gatepost/model/rights.h"
#include "gatepost/model/settings.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

#define AT(base, row, type) (*(type *)((char *)(base) + (row)->offset))

static void
note_free(gpointer data)
{
	struct config_note *note = data;

	g_free(note->file);
	g_free(note->text);
	g_free(note);
}

char *
config_note_place(const struct config_note *note)
{
	/* What is missing from all of the file has no line. */
	return note->line ? g_strdup_printf("%s:%u", note->file, note->line) :
	    g_strdup(note->file);
}

GPtrArray *
config_notes_new(void)
{
	return g_ptr_array_new_with_free_func(note_free);
}

void
say(struct reading *reading, bool is_error, const char *format, ...)
{
	struct config_note *note = g_new0(struct config_note, 1);
	const char *file = reading->at ?
	    config_setting_source_file(reading->at) : NULL;
	va_list args;

	note->file = g_strdup(file ? file : reading->path);
	note->line = reading->at ?
	    config_setting_source_line(reading->at) : 0;
	va_start(args, format);
	note->text = g_strdup_vprintf(format, args);
	va_end(args);
	note->is_error = is_error;
	reading->is_bad |= is_error;
	g_ptr_array_add(reading->notes, note);
}

void
place(struct reading *reading, const char *format, ...)
{
	g_autofree char *path = NULL;
	char *end;
	va_list args;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	reading->at = config_setting_lookup(
	    (config_setting_t *)reading->group, path);
	while (!reading->at && (end = strrchr(path, '.'))) {
		*end = '\0';
		reading->at = config_setting_lookup(
		    (config_setting_t *)reading->group, path);
	}
	if (!reading->at)
		reading->at = reading->group;
}

static void
array_clear(const struct setting *row, GPtrArray *array);

static void
scope_clear(const struct scope *scope, void *at)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct setting *row = &scope->rows[i];

		switch (row->type) {
		case SETTING_TEXT:
		case SETTING_PATH:
			g_free(AT(at, row, char *));
			break;
		case SETTING_TEXTS:
		case SETTING_DOMAINS:
		case SETTING_NETWORKS:
		case SETTING_LIST:
			array_clear(row, AT(at, row, GPtrArray *));
			break;
		case SETTING_GROUP:
			scope_clear(row->of, at);
			break;
		case SETTING_NUMBER:
		case SETTING_OCTAL:
		case SETTING_BYTES:
		case SETTING_REAL:
		case SETTING_BOOL:
		case SETTING_WORD:
		case SETTING_RIGHTS:
			break;
		}
	}
}

static void
array_clear(const struct setting *row, GPtrArray *array)
{
	for (guint i = 0; array && i < array->len; i++) {
		if (row->type == SETTING_LIST)
			scope_clear(row->of, array->pdata[i]);
		g_free(array->pdata[i]);
	}
	if (array)
		g_ptr_array_free(array, TRUE);
}

/* "10G" as octets. */
static bool
read_bytes(const char *text, gint64 *bytes)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;

	*bytes = g_ascii_strtoll(text, &end, 10);
	if (end == text || *bytes < 0)
		return false;
	if (!*end)
		return true;
	unit = strchr(units, *end);
	if (!unit || end[1] || *bytes > G_MAXINT64 >> 10 * (unit - units + 1))
		return false;
	*bytes <<= 10 * (unit - units + 1);
	return true;
}

static char *
words_joined(const char *const *words)
{
	return g_strjoinv(", ", (char **)words);
}

static bool
set_number(void *at, const struct setting *row, gint64 number,
	   struct reading *reading)
{
	if (number < row->least || (row->most && number > row->most)) {
		say(reading, true, "%s must be %" G_GINT64_FORMAT " to %"
		    G_GINT64_FORMAT, row->name, row->least, row->most);
		return false;
	}
	AT(at, row, gint64) = number;
	return true;
}

static void
add_network(GPtrArray *array, const char *text, struct reading *reading,
	    const char *name)
{
	struct network *network = g_new0(struct network, 1);

	if (network_parse(text, network)) {
		g_ptr_array_add(array, network);
		return;
	}
	say(reading, true, "%s: \"%s\" is no network; write an address or "
	    "192.0.2.0/24, with no bits set behind the prefix", name, text);
	g_free(network);
}

static void
add_domain(GPtrArray *array, const char *text, struct reading *reading,
	   const char *name)
{
	bool below = g_str_has_prefix(text, "*.");
	g_autofree char *normal = domain_normal(below ? text + 2 : text);

	if (!normal)
		say(reading, true, "%s: \"%s\" is no domain", name, text);
	else
		g_ptr_array_add(array, g_strconcat(below ? "*." : "", normal,
						   NULL));
}

static void
add_text(void *at, const struct setting *row, const char *text,
	 struct reading *reading)
{
	GPtrArray *array = AT(at, row, GPtrArray *);

	if (row->type == SETTING_NETWORKS)
		add_network(array, text, reading, row->name);
	else if (row->type == SETTING_DOMAINS)
		add_domain(array, text, reading, row->name);
	else
		g_ptr_array_add(array, g_strdup(text));
}

static void
add_rights(void *at, const struct setting *row, const char *word,
	   struct reading *reading)
{
	if (!rights_add(word, &AT(at, row, int)))
		say(reading, true, "%s: \"%s\" is none of none, limited, full, "
		    "and of see, preview, release, request, delete, allow, "
		    "block, report", row->name, word);
}

/* Set ROW of AT from TEXT, as a default is written or a string in the file.
 * Lists of a default are `[ "a", "b" ]`. */
static void
set_text(void *at, const struct setting *row, const char *text,
	 struct reading *reading)
{
	gint64 number;
	int word;
	char *end;

	switch (row->type) {
	case SETTING_PATH:
		if (!g_path_is_absolute(text)) {
			say(reading, true, "%s: \"%s\" must be an absolute "
			    "path", row->name, text);
			return;
		}
		/* fallthrough */
	case SETTING_TEXT:
		g_free(AT(at, row, char *));
		AT(at, row, char *) = g_strdup(text);
		break;
	case SETTING_NUMBER:
	case SETTING_OCTAL:
		number = g_ascii_strtoll(text, &end,
					 row->type == SETTING_OCTAL ? 8 : 10);
		if (end == text || *end)
			say(reading, true, "%s: \"%s\" is no number",
			    row->name, text);
		else
			set_number(at, row, number, reading);
		break;
	case SETTING_BYTES:
		if (!read_bytes(text, &number))
			say(reading, true, "%s: \"%s\" is no size; write "
			    "\"500M\" or \"10G\"", row->name, text);
		else
			set_number(at, row, number, reading);
		break;
	case SETTING_REAL:
		AT(at, row, double) = g_ascii_strtod(text, NULL);
		break;
	case SETTING_BOOL:
		AT(at, row, bool) = strcmp(text, "true") == 0;
		break;
	case SETTING_WORD:
		word = fields_word(row->words, text);
		if (word < 0) {
			g_autofree char *all = words_joined(row->words);

			say(reading, true, "%s: \"%s\" is none of %s",
			    row->name, text, all);
		} else {
			AT(at, row, int) = word;
		}
		break;
	case SETTING_RIGHTS:
		AT(at, row, int) = 0;
		add_rights(at, row, text, reading);
		break;
	case SETTING_TEXTS:
	case SETTING_DOMAINS:
	case SETTING_NETWORKS: {
		g_auto(GStrv) parts = g_strsplit(text, "\"", -1);

		for (guint i = 1; parts[0] && parts[i]; i += 2)
			add_text(at, row, parts[i], reading);
		break;
	}
	case SETTING_GROUP:
	case SETTING_LIST:
		break;
	}
}

static void
scope_init(const struct scope *scope, void *at, struct reading *reading)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct setting *row = &scope->rows[i];

		if (row->type == SETTING_GROUP)
			scope_init(row->of, at, reading);
		else if (row->type == SETTING_WORD)
			AT(at, row, int) = -1;
		else if (row->type >= SETTING_TEXTS)
			AT(at, row, GPtrArray *) = g_ptr_array_new();
		if (row->initial)
			set_text(at, row, row->initial, reading);
	}
}

static bool read_scope(const struct scope *scope, void *at,
		       const config_setting_t *group,
		       struct reading *reading);

static void
read_texts(void *at, const struct setting *row, const config_setting_t *value,
	   struct reading *reading)
{
	if (!config_setting_is_array(value) && !config_setting_is_list(value)) {
		say(reading, true, "%s must be a list: [ \"...\", \"...\" ]",
		    row->name);
		return;
	}
	/* What is written replaces the default. */
	array_clear(row, AT(at, row, GPtrArray *));
	AT(at, row, GPtrArray *) = g_ptr_array_new();
	for (int i = 0; i < config_setting_length(value); i++) {
		const char *text = config_setting_get_string_elem(value, i);

		reading->at = config_setting_get_elem(value, (unsigned)i);
		if (text)
			add_text(at, row, text, reading);
		else
			say(reading, true, "%s takes strings", row->name);
	}
}

static void
read_rights(void *at, const struct setting *row,
	    const config_setting_t *value, struct reading *reading)
{
	const char *preset = config_setting_get_string(value);
	bool is_list = config_setting_is_array(value) ||
	    config_setting_is_list(value);
	const int both = RIGHT_BIT(RIGHT_RELEASE) | RIGHT_BIT(RIGHT_REQUEST);

	AT(at, row, int) = 0;
	if (preset)
		add_rights(at, row, preset, reading);
	else if (!is_list)
		say(reading, true, "%s must be a preset, \"none\", "
		    "\"limited\" or \"full\", or a list of rights: "
		    "[ \"see\", \"request\" ]", row->name);
	for (int i = 0; is_list && i < config_setting_length(value); i++) {
		const char *word = config_setting_get_string_elem(value, i);

		add_rights(at, row, word ? word : "", reading);
	}
	if ((AT(at, row, int) & both) == both)
		say(reading, true, "%s: release and request exclude each "
		    "other: who may release need not ask", row->name);
}

static void
read_list(void *at, const struct setting *row, const config_setting_t *value,
	  struct reading *reading)
{
	GPtrArray *array = AT(at, row, GPtrArray *);

	if (!config_setting_is_list(value)) {
		say(reading, true, "%s must be a list of groups: "
		    "( { ... }, { ... } )", row->name);
		return;
	}
	for (int i = 0; i < config_setting_length(value); i++) {
		void *element = g_malloc0(row->of->size);

		g_ptr_array_add(array, element);
		scope_init(row->of, element, reading);
		read_scope(row->of, element,
			   config_setting_get_elem(value, (unsigned)i),
			   reading);
	}
}

/* A value of a plain type: number, truth, text. */
static void
read_plain(void *at, const struct setting *row, const config_setting_t *value,
	   struct reading *reading)
{
	int type = config_setting_type(value);
	bool is_number = type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;

	if (row->type == SETTING_BOOL && type == CONFIG_TYPE_BOOL)
		AT(at, row, bool) = config_setting_get_bool(value);
	else if (row->type == SETTING_REAL &&
		 (is_number || type == CONFIG_TYPE_FLOAT))
		AT(at, row, double) = is_number ?
		    (double)config_setting_get_int64(value) :
		    config_setting_get_float(value);
	else if ((row->type == SETTING_NUMBER || row->type == SETTING_BYTES)
		 && is_number)
		set_number(at, row, config_setting_get_int64(value), reading);
	else if (type == CONFIG_TYPE_STRING && row->type != SETTING_BOOL &&
		 row->type != SETTING_REAL && row->type != SETTING_NUMBER)
		set_text(at, row, config_setting_get_string(value), reading);
	else
		say(reading, true, "%s must be a %s%s", row->name,
		    setting_types[row->type],
		    row->type == SETTING_OCTAL || row->type == SETTING_BYTES ?
		    " in quotes" : "");
}

static const struct setting *
find_row(const struct scope *scope, const char *name)
{
	for (size_t i = 0; i < scope->count; i++)
		if (strcmp(scope->rows[i].name, name) == 0)
			return &scope->rows[i];
	return NULL;
}

static void
say_unknown(const struct scope *scope, const char *name,
	    struct reading *reading)
{
	g_autofree const char **names = g_new0(const char *,
					       scope->count + 1);
	const char *nearest;

	for (size_t i = 0; i < scope->count; i++)
		names[i] = scope->rows[i].name;
	nearest = text_nearest(name, names);
	if (nearest)
		say(reading, true, "unknown setting \"%s\"; did you mean "
		    "\"%s\"?", name, nearest);
	else
		say(reading, true, "unknown setting \"%s\"", name);
}

static bool
read_scope(const struct scope *scope, void *at, const config_setting_t *group,
	   struct reading *reading)
{
	reading->at = group;
	if (!config_setting_is_group(group)) {
		say(reading, true, "a group { ... } is needed here");
		return false;
	}
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *value =
		    config_setting_get_elem(group, (unsigned)i);
		const struct setting *row =
		    find_row(scope, config_setting_name(value));

		reading->at = value;
		if (!row)
			say_unknown(scope, config_setting_name(value),
				    reading);
		else if (row->type == SETTING_GROUP)
			read_scope(row->of, at, value, reading);
		else if (row->type == SETTING_LIST)
			read_list(at, row, value, reading);
		else if (row->type == SETTING_RIGHTS)
			read_rights(at, row, value, reading);
		else if (row->type >= SETTING_TEXTS)
			read_texts(at, row, value, reading);
		else
			read_plain(at, row, value, reading);
	}
	for (size_t i = 0; i < scope->count; i++) {
		reading->at = group;
		if (scope->rows[i].is_needed &&
		    !config_setting_get_member(group, scope->rows[i].name))
			say(reading, true, "%s is needed",
			    scope->rows[i].name);
	}
	return true;
}

void
config_clear(Config *config)
{
	scope_clear(&settings, config);
}

Config *
config_load(const char *path, GPtrArray *notes)
{
	struct reading reading = { .notes = notes, .path = path };
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(Config) config = g_new0(Config, 1);
	config_t file;

	config->refs = 1;
	config->path = g_strdup(path);
	scope_init(&settings, config, &reading);
	config_init(&file);
	config_set_include_dir(&file, folder);
	if (config_read_file(&file, path)) {
		read_scope(&settings, config, config_root_setting(&file),
			   &reading);
		config_check(config, config_root_setting(&file), &reading);
	} else {
		struct config_note *note = g_new0(struct config_note, 1);

		note->file = g_strdup(config_error_file(&file) ?
				      config_error_file(&file) : path);
		note->line = (guint)MAX(config_error_line(&file), 0);
		note->text = config_error_type(&file) == CONFIG_ERR_FILE_IO ?
		    g_strdup("cannot be read; does it exist, and may this "
			     "user read it?") :
		    g_strdup(config_error_text(&file));
		note->is_error = true;
		reading.is_bad = true;
		g_ptr_array_add(notes, note);
	}
	config_destroy(&file);
	return reading.is_bad ? NULL : g_steal_pointer(&config);
}

void
config_versions(GString *out)
{
	/* It does not tell at run time: what we were compiled with. */
	g_string_append_printf(out, "libconfig %d.%d.%d\n",
			       LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR,
			       LIBCONFIG_VER_REVISION);
}
