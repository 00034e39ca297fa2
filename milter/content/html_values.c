/*
 * html_values.c -- links inside values: CSS, srcset, a refresh, references
 *
 * Reads no more than the standard's rules for each need.
 */
#include "gatepost/content/html.h"

#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* What a number of a reference stands for (HTML 13.2.5.80). */
static gunichar
number_value(guint32 number)
{
	static const guint16 high[32] = {
		0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
		0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
	};

	if (number >= 0x80 && number < 0xa0)
		return high[number - 0x80];
	if (number == 0 || number > 0x10ffff ||
	    (number >= 0xd800 && number < 0xe000))
		return 0xfffd;
	return number;
}

/* Append what "#..." at TEXT stands for; octets used, 0 when it is none. */
static gsize
append_number(GString *out, const char *text, gsize length)
{
	gsize i = 1, first;
	guint32 number = 0;
	bool is_hex = length > 1 && (text[1] == 'x' || text[1] == 'X');
	int digit;

	i += is_hex;
	for (first = i; i < length; i++) {
		digit = is_hex ? g_ascii_xdigit_value(text[i]) :
		    g_ascii_digit_value(text[i]);
		if (digit < 0)
			break;
		if (number <= 0x10ffff)
			number = number * (is_hex ? 16 : 10) +
			    (guint32)digit;
	}
	if (i == first)
		return 0;
	g_string_append_unichar(out, number_value(number));
	return i + (i < length && text[i] == ';');
}

/* Append what the name at TEXT stands for; octets used, 0 when it is none. */
static gsize
append_name(GString *out, const char *text, gsize length, bool in_attribute)
{
	gsize all = 0;
	gunichar c;
	bool is_bare;

	while (all < length && all < 32 && g_ascii_isalnum(text[all]))
		all++;
	if (all < length && text[all] == ';') {
		c = html_entity(text, all, &is_bare);
		if (c) {
			g_string_append_unichar(out, c);
			return all + 1;
		}
	}
	/* The longest start of it that needs no ';'. */
	for (gsize n = MIN(all, 6); n >= 2; n--) {
		c = html_entity(text, n, &is_bare);
		if (!c || !is_bare)
			continue;
		if (in_attribute && n < length &&
		    (text[n] == '=' || g_ascii_isalnum(text[n])))
			return 0;
		g_string_append_unichar(out, c);
		return n;
	}
	return 0;
}

void
html_unescape(GString *out, const char *text, gsize length,
	      bool in_attribute)
{
	const char *end = text + length;

	while (text < end) {
		const char *mark = memchr(text, '&', (gsize)(end - text));
		gsize used = 0, left;

		if (!mark)
			mark = end;
		g_string_append_len(out, text, (gssize)(mark - text));
		if (mark == end)
			return;
		text = mark + 1;
		left = (gsize)(end - text);
		if (left && *text == '#')
			used = append_number(out, text, left);
		else if (left && g_ascii_isalpha(*text))
			used = append_name(out, text, left, in_attribute);
		if (!used)
			g_string_append_c(out, '&');
		text += used;
	}
}

/* Append one CSS escape at AT, behind its backslash; the octets used. */
static gsize
append_escape(GString *out, const char *at, const char *end)
{
	guint32 number = 0;
	gsize n = 0;

	while (n < 6 && at + n < end && g_ascii_isxdigit(at[n]))
		number = number * 16 +
		    (guint32)g_ascii_xdigit_value(at[n++]);
	if (n == 0) {
		if (at < end && *at != '\n')
			g_string_append_c(out, *at);
		return at < end;
	}
	if (number)
		g_string_append_unichar(out, number_value(number));
	return n + (at + n < end && is_space(at[n]));
}

/* Tell of the string or bare word at AT; behind it. */
static const char *
css_link(const char *at, const char *end, const struct html_sink *sink)
{
	g_autoptr(GString) link = g_string_new(NULL);
	char quote = '\0';

	while (at < end && is_space(*at))
		at++;
	if (at < end && (*at == '"' || *at == '\''))
		quote = *at++;
	while (at < end && (quote ? *at != quote : *at != ')' &&
			    !is_space(*at))) {
		if (*at == '\\') {
			at++;
			at += append_escape(link, at, end);
		} else {
			g_string_append_c(link, *at++);
		}
	}
	sink->link(link->str, NULL, sink->data);
	return at;
}

void
html_css(const char *css, gsize length, const struct html_sink *sink)
{
	const char *at = css, *end = css + length;

	/* Either has one of these. */
	if (!memchr(css, '(', length) && !memchr(css, '@', length))
		return;
	while (at < end) {
		gsize left = (gsize)(end - at);

		if (left > 4 && (*at == 'u' || *at == 'U') &&
		    g_ascii_strncasecmp(at, "url(", 4) == 0) {
			at = css_link(at + 4, end, sink);
		} else if (left > 8 && *at == '@' &&
			   g_ascii_strncasecmp(at, "@import", 7) == 0) {
			at += 7;
			while (at < end && is_space(*at))
				at++;
			if (at < end && (*at == '"' || *at == '\''))
				at = css_link(at, end, sink);
		} else {
			at++;
		}
	}
}

void
html_srcset(const char *value, const struct html_sink *sink)
{
	while (*value) {
		g_autofree char *link = NULL;
		gsize length;

		value += strspn(value, " \t\r\n\f,");
		length = strcspn(value, " \t\r\n\f");
		if (length == 0)
			return;
		link = g_strndup(value, length);
		value += length;
		/* A comma at a link's end parts it from the next. */
		if (link[length - 1] == ',')
			link[length - 1] = '\0';
		else
			value += strcspn(value, ",");
		sink->link(link, NULL, sink->data);
	}
}

/* HTML 4.2.5.3, "0; url='...'" */
void
html_refresh(const char *value, const struct html_sink *sink)
{
	g_autofree char *link = NULL;
	const char *end;

	value += strspn(value, " \t\r\n\f");
	if (!g_ascii_isdigit(*value) && *value != '.')
		return;
	value += strspn(value, "0123456789.");
	value += strspn(value, " \t\r\n\f;,");
	if (g_ascii_strncasecmp(value, "url", 3) == 0) {
		const char *equals = value + 3 +
		    strspn(value + 3, " \t\r\n\f");

		if (*equals == '=')
			value = equals + 1 + strspn(equals + 1, " \t\r\n\f");
	}
	if (*value == '"' || *value == '\'') {
		end = strchr(value + 1, *value);
		value++;
		link = end ? g_strndup(value, (gsize)(end - value)) :
		    g_strdup(value);
	} else {
		link = g_strdup(value);
	}
	if (*link)
		sink->link(link, NULL, sink->data);
}

/* LENGTH octets of TEXT without blanks and "!important", in lower case, as a
 * word of at most SIZE - 1 octets. */
static void
word_of(char *word, gsize size, const char *text, gsize length)
{
	gsize n = 0;

	for (gsize i = 0; i < length && text[i] != '!' && n + 1 < size; i++)
		if (!is_space(text[i]))
			word[n++] = g_ascii_tolower(text[i]);
	word[n] = '\0';
}

/* Is WORD a size of nothing: "0", "0px", "0.0em"? */
static bool
is_zero(const char *word)
{
	gsize digits = strspn(word, "0.");

	return digits > 0 && !g_ascii_isdigit(word[digits]);
}

/* What a declaration may be of those that hide. */
enum { HIDES_MOST = 24 };
struct hiding {
	char color[HIDES_MOST], ground[HIDES_MOST];
	bool is_flat, is_cut;	/* of no height; what does not fit is cut */
};

/* Does the declaration NAME: VALUE hide by itself? */
static bool
declares(struct hiding *hiding, const char *name, const char *value)
{
	if (strcmp(name, "display") == 0)
		return strcmp(value, "none") == 0;
	if (strcmp(name, "visibility") == 0)
		return strcmp(value, "hidden") == 0 ||
		    strcmp(value, "collapse") == 0;
	if (strcmp(name, "font-size") == 0 || strcmp(name, "opacity") == 0)
		return is_zero(value);
	if (strcmp(name, "mso-hide") == 0)
		return strcmp(value, "all") == 0;
	if (strcmp(name, "color") == 0)
		g_strlcpy(hiding->color, value, sizeof hiding->color);
	else if (strcmp(name, "background-color") == 0 ||
		 strcmp(name, "background") == 0)
		g_strlcpy(hiding->ground, value, sizeof hiding->ground);
	else if (strcmp(name, "max-height") == 0 ||
		 strcmp(name, "height") == 0 ||
		 strcmp(name, "max-width") == 0)
		hiding->is_flat |= is_zero(value);
	else if (strcmp(name, "overflow") == 0)
		hiding->is_cut |= strcmp(value, "hidden") == 0;
	return false;
}

bool
html_hides(const char *css, gsize length)
{
	struct hiding hiding = { .color = "" };
	const char *at = css, *end = css + length;

	while (at < end) {
		const char *stop = memchr(at, ';', (gsize)(end - at));
		const char *colon;
		char name[HIDES_MOST], value[HIDES_MOST];

		stop = stop ? stop : end;
		colon = memchr(at, ':', (gsize)(stop - at));
		if (colon) {
			word_of(name, sizeof name, at, (gsize)(colon - at));
			/* Few properties are asked for, and by these. */
			if (strchr("bcdfhmov", *name)) {
				word_of(value, sizeof value, colon + 1,
					(gsize)(stop - colon - 1));
				if (declares(&hiding, name, value))
					return true;
			}
		}
		at = stop + (stop < end);
	}
	return (*hiding.color && strcmp(hiding.color, hiding.ground) == 0) ||
	    (hiding.is_flat && hiding.is_cut);
}
