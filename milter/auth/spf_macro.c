/*
 * spf_macro.c -- macros of SPF (RFC 7208 7)
 */
#include "gatepost/auth/spf_macro.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "gatepost/auth/spf_record.h"
#include "gatepost/util/clock.h"

static const char letters[] = "slodiphv";
/* These only in the text of an explanation. */
static const char text_letters[] = "crt";
static const char delimiters[] = ".-+,/_=";

/* The length of the macro at the '%' of TEXT, which IS_TEXT of an
 * explanation, or not; 0: it is none. */
static gsize
macro_length(const char *text, bool is_text)
{
	const char *p = text + 1;

	if (*p == '%' || *p == '_' || *p == '-')
		return 2;
	if (*p++ != '{' || !*p ||
	    (!strchr(letters, g_ascii_tolower(*p)) &&
	     !(is_text && strchr(text_letters, g_ascii_tolower(*p)))))
		return 0;
	p++;
	if (*p == '0')
		return 0;
	while (g_ascii_isdigit(*p))
		p++;
	if (*p == 'r' || *p == 'R')
		p++;
	while (*p && strchr(delimiters, *p))
		p++;
	return *p == '}' ? (gsize)(p + 1 - text) : 0;
}

bool
spf_is_macro_string(const char *text)
{
	while (*text) {
		gsize length = 1;

		if (*text < '!' || *text > '~')
			return false;
		if (*text == '%')
			length = macro_length(text, false);
		if (length == 0)
			return false;
		text += length;
	}
	return true;
}

/* Letters, digits and hyphens, not digits alone, no hyphen at an end. */
static bool
is_top_label(const char *label, gsize length)
{
	bool has_other = false;

	if (length == 0 || !g_ascii_isalnum(label[0]) ||
	    !g_ascii_isalnum(label[length - 1]))
		return false;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum(label[i]) && label[i] != '-')
			return false;
		has_other |= !g_ascii_isdigit(label[i]);
	}
	return has_other;
}

bool
spf_is_domain_spec(const char *text)
{
	const char *last = NULL;
	gsize length = strlen(text);
	const char *dot;

	if (length == 0 || !spf_is_macro_string(text))
		return false;
	/* Where the last macro ends. */
	for (const char *p = text; *p;) {
		gsize step = *p == '%' ? macro_length(p, false) : 1;

		if (*p == '%')
			last = p + step;
		p += step;
	}
	if (last && !*last)
		return true;
	if (text[length - 1] == '.')
		length--;
	dot = g_strrstr_len(text, (gssize)length, ".");
	return dot && (!last || dot >= last) &&
	    is_top_label(dot + 1, length - (gsize)(dot + 1 - text));
}

bool
spf_network(const char *address, guint prefix, struct network *network)
{
	struct in6_addr v6;
	struct in_addr v4;
	g_autofree char *text = NULL;

	/* As strict as the grammar: no "1.2", no octets like 01. */
	if (inet_pton(AF_INET, address, &v4) != 1 &&
	    inet_pton(AF_INET6, address, &v6) != 1)
		return false;
	text = g_strdup_printf("%s/%u", address, prefix);
	return network_parse_around(text, network);
}

/* ---- expansion ---- */

static const char *
value_of(char letter, const struct spf_names *names)
{
	static char now[24];

	switch (letter) {
	case 's':
		return names->sender;
	case 'l':
		return names->local;
	case 'o':
		return names->origin;
	case 'd':
		return names->domain;
	case 'i':
		return names->dotted;
	case 'p':
		return names->validated ? names->validated(names->data) :
		    "unknown";
	case 'v':
		return names->version;
	case 'h':
		return names->helo;
	case 'c':
		return names->client;
	case 't':
		snprintf(now, sizeof now, "%" G_GINT64_FORMAT,
			 clock_now() / CLOCK_SECOND);
		return now;
	default:
		return "unknown";
	}
}

/* Append VALUE, parted at one of PARTS, the last COUNT parts (0: all). */
static void
append_parts(GString *out, const char *value, const char *parts, guint count,
	     bool is_reverse, bool is_escaped)
{
	g_auto(GStrv) all = g_strsplit_set(value, parts, -1);
	guint length = g_strv_length(all);
	g_autoptr(GString) joined = g_string_new(NULL);
	guint skip = count && count < length ? length - count : 0;

	for (guint i = skip; i < length; i++) {
		const char *one = is_reverse ? all[length - 1 - i] : all[i];

		if (i > skip)
			g_string_append_c(joined, '.');
		g_string_append(joined, one);
	}
	if (is_escaped)
		g_string_append_uri_escaped(out, joined->str, NULL, FALSE);
	else
		g_string_append(out, joined->str);
}

/* Append the macro "%{...}" of LENGTH octets at TEXT. */
static void
append_macro(GString *out, const char *text, gsize length,
	     const struct spf_names *names)
{
	char parts[sizeof delimiters + 1] = "";
	const char *p = text + 2, *end = text + length - 1;
	char letter = *p++;
	bool is_reverse;
	guint count = 0;
	gsize n = 0;

	while (g_ascii_isdigit(*p)) {
		count = MIN(count * 10 + (guint)(*p - '0'), 1000);
		p++;
	}
	is_reverse = *p == 'r' || *p == 'R';
	p += is_reverse;
	for (; p < end; p++)
		if (!strchr(parts, *p) && n < sizeof delimiters - 1) {
			parts[n++] = *p;
			parts[n] = '\0';
		}
	append_parts(out, value_of(g_ascii_tolower(letter), names),
		     n ? parts : ".", count, is_reverse,
		     g_ascii_isupper(letter));
}

char *
spf_expand(const char *spec, const struct spf_names *names, bool is_domain)
{
	g_autoptr(GString) out = g_string_new(NULL);
	const char *start;

	while (*spec) {
		gsize length = *spec == '%' ?
		    macro_length(spec, !is_domain) : 1;

		if (*spec != '%' || length == 0)
			g_string_append_c(out, *spec);
		else if (length > 2)
			append_macro(out, spec, length, names);
		else
			g_string_append(out, spec[1] == '%' ? "%" :
					spec[1] == '_' ? " " : "%20");
		spec += MAX(length, 1);
	}
	if (!is_domain)
		return g_strdup(out->str);
	if (out->len && out->str[out->len - 1] == '.')
		g_string_truncate(out, out->len - 1);
	for (start = out->str; strlen(start) > 253 && strchr(start, '.');)
		start = strchr(start, '.') + 1;
	return g_strdup(start);
}
