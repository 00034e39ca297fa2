/*
 * url_entry.c -- the value of a url entry: hosts, paths, * and ~
 *
 * The forms are those of the lists that admins bring along:
 *
 * host, ~host, ~host~, *.host, host/path, and a * alone behind the last
 * slash of a path, with or without the *. in front.
 */
#include "gatepost/model/url.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/util/fail.h"

struct parts {
	const char *front;	/* "", "~" or "*." */
	const char *back;	/* "" or "~" */
	char *host;		/* as written */
	const char *path;	/* from '/' on, or "" */
};

/* What `invoice.pdf` ends in, so that it is no host. */
static const char *const extensions[] = {
	"bat", "cab", "csv", "doc", "docm", "docx", "eml", "exe", "gif",
	"htm", "html", "img", "iso", "jpeg", "jpg", "js", "lnk", "msg",
	"msi", "pdf", "png", "ppt", "pptx", "rar", "rtf", "scr", "svg",
	"tar", "txt", "vbs", "xls", "xlsm", "xlsx", "xml", NULL
};

static bool
is_ip(const char *host)
{
	struct network network;

	return host[0] == '[' ||
	    (!strchr(host, '/') && network_parse(host, &network));
}

/* Refuse what is no entry whatever its host may be. */
static bool
check_raw(const char *raw, GError **error)
{
	g_autoptr(Url) url = strstr(raw, "://") ? url_parse(raw) : NULL;

	if (strstr(raw, "://"))
		return fail(error, "leave out the scheme: write \"%s\"",
			    url && url->host ? url->host : "host");
	if (strpbrk(raw, "\"'\\ #"))
		return fail(error, "\"%s\": no quotes, blanks, backslashes or"
			    " # in a url entry", raw);
	if (strcmp(raw, "*") == 0 || strcmp(raw, "*.*") == 0)
		return fail(error, "\"%s\" would be every link: name a host",
			    raw);
	if (raw[0] == '*' && is_ip(raw + 1))
		return fail(error, "no wildcard with an IP address: write "
			    "\"%s\" or \"%s/*\"", raw + 1, raw + 1);
	if (raw[0] == '*' && raw[1] != '.')
		return fail(error, "a dot follows the * in front: write "
			    "\"*.%s\"", raw + 1);
	return true;
}

static bool
check_host(const struct parts *parts, GError **error)
{
	const char *host = parts->host;

	if (strchr(host, '*'))
		return fail(error, "\"%s\": a * stands only in front as "
			    "\"*.host\" or at the end as \"host/*\"", host);
	if (strchr(host, '~'))
		return fail(error, "\"%s\": a ~ stands only in front, "
			    "\"~host\", or on both sides, \"~host~\"", host);
	if (strchr(host, '@'))
		return fail(error, "leave out user and password: write "
			    "\"%s\"", strrchr(host, '@') + 1);
	if (strchr(host, ':') && !is_ip(host))
		return fail(error, "leave out the port, all ports are meant: "
			    "write \"%.*s\"", (int)strcspn(host, ":"), host);
	return true;
}

static guint
folders(const char *path)
{
	guint count = 0;

	for (; *path && *path != '?'; path++)
		count += *path == '/';
	return count;
}

/* Where the path may hold a *: once, at the end, behind a slash. */
static bool
check_path(const struct parts *parts, GError **error)
{
	const char *star = strchr(parts->path, '*');

	if (*parts->path && strcmp(parts->front, "~") == 0)
		return fail(error, "no path with ~: write \"~%s~\" for any "
			    "path there and below", parts->host);
	if (star && memchr(parts->path, '?', (gsize)(star - parts->path)))
		return fail(error, "\"%s\": no * in a query: write \"%s/*\" for"
			    " any path there", parts->path, parts->host);
	if (folders(parts->path) > BOUND_URL_FOLDERS)
		return fail(error, "the path has more than %d folders: write"
			    " its start and a *", BOUND_URL_FOLDERS);
	if (star && (star[1] || star[-1] != '/'))
		return fail(error, "\"%s\": a * stands only at the end and "
			    "behind a slash, as in \"%s/*\"", parts->path,
			    parts->host);
	return true;
}

bool
url_is_file_name(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last ? last + 1 : host;
	return g_strv_contains(extensions, last) &&
	    domain_suffix(last) == SUFFIX_NONE;
}

/* The registry's names end somewhere: is HOST one that can be visited? */
static bool
check_name(const struct parts *parts, const char *host, GError **error)
{
	const char *last = strrchr(host, '.');
	bool is_whole = strcmp(parts->front, "*.") == 0 &&
	    strcmp(parts->path, "/*") == 0;

	if (is_ip(host))
		return !*parts->front ||
		    fail(error, "no wildcard with an IP address: write "
			 "\"%s\" or \"%s/*\"", host, host);
	if (url_is_file_name(host))
		return fail(error, "\"%s\" looks like a file: that is kind "
			    "filename", host);
	if (!last && !is_whole)
		return fail(error, "\"%s\" has no dot: write a whole host",
			    host);
	if (last && strlen(last + 1) < 2)
		return fail(error, "\"%s\": two letters at least stand behind"
			    " the last dot", host);
	return true;
}

/* Part RAW into front, host, path and back. */
static void
split(const char *raw, struct parts *parts)
{
	gsize length;

	parts->front = raw[0] == '~' ? "~" :
	    g_str_has_prefix(raw, "*.") ? "*." : "";
	parts->back = "";
	raw += strlen(parts->front);
	length = strcspn(raw, "/?");
	parts->path = raw + length;
	if (*parts->front == '~' && length > 1 && raw[length - 1] == '~' &&
	    !*parts->path) {
		parts->back = "~";
		length--;
	}
	parts->host = g_strndup(raw, length);
}

char *
url_entry_normal(const char *raw, GError **error)
{
	struct parts parts;
	g_autofree char *host = NULL;
	g_autofree char *link = NULL;
	g_autoptr(Url) url = NULL;
	bool is_ipv6;

	if (!check_raw(raw, error))
		return NULL;
	split(raw, &parts);
	host = parts.host;
	if (!check_host(&parts, error) || !check_path(&parts, error))
		return NULL;
	is_ipv6 = host[0] != '[' && strchr(host, ':');
	if (!*host) {
		fail(error, "\"%s\" names no host", raw);
		return NULL;
	}
	link = g_strdup_printf(is_ipv6 ? "http://[%s]%s" : "http://%s%s",
			       host, parts.path);
	url = url_parse(link);
	if (!url || !url->host) {
		fail(error, "\"%s\" is no host", host);
		return NULL;
	}
	if (!check_name(&parts, url->host, error))
		return NULL;
	is_ipv6 = strchr(url->host, ':') != NULL;
	if (strcmp(url->path, "/") == 0)
		return g_strconcat(parts.front, url->host, parts.back, NULL);
	return g_strconcat(parts.front, is_ipv6 ? "[" : "", url->host,
			   is_ipv6 ? "]" : "", url->path, NULL);
}

/* The part behind "~" or "*." in front. */
static const char *
behind_front(const char *value)
{
	return value + (value[0] == '~' ? 1 :
			value[0] == '*' && value[1] == '.' ? 2 : 0);
}

/* Is HOST, LENGTH octets, a top-level domain, or a suffix like co.uk? */
static bool
is_suffix(const char *host, gsize length)
{
	g_autofree char *name = g_strndup(host, length);

	return !strchr(name, '.') || domain_suffix(name) == SUFFIX_ICANN;
}

enum url_form
url_entry_form(const char *value)
{
	const char *host = behind_front(value);
	gsize length = strlen(value), path = strcspn(host, "/");
	bool is_folder = length > 0 && value[length - 1] == '*';

	if (value[0] == '~')
		return value[length - 1] == '~' ? URL_AROUND : URL_SITE;
	if (host == value)
		return !host[path] ? URL_HOST :
		    is_folder ? URL_FOLDER : URL_PATH;
	if (!host[path])
		return URL_BELOW;
	if (strcmp(host + path, "/*") == 0 && is_suffix(host, path))
		return URL_SUFFIX;
	return is_folder ? URL_FOLDER_BELOW : URL_PATH_BELOW;
}

const char *
url_entry_key(const char *value, gsize *length)
{
	const char *key = behind_front(value);

	*length = strlen(key);
	switch (url_entry_form(value)) {
	case URL_AROUND:
	case URL_FOLDER:
	case URL_FOLDER_BELOW:
		*length -= 1;
		break;
	case URL_SUFFIX:
		*length -= 2;
		break;
	case URL_HOST:
	case URL_SITE:
	case URL_BELOW:
	case URL_PATH:
	case URL_PATH_BELOW:
		break;
	}
	return key;
}

/* Labels weigh most, then octets of the path, then the form. */
#define LABEL 1000000u
#define OCTET 16u

guint32
url_entry_narrowness(const char *value)
{
	static const guint32 ranks[] = {
		[URL_SUFFIX] = 0, [URL_AROUND] = 1, [URL_SITE] = 2,
		[URL_FOLDER_BELOW] = 3, [URL_PATH_BELOW] = 4,
		[URL_BELOW] = 5, [URL_FOLDER] = 6, [URL_PATH] = 7,
		[URL_HOST] = 8,
	};
	enum url_form form = url_entry_form(value);
	gsize length, host;
	const char *key = url_entry_key(value, &length);
	guint32 labels = 1;

	host = strcspn(key, "/");
	for (gsize i = 0; i < MIN(host, length); i++)
		labels += key[i] == '.';
	if (length < host)
		host = length;
	return labels * LABEL + (guint32)(length - host) * OCTET +
	    ranks[form];
}
