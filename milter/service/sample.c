/*
 * sample.c -- what an entry matches and what it does not, by example
 *
 * Likely values are made up from the entry's own, kind by kind, and tried
 * with the matcher: a sample is never a guess.
 */
#include "gatepost/service/sample.h"

#include <string.h>

#include "gatepost/model/address.h"
#include "gatepost/model/url.h"

struct sampling {
	const Snapshot *lists;
	const char *tenant;
	enum indicator_kind kind;
	char *hit, *miss;
};

static void
count(const struct snapshot_entry *entry, void *data)
{
	(void)entry;
	++*(guint *)data;
}

/* VALUE as a message shows it; yours, NULL: none could. */
static char *
seen_value(enum indicator_kind kind, const char *value)
{
	g_autoptr(Url) url = NULL;

	switch (kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
	case INDICATOR_SPOOF:
		return address_normal(value);
	case INDICATOR_NAME:
		return indicator_fold_name(value);
	case INDICATOR_URL:
		url = url_parse(value);
		return url ? g_strdup(url->url) : NULL;
	case INDICATOR_FILENAME:
		return indicator_fold_filename(value);
	case INDICATOR_IP:
	case INDICATOR_FILE:
	case INDICATOR_DEFECT:
	case INDICATOR_KINDS:
		break;
	}
	return g_strdup(value);
}

/* Is VALUE (taken), by way of SOURCE, a sample of either sort? */
static void
try(struct sampling *sampling, char *value, const char *source)
{
	g_autofree char *given = value;
	g_autofree char *normal = seen_value(sampling->kind, value);
	g_autoptr(Indicator) seen = NULL;
	char **where;
	guint found = 0;

	if (!normal || (sampling->hit && sampling->miss))
		return;
	seen = indicator_seen(sampling->kind, normal);
	seen->source = g_strdup(source);
	snapshot_match(sampling->lists, sampling->tenant, seen, count,
		       &found);
	/* A pair for everybody is asked for without a source. */
	if (!found && source && sampling->kind == INDICATOR_SPOOF) {
		g_clear_pointer(&seen->source, g_free);
		snapshot_match(sampling->lists, sampling->tenant, seen, count,
			       &found);
	}
	where = found ? &sampling->hit : &sampling->miss;
	if (!*where)
		*where = g_strdup_printf("%s%s%s", given, source ?
					 " by way of " : "",
					 source ? source : "");
}

/* An address of the domain that VALUE names; yours. */
static char *
somebody(const char *value)
{
	return strchr(value, '@') ? g_strdup(value) :
	    g_strconcat("anyone@", strcmp(value, "*") == 0 ?
			"any.example" : g_str_has_prefix(value, "*.") ?
			value + 2 : value, NULL);
}

static void
sample_address(struct sampling *sampling, const char *value)
{
	g_autofree char *one = somebody(value);
	const char *domain = strrchr(one, '@') + 1;

	try(sampling, g_strdup(one), NULL);
	try(sampling, g_strconcat("anyone@mail.", domain, NULL), NULL);
	try(sampling, g_strconcat("other@", domain, NULL), NULL);
	try(sampling, g_strconcat("anyone@not", domain, NULL), NULL);
}

/* The first address of the network TEXT, or one just outside; "" when there
 * is none.  Yours. */
static char *
address_of(const char *text, bool is_outside)
{
	struct network network;
	char out[NETWORK_TEXT];
	int least;

	if (!network_parse(text, &network))
		return g_strdup("");
	least = network_is_ipv4(&network) ? 96 : 0;
	if (is_outside && network.prefix > least) {
		int bit = network.prefix - 1;

		network.octets[bit / 8] ^= (guint8)(0x80 >> bit % 8);
	} else if (is_outside) {
		return g_strdup("");
	}
	network.prefix = 128;
	network_format(&network, out);
	return g_strdup(out);
}

static void
sample_link(struct sampling *sampling, const char *value)
{
	gsize length;
	const char *key = url_entry_key(value, &length);
	g_autofree char *at = g_strndup(key, length);
	/* Of a host, of a page and of a folder, the telling ones first. */
	static const char *const forms[][6] = {
		{ "", "/any/page", NULL },
		{ "", "?more=1", "/more", NULL },
		{ "page", "", NULL },
	};
	static const char *const hosts[] = { "", "www.", "not" };
	guint form = !strchr(at, '/') ? 0 :
	    g_str_has_suffix(at, "/") ? 2 : 1;

	for (guint i = 0; i < G_N_ELEMENTS(hosts); i++)
		for (guint j = 0; forms[form][j]; j++)
			try(sampling, g_strconcat("http://", hosts[i], at,
						  forms[form][j], NULL),
			    NULL);
}

/* A glob with something in the place of each star and question mark. */
static void
sample_filename(struct sampling *sampling, const char *value)
{
	g_autoptr(GString) name = g_string_new(NULL);

	for (; *value; value++)
		if (*value == '*')
			g_string_append(name, "any");
		else
			g_string_append_c(name, *value == '?' ? 'x' : *value);
	try(sampling, g_strdup(name->str), NULL);
	try(sampling, g_strconcat(name->str, ".txt", NULL), NULL);
	try(sampling, g_strdup("other"), NULL);
}

static void
sample_pair(struct sampling *sampling, const Indicator *pair)
{
	g_autofree char *one = somebody(pair->value);
	g_autofree char *inside = address_of(pair->source, false);
	g_autofree char *outside = address_of(pair->source, true);
	g_autofree char *host = g_strconcat("mail.", pair->source, NULL);
	g_autofree char *other = g_strconcat("mail.not", pair->source, NULL);

	if (strcmp(pair->source, "*") == 0) {
		try(sampling, g_strdup(one), "192.0.2.1");
	} else if (*inside) {
		try(sampling, g_strdup(one), inside);
		if (*outside)
			try(sampling, g_strdup(one), outside);
	} else {
		try(sampling, g_strdup(one), host);
		try(sampling, g_strdup(one), other);
	}
	try(sampling, g_strdup("someone@elsewhere.example"), "192.0.2.1");
}

/* PATTERN with the first of what each part may be, as far as that is easily
 * said; yours. */
static char *
text_of_pattern(const char *pattern)
{
	static const char *const classes[] = { "d1", "wa", "s ", NULL };
	GString *out = g_string_new(NULL);

	for (const char *p = pattern + 1; *p && p[1]; p++) {
		if (*p == '\\' && p[1]) {
			char c = *++p;

			for (guint i = 0; classes[i]; i++)
				if (classes[i][0] == c)
					c = classes[i][1];
			g_string_append_c(out, c);
		} else if (*p == '[') {
			g_string_append_c(out, p[1]);
			p += strcspn(p, "]") - (strchr(p, ']') ? 0 : 1);
		} else if (*p == '{') {
			p += strcspn(p, "}") - (strchr(p, '}') ? 0 : 1);
		} else if (*p == '|') {
			p += strcspn(p, ")/") - 1;
		} else if (*p == '.') {
			g_string_append_c(out, 'x');
		} else if (!strchr("^$()*+?", *p)) {
			g_string_append_c(out, *p);
		}
	}
	return g_string_free(out, FALSE);
}

static void
sample_pattern(struct sampling *sampling, const char *pattern)
{
	g_autofree char *text = text_of_pattern(pattern);
	bool is_link = sampling->kind == INDICATOR_URL;

	try(sampling, g_strdup(is_link ? "http://elsewhere.example/" :
			       "someone@elsewhere.example"), NULL);
	try(sampling, g_strdup(text), NULL);
	try(sampling, g_strconcat(text, strchr(text, '@') ? "any.example" :
				  "@any.example", NULL), NULL);
	try(sampling, g_strconcat("any@", text, NULL), NULL);
	try(sampling, g_strconcat(text, ".example", NULL), NULL);
}

void
sample_find(const Entry *entry, const Snapshot *lists, const char *tenant,
	    char **hit, char **miss)
{
	const Indicator *indicator = entry->indicator;
	const char *value = indicator->value;
	struct sampling sampling = { lists, tenant, indicator->kind, NULL,
				     NULL };

	if (indicator_is_pattern(indicator)) {
		sample_pattern(&sampling, value);
	} else switch (indicator->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		if (strcmp(value, "<>") == 0)
			try(&sampling, g_strdup("<>"), NULL);
		sample_address(&sampling, strcmp(value, "<>") == 0 ?
			       "any.example" : value);
		break;
	case INDICATOR_NAME:
		try(&sampling, g_strdup(value), NULL);
		try(&sampling, g_strconcat(value, " and others", NULL), NULL);
		break;
	case INDICATOR_IP:
		try(&sampling, address_of(value, false), NULL);
		try(&sampling, address_of(value, true), NULL);
		break;
	case INDICATOR_URL:
		sample_link(&sampling, value);
		break;
	case INDICATOR_FILE:
		try(&sampling, g_strdup(value), NULL);
		try(&sampling, g_strconcat(*value == '0' ? "1" : "0",
					   value + 1, NULL), NULL);
		break;
	case INDICATOR_FILENAME:
		sample_filename(&sampling, value);
		break;
	case INDICATOR_DEFECT:
		try(&sampling, g_strdup(value), NULL);
		break;
	case INDICATOR_SPOOF:
		sample_pair(&sampling, indicator);
		break;
	case INDICATOR_KINDS:
		break;
	}
	*hit = sampling.hit;
	*miss = sampling.miss;
}
