/*
 * domain.c -- host names in one form, and where the public suffix ends
 *
 * ASCII names are checked here; the rest goes through libidn2 first.  What
 * libidn2 refuses, but browsers visit (hearts, snowmen, a letter younger than
 * its tables, "r3---sn" beside a U-label), is mapped by hand, label by label.
 * libpsl wants lower case and no trailing dot: only normal forms may reach
 * it.  It walks the list anew for each name, and mail names the same hosts
 * again and again, so what it said of a host is remembered.
 */
#include "gatepost/model/domain.h"

#include <idn2.h>
#include <libpsl.h>
#include <pthread.h>
#include <string.h>

#include "gatepost/util/text.h"

#define DOMAIN_MOST 253		/* RFC 1035 2.3.4, as text */
#define LABEL_MOST 63
/* UTF-8 of a name of 253 octets is never longer than this. */
#define RAW_MOST 2048

static const psl_ctx_t *suffixes;
static pthread_once_t suffixes_once = PTHREAD_ONCE_INIT;

/* One for each place that the names' hash leads to; the last name has it.
 * Longer names are asked for each time. */
#define REMEMBERED 1024
static struct remembered {
	char domain[63];
	guint8 at;		/* of the registrable domain, or NONE */
} remembered[REMEMBERED];
#define NONE G_MAXUINT8
static pthread_mutex_t remembered_lock = PTHREAD_MUTEX_INITIALIZER;

static void
suffixes_load(void)
{
	suffixes = psl_latest(NULL);
	if (!suffixes)
		suffixes = psl_builtin();
}

static const psl_ctx_t *
suffixes_get(void)
{
	pthread_once(&suffixes_once, suffixes_load);
	return suffixes;
}

/* What a label is made of. */
static const bool inside[256] = {
	['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true,
	['_'] = true,
};

bool
domain_finish(char *name)
{
	gsize length = strlen(name), label = 0;

	if (length > 0 && name[length - 1] == '.')
		name[--length] = '\0';
	if (length == 0 || length > DOMAIN_MOST)
		return false;
	for (gsize i = 0; i < length; i++) {
		char c = name[i] = text_lower(name[i]);

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!inside[(guchar)c]) {
			return false;
		} else if (++label > LABEL_MOST) {
			return false;
		}
	}
	return label > 0;
}

/* NAME by libidn2, or NULL.  Yours. */
static char *
by_library(const char *name)
{
	char *converted = NULL;
	char *copy;

	if (idn2_to_ascii_8z(name, &converted, IDN2_NONTRANSITIONAL |
			     IDN2_NFC_INPUT) != IDN2_OK)
		return NULL;
	copy = g_strdup(converted);
	idn2_free(converted);
	return copy;
}

/* Does UTS 46 leave C out? */
static bool
is_ignored(gunichar c)
{
	return c == 0xad || c == 0x200b || c == 0x2060 || c == 0x2064 ||
	    c == 0xfeff || (c >= 0x180b && c <= 0x180f) ||
	    (c >= 0x206a && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f);
}

/* May C, which is not left out, stand in no host? */
static bool
is_forbidden(gunichar c)
{
	return g_unichar_iscntrl(c) || g_unichar_isspace(c) ||
	    !g_unichar_isdefined(c) || c == 0xfffd ||
	    g_unichar_type(c) == G_UNICODE_PRIVATE_USE ||
	    (g_unichar_type(c) == G_UNICODE_FORMAT && c != 0x200c &&
	     c != 0x200d);
}

/* NAME in lower case and compatibility form, dots as dots, without what
 * shows nothing; NULL when a character stands in no host.  Yours. */
static char *
map(const char *name)
{
	g_autofree char *composed = g_utf8_normalize(name, -1,
						     G_NORMALIZE_NFKC);
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *p = composed; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_unichar_tolower(g_utf8_get_char(p));

		if (is_ignored(c))
			continue;
		if (is_forbidden(c))
			return NULL;
		if (c == 0x3002)
			g_string_append_c(out, '.');
		else
			g_string_append_unichar(out, c);
	}
	return g_utf8_normalize(out->str, -1, G_NORMALIZE_NFKC);
}

/* RFC 3492 6.1 */
static guint
adapt(guint delta, guint count, bool first)
{
	guint k = 0;

	delta = first ? delta / 700 : delta / 2;
	for (delta += delta / count; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* Append DELTA as a number of variable length (RFC 3492 6.3). */
static void
append_delta(GString *out, guint delta, guint bias)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (guint k = 36;; k += 36) {
		guint least = k <= bias ? 1 : MIN(k - bias, 26);

		if (delta < least)
			break;
		g_string_append_c(out, digits[least + (delta - least) %
					      (36 - least)]);
		delta = (delta - least) / (36 - least);
	}
	g_string_append_c(out, digits[delta]);
}

/* COUNT characters, LABEL_MOST at most, as an A-label.  Yours. */
static char *
punycode(const gunichar *characters, guint count)
{
	GString *out = g_string_new("xn--");
	guint delta = 0, bias = 72, done, basic = 0;
	gunichar n = 0x80;

	for (guint i = 0; i < count; i++)
		if (characters[i] < 0x80)
			g_string_append_c(out, (char)characters[i]);
	done = basic = (guint)out->len - 4;
	if (basic)
		g_string_append_c(out, '-');
	while (done < count) {
		gunichar least = G_MAXUINT32;

		for (guint i = 0; i < count; i++)
			if (characters[i] >= n)
				least = MIN(least, characters[i]);
		delta += (least - n) * (done + 1);
		n = least;
		for (guint i = 0; i < count; i++) {
			delta += characters[i] < n;
			if (characters[i] != n)
				continue;
			append_delta(out, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n++;
	}
	return g_string_free(out, FALSE);
}

/* One mapped label as an A-label, or NULL.  Yours. */
static char *
label_encode(const char *label)
{
	g_autofree gunichar *characters = NULL;
	char *converted;
	glong count;

	if (g_str_is_ascii(label))
		return g_strdup(label);
	if (g_str_has_prefix(label, "xn--"))
		return NULL;
	converted = by_library(label);
	if (converted)
		return converted;
	/* A mark cannot stand first: it would show on the dot. */
	characters = g_utf8_to_ucs4(label, -1, NULL, &count, NULL);
	if (!characters || count > LABEL_MOST ||
	    g_unichar_ismark(characters[0]))
		return NULL;
	return punycode(characters, (guint)count);
}

/* NAME label by label, or NULL.  Yours. */
static char *
by_hand(const char *name)
{
	g_autofree char *mapped = map(name);
	g_auto(GStrv) labels = mapped ? g_strsplit(mapped, ".", -1) : NULL;

	for (guint i = 0; labels && labels[i]; i++) {
		char *encoded = label_encode(labels[i]);

		if (!encoded)
			return NULL;
		g_free(labels[i]);
		labels[i] = encoded;
	}
	return labels ? g_strjoinv(".", labels) : NULL;
}

/* RAW with the capital sharp s, which libidn2 2.3 takes for ss, as the small
 * one.  Yours. */
static char *
small_sharp_s(const char *raw)
{
	g_auto(GStrv) parts = g_strsplit(raw, "\xe1\xba\x9e", -1);

	return g_strjoinv("\xc3\x9f", parts);
}

char *
domain_normal(const char *raw)
{
	return domain_normal_part(raw, strnlen(raw, RAW_MOST + 1));
}

char *
domain_normal_part(const char *raw, gsize length)
{
	g_autofree char *name = NULL;

	if (length == 0 || length > RAW_MOST)
		return NULL;
	name = g_strndup(raw, length);
	if (text_ascii(raw, length) < length) {
		g_autofree char *sharp = NULL;

		if (!g_utf8_validate(raw, (gssize)length, NULL))
			return NULL;
		sharp = small_sharp_s(name);
		g_free(name);
		name = by_library(sharp);
		if (!name)
			name = by_hand(sharp);
		if (!name)
			return NULL;
	}
	return domain_finish(name) ? g_steal_pointer(&name) : NULL;
}

char *
domain_unicode(const char *domain)
{
	char *converted = NULL;
	char *copy;

	if (!strstr(domain, "xn--") ||
	    idn2_to_unicode_8z8z(domain, &converted, 0) != IDN2_OK)
		return g_strdup(domain);
	copy = g_utf8_validate(converted, -1, NULL) ? g_strdup(converted) :
	    g_strdup(domain);
	idn2_free(converted);
	return copy;
}

bool
domain_is_below(const char *domain, const char *parent)
{
	gsize length = strlen(domain), tail = strlen(parent);

	return tail > 0 && length >= tail &&
	    strcmp(domain + length - tail, parent) == 0 &&
	    (length == tail || domain[length - tail - 1] == '.');
}

/* Is it an IP address in text?  The list would take 2.1 for a domain. */
static bool
is_address(const char *domain)
{
	const char *last = strrchr(domain, '.');

	last = last ? last + 1 : domain;
	return strchr(domain, ':') || !last[strspn(last, "0123456789")];
}

static const char *
ask_registrable(const char *domain)
{
	if (is_address(domain))
		return NULL;
	return psl_registrable_domain(suffixes_get(), domain);
}

const char *
domain_registrable(const char *domain)
{
	struct remembered *one = &remembered[g_str_hash(domain) % REMEMBERED];
	const char *found;
	guint8 at = NONE;
	bool is_known;

	if (!*domain || strlen(domain) >= sizeof one->domain)
		return ask_registrable(domain);
	pthread_mutex_lock(&remembered_lock);
	is_known = strcmp(one->domain, domain) == 0;
	if (is_known)
		at = one->at;
	pthread_mutex_unlock(&remembered_lock);
	if (is_known)
		return at == NONE ? NULL : domain + at;
	found = ask_registrable(domain);
	pthread_mutex_lock(&remembered_lock);
	g_strlcpy(one->domain, domain, sizeof one->domain);
	one->at = found ? (guint8)(found - domain) : NONE;
	pthread_mutex_unlock(&remembered_lock);
	return found;
}

bool
domain_is_kin(const char *one, const char *other)
{
	const char *a, *b;

	if (strcmp(one, other) == 0)
		return true;
	a = domain_registrable(one);
	b = a ? domain_registrable(other) : NULL;
	return b && strcmp(a, b) == 0;
}

enum domain_suffix
domain_suffix(const char *domain)
{
	/* Hardly a name is one, so that is asked first. */
	if (is_address(domain) ||
	    !psl_is_public_suffix2(suffixes_get(), domain, PSL_TYPE_ANY |
				   PSL_TYPE_NO_STAR_RULE))
		return SUFFIX_NONE;
	return psl_is_public_suffix2(suffixes_get(), domain, PSL_TYPE_ICANN |
				     PSL_TYPE_NO_STAR_RULE) ?
	    SUFFIX_ICANN : SUFFIX_PRIVATE;
}

void
domain_versions(GString *out)
{
	g_string_append_printf(out, "libidn2 %s\n", idn2_check_version(NULL));
	g_string_append_printf(out, "libpsl %s\n", psl_get_version());
}
