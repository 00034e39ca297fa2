/*
 * cmd_list.c -- gatepost list: show, add, remove, compile
 *
 * Only the tenant's managed list is written; a file of the operator's is
 * read, and never touched.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/cli/cli.h"
#include "gatepost/cli/list.h"
#include "gatepost/service/aside.h"
#include "gatepost/service/life.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/rehearse.h"
#include "gatepost/service/sample.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/file.h"

static void
say_errors(const GPtrArray *notes)
{
	for (guint i = 0; i < notes->len; i++) {
		const struct list_note *note = notes->pdata[i];
		g_autofree char *words = list_note_words(note);

		if (note->is_error)
			fprintf(stderr, "gatepost: %s\n", words);
	}
}

Snapshot *
list_aside(struct cli *cli, GError **error)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	Snapshot *lists = aside_all(cli->config, notes, error);

	say_errors(notes);
	return lists;
}

GPtrArray *
list_entries(struct cli *cli, const Tenant *tenant)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);

	lists_read(cli->config, tenant, entries, notes);
	say_errors(notes);
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
	if (!cli_is_one_of("--kind", indicator_kinds, kind) ||
	    !cli_is_one_of("--action", entry_actions, action))
		return EX_USAGE;
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

/* ---- add ---- */

/* Messages named by a dry run. */
#define NAMED 20

/* One value that ENTRY matches, and one that it does not. */
static void
print_samples(const Tenant *tenant, const Entry *entry)
{
	g_autoptr(GPtrArray) alone = g_ptr_array_new();
	g_autoptr(Snapshot) lists = NULL;
	g_autofree char *hit = NULL, *miss = NULL;
	const char *kind = indicator_kinds[entry->indicator->kind];

	g_ptr_array_add(alone, (gpointer)entry);
	lists = aside_entries(tenant->name, alone, NULL);
	if (!lists)
		return;
	sample_find(entry, lists, tenant->name, &hit, &miss);
	if (hit)
		printf("  matches      %s %s\n", kind, hit);
	if (miss)
		printf("  matches not  %s %s\n", kind, miss);
	if (!hit)
		printf("  no sample is known of what it matches; try gatepost "
		       "list find %s VALUE\n", kind);
}

static void
print_rehearsal(const Rehearsal *rehearsal, gint64 since)
{
	static const char *const heads[] = { "ID", "RECEIVED", "FROM",
					     "WAS", "WOULD BE", "SUBJECT",
					     NULL };
	struct table *table = rehearsal->matched ? table_new(heads) : NULL;

	printf("would have matched %u messages since %s: %u of them were "
	       "delivered, for %u\nit would have changed what is done\n",
	       rehearsal->matched, cli_time(since), rehearsal->delivered,
	       rehearsal->changed);
	for (guint i = 0; i < rehearsal->first->len; i++) {
		const struct rehearsed_hit *hit = rehearsal->first->pdata[i];

		table_add(table, hit->id, cli_time(hit->at), hit->from,
			  actions[hit->was], actions[hit->would],
			  hit->subject ? hit->subject : "");
	}
	if (table)
		table_print(table);
	if (rehearsal->missed)
		printf("%s\n", rehearsal->missed);
	printf("nothing was written\n");
}

static void
json_rehearsal(const Rehearsal *rehearsal, const Entry *entry, gint64 since)
{
	g_autoptr(GString) out = g_string_new("{\"entry\":");

	entry_json_open(entry, out);
	g_string_append_c(out, '}');
	json_put(out, "since", cli_time(since));
	json_put_number(out, "matched", rehearsal->matched);
	json_put_number(out, "delivered", rehearsal->delivered);
	json_put_number(out, "changed", rehearsal->changed);
	json_put_number(out, "looked", rehearsal->looked);
	json_put(out, "missed", rehearsal->missed);
	json_key(out, "messages");
	g_string_append_c(out, '[');
	for (guint i = 0; i < rehearsal->first->len; i++) {
		const struct rehearsed_hit *hit = rehearsal->first->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "id", hit->id);
		json_put(out, "received", cli_time(hit->at));
		json_put(out, "from", hit->from);
		json_put(out, "subject", hit->subject);
		json_put(out, "was", actions[hit->was]);
		json_put(out, "would", actions[hit->would]);
		g_string_append_c(out, '}');
	}
	printf("%s]}\n", out->str);
}

/* ENTRY is the last of ENTRIES. */
static int
dry_run(struct cli *cli, const Tenant *tenant, const GPtrArray *entries,
	const Entry *entry, gint64 since)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Rehearsal) rehearsal = NULL;
	g_autoptr(Setup) setup = NULL;
	g_autoptr(Site) site = NULL;
	struct pipeline line = { .wait = wait_plainly };
	int status = EX_OK;

	if (!(site = cli_site(cli, &status)))
		return status;
	setup = setup_new(cli->config, site->folder, NULL, NULL);
	setup_open_routes(setup, NULL);
	line.users = site->users;
	rehearsal = rehearse(site, &line, setup, tenant, entries, entry,
			     since, NAMED, &error);
	if (!rehearsal)
		return cli_error("ledger", error);
	if (cli->json) {
		json_rehearsal(rehearsal, entry, since);
		return EX_OK;
	}
	print_samples(tenant, entry);
	print_rehearsal(rehearsal, since);
	return EX_OK;
}

static bool
take_out(struct cli *cli, const Tenant *tenant, const Entry *entry,
	 const char *why, GError **error)
{
	const struct list_line line = { entry->line, entry->text };
	g_autoptr(Usages) usages = usages_open(cli->config->state_dir,
					       error);

	return usages && listfile_take_out(entry->file, &line, 1, error) &&
	    life_ended(usages, tenant->name, entry, why, cli->who, error);
}

/* An entry that stands where another is wanted. */
struct standing {
	const Entry *entry;	/* NULL: there is none */
	const char *ended;	/* why it acts no more; NULL: it does */
};

static int
append(struct cli *cli, const Tenant *tenant, const Entry *entry,
       const struct standing *standing)
{
	g_autofree char *path = lists_managed(cli->config, tenant);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *line = entry_format(entry);
	g_autoptr(GError) error = NULL;

	if (mkdir(folder, 0750) < 0 && access(folder, W_OK) < 0)
		return cli_fail(EX_NOPERM, "%s cannot be written", folder);
	if (standing->entry && !take_out(cli, tenant, standing->entry,
					 standing->ended, &error))
		return cli_error(standing->entry->file, error);
	if (!listfile_append(path, line, &error))
		return cli_error(path, error);
	if (standing->entry)
		printf("replaces one that had ended: %s\n",
		       standing->entry->text);
	printf("added %s to %s\n  %s\n", entry->key, path, line);
	print_samples(tenant, entry);
	printf("in force within a second\n");
	return EX_OK;
}

/* Take --dry-run or --dry-run=SPAN off; *SINCE is 0 without it. */
static bool
take_dry_run(struct cli *cli, gint64 *since)
{
	bool is_bare = cli_flag(cli, "--dry-run");
	const char *span = is_bare ? "30d" : cli_option(cli, "--dry-run");

	return cli_since(span, since);
}

/* May who came by the control socket let mail through?  That takes a right
 * of its own, however the words are put. */
static bool
may_add(const struct cli *cli, Entry *entry)
{
	bool lets = entry->action == ENTRY_ALLOW ||
	    (entry->done >= 0 && entry->done <= (int)ACTION_TAG);

	if (!cli->caller)
		return true;
	g_free(entry->by);
	entry->by = g_strdup(cli->who);
	if (!lets || caller_may(cli->caller, "allow"))
		return true;
	cli_fail(0, "list add: you may not: such an entry lets mail through, "
		 "and no role of your groups has the right \"allow\"");
	return false;
}

/* Does ENTRY stand in ENTRIES, of TENANT?  One that ended in the managed list
 * gives way, as *STANDING; else false, and it is said what to do. */
static bool
make_room(struct cli *cli, const Tenant *tenant, const GPtrArray *entries,
	  const Entry *entry, struct standing *standing)
{
	g_autofree char *managed = lists_managed(cli->config, tenant);
	g_autoptr(Life) life = life_look(cli->config->state_dir, NULL);

	for (guint i = 0; i < entries->len; i++) {
		const Entry *other = entries->pdata[i];
		bool is_managed = strcmp(other->file, managed) == 0;
		const char *why = NULL;
		gint64 end;

		if (strcmp(other->key, entry->key) != 0)
			continue;
		end = life ? life_end(life, other, &why) : 0;
		if (!is_managed || !end || end > clock_now()) {
			cli_fail(0, "that entry is there already: %s:%u: %s; "
				 "%s", other->file, other->line, other->text,
				 is_managed ? "to give it other options, list "
				 "remove it first, or have list import "
				 "replace it" : "edit it there");
			return false;
		}
		standing->entry = other;
		standing->ended = why;
	}
	return true;
}

int
cmd_list_add(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(Entry) entry = NULL;
	g_autofree char *odd = NULL;
	struct standing standing = { NULL, NULL };
	const Tenant *tenant;
	gint64 since;
	int status;

	if (!take_dry_run(cli, &since) || !cli_words(cli, 3, 32) ||
	    !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	entry = entry_of_words(cli, tenant, true);
	if (!entry)
		return EX_DATAERR;
	if (!may_add(cli, entry))
		return EX_NOPERM;
	if (!entry->by)
		entry->by = g_strdup(cli->who);
	odd = lists_for_nobody(cli->config, tenant, entry);
	if (odd)
		fprintf(stderr, "gatepost: warning: %s\n", odd);
	entries = list_entries(cli, tenant);
	if (!make_room(cli, tenant, entries, entry, &standing))
		return EX_DATAERR;
	if (!since)
		return append(cli, tenant, entry, &standing);
	g_ptr_array_add(entries, entry);
	status = dry_run(cli, tenant, entries, entry, since);
	g_ptr_array_steal_index(entries, entries->len - 1);
	return status;
}

static bool
is_wanted(const Entry *entry, const Entry *like, const char *key)
{
	if (key)
		return strcmp(entry->key, key) == 0;
	return entry->action == like->action &&
	    indicator_equal(entry->indicator, like->indicator);
}

/* Which of the managed ENTRIES is to be taken out, in *FOUND: the one with all
 * that was said, else the only one of that value.  Else it is said. */
static int
choose_one(const GPtrArray *entries, const Entry *like, const char *key,
	   const Entry **found)
{
	const Entry *elsewhere = NULL, *other = NULL;

	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];
		bool is_exact = like && strcmp(entry->key, like->key) == 0;

		if (!is_wanted(entry, like, key))
			continue;
		if (!listfile_is_managed(entry->file)) {
			elsewhere = entry;
			continue;
		}
		other = *found;
		*found = entry;
		if (is_exact || key)
			return EX_OK;
	}
	if (other)
		return cli_fail(EX_USAGE, "several entries have that value: "
				"name one by its key: %s (%s), or %s (%s)",
				other->key, other->text, (*found)->key,
				(*found)->text);
	if (*found)
		return EX_OK;
	if (elsewhere)
		return cli_fail(EX_NOPERM, "that entry stands in %s:%u, which "
				"is the operator's: edit it there",
				elsewhere->file, elsewhere->line);
	return cli_fail(EX_NOINPUT, "there is no such entry; see gatepost "
			"list show");
}

int
cmd_list_remove(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(Entry) like = NULL;
	g_autoptr(GError) error = NULL;
	const char *key = NULL;
	const Entry *entry = NULL;
	const Tenant *tenant;
	int status;

	if (!cli_words(cli, 1, 32) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if (cli->words->len == 1)
		key = cli_word(cli, 0);
	else if (!(like = entry_of_words(cli, tenant, false)))
		return EX_DATAERR;
	entries = list_entries(cli, tenant);
	status = choose_one(entries, like, key, &entry);
	if (status != EX_OK)
		return status;
	if (!take_out(cli, tenant, entry, "removed", &error))
		return cli_error(entry->file, error);
	printf("removed %s from %s\n  %s\n", entry->key, entry->file,
	       entry->text);
	return EX_OK;
}

/* Octets by which the compiler's heap grows. */
#define COMPILE_STEP (64 * MIB)

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
	/* It only ever grows, so let it do so in large steps. */
	mallopt(M_TOP_PAD, COMPILE_STEP);
	/* A running daemon's, whatever the file says by now. */
	if (state_dir) {
		g_free(cli->config->state_dir);
		cli->config->state_dir = g_strdup(state_dir);
	}
	if (!lists_compile(cli->config, notes, &compiled, &error))
		return cli_error("lists", error);
	for (guint i = 0; i < notes->len; i++) {
		g_autofree char *words = list_note_words(notes->pdata[i]);

		fprintf(stderr, "%s\n", words);
	}
	printf("compiled %u entries", compiled.entries);
	if (compiled.values)
		printf(", %" G_GUINT64_FORMAT " values of feeds",
		       compiled.values);
	printf("\n");
	return compiled.is_good ? EX_OK : EX_CONFIG;
}
