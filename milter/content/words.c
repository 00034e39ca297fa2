/*
 * words.c -- header text: encoded words and raw 8-bit to UTF-8
 *
 * Word by word with a fresh decoder each, since a decoder that lives on stops
 * at the first padding.  Lenient as mail programs are: blanks inside a word
 * and words glued to text are taken.
 */
#include "gatepost/content/words.h"

#include <string.h>

#include "gatepost/content/charset.h"
#include "gatepost/content/decode.h"
#include "gatepost/content/defect.h"
#include "gatepost/util/text.h"

#define CHARSET_MOST 60

/* An encoded word: =?charset*language?encoding?text?= */
struct word {
	char charset[CHARSET_MOST + 1];
	bool is_base64;
	const char *text;
	gsize length;
	const char *end;	/* behind it */
};

/* Octets of words of one charset that wait for their conversion. */
struct pending {
	GString *octets;
	char charset[CHARSET_MOST + 1];
};

static bool
word_read(struct word *word, const char *at, const char *end)
{
	const char *charset = at + 2, *mark, *close;
	gsize length;

	mark = memchr(charset, '?', MIN((gsize)(end - charset),
					2 * CHARSET_MOST));
	if (!mark || mark == charset || end - mark < 5 || mark[2] != '?' ||
	    !memchr("bBqQ", mark[1], 4))
		return false;
	word->is_base64 = g_ascii_tolower(mark[1]) == 'b';
	word->text = mark + 3;
	close = memmem(word->text, (gsize)(end - word->text), "?=", 2);
	if (!close)
		return false;
	word->length = (gsize)(close - word->text);
	word->end = close + 2;
	length = (gsize)(mark - charset);
	for (gsize i = 0; i < length; i++) {
		if (charset[i] == '*')
			length = i;
		else if ((guchar)charset[i] <= 0x20)
			return false;
	}
	if (length == 0 || length > CHARSET_MOST)
		return false;
	memcpy(word->charset, charset, length);
	word->charset[length] = '\0';
	return true;
}

/* RFC 2047 4.2 */
static void
append_quoted(GString *out, const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		int upper = -1, lower = -1;

		if (text[i] == '=' && i + 2 < length) {
			upper = g_ascii_xdigit_value(text[i + 1]);
			lower = g_ascii_xdigit_value(text[i + 2]);
		}
		if (upper >= 0 && lower >= 0) {
			g_string_append_c(out, (char)(upper << 4 | lower));
			i += 2;
		} else {
			g_string_append_c(out, text[i] == '_' ? ' ' :
					  text[i]);
		}
	}
}

static void
append_base64(GString *out, const char *text, gsize length)
{
	struct decoder decoder;
	guint8 room[256];
	gsize n;

	decode_start(&decoder, ENCODING_BASE64, (const guint8 *)text, length);
	while ((n = decode_next(&decoder, room, sizeof room)) > 0)
		g_string_append_len(out, (const char *)room, (gssize)n);
}

static void
flush(struct pending *pending, GString *out, Facts *facts)
{
	g_autofree char *text = NULL;

	if (pending->octets->len == 0)
		return;
	text = charset_decode(pending->charset, pending->octets->str,
			      pending->octets->len, NULL, facts);
	g_string_append(out, text);
	g_string_truncate(pending->octets, 0);
}

static void
append_raw(GString *out, const char *text, gsize length, Facts *facts)
{
	g_autofree char *decoded = NULL;

	if (length == 0)
		return;
	decoded = charset_decode(NULL, text, length, NULL, facts);
	g_string_append(out, decoded);
}

static bool
is_blank(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isspace(text[i]))
			return false;
	return true;
}

static char *
decode(const char *raw, gsize length, Facts *facts)
{
	struct pending pending = { .octets = g_string_new(NULL) };
	GString *out = g_string_sized_new(length);
	const char *from = raw, *at = raw, *end = raw + length;
	bool after_word = false;
	struct word word;

	while ((at = memmem(at, (gsize)(end - at), "=?", 2))) {
		if (!word_read(&word, at, end)) {
			at += 2;
			continue;
		}
		if (!after_word || !is_blank(from, (gsize)(at - from))) {
			flush(&pending, out, facts);
			append_raw(out, from, (gsize)(at - from), facts);
		}
		if (g_ascii_strcasecmp(pending.charset, word.charset) != 0)
			flush(&pending, out, facts);
		g_strlcpy(pending.charset, word.charset,
			  sizeof pending.charset);
		if (word.is_base64)
			append_base64(pending.octets, word.text, word.length);
		else
			append_quoted(pending.octets, word.text, word.length);
		from = at = word.end;
		after_word = true;
	}
	flush(&pending, out, facts);
	append_raw(out, from, (gsize)(end - from), facts);
	g_string_free(pending.octets, TRUE);
	return g_string_free(out, FALSE);
}

/* TEXT, valid UTF-8, with blanks for controls, in place; true when there was
 * one that is no tab or line end. */
static bool
blank_controls(char *text)
{
	bool found = false;

	for (guchar *p = (guchar *)text; *p; p++) {
		if (*p < 0x20 || *p == 0x7f) {
			found |= !strchr("\r\n\t", (char)*p);
			*p = ' ';
		} else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
			found = true;
			p[0] = p[1] = ' ';
		}
	}
	return found;
}

bool
words_are_clean(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if ((guchar)text[i] < 0x20 || (guchar)text[i] >= 0x7f)
			return false;
	return true;
}

char *
words_clean(const char *text, gsize length, gsize most)
{
	char *clean;

	if (words_are_clean(text, length))
		return g_strndup(text, MIN(length, most));
	clean = text_utf8(text, length, most);
	blank_controls(clean);
	return clean;
}

static bool
is_plain(const char *raw, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (raw[i] < 0x20 || raw[i] == 0x7f ||
		    (raw[i] == '=' && i + 1 < length && raw[i + 1] == '?'))
			return false;
	return true;
}

char *
words_decode(const char *raw, gsize length, gsize most, Facts *facts)
{
	g_autofree char *text = NULL;

	if (is_plain(raw, length))
		return g_strndup(raw, MIN(length, most));
	text = decode(raw, length, facts);
	if (strpbrk(text, "\r\n") && !memchr(raw, '\n', length))
		facts_defect(facts, DEFECT_WORDS_CONTROL);
	if (blank_controls(text))
		facts_defect(facts, DEFECT_WORDS_CONTROL);
	return text_utf8(text, strlen(text), most);
}

bool
words_has_bidi(const char *text)
{
	for (const char *p = text; (p = strstr(p, "\xe2\x80")); p++)
		if ((guchar)p[2] >= 0xaa && (guchar)p[2] <= 0xae)
			return true;
	for (const char *p = text; (p = strstr(p, "\xe2\x81")); p++)
		if ((guchar)p[2] >= 0xa6 && (guchar)p[2] <= 0xa9)
			return true;
	return false;
}
