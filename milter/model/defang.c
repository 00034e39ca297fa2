/*
 * defang.c -- links that a person reads and no program follows
 *
 * Made for what strangers wrote: it need not know what a link is, only that
 * no mail program, terminal or browser takes what comes out for one.
 */
#include "gatepost/model/defang.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/model/domain.h"

/* Octets of a name that may be a host; longer ones are none. */
#define HOST_MOST 253

/* A scheme, and how far before its end two letters become "x". */
static const struct {
	const char *name;
	guint from, count;
} schemes[] = {
	{ "https", 4, 2 }, { "http", 3, 2 }, { "ftps", 3, 1 },
	{ "ftp", 2, 1 },
};

/* Ends of those that need no "//" to do harm; the first two in whatever
 * prose they stand. */
static const char *const running[] = {
	"javascript", "vbscript", "data", "file", "mailto", "search-ms",
	"ms-msdt", "blob", "about", "smb", "tel", "sms",
};
#define ALWAYS 2

static bool
ends_with(const GString *out, const char *word)
{
	gsize length = strlen(word);

	return out->len >= length &&
	    g_ascii_strncasecmp(out->str + out->len - length, word,
				length) == 0;
}

/* Is there a colon behind a scheme at AT?  Writes both, the scheme standing
 * at the end of OUT. */
static bool
take_scheme(GString *out, const char *at)
{
	bool is_far = at[1] == '/' && at[2] == '/' && out->len &&
	    g_ascii_isalnum(out->str[out->len - 1]);

	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		if (!ends_with(out, schemes[i].name))
			continue;
		memset(out->str + out->len - schemes[i].from, 'x',
		       schemes[i].count);
		g_string_append_c(out, ':');
		return true;
	}
	for (guint i = 0; !is_far && i < G_N_ELEMENTS(running); i++)
		is_far = ends_with(out, running[i]) &&
		    (i < ALWAYS || (guchar)at[1] > ' ');
	if (is_far)
		g_string_append(out, "[:]");
	return is_far;
}

/* Can C be of a host's name?  All beyond ASCII can. */
static bool
is_host(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.' ||
	    (guchar)c >= 0x80;
}

/* Would a program that looks for links take LENGTH octets of TEXT for a
 * host? */
static bool
looks_like_host(const char *text, gsize length)
{
	g_autofree char *run = NULL, *normal = NULL;
	const char *last;

	if (length > HOST_MOST || !memchr(text, '.', length))
		return false;
	if (length > 4 && g_ascii_strncasecmp(text, "www.", 4) == 0)
		return true;
	run = g_strndup(text, length);
	normal = domain_normal(run);
	last = normal ? strrchr(normal, '.') : NULL;
	return last && domain_suffix(last + 1) != SUFFIX_NONE;
}

/* Append LENGTH octets of TEXT, its dots in brackets, ideographic ones,
 * which a browser takes for dots, too. */
static void
append_host(GString *out, const char *text, gsize length)
{
	static const char *const dots[] = { ".", "。", "．", "｡" };

	for (gsize i = 0; i < length;) {
		gsize step = 0;

		for (guint j = 0; !step && j < G_N_ELEMENTS(dots); j++)
			if (i + strlen(dots[j]) <= length &&
			    strncmp(text + i, dots[j], strlen(dots[j])) == 0)
				step = strlen(dots[j]);
		if (step)
			g_string_append(out, "[.]");
		else if (text[i] != ':' || !take_scheme(out, text + i))
			g_string_append_c(out, text[i]);
		i += step ? step : 1;
	}
}

/* The octets of the authority that TEXT starts with, and of the slashes
 * before it. */
static gsize
authority_length(const char *text)
{
	gsize slashes = strspn(text, "/\\");

	return slashes + strcspn(text + slashes, "/\\?# \t\r\n\"'<>()");
}

char *
defang(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) + 16);
	char before = ' ';

	while (*text) {
		gsize length = 1;

		if (*text == ':' && take_scheme(out, text)) {
			text++;
			length = authority_length(text);
			append_host(out, text, length);
		} else if (is_host(*text)) {
			while (is_host(text[length]))
				length++;
			if (before != '@' && looks_like_host(text, length))
				append_host(out, text, length);
			else
				g_string_append_len(out, text,
						    (gssize)length);
		} else {
			g_string_append_c(out, *text);
		}
		before = length ? text[length - 1] : ':';
		text += length;
	}
	return g_string_free(out, FALSE);
}
