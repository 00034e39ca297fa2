/*
 * indicator_nearest.c -- what someone probably meant by a value that is none
 *
 * Each row mends one mistake; the first result that is a value is proposed.
 * To add one: a function and a row.
 */
#include "gatepost/model/indicator.h"

#include <string.h>

#include "gatepost/model/url.h"

/* RAW without the PREFIX that it starts with, or NULL.  Yours. */
static char *
strip(const char *raw, const char *prefix)
{
	gsize length = strlen(prefix);

	return g_ascii_strncasecmp(raw, prefix, length) == 0 ?
	    g_strdup(raw + length) : NULL;
}

static char *
no_mailto(const char *raw)
{
	return strip(raw, "mailto:");
}

static char *
no_hash_name(const char *raw)
{
	return strip(raw, "sha256:");
}

static char *
no_front(const char *raw)
{
	return g_strdup(raw + strspn(raw, "*@~."));
}

/* "*a.example" and "~a.example" where "*.a.example" is the form. */
static char *
dot_front(const char *raw)
{
	return g_strconcat("*.", raw + strspn(raw, "*~."), NULL);
}

static char *
host_of_link(const char *raw)
{
	g_autoptr(Url) url = strstr(raw, "://") ? url_parse(raw) : NULL;

	return url ? g_strdup(url->host) : NULL;
}

static char *
domain_of(const char *raw)
{
	const char *at = strrchr(raw, '@');

	return at ? g_strdup(at + 1) : NULL;
}

/* "@a.example" and "*@a.example".  An address that is wrong does not become
 * all of its domain, which may be half of the world's. */
static char *
domain_of_all(const char *raw)
{
	return raw[strspn(raw, "*")] == '@' ? domain_of(raw) : NULL;
}

static char *
first_of_several(const char *raw)
{
	g_autofree char *first = g_strndup(raw, strcspn(raw, ",; \t"));

	return strpbrk(first, "@.") ? g_steal_pointer(&first) : NULL;
}

static char *
one_dot(const char *raw)
{
	GString *out = g_string_new(NULL);

	for (; *raw; raw++)
		if (*raw != '.' || raw[1] != '.')
			g_string_append_c(out, *raw);
	return g_string_free(out, FALSE);
}

/* "192.0.2" or "192.0.2.*" as the network it names. */
static char *
whole_network(const char *raw)
{
	GString *out = g_string_new(NULL);
	int octets = 0;

	for (; g_ascii_isdigit(*raw); octets++) {
		gsize digits = strspn(raw, "0123456789");

		g_string_append_len(out, raw, (gssize)digits);
		g_string_append_c(out, '.');
		raw += digits;
		raw += *raw == '.';
	}
	if (octets < 1 || octets > 3 || raw[strspn(raw, "*.")]) {
		g_string_free(out, TRUE);
		return NULL;
	}
	for (int i = octets; i < 4; i++)
		g_string_append(out, i < 3 ? "0." : "0");
	g_string_append_printf(out, "/%d", 8 * octets);
	return g_string_free(out, FALSE);
}

static char *
no_brackets(const char *raw)
{
	gsize length = strlen(raw);

	return length > 2 && raw[0] == '[' && raw[length - 1] == ']' ?
	    g_strndup(raw + 1, length - 2) : NULL;
}

/* The link without scheme, user, port and fragment. */
static char *
plain_link(const char *raw)
{
	g_autofree char *bare = g_strdup(raw);
	g_autoptr(Url) url = NULL;

	if (strpbrk(bare, "*~"))
		return NULL;
	g_strdelimit(bare, "\"'", ' ');
	url = url_parse(g_strstrip(bare));
	if (!url || !url->host)
		return NULL;
	return g_strconcat(url->host, strcmp(url->path, "/") == 0 ? "" :
			   url->path, NULL);
}

/* "host/a*" and "host*" as the folder that can be named. */
static char *
whole_folder(const char *raw)
{
	gsize front = raw[0] == '*';
	gsize length = front + strcspn(raw + front, "*");

	while (length && raw[length - 1] == '/')
		length--;
	if (!raw[length] || length == 0 || raw[length - 1] == '.')
		return NULL;
	return g_strdup_printf("%.*s/*", (int)length, raw);
}

static char *
tildes(const char *raw)
{
	g_autofree char *bare = g_strdup(raw + strspn(raw, "~"));

	bare[strcspn(bare, "/~")] = '\0';
	return strchr(raw, '~') ? g_strdup_printf("~%s~", bare) : NULL;
}

static char *
any_path(const char *raw)
{
	return g_strconcat(raw, "/*", NULL);
}

static char *
last_name(const char *raw)
{
	const char *slash = raw + strlen(raw);

	while (slash > raw && slash[-1] != '/' && slash[-1] != '\\')
		slash--;
	return slash > raw ? g_strdup(slash) : NULL;
}

#define FOR(kind) (1u << (kind))
#define MAILERS (FOR(INDICATOR_SENDER) | FOR(INDICATOR_ENVELOPE))
#define HALVES FOR(INDICATOR_SPOOF)

static const struct {
	guint kinds;
	char *(*mend)(const char *raw);
} rows[] = {
	{ MAILERS | HALVES, no_mailto },
	{ MAILERS | HALVES, host_of_link },
	{ HALVES, domain_of },
	{ HALVES, no_front },
	{ FOR(INDICATOR_IP) | HALVES, whole_network },
	{ FOR(INDICATOR_IP), no_brackets },
	{ FOR(INDICATOR_URL), plain_link },
	{ FOR(INDICATOR_URL), tildes },
	{ FOR(INDICATOR_URL), dot_front },
	{ FOR(INDICATOR_URL), whole_folder },
	{ FOR(INDICATOR_URL), any_path },
	{ FOR(INDICATOR_URL), no_front },
	{ MAILERS, domain_of_all },
	{ MAILERS, first_of_several },
	{ MAILERS, dot_front },
	{ MAILERS | HALVES, one_dot },
	{ FOR(INDICATOR_FILE), no_hash_name },
	{ FOR(INDICATOR_FILENAME), last_name },
};

char *
indicator_nearest(enum indicator_kind kind, const char *raw,
		  bool (*is_value)(enum indicator_kind kind,
				   const char *text))
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mended = rows[i].kinds & FOR(kind) ?
		    rows[i].mend(raw) : NULL;

		if (mended && *mended && strcmp(mended, raw) != 0 &&
		    strcmp(mended, "*") != 0 && is_value(kind, mended))
			return g_steal_pointer(&mended);
	}
	return NULL;
}
