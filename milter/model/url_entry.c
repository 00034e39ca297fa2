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

#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"

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

static bool fail(GError **error, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

static bool
fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(G_FILE_ERROR, G_FILE_ERROR_INVAL,
					    format, args);
	va_end(args);
	return false;
}

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

/* Where the path may hold a *: once, at the end, behind a slash. */
static bool
check_path(const struct parts *parts, GError **error)
{
	const char *star = strchr(parts->path, '*');

	if (*parts->path && strcmp(parts->front, "~") == 0)
		return fail(error, "no path with ~: write \"~%s~\" for any "
			    "path there and below", parts->host);
	if (star && (star[1] || star[-1] != '/'))
		return fail(error, "\"%s\": a * stands only at the end and "
			    "behind a slash, as in \"%s/*\"", parts->path,
			    parts->host);
	return true;
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
	if (!last && !is_whole)
		return fail(error, "\"%s\" has no dot: write a whole host",
			    host);
	if (last && strlen(last + 1) < 2)
		return fail(error, "\"%s\": two letters at least stand behind"
			    " the last dot", host);
	if (last && g_strv_contains(extensions, last + 1) &&
	    domain_suffix(last + 1) == SUFFIX_NONE)
		return fail(error, "\"%s\" looks like a file: that is kind "
			    "filename", host);
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

enum url_entry
url_entry_form(const char *value)
{
	gsize length = strlen(value);

	if (length == 0 || strpbrk(value, "/*") || value[length - 1] == '~')
		return URL_ENTRY_LATER;
	return value[0] == '~' ? URL_ENTRY_BELOW : URL_ENTRY_HOST;
}
