/*
 * text.c -- strangers' text made safe, and small helpers on text
 */
#include "gatepost/util/text.h"

#include <string.h>

#include "gatepost/bounds.h"

char *
text_safe(const char *text)
{
	GString *safe = g_string_new(NULL);

	for (const guchar *p = (const guchar *)(text ? text : ""); *p; p++) {
		if (safe->len >= BOUND_LOG_VALUE) {
			g_string_append(safe, "...");
			break;
		}
		if (*p >= 0x20 && *p < 0x7f && *p != '\\')
			g_string_append_c(safe, (char)*p);
		else
			g_string_append_printf(safe, "\\x%02x", *p);
	}
	return g_string_free(safe, FALSE);
}

char *
text_value(const char *text)
{
	g_autofree char *safe = text_safe(text);
	g_auto(GStrv) parts = NULL;
	g_autofree char *escaped = NULL;

	if (*safe && !strpbrk(safe, " \"="))
		return g_steal_pointer(&safe);
	parts = g_strsplit(safe, "\"", -1);
	escaped = g_strjoinv("\\x22", parts);
	return g_strdup_printf("\"%s\"", escaped);
}

/* Characters that change how their neighbours are shown, or show nothing. */
static bool
is_deceiving(gunichar c)
{
	return g_unichar_iscntrl(c) || g_unichar_type(c) ==
	    G_UNICODE_FORMAT || c == 0x2028 || c == 0x2029 || c == 0xad;
}

char *
text_shown(const char *text, gsize columns)
{
	g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
	GString *shown = g_string_new(NULL);
	gsize count = 0;

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (count + 1 >= columns && *g_utf8_next_char(p)) {
			g_string_append(shown, "…");
			break;
		}
		if (is_deceiving(c))
			g_string_append_c(shown, '?');
		else
			g_string_append_unichar(shown, c);
		count++;
	}
	return g_string_free(shown, FALSE);
}

char *
text_pasted(const char *value)
{
	for (const char *p = value; *p; p++)
		if (!g_ascii_isalnum(*p) && !strchr("@.-_+:%=,", *p))
			return g_shell_quote(value);
	return *value ? g_strdup(value) : g_shell_quote(value);
}

char *
text_utf8(const char *data, gsize length, gsize most)
{
	/* Some octets more, so that the cut finds a character's start. */
	gsize taken = MIN(length, most + 4);
	g_autofree char *copy = g_malloc(taken + 1);
	g_autofree char *valid = NULL;
	gsize end;

	for (gsize i = 0; i < taken; i++)
		copy[i] = data[i] && !strchr("\r\n\t", data[i]) ? data[i] :
		    ' ';
	valid = g_utf8_make_valid(copy, (gssize)taken);
	end = MIN(strlen(valid), most);
	while (end > 0 && (valid[end] & 0xc0) == 0x80)
		end--;
	valid[end] = '\0';
	return g_steal_pointer(&valid);
}

/* Levenshtein distance of two short words. */
static guint
distance(const char *a, const char *b)
{
	gsize columns = strlen(b);
	g_autofree guint *row = g_new(guint, columns + 1);

	for (gsize j = 0; j <= columns; j++)
		row[j] = (guint)j;
	for (gsize i = 0; a[i]; i++) {
		guint corner = row[0];

		row[0] = (guint)i + 1;
		for (gsize j = 0; j < columns; j++) {
			guint change = corner + (a[i] != b[j]);

			corner = row[j + 1];
			row[j + 1] = MIN(change, MIN(row[j], corner) + 1);
		}
	}
	return row[columns];
}

const char *
text_nearest(const char *word, const char *const *names)
{
	const char *nearest = NULL;
	guint least = (guint)MIN(strlen(word), 64) / 2 + 1;

	if (strlen(word) > 64)
		return NULL;
	for (; *names; names++) {
		guint far = distance(word, *names);

		if (far < least) {
			least = far;
			nearest = *names;
		}
	}
	return nearest;
}

/* The next character of TEXT, which may be cut or no UTF-8 at all. */
static const char *
next(const char *text)
{
	for (text++; (*text & 0xc0) == 0x80;)
		text++;
	return text;
}

bool
text_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?') {
			pattern++;
			text = next(text);
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = resume = next(resume);
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

gsize
text_ascii(const char *text, gsize length)
{
	gsize n = 0;
	guint64 eight;

	for (; length - n >= sizeof eight; n += sizeof eight) {
		memcpy(&eight, text + n, sizeof eight);
		if (eight & G_GUINT64_CONSTANT(0x8080808080808080))
			break;
	}
	while (n < length && (guchar)text[n] < 0x80)
		n++;
	return n;
}

char *
text_hex(const guint8 *data, gsize length)
{
	char *hex = g_malloc(length * 2 + 1);

	for (gsize i = 0; i < length; i++) {
		hex[i * 2] = "0123456789abcdef"[data[i] >> 4];
		hex[i * 2 + 1] = "0123456789abcdef"[data[i] & 15];
	}
	hex[length * 2] = '\0';
	return hex;
}
