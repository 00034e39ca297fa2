/*
 * decode.c -- unit test: transfer encodings undone
 */
#include "gatepost/content/decode.h"

#include <string.h>

static const struct {
	const char *name;
	enum encoding encoding;
	const char *raw, *text;
	bool after_padding, has_junk;
} cases[] = {
	/* RFC 4648 10 */
	{ "nothing", ENCODING_BASE64, "", "", false, false },
	{ "two of padding", ENCODING_BASE64, "Zg==", "f", false, false },
	{ "one of padding", ENCODING_BASE64, "Zm8=", "fo", false, false },
	{ "no padding", ENCODING_BASE64, "Zm9v", "foo", false, false },
	{ "two groups", ENCODING_BASE64, "Zm9vYmFy", "foobar", false,
	  false },
	{ "line ends", ENCODING_BASE64, "Zm9v\r\nYm\n Fy\r\n", "foobar",
	  false, false },
	{ "missing padding", ENCODING_BASE64, "Zm9vYg", "foob", false,
	  false },
	{ "too much padding", ENCODING_BASE64, "Zg======", "f", false,
	  false },
	{ "a lone character at the end", ENCODING_BASE64, "Zm9vY", "foo",
	  false, false },
	/* A decoder that stops at the first '=' gives "hi". */
	{ "base64 behind padding", ENCODING_BASE64, "aGk=\r\nIHRoZXJl",
	  "hi there", true, false },
	{ "padding in each line", ENCODING_BASE64, "YQ==\nYg==\nYw==",
	  "abc", true, false },
	{ "junk is passed over", ENCODING_BASE64, "Z*m9-v", "foo", false,
	  true },
	{ "8-bit junk", ENCODING_BASE64, "Zm\xff" "9v", "foo", false, true },
	/* RFC 2045 6.7 */
	{ "an octet", ENCODING_QUOTED, "a=3Db", "a=b", false, false },
	{ "small digits", ENCODING_QUOTED, "=c3=a9", "é", false, false },
	{ "a soft line break",
	  ENCODING_QUOTED, "Now's the time =\r\nfor all", "Now's the time "
	  "for all", false, false },
	{ "... of LF", ENCODING_QUOTED, "a=\nb", "ab", false, false },
	{ "... with blanks behind it", ENCODING_QUOTED, "a= \t\r\nb", "ab",
	  false, false },
	{ "... at the end", ENCODING_QUOTED, "a=", "a", false, false },
	{ "blanks at a line's end go", ENCODING_QUOTED, "a \t\r\nb ",
	  "a\r\nb", false, false },
	{ "blanks elsewhere stay", ENCODING_QUOTED, "a \tb", "a \tb", false,
	  false },
	{ "an escape that is none stays", ENCODING_QUOTED, "a=zz=4", "a=zz=4",
	  false, true },
	{ "8 bits stay", ENCODING_QUOTED, "\xe9", "\xe9", false, false },
	/* POSIX uuencode(1) */
	{ "uuencode", ENCODING_UU, "begin 644 a.txt\n"
	  "#0V%T\n`\nend\n", "Cat", false, false },
	{ "... without the lines around", ENCODING_UU, "#0V%T", "Cat", false,
	  false },
	{ "... cut short", ENCODING_UU, "#0V", "C", false, false },
	{ "... a line shorter than it says", ENCODING_UU, "M0V%T\n#0V%T",
	  "CatCat", false, false },
	{ "... of two lines", ENCODING_UU,
	  "M0V%T(&%N9\"!D;V<L(&%N9\"!S;VUE(&UO<F4@=&5"
	  "X=\"!T:&%T(&9I;&QS('1W\r\n"
	  "(;R!L:6YE<RX`\r\n`\r\nend\r\n",
	  "Cat and dog, and some more text that fills two "
	  "lines.", false, false },
	{ "identity", ENCODING_IDENTITY, "a=3D\r\n", "a=3D\r\n", false,
	  false },
};

static void
test_decode(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const guint8 *raw = (const guint8 *)cases[i].raw;
		g_autofree guint8 *text = NULL;
		g_autoptr(GString) slow = g_string_new(NULL);
		struct decoder decoder;
		guint8 room[4];
		gsize length, n;

		g_test_message("%s", cases[i].name);
		decode_start(&decoder, cases[i].encoding, raw,
			     strlen(cases[i].raw));
		text = decode_all(&decoder, 1000, &length);
		g_assert_cmpstr((const char *)text, ==, cases[i].text);
		g_assert_cmpuint(length, ==, strlen(cases[i].text));
		g_assert_cmpint(decoder.after_padding, ==,
				cases[i].after_padding);
		g_assert_cmpint(decoder.has_junk, ==, cases[i].has_junk);
		/* In the smallest steps it is the same. */
		decode_start(&decoder, cases[i].encoding, raw,
			     strlen(cases[i].raw));
		while ((n = decode_next(&decoder, room, sizeof room)) > 0)
			g_string_append_len(slow, (const char *)room,
					    (gssize)n);
		g_assert_cmpstr(slow->str, ==, cases[i].text);
	}
}

static void
test_cut(void)
{
	g_autofree guint8 *text = NULL;
	struct decoder decoder;
	gsize length;

	decode_start(&decoder, ENCODING_BASE64, (const guint8 *)
		     "Zm9vYmFyZm9vYmFy", 16);
	text = decode_all(&decoder, 7, &length);
	g_assert_cmpuint(length, ==, 7);
	g_assert_cmpstr((const char *)text, ==, "foobarf");
}

static const struct {
	const char *value;	/* NULL: no such field */
	enum encoding encoding;
	bool is_known;
} encodings[] = {
	{ NULL, ENCODING_IDENTITY, true },
	{ " ", ENCODING_IDENTITY, true },
	{ "7bit", ENCODING_IDENTITY, true },
	{ "BINARY", ENCODING_IDENTITY, true },
	{ " Base64\r\n", ENCODING_BASE64, true },
	{ "quoted-printable (x)", ENCODING_QUOTED, true },
	{ "base64;", ENCODING_BASE64, false },
	{ "\"base64\"", ENCODING_BASE64, false },
	{ "base64x", ENCODING_IDENTITY, false },
	{ "x-gzip64", ENCODING_IDENTITY, false },
};

static void
test_encoding(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(encodings); i++) {
		bool is_known;

		g_test_message("%s", encodings[i].value ?
			       encodings[i].value : "none");
		g_assert_cmpint(decode_encoding(encodings[i].value,
						&is_known), ==,
				encodings[i].encoding);
		g_assert_cmpint(is_known, ==, encodings[i].is_known);
	}
}

static void
test_looks(void)
{
	static const char base64[] = "TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNv"
	    "\r\nbnNlY3RldHVy";
	static const char text[] = "Lorem ipsum dolor sit amet, consectetur";

	g_assert_true(decode_looks_base64((const guint8 *)base64,
					  strlen(base64)));
	g_assert_false(decode_looks_base64((const guint8 *)text,
					   strlen(text)));
	g_assert_false(decode_looks_base64((const guint8 *)"hello", 5));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/decode/decode", test_decode);
	g_test_add_func("/decode/cut", test_cut);
	g_test_add_func("/decode/encoding", test_encoding);
	g_test_add_func("/decode/looks", test_looks);
	return g_test_run();
}
