/*
 * filename.c -- unit test: what names a file may be taken to have
 */
#include "gatepost/model/filename.h"

#define RLO "\xe2\x80\xae"
#define LRO "\xe2\x80\xad"
#define RLE "\xe2\x80\xab"
#define PDF "\xe2\x80\xac"
#define RLI "\xe2\x81\xa7"
#define PDI "\xe2\x81\xa9"

static const struct {
	const char *name, *raw, *forms;		/* "form|..." */
} cases[] = {
	{ "a plain one", "Invoice.PDF", "invoice.pdf|" },
	{ "two extensions", "invoice.pdf.exe", "invoice.pdf.exe|" },
	{ "blanks before the last", "invoice.pdf          .exe",
	  "invoice.pdf          .exe|invoice.pdf.exe|" },
	{ "blanks behind a dot", "invoice.pdf. exe",
	  "invoice.pdf. exe|invoice.pdf.exe|" },
	{ "no-break blanks", "a.pdf\xc2\xa0\xe3\x80\x80.exe",
	  "a.pdf\xc2\xa0\xe3\x80\x80.exe|a.pdf.exe|" },
	{ "blanks elsewhere stay", "my invoice.pdf", "my invoice.pdf|" },
	{ "dots and blanks at the end", "a.exe . \xc2\xa0.", "a.exe|" },
	{ "turned", "inv" RLO "fdp.exe", "invfdp.exe|invexe.pdf|" },
	{ "turned up to its end", "inv" RLO "cod" PDF ".exe",
	  "invcod.exe|invdoc.exe|" },
	{ "turned twice", "a" RLO "b" LRO "cd" PDF "e",
	  "abcde|aecdb|" },
	{ "embedded Latin is not turned", "a" RLE "bc.exe", "abc.exe|" },
	{ "isolated Latin is not, either", "a" RLI "bc" PDI ".exe",
	  "abc.exe|" },
	{ "an override in an isolate", "a" RLI RLO "txt.b" PDI ".exe",
	  "atxt.b.exe|ab.txt.exe|" },
	{ "ends of nothing", "a" PDF PDI "b.exe", "ab.exe|" },
	{ "turned, with blanks", RLO "fdp. exe",
	  "fdp. exe|exe .pdf|fdp.exe|exe.pdf|" },
	{ "nothing", "", "" },
	{ "no UTF-8", "a\xff.exe", "a\xef\xbf\xbd.exe|" },
};

static void
test_forms(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) forms = filename_forms(cases[i].raw);
		g_autoptr(GString) all = g_string_new(NULL);

		for (guint j = 0; j < forms->len; j++)
			g_string_append_printf(all, "%s|",
					       (char *)forms->pdata[j]);
		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(all->str, ==, cases[i].forms);
	}
}

static void
test_deep(void)
{
	GString *name = g_string_new(NULL);
	g_autoptr(GPtrArray) forms = NULL;

	for (int i = 0; i < 5000; i++)
		g_string_append(name, RLO "a" LRO "b" RLI);
	forms = filename_forms(name->str);
	g_assert_cmpuint(forms->len, <=, 4);
	g_string_free(name, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/filename/forms", test_forms);
	g_test_add_func("/filename/deep", test_deep);
	return g_test_run();
}
