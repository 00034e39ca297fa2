/*
 * phrases.c -- what users read, in their language
 *
 * gettext(3) knows one language a process, or one a thread by uselocale(3),
 * for which that language must be installed on the system; mail to two users
 * of a small server may need two that are not.  So the catalogues are
 * gettext's, with all its tools, and are compiled into a table here.
 */
#include "gatepost/service/phrases.h"

#include <string.h>

#include "gatepost/model/config.h"

struct pair {
	const char *text, *translation;
};

struct catalogue {
	const char *language;
	const struct pair *pairs;
	gsize count;
};

/* catalogues[], made from contrib/po/ by table.awk. */
#include "milter/service/phrases.inc"

static GHashTable *
table_of(const char *language)
{
	GHashTable *all = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < G_N_ELEMENTS(catalogues); i++) {
		const struct catalogue *one = &catalogues[i];

		if (strcmp(one->language, language) != 0)
			continue;
		for (gsize j = 0; j < one->count; j++)
			g_hash_table_insert(all, (gpointer)one->pairs[j].text,
			    (gpointer)one->pairs[j].translation);
	}
	return all;
}

/* A table for each language; never changed once it is there. */
static GHashTable **
tables(void)
{
	static gsize made;
	GHashTable **all;
	gsize count = 0;

	if (!g_once_init_enter(&made))
		return (GHashTable **)made;
	while (languages[count])
		count++;
	all = g_new0(GHashTable *, count);
	for (gsize i = 0; i < count; i++)
		all[i] = table_of(languages[i]);
	g_once_init_leave(&made, (gsize)all);
	return all;
}

const char *
phrase(int language, const char *text)
{
	const char *translation = language <= 0 ? NULL :
	    g_hash_table_lookup(tables()[language], text);

	return translation ? translation : text;
}

char *
phrase_with(int language, const char *text, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(phrase(language, text), "%1", -1);

	return g_strjoinv(value, parts);
}
