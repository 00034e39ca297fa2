/*
 * headers.c -- unit test: the fields of a header block
 */
#include "gatepost/content/headers.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

static const struct {
	const char *name, *block;
	gsize size;		/* of the block; 0: to its NUL */
	const char *fields;	/* "name#index=value|..." */
	gsize end;		/* where the body starts */
	const char *defect;	/* NULL: none */
} cases[] = {
	{ "two fields and a body", "A: 1\r\nB: 2\r\n\r\nx", 0,
	  "A#1=1|B#1=2|", 14, NULL },
	{ "lines that end in LF", "A: 1\nB: 2\n\nx", 0, "A#1=1|B#1=2|", 11,
	  NULL },
	{ "a folded field", "A: 1\r\n 2\r\n\t3\r\n\r\n", 0, "A#1=1 2\t3|",
	  16, NULL },
	{ "no blank behind the colon", "A:1\r\n\r\n", 0, "A#1=1|", 7, NULL },
	{ "an empty value", "A:\r\n\r\n", 0, "A#1=|", 6, NULL },
	{ "a blank before the colon", "From : a\r\n\r\n", 0, "From#1=a|", 12,
	  DEFECT_HEADER_BLANK },
	{ "a line of blanks alone", "A: 1\r\n \t\r\nB: 2\r\n\r\n", 0,
	  "A#1=1|B#1=2|", 18, DEFECT_HEADER_BLANK_LINE },
	{ "names count without case", "X-a: 1\nB: 2\nx-A: 3\n\n", 0,
	  "X-a#1=1|B#1=2|x-A#2=3|", 20, NULL },
	{ "no body", "A: 1\r\n", 0, "A#1=1|", 6, NULL },
	{ "no line end", "A: 1", 0, "A#1=1|", 4, NULL },
	{ "nothing", "", 0, "", 0, NULL },
	{ "a blank line first", "\r\nA: 1\r\n", 0, "", 2, NULL },
	{ "a mailbox file's line", "From x Mon\nA: 1\n\n", 0, "A#1=1|", 17,
	  NULL },
	{ "a line that is no field is passed over", "A: 1\nnonsense\nB: 2\n\n",
	  0, "A#1=1|B#1=2|", 20, DEFECT_HEADER_MALFORMED },
	{ "... with what continues it", "A: 1\nno\n x\nB: 2\n\n", 0,
	  "A#1=1|B#1=2|", 17, DEFECT_HEADER_MALFORMED },
	{ "a name with a blank in it", "A b: 1\nB: 2\n\n", 0, "B#1=2|", 13,
	  DEFECT_HEADER_MALFORMED },
	{ "a name with 8 bits", "\xc3\xa4: 1\nB: 2\n\n", 0, "B#1=2|", 12,
	  DEFECT_HEADER_MALFORMED },
	{ "a blank at the very start", " A: 1\nB: 2\n\n", 0, "B#1=2|", 12,
	  DEFECT_HEADER_MALFORMED },
	{ "a NUL", "A: 1\0002\n\n", 8, "A#1=1 2|", 8, DEFECT_HEADER_NUL },
	{ "a CR without LF", "A: 1\rB: 2\n\n", 0, "A#1=1B: 2|", 11,
	  DEFECT_HEADER_BARE_CR },
	{ "an LF among CRLF", "A: 1\r\nB: 2\nC: 3\r\n\r\n", 0,
	  "A#1=1|B#1=2|C#1=3|", 19, DEFECT_HEADER_BARE_LF },
	{ "a second From", "From: a\nfrom: b\n\n", 0,
	  "From#1=a|from#2=b|", 17, DEFECT_HEADER_REPEATED },
	{ "a second Content-Type",
	  "Content-Type: a\nCONTENT-TYPE: b\n\n", 0,
	  "Content-Type#1=a|CONTENT-TYPE#2=b|", 33, DEFECT_HEADER_REPEATED },
	{ "several Received are usual", "Received: a\nReceived: b\n\n", 0,
	  "Received#1=a|Received#2=b|", 25, NULL },
};

static char *
list(const struct headers *headers)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < headers->fields->len; i++) {
		const struct header *field =
		    &g_array_index(headers->fields, struct header, i);
		g_autofree char *value = header_unfold(field, BOUND_SHOWN);

		g_string_append_printf(out, "%.*s#%d=%s|",
				       (int)field->name_length, field->name,
				       (int)field->index, value);
	}
	return g_string_free(out, FALSE);
}

static void
test_scan(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();
		g_autofree char *fields = NULL;
		struct headers headers;

		g_test_message("%s", cases[i].name);
		headers_scan(&headers, (const guint8 *)cases[i].block,
			     cases[i].size ? cases[i].size :
			     strlen(cases[i].block), facts);
		fields = list(&headers);
		g_assert_cmpstr(fields, ==, cases[i].fields);
		g_assert_cmpuint(headers.size, ==, cases[i].end);
		g_assert_cmpuint(facts->defects->len, ==,
				 cases[i].defect != NULL);
		if (cases[i].defect)
			g_assert_true(facts_has_defect(facts,
						       cases[i].defect));
		headers_clear(&headers);
	}
}

/* COUNT lines of FIELD, then one to be removed and the body's start. */
static void
scan_many(guint count, const char *field, guint wanted, const char *defect)
{
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(GString) block = g_string_new(NULL);
	struct headers headers;

	facts->complete = true;
	for (guint i = 0; i < count; i++)
		g_string_append(block, field);
	g_string_append(block, "X-Gatepost-Id: x\n\nbody");
	headers_scan(&headers, (const guint8 *)block->str, block->len, facts);
	g_assert_cmpuint(headers.fields->len, ==, wanted);
	g_assert_true(headers_find(&headers, "x-gatepost-id") != NULL);
	g_assert_cmpuint(headers.size, ==, block->len - 4);
	g_assert_cmpint(facts->complete, ==, defect == NULL);
	if (defect)
		g_assert_true(facts_has_defect(facts, defect));
	headers_clear(&headers);
}

static void
test_bounds(void)
{
	g_autofree char *value = g_strnfill(1000, 'x');
	g_autofree char *field = g_strconcat("A: ", value, "\n", NULL);

	scan_many(BOUND_HEADER_FIELDS - 1, "A: 1\n", BOUND_HEADER_FIELDS,
		  NULL);
	scan_many(BOUND_HEADER_FIELDS + 5, "A: 1\n", BOUND_HEADER_FIELDS + 1,
		  DEFECT_HEADER_MANY);
	scan_many(300, field, BOUND_HEADER_BLOCK / 1004 + 2,
		  DEFECT_HEADER_LARGE);
}

static void
test_long(void)
{
	g_autofree char *value = g_strnfill(BOUND_HEADER_FIELD + 10, 'x');
	g_autofree char *block = g_strconcat("A:", value, "\n\n", NULL);
	g_autoptr(Facts) facts = facts_new();
	struct headers headers;

	headers_scan(&headers, (const guint8 *)block, strlen(block), facts);
	g_assert_cmpuint(headers_find(&headers, "a")->length, ==,
			 BOUND_HEADER_FIELD);
	g_assert_true(facts_has_defect(facts, DEFECT_HEADER_LONG));
	headers_clear(&headers);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/headers/scan", test_scan);
	g_test_add_func("/headers/bounds", test_bounds);
	g_test_add_func("/headers/long", test_long);
	return g_test_run();
}
