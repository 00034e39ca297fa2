/*
 * charset.c -- text of any charset to UTF-8, by iconv
 *
 * Labels mean what they mean to browsers: Latin-1 is windows-1252, gb2312 is
 * all of gb18030.  Octets that cannot be converted become U+FFFD, one by one,
 * so that no odd octet takes the text behind it away.
 */
#include "gatepost/content/charset.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "gatepost/content/defect.h"
#include "gatepost/util/text.h"

#define LABEL_MOST 40
#define REPLACEMENT "\xef\xbf\xbd"

/* What a label stands for; GUESS and LATIN are decoded here. */
#define GUESS ""
#define LATIN "1252"

static const struct {
	const char *label, *name;
} labels[] = {
	{ "utf-8", "UTF-8" }, { "utf8", "UTF-8" },
	{ "unicode-1-1-utf-8", "UTF-8" },
	{ "us-ascii", GUESS }, { "ascii", GUESS },
	{ "ansi_x3.4-1968", GUESS }, { "unknown-8bit", GUESS },
	{ "x-unknown", GUESS }, { "unknown", GUESS }, { "default", GUESS },
	{ "default_charset", GUESS }, { "7bit", GUESS }, { "8bit", GUESS },
	{ "iso-8859-1", LATIN }, { "iso8859-1", LATIN },
	{ "iso_8859-1", LATIN }, { "latin1", LATIN },
	{ "windows-1252", LATIN }, { "cp1252", LATIN }, { "x-ansi", LATIN },
	{ "gb2312", "GB18030" }, { "gbk", "GB18030" },
	{ "gb_2312-80", "GB18030" }, { "x-gbk", "GB18030" },
	{ "cp936", "GB18030" },
	{ "ks_c_5601-1987", "CP949" }, { "euc-kr", "CP949" },
	{ "ks_c_5601", "CP949" },
	{ "shift_jis", "CP932" }, { "shift-jis", "CP932" },
	{ "x-sjis", "CP932" }, { "sjis", "CP932" },
	{ "big5", "BIG5-HKSCS" },
	{ "iso-8859-8-i", "ISO-8859-8" }, { "iso-8859-9", "CP1254" },
	{ "tis-620", "CP874" }, { "windows-874", "CP874" },
	{ "utf-16", "UTF-16LE" }, { "unicode", "UTF-16LE" },
	{ "utf-7", "UTF-7" }, { "unicode-1-1-utf-7", "UTF-7" },
	{ "x-mac-roman", "MACINTOSH" }, { "macintosh", "MACINTOSH" },
};

/* 0x80 to 0x9f in windows-1252; 0 for none. */
static const guint16 high[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static char *
decode_latin(const char *data, gsize length)
{
	GString *out = g_string_sized_new(length + length / 8);

	for (gsize i = 0; i < length; i++) {
		gsize ascii = text_ascii(data + i, length - i);
		guchar c;

		g_string_append_len(out, data + i, (gssize)ascii);
		i += ascii;
		if (i == length)
			break;
		c = (guchar)data[i];
		if (c < 0xa0)
			g_string_append_unichar(out, high[c - 0x80] ?
						high[c - 0x80] : 0xfffd);
		else
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

static bool
is_utf8(const char *data, gsize length)
{
	return text_ascii(data, length) == length ||
	    g_utf8_validate_len(data, length, NULL);
}

static char *
decode_guess(const char *data, gsize length)
{
	if (is_utf8(data, length))
		return g_strndup(data, length);
	return decode_latin(data, length);
}

/* LENGTH octets through CONVERTER, whose units are of WIDTH octets; *BROKEN:
 * some could not be converted. */
static GString *
decode_iconv(GIConv converter, gsize width, const char *data, gsize length,
	     bool *broken)
{
	GString *out = g_string_sized_new(length + length / 2);
	char *in = (char *)data;
	char room[4096];
	bool at_end = false;

	while (!at_end) {
		char *to = room;
		gsize left = sizeof room;
		gsize result;

		/* The last call gives what a shift state holds back. */
		at_end = length == 0;
		result = g_iconv(converter, at_end ? NULL : &in,
				 at_end ? NULL : &length, &to, &left);
		g_string_append_len(out, room, (gssize)(to - room));
		if (result == (gsize)-1 && errno != E2BIG && length) {
			gsize skip = MIN(width, length);

			g_string_append(out, REPLACEMENT);
			*broken = true;
			in += skip;
			length -= skip;
		}
	}
	return out;
}

/* The name by which to decode what is labelled LABEL; NULL: no charset. */
static const char *
find_name(const char *label, Facts *facts)
{
	gsize length = strlen(label);

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++)
		if (g_ascii_strcasecmp(label, labels[i].label) == 0)
			return labels[i].name;
	/* iconv would take options behind a slash. */
	if (length == 0 || length > LABEL_MOST ||
	    strspn(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
		   "XYZ0123456789-_.:+()") != length)
		return NULL;
	if (g_ascii_strncasecmp(label, "utf-7", 5) == 0)
		facts_defect(facts, DEFECT_CHARSET_UTF7);
	/* Its decoder wrote behind its buffer for years. */
	if (g_ascii_strncasecmp(label, "iso-2022-cn", 11) == 0)
		return NULL;
	return label;
}

static bool
is_iso_2022(const char *name)
{
	return g_ascii_strncasecmp(name, "iso-2022-", 9) == 0;
}

/* Is ASCII something else to CONVERTER, as it is in EBCDIC? */
static bool
hides_ascii(GIConv converter)
{
	static const char markup[] = "<a href=\"http://x/\">";
	bool broken = false;
	g_autoptr(GString) text = decode_iconv(converter, 1, markup,
					       strlen(markup), &broken);

	return broken || strcmp(text->str, markup) != 0;
}

static gsize
unit_width(const char *name)
{
	if (g_ascii_strncasecmp(name, "utf-16", 6) == 0 ||
	    g_ascii_strncasecmp(name, "ucs-2", 5) == 0)
		return 2;
	if (g_ascii_strncasecmp(name, "utf-32", 6) == 0 ||
	    g_ascii_strncasecmp(name, "ucs-4", 5) == 0)
		return 4;
	return 1;
}

/* A byte order mark says what follows; it is taken off. */
static const char *
sniff(const char *name, const char **data, gsize *length)
{
	static const struct {
		const char *mark;
		gsize length;
		const char *name;
	} marks[] = {
		{ "\xef\xbb\xbf", 3, "UTF-8" },
		{ "\xff\xfe", 2, "UTF-16LE" },
		{ "\xfe\xff", 2, "UTF-16BE" },
	};

	for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
		if (*length >= marks[i].length &&
		    memcmp(*data, marks[i].mark, marks[i].length) == 0) {
			*data += marks[i].length;
			*length -= marks[i].length;
			return marks[i].name;
		}
	return name;
}

/* LENGTH octets of TEXT without NULs, in place. */
static gsize
drop_nul(char *text, gsize length)
{
	char *to = memchr(text, '\0', length);

	if (!to)
		return length;
	for (const char *from = to; from < text + length; from++)
		if (*from)
			*to++ = *from;
	*to = '\0';
	return (gsize)(to - text);
}

/* DATA, without NULs where octets are characters, by NAME. */
static char *
decode_octets(const char *name, const char *data, gsize length, Facts *facts)
{
	gsize width = unit_width(name);
	bool broken = false;
	GIConv converter;
	GString *text;

	if (strcmp(name, GUESS) == 0)
		return decode_guess(data, length);
	if (strcmp(name, LATIN) == 0)
		return decode_latin(data, length);
	if (g_ascii_strcasecmp(name, "UTF-8") == 0)
		return is_utf8(data, length) ?
		    g_strndup(data, length) :
		    g_utf8_make_valid(data, (gssize)length);
	if (strcmp(name, "UTF-7") == 0)
		facts_defect(facts, DEFECT_CHARSET_UTF7);
	converter = g_iconv_open("UTF-8", name);
	if (converter == (GIConv)-1) {
		facts_defect(facts, DEFECT_CHARSET_UNKNOWN);
		return decode_guess(data, length);
	}
	if (width == 1 && hides_ascii(converter))
		facts_defect(facts, DEFECT_CHARSET_ODD);
	text = decode_iconv(converter, width, data, length, &broken);
	g_iconv_close(converter);
	if (broken && is_iso_2022(name))
		facts_defect(facts, DEFECT_CHARSET_ODD);
	if (drop_nul(text->str, text->len) < text->len)
		facts_defect(facts, DEFECT_TEXT_NUL);
	return g_string_free(text, FALSE);
}

char *
charset_decode(const char *charset, const char *data, gsize length,
	       gsize *out_length, Facts *facts)
{
	const char *name = charset ? find_name(charset, facts) : GUESS;
	g_autofree char *clean = NULL;
	char *text;

	if (!name) {
		facts_defect(facts, DEFECT_CHARSET_UNKNOWN);
		name = GUESS;
	}
	name = sniff(name, &data, &length);
	if (unit_width(name) == 1 && memchr(data, '\0', length)) {
		facts_defect(facts, DEFECT_TEXT_NUL);
		clean = g_memdup2(data, length);
		length = drop_nul(clean, length);
		data = clean;
	}
	text = decode_octets(name, data, length, facts);
	if (out_length)
		*out_length = strlen(text);
	return text;
}
