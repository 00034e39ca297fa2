/*
 * indicator.c -- the kinds of indicator, and how an entry's value of each is
 * put into normal form
 *
 * What is refused here is refused with the words that would be right, since
 * the reader is an admin with a list open in an editor.
 */
#include "gatepost/model/indicator.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/defects.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/model/pattern.h"
#include "gatepost/model/url.h"
#include "gatepost/util/fail.h"
#include "gatepost/util/text.h"

const char *const indicator_kinds[] = {
	"sender", "envelope", "name", "ip", "url", "file", "filename",
	"defect", "spoof", NULL
};

static bool
is_slashed(const char *text)
{
	gsize length = strlen(text);

	return length > 2 && text[0] == '/' && text[length - 1] == '/';
}

/* RAW with the percent codes of its local part decoded, and that quoted when
 * it must be.  Yours. */
static char *
decode_local(const char *raw)
{
	const char *at = strrchr(raw, '@');
	g_autofree char *local = g_strndup(raw, (gsize)(at - raw));
	g_autofree char *decoded = NULL;
	GString *quoted;

	if (!strchr(local, '%'))
		return g_strdup(raw);
	decoded = g_uri_unescape_string(local, NULL);
	if (!decoded || !g_utf8_validate(decoded, -1, NULL))
		return NULL;
	if (decoded[0] == '"')
		return g_strconcat(decoded, at, NULL);
	quoted = g_string_new("\"");
	for (const char *p = decoded; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(quoted, '\\');
		g_string_append_c(quoted, *p);
	}
	g_string_append_printf(quoted, "\"%s", at);
	return g_string_free(quoted, FALSE);
}

static char *
normal_address(const char *raw, GError **error)
{
	g_autofree char *decoded = NULL;
	g_autofree char *address = NULL;

	if (raw[0] == '@')
		return fail(error, "leave out the @: \"%s\" is the whole "
			    "domain", raw + 1);
	if (g_str_has_prefix(raw, "*@"))
		return fail(error, "leave out the *@: \"%s\" is the whole "
			    "domain, \"*.%s\" with all below it", raw + 2,
			    raw + 2);
	decoded = decode_local(raw);
	if (!decoded)
		return fail(error, "\"%s\" holds a %% that no two digits "
			    "follow: a %% itself is %%25", raw);
	address = address_normal(decoded);
	if (!address || !*address_domain(address))
		return fail(error, "\"%s\" is no address: write local@domain,"
			    " special characters as %%20", raw);
	if (strchr(raw, '*'))
		return fail(error, "no * in an address: write the domain, or "
			    "a regular expression /.../");
	return g_steal_pointer(&address);
}

static char *
normal_domain(const char *raw, GError **error)
{
	bool below = g_str_has_prefix(raw, "*.");
	g_autofree char *domain = domain_normal(below ? raw + 2 : raw);
	struct network network;

	if (network_parse_around(below ? raw + 2 : raw, &network))
		return fail(error, "\"%s\" is an IP address, no domain: that "
			    "is kind ip", raw);
	if (!domain && strstr(raw, "://"))
		return fail(error, "\"%s\" is a link: write its domain alone,"
			    " or kind url", raw);
	if (!domain && strchr(raw, '*'))
		return fail(error, "a * stands only in front, as in "
			    "\"*.example.org\"");
	if (!domain)
		return fail(error, "\"%s\" is no domain", raw);
	return g_strconcat(below ? "*." : "", domain, NULL);
}

static char *
normal_sender(const char *raw, GError **error)
{
	if (strcmp(raw, "<>") == 0)
		return fail(error, "no From is empty: the null sender is "
			    "\"envelope <>\"");
	return strchr(raw, '@') ? normal_address(raw, error) :
	    normal_domain(raw, error);
}

static char *
normal_envelope(const char *raw, GError **error)
{
	if (strcmp(raw, "<>") == 0)
		return g_strdup(raw);
	return normal_sender(raw, error);
}

static char *
normal_name(const char *raw, GError **error)
{
	g_autofree char *name = indicator_fold_name(raw);

	if (!*name)
		return fail(error, "the name is empty");
	return g_steal_pointer(&name);
}

static char *
normal_ip(const char *raw, GError **error)
{
	struct network network;
	char right[NETWORK_TEXT];

	if (network_parse(raw, &network)) {
		network_format(&network, right);
		return g_strdup(right);
	}
	if (!network_parse_around(raw, &network))
		return fail(error, "\"%s\" is no IP address or network: write"
			    " 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32", raw);
	network_format(&network, right);
	return fail(error, "\"%s\" has bits set behind its prefix: the "
		    "network is \"%s\"", raw, right);
}

static char *
normal_file(const char *raw, GError **error)
{
	gsize length = strlen(raw);

	if (length != 64 || strspn(raw, "0123456789abcdefABCDEF") != 64)
		return fail(error, "a file is its SHA-256, 64 hexadecimal "
			    "digits; here are %zu characters (a file's name "
			    "is kind filename)", length);
	return g_ascii_strdown(raw, -1);
}

static char *
normal_filename(const char *raw, GError **error)
{
	g_autofree char *name = NULL;

	if (strpbrk(raw, "/\\"))
		return fail(error, "a file name has no slash");
	name = indicator_fold_filename(raw);
	if (!*name)
		return fail(error, "the file name is empty");
	return g_steal_pointer(&name);
}

/* The first half of a spoof pair: whose name is shown. */
static char *
normal_spoofed(const char *raw, GError **error)
{
	if (strcmp(raw, "*") == 0)
		return g_strdup(raw);
	if (strchr(raw, '*'))
		return fail(error, "\"%s\": the spoofed side is an address, a"
			    " domain, or * alone", raw);
	return normal_sender(raw, error);
}

static char *
normal_defect(const char *raw, GError **error)
{
	g_autofree char *name = g_ascii_strdown(raw, -1);

	if (!defect_find(name))
		return fail(error, "\"%s\" is no defect; gatepost.conf(5), "
			    "DEFECTS, has their names", raw);
	return g_steal_pointer(&name);
}

/* The second half: who sends. */
static char *
normal_source(const char *raw, GError **error)
{
	struct network network;

	if (strcmp(raw, "*") == 0)
		return g_strdup(raw);
	if (network_parse_around(raw, &network))
		return normal_ip(raw, error);
	if (g_str_has_prefix(raw, "*."))
		return fail(error, "leave out the *.: \"%s\" as the sending "
			    "side is that domain and all below it", raw + 2);
	if (strchr(raw, '@') || strchr(raw, '/'))
		return fail(error, "\"%s\": the sending side is a domain, a "
			    "network, or *", raw);
	return normal_domain(raw, error);
}

static const struct kind {
	char *(*normal)(const char *raw, GError **error);
	bool takes_pattern;
} kinds[INDICATOR_KINDS] = {
	[INDICATOR_SENDER] = { normal_sender, true },
	[INDICATOR_ENVELOPE] = { normal_envelope, true },
	[INDICATOR_NAME] = { normal_name, true },
	[INDICATOR_IP] = { normal_ip, false },
	[INDICATOR_URL] = { url_entry_normal, true },
	[INDICATOR_FILE] = { normal_file, false },
	[INDICATOR_FILENAME] = { normal_filename, true },
	[INDICATOR_DEFECT] = { normal_defect, false },
	[INDICATOR_SPOOF] = { normal_spoofed, false },
};

/* Is SOURCE, a second half in normal form, no bound to who sends? */
static bool
is_everyone(const char *source)
{
	struct network network;

	return strcmp(source, "*") == 0 ||
	    (network_parse(source, &network) &&
	     network.prefix <= (network_is_ipv4(&network) ? 96 : 0));
}

static char *
normal_value(enum indicator_kind kind, const char *raw, GError **error)
{
	g_autoptr(Pattern) pattern = NULL;

	if (!g_utf8_validate(raw, -1, NULL))
		return fail(error, "the value is no UTF-8");
	if (!is_slashed(raw) || kind == INDICATOR_IP) {
		if (!*raw)
			return fail(error, "the value is empty");
		if (strlen(raw) > BOUND_LIST_VALUE)
			return fail(error, "the value is longer than %d "
				    "octets", BOUND_LIST_VALUE);
		return kinds[kind].normal(raw, error);
	}
	if (!kinds[kind].takes_pattern)
		return fail(error, "no regular expression for kind %s",
			    indicator_kinds[kind]);
	pattern = pattern_new(raw, error);
	return pattern ? g_strdup(raw) : NULL;
}

static bool
is_value(enum indicator_kind kind, const char *text)
{
	g_autofree char *value = normal_value(kind, text, NULL);

	return value != NULL;
}

static bool
is_source(enum indicator_kind kind, const char *text)
{
	g_autofree char *source = normal_source(text, NULL);

	(void)kind;
	return source != NULL;
}

/* Add to what ERROR says of RAW that value, and the nearest that is one. */
static void
explain(enum indicator_kind kind, const char *raw,
	bool (*is_right)(enum indicator_kind kind, const char *text),
	GError **error)
{
	g_autofree char *quoted = g_strdup_printf("\"%s\"", raw);
	g_autofree char *nearest = NULL, *right = NULL, *old = NULL;

	if (!error || !*error || !g_utf8_validate(raw, -1, NULL) ||
	    strlen(raw) > BOUND_SHOWN || !*raw || is_slashed(raw))
		return;
	nearest = indicator_nearest(kind, raw, is_right);
	right = g_strdup_printf("\"%s\"", nearest ? nearest : "");
	old = (*error)->message;
	(*error)->message = g_strdup_printf("%s%s%s%s%s%s",
	    strstr(old, quoted) ? "" : quoted,
	    strstr(old, quoted) ? "" : ": ", old,
	    nearest && !strstr(old, right) ? "; did you mean " : "",
	    nearest && !strstr(old, right) ? right : "",
	    nearest && !strstr(old, right) ? "?" : "");
}

Indicator *
indicator_new(enum indicator_kind kind, const char *raw,
	      const char *raw_source, GError **error)
{
	g_autofree char *value = normal_value(kind, raw, error);
	g_autofree char *source = NULL;
	Indicator *indicator;

	if (!value) {
		explain(kind, raw, is_value, error);
		return NULL;
	}
	if (kind == INDICATOR_SPOOF) {
		source = raw_source ? normal_source(raw_source, error) :
		    fail(error, "a spoof entry has two values, who is shown "
			 "and who sends");
		if (!source) {
			if (raw_source)
				explain(kind, raw_source, is_source, error);
			return NULL;
		}
		if (strcmp(value, "*") == 0 && is_everyone(source)) {
			fail(error, "%s and %s would be all mail: name one "
			     "side", value, source);
			return NULL;
		}
	}
	indicator = indicator_seen(kind, value);
	indicator->source = g_steal_pointer(&source);
	return indicator;
}

Indicator *
indicator_seen(enum indicator_kind kind, const char *value)
{
	Indicator *indicator = g_new0(Indicator, 1);

	indicator->kind = kind;
	indicator->value = g_strdup(value);
	return indicator;
}

void
indicator_free(Indicator *indicator)
{
	if (!indicator)
		return;
	g_free(indicator->value);
	g_free(indicator->source);
	g_free(indicator);
}

guint
indicator_hash(gconstpointer indicator)
{
	const Indicator *one = indicator;

	return g_str_hash(one->value) * 31 +
	    (one->source ? g_str_hash(one->source) : 0) + (guint)one->kind;
}

gboolean
indicator_equal(gconstpointer a, gconstpointer b)
{
	const Indicator *one = a, *other = b;

	return one->kind == other->kind &&
	    strcmp(one->value, other->value) == 0 &&
	    g_strcmp0(one->source, other->source) == 0;
}

bool
indicator_is_pattern(const Indicator *indicator)
{
	return kinds[indicator->kind].takes_pattern &&
	    is_slashed(indicator->value);
}

/* Shows nothing, though it is neither a control nor a format character. */
static bool
is_invisible(gunichar c)
{
	return c == 0x34f || c == 0x115f || c == 0x1160 || c == 0x17b4 ||
	    c == 0x17b5 || (c >= 0x180b && c <= 0x180f) || c == 0x2065 ||
	    c == 0x2800 || c == 0x3164 || c == 0xffa0 ||
	    (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe0fff);
}

/* The same as below of plain ASCII, which is in every form. */
static char *
fold_ascii(const char *text, bool fold_blanks)
{
	char *out = g_malloc(strlen(text) + 1), *to = out;
	bool blank = false;

	for (; *text; text++) {
		if (fold_blanks && g_ascii_isspace(*text)) {
			blank = true;
			continue;
		}
		if (g_ascii_iscntrl(*text))
			continue;
		if (blank && to > out)
			*to++ = ' ';
		blank = false;
		*to++ = g_ascii_tolower(*text);
	}
	*to = '\0';
	return out;
}

/* TEXT in form MODE, case folded, without what does not show; each run of
 * blanks is one, none at the ends, when FOLD_BLANKS.  Yours. */
static char *
fold(const char *text, GNormalizeMode mode, bool fold_blanks)
{
	g_autofree char *valid = NULL, *composed = NULL, *folded = NULL;
	g_autoptr(GString) out = NULL;
	bool blank = false;

	if (g_str_is_ascii(text))
		return fold_ascii(text, fold_blanks);
	valid = g_utf8_make_valid(text, -1);
	composed = g_utf8_normalize(valid, -1, mode);
	folded = g_utf8_casefold(composed, -1);
	out = g_string_sized_new(strlen(folded));
	for (const char *p = folded; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (fold_blanks && g_unichar_isspace(c)) {
			blank = true;
			continue;
		}
		if (g_unichar_iscntrl(c) || is_invisible(c) ||
		    g_unichar_type(c) == G_UNICODE_FORMAT)
			continue;
		if (blank && out->len)
			g_string_append_c(out, ' ');
		blank = false;
		/* GLib folds Cherokee letters both ways. */
		if (c >= 0xab70 && c <= 0xabbf)
			c -= 0xab70 - 0x13a0;
		g_string_append_unichar(out, c);
	}
	/* Folding and leaving out can undo the composition. */
	return g_utf8_normalize(out->str, -1, mode);
}

char *
indicator_fold_name(const char *name)
{
	return fold(name, G_NORMALIZE_NFKC, true);
}

char *
indicator_fold_filename(const char *name)
{
	g_autofree char *folded = fold(name, G_NORMALIZE_NFC, false);
	char *last = folded;

	for (char *p = folded; *p; p++)
		if (*p == '/' || *p == '\\')
			last = p + 1;
	for (char *end = last + strlen(last); end > last;) {
		char *before = g_utf8_find_prev_char(last, end);

		if (*before != '.' &&
		    !g_unichar_isspace(g_utf8_get_char(before)))
			break;
		*before = '\0';
		end = before;
	}
	return g_strdup(last);
}
