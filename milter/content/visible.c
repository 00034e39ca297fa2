/*
 * visible.c -- characters of a text that a reader does not see
 *
 * Nearly all text has none, and of its octets few can start one: the table
 * says which.
 */
#include "gatepost/content/visible.h"

#include <stdbool.h>
#include <string.h>

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

gint64
visible_length(const char *text, gsize length)
{
	gint64 count = 0;

	for (gsize i = 0; i < length; i++)
		count += ((guchar)text[i] & 0xc0) != 0x80;
	return count;
}

void
visible_count(const char *text, gsize length, Facts *facts)
{
	gint64 hidden = 0;

	for (gsize i = 0; i < length; i++) {
		enum kind kind = leads[(guchar)text[i]] ? kind_of(text + i) :
		    KIND_SHOWN;

		facts->text_invisible += kind == KIND_INVISIBLE;
		facts->text_bidi += kind == KIND_BIDI;
		hidden += kind != KIND_SHOWN;
	}
	facts->text_shown += visible_length(text, length) - hidden;
}

void
visible_fold(char *text)
{
	char *to = text;

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
