/*
 * entry.c -- an entry's names, its key, and how it is written as a line and
 * as JSON
 *
 * The key names an entry in the ledger and in usage for as long as it says
 * the same; its hash must never change, on any host.
 */
#include "gatepost/lists/entry.h"

#include <string.h>

#include "gatepost/model/category.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/json.h"

const char *const entry_actions[] = { "block", "allow", "observe", NULL };
const char *const entry_directions[] = { "in", "out", "both", NULL };
const char *const entry_overrides[] = {
	"phish", "phish_high", "malware", NULL
};
const char *const entry_proofs[] = { "kind", "none", "spf", "dkim", NULL };

static const struct hash_key every_host = {
	G_GUINT64_CONSTANT(0x67617465706f7374),	/* "gatepost" */
	G_GUINT64_CONSTANT(0x656e747279206b31),	/* "entry k1" */
};

bool
entry_is_automatic(const char *by)
{
	static const char *const makers[] = {
		"verdict", "provisional", "feed", NULL
	};

	return by && g_strv_contains(makers, by);
}

/* What nearly all entries have in both their lists: nothing.  It is one for
 * all of them, never added to, and never freed. */
static GPtrArray no_values;

void
entry_add_value(GPtrArray **values, char *value)
{
	if (*values == &no_values)
		*values = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(*values, value);
}

static void
values_free(GPtrArray *values)
{
	if (values != &no_values)
		g_ptr_array_unref(values);
}

Entry *
entry_new(void)
{
	Entry *entry = g_new0(Entry, 1);

	entry->for_ = entry->except = &no_values;
	entry->as = -1;
	entry->done = -1;
	return entry;
}

void
entry_free(Entry *entry)
{
	if (!entry)
		return;
	indicator_free(entry->indicator);
	values_free(entry->for_);
	values_free(entry->except);
	g_free(entry->note);
	g_free(entry->by);
	g_free(entry->submission);
	g_free(entry->file);
	g_free(entry->text);
	g_free(entry);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Append TEXT (NULL as "") and a NUL, which no text holds. */
static void
append(GString *out, const char *text)
{
	g_string_append(out, text ? text : "");
	g_string_append_c(out, '\0');
}

void
entry_key(Entry *entry, const char *tenant)
{
	g_autoptr(GString) all = g_string_sized_new(256);
	g_autoptr(GPtrArray) users = entry->for_->len ? g_ptr_array_new() :
	    NULL;

	append(all, tenant);
	append(all, entry_actions[entry->action]);
	append(all, indicator_kinds[entry->indicator->kind]);
	append(all, entry->indicator->value);
	append(all, entry->indicator->source);
	for (guint i = 0; i < entry->for_->len; i++)
		g_ptr_array_add(users, entry->for_->pdata[i]);
	if (users)
		g_ptr_array_sort(users, compare_texts);
	for (guint i = 0; i < entry->for_->len; i++) {
		g_string_append(all, users->pdata[i]);
		g_string_append_c(all, ',');
	}
	g_string_append_c(all, '\0');
	append(all, entry_directions[entry->direction]);
	hash_text(hash_bytes(&every_host, all->str, all->len), entry->key);
}

void
entry_append_word(GString *out, const char *text, bool commas)
{
	if (*text && !strpbrk(text, " \t\"\\") && !strchr("#/", *text) &&
	    !(commas && strchr(text, ','))) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

/* Do values of KIND have a local part? */
static bool
is_mailer(enum indicator_kind kind)
{
	return kind != INDICATOR_NAME && kind != INDICATOR_FILENAME &&
	    kind != INDICATOR_URL && kind != INDICATOR_DEFECT;
}

char *
entry_value_text(const Indicator *indicator)
{
	const char *value = indicator->value;
	const char *at = strrchr(value, '@');
	GString *out;

	if (!at || indicator_is_pattern(indicator) ||
	    !is_mailer(indicator->kind))
		return g_strdup(value);
	out = g_string_new(NULL);
	for (; value < at; value++)
		if (strchr(" \t\"\\%#/*", *value))
			g_string_append_printf(out, "%%%02X",
					       (guchar)*value);
		else
			g_string_append_c(out, *value);
	g_string_append(out, at);
	return g_string_free(out, FALSE);
}

/* Append VALUE so that entry_parse() reads it as the same. */
static void
append_value(GString *out, const Indicator *indicator)
{
	g_autofree char *value = entry_value_text(indicator);

	if (indicator_is_pattern(indicator) ||
	    (is_mailer(indicator->kind) && strchr(value, '@'))) {
		g_string_append(out, value);
	} else if (indicator->kind == INDICATOR_NAME) {
		/* Quotes are the custom there, needed or not. */
		g_autofree char *blank = g_strconcat(value, " ", NULL);

		entry_append_word(out, blank, false);
		g_string_truncate(out, out->len - 2);
		g_string_append_c(out, '"');
	} else {
		entry_append_word(out, value, false);
	}
}

static void
append_list(GString *out, const char *name, const GPtrArray *values)
{
	for (guint i = 0; i < values->len; i++) {
		if (i == 0)
			g_string_append_printf(out, " %s=", name);
		else
			g_string_append_c(out, ',');
		entry_append_word(out, values->pdata[i], true);
	}
}

static void
append_text(GString *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	g_string_append_printf(out, " %s=", name);
	entry_append_word(out, text, false);
}

static void
append_time(GString *out, const char *name, gint64 at)
{
	char text[CLOCK_TEXT];

	if (!at)
		return;
	clock_format(at, text);
	append_text(out, name, text);
}

/* A span as clock_span() reads it, in the largest unit that fits. */
static char *
span_text(gint64 span)
{
	gint64 seconds = span / CLOCK_SECOND;

	if (seconds % 86400 == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT "d",
				       seconds / 86400);
	if (seconds % 3600 == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT "h",
				       seconds / 3600);
	if (seconds % 60 == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT "m", seconds / 60);
	return g_strdup_printf("%" G_GINT64_FORMAT "s", seconds);
}

char *
entry_format(const Entry *entry)
{
	GString *out = g_string_new(entry_actions[entry->action]);
	g_autofree char *unused = entry->unused ? span_text(entry->unused) :
	    NULL;

	g_string_append_printf(out, " %s ",
			       indicator_kinds[entry->indicator->kind]);
	append_value(out, entry->indicator);
	if (entry->indicator->source)
		g_string_append_printf(out, " %s", entry->indicator->source);
	append_time(out, "expires", entry->expires);
	append_text(out, "unused", unused);
	append_time(out, "added", entry->added);
	append_list(out, "for", entry->for_);
	if (entry->direction != DIRECTION_IN)
		append_text(out, "direction",
			    entry_directions[entry->direction]);
	if (entry->as >= 0)
		append_text(out, "as", categories[entry->as]);
	if (entry->done >= 0)
		append_text(out, "action", actions[entry->done]);
	if (entry->proof != PROOF_KIND)
		append_text(out, "proof", entry_proofs[entry->proof]);
	if (entry->override != OVERRIDE_PHISH)
		append_text(out, "override",
			    entry_overrides[entry->override]);
	append_list(out, "except", entry->except);
	append_text(out, "note", entry->note);
	append_text(out, "by", entry->by);
	append_text(out, "submission", entry->submission);
	if (entry->wide)
		append_text(out, "wide", "yes");
	return g_string_free(out, FALSE);
}

static void
json_list(GString *out, const char *name, const GPtrArray *values)
{
	if (!values->len)
		return;
	json_key(out, name);
	g_string_append_c(out, '[');
	for (guint i = 0; i < values->len; i++) {
		json_comma(out);
		json_quote(out, values->pdata[i]);
	}
	g_string_append_c(out, ']');
}

static void
json_time(GString *out, const char *name, gint64 at)
{
	char text[CLOCK_TEXT];

	clock_format(at, text);
	if (at)
		json_put(out, name, text);
}

static void
json_word(GString *out, const char *name, const char *text)
{
	if (text && *text)
		json_put(out, name, text);
}

static void
json_options(const Entry *entry, GString *out)
{
	g_autofree char *unused = entry->unused ? span_text(entry->unused) :
	    NULL;

	json_time(out, "expires", entry->expires);
	json_word(out, "unused", unused);
	json_time(out, "added", entry->added);
	json_list(out, "for", entry->for_);
	json_word(out, "direction", entry->direction == DIRECTION_IN ? NULL :
		  entry_directions[entry->direction]);
	json_word(out, "as", entry->as < 0 ? NULL : categories[entry->as]);
	json_word(out, "action", entry->done < 0 ? NULL :
		  actions[entry->done]);
	json_word(out, "proof", entry->proof == PROOF_KIND ? NULL :
		  entry_proofs[entry->proof]);
	json_word(out, "override", entry->override == OVERRIDE_PHISH ? NULL :
		  entry_overrides[entry->override]);
	json_list(out, "except", entry->except);
	json_word(out, "note", entry->note);
	json_word(out, "by", entry->by);
	json_word(out, "submission", entry->submission);
	json_word(out, "wide", entry->wide ? "yes" : NULL);
}

void
entry_json_open(const Entry *entry, GString *out)
{
	json_comma(out);
	g_string_append_c(out, '{');
	json_put(out, "action", entry_actions[entry->action]);
	json_put(out, "kind", indicator_kinds[entry->indicator->kind]);
	json_put(out, "value", entry->indicator->value);
	json_put(out, "source", entry->indicator->source);
	json_key(out, "options");
	g_string_append_c(out, '{');
	json_options(entry, out);
	g_string_append_c(out, '}');
	json_put(out, "file", entry->file);
	json_put_number(out, "line", entry->line);
	json_put(out, "key", entry->key);
}
