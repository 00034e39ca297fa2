/*
 * decode.c -- transfer encodings undone
 *
 * Base64 goes on behind its padding and passes over what is no base64, as
 * mail programs do: a decoder that stops there misses what a reader sees.
 */
#include "gatepost/content/decode.h"

#include <string.h>

/* Blanks before a line end that are looked over to see that line end. */
#define BLANKS_MOST 1000

enum { PAD = 64, BLANK = 65, JUNK = 255 };

/* An octet's value by RFC 4648 4, or one of the words above. */
static guint8
value_of(guint8 c)
{
	/* One more than the value, so that JUNK is what is not written. */
	static const guint8 values[256] = {
		['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
		40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
		['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
		['+'] = 63, ['/'] = 64, ['='] = PAD + 1,
		[' '] = BLANK + 1, ['\t'] = BLANK + 1, ['\r'] = BLANK + 1,
		['\n'] = BLANK + 1,
	};

	return (guint8)(values[c] - 1);
}

/* An unfinished group's whole octets. */
static gsize
base64_rest(struct decoder *decoder, guint8 *out)
{
	gsize n = decoder->count == 3 ? 2 : decoder->count == 2 ? 1 : 0;
	guint32 bits = decoder->count < 4 ?
	    decoder->bits << (6 * (4 - decoder->count)) : 0;

	if (n > 0)
		out[0] = (guint8)(bits >> 16);
	if (n > 1)
		out[1] = (guint8)(bits >> 8);
	decoder->count = 0;
	decoder->bits = 0;
	return n;
}

/* Groups of four as they should be, of which nearly all lines are made. */
static gsize
base64_groups(struct decoder *decoder, guint8 *out, gsize room)
{
	const guint8 *at = decoder->at;
	gsize n = 0;

	for (; decoder->end - at >= 4 && n + 3 <= room; at += 4) {
		guint8 a = value_of(at[0]), b = value_of(at[1]);
		guint8 c = value_of(at[2]), d = value_of(at[3]);

		if ((a | b | c | d) >= PAD)
			break;
		out[n++] = (guint8)(a << 2 | b >> 4);
		out[n++] = (guint8)(b << 4 | c >> 2);
		out[n++] = (guint8)(c << 6 | d);
	}
	decoder->after_padding |= decoder->is_padded && n > 0;
	decoder->at = at;
	return n;
}

static gsize
base64_next(struct decoder *decoder, guint8 *out, gsize room)
{
	gsize n = 0;

	while (decoder->at < decoder->end && n + 3 <= room) {
		guint8 value;

		if (decoder->count == 0) {
			gsize got = base64_groups(decoder, out + n, room - n);

			n += got;
			if (got)
				continue;
		}
		value = value_of(*decoder->at++);
		if (value == PAD) {
			decoder->is_padded |= decoder->count > 1;
			n += base64_rest(decoder, out + n);
			continue;
		}
		if (value >= BLANK) {
			decoder->has_junk |= value == JUNK;
			continue;
		}
		decoder->after_padding |= decoder->is_padded;
		decoder->bits = decoder->bits << 6 | value;
		if (++decoder->count < 4)
			continue;
		out[n++] = (guint8)(decoder->bits >> 16);
		out[n++] = (guint8)(decoder->bits >> 8);
		out[n++] = (guint8)decoder->bits;
		decoder->count = 0;
		decoder->bits = 0;
	}
	if (decoder->at == decoder->end && n + 3 <= room)
		n += base64_rest(decoder, out + n);
	return n;
}

/* How many of the octets from AT are blanks, at most BLANKS_MOST. */
static gsize
count_blanks(const guint8 *at, const guint8 *end)
{
	gsize n = 0;

	while (at + n < end && n < BLANKS_MOST &&
	       (at[n] == ' ' || at[n] == '\t'))
		n++;
	return n;
}

/* The octets of a line end at AT: 1 or 2, 0 when there is none. */
static gsize
line_end(const guint8 *at, const guint8 *end)
{
	if (at < end && at[0] == '\n')
		return 1;
	return end - at > 1 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

/* What '=' at the decoder's place stands for, to OUT; octets written. */
static gsize
quoted_escape(struct decoder *decoder, guint8 *out)
{
	const guint8 *at = decoder->at + 1, *end = decoder->end;
	gsize blanks = count_blanks(at, end);
	gsize tail = line_end(at + blanks, end);
	int upper = -1, lower = -1;

	/* A soft line break; at the very end it breaks nothing. */
	if (tail || at + blanks == end) {
		decoder->at = at + blanks + tail;
		return 0;
	}
	if (end - at > 1) {
		upper = g_ascii_xdigit_value((char)at[0]);
		lower = g_ascii_xdigit_value((char)at[1]);
	}
	if (upper >= 0 && lower >= 0) {
		*out = (guint8)(upper << 4 | lower);
		decoder->at = at + 2;
	} else {
		*out = '=';
		decoder->at = at;
		decoder->has_junk = true;
	}
	return 1;
}

/* Does AT stand for itself, wherever the line ends? */
static bool
is_itself(const guint8 *at, const guint8 *end)
{
	if (*at == ' ' || *at == '\t')
		return end - at > 1 && at[1] > ' ';
	return *at != '=';
}

/* RFC 2045 6.7 */
static gsize
quoted_next(struct decoder *decoder, guint8 *out, gsize room)
{
	const guint8 *end = decoder->end;
	gsize n = 0;

	while (decoder->at < end && n < room) {
		const guint8 *at = decoder->at;
		gsize blanks;

		while (at < end && n < room && is_itself(at, end))
			out[n++] = *at++;
		decoder->at = at;
		if (at == end || n == room)
			return n;
		blanks = count_blanks(decoder->at, end);
		if (blanks) {
			/* Blanks at a line's end are the transport's. */
			if (decoder->at + blanks != end &&
			    !line_end(decoder->at + blanks, end)) {
				gsize copied = MIN(blanks, room - n);

				memcpy(out + n, decoder->at, copied);
				n += copied;
				blanks = copied;
			}
			decoder->at += blanks;
		} else {
			n += quoted_escape(decoder, out + n);
		}
	}
	return n;
}

/* The line at AT starts with WORD. */
static bool
line_is(const guint8 *at, const guint8 *end, const char *word)
{
	gsize length = strlen(word);

	return (gsize)(end - at) >= length && memcmp(at, word, length) == 0;
}

static const guint8 *
next_line(const guint8 *at, const guint8 *end)
{
	const guint8 *lf = memchr(at, '\n', (gsize)(end - at));

	return lf ? lf + 1 : end;
}

/* One group of uuencode to OUT, as far as the line goes; octets written. */
static gsize
uu_group(struct decoder *decoder, guint8 *out)
{
	guint32 bits = 0;
	gsize seen = 0, n;

	while (seen < 4 && decoder->at < decoder->end && *decoder->at >= ' ') {
		bits |= ((*decoder->at++ - 32u) & 63) << (18 - 6 * seen);
		seen++;
	}
	n = MIN(seen * 6 / 8, decoder->count);
	for (gsize i = 0; i < n; i++)
		out[i] = (guint8)(bits >> (16 - 8 * i));
	decoder->count = seen < 4 ? 0 : decoder->count - (guint)n;
	return n;
}

/* POSIX uuencode(1): lines of a length and its octets, with or without the
 * lines around them. */
static gsize
uu_next(struct decoder *decoder, guint8 *out, gsize room)
{
	const guint8 *end = decoder->end;
	gsize n = 0;

	while (decoder->at < end && n + 3 <= room) {
		const guint8 *at = decoder->at;

		if (decoder->count) {
			n += uu_group(decoder, out + n);
		} else if (*at > ' ' && *at != '`' &&
			   !line_is(at, end, "begin ") &&
			   !line_is(at, end, "end")) {
			decoder->count = (*at - 32u) & 63;
			decoder->at++;
		}
		if (decoder->count == 0)
			decoder->at = next_line(decoder->at, end);
	}
	if (decoder->at == end)
		decoder->count = 0;
	return n;
}

enum encoding
decode_encoding(const char *value, bool *is_known)
{
	static const struct {
		const char *name;
		enum encoding encoding;
	} names[] = {
		{ "7bit", ENCODING_IDENTITY }, { "8bit", ENCODING_IDENTITY },
		{ "binary", ENCODING_IDENTITY },
		{ "base64", ENCODING_BASE64 },
		{ "quoted-printable", ENCODING_QUOTED },
		{ "x-uuencode", ENCODING_UU }, { "uuencode", ENCODING_UU },
		{ "x-uue", ENCODING_UU }, { "uue", ENCODING_UU },
		{ "x-uu", ENCODING_UU },
	};
	gsize length;

	*is_known = true;
	value = value ? value : "";
	while (g_ascii_isspace(*value) || *value == '"')
		value++;
	if (!*value)
		return ENCODING_IDENTITY;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		length = strlen(names[i].name);
		if (g_ascii_strncasecmp(value, names[i].name, length) != 0 ||
		    g_ascii_isalnum(value[length]) || value[length] == '-')
			continue;
		value += length;
		while (g_ascii_isspace(*value))
			value++;
		*is_known = (!*value || *value == '(') &&
		    names[i].encoding != ENCODING_UU;
		return names[i].encoding;
	}
	*is_known = false;
	return ENCODING_IDENTITY;
}

bool
decode_looks_base64(const guint8 *data, gsize length)
{
	gsize line = 0, seen = 0;

	for (gsize i = 0; i < MIN(length, 400); i++) {
		guint8 value = value_of(data[i]);

		if (value == JUNK || data[i] == ' ' || data[i] == '\t')
			return false;
		line = value == BLANK ? 0 : line + 1;
		seen = MAX(seen, line);
	}
	/* A word alone on a line could be text. */
	return seen >= 40;
}

void
decode_start(struct decoder *decoder, enum encoding encoding,
	     const guint8 *data, gsize length)
{
	*decoder = (struct decoder){ .encoding = encoding, .at = data,
				     .end = data + length };
}

gsize
decode_next(struct decoder *decoder, guint8 *out, gsize room)
{
	gsize n = 0;

	/* Nothing at once may be a lot of junk, not the end. */
	while (n == 0 && (decoder->at < decoder->end || decoder->count)) {
		switch (decoder->encoding) {
		case ENCODING_IDENTITY:
			n = MIN(room, (gsize)(decoder->end - decoder->at));
			memcpy(out, decoder->at, n);
			decoder->at += n;
			break;
		case ENCODING_BASE64:
			n = base64_next(decoder, out, room);
			break;
		case ENCODING_QUOTED:
			n = quoted_next(decoder, out, room);
			break;
		case ENCODING_UU:
			n = uu_next(decoder, out, room);
			break;
		}
	}
	return n;
}

guint8 *
decode_all(struct decoder *decoder, gsize most, gsize *length)
{
	gsize left = (gsize)(decoder->end - decoder->at);
	gsize room = MIN(left, most) + 4;
	guint8 *out = g_malloc(room + 1);
	gsize n;

	*length = 0;
	while (room - *length >= 4 &&
	       (n = decode_next(decoder, out + *length, room - *length)) > 0)
		*length += n;
	*length = MIN(*length, most);
	out[*length] = '\0';
	return out;
}

const guint8 *
decode_view(struct decoder *decoder, gsize most, gsize *length, guint8 **made)
{
	const guint8 *at = decoder->at;
	gsize left = (gsize)(decoder->end - at);

	if (decoder->encoding != ENCODING_IDENTITY)
		return *made = decode_all(decoder, most, length);
	*length = MIN(left, most);
	/* decode_all() takes as much beyond what it gives. */
	decoder->at += MIN(left, most + 4);
	return at;
}
