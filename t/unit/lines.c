/*
 * lines.c -- unit test: what is odd about the lines of a body
 */
#include "gatepost/content/lines.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

static const struct {
	const char *name, *body;
	gsize size;		/* 0: to its NUL */
	const char *defect;	/* NULL: none */
} cases[] = {
	{ "lines that end in CRLF", "a\r\nb\r\n", 0, NULL },
	{ "lines that end in LF", "a\nb\n", 0, NULL },
	{ "nothing", "", 0, NULL },
	{ "no line end at the end", "a\r\nb", 0, NULL },
	{ "a NUL", "a\0b", 3, DEFECT_BODY_NUL },
	{ "a CR without LF", "a\rb\r\n", 0, DEFECT_BODY_BARE_CR },
	{ "... at the end", "a\r\nb\r", 0, DEFECT_BODY_BARE_CR },
	{ "two CRs before an LF", "a\r\r\n", 0, DEFECT_BODY_BARE_CR },
	{ "an LF among CRLFs", "a\r\nb\nc\r\n", 0, DEFECT_BODY_BARE_LF },
	{ "... the first", "a\nb\r\n", 0, DEFECT_BODY_BARE_LF },
	{ "a lone dot and a command", "a\r\n.\r\nMAIL FROM:<x@y.example>\r\n",
	  0, DEFECT_BODY_SMTP },
	{ "... in small letters", "a\r\n.\r\nehlo x\r\n", 0,
	  DEFECT_BODY_SMTP },
	{ "... the first line", ".\r\nDATA\r\n", 0, DEFECT_BODY_SMTP },
	{ "... of LFs", "a\n.\nRSET\n", 0, DEFECT_BODY_SMTP },
	{ "a lone dot and text", "a\r\n.\r\nThe mail from: line\r\n", 0,
	  NULL },
	{ "a command without a dot", "a\r\nMAIL FROM:<x@y.example>\r\n", 0,
	  NULL },
	{ "a dot and more", "a\r\n..\r\nMAIL FROM:<x@y.example>\r\n", 0,
	  NULL },
	{ "a dot at the end", "a\r\n.\r\n", 0, NULL },
};

static void
test_look(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();

		g_test_message("%s", cases[i].name);
		lines_look((const guint8 *)cases[i].body, cases[i].size ?
			   cases[i].size : strlen(cases[i].body), facts);
		g_assert_cmpuint(facts->defects->len, ==,
				 cases[i].defect != NULL);
		if (cases[i].defect)
			g_assert_true(facts_has_defect(facts,
						       cases[i].defect));
	}
}

/* The nine ways to end a message to one server and not to the next. */
static void
test_smuggled(void)
{
	static const char *const ends[] = {
		"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r",
		"\r\n.\r\n", "\n.\r", "\r.\n"
	};

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *body = g_strconcat(
		    "one\r\ntwo", ends[i], "MAIL FROM:<a@b.example>\r\n"
		    "RCPT TO:<c@d.example>\r\nDATA\r\nthree\r\n", NULL);
		g_autoptr(Facts) facts = facts_new();

		g_test_message("end %u", i);
		lines_look((const guint8 *)body, strlen(body), facts);
		g_assert_true(facts_has_defect(facts, DEFECT_BODY_SMTP));
	}
}

static void
test_long(void)
{
	g_autofree char *body = g_strnfill(BOUND_LINE + 1, 'x');
	g_autoptr(Facts) facts = facts_new();

	lines_look((const guint8 *)body, BOUND_LINE, facts);
	g_assert_cmpuint(facts->defects->len, ==, 0);
	lines_look((const guint8 *)body, BOUND_LINE + 1, facts);
	g_assert_true(facts_has_defect(facts, DEFECT_BODY_LINE));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lines/look", test_look);
	g_test_add_func("/lines/smuggled", test_smuggled);
	g_test_add_func("/lines/long", test_long);
	return g_test_run();
}
