/*
 * words.c -- unit test: encoded words and raw 8-bit of header fields
 */
#include "gatepost/content/words.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

static const struct {
	const char *name, *raw, *text;
	const char *defect;	/* NULL: none */
} cases[] = {
	/* RFC 2047 8 */
	{ "one word", "=?ISO-8859-1?Q?a?=", "a", NULL },
	{ "a word in brackets", "(=?ISO-8859-1?Q?a?=)", "(a)", NULL },
	{ "a word and text", "=?ISO-8859-1?Q?a?= b", "a b", NULL },
	{ "two words join", "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab",
	  NULL },
	{ "... over more blanks", "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=",
	  "ab", NULL },
	{ "... over a fold", "=?ISO-8859-1?Q?a?=\r\n\t=?ISO-8859-1?Q?b?=",
	  "ab", NULL },
	{ "an encoded blank", "=?ISO-8859-1?Q?a_b?=", "a b", NULL },
	{ "... keeps words apart",
	  "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b", NULL },
	{ "base64 in two charsets",
	  "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?= "
	  "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
	  "If you can read this you understand the example.", NULL },
	{ "a letter of Latin-1", "=?ISO-8859-1?Q?Andr=E9?= Pirard",
	  "André Pirard", NULL },
	{ "a language (RFC 2231 5)", "=?US-ASCII*EN?Q?Keith_Moore?=",
	  "Keith Moore", NULL },
	/* What a decoder that lives on loses. */
	{ "padding in the first of two words",
	  "=?UTF-8?B?SGVsbG8=?= =?UTF-8?B?IHdvcmxk?=", "Hello world", NULL },
	{ "padding between, then a quoted word",
	  "=?UTF-8?B?SGk=?= =?UTF-8?Q?_there?= =?UTF-8?B?IQ==?=",
	  "Hi there!", NULL },
	{ "a character split between words",
	  "=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é", NULL },
	{ "... in base64", "=?UTF-8?B?4oI=?= =?utf-8?b?rA==?=", "€", NULL },
	{ "small letters", "=?utf-8?q?=c3=a9?=", "é", NULL },
	{ "a word glued to text", "x=?utf-8?q?a?=y", "xay", NULL },
	{ "two words glued", "=?utf-8?q?a?==?utf-8?q?b?=", "ab", NULL },
	{ "a blank inside", "=?utf-8?q?a b?=", "a b", NULL },
	{ "an empty word", "=?utf-8?q?" "?=x", "x", NULL },
	{ "no such encoding", "=?utf-8?x?a?=", "=?utf-8?x?a?=", NULL },
	{ "an open word", "=?utf-8?q?a", "=?utf-8?q?a", NULL },
	{ "an odd escape", "=?utf-8?q?a=zz=4?=", "a=zz=4", NULL },
	{ "raw UTF-8", "Andr\xc3\xa9", "André", NULL },
	{ "raw octets else", "Andr\xe9 \x80", "André €", NULL },
	{ "octets that are no UTF-8, encoded", "=?utf-8?q?a=FFb?=",
	  "a\xef\xbf\xbd" "b", NULL },
	{ "KOI8-R", "=?koi8-r?B?8NLJ18XU?=", "Привет", NULL },
	{ "ISO-2022-JP", "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本",
	  NULL },
	{ "a charset that is none", "=?x-nix?Q?=C3=A9?=", "é",
	  DEFECT_CHARSET_UNKNOWN },
	{ "an encoded line end", "=?utf-8?q?a=0D=0AX:_b?=", "a  X: b",
	  DEFECT_WORDS_CONTROL },
	{ "an encoded escape", "=?utf-8?q?a=1Bb?=", "a b",
	  DEFECT_WORDS_CONTROL },
	{ "an encoded NUL is left out", "=?utf-8?q?a=00b?=", "ab",
	  DEFECT_TEXT_NUL },
	{ "a control of Latin-1", "=?utf-8?q?a=C2=85b?=", "a  b",
	  DEFECT_WORDS_CONTROL },
	{ "a tab is a blank", "a\tb", "a b", NULL },
	{ "UTF-7", "=?utf-7?Q?+AGE-?=", "a", DEFECT_CHARSET_UTF7 },
	{ "what is decoded is not decoded again",
	  "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=", "=?utf-8?q?a?=", NULL },
	{ "nothing", "", "", NULL },
};

static void
test_decode(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *text = words_decode(cases[i].raw,
						     strlen(cases[i].raw),
						     BOUND_SHOWN, facts);

		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(text, ==, cases[i].text);
		g_assert_cmpuint(facts->defects->len, ==,
				 cases[i].defect != NULL);
		if (cases[i].defect)
			g_assert_true(facts_has_defect(facts,
						       cases[i].defect));
	}
}

static void
test_cut(void)
{
	g_autoptr(Facts) facts = facts_new();
	g_autofree char *plain = words_decode("abcdef", 6, 3, facts);
	g_autofree char *wide = words_decode("a\xc3\xa9", 3, 2, facts);

	g_assert_cmpstr(plain, ==, "abc");
	/* A character is not cut in two. */
	g_assert_cmpstr(wide, ==, "a");
}

static void
test_bidi(void)
{
	g_assert_true(words_has_bidi("exe.\xe2\x80\xae" "fdp"));
	g_assert_true(words_has_bidi("\xe2\x81\xa6x"));
	/* A mark alone turns nothing round. */
	g_assert_false(words_has_bidi("\xe2\x80\x8fx"));
	g_assert_false(words_has_bidi("plain"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/words/decode", test_decode);
	g_test_add_func("/words/cut", test_cut);
	g_test_add_func("/words/bidi", test_bidi);
	return g_test_run();
}
