/*
 * users.c -- a user's safe and blocked senders: what a value means
 *
 * As a tenant's entry of kind sender, without patterns: a user's list is
 * looked up by value, so that its length costs nothing.
 */
#include "gatepost/lists/users.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/indicator.h"

/* Narrower than any domain: an address, and a domain alone. */
#define NARROW_ADDRESS 1000
#define NARROW_DOMAIN 500

/* What stands between the brackets of "Jane <j@a.example>", or all of it,
 * without what other programs put before a domain.  Points into TEXT. */
static char *
bare(char *text)
{
	char *open, *end;

	text = g_strstrip(text);
	open = strrchr(text, '<');
	end = text + strlen(text);
	if (open && end > open + 1 && end[-1] == '>') {
		end[-1] = '\0';
		text = g_strstrip(open + 1);
	}
	return g_str_has_prefix(text, "*@") ? text + 2 :
	    *text == '@' ? text + 1 : text;
}

/* A suffix of a company, like a blog host's, may be blocked as a whole. */
static bool
is_too_wide(enum user_list list, const char *domain)
{
	enum domain_suffix suffix = domain_suffix(domain);

	return suffix == SUFFIX_ICANN ||
	    (suffix == SUFFIX_PRIVATE && list == USER_SAFE);
}

char *
user_value_normal(enum user_list list, const char *raw, GError **error)
{
	g_autoptr(Indicator) sender = NULL;
	g_autofree char *copy = NULL;
	const char *domain, *value;

	if (!g_utf8_validate(raw, -1, NULL)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "it is not in UTF-8");
		return NULL;
	}
	copy = g_strdup(raw);
	value = bare(copy);
	if (*value == '/') {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "a user's list takes no regular expression: "
			    "write an address, a domain or *.domain");
		return NULL;
	}
	sender = indicator_new(INDICATOR_SENDER, value, NULL, error);
	if (!sender)
		return NULL;
	domain = g_str_has_prefix(sender->value, "*.") ? sender->value + 2 :
	    sender->value;
	if (!strchr(domain, '@') && is_too_wide(list, domain)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "\"%s\" is a public suffix: it is of many "
			    "organisations, so write the domain of one",
			    domain);
		return NULL;
	}
	return g_steal_pointer(&sender->value);
}

void
user_values_of(const char *address, GPtrArray *values)
{
	const char *domain = address_domain(address);

	g_ptr_array_add(values, g_strdup(address));
	if (!*domain)
		return;
	g_ptr_array_add(values, g_strdup(domain));
	for (; domain; domain = strchr(domain, '.') ?
	     strchr(domain, '.') + 1 : NULL)
		g_ptr_array_add(values, g_strconcat("*.", domain, NULL));
}

bool
user_value_covers(const char *value, const char *address)
{
	const char *domain = address_domain(address);

	if (g_str_has_prefix(value, "*."))
		return *domain && domain_is_below(domain, value + 2);
	return strcmp(value, strchr(value, '@') ? address : domain) == 0;
}

gint64
user_value_narrowness(const char *value)
{
	gint64 labels = 0;

	if (strchr(value, '@'))
		return NARROW_ADDRESS;
	if (!g_str_has_prefix(value, "*."))
		return NARROW_DOMAIN;
	for (; *value; value++)
		labels += *value == '.';
	return labels;
}

void
user_entry_key(const UserEntry *entry, const char *tenant, const char *user,
	       char out[HASH_TEXT])
{
	/* The same on every host of an installation. */
	static const struct hash_key every_host = { 7, 11 };
	g_autoptr(GString) all = g_string_new(NULL);
	const char *const parts[] = { tenant, user, user_lists[entry->list],
				      entry->value };

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
		g_string_append_len(all, parts[i],
				    (gssize)strlen(parts[i]) + 1);
	hash_text(hash_bytes(&every_host, all->str, all->len), out);
}
