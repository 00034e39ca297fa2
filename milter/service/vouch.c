/*
 * vouch.c -- say of a held message that it is good
 *
 * Reads:  the record beside the held message, the tenant's managed list
 * Leaves: what an allow needs as proof to the judge, as for any entry
 *
 * To add a way: an enumerator, a name, a row of makers.
 */
#include "gatepost/service/vouch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/lists/listfile.h"
#include "gatepost/model/decision.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/spoof.h"
#include "gatepost/util/clock.h"

/* How long an entry without an end stays unused, as the service we follow
 * has it. */
#define UNUSED "45d"

const char *const vouches[] = { "sender", "url", "file", "spoof", NULL };

struct vouching {
	const Held *held;
	const HeldRcpt *rcpt;
	const Json *record;
	const Facts *facts;
	const Decision *decision;
	GPtrArray *words;	/* of char *: "sender a@b.example" */
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
add_words(struct vouching *vouching, enum indicator_kind kind,
	  const char *value, GError **error)
{
	g_autoptr(Indicator) indicator = indicator_new(kind, value, NULL,
						       error);
	g_autofree char *text = indicator ? entry_value_text(indicator) :
	    NULL;
	GString *words = g_string_new(indicator_kinds[kind]);

	if (text)
		add_word(words, text);
	g_ptr_array_add(vouching->words, g_string_free(words, FALSE));
	return text != NULL;
}

static bool
by_sender(struct vouching *vouching, GError **error)
{
	if (!vouching->facts->from)
		return fail(error, "the message has no From that an entry "
			    "could name");
	if (!auth_is_aligned(vouching->facts))
		return fail(error, "nothing proved From, so an allow of the "
			    "sender would not count; allow the pair of From "
			    "and sending host instead: --allow spoof");
	return add_words(vouching, INDICATOR_SENDER, vouching->facts->from,
			 error);
}

/* What an entry can say of the link SEEN: host and path, without scheme,
 * port, query and fragment.  Yours. */
static char *
link_value(const char *seen)
{
	const char *scheme = strstr(seen, "://");
	const char *host = scheme ? scheme + 3 : seen;
	gsize name = strcspn(host, ":/?#");
	const char *path = host + name + strcspn(host + name, "/?#");
	gsize length = strcspn(path, "?#");

	return g_strdup_printf("%.*s%.*s", (int)name, host,
			       length > 1 ? (int)length : 0, path);
}

/* The values of KIND for which the copy is held, counted in *COUNT. */
static bool
add_found(struct vouching *vouching, enum indicator_kind kind, guint *count,
	  GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);
	const GPtrArray *findings = vouching->decision ?
	    vouching->decision->findings : NULL;

	for (guint i = 0; findings && i < findings->len; i++) {
		const Finding *one = findings->pdata[i];
		g_autofree char *value = NULL;

		if (one->effect != EFFECT_BLOCK || !one->value ||
		    g_strcmp0(one->kind, indicator_kinds[kind]) != 0 ||
		    !g_hash_table_add(seen, one->value))
			continue;
		value = kind == INDICATOR_URL ? link_value(one->value) :
		    g_strdup(one->value);
		if (!add_words(vouching, kind, value, error))
			return false;
	}
	*count = g_hash_table_size(seen);
	return true;
}

static bool
by_url(struct vouching *vouching, GError **error)
{
	guint count;

	return add_found(vouching, INDICATOR_URL, &count, error) &&
	    (count > 0 ||
	     fail(error, "the message is held for none of its links, so an "
		  "allow of one would change nothing"));
}

static bool
by_file(struct vouching *vouching, GError **error)
{
	const GPtrArray *files = vouching->facts->files;
	guint count;
	bool good = add_found(vouching, INDICATOR_FILE, &count, error);

	if (!good || count > 0)
		return good;
	/* Who found malware before us seldom says in which file. */
	for (guint i = 0; good && i < files->len; i++)
		good = add_words(vouching, INDICATOR_FILE,
				 ((File *)files->pdata[i])->sha256, error);
	return good && (files->len > 0 ||
			fail(error, "the message has no file"));
}

static bool
by_spoof(struct vouching *vouching, GError **error)
{
	g_autofree char *from = NULL, *source = NULL;
	GString *words;

	if (!spoof_pair_of(vouching->record, vouching->facts, &from, &source))
		return fail(error, "there is no pair to allow: From is "
			    "proved, or who sent it is not known");
	words = g_string_new("spoof");
	add_word(words, from);
	add_word(words, source);
	g_ptr_array_add(vouching->words, g_string_free(words, FALSE));
	return true;
}

static bool (*const makers[])(struct vouching *vouching, GError **error) = {
	[VOUCH_SENDER] = by_sender,
	[VOUCH_URL] = by_url,
	[VOUCH_FILE] = by_file,
	[VOUCH_SPOOF] = by_spoof,
};

/* What lifts also what is sure: only as far as this copy needs it. */
static const char *
override_of(const HeldRcpt *rcpt, const char *words)
{
	bool is_thing = g_str_has_prefix(words, "url ") ||
	    g_str_has_prefix(words, "file ");

	if (g_strcmp0(rcpt->policy, policies[POLICY_MALWARE]) == 0)
		return is_thing ? " override=malware" : "";
	if (g_strcmp0(rcpt->policy, policies[POLICY_PHISH_HIGH]) == 0)
		return " override=phish_high";
	return "";
}

static Entry *
entry_of(const Tenant *tenant, const struct vouching *vouching,
	 const char *words, gint64 expires, const struct doer *by,
	 GError **error)
{
	const struct entry_place place = { tenant->name, tenant->zone,
					   "command", 1 };
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) line = g_string_new("allow ");
	char now[CLOCK_TEXT], end[CLOCK_TEXT];

	clock_format(clock_now(), now);
	clock_format(expires, end);
	g_string_append_printf(line, "%s added=%s %s%s%s", words, now,
			       expires ? "expires=" : "unused=" UNUSED,
			       expires ? end : "",
			       override_of(vouching->rcpt, words));
	g_string_append(line, " by=");
	entry_append_word(line, by->who, true);
	g_string_append_printf(line, " note=\"held as %s\" submission=%s",
			       vouching->rcpt->policy, vouching->held->id);
	return entry_parse(line->str, &place, odd, error);
}

static Decision *
decision_of(const Json *record, const char *rcpt)
{
	const Json *all = json_member(record, "decisions");

	for (gsize i = 0; i < json_count(all); i++) {
		Decision *one = decision_from_json(json_element(all, i));

		if (g_strcmp0(one->rcpt, rcpt) == 0)
			return one;
		decision_free(one);
	}
	return NULL;
}

GPtrArray *
vouch_entries(const Config *config, const Held *held, const HeldRcpt *rcpt,
	      int kinds, gint64 expires, const struct doer *by,
	      GError **error)
{
	const char *text = held->record ? held->record : "";
	const Tenant *tenant = rcpt->tenant ?
	    config_tenant(config, rcpt->tenant) : NULL;
	g_autoptr(Json) record = json_parse(text, strlen(text), error);
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(Decision) decision = NULL;
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	struct vouching vouching = { held, rcpt, record, facts, NULL, words };

	if (!record)
		return NULL;
	if (!tenant) {
		fail(error, "its tenant is no longer in the configuration");
		return NULL;
	}
	fields_from_json(&facts_fields, facts, json_member(record, "facts"));
	vouching.decision = decision = decision_of(record, rcpt->rcpt);
	for (int i = 0; vouches[i]; i++)
		if (kinds & 1 << i && !makers[i](&vouching, error))
			return NULL;
	for (guint i = 0; i < words->len; i++) {
		Entry *entry = entry_of(tenant, &vouching, words->pdata[i],
					expires, by, error);

		if (!entry)
			return NULL;
		g_ptr_array_add(entries, entry);
	}
	return g_steal_pointer(&entries);
}

static bool
has_key(const GPtrArray *entries, const char *key)
{
	for (guint i = 0; i < entries->len; i++)
		if (strcmp(((Entry *)entries->pdata[i])->key, key) == 0)
			return true;
	return false;
}

bool
vouch_allow(Site *site, const Config *config, const Tenant *tenant,
	    const Held *held, const GPtrArray *entries,
	    const struct doer *by, GPtrArray *said, GError **error)
{
	g_autofree char *path = lists_managed(config, tenant);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autoptr(GPtrArray) there = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);

	mkdir(folder, 0750);
	listfile_read(path, tenant->name, tenant->zone, there, notes);
	for (guint i = 0; i < entries->len; i++) {
		const Entry *entry = entries->pdata[i];
		g_autofree char *line = entry_format(entry);
		struct deed deed = {
			.who = by->who, .via = by->via,
			.what = "entry-added", .object = held->id,
			.tenant = tenant->name, .detail = line,
		};

		if (has_key(there, entry->key)) {
			g_ptr_array_add(said, g_strdup_printf("there already"
					": %s", line));
			continue;
		}
		if (!listfile_append(path, line, error) ||
		    !trail_add(site->trail, &deed, error))
			return false;
		g_ptr_array_add(said, g_strdup_printf("added %s to %s\n  %s",
						      entry->key, path,
						      line));
	}
	return true;
}

/* The JSON beside it, with the item's record, which tells all of it. */
static char *
submission_of(const char *id, const Held *held, const HeldRcpt *rcpt,
	      const char *as, const struct doer *by, const char *note)
{
	GString *out = g_string_new("{");
	char now[CLOCK_TEXT];

	clock_format(clock_now(), now);
	json_put(out, "id", id);
	json_put(out, "kind", "message");
	json_put(out, "as", as);
	json_put(out, "source", "quarantine");
	json_put(out, "item", held->id);
	json_put(out, "at", now);
	json_put(out, "by", by->who);
	json_put(out, "via", vias[by->via]);
	json_put(out, "tenant", rcpt->tenant);
	json_put(out, "rcpt", rcpt->rcpt);
	json_put(out, "policy", rcpt->policy);
	json_put(out, "note", note);
	json_put(out, "sha256", held->sha256);
	json_key(out, "record");
	g_string_append(out, held->record ? held->record : "null");
	g_string_append(out, "}\n");
	return g_string_free(out, FALSE);
}

bool
vouch_report(Site *site, const char *id, const Held *held,
	     const HeldRcpt *rcpt, const char *as, const struct doer *by,
	     const char *note, GError **error)
{
	g_autofree char *json = submission_of(id, held, rcpt, as, by, note);
	g_autofree char *what = g_strconcat("reported-", as, NULL);
	struct deed deed = {
		.who = by->who, .via = by->via, .what = what,
		.object = held->id, .tenant = rcpt->tenant,
		.rcpt = rcpt->rcpt, .detail = note,
	};
	int fd = quarantine_octets(site->quarantine, held, error);
	bool good = fd >= 0 &&
	    box_put(site->submissions, "new", id, fd, (gsize)held->size,
		    json, error) &&
	    trail_add(site->trail, &deed, error);

	if (good)
		ledger_event(site->ledger, held->id, rcpt->rcpt, what,
			     by->who, NULL);
	if (fd >= 0)
		close(fd);
	return good;
}
