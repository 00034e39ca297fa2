/*
 * entry_parse.c -- read a line of a list file
 *
 *	ACTION KIND VALUE [VALUE] [OPTION=VALUE ...]   # comment
 *
 * Words are read by their place, so that a value may look like an option.
 * Options are collected first and applied in the order of their table,
 * because a span in `expires=` counts from an `added=` that may follow it.
 * To add one: a row in options[], here, and in entry.c.
 */
#include "gatepost/lists/entry.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/category.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/model/pattern.h"
#include "gatepost/model/url.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* A /16 of IPv4 is large, a /8 is a part of the world. */
#define IPV4_PREFIX_LEAST (96 + 8)
#define IPV6_PREFIX_LEAST 16

struct reader {
	const char *at;			/* what is left of the line */
	const struct entry_place *place;
	Entry *entry;
	GPtrArray *warnings;
	GError **error;
	bool is_plain;			/* the value needs no further check */
};

static bool fail(const struct reader *reader, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

static bool
fail(const struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (reader->error && !*reader->error)
		*reader->error = g_error_new_valist(G_FILE_ERROR,
						    G_FILE_ERROR_INVAL,
						    format, args);
	va_end(args);
	return false;
}

static void warn(const struct reader *reader, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

static void
warn(const struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (reader->warnings)
		g_ptr_array_add(reader->warnings,
				g_strdup_vprintf(format, args));
	va_end(args);
}

/* ---- words ---- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Go to the next word.  False at the end of the line or at a comment. */
static bool
seek(struct reader *reader)
{
	while (is_blank(*reader->at))
		reader->at++;
	return *reader->at && *reader->at != '#';
}

/* Append the quoted text that starts at the cursor, without its quotes. */
static bool
take_quoted(struct reader *reader, GString *out)
{
	const char *p = reader->at + 1;

	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		else if (*p == '\\')
			return fail(reader, "a \\ in quotes stands before \" "
				    "or \\: write \\\\ for one");
		g_string_append_c(out, *p);
	}
	if (!*p)
		return fail(reader, "the closing \" is missing");
	reader->at = p + 1;
	return true;
}

/* Append the expression that starts at the cursor, with its slashes. */
static bool
take_pattern(struct reader *reader, GString *out)
{
	const char *p = reader->at + 1;

	for (; *p && *p != '/'; p++)
		if (*p == '\\' && p[1])
			p++;
	if (!*p)
		return fail(reader, "the closing / of the regular expression "
			    "is missing (write \\/ for a slash inside)");
	g_string_append_len(out, reader->at, p + 1 - reader->at);
	reader->at = p + 1;
	return true;
}

/* The next word, or NULL: then ERROR is set, or there is none.  Yours. */
static char *
take_word(struct reader *reader)
{
	g_autoptr(GString) word = NULL;

	if (!seek(reader))
		return NULL;
	if (*reader->at != '"' && *reader->at != '/') {
		const char *from = reader->at;

		reader->at += strcspn(from, " \t");
		return g_strndup(from, (gsize)(reader->at - from));
	}
	word = g_string_new(NULL);
	if (*reader->at == '"') {
		if (!take_quoted(reader, word))
			return NULL;
	} else if (!take_pattern(reader, word)) {
		return NULL;
	}
	if (*reader->at && !is_blank(*reader->at)) {
		fail(reader, "a blank must follow %s", word->str);
		return NULL;
	}
	return g_strdup(word->str);
}

/* ---- options ---- */

/* Set a member from the VALUES of an option, one at least. */
typedef bool option_set(struct reader *reader, const char *name,
			GPtrArray *values);

static bool
time_read(struct reader *reader, const char *name, const char *text,
	  gint64 *at)
{
	if (clock_parse(text, reader->place->zone, at))
		return true;
	return fail(reader, "%s=%s is no time: write 2026-12-31 (the end of "
		    "that day) or 2026-12-31T18:00:00Z", name, text);
}

static bool
set_added(struct reader *reader, const char *name, GPtrArray *values)
{
	return time_read(reader, name, values->pdata[0],
			 &reader->entry->added);
}

static bool
set_expires(struct reader *reader, const char *name, GPtrArray *values)
{
	const char *text = values->pdata[0];
	Entry *entry = reader->entry;
	char at[CLOCK_TEXT];
	gint64 span;

	if (clock_span(text, &span))
		return fail(reader, "expires=%s: a span starts with a +, as "
			    "in +7d, and counts from added=", text);
	if (text[0] != '+') {
		if (!time_read(reader, name, text, &entry->expires))
			return false;
	} else if (!clock_span(text + 1, &span)) {
		return fail(reader, "expires=%s is no span: write +12h, +7d "
			    "or +2w", text);
	} else if (!entry->added) {
		return fail(reader, "expires=%s counts from added=, which "
			    "this line lacks: add it, or write a date",
			    text);
	} else {
		entry->expires = entry->added + span;
	}
	clock_format(entry->expires, at);
	if (entry->expires <= clock_now())
		warn(reader, "expired on %s", at);
	return true;
}

static bool
set_unused(struct reader *reader, const char *name, GPtrArray *values)
{
	const char *text = values->pdata[0];

	if (clock_span(text, &reader->entry->unused) &&
	    reader->entry->unused > 0)
		return true;
	return fail(reader, "%s=%s is no span: write 45d", name, text);
}

static bool
set_for(struct reader *reader, const char *name, GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++) {
		const char *text = values->pdata[i];
		char *normal = strchr(text, '@') ? address_normal(text) :
		    domain_normal(text);

		if (!normal || text[0] == '@') {
			g_free(normal);
			return fail(reader, "%s=%s is neither an address nor "
				    "a domain", name, text);
		}
		entry_add_value(&reader->entry->for_, normal);
	}
	return true;
}

static bool
set_except(struct reader *reader, const char *name, GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++) {
		char *normal = domain_normal(values->pdata[i]);

		if (!normal)
			return fail(reader, "%s=%s is no domain", name,
				    (const char *)values->pdata[i]);
		entry_add_value(&reader->entry->except, normal);
	}
	return true;
}

/* Find the word in NAMES (ends with NULL), or say which there are. */
static bool
choose(struct reader *reader, const char *name, GPtrArray *values,
       const char *const *names, int *chosen)
{
	const char *word = values->pdata[0];
	g_autofree char *all = NULL;

	*chosen = fields_word(names, word);
	if (*chosen >= 0)
		return true;
	all = g_strjoinv(", ", (char **)names);
	return fail(reader, "%s=%s: write one of %s", name, word, all);
}

static bool
set_direction(struct reader *reader, const char *name, GPtrArray *values)
{
	int chosen;

	if (!choose(reader, name, values, entry_directions, &chosen))
		return false;
	reader->entry->direction = (enum entry_direction)chosen;
	switch (reader->entry->indicator->kind) {
	case INDICATOR_NAME:
	case INDICATOR_IP:
	case INDICATOR_DEFECT:
	case INDICATOR_SPOOF:
		return chosen == DIRECTION_IN ||
		    fail(reader, "%s=%s: kind %s says nothing of mail that "
			 "our users send: name their correspondent by kind "
			 "sender", name, entry_directions[chosen],
			 indicator_kinds[reader->entry->indicator->kind]);
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
	case INDICATOR_URL:
	case INDICATOR_FILE:
	case INDICATOR_FILENAME:
	case INDICATOR_KINDS:
		break;
	}
	return true;
}

static bool
set_as(struct reader *reader, const char *name, GPtrArray *values)
{
	if (reader->entry->action == ENTRY_ALLOW)
		warn(reader, "%s= says what a block means; an allow ignores "
		     "it", name);
	return choose(reader, name, values, categories, &reader->entry->as);
}

static bool
set_action(struct reader *reader, const char *name, GPtrArray *values)
{
	if (reader->entry->action == ENTRY_ALLOW)
		warn(reader, "%s= says what a block does; an allow ignores "
		     "it", name);
	return choose(reader, name, values, actions, &reader->entry->done);
}

static bool
set_proof(struct reader *reader, const char *name, GPtrArray *values)
{
	int chosen;

	if (!choose(reader, name, values, entry_proofs, &chosen))
		return false;
	reader->entry->proof = (enum entry_proof)chosen;
	if (reader->entry->action != ENTRY_ALLOW)
		warn(reader, "%s= says what an allow needs; a block needs "
		     "none", name);
	return true;
}

static bool
set_override(struct reader *reader, const char *name, GPtrArray *values)
{
	int chosen;

	if (!choose(reader, name, values, entry_overrides, &chosen))
		return false;
	reader->entry->override = (enum entry_override)chosen;
	if (reader->entry->action != ENTRY_ALLOW)
		warn(reader, "%s= says what an allow lifts; a block lifts "
		     "nothing", name);
	return true;
}

static bool
set_text(struct reader *reader, const char *name, GPtrArray *values)
{
	Entry *entry = reader->entry;
	char **member = strcmp(name, "note") == 0 ? &entry->note :
	    strcmp(name, "by") == 0 ? &entry->by : &entry->submission;

	*member = g_strdup(values->pdata[0]);
	return true;
}

static bool
set_wide(struct reader *reader, const char *name, GPtrArray *values)
{
	const char *word = values->pdata[0];

	reader->entry->wide = strcmp(word, "yes") == 0;
	return reader->entry->wide || strcmp(word, "no") == 0 ||
	    fail(reader, "%s=%s: write yes, or leave it out", name, word);
}

/* In the order in which they are applied. */
static const struct option {
	const char *name;
	option_set *set;
	bool takes_several;
} options[] = {
	{ "added", set_added, false },
	{ "expires", set_expires, false },
	{ "unused", set_unused, false },
	{ "for", set_for, true },
	{ "direction", set_direction, false },
	{ "as", set_as, false },
	{ "action", set_action, false },
	{ "proof", set_proof, false },
	{ "override", set_override, false },
	{ "except", set_except, true },
	{ "note", set_text, false },
	{ "by", set_text, false },
	{ "submission", set_text, false },
	{ "wide", set_wide, false },
};

/* The row of the option at the cursor, which goes behind its '='; -1 and
 * ERROR set when there is no such option. */
static int
option_find(struct reader *reader)
{
	gsize length = strcspn(reader->at, "= \t");
	g_autofree char *name = g_strndup(reader->at, length);
	const char *names[G_N_ELEMENTS(options) + 1] = { NULL };
	const char *nearest;

	if (reader->at[length] != '=') {
		fail(reader, "\"%s\" is no option: write NAME=VALUE, and "
		     "quote a value that has blanks", name);
		return -1;
	}
	for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
		names[i] = options[i].name;
		if (strcmp(name, names[i]) == 0) {
			reader->at += length + 1;
			return (int)i;
		}
	}
	nearest = text_nearest(name, names);
	fail(reader, "unknown option \"%s\"%s%s%s", name,
	     nearest ? ": did you mean \"" : "", nearest ? nearest : "",
	     nearest ? "\"?" : "");
	return -1;
}

/* One value at the cursor, which goes behind it.  Yours; NULL: ERROR set. */
static char *
take_value(struct reader *reader, const struct option *option)
{
	g_autoptr(GString) value = g_string_new(NULL);
	const char *stop = option->takes_several ? " \t," : " \t";
	gsize length;

	if (*reader->at == '"') {
		if (!take_quoted(reader, value))
			return NULL;
		if (*reader->at && !strchr(stop, *reader->at)) {
			fail(reader, "a blank must follow the quoted value of"
			     " %s=", option->name);
			return NULL;
		}
	} else {
		length = strcspn(reader->at, stop);
		g_string_append_len(value, reader->at, (gssize)length);
		reader->at += length;
	}
	if (value->len == 0) {
		fail(reader, "%s= has no value", option->name);
		return NULL;
	}
	return g_strdup(value->str);
}

/* The values at the cursor, up to the next blank; NULL: ERROR set. */
static GPtrArray *
take_values(struct reader *reader, const struct option *option)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);

	for (;;) {
		char *value = take_value(reader, option);

		if (!value)
			return NULL;
		g_ptr_array_add(values, value);
		if (*reader->at != ',' || !option->takes_several)
			return g_steal_pointer(&values);
		reader->at++;
	}
}

static bool
options_collect(struct reader *reader, GPtrArray **given)
{
	while (seek(reader)) {
		int i = option_find(reader);

		if (i < 0)
			return false;
		if (given[i])
			return fail(reader, "%s= stands there twice%s",
				    options[i].name,
				    options[i].takes_several ?
				    ": part its values by commas" : "");
		given[i] = take_values(reader, &options[i]);
		if (!given[i])
			return false;
	}
	return true;
}

static bool
options_apply(struct reader *reader, GPtrArray **given)
{
	for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
		if (!given[i])
			continue;
		if (!options[i].set(reader, options[i].name, given[i]))
			return false;
	}
	return true;
}

static bool
options_read(struct reader *reader)
{
	GPtrArray *given[G_N_ELEMENTS(options)] = { NULL };
	bool good = options_collect(reader, given) &&
	    options_apply(reader, given);

	for (guint i = 0; i < G_N_ELEMENTS(options); i++)
		if (given[i])
			g_ptr_array_unref(given[i]);
	return good;
}

/* ---- what is legal, but too wide or in vain ---- */

/* Check DOMAIN, which a value covers alone or, if BELOW, with all below. */
static bool
check_suffix(const struct reader *reader, const char *domain, bool below)
{
	const Entry *entry = reader->entry;
	enum domain_suffix suffix = domain_suffix(domain);

	/* All below a name without a dot is a top level, listed or not. */
	if (below && suffix == SUFFIX_NONE && !strpbrk(domain, ".:"))
		suffix = SUFFIX_ICANN;
	if (suffix == SUFFIX_NONE)
		return true;
	if (entry->action == ENTRY_ALLOW)
		return fail(reader, "no allow of a public suffix: anyone can "
			    "have a name below %s", domain);
	if (suffix == SUFFIX_PRIVATE)
		warn(reader, "%s is a public suffix: unrelated people have "
		     "names below it", domain);
	else if (entry->action == ENTRY_BLOCK && !entry->wide)
		return fail(reader, "%s is a public suffix: write wide=yes "
			    "if it is meant", domain);
	return true;
}

static bool
check_ip(const struct reader *reader, const char *value)
{
	struct network network;

	if (network_parse(value, &network) &&
	    network.prefix < (network_is_ipv4(&network) ?
			      IPV4_PREFIX_LEAST : IPV6_PREFIX_LEAST))
		warn(reader, "%s is a very large network", value);
	return true;
}

static bool
check_filename(const struct reader *reader, const char *value)
{
	if (value[strspn(value, "*?")])
		return true;
	if (reader->entry->action == ENTRY_ALLOW)
		return fail(reader, "no allow of every file name");
	return reader->entry->wide ||
	    reader->entry->action == ENTRY_OBSERVE ||
	    fail(reader, "\"%s\" covers every file: write wide=yes if it is "
		 "meant", value);
}

/* 192.0.2.0/24 is a page of one host here. */
static void
warn_network(const struct reader *reader, const char *value)
{
	g_auto(GStrv) parts = g_strsplit_set(value, "[]", -1);
	g_autofree char *bare = g_strjoinv("", parts);
	struct network network;

	if (strchr(bare, '/') && network_parse(bare, &network))
		warn(reader, "%s is the page %s of one host: a url entry "
		     "takes an address, not a network", value,
		     strchr(value, '/'));
}

/* Hardly a link to be blocked is one without a path. */
static void
warn_pathless(const struct reader *reader, const char *value,
	      const char *host)
{
	struct network network;

	switch (url_entry_form(value)) {
	case URL_SITE:
		warn(reader, "%s covers no link with a path: write %s or "
		     "~%s~ for those as well", value, host, host);
		break;
	case URL_BELOW:
		warn(reader, "%s covers no link with a path: add %s/* for "
		     "those", value, value);
		break;
	case URL_HOST:
		if (network_parse(value, &network))
			warn(reader, "%s covers no link with a path: add "
			     "%s%s%s/* for those", value,
			     strchr(value, ':') ? "[" : "", value,
			     strchr(value, ':') ? "]" : "");
		break;
	case URL_PATH:
		warn_network(reader, value);
		break;
	case URL_AROUND:
	case URL_FOLDER:
	case URL_PATH_BELOW:
	case URL_FOLDER_BELOW:
	case URL_SUFFIX:
		break;
	}
}

/* The host in the value of a url entry is what is checked of it. */
static bool
check_url(const struct reader *reader, const char *value)
{
	const char *host = value + (value[0] == '~' ? 1 :
	    g_str_has_prefix(value, "*.") ? 2 : 0);
	g_autofree char *bare = g_strndup(host, strcspn(host, "/~"));
	bool below = host != value || reader->entry->action != ENTRY_ALLOW;

	if (reader->entry->action == ENTRY_BLOCK)
		warn_pathless(reader, value, bare);
	return check_suffix(reader, bare, below);
}

static bool
check_pattern(const struct reader *reader, const char *value)
{
	g_autoptr(Pattern) pattern = pattern_new(value, NULL);
	g_autofree char *endless = pattern ? pattern_endless(pattern, value) :
	    NULL;
	gint64 left = BOUND_PATTERN_STEPS;

	if (endless)
		return fail(reader, "%s backtracks without end, as on \"%s\": "
			    "let no repetition stand inside another, write "
			    "(a+)+ as a+", value, endless);
	if (pattern && pattern_run(pattern, "", &left) == PATTERN_FOUND)
		warn(reader, "%s matches every value", value);
	return true;
}

/* A sender, an envelope, or a half of a spoof pair. */
static bool
check_mailer(const struct reader *reader, const char *value, bool below)
{
	struct network network;

	if (strchr(value, '@') || strcmp(value, "*") == 0 ||
	    strcmp(value, "<>") == 0 || network_parse(value, &network))
		return true;
	if (g_str_has_prefix(value, "*."))
		return check_suffix(reader, value + 2, true);
	return check_suffix(reader, value, below);
}

static bool
check(const struct reader *reader)
{
	const Entry *entry = reader->entry;
	const char *value = entry->indicator->value;

	if (indicator_is_pattern(entry->indicator))
		return check_pattern(reader, value);
	switch (entry->indicator->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		return check_mailer(reader, value, false);
	case INDICATOR_IP:
		return check_ip(reader, value);
	case INDICATOR_URL:
		return check_url(reader, value);
	case INDICATOR_FILENAME:
		return check_filename(reader, value);
	case INDICATOR_SPOOF:
		check_ip(reader, entry->indicator->source);
		return check_mailer(reader, value, false) &&
		    check_mailer(reader, entry->indicator->source, true);
	case INDICATOR_DEFECT:
		return entry->action != ENTRY_ALLOW ||
		    fail(reader, "a defect is no reason to let mail in; "
			 "allow who sends it");
	case INDICATOR_NAME:
	case INDICATOR_FILE:
	case INDICATOR_KINDS:
		break;
	}
	return true;
}

bool
entry_check(const Entry *entry, GError **error)
{
	struct reader reader = { "", NULL, (Entry *)entry, NULL, error,
				 false };

	return check(&reader);
}

/* ---- the line ---- */

/* Find the next word in NAMES; -1 and ERROR set when it is none. */
static int
take_name(struct reader *reader, const char *what, const char *const *names)
{
	g_autofree char *word = take_word(reader);
	g_autofree char *all = NULL;
	const char *nearest;
	int found = fields_word(names, word);

	if (found >= 0)
		return found;
	all = g_strjoinv(", ", (char **)names);
	if (!word) {
		fail(reader, "the %s is missing: one of %s", what, all);
		return -1;
	}
	nearest = text_nearest(word, names);
	fail(reader, "\"%s\" is no %s, one of %s%s%s%s", word, what, all,
	     nearest ? "; did you mean \"" : "", nearest ? nearest : "",
	     nearest ? "\"?" : "");
	return -1;
}

static bool
indicator_read(struct reader *reader, enum indicator_kind kind)
{
	g_autofree char *value = take_word(reader);
	g_autofree char *source = NULL;

	if (!value)
		return fail(reader, "the value is missing behind \"%s\"",
			    indicator_kinds[kind]);
	if (entry_value_is_plain(kind, value)) {
		reader->is_plain = true;
		reader->entry->indicator = indicator_seen(kind, value);
		return true;
	}
	if (kind == INDICATOR_SPOOF) {
		source = take_word(reader);
		if (!source)
			return fail(reader, "a spoof entry has two values, "
				    "who is shown and who sends");
	}
	reader->entry->indicator = indicator_new(kind, value, source,
						 reader->error);
	return reader->entry->indicator != NULL;
}

static bool
line_read(struct reader *reader)
{
	Entry *entry = reader->entry;
	int action, kind;

	action = take_name(reader, "action", entry_actions);
	if (action < 0)
		return false;
	entry->action = (enum entry_action)action;
	kind = take_name(reader, "kind", indicator_kinds);
	if (kind < 0)
		return false;
	if (kind == INDICATOR_NAME && action == ENTRY_ALLOW)
		return fail(reader, "no allow by name: anyone can write any "
			    "name; allow the sender's address");
	return indicator_read(reader, (enum indicator_kind)kind) &&
	    options_read(reader) && (reader->is_plain || check(reader));
}

/* Is LINE fit to be read at all? */
static bool
check_line(const struct reader *reader, const char *line)
{
	if (strlen(line) > BOUND_LIST_LINE)
		return fail(reader, "the line is longer than %d octets",
			    BOUND_LIST_LINE);
	if (!g_utf8_validate(line, -1, NULL))
		return fail(reader, "the line is no UTF-8");
	for (const char *p = line; *p; p++)
		if (g_ascii_iscntrl(*p) && *p != '\t')
			return fail(reader, "the line holds a control "
				    "character, at octet %d",
				    (int)(p - line) + 1);
	return true;
}

Entry *
entry_parse(const char *line, const struct entry_place *place,
	    GPtrArray *warnings, GError **error)
{
	g_autoptr(Entry) entry = NULL;
	g_autoptr(GError) fault = NULL;
	g_autofree char *text = g_strdup(line);
	struct reader reader = { text, place, NULL, warnings, &fault,
				 false };

	text[strcspn(text, "\n")] = '\0';
	if (g_str_has_suffix(text, "\r"))
		text[strlen(text) - 1] = '\0';
	if (check_line(&reader, text)) {
		if (!seek(&reader))
			return NULL;
		entry = entry_new();
		reader.entry = entry;
		if (line_read(&reader)) {
			entry_key(entry, place->tenant);
			entry->file = g_strdup(place->file);
			entry->line = place->line;
			entry->text = g_steal_pointer(&text);
			return g_steal_pointer(&entry);
		}
	}
	g_assert(fault);
	g_propagate_error(error, g_steal_pointer(&fault));
	return NULL;
}
