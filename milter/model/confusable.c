/*
 * confusable.c -- names that look alike (UTS #39)
 *
 * The data is a table of ours, not ICU's: that would add 30 MB of libraries
 * to every process for one look-up a message.
 */
#include "gatepost/model/confusable.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* What C looks like, or NULL when that is itself. */
static const char *
look_up(gunichar c)
{
	unsigned low = 0, high = confusables_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (confusables[middle].from == c)
			return confusable_texts + confusables[middle].to;
		if (confusables[middle].from < c)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* TEXT with each character as what it looks like, those of ASCII only when
 * ALL are meant.  Yours. */
static char *
replace(const char *text, gboolean all)
{
	g_autofree char *parted = g_utf8_normalize(text, -1,
						   G_NORMALIZE_NFKD);
	GString *out = g_string_sized_new(strlen(parted));

	for (const char *p = parted; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);
		const char *like = all || c >= 0x80 ? look_up(c) : NULL;

		if (like)
			g_string_append(out, like);
		else
			g_string_append_unichar(out, c);
	}
	return g_string_free(out, FALSE);
}

/* The same of ASCII, which most names are, without a search. */
static const char *plain[128];
static pthread_once_t plain_once = PTHREAD_ONCE_INIT;

static void
plain_load(void)
{
	for (guint c = 1; c < G_N_ELEMENTS(plain); c++)
		plain[c] = look_up(c);
}

/* TEXT, all of ASCII, as what it looks like in small letters.  Yours. */
static char *
replace_plain(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) * 2);

	for (const char *p = text; *p; p++)
		if (plain[(guchar)*p])
			g_string_append(out, plain[(guchar)*p]);
		else
			g_string_append_c(out, *p);
	for (char *p = out->str; *p; p++)
		*p = g_ascii_tolower(*p);
	return g_string_free(out, FALSE);
}

char *
confusable_skeleton(const char *folded)
{
	g_autofree char *one = g_utf8_make_valid(folded, -1);

	pthread_once(&plain_once, plain_load);

	/* What a character looks like may be large, and what that is when
	 * small may look like another. */
	for (int round = 0; round < 2; round++) {
		bool is_plain = g_str_is_ascii(one);
		g_autofree char *like = is_plain ? replace_plain(one) :
		    replace(one, TRUE);

		g_free(one);
		one = is_plain && g_str_is_ascii(like) ?
		    g_steal_pointer(&like) : g_utf8_casefold(like, -1);
	}
	for (char *p = one; *p; p++)
		if (*p == 'i' || *p == '1' || *p == '|')
			*p = 'l';
	return g_steal_pointer(&one);
}

char *
confusable_latin(const char *name)
{
	g_autofree char *valid = NULL, *same = NULL;
	char *like;

	if (g_str_is_ascii(name))
		return NULL;
	valid = g_utf8_make_valid(name, -1);
	same = g_utf8_normalize(valid, -1, G_NORMALIZE_NFKD);
	like = replace(valid, FALSE);
	if (strcmp(like, same) != 0)
		return like;
	g_free(like);
	return NULL;
}
