/*
 * cmd_list.c -- gatepost list: show, add, remove, find, compile
 *
 * Only the tenant's managed list is written; a file of the operator's is
 * read, and never touched.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/cli.h"
#include "gatepost/cli/list.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/url.h"
#include "gatepost/service/lists.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"

GPtrArray *
list_entries(struct cli *cli, const Tenant *tenant)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);

	lists_read(cli->config, tenant, entries, notes);
	for (guint i = 0; i < notes->len; i++) {
		const struct list_note *note = notes->pdata[i];

		if (note->is_error)
			fprintf(stderr, "gatepost: %s:%u: %s\n", note->file,
				note->line, note->text);
	}
	return entries;
}

static void
add_json(GString *out, const Entry *entry, const Life *life)
{
	json_comma(out);
	entry_json_open(entry, out);
	list_usage_json(life, entry, out);
	g_string_append(out, "}");
}

/* LIFE may be NULL: nothing is known of it. */
static void
print_entries(struct cli *cli, const GPtrArray *entries, const Life *life)
{
	g_autoptr(GString) out = g_string_new("{\"entries\":[");
	static const char *const heads[] = { "KEY", "ENTRY", "HITS",
					     "LAST USED", "PLACE", NULL };
	struct table *table = cli->json ? NULL : table_new(heads);

	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];
		g_autofree char *line = entry_format(entry);
		g_autofree char *place = g_strdup_printf("%s:%u", entry->file,
							 entry->line);
		const Usage *usage = life ? life_usage(life, entry->key) :
		    NULL;
		g_autofree char *hits = g_strdup_printf("%" G_GINT64_FORMAT,
							usage ? usage->hits :
							0);

		if (table)
			table_add(table, entry->key, line, hits,
				  usage ? cli_time(usage->last) : "-", place);
		else
			add_json(out, entry, life);
	}
	if (table)
		table_print(table);
	else
		printf("%s]}\n", out->str);
}

int
cmd_list_show(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const char *kind = cli_option(cli, "--kind");
	bool observed = cli_flag(cli, "--observed");
	bool feeds = cli_flag(cli, "--feeds");
	const char *action = observed ? entry_actions[ENTRY_OBSERVE] :
	    cli_option(cli, "--action");
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(Life) life = NULL;
	g_autoptr(GPtrArray) wanted = g_ptr_array_new();
	const Tenant *tenant;

	if (!cli_words(cli, 0, 0) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if ((kind && fields_word(indicator_kinds, kind) < 0) ||
	    (action && fields_word(entry_actions, action) < 0))
		return cli_fail(EX_USAGE, "there is no such kind or action");
	if (feeds)
		return list_feeds(cli, tenant);
	entries = list_entries(cli, tenant);
	life = list_life(cli);
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];

		if (observed && life && !life_usage(life, entry->key))
			continue;
		if ((!kind || strcmp(indicator_kinds[entry->indicator->kind],
				     kind) == 0) &&
		    (!action || strcmp(entry_actions[entry->action],
				       action) == 0))
			g_ptr_array_add(wanted, entries->pdata[i]);
	}
	print_entries(cli, wanted, life);
	return EX_OK;
}

/* One word of a list line: quoted where blanks, quotes or '#' want it. */
static void
append_word(GString *line, const char *word)
{
	const char *value = strchr(word, '=');
	gsize name = value && !strpbrk(word, " \"/") ?
	    0 : value ? (gsize)(value - word) + 1 : 0;

	if (line->len)
		g_string_append_c(line, ' ');
	if (!strpbrk(word, " \"#\\") || *word == '/') {
		g_string_append(line, word);
		return;
	}
	/* "note=a b" is written note="a b". */
	if (name && strcspn(word, " \"") > name - 1)
		g_string_append_len(line, word, (gssize)name);
	else
		name = 0;
	g_string_append_c(line, '"');
	for (const char *p = word + name; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(line, '\\');
		g_string_append_c(line, *p);
	}
	g_string_append_c(line, '"');
}

/* The words as an entry, with added= and by= where they are missing. */
static Entry *
entry_of_words(struct cli *cli, const Tenant *tenant, bool is_new)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	struct entry_place place = { tenant->name, tenant->zone,
				     "command", 1 };
	bool has_added = false;
	Entry *entry;

	for (guint i = 0; i < cli->words->len; i++) {
		append_word(line, cli->words->pdata[i]);
		has_added |= g_str_has_prefix(cli->words->pdata[i], "added=");
	}
	if (is_new && !has_added)
		g_string_append_printf(line, " added=%s",
				       cli_time(clock_now()));
	entry = entry_parse(line->str, &place, odd, &error);
	for (guint i = 0; i < odd->len; i++)
		fprintf(stderr, "gatepost: warning: %s\n",
			(const char *)odd->pdata[i]);
	if (!entry)
		cli_fail(0, "%s", error ? error->message : "that is no "
			 "entry");
	return entry;
}

int
cmd_list_add(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	g_autofree char *path = NULL, *line = NULL, *folder = NULL;
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(Entry) entry = NULL;
	g_autoptr(GError) error = NULL;
	const Tenant *tenant;

	if (!cli_words(cli, 3, 32) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	entry = entry_of_words(cli, tenant, true);
	if (!entry)
		return EX_DATAERR;
	if (!entry->by)
		entry->by = g_strdup(cli->who);
	path = lists_managed(cli->config, tenant);
	entries = list_entries(cli, tenant);
	for (guint i = 0; i < entries->len; i++) {
		const Entry *other = entries->pdata[i];

		if (strcmp(other->key, entry->key) == 0)
			return cli_fail(EX_DATAERR, "that entry is there "
					"already: %s:%u", other->file,
					other->line);
	}
	folder = g_path_get_dirname(path);
	if (mkdir(folder, 0750) < 0 && access(folder, W_OK) < 0)
		return cli_fail(EX_NOPERM, "%s cannot be written", folder);
	line = entry_format(entry);
	if (!listfile_append(path, line, &error))
		return cli_error(path, error);
	printf("added %s to %s\n  %s\nin force within a second\n",
	       entry->key, path, line);
	return EX_OK;
}

static bool
is_wanted(const Entry *entry, const Entry *like, const char *key)
{
	if (key)
		return strcmp(entry->key, key) == 0;
	return entry->action == like->action &&
	    entry->indicator->kind == like->indicator->kind &&
	    strcmp(entry->indicator->value, like->indicator->value) == 0 &&
	    g_strcmp0(entry->indicator->source,
		      like->indicator->source) == 0;
}

/* Into the history, so that `why` can say what became of it, and out. */
static bool
take_out(struct cli *cli, const Tenant *tenant, const Entry *entry,
	 GError **error)
{
	const struct list_line line = { entry->line, entry->text };
	g_autofree char *place = g_strdup_printf("%s:%u", entry->file,
						 entry->line);
	struct gone gone = {
		.key = (char *)entry->key, .tenant = tenant->name,
		.text = entry->text, .place = place,
		.why = (char *)"removed", .who = cli->who,
		.at = clock_now(),
	};
	g_autoptr(Usages) usages = usages_open(cli->config->state_dir,
					       error);

	return usages && listfile_take_out(entry->file, &line, 1, error) &&
	    history_add(usages, &gone, error);
}

int
cmd_list_remove(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	g_autofree char *path = NULL;
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(Entry) like = NULL;
	const char *key = NULL, *elsewhere = NULL;
	const Tenant *tenant;

	if (!cli_words(cli, 1, 4) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if (cli->words->len == 1)
		key = cli_word(cli, 0);
	else if (!(like = entry_of_words(cli, tenant, false)))
		return EX_DATAERR;
	path = lists_managed(cli->config, tenant);
	entries = list_entries(cli, tenant);
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];
		g_autoptr(GError) error = NULL;

		if (!is_wanted(entry, like, key))
			continue;
		if (!listfile_is_managed(entry->file)) {
			elsewhere = entry->file;
			continue;
		}
		if (!take_out(cli, tenant, entry, &error))
			return cli_error(entry->file, error);
		printf("removed %s from %s\n  %s\n", entry->key, entry->file,
		       entry->text);
		return EX_OK;
	}
	if (elsewhere)
		return cli_fail(EX_NOPERM, "that entry stands in %s, which "
				"is the operator's: edit it there",
				elsewhere);
	return cli_fail(EX_NOINPUT, "there is no such entry; see gatepost "
			"list show");
}

/* VALUE of KIND as a message would show it. */
static char *
as_seen(enum indicator_kind kind, const char *value)
{
	struct network network;
	char text[NETWORK_TEXT];
	g_autoptr(Url) url = NULL;

	switch (kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
	case INDICATOR_SPOOF:
		return address_normal(value);
	case INDICATOR_NAME:
		return indicator_fold_name(value);
	case INDICATOR_IP:
		if (!network_parse(value, &network) || network.prefix != 128)
			return NULL;
		network_format(&network, text);
		return g_strdup(text);
	case INDICATOR_URL:
		url = url_parse(value);
		return url ? g_strdup(url->url) : NULL;
	case INDICATOR_FILE:
		return g_ascii_strdown(value, -1);
	case INDICATOR_FILENAME:
		return indicator_fold_filename(value);
	case INDICATOR_KINDS:
		break;
	}
	return NULL;
}

/* The sending side of a pair as a message would show it. */
static char *
source_seen(const char *value)
{
	char *address = as_seen(INDICATOR_IP, value);

	return address ? address : domain_normal(value);
}

static void
print_match(const struct snapshot_entry *entry, void *data)
{
	g_autofree char *place = NULL;
	const char *rcpt = data;

	if (rcpt && !snapshot_is_for(entry->for_, rcpt))
		return;
	place = entry->is_feed ? g_strdup(entry->file) :
	    g_strdup_printf("%s:%u", entry->file, entry->line);
	printf("%s %s %s%s%s  key=%s%s%s %s%s\n",
	       entry_actions[entry->action], indicator_kinds[entry->kind],
	       entry->value, *entry->source ? " " : "", entry->source,
	       entry->is_feed ? "\"" : "", entry->key,
	       entry->is_feed ? "\"" : "", place,
	       entry->expires && entry->expires <= clock_now() ?
	       " (expired)" : "");
}

int
cmd_list_find(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const char *rcpt = cli_option(cli, "--rcpt");
	g_autoptr(GError) error = NULL;
	g_autoptr(Snapshot) snapshot = NULL;
	g_autoptr(Indicator) seen = NULL;
	g_autofree char *value = NULL, *source = NULL, *to = NULL;
	const Tenant *tenant;
	int kind, folder;

	if (!cli_words(cli, 2, 3) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	kind = fields_word(indicator_kinds, cli_word(cli, 0));
	value = kind < 0 ? NULL : as_seen((enum indicator_kind)kind,
					  cli_word(cli, 1));
	source = kind == INDICATOR_SPOOF && cli_word(cli, 2) ?
	    source_seen(cli_word(cli, 2)) : NULL;
	if (cli_word(cli, 2) && !source)
		return cli_fail(EX_DATAERR, "\"%s\": a second value goes with"
				" kind spoof alone, and is a client's address"
				" or a domain", cli_word(cli, 2));
	if (!value)
		return cli_fail(EX_DATAERR, "\"%s\" is no value of kind %s "
				"that a message could show",
				cli_word(cli, 1), cli_word(cli, 0));
	to = rcpt ? address_normal(rcpt) : NULL;
	folder = folder_open(AT_FDCWD, cli->config->state_dir, 0750, &error);
	if (folder >= 0) {
		snapshot = snapshot_open(folder, SITE_SNAPSHOT, NULL,
					 &error);
		close(folder);
	}
	if (!snapshot)
		return cli_error("lists", error);
	seen = indicator_seen((enum indicator_kind)kind, value);
	seen->source = g_steal_pointer(&source);
	snapshot_match(snapshot, tenant->name, seen, print_match, to);
	return EX_OK;
}

int
cmd_list_compile(struct cli *cli)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	g_autoptr(GError) error = NULL;
	const char *state_dir = cli_option(cli, "--state-dir");
	struct lists_compiled compiled;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	/* A running daemon's, whatever the file says by now. */
	if (state_dir) {
		g_free(cli->config->state_dir);
		cli->config->state_dir = g_strdup(state_dir);
	}
	if (!lists_compile(cli->config, notes, &compiled, &error))
		return cli_error("lists", error);
	for (guint i = 0; i < notes->len; i++) {
		const struct list_note *note = notes->pdata[i];

		fprintf(stderr, "%s:%u: %s%s\n", note->file, note->line,
			note->is_error ? "" : "warning: ", note->text);
	}
	printf("compiled %u entries", compiled.entries);
	if (compiled.values)
		printf(", %" G_GUINT64_FORMAT " values of feeds",
		       compiled.values);
	printf("\n");
	return compiled.is_good ? EX_OK : EX_CONFIG;
}
