/*
 * letter.c -- mail that we write ourselves
 *
 * A page, and what has long lines, goes as quoted-printable: no line is then
 * beyond what SMTP allows.
 */
#include "gatepost/service/letter.h"

#include <string.h>

#include "gatepost/service/phrases.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"
#include "gatepost/util/text.h"

/* Characters of a line, and octets of an encoded word (RFC 2045, 2047). */
#define LINE 76
#define LONGEST 900
#define WORD 39

/* ---- encodings ---- */

/* RFC 2047, as base64 where it is not plain; a line for each word. */
static void
add_words(GString *out, const char *text)
{
	const char *at = text;

	if (g_str_is_ascii(text)) {
		g_string_append(out, text);
		return;
	}
	while (*at) {
		const char *end = at, *next;
		g_autofree char *word = NULL;

		while (*end && (next = g_utf8_next_char(end)) - at <= WORD)
			end = next;
		word = g_base64_encode((const guchar *)at,
				       (gsize)(end - at));
		g_string_append_printf(out, "%s=?utf-8?B?%s?=",
				       at == text ? "" : "\r\n ", word);
		at = end;
	}
}

static bool
is_printed(guchar c, bool is_last)
{
	if (c == ' ' || c == '\t')
		return !is_last;
	/* "From " and "." in front of a line mean something to some. */
	return c > ' ' && c < 0x7f && c != '=';
}

/* RFC 2045 6.7. */
static void
add_printable(GString *out, const char *text)
{
	guint column = 0;

	for (const char *p = text; *p; p++) {
		guchar c = (guchar)*p;
		bool is_last = !p[1] || p[1] == '\n' || p[1] == '\r';
		bool is_plain = is_printed(c, is_last) &&
		    !(column == 0 && (c == '.' || c == 'F'));

		if (c == '\r' && p[1] == '\n')
			continue;
		if (c == '\n') {
			g_string_append(out, "\r\n");
			column = 0;
			continue;
		}
		if (column + (is_plain ? 1 : 3) >= LINE) {
			g_string_append(out, "=\r\n");
			column = 0;
			is_plain = is_plain && c != '.' && c != 'F';
		}
		if (is_plain)
			g_string_append_c(out, (char)c);
		else
			g_string_append_printf(out, "=%02X", c);
		column += is_plain ? 1 : 3;
	}
	if (column)
		g_string_append(out, "\r\n");
}

/* ---- strangers' text ---- */

char *
letter_plain(const char *text, gsize most)
{
	g_autofree char *shown = text_shown(text ? text : "-", most);
	GString *out = g_string_new(NULL);

	for (const char *p = shown; *p; p++) {
		bool is_dot = *p == '.' && p > shown && p[-1] != ' ' &&
		    (g_ascii_isalnum(p[1]) || (guchar)p[1] >= 0x80);

		if (is_dot)
			g_string_append(out, "[.]");
		else if (g_str_has_prefix(p, "://"))
			g_string_append(out, "[:]");
		else if (g_ascii_strncasecmp(p, "mailto:", 7) == 0 ||
			 g_ascii_strncasecmp(p, "tel:", 4) == 0)
			/* Its first letters are as good without a link. */
			g_string_append_printf(out, "%c[-]", *p);
		else
			g_string_append_c(out, *p);
	}
	return g_string_free(out, FALSE);
}

void
letter_escape(GString *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			g_string_append(out, "&amp;");
			break;
		case '<':
			g_string_append(out, "&lt;");
			break;
		case '>':
			g_string_append(out, "&gt;");
			break;
		case '"':
			g_string_append(out, "&quot;");
			break;
		case '\'':
			g_string_append(out, "&#39;");
			break;
		default:
			g_string_append_c(out, *text);
		}
}

void
letter_add_line(GString *out, int language, const char *name,
		const char *value)
{
	g_autofree char *plain = letter_plain(value, 200);

	g_string_append_printf(out, "  %s %s\n", phrase(language, name),
			       plain);
}

void
letter_add_item(GString *out, int language, const Tenant *tenant,
		const Held *held, const HeldRcpt *copy)
{
	g_autofree char *at = clock_local(held->received, tenant->zone);

	letter_add_line(out, language, PHRASE("From:"), held->from);
	letter_add_line(out, language, PHRASE("Subject:"), held->subject);
	letter_add_line(out, language, PHRASE("To:"), copy->rcpt);
	g_string_append_printf(out, "  %s %s\n  %s %s\n",
			       phrase(language, PHRASE("Received:")), at,
			       phrase(language, PHRASE("Item:")), held->id);
}

/* ---- the message ---- */

const char *
letter_domain(const Tenant *tenant)
{
	const char *domain = tenant->domains->pdata[0];

	return domain + (g_str_has_prefix(domain, "*.") ? 2 : 0);
}

bool
letter_is_own(const char *message_id)
{
	g_autofree char *local = message_id ?
	    g_strndup(message_id, strcspn(message_id, "@")) : NULL;

	return id_is(local);
}

static void
add_head(GString *out, const struct letter *letter, gint64 now)
{
	const char *domain = letter_domain(letter->tenant);
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(
	    now / CLOCK_SECOND);
	g_autofree char *date = g_date_time_format(time, "%H:%M:%S +0000");
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu",
					    "Fri", "Sat", "Sun" };
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec"
	};
	char id[ID_TEXT];

	id_new(id);
	if (letter->from)
		g_string_append_printf(out, "From: Gatepost <%s>\r\n",
				       letter->from);
	else
		g_string_append_printf(out, "From: Gatepost <postmaster@%s>"
				       "\r\n", domain);
	g_string_append_printf(out, "To: <%s>\r\nSubject: ", letter->to);
	add_words(out, letter->subject);
	g_string_append_printf(out, "\r\nDate: %s, %d %s %d %s\r\n"
			       "Message-ID: <%s@%s>\r\n"
			       "Auto-Submitted: auto-generated\r\n"
			       "Precedence: bulk\r\n"
			       "MIME-Version: 1.0\r\n",
			       days[g_date_time_get_day_of_week(time) - 1],
			       g_date_time_get_day_of_month(time),
			       months[g_date_time_get_month(time) - 1],
			       g_date_time_get_year(time), date,
			       letter->id ? letter->id : id, domain);
}

/* Has TEXT a line that SMTP would not take as it is (RFC 5321 4.5.3.1.6)? */
static bool
is_long(const char *text)
{
	while (*text) {
		gsize length = strcspn(text, "\n");

		if (length > LONGEST)
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}

static void
add_lines(GString *out, const char *text)
{
	g_string_append(out, "Content-Type: text/plain; charset=utf-8\r\n"
			"Content-Transfer-Encoding: 8bit\r\n\r\n");
	for (; *text; text++) {
		if (*text == '\n')
			g_string_append_c(out, '\r');
		if (*text != '\r')
			g_string_append_c(out, *text);
	}
}

static void
add_part(GString *out, const char *type, const char *text)
{
	g_string_append_printf(out, "Content-Type: text/%s; charset=utf-8\r\n"
			       "Content-Transfer-Encoding: quoted-printable"
			       "\r\n\r\n", type);
	add_printable(out, text);
}

/* TEXT and what else it is, as the parts of a multipart of TYPE. */
static void
add_parts(GString *out, const struct letter *letter)
{
	char edge[ID_TEXT];

	/* No text can hold it: it has just been made up. */
	id_new(edge);
	g_string_append_printf(out, "Content-Type: multipart/%s; "
			       "boundary=\"%s\"\r\n\r\n--%s\r\n",
			       letter->status ?
			       "report; report-type=delivery-status" :
			       "alternative", edge, edge);
	add_part(out, "plain", letter->text);
	g_string_append_printf(out, "\r\n--%s\r\n", edge);
	if (letter->status)
		g_string_append_printf(out, "Content-Type: message/"
				       "delivery-status\r\n\r\n%s",
				       letter->status);
	else
		add_part(out, "html", letter->html);
	g_string_append_printf(out, "\r\n--%s--\r\n", edge);
}

GString *
letter_make(const struct letter *letter, gint64 now)
{
	GString *out = g_string_sized_new(4096);

	add_head(out, letter, now);
	if (letter->html || letter->status)
		add_parts(out, letter);
	else if (is_long(letter->text))
		add_part(out, "plain", letter->text);
	else
		add_lines(out, letter->text);
	return out;
}
