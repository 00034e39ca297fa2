/*
 * entry.c -- fuzz target: a line of a list file
 *
 * Whatever comes in is refused with words, or is an entry that is written as
 * a line which says the same, is written the same again, and finds itself in
 * a narrowness of its own.
 */
#include "gatepost/lists/entry.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/confusable.h"
#include "gatepost/model/filename.h"
#include "gatepost/model/url.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const struct entry_place place = { "t", "UTC", "fuzz.list", 1 };

/* What a message may show is made of the same octets. */
static void
look_shown(const char *text)
{
	g_autofree char *name = indicator_fold_name(text);
	g_autofree char *like = confusable_skeleton(name);
	g_autofree char *latin = confusable_latin(text);
	g_autoptr(GPtrArray) forms = filename_forms(text);
	g_autoptr(GPtrArray) inside = url_inside(text);
	g_autoptr(Url) other = url_parse_other(text);

	g_assert_true(g_utf8_validate(like, -1, NULL));
	g_assert_true(!latin || g_utf8_validate(latin, -1, NULL));
	for (guint i = 0; i < forms->len; i++)
		g_assert_true(g_utf8_validate(forms->pdata[i], -1, NULL));
	g_assert_true(!inside || inside->len <= BOUND_URL_INSIDE);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *line = g_strndup((const char *)data, size);
	g_autoptr(GPtrArray) warnings =
	    g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(Entry) entry = entry_parse(line, &place, warnings, &error);
	g_autoptr(Entry) again = NULL;
	g_autofree char *one = NULL, *two = NULL;

	look_shown(line);
	if (!entry) {
		g_assert_true(!error || *error->message);
		return 0;
	}
	g_assert_no_error(error);
	one = entry_format(entry);
	/* Percent codes and quotes may take a line beyond its bound. */
	if (strlen(one) > BOUND_LIST_LINE)
		return 0;
	again = entry_parse(one, &place, NULL, &error);
	if (error)
		g_error("\"%s\" is written \"%s\": %s", line, one,
			error->message);
	two = entry_format(again);
	g_assert_cmpstr(two, ==, one);
	g_assert_cmpstr(again->key, ==, entry->key);
	return 0;
}
