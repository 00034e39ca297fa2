/*
 * url.c -- read a link as a browser does, and put it into canonical form
 *
 * Follows the WHATWG URL standard where it decides which host is visited;
 * beyond it the path is made one form: dot segments resolved, percent codes
 * of plain characters decoded, all others in upper case, fragment dropped.
 */
#include "gatepost/model/url.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"

static const char *const special[] = {
	"http", "https", "ftp", "ws", "wss", "file", NULL
};

/* RAW without blanks and controls at its ends, and without tabs and line
 * ends anywhere; *MADE, when it is not RAW itself, is yours. */
static const char *
tidy(const char *raw, char **made)
{
	GString *out;
	gsize length = 0;

	while (*raw && (guchar)*raw <= 0x20)
		raw++;
	while ((guchar)raw[length] > 0x20)
		length++;
	if (!raw[length])
		return raw;
	out = g_string_sized_new(strlen(raw));
	for (; *raw; raw++)
		if (*raw != '\t' && *raw != '\r' && *raw != '\n')
			g_string_append_c(out, *raw);
	while (out->len && (guchar)out->str[out->len - 1] <= 0x20)
		g_string_truncate(out, out->len - 1);
	*made = g_string_free(out, FALSE);
	return *made;
}

static bool
is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* Longer ones are none that anybody follows. */
#define SCHEME_MOST 32

/*
 * Write the scheme of TEXT in lower case into SCHEME, and what is behind it
 * to REST; "http" when there is none.  A "scheme" with a dot in it, or
 * "localhost" before a port, is a host that someone wrote without its scheme.
 */
static void
scheme_take(const char *text, char scheme[SCHEME_MOST], const char **rest)
{
	gsize length = 0;

	*rest = text;
	g_strlcpy(scheme, "http", SCHEME_MOST);
	if (g_ascii_isalpha(text[0]))
		while (g_ascii_isalnum(text[length]) ||
		       (text[length] && strchr("+-.", text[length])))
			length++;
	if (length == 0 || length >= SCHEME_MOST || text[length] != ':' ||
	    memchr(text, '.', length) ||
	    (length == 9 && g_ascii_strncasecmp(text, "localhost", 9) == 0 &&
	     g_ascii_isdigit(text[length + 1])))
		return;
	for (gsize i = 0; i < length; i++)
		scheme[i] = g_ascii_tolower(text[i]);
	scheme[length] = '\0';
	*rest = text + length + 1;
}

/* TEXT with percent codes decoded; NULL when one stands for NUL.  Yours. */
static char *
percent_decode(const char *text, gsize length)
{
	g_autoptr(GString) out = g_string_sized_new(length);

	for (gsize i = 0; i < length; i++) {
		int high = -1, low = -1;

		if (text[i] == '%' && i + 2 < length) {
			high = g_ascii_xdigit_value(text[i + 1]);
			low = g_ascii_xdigit_value(text[i + 2]);
		}
		if (high < 0 || low < 0) {
			g_string_append_c(out, text[i]);
			continue;
		}
		if (high == 0 && low == 0)
			return NULL;
		g_string_append_c(out, (char)(high << 4 | low));
		i += 2;
	}
	return g_strdup(out->str);
}

/* One part of a numeric host: decimal, 0 octal, 0x hexadecimal. */
static bool
number_read(const char *text, guint64 *number)
{
	int base = 10, digit;

	*number = 0;
	if (!*text)
		return false;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && text[1]) {
		base = 8;
		text++;
	}
	for (; *text; text++) {
		digit = g_ascii_xdigit_value(*text);
		if (digit < 0 || digit >= base)
			return false;
		if (*number <= G_MAXUINT32)
			*number = *number * (guint64)base + (guint64)digit;
	}
	return true;
}

/* Does HOST end in a number, so that it must be an IPv4 address? */
static bool
ends_in_number(const char *host)
{
	const char *last = strrchr(host, '.');
	guint64 number;

	last = last ? last + 1 : host;
	return !last[strspn(last, "0123456789")] ||
	    (g_str_has_prefix(last, "0x") && number_read(last, &number));
}

/* HOST of one to four numbers as a dotted address, or NULL.  Yours. */
static char *
ipv4_normal(const char *host)
{
	g_auto(GStrv) parts = g_strsplit(host, ".", 6);
	guint count = g_strv_length(parts);
	guint64 address = 0, number;

	if (count == 0 || count > 4)
		return NULL;
	for (guint i = 0; i < count; i++) {
		/* The last part fills all octets that are left. */
		guint octets = i + 1 < count ? 1 : 5 - count;

		if (!number_read(parts[i], &number) ||
		    number >> (8 * octets))
			return NULL;
		address = address << (8 * octets) | number;
	}
	return g_strdup_printf("%u.%u.%u.%u", (guint)(address >> 24),
			       (guint)(address >> 16 & 255),
			       (guint)(address >> 8 & 255),
			       (guint)(address & 255));
}

/* The host in LENGTH octets of TEXT in normal form, or NULL.  Yours. */
static char *
host_normal(const char *text, gsize length)
{
	g_autofree char *decoded = NULL;
	g_autofree char *host = NULL;
	struct network address;

	if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
		char out[NETWORK_TEXT];

		host = g_strndup(text + 1, length - 2);
		if (!strchr(host, ':') || strchr(host, '/') ||
		    !network_parse(host, &address))
			return NULL;
		network_format(&address, out);
		return g_strdup(out);
	}
	if (memchr(text, '%', length)) {
		decoded = percent_decode(text, length);
		host = decoded ? domain_normal(decoded) : NULL;
	} else {
		host = domain_normal_part(text, length);
	}
	if (host && ends_in_number(host))
		return ipv4_normal(host);
	return g_steal_pointer(&host);
}

/* Is TEXT nothing, or a port? */
static bool
is_port(const char *text, gsize length)
{
	guint port = 0;

	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
		port = port * 10 + (guint)(text[i] - '0');
		if (port > 65535)
			return false;
	}
	return true;
}

/* The host of an authority: behind the last @, before the port. */
static char *
authority_host(const char *text, gsize length)
{
	const char *at = memrchr(text, '@', length);
	const char *colon;
	gsize host;

	if (at) {
		length -= (gsize)(at + 1 - text);
		text = at + 1;
	}
	host = length;
	colon = memrchr(text, ':', length);
	if (colon && !memchr(colon, ']', length - (gsize)(colon - text))) {
		host = (gsize)(colon - text);
		if (!is_port(colon + 1, length - host - 1))
			return NULL;
	}
	return host ? host_normal(text, host) : NULL;
}

/* What a path or query carries as it is: all that is seen but "%" and
 * `"<>`{}|^\`. */
static const bool plain[256] = {
	['!'] = true, ['#' ... '$'] = true, ['&' ... ';'] = true,
	['='] = true, ['?' ... '['] = true, [']'] = true, ['_'] = true,
	['a' ... 'z'] = true, ['~'] = true,
};

/* Append LENGTH octets of TEXT with one spelling for each octet. */
static void
append_canonical(GString *out, const char *text, gsize length)
{
	gsize i = 0;

	while (i < length) {
		gsize from = i;
		int high = -1, low = -1;
		guchar c;

		while (i < length && plain[(guchar)text[i]])
			i++;
		g_string_append_len(out, text + from, (gssize)(i - from));
		if (i == length)
			return;
		c = (guchar)text[i++];
		if (c == '%' && i + 1 < length) {
			high = g_ascii_xdigit_value(text[i]);
			low = g_ascii_xdigit_value(text[i + 1]);
		}
		if (high >= 0 && low >= 0) {
			c = (guchar)(high << 4 | low);
			i += 2;
			if (g_ascii_isalnum(c) || (c && strchr("-._~", c))) {
				g_string_append_c(out, (char)c);
				continue;
			}
		} else if (c == '%') {
			g_string_append_c(out, '%');
			continue;
		}
		g_string_append_c(out, '%');
		g_string_append_c(out, "0123456789ABCDEF"[c >> 4]);
		g_string_append_c(out, "0123456789ABCDEF"[c & 15]);
	}
}

/* Append the path in LENGTH octets of TEXT, "." and ".." resolved. */
static void
append_path(GString *out, const char *text, gsize length)
{
	gsize start = out->len;
	const char *end = text + length;

	while (text < end) {
		gsize before = out->len, size = 0;
		const char *segment;
		bool up, stay;

		text++;		/* the slash */
		while (text + size < end && !is_slash(text[size]))
			size++;
		g_string_append_c(out, '/');
		append_canonical(out, text, size);
		text += size;
		segment = out->str + before + 1;
		up = strcmp(segment, "..") == 0;
		stay = strcmp(segment, ".") == 0;
		if (!up && !stay)
			continue;
		g_string_truncate(out, before);
		if (up) {
			const char *last = memrchr(out->str + start, '/',
						   before - start);

			if (last)
				g_string_truncate(out, (gsize)(last -
							       out->str));
		}
		/* At the end either leaves the folder, with its slash. */
		if (text == end)
			g_string_append_c(out, '/');
	}
	if (out->len == start)
		g_string_append_c(out, '/');
}

/* Is TEXT, LENGTH octets from '/' on, in canonical form as it is? */
static bool
is_canonical(const char *text, gsize length)
{
	bool is_path = true;

	if (length == 0 || *text != '/')
		return false;
	for (gsize i = 0; i < length; i++) {
		if (!plain[(guchar)text[i]])
			return false;
		is_path &= text[i] != '?';
		if (is_path && text[i] == '.' && text[i - 1] == '/')
			return false;
	}
	return true;
}

/* The path and query in LENGTH octets of TEXT, canonical; from '/' on. */
static GString *
path_normal(const char *text, gsize length)
{
	gsize path = MIN(strcspn(text, "?"), length);
	GString *out = g_string_sized_new(length + 16);

	append_path(out, text, path);
	if (path < length) {
		g_string_append_c(out, '?');
		append_canonical(out, text + path + 1, length - path - 1);
	}
	return out;
}

/* A link that names no host: "mailto:...", "data:...". */
static Url *
opaque_new(const char *scheme, const char *rest)
{
	Url *url = g_new0(Url, 1);
	GString *text = g_string_new(scheme);

	g_string_append_c(text, ':');
	append_canonical(text, rest, MIN(strlen(rest), BOUND_URL));
	url->url = g_string_free(text, FALSE);
	return url;
}

/* Copy TEXT to TO, in which there is room; behind it. */
static char *
put(char *to, const char *text)
{
	gsize length = strlen(text);

	memcpy(to, text, length);
	return to + length;
}

/* The link to HOST, which is taken, and to what REST starts with there. */
static Url *
parsed_new(const char *scheme, char *host, const char *rest)
{
	gsize length = MIN(strcspn(rest, "#"), BOUND_URL);
	bool is_ipv6 = host && strchr(host, ':');
	g_autoptr(GString) made = NULL;
	const char *name = host ? host : "";
	Url *url = g_new(Url, 1);
	char *at;

	if (!is_canonical(rest, length)) {
		made = path_normal(rest, length);
		rest = made->str;
		length = made->len;
	}
	url->host = host;
	at = url->url = g_malloc(strlen(scheme) + strlen("://[]") +
				 strlen(name) + length + 1);
	at = put(at, scheme);
	at = put(at, is_ipv6 ? "://[" : "://");
	at = put(at, name);
	at = put(at, is_ipv6 ? "]" : "");
	memcpy(at, rest, length);
	at[length] = '\0';
	url->path = at;
	return url;
}

Url *
url_parse(const char *raw)
{
	g_autofree char *tidied = NULL;
	g_autofree char *host = NULL;
	const char *text = tidy(raw, &tidied), *rest;
	char scheme[SCHEME_MOST];
	gsize slashes = 0, length;
	bool is_special, is_file;

	scheme_take(text, scheme, &rest);
	is_special = g_strv_contains(special, scheme);
	is_file = strcmp(scheme, "file") == 0;
	while (is_special ? is_slash(rest[slashes]) : rest[slashes] == '/')
		slashes++;
	if (rest == text && (!*text || slashes == 1 || strchr("?#", *text)))
		return NULL;	/* relative: no host to visit */
	if (!is_special && slashes < 2)
		return opaque_new(scheme, rest);
	if (!is_special || is_file)
		slashes = MIN(slashes, 2);
	rest += slashes;
	if (is_file && slashes < 2)
		length = 0;
	else
		length = strcspn(rest, is_special ? "/\\?#" : "/?#");
	if (is_file && length == 2 && g_ascii_isalpha(rest[0]) &&
	    (rest[1] == ':' || rest[1] == '|'))
		length = 0;	/* a drive letter is path, not host */
	host = length ? authority_host(rest, length) : NULL;
	if (!host && is_special && !is_file)
		return NULL;
	if (!host && is_file && length)
		return NULL;
	if (is_file && host && strcmp(host, "localhost") == 0)
		g_clear_pointer(&host, g_free);
	return parsed_new(scheme, g_steal_pointer(&host), rest + length);
}

Url *
url_parse_other(const char *raw)
{
	g_autofree char *tidied = NULL, *other = NULL;
	g_autoptr(Url) url = NULL;
	const char *rest, *last;
	char scheme[SCHEME_MOST];

	scheme_take(tidy(raw, &tidied), scheme, &rest);
	if (!g_strv_contains(special, scheme))
		return NULL;
	while (is_slash(*rest))
		rest++;
	last = memrchr(rest, '\\', strcspn(rest, "/?#"));
	if (!last)
		return NULL;
	other = g_strconcat(scheme, "://", last + 1, NULL);
	url = url_parse(other);
	return url && url->host && strpbrk(url->host, ".:") ?
	    g_steal_pointer(&url) : NULL;
}

void
url_free(Url *url)
{
	if (!url)
		return;
	g_free(url->url);
	g_free(url->host);
	g_free(url);
}
