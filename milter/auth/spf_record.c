/*
 * spf_record.c -- the terms of an SPF record (RFC 7208 4.6.1 and 12)
 *
 * A fault anywhere spoils the whole record, so all is read before anything is
 * evaluated.
 */
#include "gatepost/auth/spf_record.h"

#include <string.h>

#include "gatepost/auth/spf_macro.h"

/* To add a mechanism: a row, and its case in spf.c. */
static const struct {
	const char *name;
	bool takes_target, needs_target, takes_prefix;
} kinds[] = {
	[SPF_ALL] = { "all", false, false, false },
	[SPF_INCLUDE] = { "include", true, true, false },
	[SPF_A] = { "a", true, false, true },
	[SPF_MX] = { "mx", true, false, true },
	[SPF_PTR] = { "ptr", true, false, false },
	[SPF_IP4] = { "ip4", true, true, true },
	[SPF_IP6] = { "ip6", true, true, true },
	[SPF_EXISTS] = { "exists", true, true, false },
};

static void
term_free(gpointer data)
{
	struct spf_term *term = data;

	g_free(term->text);
	g_free(term->target);
	g_free(term);
}

void
spf_record_free(struct spf_record *record)
{
	if (!record)
		return;
	g_ptr_array_unref(record->terms);
	g_free(record->redirect);
	g_free(record->explain);
	g_free(record);
}

/* A number up to MOST without a leading zero, all of TEXT. */
static bool
read_prefix(const char *text, gsize length, guint most, guint *prefix)
{
	guint number = 0;

	if (length == 0 || length > 3 || (length > 1 && text[0] == '0'))
		return false;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isdigit(text[i]))
			return false;
		number = number * 10 + (guint)(text[i] - '0');
	}
	*prefix = number;
	return number <= most;
}

/* Take "/24", "//64" or both off the end of TEXT. */
static bool
take_prefixes(char *text, struct spf_term *term)
{
	char *two = strstr(text, "//");
	char *one;

	if (two) {
		if (!read_prefix(two + 2, strlen(two + 2), 128,
				 &term->prefix6))
			return false;
		*two = '\0';
	}
	one = strrchr(text, '/');
	/* Other slashes are of the name, or of a macro. */
	if (!one || (one[1] && strspn(one + 1, "0123456789") !=
		     strlen(one + 1)))
		return true;
	if (!read_prefix(one + 1, strlen(one + 1), 32, &term->prefix4))
		return false;
	*one = '\0';
	return true;
}

static bool
read_network(const char *text, struct spf_term *term)
{
	bool is_v6 = term->kind == SPF_IP6;
	const char *slash = strchr(text, '/');
	gsize length = slash ? (gsize)(slash - text) : strlen(text);
	g_autofree char *address = g_strndup(text, length);
	guint most = is_v6 ? 128 : 32, prefix = most;

	if (slash && !read_prefix(slash + 1, strlen(slash + 1), most,
				  &prefix))
		return false;
	if ((strchr(address, ':') != NULL) != is_v6)
		return false;
	return spf_network(address, prefix, &term->network);
}

static int
find_kind(const char *name, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strlen(kinds[i].name) == length &&
		    g_ascii_strncasecmp(kinds[i].name, name, length) == 0)
			return (int)i;
	return -1;
}

static enum auth_value
take_qualifier(const char **text)
{
	switch (**text) {
	case '-':
		(*text)++;
		return AUTH_FAIL;
	case '~':
		(*text)++;
		return AUTH_SOFTFAIL;
	case '?':
		(*text)++;
		return AUTH_NEUTRAL;
	case '+':
		(*text)++;
		return AUTH_PASS;
	default:
		return AUTH_PASS;
	}
}

static bool
read_mechanism(const char *word, struct spf_record *record)
{
	struct spf_term *term = g_new0(struct spf_term, 1);
	const char *text = word;
	gsize length;
	int kind;

	g_ptr_array_add(record->terms, term);
	term->text = g_strdup(word);
	term->prefix4 = 32;
	term->prefix6 = 128;
	term->result = take_qualifier(&text);
	length = strcspn(text, ":/");
	kind = find_kind(text, length);
	if (kind < 0)
		return false;
	term->kind = (enum spf_kind)kind;
	text += length;
	if (*text == ':') {
		if (!kinds[kind].takes_target)
			return false;
		term->target = g_strdup(text + 1);
	} else if (*text == '/') {
		if (!kinds[kind].takes_prefix || kinds[kind].needs_target)
			return false;
	} else if (kinds[kind].needs_target) {
		return false;
	}
	if (kind == SPF_IP4 || kind == SPF_IP6)
		return read_network(term->target, term);
	if (kind == SPF_A || kind == SPF_MX) {
		g_autofree char *rest = g_strdup(term->target ?
						 term->target : text);

		if (!take_prefixes(rest, term))
			return false;
		if (!term->target)
			return !*rest;
		g_free(term->target);
		term->target = g_steal_pointer(&rest);
	}
	return !term->target || spf_is_domain_spec(term->target);
}

/* "name=value"; a second redirect= or exp= spoils the record. */
static bool
read_modifier(const char *word, gsize name, struct spf_record *record)
{
	const char *value = word + name + 1;
	char **place;

	if (name == 8 && g_ascii_strncasecmp(word, "redirect", 8) == 0)
		place = &record->redirect;
	else if (name == 3 && g_ascii_strncasecmp(word, "exp", 3) == 0)
		place = &record->explain;
	else
		return spf_is_macro_string(value);
	if (*place || !spf_is_domain_spec(value))
		return false;
	*place = g_strdup(value);
	return true;
}

/* The length of a modifier's name at the start of WORD; 0: it is none. */
static gsize
modifier_name(const char *word)
{
	gsize length = 0;

	if (!g_ascii_isalpha(*word))
		return 0;
	while (g_ascii_isalnum(word[length]) ||
	       (word[length] && strchr("-_.", word[length])))
		length++;
	return word[length] == '=' ? length : 0;
}

struct spf_record *
spf_record_read(const GString *text, char **fault)
{
	struct spf_record *record = g_new0(struct spf_record, 1);
	g_auto(GStrv) words = NULL;

	record->terms = g_ptr_array_new_with_free_func(term_free);
	*fault = NULL;
	for (gsize i = 0; i < text->len && !*fault; i++)
		if (text->str[i] < ' ' || text->str[i] > '~')
			*fault = g_strdup("an octet that is no ASCII");
	words = g_strsplit(*fault ? "" : text->str, " ", -1);
	for (guint i = 1; !*fault && words[0] && words[i]; i++) {
		gsize name = modifier_name(words[i]);

		if (*words[i] &&
		    !(name ? read_modifier(words[i], name, record) :
		      read_mechanism(words[i], record)))
			*fault = g_strndup(words[i], 100);
	}
	if (!*fault)
		return record;
	spf_record_free(record);
	return NULL;
}
