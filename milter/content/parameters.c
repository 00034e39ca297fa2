/*
 * parameters.c -- a value with parameters, and every name it could carry
 *
 * RFC 2231 gives one parameter many spellings, and mail programs differ on
 * which they take, so all are read.
 */
#include "gatepost/content/parameters.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/charset.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/words.h"

static void
parameter_clear(void *at)
{
	struct parameter *parameter = at;

	g_free(parameter->name);
	g_free(parameter->value);
}

/* Behind the blanks and comments at AT. */
static const char *
skip(const char *at)
{
	guint depth = 0;

	for (; *at; at++) {
		if (*at == '(')
			depth++;
		else if (*at == ')' && depth)
			depth--;
		else if (*at == '\\' && depth && at[1])
			at++;
		else if (!depth && !g_ascii_isspace(*at))
			break;
	}
	return at;
}

static const char *
read_quoted(const char *at, GString *out)
{
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && at[1])
			at++;
		if (*at != '\r' && *at != '\n')
			g_string_append_c(out, *at);
	}
	return *at ? at + 1 : at;
}

/* One value, quoted or up to a ';'; AT is behind it afterwards. */
static char *
read_value(const char **at)
{
	GString *out = g_string_new(NULL);

	if (**at == '"')
		*at = read_quoted(*at, out);
	/* Blanks inside are wrong but taken by all: name=my file.exe */
	while (**at && **at != ';' && **at != '"') {
		if (**at != '\r' && **at != '\n')
			g_string_append_c(out, **at);
		(*at)++;
	}
	/* What follows a quoted value up to the ';' is nothing. */
	while (**at && **at != ';')
		(*at)++;
	while (out->len && g_ascii_isspace(out->str[out->len - 1]))
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

static char *
read_first(const char **at)
{
	GString *out = g_string_new(NULL);

	for (;;) {
		*at = skip(*at);
		if (!**at || **at == ';')
			break;
		if (**at == '"')
			*at = read_quoted(*at, out);
		else
			g_string_append_c(out, g_ascii_tolower(*(*at)++));
	}
	return g_string_free(out, FALSE);
}

void
parameters_read(struct parameters *parameters, const char *raw, Facts *facts)
{
	const char *at = raw ? raw : "";

	parameters->value = read_first(&at);
	parameters->rows = g_array_new(FALSE, FALSE,
				       sizeof(struct parameter));
	g_array_set_clear_func(parameters->rows, parameter_clear);
	while (*at) {
		struct parameter row;
		const char *from;

		at = skip(at + (*at == ';'));
		from = at;
		while (*at && !strchr("=;( \t\r\n", *at))
			at++;
		row.name = g_ascii_strdown(from, at - from);
		at = skip(at);
		if (!*row.name || *at != '=') {
			g_free(row.name);
			at += strcspn(at, ";");
			continue;
		}
		if (parameters->rows->len >= BOUND_PARAMETERS) {
			g_free(row.name);
			facts_truncated(facts, DEFECT_PARAMETERS_MANY);
			return;
		}
		at = skip(at + 1);
		if (parameters_find(parameters, row.name))
			facts_defect(facts, DEFECT_PARAMETER_REPEATED);
		row.value = read_value(&at);
		g_array_append_val(parameters->rows, row);
	}
}

void
parameters_clear(struct parameters *parameters)
{
	g_clear_pointer(&parameters->value, g_free);
	g_clear_pointer(&parameters->rows, g_array_unref);
}

const char *
parameters_find(const struct parameters *parameters, const char *name)
{
	for (guint i = 0; i < parameters->rows->len; i++) {
		const struct parameter *row =
		    &g_array_index(parameters->rows, struct parameter, i);

		if (strcmp(row->name, name) == 0)
			return row->value;
	}
	return NULL;
}

static void
append_percent(GString *out, const char *text)
{
	for (; *text; text++) {
		int upper = -1, lower = -1;

		if (text[0] == '%' && text[1]) {
			upper = g_ascii_xdigit_value(text[1]);
			lower = g_ascii_xdigit_value(text[2]);
		}
		if (upper < 0 || lower < 0) {
			g_string_append_c(out, *text);
			continue;
		}
		g_string_append_c(out, (char)(upper << 4 | lower));
		text += 2;
	}
}

static bool
has_text(const GPtrArray *texts, const char *text)
{
	for (guint i = 0; i < texts->len; i++)
		if (strcmp(texts->pdata[i], text) == 0)
			return true;
	return false;
}

/* Take TEXT into OUT once, made fit to be shown. */
static void
give(GPtrArray *out, char *text)
{
	g_strstrip(text);
	if (*text && !has_text(out, text))
		g_ptr_array_add(out, text);
	else
		g_free(text);
}

static void
give_words(GPtrArray *out, const char *value, gsize most, Facts *facts)
{
	give(out, words_decode(value, strlen(value), most, facts));
}

/* charset'language'text (RFC 2231 4), with percent codes. */
static void
give_extended(GPtrArray *out, const char *value, gsize most, Facts *facts)
{
	g_autoptr(GString) octets = g_string_new(NULL);
	g_autofree char *charset = NULL;
	g_autofree char *text = NULL;
	const char *quote = strchr(value, '\'');
	const char *second = quote ? strchr(quote + 1, '\'') : NULL;

	if (second) {
		charset = g_strndup(value, (gsize)(quote - value));
		value = second + 1;
	}
	append_percent(octets, value);
	text = charset_decode(charset && *charset ? charset : NULL,
			      octets->str, octets->len, NULL, facts);
	give_words(out, text, most, facts);
}

/* The value of the section NUMBER of NAME; *IS_EXTENDED: with percents. */
static const char *
find_section(const struct parameters *parameters, const char *name,
	     guint number, bool *is_extended)
{
	g_autofree char *plain = g_strdup_printf("%s*%u", name, number);
	g_autofree char *extended = g_strconcat(plain, "*", NULL);
	const char *value = parameters_find(parameters, extended);

	*is_extended = value != NULL;
	return value ? value : parameters_find(parameters, plain);
}

/* Is there a parameter called NAME and a "*"? */
static bool
has_starred(const struct parameters *parameters, const char *name)
{
	gsize length = strlen(name);

	for (guint i = 0; i < parameters->rows->len; i++) {
		const struct parameter *row =
		    &g_array_index(parameters->rows, struct parameter, i);

		if (strncmp(row->name, name, length) == 0 &&
		    row->name[length] == '*')
			return true;
	}
	return false;
}

/* All sections of NAME joined (RFC 2231 3). */
static void
give_continued(GPtrArray *out, const struct parameters *parameters,
	       const char *name, gsize most, Facts *facts)
{
	g_autoptr(GString) joined = g_string_new(NULL);
	bool is_extended, first_extended = false;

	for (guint i = 0; i < BOUND_PARAMETERS; i++) {
		const char *value = find_section(parameters, name, i,
						 &is_extended);

		/* Sections count from 0, but some count from 1. */
		if (!value && i > 0)
			break;
		if (!value)
			continue;
		first_extended |= is_extended && joined->len == 0;
		if (first_extended && !is_extended)
			for (const char *p = value; *p; p++) {
				g_string_append_c(joined, *p);
				if (*p == '%')
					g_string_append(joined, "25");
			}
		else
			g_string_append(joined, value);
	}
	if (joined->len == 0)
		return;
	if (first_extended)
		give_extended(out, joined->str, most, facts);
	else
		give_words(out, joined->str, most, facts);
}

void
parameters_all(const struct parameters *parameters, const char *name,
	       gsize most, GPtrArray *out, Facts *facts)
{
	g_autofree char *starred = has_starred(parameters, name) ?
	    g_strconcat(name, "*", NULL) : NULL;

	for (guint i = 0; i < parameters->rows->len; i++) {
		const struct parameter *row =
		    &g_array_index(parameters->rows, struct parameter, i);

		if (strcmp(row->name, name) == 0) {
			give_words(out, row->value, most, facts);
			if (strstr(row->value, "''"))
				give_extended(out, row->value, most, facts);
		} else if (starred && strcmp(row->name, starred) == 0) {
			give_extended(out, row->value, most, facts);
		}
	}
	if (starred)
		give_continued(out, parameters, name, most, facts);
}
