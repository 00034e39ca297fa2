/*
 * people.c -- our own people, by the names that mail programs show
 *
 * A name is brought into one form, its parts in alphabetical order as what
 * they look like, and found by that: however many people there are, a name
 * costs one look-up.
 */
#include "gatepost/model/people.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/model/confusable.h"
#include "gatepost/model/indicator.h"

struct People {
	GHashTable *by_form;	/* char * to Person *, both owned */
};

/* Parts that are no name. */
static const char *const titles[] = {
	"dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "herr", "frau",
	"mme", "mlle", "sr", "sra", "srta", "dipl", "ing", "mag", "msc",
	"bsc", "mba", "phd", "md", "esq", "jr", "ii", "iii", "cpa", "ceo",
	"cfo", "coo", "cto", "cio", "ciso"
};

/* What stands behind a name begins with one of these. */
static const char *const tails[] = {
	" via ", " on behalf of ", " at ", " from ", " - ", " | ", " / ",
	" \u2013 ", " \u2014 ", " \u00b7 ", "(", "[", "<"
};

static void
person_free(gpointer data)
{
	Person *person = data;

	g_free(person->name);
	g_ptr_array_unref(person->addresses);
	g_free(person);
}

People *
people_new(void)
{
	People *people = g_new0(People, 1);

	people->by_form = g_hash_table_new_full(g_str_hash, g_str_equal,
						g_free, person_free);
	return people;
}

void
people_free(People *people)
{
	if (people)
		g_hash_table_unref(people->by_form);
	g_free(people);
}

static bool
is_title(const char *part)
{
	for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
		if (strcmp(part, titles[i]) == 0)
			return true;
	return false;
}

static int
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An initial; where a syllable is one character, that is none. */
static bool
is_initial(const char *part)
{
	return g_utf8_strlen(part, -1) == 1 && strlen(part) <= 2;
}

/* Those of ALL that make a name, or all of them when none does. */
static GPtrArray *
parts_of(char *const *all)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);

	for (guint round = 0; round < 2 && parts->len == 0; round++)
		for (guint i = 0; all[i]; i++)
			if (*all[i] && (round || (!is_title(all[i]) &&
						  !is_initial(all[i]))))
				g_ptr_array_add(parts,
						confusable_skeleton(all[i]));
	return parts;
}

/* NAME in the one form by which it is found; NULL when nothing is left of
 * it.  Yours. */
static char *
form_of(const char *name)
{
	g_autofree char *folded = indicator_fold_name(name);
	g_auto(GStrv) all = NULL;
	g_autoptr(GPtrArray) parts = NULL;

	for (char *p = folded; *p; p++)
		if (strchr(",.;\"'`_", *p))
			*p = ' ';
	all = g_strsplit(folded, " ", -1);
	parts = parts_of(all);
	if (parts->len == 0)
		return NULL;
	g_ptr_array_sort(parts, by_text);
	g_ptr_array_add(parts, NULL);
	return g_strjoinv(" ", (char **)parts->pdata);
}

/* NAME without what stands behind it; NULL when that is nothing.  Yours. */
static char *
without_tail(const char *name)
{
	g_autofree char *lower = g_utf8_make_valid(name, -1);
	gsize length = strlen(lower);

	for (char *p = lower; *p; p++)
		*p = g_ascii_tolower(*p);
	for (guint i = 0; i < G_N_ELEMENTS(tails); i++) {
		const char *at = strstr(lower, tails[i]);

		if (at && at > lower)
			length = MIN(length, (gsize)(at - lower));
	}
	return length < strlen(lower) ? g_strndup(lower, length) : NULL;
}

static const Person *
find_form(const People *people, const char *name)
{
	g_autofree char *form = form_of(name);

	return form ? g_hash_table_lookup(people->by_form, form) : NULL;
}

/* As it is written, and with letters of other scripts as Latin ones. */
static const Person *
find_written(const People *people, const char *name)
{
	const Person *person = find_form(people, name);
	g_autofree char *latin = person ? NULL : confusable_latin(name);

	return latin ? find_form(people, latin) : person;
}

const Person *
people_find(const People *people, const char *name)
{
	const Person *person;
	g_autofree char *shorter = NULL;

	if (g_hash_table_size(people->by_form) == 0)
		return NULL;
	person = find_written(people, name);
	if (person)
		return person;
	shorter = without_tail(name);
	return shorter ? find_written(people, shorter) : NULL;
}

bool
person_owns(const Person *person, const char *address)
{
	for (guint i = 0; i < person->addresses->len; i++)
		if (strcmp(person->addresses->pdata[i], address) == 0)
			return true;
	return false;
}

/* The addresses that stand in TEXT, from its first "<" on. */
static bool
read_addresses(const char *text, GPtrArray *addresses, char **wrong)
{
	g_auto(GStrv) all = g_strsplit_set(text, "<>, \t", -1);

	for (guint i = 0; all[i]; i++) {
		g_autofree char *address = *all[i] ?
		    address_normal(all[i]) : NULL;

		if (!*all[i])
			continue;
		if (!address || !strchr(address, '@')) {
			*wrong = g_strdup_printf("\"%s\" is no address; write "
						 "\"Jane Director "
						 "<jane@home.example>\"",
						 all[i]);
			return false;
		}
		g_ptr_array_add(addresses, g_steal_pointer(&address));
	}
	return true;
}

bool
people_add(People *people, const char *text, char **wrong)
{
	const char *bracket = strchr(text, '<');
	g_autofree char *name = g_strstrip(g_strndup(text, bracket ?
	    (gsize)(bracket - text) : strlen(text)));
	g_autoptr(GPtrArray) addresses =
	    g_ptr_array_new_with_free_func(g_free);
	g_autofree char *form = form_of(name);
	Person *person;

	if (!form) {
		*wrong = g_strdup_printf("\"%s\" has no name; write \"Jane "
					 "Director\"", text);
		return false;
	}
	if (bracket && !read_addresses(bracket, addresses, wrong))
		return false;
	person = g_hash_table_lookup(people->by_form, form);
	if (!person) {
		person = g_new0(Person, 1);
		person->name = g_steal_pointer(&name);
		person->addresses = g_ptr_array_ref(addresses);
		g_hash_table_insert(people->by_form, g_steal_pointer(&form),
				    person);
		return true;
	}
	for (guint i = 0; i < addresses->len; i++)
		g_ptr_array_add(person->addresses,
				g_strdup(addresses->pdata[i]));
	return true;
}
