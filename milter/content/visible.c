/*
 * visible.c -- characters of a text that a reader does not see
 *
 * Nearly all text has none, and of its octets few can start one: the table
 * says which.
 */
#include "gatepost/content/visible.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/util/text.h"

enum kind { KIND_SHOWN, KIND_INVISIBLE, KIND_BIDI };

/* Lead octets of the characters below. */
static const bool leads[256] = {
	[0xc2] = true, [0xcd] = true, [0xd8] = true, [0xe1] = true,
	[0xe2] = true, [0xef] = true, [0xf3] = true,
};

static const struct {
	gunichar first, last;
	enum kind kind;
} ranges[] = {
	{ 0xad, 0xad, KIND_INVISIBLE }, { 0x34f, 0x34f, KIND_INVISIBLE },
	{ 0x61c, 0x61c, KIND_INVISIBLE }, { 0x115f, 0x1160, KIND_INVISIBLE },
	{ 0x17b4, 0x17b5, KIND_INVISIBLE }, { 0x180e, 0x180e, KIND_INVISIBLE },
	{ 0x200b, 0x200f, KIND_INVISIBLE }, { 0x202a, 0x202e, KIND_BIDI },
	{ 0x2060, 0x2064, KIND_INVISIBLE }, { 0x2066, 0x2069, KIND_BIDI },
	{ 0xfeff, 0xfeff, KIND_INVISIBLE },
	{ 0xe0000, 0xe007f, KIND_INVISIBLE },
};

static enum kind
kind_of(const char *at)
{
	gunichar c = g_utf8_get_char(at);

	for (guint i = 0; i < G_N_ELEMENTS(ranges) && c >= ranges[i].first;
	     i++)
		if (c <= ranges[i].last)
			return ranges[i].kind;
	return KIND_SHOWN;
}

/* Look at LENGTH octets of TEXT: how many characters it has; those that are
 * not seen are counted in FACTS, unless that is NULL. */
static gint64
look(const char *text, gsize length, Facts *facts)
{
	gint64 count = 0;
	gsize i = 0;

	while (i < length) {
		gsize ascii = text_ascii(text + i, length - i);

		count += (gint64)ascii;
		i += ascii;
		for (; i < length && (guchar)text[i] >= 0x80; i++) {
			enum kind kind = facts && leads[(guchar)text[i]] ?
			    kind_of(text + i) : KIND_SHOWN;

			count += ((guchar)text[i] & 0xc0) != 0x80;
			if (kind == KIND_INVISIBLE)
				facts->text_invisible++;
			if (kind == KIND_BIDI)
				facts->text_bidi++;
		}
	}
	return count;
}

gint64
visible_length(const char *text, gsize length)
{
	return look(text, length, NULL);
}

void
visible_count(const char *text, gsize length, Facts *facts)
{
	gint64 before = facts->text_invisible + facts->text_bidi;

	facts->text_shown += look(text, length, facts) + before;
	facts->text_shown -= facts->text_invisible + facts->text_bidi;
}

void
visible_fold(char *text)
{
	gsize ascii = text_ascii(text, strlen(text));
	char *to = text += ascii;

	while (*text) {
		gsize length = (gsize)g_utf8_skip[(guchar)*text];
		bool is_shown = !leads[(guchar)*text] ||
		    kind_of(text) == KIND_SHOWN;

		if (is_shown) {
			memmove(to, text, length);
			to += length;
		}
		text += length;
	}
	*to = '\0';
}
