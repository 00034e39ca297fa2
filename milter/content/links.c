/*
 * links.c -- collect the links of a message, of HTML and of plain text
 *
 * What a link leads to is url.c's to say; here is which words are links, and
 * which of them were written to deceive.
 */
#include "gatepost/content/links.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/unwrap.h"
#include "gatepost/content/visible.h"
#include "gatepost/content/words.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/url.h"
#include "gatepost/util/text.h"

/* Words looked at, which are mostly no links or known ones. */
#define TRIED_MOST (20 * BOUND_URLS)
/* Octets kept of a link that carries its own content. */
#define DATA_MOST 256

/* A link that is known, with that text. */
struct seen {
	const char *url;	/* the Link's */
	const char *text;	/* NULL: with any, or none */
	guint hash;
};

static guint
seen_hash(gconstpointer key)
{
	const struct seen *seen = key;

	return seen->hash;
}

static gboolean
seen_same(gconstpointer a, gconstpointer b)
{
	const struct seen *one = a, *other = b;

	return one->hash == other->hash && strcmp(one->url, other->url) == 0 &&
	    g_strcmp0(one->text, other->text) == 0;
}

void
links_init(struct links *links, Facts *facts)
{
	*links = (struct links){ .facts = facts };
	links->seen = g_hash_table_new_full(seen_hash, seen_same, g_free,
					    NULL);
}

void
links_clear(struct links *links)
{
	g_clear_pointer(&links->seen, g_hash_table_unref);
}

/* Does TEXT start with WORD, which is in lower case? */
static bool
starts(const char *text, const char *word)
{
	return text_lower(*text) == *word &&
	    g_ascii_strncasecmp(text, word, strlen(word)) == 0;
}

/* Is there room for one more?  Says so when not. */
static bool
has_room(struct links *links)
{
	if (links->facts->urls->len < BOUND_URLS &&
	    links->tried < TRIED_MOST) {
		links->tried++;
		return true;
	}
	facts_truncated(links->facts, DEFECT_URLS_MANY);
	return false;
}

static gsize
scheme_length(const char *text)
{
	gsize n = 0;

	if (!g_ascii_isalpha(*text))
		return 0;
	while (g_ascii_isalnum(text[n]) || (text[n] && strchr("+-.", text[n])))
		n++;
	return text[n] == ':' ? n : 0;
}

static bool
is_slash(char c)
{
	return c == '/' || c == '\\';
}

/* The authority in RAW: LENGTH octets from the result on. */
static const char *
authority(const char *raw, gsize *length)
{
	gsize scheme = scheme_length(raw);

	raw += scheme ? scheme + 1 : 0;
	while (is_slash(*raw))
		raw++;
	*length = strcspn(raw, "/\\?#");
	return raw;
}

/* Name what is odd about URL's host as RAW writes it. */
static void
judge_host(Facts *facts, const char *raw, const Url *url)
{
	gsize length, host;
	const char *at = authority(raw, &length);
	const char *user = memrchr(at, '@', length);

	if (user)
		facts_defect(facts, DEFECT_URL_USERINFO);
	if (strspn(url->host, "0123456789.") != strlen(url->host))
		return;
	if (user) {
		length -= (gsize)(user + 1 - at);
		at = user + 1;
	}
	host = strlen(url->host);
	if (length < host || memcmp(at, url->host, host) != 0 ||
	    (length > host && at[host] != ':' && at[host] != '.'))
		facts_defect(facts, DEFECT_URL_ADDRESS);
}

/* Take note of ONE, whose url stays where it is. */
static void
note(struct links *links, const struct seen *one)
{
	gsize size = one->text ? strlen(one->text) + 1 : 0;
	struct seen *kept = g_malloc(sizeof *kept + size);

	*kept = *one;
	if (one->text)
		kept->text = memcpy(kept + 1, one->text, size);
	g_hash_table_add(links->seen, kept);
}

/* Does URL carry as many hosts as are ever looked up, or more? */
static bool
has_many_inside(const Url *url)
{
	g_autoptr(GPtrArray) inside = NULL;
	guint dots = 0;

	/* Each has a dot, which a percent code may stand for. */
	for (const char *p = url->path; *p; p++)
		dots += *p == '.' || *p == '%';
	if (dots < BOUND_URL_INSIDE)
		return false;
	inside = url_inside(url->path);
	return inside && inside->len >= BOUND_URL_INSIDE;
}

/* Keep what URL has, whose path stays to be seen, and RAW, which writes it;
 * NULL, and nothing is taken, when it is known.  One that shows nothing of its
 * own adds nothing to one that does. */
static const Link *
keep(struct links *links, char **raw, Url *url, const char *text,
     const char *source, const char *wrapper)
{
	struct seen any = { url->url, NULL, g_str_hash(url->url) };
	struct seen shown = any;
	Link *link;

	if (text) {
		shown.text = text;
		shown.hash = shown.hash * 33 + g_str_hash(text);
	}
	if (g_hash_table_contains(links->seen, &shown))
		return NULL;
	if (url->host)
		judge_host(links->facts, *raw, url);
	if (url->host && has_many_inside(url))
		facts_truncated(links->facts, DEFECT_URL_HOSTS);
	link = fields_new(&link_fields);
	link->raw = g_steal_pointer(raw);
	link->url = g_steal_pointer(&url->url);
	link->host = g_steal_pointer(&url->host);
	link->text = text ? words_clean(text, strlen(text), BOUND_SHOWN) : NULL;
	if (link->text)
		visible_fold(link->text);
	link->source = g_strdup(source);
	link->wrapper = g_strdup(wrapper);
	g_ptr_array_add(links->facts->urls, link);
	any.url = shown.url = link->url;
	note(links, &shown);
	if (text)
		note(links, &any);
	return link;
}

/* Keep what LINK, with URL's path, is wrapped around, hop by hop. */
static void
add_hops(struct links *links, const Link *link, const Url *url,
	 const char *text, const char *source)
{
	g_autoptr(Url) hop = NULL;

	for (guint hops = 0;; hops++) {
		g_autofree char *raw = unwrap(link->host, url->path);
		g_autofree char *cut = NULL;
		g_autoptr(Url) next = NULL;

		if (!raw)
			return;
		if (hops == BOUND_URL_HOPS) {
			facts_truncated(links->facts, DEFECT_URL_NESTED);
			return;
		}
		cut = words_clean(raw, strlen(raw), BOUND_URL);
		next = url_parse(cut);
		if (!next || !next->host || !strpbrk(next->host, ".:") ||
		    !has_room(links))
			return;
		link = keep(links, &cut, next, text, source, link->url);
		if (!link)
			return;
		url_free(hop);
		url = hop = g_steal_pointer(&next);
	}
}

/* Is it below a suffix that exists? */
static bool
is_host(const char *text, gsize length)
{
	g_autofree char *raw = NULL;
	g_autofree char *host = NULL;
	const char *registrable, *suffix;

	raw = g_strndup(text, length);
	host = domain_normal(raw);
	registrable = host ? domain_registrable(host) : NULL;
	suffix = registrable ? strchr(registrable, '.') : NULL;
	return suffix && domain_suffix(suffix + 1) != SUFFIX_NONE;
}

/* Keep the second reading of a link with a backslash before its host. */
static void
add_other(struct links *links, const char *raw, const char *text,
	  const char *source)
{
	g_autoptr(Url) other = url_parse_other(raw);
	g_autofree char *copy = NULL;

	if (!other || (strchr(other->host, ':') == NULL &&
		       !is_host(other->host, strlen(other->host))))
		return;
	facts_defect(links->facts, DEFECT_URL_BACKSLASH);
	copy = g_strdup(raw);
	if (has_room(links))
		keep(links, &copy, other, text, source, NULL);
}

/* Add RAW, which is taken. */
static void
add(struct links *links, char *raw, const char *text, const char *source)
{
	g_autofree char *taken = raw;
	g_autoptr(Url) url = NULL;
	const Link *link;
	gsize length = strlen(raw), most = BOUND_URL;

	if (!has_room(links))
		return;
	if (starts(raw, "data:"))
		most = DATA_MOST;
	else if (length > BOUND_URL)
		facts_truncated(links->facts, DEFECT_URL_LONG);
	if (length > most || !words_are_clean(raw, length)) {
		taken = words_clean(raw, length, most);
		g_free(raw);
	}
	url = url_parse(taken);
	link = url ? keep(links, &taken, url, text, source, NULL) : NULL;
	if (!link || !link->host)
		return;
	if (strchr(link->raw, '\\'))
		add_other(links, link->raw, text, source);
	add_hops(links, link, url, text, source);
}

/* RAW as browsers first see it: no blanks at its ends, no tabs and line ends
 * inside.  Yours. */
static char *
tidy(const char *raw)
{
	const char *end = raw + strlen(raw);
	char *tidied, *to;

	while (*raw && (guchar)*raw <= 0x20)
		raw++;
	while (end > raw && (guchar)end[-1] <= 0x20)
		end--;
	to = tidied = g_malloc((gsize)(end - raw) + 1);
	for (; raw < end; raw++)
		if (*raw != '\t' && *raw != '\r' && *raw != '\n')
			*to++ = *raw;
	*to = '\0';
	return tidied;
}

/* What is relative in RAW: all of it when it has no scheme; what is behind a
 * scheme that is BASE's, too (WHATWG 4.4, "special relative").  Else NULL. */
static const char *
relative_part(const char *raw, const char *base)
{
	gsize scheme = scheme_length(raw);

	if (!scheme)
		return raw;
	if (!base || scheme_length(base) != scheme ||
	    g_ascii_strncasecmp(raw, base, scheme) != 0)
		return NULL;
	raw += scheme + 1;
	return is_slash(raw[0]) && is_slash(raw[1]) ? NULL : raw;
}

/* Name what TIDIED makes a program do other than visit a site.  Scripts are
 * left out: newsletters have them, and no mail program runs them. */
static void
judge_scheme(Facts *facts, const char *tidied)
{
	static const char *const schemes[] = {
		"vbscript:", "file:", "smb:", "search:", "search-ms:", "ms-",
		"shell:",
		"res:", "jar:", "mk:", "its:", "hcp:", "ldap:", "\\\\",
		"data:text/", "data:application/", "data:image/svg",
		"data:,", "data:;"
	};

	/* Few links are not of the web, and few start like these. */
	if (starts(tidied, "http"))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (starts(tidied, schemes[i]))
			facts_defect(facts, DEFECT_URL_SCHEME);
}

/* RAW, which has no scheme, seen from BASE; NULL when it leads nowhere. */
static char *
resolve(const char *raw, const char *base)
{
	g_autofree char *start = NULL;
	gsize scheme, length;
	const char *host, *path, *slash;

	if (is_slash(raw[0]) && is_slash(raw[1]))
		return g_strconcat(base && g_ascii_strncasecmp(
				   base, "https:", 6) == 0 ? "https:" :
				   "http:", raw, NULL);
	if (starts(raw, "www."))
		return g_strconcat("http://", raw, NULL);
	if (!base)
		return NULL;
	scheme = scheme_length(base);
	host = authority(base, &length);
	if (!scheme || length == 0)
		return NULL;
	start = g_strdup_printf("%.*s://%.*s", (int)scheme, base,
				(int)length, host);
	path = host + length;
	if (is_slash(*raw))
		return g_strconcat(start, raw, NULL);
	length = strcspn(path, "?#");
	if (*raw != '?')
		for (slash = path + length; length && !is_slash(*--slash);)
			length--;
	return g_strdup_printf("%s%.*s%s%s", start, (int)length, path,
			       length || *raw == '?' ? "" : "/", raw);
}

void
links_add(struct links *links, const char *raw, const char *base,
	  const char *text, const char *source)
{
	static const char *const wrappers[] = { "view-source:", "blob:" };
	g_autofree char *tidied = tidy(raw);
	g_autofree char *script = NULL, *share = NULL;
	const char *relative;
	char *whole;

	for (guint i = 0; i < G_N_ELEMENTS(wrappers); i++)
		if (starts(tidied, wrappers[i]))
			memmove(tidied, tidied + strlen(wrappers[i]),
				strlen(tidied + strlen(wrappers[i])) + 1);
	if (!*tidied || *tidied == '#' ||
	    starts(tidied, "cid:") || starts(tidied, "mid:") ||
	    starts(tidied, "about:"))
		return;
	judge_scheme(links->facts, tidied);
	if (starts(tidied, "javascript:"))
		script = g_strdelimit(g_strdup(tidied), "'", '"');
	/* Outlook opens a share, where others see a site. */
	if (tidied[0] == '\\' && tidied[1] == '\\')
		share = g_strconcat("file:", tidied, NULL);
	relative = relative_part(tidied, base);
	whole = relative ? resolve(relative, base) : NULL;
	if (whole)
		add(links, whole, text, source);
	/* Some programs do not know of bases. */
	if (relative != tidied)
		add(links, g_steal_pointer(&tidied), text, source);
	if (script)
		links_scan(links, script, strlen(script), source);
	if (share)
		add(links, g_steal_pointer(&share), text, source);
}

/* The octets that end a link, and those that what ends one may start with. */
enum { GOES_ON, ENDS, MAY_END };
static const guint8 ends[256] = {
	[0 ... 0x20] = ENDS, [0x7f] = ENDS, ['<'] = ENDS, ['>'] = ENDS,
	['"'] = ENDS, ['`'] = ENDS,
	[0xc2] = MAY_END, [0xe2] = MAY_END, [0xe3] = MAY_END,
	[0xef] = MAY_END,
};

/* Octets of the blank, bracket or quote beyond ASCII that a link does not go
 * on behind, at AT; 0 when it is none. */
static gsize
wide_delimiter(const char *at, const char *end)
{
	const guchar *p = (const guchar *)at;

	if (*p == 0xc2 && end - at > 1 &&
	    (p[1] == 0xa0 || p[1] == 0xab || p[1] == 0xbb))
		return 2;
	if (end - at < 3)
		return 0;
	/* Blanks and quotes of U+2000 on, CJK and full-width punctuation. */
	if (p[0] == 0xe2 && p[1] == 0x80 &&
	    (p[2] <= 0x8a || (p[2] >= 0x98 && p[2] <= 0x9f) ||
	     p[2] == 0xa8 || p[2] == 0xa9))
		return 3;
	if ((p[0] == 0xe3 && p[1] == 0x80) ||
	    (p[0] == 0xef && p[1] == 0xbc && (p[2] <= 0x8c || p[2] == 0x9a ||
					      p[2] == 0x9b || p[2] == 0x9f)))
		return 3;
	return 0;
}

/* The same of all octets. */
static gsize
delimiter(const char *at, const char *end)
{
	guint8 what = ends[(guchar)*at];

	return what == MAY_END ? wide_delimiter(at, end) : what;
}

/* LENGTH without the punctuation that ends a sentence rather than a link. */
static gsize
trim(const char *text, gsize length)
{
	/* A bracket that opened inside may close there. */
	bool round = memchr(text, '(', length);
	bool square = memchr(text, '[', length);
	bool curly = memchr(text, '{', length);

	while (length > 0) {
		char last = text[length - 1];

		if (!strchr(".,;:!?'*_|~", last) &&
		    !(last == ')' && !round) && !(last == ']' && !square) &&
		    !(last == '}' && !curly))
			break;
		length--;
	}
	return length;
}

/* Add LENGTH octets of TEXT behind PREFIX as a link. */
static void
add_word(struct links *links, const char *prefix, const char *text,
	 gsize length, const char *source)
{
	gsize size, ascii, before = strlen(prefix);
	char *word, *start = NULL;
	const char *host;

	length = trim(text, MIN(length, 2 * BOUND_URL));
	word = g_malloc(before + length + 1);
	memcpy(word, prefix, before);
	memcpy(word + before, text, length);
	word[before + length] = '\0';
	/* Text in a script without blanks runs on behind a host. */
	host = authority(word, &size);
	ascii = text_ascii(host, size);
	if (ascii && ascii < size && memchr(host, '.', ascii))
		start = g_strndup(word, (gsize)(host - word) + ascii);
	add(links, word, NULL, source);
	if (start)
		add(links, start, NULL, source);
}

/* What the name of a scheme is made of (RFC 3986 3.1). */
static const bool schemely[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true,
	['+'] = true, ['-' ... '.'] = true,
};

/* The start of a link with a scheme in LENGTH octets of TEXT, or NULL. */
static const char *
find_scheme(const char *text, gsize length)
{
	const char *at = text, *end = text + length;

	while ((at = memchr(at, ':', (gsize)(end - at)))) {
		const char *from = at++;

		if (end - from <= 3 || !is_slash(from[1]) ||
		    !is_slash(from[2]))
			continue;
		while (from > text && schemely[(guchar)from[-1]])
			from--;
		while (from < at - 1 && !g_ascii_isalpha(*from))
			from++;
		if (at - 1 - from >= 2)
			return from;
	}
	return NULL;
}

/* Is there a second link glued to the first?  Where it starts, or NULL. */
static const char *
find_glued(const char *text, gsize length)
{
	const char *at = memchr(text, ':', length);
	const char *next;

	if (!at)
		return NULL;
	at += 1;
	next = find_scheme(at, length - (gsize)(at - text));
	return next && next > at && strchr(",;|)]}", next[-1]) ? next : NULL;
}

/* Could the start of a word, up to its first slash, be a host? */
static bool
may_be_host(const char *text, gsize length)
{
	return length >= 4 && length <= 253 && memchr(text, '.', length) &&
	    !memchr(text, '@', length) && !memchr(text, '=', length);
}

/* Is there a dot, or what IDNA takes for one (UTS 46: U+3002, U+FF0E, U+FF61),
 * in LENGTH octets of TEXT? */
static bool
has_dot(const char *text, gsize length)
{
	static const char *const dots[] = { ".", "\xe3\x80\x82",
					    "\xef\xbc\x8e", "\xef\xbd\xa1" };

	for (guint i = 0; i < G_N_ELEMENTS(dots); i++)
		if (memmem(text, length, dots[i], strlen(dots[i])))
			return true;
	return false;
}

/* A run of TEXT without blanks: which links are in it? */
static void
read_word(struct links *links, const char *text, gsize length,
	  const char *source)
{
	const char *from = find_scheme(text, length);
	const char *slash;

	while (from) {
		gsize rest = length - (gsize)(from - text);
		const char *glued = find_glued(from, rest);

		add_word(links, "", from, glued ? (gsize)(glued - from) :
			 rest, source);
		if (!glued || links->tried >= TRIED_MOST)
			return;
		length = rest - (gsize)(glued - from);
		from = text = glued;
	}
	while (length && strchr("([{'*_|,;", *text)) {
		text++;
		length--;
	}
	if (length > 6 && g_ascii_strncasecmp(text, "www.", 4) == 0) {
		if (has_dot(text + 4, length - 4))
			add_word(links, "http://", text, length, source);
		return;
	}
	slash = memchr(text, '/', length);
	if (!slash || !may_be_host(text, (gsize)(slash - text)) ||
	    !has_room(links) || !is_host(text, (gsize)(slash - text)))
		return;
	add_word(links, "http://", text, length, source);
}

/* What no link can do without, a slash of either kind or "www.": where the
 * next of each is; the end: there is none. */
struct marks {
	const char *slash, *backslash, *www;
};

/* The next C from AT on, or END; KNOWN is the last one found, or NULL. */
static const char *
find_slash(const char *known, const char *at, const char *end, char c)
{
	if (known && known >= at)
		return known;
	known = memchr(at, c, (gsize)(end - at));
	return known ? known : end;
}

/* The dot of the next "www." in TEXT, in the same way. */
static const char *
find_www(const char *known, const char *text, const char *at, const char *end)
{
	if (known && known >= at)
		return known;
	for (; (at = memchr(at, '.', (gsize)(end - at))); at++)
		if (at - text >= 3 && text_lower(at[-1]) == 'w' &&
		    g_ascii_strncasecmp(at - 3, "www", 3) == 0)
			return at;
	return end;
}

/* The next of MARKS from AT in TEXT on. */
static const char *
find_mark(struct marks *marks, const char *text, const char *at,
	  const char *end)
{
	marks->slash = find_slash(marks->slash, at, end, '/');
	marks->backslash = find_slash(marks->backslash, at, end, '\\');
	marks->www = find_www(marks->www, text, at, end);
	return MIN(MIN(marks->slash, marks->backslash), marks->www);
}

/* Where the word begins in which MARK stands; one may begin at AT. */
static const char *
word_start(const char *at, const char *mark, const char *end)
{
	const char *blank = memrchr(at, ' ', (gsize)(mark - at));
	const char *from = blank ? blank + 1 : at;

	at = from;
	while (at < mark) {
		gsize gap = delimiter(at, end);

		at += gap ? gap : 1;
		if (gap)
			from = at;
	}
	return from;
}

/* U+3002, which IDNA takes for a dot, and writers for the end of a sentence. */
static bool
is_wide_stop(const char *at, const char *end)
{
	return end - at >= 3 && memcmp(at, "\xe3\x80\x82", 3) == 0;
}

/* Does a host go on behind the wide stop AT?  No sentence begins with a letter
 * of ours there, and no host is without a dot (HAS_DOT). */
static bool
is_wide_dot(const char *at, const char *end, bool has_dot)
{
	return is_wide_stop(at, end) && end - at > 3 &&
	    (g_ascii_isalnum(at[3]) || (!has_dot && (guchar)at[3] >= 0x80));
}

/* Where the host begins of the word from FROM to END; NULL: it has none. */
static const char *
host_start(const char *from, const char *end)
{
	const char *host = find_scheme(from, (gsize)(end - from));

	if (!host)
		return end - from > 4 &&
		    g_ascii_strncasecmp(from, "www.", 4) == 0 ? from + 4 :
		    NULL;
	host = memchr(host, ':', (gsize)(end - host)) + 1;
	while (host < end && is_slash(*host))
		host++;
	return host;
}

/* Where the word that begins at FROM ends, with the GAP behind it; a wide dot
 * of HOST (NULL: none is known) does not end it. */
static const char *
word_end(const char *from, const char *host, const char *end, gsize *gap)
{
	const char *at = from;
	bool has_dot = false;

	for (*gap = 0; at < end; at++) {
		if (host && at >= host) {
			has_dot |= *at == '.';
			if (is_slash(*at) || *at == '?' || *at == '#')
				host = NULL;
		}
		*gap = delimiter(at, end);
		if (*gap && !(host && at >= host &&
			      is_wide_dot(at, end, has_dot)))
			break;
	}
	return at;
}

void
links_scan(struct links *links, const char *text, gsize length,
	   const char *source)
{
	const char *at = text, *end = text + length;
	struct marks marks = { NULL, NULL, NULL };

	while (links->tried < TRIED_MOST) {
		const char *mark = find_mark(&marks, text, at, end);
		const char *from, *stop;
		gsize gap;

		if (mark == end)
			return;
		from = word_start(at, mark, end);
		stop = at = word_end(from, NULL, end, &gap);
		if (at - from >= 6)
			read_word(links, from, (gsize)(at - from), source);
		if (is_wide_stop(at, end))
			at = word_end(from, host_start(from, at), end, &gap);
		if (at > stop)
			read_word(links, from, (gsize)(at - from), source);
		at += gap;
	}
}
