/*
 * feed_value.c -- one line of a feed as a value in normal form
 *
 * Most are plain (entry_plain.c).  All else takes the way of an entry's
 * value, so that both say the same; a unit test compares them.
 */
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/entry.h"
#include "gatepost/lists/feed.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/model/url.h"
#include "gatepost/util/fail.h"

/* ---- the way of an entry's value ---- */

/* A link as feeds have it, with scheme and port, as the value of an entry;
 * NULL when it has none. */
static char *
without_scheme(const char *text)
{
	g_autoptr(Url) url = NULL;
	bool is_ipv6;

	if (!strstr(text, "://"))
		return NULL;
	url = url_parse(text);
	if (!url || !url->host)
		return NULL;
	is_ipv6 = strchr(url->host, ':') != NULL;
	if (strcmp(url->path, "/") == 0)
		return g_strdup(url->host);
	return g_strconcat(is_ipv6 ? "[" : "", url->host, is_ipv6 ? "]" : "",
			   url->path, NULL);
}

/* What no stranger's file may say: it would hit half the world. */
static bool
check_wide(const Indicator *indicator, GError **error)
{
	const char *value = indicator->value;
	const char *host = value + (*value == '~' ? 1 :
				    g_str_has_prefix(value, "*.") ? 2 : 0);
	g_autofree char *bare = NULL;
	struct network network;

	switch (indicator->kind) {
	case INDICATOR_IP:
		if (network_parse(value, &network) && network.prefix <
		    (network_is_ipv4(&network) ? BOUND_FEED_IPV4 :
		     BOUND_FEED_IPV6)) {
			fail(error, "%s is too large a network for a feed",
			     value);
			return false;
		}
		break;
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
	case INDICATOR_URL:
		bare = g_strndup(host, strcspn(host, "/~"));
		if (strchr(host, '/') || strchr(bare, '@') ||
		    domain_suffix(bare) == SUFFIX_NONE)
			break;
		fail(error, "%s is a public suffix: unrelated people have "
		     "names below it", bare);
		return false;
	case INDICATOR_NAME:
	case INDICATOR_FILE:
	case INDICATOR_FILENAME:
	case INDICATOR_DEFECT:
	case INDICATOR_SPOOF:
	case INDICATOR_KINDS:
		break;
	}
	return true;
}

static char *
by_entry(enum indicator_kind kind, bool is_allow, const char *text,
	 GError **error)
{
	g_autofree char *bare = kind == INDICATOR_URL ? without_scheme(text) :
	    NULL;
	g_autoptr(Entry) entry = entry_new();

	entry->action = is_allow ? ENTRY_ALLOW : ENTRY_BLOCK;
	entry->indicator = indicator_new(kind, bare ? bare : text, NULL,
					 error);
	if (!entry->indicator || !entry_check(entry, error) ||
	    !check_wide(entry->indicator, error))
		return NULL;
	if (snapshot_shape(entry->indicator, is_allow) == SHAPE_LINEAR) {
		fail(error, "a feed has no regular expressions and no file "
		     "names with * or ?: write that into a list");
		return NULL;
	}
	return g_strdup(entry->indicator->value);
}

/* Names have blanks, and may have any character. */
static bool
is_text(enum indicator_kind kind)
{
	return kind == INDICATOR_NAME || kind == INDICATOR_FILENAME;
}

/* LINE without what surrounds its value, and without a comment.  Yours. */
static char *
bare_line(enum indicator_kind kind, const char *line)
{
	char *bare = g_strstrip(g_strdup(line));

	if (*bare == '#' || *bare == ';')
		*bare = '\0';
	for (char *p = bare; *p && !is_text(kind); p++)
		if ((*p == '#' || *p == ';') && p > bare &&
		    g_ascii_isspace(p[-1]))
			*p = '\0';
	return g_strchomp(bare);
}

char *
feed_value(enum indicator_kind kind, bool is_allow, const char *line,
	   bool *is_bad, GError **error)
{
	g_autofree char *bare = bare_line(kind, line);
	struct network network;
	char *value = NULL;

	*is_bad = false;
	if (!*bare)
		return NULL;
	if (entry_value_is_plain(kind, bare))
		return g_steal_pointer(&bare);
	if (!is_text(kind) && strpbrk(bare, " \t")) {
		g_autofree char *first = g_strndup(bare,
						   strcspn(bare, " \t"));

		fail(error, network_parse(first, &network) ?
		     "a line of a hosts file is no value: write the host "
		     "alone" : "one value a line, and nothing behind it");
	} else {
		value = by_entry(kind, is_allow, bare, error);
	}
	*is_bad = !value;
	return value;
}
