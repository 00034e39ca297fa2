/*
 * text.c -- unit test: strangers' text made safe, and small helpers
 */
#include "gatepost/util/text.h"

#include <string.h>

#include "gatepost/bounds.h"

static const struct {
	const char *name, *text, *safe, *value;
} safes[] = {
	{ "plain text", "abc", "abc", "abc" },
	{ "none", NULL, "", "\"\"" },
	{ "nothing", "", "", "\"\"" },
	{ "a blank", "a b", "a b", "\"a b\"" },
	{ "a quote", "a\"b", "a\"b", "\"a\\x22b\"" },
	{ "an equals sign", "a=b", "a=b", "\"a=b\"" },
	{ "a line end", "a\r\nb", "a\\x0d\\x0ab", "a\\x0d\\x0ab" },
	{ "a backslash", "a\\x0a", "a\\x5cx0a", "a\\x5cx0a" },
	{ "UTF-8", "ä", "\\xc3\\xa4", "\\xc3\\xa4" },
	{ "an escape", "\033[2J", "\\x1b[2J", "\\x1b[2J" },
	{ "delete", "\177", "\\x7f", "\\x7f" },
};

static void
test_safe(void)
{
	g_autofree char *fill = g_strnfill(10000, 'a');
	g_autofree char *cut = text_safe(fill);

	for (guint i = 0; i < G_N_ELEMENTS(safes); i++) {
		g_autofree char *safe = text_safe(safes[i].text);
		g_autofree char *value = text_value(safes[i].text);

		g_test_message("%s", safes[i].name);
		g_assert_cmpstr(safe, ==, safes[i].safe);
		g_assert_cmpstr(value, ==, safes[i].value);
	}
	g_assert_cmpuint(strlen(cut), ==, BOUND_LOG_VALUE + 3);
	g_assert_true(g_str_has_suffix(cut, "a..."));
}

static const struct {
	const char *name, *text;
	gsize columns;
	const char *shown;
} showns[] = {
	{ "what fits", "Grüße", 5, "Grüße" },
	{ "what does not", "Grüße", 4, "Grü…" },
	{ "one column", "ab", 1, "…" },
	{ "no column", "ab", 0, "…" },
	{ "nothing", NULL, 5, "" },
	{ "controls", "a\r\n\033b", 9, "a???b" },
	{ "direction marks", "a\xe2\x80\xae" "b", 9, "a?b" },
	{ "zero-width characters", "a\xe2\x80\x8b\xef\xbb\xbf" "b", 9,
	  "a??b" },
	{ "no UTF-8", "a\xff", 9, "a\xef\xbf\xbd" },
};

static void
test_shown(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(showns); i++) {
		g_autofree char *shown = text_shown(showns[i].text,
						    showns[i].columns);

		g_test_message("%s", showns[i].name);
		g_assert_cmpstr(shown, ==, showns[i].shown);
	}
}

static const struct {
	const char *name, *data;
	gsize length, most;
	const char *text;
} utf8s[] = {
	{ "plain text", "abc", 3, 9, "abc" },
	{ "a part of it", "abcdef", 3, 9, "abc" },
	{ "a bound", "abcdef", 6, 4, "abcd" },
	{ "no half character", "abcä", 5, 4, "abc" },
	{ "... nor a mark for one", "ab€", 5, 4, "ab" },
	{ "a whole character", "ab€", 5, 5, "ab€" },
	{ "no UTF-8", "a\xff" "b", 3, 9, "a\xef\xbf\xbd" "b" },
	{ "a NUL", "a\0b", 3, 9, "a b" },
	{ "line ends and tabs", "a\r\n\tb", 5, 9, "a   b" },
	{ "nothing", "", 0, 9, "" },
	{ "no room", "abc", 3, 0, "" },
	{ "an open character at the end", "ab\xe2\x82", 4, 9,
	  "ab\xef\xbf\xbd\xef\xbf\xbd" },
};

static void
test_utf8(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(utf8s); i++) {
		g_autofree char *text = text_utf8(utf8s[i].data,
						  utf8s[i].length,
						  utf8s[i].most);

		g_test_message("%s", utf8s[i].name);
		g_assert_true(g_utf8_validate(text, -1, NULL));
		g_assert_cmpstr(text, ==, utf8s[i].text);
	}
}

static void
test_nearest(void)
{
	static const char *const names[] = {
		"expires", "unused", "note", "by", NULL
	};
	static const struct {
		const char *word, *nearest;
	} words[] = {
		{ "expires", "expires" }, { "expire", "expires" },
		{ "exipres", "expires" }, { "notes", "note" },
		{ "xyzzy", NULL }, { "", NULL },
	};
	g_autofree char *fill = g_strnfill(100000, 'a');

	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		g_test_message("%s", words[i].word);
		g_assert_cmpstr(text_nearest(words[i].word, names), ==,
				words[i].nearest);
	}
	g_assert_null(text_nearest(fill, names));
}

static const struct {
	const char *pattern, *text;
	bool covers;
} globs[] = {
	{ "", "", true }, { "", "a", false }, { "*", "", true },
	{ "*", "abc", true }, { "a*", "abc", true }, { "*c", "abc", true },
	{ "a*c", "abc", true }, { "a*d", "abc", false },
	{ "a?c", "abc", true }, { "a?c", "ac", false },
	{ "?", "", false }, { "?", "ä", true }, { "??", "ä", false },
	{ "a*??b", "a€b", false }, { "a*?b", "a€b", true },
	{ "*.html.zip", "a.html.html.zip", true },
	{ "*.html.zip", "a.html.zip.txt", false },
	{ "a**b", "ab", true }, { "*a*b*", "xxaxxbxx", true },
	{ "a", "A", false }, { "[a]", "a", false },
	{ "?", "\xf0", true }, { "a?", "a\xf0", true },
};

static void
test_glob(void)
{
	g_autofree char *text = g_strnfill(20000, 'a');
	g_autoptr(GString) pattern = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(globs); i++) {
		g_test_message("%s on %s", globs[i].pattern, globs[i].text);
		g_assert_cmpint(text_glob(globs[i].pattern, globs[i].text),
				==, globs[i].covers);
	}
	/* Tries by the million, but not by powers of two. */
	for (int i = 0; i < 100; i++)
		g_string_append(pattern, "a*");
	g_string_append_c(pattern, 'b');
	g_assert_false(text_glob(pattern->str, text));
}

/* Every place of the first other octet, and every length, around the words
 * that are looked at together. */
static void
test_ascii(void)
{
	char text[40];

	for (gsize length = 0; length <= sizeof text; length++)
		for (gsize other = 0; other <= length; other++) {
			memset(text, 'a', sizeof text);
			if (other < length)
				memset(text + other, 0x80, length - other);
			g_assert_cmpuint(text_ascii(text, length), ==, other);
		}
	g_assert_cmpuint(text_ascii("a\0\x7f\xc3\xa9", 5), ==, 3);
}

static void
test_lower(void)
{
	for (int c = 0; c < 256; c++) {
		guchar wanted = c >= 'A' && c <= 'Z' ? (guchar)(c + 32) :
		    (guchar)c;

		g_assert_cmpint((guchar)text_lower((char)c), ==, wanted);
	}
}

static void
test_hex(void)
{
	static const guint8 data[] = { 0x00, 0x9f, 0xff };
	g_autofree char *hex = text_hex(data, sizeof data);
	g_autofree char *none = text_hex(data, 0);

	g_assert_cmpstr(hex, ==, "009fff");
	g_assert_cmpstr(none, ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/safe", test_safe);
	g_test_add_func("/text/shown", test_shown);
	g_test_add_func("/text/utf8", test_utf8);
	g_test_add_func("/text/nearest", test_nearest);
	g_test_add_func("/text/glob", test_glob);
	g_test_add_func("/text/ascii", test_ascii);
	g_test_add_func("/text/lower", test_lower);
	g_test_add_func("/text/hex", test_hex);
	return g_test_run();
}
