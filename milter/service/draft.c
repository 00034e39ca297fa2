/*
 * draft.c -- entries made out of a message
 *
 * Reads:  the ledger's record of the message, the tenant's managed list
 * Leaves: what an allow needs as proof to the judge, as for any entry
 *
 * To add a way: an enumerator, a name, a row of makers.
 */
#include "gatepost/service/draft.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/lists/listfile.h"
#include "gatepost/model/decision.h"
#include "gatepost/model/domain.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/life.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/spoof.h"
#include "gatepost/util/clock.h"

/* How long an entry without an end stays unused, and a block stands, as the
 * service we follow has it. */
#define UNUSED "45d"
#define BLOCK_US (30 * CLOCK_DAY)

/* Most entries of one kind that a message leads to. */
#define MOST 10

const char *const draft_kinds[] = {
	"sender", "domain", "url", "file", "spoof", NULL
};

struct drafting {
	const struct draft *what;
	const Facts *facts;
	const Decision *decision;
	GPtrArray *words;	/* of char *: "sender a@b.example" */
	GPtrArray *said;	/* of char * */
};

static bool
fail(GError **error, const char *text)
{
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, text);
	return false;
}

static void
add_word(GString *line, const char *word)
{
	g_string_append_c(line, ' ');
	entry_append_word(line, word, false);
}

static bool
add_words(struct drafting *drafting, enum indicator_kind kind,
	  const char *value, GError **error)
{
	g_autoptr(Indicator) indicator = indicator_new(kind, value, NULL,
						       error);
	g_autofree char *text = indicator ? entry_value_text(indicator) :
	    NULL;
	GString *words = g_string_new(indicator_kinds[kind]);

	if (text)
		add_word(words, text);
	g_ptr_array_add(drafting->words, g_string_free(words, FALSE));
	return text != NULL;
}

/* A block of one of our own domains would hold our own people's mail. */
static bool
is_own(const struct drafting *drafting)
{
	return drafting->facts->from_domain &&
	    config_has_domain(drafting->what->tenant->domains,
			      drafting->facts->from_domain);
}

static bool
may_name_author(const struct drafting *drafting, GError **error)
{
	if (!drafting->facts->from)
		return fail(error, "the message has no From that an entry "
			    "could name");
	if (!drafting->what->is_block && !auth_is_aligned(drafting->facts))
		return fail(error, "nothing proved From, so an allow of the "
			    "sender would not count; allow the pair of From "
			    "and sending host instead: --allow spoof");
	if (drafting->what->is_block && is_own(drafting))
		return fail(error, "From is in a domain of this tenant, so a "
			    "block would hold mail of your own people; block "
			    "the pair of From and sending host instead: "
			    "--block spoof");
	return true;
}

static bool
by_sender(struct drafting *drafting, GError **error)
{
	return may_name_author(drafting, error) &&
	    add_words(drafting, INDICATOR_SENDER, drafting->facts->from,
		      error);
}

static bool
by_domain(struct drafting *drafting, GError **error)
{
	const char *domain = drafting->facts->from_domain;

	if (!may_name_author(drafting, error))
		return false;
	if (!domain || !domain_registrable(domain))
		return fail(error, "From's domain is one below which anybody "
			    "may have a name; block the sender instead: "
			    "--block sender");
	return add_words(drafting, INDICATOR_SENDER, domain, error);
}

/* What an entry can say of the link SEEN: host and path, without scheme,
 * port, query and fragment.  *IS_HOST: nothing but the host.  Yours. */
static char *
link_value(const char *seen, bool *is_host)
{
	const char *scheme = strstr(seen, "://");
	const char *host = scheme ? scheme + 3 : seen;
	gsize name = strcspn(host, ":/?#");
	const char *path = host + name + strcspn(host + name, "/?#");
	gsize length = strcspn(path, "?#");

	*is_host = length <= 1;
	return g_strdup_printf("%.*s%.*s", (int)name, host,
			       *is_host ? 0 : (int)length, path);
}

static void
say_left_out(const struct drafting *drafting, const char *value,
	     const char *why)
{
	g_ptr_array_add(drafting->said, g_strdup_printf("left out %s: %s",
							value, why));
}

/* The values of KIND for which the copy is held, counted in *COUNT. */
static bool
add_found(struct drafting *drafting, enum indicator_kind kind, guint *count,
	  GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);
	const GPtrArray *findings = drafting->decision ?
	    drafting->decision->findings : NULL;

	for (guint i = 0; findings && i < findings->len; i++) {
		const Finding *one = findings->pdata[i];
		g_autofree char *value = NULL;
		bool is_host;

		if (one->effect != EFFECT_BLOCK || !one->value ||
		    g_strcmp0(one->kind, indicator_kinds[kind]) != 0 ||
		    !g_hash_table_add(seen, one->value))
			continue;
		value = kind == INDICATOR_URL ?
		    link_value(one->value, &is_host) : g_strdup(one->value);
		if (!add_words(drafting, kind, value, error))
			return false;
	}
	*count = g_hash_table_size(seen);
	return true;
}

/* Every link that a reader can follow, unless it would take a whole host with
 * it, which may be one that everybody links to. */
static bool
block_links(struct drafting *drafting, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
	    g_str_equal, g_free, NULL);
	g_autofree char *last = NULL;
	const GPtrArray *urls = drafting->facts->urls;

	for (guint i = 0; i < urls->len; i++) {
		const Link *one = urls->pdata[i];
		bool is_host;
		char *value = one->host && g_strcmp0(one->source,
		    "header") != 0 && !facts_is_wrapper(drafting->facts, one)
		    ? link_value(one->url, &is_host) : NULL;

		if (!value || !g_hash_table_add(seen, value))
			continue;
		if (is_host) {
			g_free(last);
			last = g_strdup(value);
			say_left_out(drafting, value, "it is a whole host; "
				     "submit the link alone if all of it is "
				     "bad");
			continue;
		}
		if (drafting->words->len >= MOST) {
			say_left_out(drafting, value, "there are too many "
				     "links");
			continue;
		}
		if (!add_words(drafting, INDICATOR_URL, value, error))
			return false;
	}
	if (g_hash_table_size(seen) == 1 && last) {
		g_ptr_array_set_size(drafting->said,
				     (int)drafting->said->len - 1);
		return add_words(drafting, INDICATOR_URL, last, error);
	}
	return g_hash_table_size(seen) > 0 ||
	    fail(error, "the message has no link");
}

static bool
by_url(struct drafting *drafting, GError **error)
{
	const char *url = drafting->what->url;
	bool is_host;
	g_autofree char *value = url ? link_value(url, &is_host) : NULL;
	guint count;

	if (value)
		return add_words(drafting, INDICATOR_URL, value, error);
	if (drafting->what->is_block)
		return block_links(drafting, error);
	return add_found(drafting, INDICATOR_URL, &count, error) &&
	    (count > 0 ||
	     fail(error, "the message is held for none of its links, so an "
		  "allow of one would change nothing"));
}

static bool
by_file(struct drafting *drafting, GError **error)
{
	const GPtrArray *files = drafting->facts->files;
	guint count = 0;
	bool good = true, is_any = false;

	if (drafting->what->sha256)
		return add_words(drafting, INDICATOR_FILE,
				 drafting->what->sha256, error);
	if (!drafting->what->is_block)
		good = add_found(drafting, INDICATOR_FILE, &count, error);
	if (!good || count > 0)
		return good;
	/* Who found malware before us seldom says in which file. */
	for (guint i = 0; good && i < files->len; i++) {
		const File *file = files->pdata[i];

		if (!file->sha256)
			continue;
		is_any = true;
		if (i < MOST)
			good = add_words(drafting, INDICATOR_FILE,
					 file->sha256, error);
		else
			say_left_out(drafting, file->sha256,
				     "there are too many files");
	}
	return good && (is_any || fail(error, "the message has no file"));
}

static bool
by_spoof(struct drafting *drafting, GError **error)
{
	g_autofree char *from = NULL, *source = NULL;
	GString *words;

	if (!spoof_pair_of(drafting->what->record, drafting->facts, &from,
			   &source))
		return fail(error, drafting->what->is_block ?
			    "there is no pair to block: From is proved, or "
			    "who sent it is not known" :
			    "there is no pair to allow: From is proved, or "
			    "who sent it is not known");
	words = g_string_new("spoof");
	add_word(words, from);
	add_word(words, source);
	g_ptr_array_add(drafting->words, g_string_free(words, FALSE));
	return true;
}

static bool (*const makers[])(struct drafting *drafting, GError **error) = {
	[DRAFT_SENDER] = by_sender,
	[DRAFT_DOMAIN] = by_domain,
	[DRAFT_URL] = by_url,
	[DRAFT_FILE] = by_file,
	[DRAFT_SPOOF] = by_spoof,
};

/* What lifts also what is sure: only as far as this copy needs it. */
static const char *
override_of(const struct draft *what, const char *words)
{
	bool is_thing = g_str_has_prefix(words, "url ") ||
	    g_str_has_prefix(words, "file ");

	if (what->is_block || !what->policy)
		return "";
	if (strcmp(what->policy, policies[POLICY_MALWARE]) == 0)
		return is_thing ? " override=malware" : "";
	if (strcmp(what->policy, policies[POLICY_PHISH_HIGH]) == 0)
		return " override=phish_high";
	return "";
}

static Entry *
entry_of(const struct draft *what, const char *words, const struct doer *by,
	 GError **error)
{
	const Tenant *tenant = what->tenant;
	const struct entry_place place = { tenant->name, tenant->zone,
					   "command", 1 };
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) line = g_string_new(what->is_block ? "block " :
					       "allow ");
	gint64 now = clock_now(), end_at = what->expires ? what->expires :
	    what->is_block ? now + BLOCK_US : 0;
	char added[CLOCK_TEXT], end[CLOCK_TEXT];

	clock_format(now, added);
	clock_format(end_at, end);
	g_string_append_printf(line, "%s added=%s %s%s%s%s", words, added,
			       end_at ? "expires=" : "unused=" UNUSED,
			       end_at ? end : "", override_of(what, words),
			       what->is_mild ? " action=junk" : "");
	g_string_append(line, " by=");
	entry_append_word(line, by->who, true);
	if (what->note) {
		g_string_append(line, " note=");
		entry_append_word(line, what->note, true);
	}
	g_string_append_printf(line, " submission=%s", what->submission);
	return entry_parse(line->str, &place, odd, error);
}

Decision *
draft_decision(const Json *record, const char *tenant, const char *rcpt)
{
	g_autoptr(GPtrArray) all = decisions_of(record, tenant, rcpt);

	return all->len ? g_ptr_array_steal_index(all, 0) : NULL;
}

GPtrArray *
draft_entries(const struct draft *what, const struct doer *by,
	      GPtrArray *said, GError **error)
{
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(Decision) decision = NULL;
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	struct drafting drafting = { what, facts, NULL, words, said };

	if (what->record) {
		fields_from_json(&facts_fields, facts,
				 json_member(what->record, "facts"));
		drafting.decision = decision = draft_decision(what->record,
		    what->tenant->name, what->rcpt);
	}
	for (int i = 0; draft_kinds[i]; i++)
		if (what->kinds & 1 << i && !makers[i](&drafting, error))
			return NULL;
	for (guint i = 0; i < words->len; i++) {
		Entry *entry = entry_of(what, words->pdata[i], by, error);

		if (!entry)
			return NULL;
		g_ptr_array_add(entries, entry);
	}
	return g_steal_pointer(&entries);
}

GPtrArray *
draft_managed(const Config *config, const Tenant *tenant)
{
	g_autofree char *path = lists_managed(config, tenant);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	GPtrArray *all = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		listfile_read(path, tenant->name, tenant->zone, all, notes);
	return all;
}

static bool
tell_change(Site *site, const Tenant *tenant, const char *object,
	    const char *what, const char *line, const struct doer *by,
	    GError **error)
{
	struct deed deed = {
		.who = by->who, .via = by->via, .what = what,
		.object = object, .tenant = tenant->name, .detail = line,
	};

	return trail_add(site->trail, &deed, error);
}

bool
draft_lift(Site *site, const Tenant *tenant, const char *object,
	   const Entry *entry, const struct doer *by, GError **error)
{
	const struct list_line line = { entry->line, entry->text };

	return listfile_take_out(entry->file, &line, 1, error) &&
	    life_ended(site->usages, tenant->name, entry, "removed", by->who,
		       error) &&
	    tell_change(site, tenant, object, "entry-lifted", entry->text, by,
			error);
}

bool
draft_lengthen(Site *site, const Tenant *tenant, const char *object,
	       Entry *entry, gint64 until, const struct doer *by,
	       GError **error)
{
	const struct list_line line = { entry->line, entry->text };
	g_autoptr(GPtrArray) more = g_ptr_array_new_with_free_func(g_free);

	if (entry->expires == 0 || entry->expires >= until - CLOCK_DAY)
		return true;
	entry->expires = until;
	g_free(entry->by);
	entry->by = g_strdup(by->who);
	g_ptr_array_add(more, entry_format(entry));
	return listfile_edit(entry->file, &line, 1, more, error) &&
	    tell_change(site, tenant, object, "entry-lengthened",
			more->pdata[0], by, error);
}

static Entry *
standing_of(const GPtrArray *entries, const char *key)
{
	for (guint i = 0; i < entries->len; i++)
		if (strcmp(((Entry *)entries->pdata[i])->key, key) == 0)
			return entries->pdata[i];
	return NULL;
}

/* Have OLD last as long and lift as much as NEW, when a person wants that.
 * False when it does already, or NEW has no end of its own to go by. */
static bool
reach(Entry *old, const Entry *new)
{
	bool is_longer = old->expires &&
	    old->expires < new->expires - CLOCK_DAY;
	bool is_stronger = new->override > old->override;

	if (entry_is_automatic(new->by))
		return false;
	if (is_longer)
		old->expires = new->expires;
	if (is_stronger)
		old->override = new->override;
	return is_longer || is_stronger;
}

/* What adding an entry is to do with the managed file PATH. */
struct adding {
	Site *site;
	const Tenant *tenant;
	const char *path, *object;
	const struct doer *by;
	const Life *life;
	GPtrArray *said;
};

/* OLD stands where NEW is wanted. */
static bool
meet(const struct adding *adding, Entry *old, const Entry *new,
     GError **error)
{
	const struct list_line line = { old->line, old->text };
	g_autoptr(GPtrArray) more = g_ptr_array_new_with_free_func(g_free);
	const char *why;
	gint64 end = life_end(adding->life, old, &why);
	bool is_over = end && end <= clock_now();

	if (!is_over && !reach(old, new)) {
		g_ptr_array_add(adding->said, g_strdup_printf("there already: "
				"%s", old->text));
		return true;
	}
	g_ptr_array_add(more, entry_format(is_over ? new : old));
	if (is_over && !life_ended(adding->site->usages, adding->tenant->name,
				   old, why, adding->by->who, error))
		return false;
	if (!listfile_edit(adding->path, &line, 1, more, error) ||
	    !tell_change(adding->site, adding->tenant, adding->object,
			 is_over ? "entry-added" : "entry-lengthened",
			 more->pdata[0], adding->by, error))
		return false;
	g_ptr_array_add(adding->said, g_strdup_printf("%s %s in %s\n  %s",
			is_over ? "renewed" : "widened", new->key,
			adding->path, (char *)more->pdata[0]));
	return true;
}

static bool
add(const struct adding *adding, const Entry *entry, GError **error)
{
	g_autoptr(GPtrArray) there = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	g_autofree char *line = entry_format(entry);
	Entry *old;

	/* An edit moves the lines below it, so each is looked for anew. */
	listfile_read(adding->path, adding->tenant->name,
		      adding->tenant->zone, there, notes);
	old = standing_of(there, entry->key);
	if (old)
		return meet(adding, old, entry, error);
	if (!listfile_append(adding->path, line, error) ||
	    !tell_change(adding->site, adding->tenant, adding->object,
			 "entry-added", line, adding->by, error))
		return false;
	g_ptr_array_add(adding->said, g_strdup_printf("added %s to %s\n  %s",
			entry->key, adding->path, line));
	return true;
}

bool
draft_add(Site *site, const Config *config, const Tenant *tenant,
	  const char *object, const GPtrArray *entries,
	  const struct doer *by, GPtrArray *said, GError **error)
{
	g_autofree char *path = lists_managed(config, tenant);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(Life) life = life_of(site->usages, error);
	const struct adding adding = { site, tenant, path, object, by, life,
				       said };
	bool good = life != NULL;

	mkdir(folder, 0750);
	for (guint i = 0; good && i < entries->len; i++)
		good = add(&adding, entries->pdata[i], error);
	return good;
}
