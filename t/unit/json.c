/*
 * json.c -- unit test: JSON written and read
 */
#include "gatepost/util/json.h"

#include <string.h>

static const struct {
	const char *name, *text, *json;
} quotes[] = {
	{ "plain text", "abc", "\"abc\"" },
	{ "none", NULL, "null" },
	{ "nothing", "", "\"\"" },
	{ "quote and backslash", "\"\\", "\"\\\"\\\\\"" },
	{ "controls", "a\n\033\177b", "\"a\\u000a\\u001b\\u007fb\"" },
	{ "UTF-8", "Grüße €", "\"Grüße €\"" },
	{ "no UTF-8", "a\xff" "b", "\"a\xef\xbf\xbd" "b\"" },
};

static void
test_quote(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(quotes); i++) {
		g_autoptr(GString) out = g_string_new("[");
		g_autoptr(Json) json = NULL;

		g_test_message("%s", quotes[i].name);
		json_quote(out, quotes[i].text);
		g_assert_cmpstr(out->str + 1, ==, quotes[i].json);
		g_string_append_c(out, ']');
		json = json_parse(out->str, out->len, NULL);
		g_assert_nonnull(json);
		if (quotes[i].text && g_utf8_validate(quotes[i].text, -1,
						      NULL))
			g_assert_cmpstr(json_text(json_element(json, 0)), ==,
					quotes[i].text);
	}
}

static void
test_write(void)
{
	g_autoptr(GString) out = g_string_new("{");

	json_put(out, "a", "x,");
	json_put_number(out, "b", G_MININT64);
	json_key(out, "c");
	g_string_append_c(out, '[');
	json_comma(out);
	json_quote(out, "[");
	json_comma(out);
	json_quote(out, NULL);
	g_string_append_c(out, ']');
	json_key(out, "d");
	g_string_append(out, "{}");
	g_string_append_c(out, '}');
	g_assert_cmpstr(out->str, ==, "{\"a\":\"x,\","
			"\"b\":-9223372036854775808,"
			"\"c\":[\"[\",null],\"d\":{}}");
}

static void
test_read(void)
{
	static const char text[] = "{\"a\":\"x\",\"b\":7,\"c\":[1,2,3],"
	    "\"d\":true,\"e\":false,\"f\":null,\"g\":1.5}";
	g_autoptr(Json) json = json_parse(text, strlen(text), NULL);
	const Json *array = json_member(json, "c");

	g_assert_cmpstr(json_text(json_member(json, "a")), ==, "x");
	g_assert_null(json_text(json_member(json, "b")));
	g_assert_null(json_text(json_member(json, "z")));
	g_assert_null(json_text(NULL));
	g_assert_cmpint(json_number(json_member(json, "b")), ==, 7);
	g_assert_cmpint(json_number(json_member(json, "a")), ==, 0);
	g_assert_cmpint(json_number(json_member(json, "g")), ==, 0);
	g_assert_cmpint(json_number(NULL), ==, 0);
	g_assert_cmpuint(json_count(array), ==, 3);
	g_assert_cmpuint(json_count(json), ==, 0);
	g_assert_cmpuint(json_count(NULL), ==, 0);
	g_assert_cmpint(json_number(json_element(array, 2)), ==, 3);
	g_assert_null(json_element(array, 3));
	g_assert_null(json_member(array, "a"));
	g_assert_null(json_member(NULL, "a"));
	g_assert_true(json_is_true(json_member(json, "d")));
	g_assert_false(json_is_true(json_member(json, "e")));
	g_assert_false(json_is_true(json_member(json, "a")));
	g_assert_false(json_is_true(NULL));
}

static const struct {
	const char *name, *text;
} wrong[] = {
	{ "nothing", "" },
	{ "an open brace", "{" },
	{ "a name twice", "{\"a\":1,\"a\":2}" },
	{ "text behind", "{} x" },
	{ "a NUL in a text", "[\"a\\u0000b\"]" },
	{ "no UTF-8", "[\"\xff\"]" },
	{ "a bare word", "[yes]" },
};

static void
test_wrong(void)
{
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autoptr(GError) error = NULL;

	g_assert_null(json_parse(deep, strlen(deep), &error));
	g_assert_nonnull(error);
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_clear_error(&error);
		g_test_message("%s", wrong[i].name);
		g_assert_null(json_parse(wrong[i].text,
					 strlen(wrong[i].text), &error));
		g_assert_nonnull(error);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/quote", test_quote);
	g_test_add_func("/json/write", test_write);
	g_test_add_func("/json/read", test_read);
	g_test_add_func("/json/wrong", test_wrong);
	return g_test_run();
}
