/*
 * csv.c -- comma-separated values as RFC 4180 and spreadsheets have them
 */
#include <string.h>

#include "gatepost/lists/csv.h"

/* Rows are parted by "|" and fields by "," here; "^" begins each row with its
 * line. */
static const struct {
	const char *says, *text, *want;
} cases[] = {
	{ "plain rows", "a,b\nc,d\n", "1^a,b|2^c,d|" },
	{ "CRLF, and no line end at the end", "a,b\r\nc,d", "1^a,b|2^c,d|" },
	{ "semicolons, as where the comma is decimal", "a;b\nc;d,e\n",
	  "1^a,b|2^c,d,e|" },
	{ "tabs", "a\tb\n", "1^a,b|" },
	{ "quotes hold separators", "a,\"b;c\"\n", "1^a,b;c|" },
	{ "a doubled quote is one", "\"a \"\"b\"\"\",c\n", "1^a \"b\",c|" },
	{ "a line end in quotes counts", "\"a\nb\",c\nd,e\n",
	  "1^a\nb,c|3^d,e|" },
	{ "empty fields stay", "a,,\n", "1^a,,|" },
	{ "blank rows go", "a,b\n\n\r\nc,d\n", "1^a,b|4^c,d|" },
	{ "a quote that never closes ends with the text", "a,\"b\nc",
	  "1^a,b\nc|" },
	{ "a quote inside a field is itself", "a \"b\",c\n",
	  "1^a \"b\",c|" },
	{ "text behind a closing quote is kept", "\"a\"b,c\n", "1^ab,c|" },
	{ "nothing at all", "", "" },
};

static char *
shown(const GPtrArray *rows)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++) {
		const struct csv_row *row = rows->pdata[i];

		g_string_append_printf(out, "%u^", row->line);
		for (guint j = 0; j < row->fields->len; j++)
			g_string_append_printf(out, "%s%s", j ? "," : "",
			    (const char *)row->fields->pdata[j]);
		g_string_append_c(out, '|');
	}
	return g_string_free(out, FALSE);
}

static void
test_read(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	g_autoptr(GPtrArray) rows = csv_read(cases[i].text);
	g_autofree char *got = shown(rows);

	g_assert_cmpstr(got, ==, cases[i].want);
}

/* What is written is read as the same. */
static void
test_write(void)
{
	static const char *const fields[] = {
		"", "plain", "", "with, comma", "\"quoted\"", "two\nlines",
		" blank first", "semi;colon", "",
	};
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) rows = NULL;
	const struct csv_row *row;

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		csv_append(out, fields[i]);
	g_string_append(out, "\r\n");
	rows = csv_read(out->str);
	g_assert_cmpuint(rows->len, ==, 1);
	row = rows->pdata[0];
	g_assert_cmpuint(row->fields->len, ==, G_N_ELEMENTS(fields));
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		g_assert_cmpstr(row->fields->pdata[i], ==, fields[i]);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/csv/read/%s",
							cases[i].says);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_read);
	}
	g_test_add_func("/csv/write", test_write);
	return g_test_run();
}
