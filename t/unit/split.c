/*
 * split.c -- unit test: where the parts of a multipart begin and end
 */
#include "gatepost/content/split.h"

#include <string.h>

static const struct {
	const char *name, *body;
	/* "start-next|..." of each delimiter; '!' odd, '.' the last one */
	const char *found;
} cases[] = {
	/* RFC 2046 5.1.1 */
	{ "two parts", "--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n",
	  "0-5|8-15|18-27.|" },
	{ "lines that end in LF", "--b\n\nx\n--b--\n", "0-4|6-13.|" },
	{ "text before and behind", "p\r\n--b\r\n\r\nx\r\n--b--\r\nq",
	  "1-8|11-20.|" },
	{ "blanks behind it are the transport's", "--b \t\r\n\r\nx",
	  "0-7|" },
	{ "a longer boundary is another one", "--bc\r\n\r\nx\r\n--b\r\n",
	  "9-16|" },
	{ "no line starts with it", "x --b\r\n", "" },
	{ "no end", "--b", "0-3|" },
	{ "nothing", "", "" },
	{ "behind blanks", "x\r\n  --b\r\n", "1-10!|" },
	{ "behind a CR alone", "x\r--b\r\n", "1-7!|" },
	{ "before a CR alone", "--b\rx", "0-4|" },
	{ "with a word behind it", "--b x\r\n", "0-7!|" },
	{ "the last one with a word behind it", "--b-- x\r\n", "0-9!.|" },
};

static void
test_find(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GArray) found =
		    split_find((const guint8 *)cases[i].body,
			       strlen(cases[i].body), "b", 100);

		g_test_message("%s", cases[i].name);
		for (guint j = 0; j < found->len; j++) {
			const struct delimiter *one =
			    &g_array_index(found, struct delimiter, j);

			g_string_append_printf(text, "%u-%u%s%s|",
					       (guint)one->start,
					       (guint)one->next,
					       one->is_odd ? "!" : "",
					       one->is_close ? "." : "");
		}
		g_assert_cmpstr(text->str, ==, cases[i].found);
	}
}

static void
test_most(void)
{
	static const char body[] = "--b\n--b\n--b\n";
	g_autoptr(GArray) found = split_find((const guint8 *)body,
					     strlen(body), "b", 2);

	g_assert_cmpuint(found->len, ==, 2);
}

static void
test_guess(void)
{
	static const struct {
		const char *name, *body, *boundary;
	} guesses[] = {
		{ "a field behind it", "x\n--a b \nContent-Type: x/y\n",
		  "a b" },
		{ "... behind a blank line", "--a\n\nContent-Type: x/y\n",
		  "a" },
		{ "a signature is none", "x\n-- \nContent\n", NULL },
		{ "text behind it", "--a\nx\n", NULL },
		{ "not at a line's start", "x --a\nContent-Type: x/y\n",
		  NULL },
		{ "nothing", "", NULL },
	};

	for (guint i = 0; i < G_N_ELEMENTS(guesses); i++) {
		g_autofree char *boundary =
		    split_guess((const guint8 *)guesses[i].body,
				strlen(guesses[i].body));

		g_test_message("%s", guesses[i].name);
		g_assert_cmpstr(boundary, ==, guesses[i].boundary);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/split/find", test_find);
	g_test_add_func("/split/most", test_most);
	g_test_add_func("/split/guess", test_guess);
	return g_test_run();
}
