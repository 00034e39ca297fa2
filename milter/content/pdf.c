/*
 * pdf.c -- the links of a PDF, without reading its pages
 *
 * A reader follows the table of objects; a forger writes it so that two
 * readers see two things.  Here all that looks like a string with a link
 * counts, wherever it stands.
 */
#include "gatepost/content/pdf.h"

#include <string.h>
#include <zlib.h>

#include "gatepost/bounds.h"

/* Octets before "stream" that are looked through for its dictionary, and
 * streams for which that is done. */
#define DICTIONARY_MOST 1024
#define STREAMS_MOST 10000

struct scan {
	struct pdf *pdf;
	pdf_link *found;
	void *data;
	gsize left;		/* of BOUND_PDF_OBJECTS */
};

struct text {
	const guint8 *at, *end;
};

static bool
is_space(guint8 c)
{
	return c == '\0' || c == '\t' || c == '\n' || c == '\f' ||
	    c == '\r' || c == ' ';
}

/* What a backslash at TEXT, and what is behind it, stands for (7.3.4.2). */
static void
unescape(struct text *text, GString *out)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	guint8 c = *text->at++;
	const char *simple = c ? strchr(from, c) : NULL;
	guint value = 0, digits = 0;

	if (simple) {
		g_string_append_c(out, to[simple - from]);
	} else if (c >= '0' && c <= '7') {
		text->at--;
		while (digits++ < 3 && text->at < text->end &&
		       *text->at >= '0' && *text->at <= '7')
			value = value * 8 + (*text->at++ - '0');
		g_string_append_c(out, (char)value);
	} else if (c == '\r') {
		if (text->at < text->end && *text->at == '\n')
			text->at++;
	} else if (c != '\n') {
		g_string_append_c(out, (char)c);
	}
}

/* The string behind "(", with balanced parentheses. */
static void
literal(struct text *text, GString *out)
{
	guint depth = 1;

	while (text->at < text->end && out->len < BOUND_URL) {
		guint8 c = *text->at++;

		if (c == '\\') {
			if (text->at < text->end)
				unescape(text, out);
			continue;
		}
		if (c == '(')
			depth++;
		if (c == ')' && --depth == 0)
			return;
		g_string_append_c(out, (char)c);
	}
}

/* The string behind "<": hexadecimal digits (7.3.4.3). */
static void
hexadecimal(struct text *text, GString *out)
{
	int high = -1;

	for (; text->at < text->end && *text->at != '>' &&
	     out->len < BOUND_URL; text->at++) {
		int digit = g_ascii_xdigit_value((char)*text->at);

		if (digit < 0)
			continue;
		if (high >= 0)
			g_string_append_c(out, (char)(high << 4 | digit));
		high = high < 0 ? digit : -1;
	}
	if (high >= 0)
		g_string_append_c(out, (char)(high << 4));
}

/* The string at TEXT, if there is one, without the NULs of UTF-16.  TEXT goes
 * behind it, so that no octet is read twice. */
static bool
read_string(struct text *text, GString *out)
{
	gsize kept = 0;

	while (text->at < text->end && is_space(*text->at))
		text->at++;
	if (text->end - text->at < 2)
		return false;
	g_string_truncate(out, 0);
	if (*text->at != '(' && (*text->at != '<' || text->at[1] == '<'))
		return false;
	if (*text->at++ == '(')
		literal(text, out);
	else
		hexadecimal(text, out);
	for (gsize i = 0; i < out->len; i++)
		if (out->str[i] && !(i < 2 && (out->str[i] == '\xfe' ||
					       out->str[i] == '\xff')))
			out->str[kept++] = out->str[i];
	g_string_truncate(out, kept);
	return kept > 0;
}

/* Does the name at TEXT, behind its "/", read NAME with its #xx undone?  Then
 * TEXT goes behind it. */
static bool
take_name(struct text *text, const char *name)
{
	const guint8 *at = text->at;

	for (; *name; name++) {
		int c;

		if (at >= text->end)
			return false;
		c = *at++;
		if (c == '#' && text->end - at >= 2) {
			c = g_ascii_xdigit_value((char)at[0]) * 16 +
			    g_ascii_xdigit_value((char)at[1]);
			at += 2;
		}
		if (c != (guint8)*name)
			return false;
	}
	if (at < text->end && !is_space(*at) && !strchr("()<>[]{}/%", *at))
		return false;
	text->at = at;
	return true;
}

static bool
begins_like_a_link(const char *text)
{
	return g_ascii_strncasecmp(text, "http:", 5) == 0 ||
	    g_ascii_strncasecmp(text, "https:", 6) == 0;
}

/* Names behind which a link may stand; the string of any other object counts
 * when it begins like one. */
static void
scan_names(struct scan *scan, const guint8 *octets, gsize length,
	   GString *string)
{
	const guint8 *at = octets, *end = octets + length;

	while ((at = memchr(at, '/', (gsize)(end - at)))) {
		struct text text = { ++at, end };

		if (take_name(&text, "URI")) {
			if (read_string(&text, string))
				scan->found(string->str, scan->data);
		} else if (take_name(&text, "F")) {
			if (read_string(&text, string) &&
			    begins_like_a_link(string->str))
				scan->found(string->str, scan->data);
		} else if (take_name(&text, "Encrypt")) {
			scan->pdf->is_encrypted = true;
		}
		at = text.at;
	}
}

/* A string that is an object of its own, to which an action refers. */
static void
scan_objects(struct scan *scan, const guint8 *octets, gsize length,
	     GString *string)
{
	const guint8 *at = octets, *end = octets + length;

	while ((at = memmem(at, (gsize)(end - at), "obj", 3))) {
		struct text text = { at + 3, end };

		if (read_string(&text, string) &&
		    begins_like_a_link(string->str))
			scan->found(string->str, scan->data);
		at = text.at;
	}
}

static void
scan_octets(struct scan *scan, const guint8 *octets, gsize length)
{
	g_autoptr(GString) string = g_string_new(NULL);

	scan_names(scan, octets, length, string);
	scan_objects(scan, octets, length, string);
}

/* Unpack the object stream that begins at OCTETS; its end is its own. */
static void
inflate_objects(struct scan *scan, const guint8 *octets, gsize length)
{
	g_autofree guint8 *room = g_malloc(scan->left);
	z_stream stream = {
		.next_in = (Bytef *)octets, .avail_in = (uInt)length,
		.next_out = room, .avail_out = (uInt)scan->left,
	};

	if (inflateInit(&stream) != Z_OK)
		return;
	/* What came before an error counts, as it does for readers. */
	inflate(&stream, Z_FINISH);
	if (stream.avail_out == 0)
		scan->pdf->is_cut = true;
	scan_octets(scan, room, stream.total_out);
	scan->left -= stream.total_out;
	inflateEnd(&stream);
}

static bool
is_object_stream(const guint8 *octets, const guint8 *at)
{
	gsize before = MIN((gsize)(at - octets), DICTIONARY_MOST);

	return memmem(at - before, before, "ObjStm", 6) &&
	    memmem(at - before, before, "Flate", 5);
}

static void
scan_streams(struct scan *scan, const guint8 *octets, gsize length)
{
	const guint8 *at = octets, *end = octets + length;
	guint count = 0;

	while ((at = memmem(at, (gsize)(end - at), "stream", 6))) {
		bool is_objects = (at == octets || at[-1] != 'd') &&
		    is_object_stream(octets, at);

		at += 6;
		if (count++ == STREAMS_MOST || (is_objects && !scan->left)) {
			scan->pdf->is_cut = true;
			return;
		}
		if (!is_objects)
			continue;
		while (at < end && is_space(*at))
			at++;
		inflate_objects(scan, at, (gsize)(end - at));
	}
}

void
pdf_read(const guint8 *octets, gsize length, struct pdf *pdf,
	 pdf_link *found, void *data)
{
	struct scan scan = { pdf, found, data, BOUND_PDF_OBJECTS };

	*pdf = (struct pdf){ false, false };
	scan_octets(&scan, octets, length);
	scan_streams(&scan, octets, length);
}
