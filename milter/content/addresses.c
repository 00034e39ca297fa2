/*
 * addresses.c -- the mailboxes of an address list
 *
 * No recursion and no structure beyond one mailbox at a time, so nothing a
 * stranger nests can cost more than its length.  Structure is read before
 * anything is decoded: what an encoded word hides never becomes syntax.
 */
#include "gatepost/content/addresses.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/words.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"

struct list {
	const char *at, *end;
	GPtrArray *out;
	Facts *facts;
	GString *phrase;	/* what stands outside angle brackets */
	GString *name;		/* the same without quotes */
	GString *comment;
	GString *angle;		/* what stands in them */
	bool is_author;
	bool has_angle;
	bool has_at;		/* outside of brackets and quotes */
};

/* Copy a quoted string to TO as it stands and to BARE without quotes; AT is
 * behind its end afterwards. */
static void
take_quoted(struct list *list, GString *to, GString *bare)
{
	g_string_append_c(to, *list->at++);
	while (list->at < list->end && *list->at != '"') {
		if (*list->at == '\\' && list->at + 1 < list->end)
			g_string_append_c(to, *list->at++);
		g_string_append_c(to, *list->at);
		if (bare)
			g_string_append_c(bare, *list->at);
		list->at++;
	}
	if (list->at < list->end)
		list->at++;
	g_string_append_c(to, '"');
}

/* Copy a comment without its brackets to TO, NULL for nowhere. */
static void
take_comment(struct list *list, GString *to)
{
	guint depth = 0;

	for (; list->at < list->end; list->at++) {
		char c = *list->at;

		if (c == '\\' && list->at + 1 < list->end)
			c = *++list->at;
		else if (c == '(' && depth++ == 0)
			continue;
		else if (c == ')' && --depth == 0)
			break;
		if (to)
			g_string_append_c(to, c);
	}
	if (list->at < list->end)
		list->at++;
}

static void
take_angle(struct list *list)
{
	list->at++;
	list->has_angle = true;
	g_string_truncate(list->angle, 0);
	while (list->at < list->end && *list->at != '>') {
		if (*list->at == '"')
			take_quoted(list, list->angle, NULL);
		else if (*list->at == '(')
			take_comment(list, NULL);
		else
			g_string_append_c(list->angle, *list->at++);
	}
	if (list->at < list->end)
		list->at++;
}

static void
take_literal(struct list *list)
{
	while (list->at < list->end && *list->at != ']') {
		g_string_append_c(list->phrase, *list->at);
		g_string_append_c(list->name, *list->at++);
	}
}

/* RAW without the blanks that may stand around dots and the @ (RFC 5322 4.4),
 * in normal form; NULL when it is no address.  Yours. */
static char *
normal(const char *raw)
{
	g_autoptr(GString) out = NULL;
	g_autofree char *address = NULL;
	bool quoted = false, has_blank = false;

	if (!raw[strcspn(raw, " \t\r\n\f\"")]) {
		address = address_normal(raw);
		return address && *address ? g_steal_pointer(&address) : NULL;
	}
	out = g_string_sized_new(strlen(raw));
	for (const char *p = raw; *p; p++) {
		if (!quoted && g_ascii_isspace(*p)) {
			has_blank = out->len > 0;
			continue;
		}
		if (has_blank && !strchr(".@", *p) &&
		    !strchr(".@", out->str[out->len - 1]))
			return NULL;
		has_blank = false;
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p[1])
			g_string_append_c(out, *p++);
		g_string_append_c(out, *p);
	}
	address = address_normal(out->str);
	return address && *address ? g_steal_pointer(&address) : NULL;
}

/* Is SHOWN an address at another organisation than ADDRESS? */
static bool
is_elsewhere(const char *shown, const char *address)
{
	return !address || !domain_is_kin(address_domain(shown),
					  address_domain(address));
}

/* Does NAME show an address of another organisation than ADDRESS's? */
static bool
shows_other(const char *name, const char *address)
{
	static const char around[] = " \t,;:<>()[]\"'/\\|";

	for (const char *at = name; (at = strchr(at, '@')); at++) {
		const char *from = at, *to = at + 1;
		g_autofree char *text = NULL;
		g_autofree char *shown = NULL;

		while (from > name && !strchr(around, from[-1]))
			from--;
		to += strcspn(to, around);
		text = g_strndup(from, (gsize)(to - from));
		shown = address_normal(text);
		if (shown && strchr(address_domain(shown), '.') &&
		    is_elsewhere(shown, address))
			return true;
	}
	return false;
}

/* Take blanks and left-over commas off NAME's ends, in place. */
static char *
trim(char *name)
{
	gsize length = strlen(name);

	while (length && strchr(" ,", name[length - 1]))
		name[--length] = '\0';
	return g_strstrip(name);
}

static void
add(struct list *list, const char *raw, const char *name, gsize length)
{
	Mailbox *mailbox;

	if (list->out->len >= BOUND_ADDRESSES) {
		facts_truncated(list->facts, DEFECT_ADDRESSES_MANY);
		return;
	}
	mailbox = fields_new(&mailbox_fields);
	mailbox->address = normal(raw);
	if (mailbox->address && *address_domain(mailbox->address))
		mailbox->domain = g_strdup(address_domain(mailbox->address));
	mailbox->name = words_decode(name, length, BOUND_SHOWN, list->facts);
	if (!*trim(mailbox->name))
		g_clear_pointer(&mailbox->name, g_free);
	if (list->is_author && mailbox->name &&
	    shows_other(mailbox->name, mailbox->address))
		facts_defect(list->facts, DEFECT_NAME_ADDRESS);
	if (mailbox->name && words_has_bidi(mailbox->name))
		facts_defect(list->facts, DEFECT_NAME_BIDI);
	g_ptr_array_add(list->out, mailbox);
}

/* A mailbox without angle brackets.  Programs differ on "a@b c@d": take every
 * word with an @.  Words without any are a name, a single one may be local. */
static void
add_plain(struct list *list)
{
	const char *phrase = list->phrase->str;
	/* An encoded word is shown as what it says, and no address. */
	g_autofree char *address = list->has_at ||
	    (!strpbrk(g_strstrip(list->phrase->str), " \t\"") &&
	     !g_str_has_prefix(phrase, "=?")) ? normal(phrase) : NULL;
	g_auto(GStrv) words = NULL;
	bool found = false;

	if (!address && list->has_at && !strchr(phrase, '"')) {
		words = g_strsplit_set(phrase, " \t", -1);
		for (guint i = 0; words[i]; i++)
			if (strchr(words[i], '@')) {
				found = true;
				add(list, words[i], list->comment->str,
				    list->comment->len);
			}
		facts_defect(list->facts, DEFECT_ADDRESS_MALFORMED);
	}
	if (address)
		add(list, phrase, list->comment->str, list->comment->len);
	else if (!found)
		add(list, "", list->name->str, list->name->len);
}

static bool
is_blank(const GString *text)
{
	return strspn(text->str, " \t\r\n") == text->len;
}

/* A mailbox is complete. */
static void
finish(struct list *list)
{
	if (list->has_angle && is_blank(list->name))
		add(list, list->angle->str, list->comment->str,
		    list->comment->len);
	else if (list->has_angle)
		add(list, list->angle->str, list->name->str, list->name->len);
	else if (!is_blank(list->phrase))
		add_plain(list);
	list->has_angle = list->has_at = false;
	g_string_truncate(list->phrase, 0);
	g_string_truncate(list->name, 0);
	g_string_truncate(list->comment, 0);
}

/* What step() looks for. */
static const bool special[256] = {
	['"'] = true, ['('] = true, ['<'] = true, ['['] = true, [','] = true,
	[';'] = true, [':'] = true,
};

/* Take the octet at AT, whatever it is, and those behind it that are nothing
 * but themselves. */
static void
take_plain(struct list *list)
{
	const char *from = list->at++;
	gsize length;

	while (list->at < list->end && !special[(guchar)*list->at])
		list->at++;
	length = (gsize)(list->at - from);
	list->has_at |= memchr(from, '@', length) != NULL;
	g_string_append_len(list->phrase, from, (gssize)length);
	g_string_append_len(list->name, from, (gssize)length);
}

static void
step(struct list *list)
{
	switch (*list->at) {
	case '"':
		take_quoted(list, list->phrase, list->name);
		return;
	case '(':
		take_comment(list, list->comment);
		return;
	case '<':
		if (list->has_angle)
			finish(list);
		take_angle(list);
		return;
	case '[':
		take_literal(list);
		return;
	case ',':
		/* "Example, Inc. <a@b>": of a name that lacks its quotes. */
		if (!list->has_angle && !list->has_at &&
		    !is_blank(list->phrase)) {
			facts_defect(list->facts, DEFECT_ADDRESS_MALFORMED);
			take_plain(list);
			return;
		}
		/* fall through */
	case ';':
		finish(list);
		list->at++;
		return;
	case ':':
		/* What came before is a group's name. */
		if (!list->has_angle && !list->has_at) {
			g_string_truncate(list->phrase, 0);
			g_string_truncate(list->name, 0);
			list->at++;
			return;
		}
		/* fall through */
	default:
		take_plain(list);
	}
}

void
addresses_read(const char *raw, gsize length, bool is_author, GPtrArray *out,
	       Facts *facts)
{
	g_autofree char *copy = g_malloc(length + 1);
	struct list list = {
		.at = copy, .end = copy + length, .out = out, .facts = facts,
		.phrase = g_string_new(NULL), .name = g_string_new(NULL),
		.comment = g_string_new(NULL), .angle = g_string_new(NULL),
		.is_author = is_author,
	};

	/* C strings from here on. */
	for (gsize i = 0; i < length; i++)
		copy[i] = raw[i] ? raw[i] : ' ';
	copy[length] = '\0';
	while (list.at < list.end && (out->len < BOUND_ADDRESSES ||
				      facts->complete))
		step(&list);
	finish(&list);
	g_string_free(list.phrase, TRUE);
	g_string_free(list.name, TRUE);
	g_string_free(list.comment, TRUE);
	g_string_free(list.angle, TRUE);
}
