/*
 * audit.c -- what is odd about a tenant's entries: one table, a row an audit
 *
 * All look-ups go by a hash of kind and value, so that a million entries take
 * seconds.  What wider values an entry could have is reckoned from its own
 * value; patterns and globs are never taken for the wider one.
 *
 * To add one: a function, a row, gatepost(1), a test in t/370.
 */
#include "gatepost/service/audit.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/listfile.h"
#include "gatepost/model/address.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/network.h"
#include "gatepost/model/pattern.h"
#include "gatepost/service/wider.h"
#include "gatepost/util/clock.h"

const char *const audit_severities[] = { "warning", "notice", "info", NULL };

struct auditing {
	const Config *config;
	const Tenant *tenant;
	const GPtrArray *entries;
	const Life *life;
	gint64 now;
	GHashTable *heads;	/* Indicator to the first entry's number + 1 */
	guint32 *next;		/* number + 1 of the next with that value */
	GHashTable *keys;	/* key to the first Entry that has it */
	GHashTable *managed;	/* path to whether it is managed, + 1 */
	struct wider_used used;
	bool is_provable;	/* anybody tells of authentication */
	GPtrArray *found;
	const struct audit *audit;
};

struct audit {
	const char *name;
	enum audit_severity severity;
	void (*look)(struct auditing *auditing, const Entry *entry);
};

/* ---- what to do ---- */

static bool
is_managed(struct auditing *auditing, const char *path)
{
	gpointer known = g_hash_table_lookup(auditing->managed, path);

	if (!known) {
		known = GINT_TO_POINTER(1 + listfile_is_managed(path));
		g_hash_table_insert(auditing->managed, (gpointer)path, known);
	}
	return GPOINTER_TO_INT(known) == 2;
}

/* "gatepost -c FILE" up to a command; yours. */
static char *
program(const struct auditing *auditing)
{
	g_autofree char *path = g_shell_quote(auditing->config->path);

	return g_strdup_printf("gatepost -c %s", path);
}

/* How to take ENTRY out, or to mend it by hand; yours. */
static char *
removal(struct auditing *auditing, const Entry *entry)
{
	g_autofree char *start = program(auditing);
	g_autofree char *path = NULL;

	if (is_managed(auditing, entry->file))
		return g_strdup_printf("%s list remove --tenant %s %s", start,
				       auditing->tenant->name, entry->key);
	/* Of gatepost.conf the number is that in the list, not of a line. */
	if (g_str_has_suffix(entry->file, ".entries)")) {
		path = g_shell_quote(auditing->config->path);
		return g_strdup_printf("\"${EDITOR:-vi}\" %s", path);
	}
	path = g_shell_quote(entry->file);
	return g_strdup_printf("\"${EDITOR:-vi}\" +%u %s", entry->line, path);
}

/* How to give ENTRY, when it is ours to edit, the options of CHANGED. */
static char *
replacement(struct auditing *auditing, const Entry *entry,
	    const Entry *changed)
{
	g_autofree char *start = program(auditing);
	g_autofree char *line = entry_format(changed);
	g_autofree char *quoted = g_shell_quote(line);

	if (!is_managed(auditing, entry->file))
		return removal(auditing, entry);
	return g_strdup_printf("printf '%%s\\n' %s | %s list import --tenant "
			       "%s --format list -", quoted, start,
			       auditing->tenant->name);
}

static void
say(struct auditing *auditing, const Entry *entry, char *what,
    const char *format, ...) G_GNUC_PRINTF(4, 5);

static void
say(struct auditing *auditing, const Entry *entry, char *what,
    const char *format, ...)
{
	struct audit_finding *finding = g_new0(struct audit_finding, 1);
	va_list args;

	finding->audit = auditing->audit->name;
	finding->severity = auditing->audit->severity;
	finding->entry = entry;
	finding->what = what;
	va_start(args, format);
	finding->why = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(auditing->found, finding);
}

static void
finding_free(gpointer data)
{
	struct audit_finding *finding = data;

	g_free(finding->why);
	g_free(finding->what);
	g_free(finding);
}

/* ---- the index ---- */

static void
index_all(struct auditing *auditing)
{
	const GPtrArray *entries = auditing->entries;

	/* From the last on, so that a chain is in rank order. */
	for (guint i = entries->len; i-- > 0;) {
		Entry *entry = entries->pdata[i];
		gpointer head = g_hash_table_lookup(auditing->heads,
						    entry->indicator);

		auditing->next[i] = GPOINTER_TO_UINT(head);
		g_hash_table_replace(auditing->heads, entry->indicator,
				     GUINT_TO_POINTER(i + 1));
		g_hash_table_replace(auditing->keys, entry->key, entry);
		wider_note(entry->indicator, &auditing->used);
	}
}

static bool
is_live(const struct auditing *auditing, const Entry *entry)
{
	gint64 end = auditing->life ?
	    life_end(auditing->life, entry, NULL) : entry->expires;

	return (!end || end > auditing->now) &&
	    !(auditing->life && entry_is_automatic(entry->by) &&
	      g_hash_table_contains(auditing->life->brakes, entry->key));
}

static bool
has_all(const GPtrArray *of, const GPtrArray *wanted)
{
	for (guint i = 0; i < wanted->len; i++) {
		bool found = false;

		for (guint j = 0; j < of->len && !found; j++)
			found = strcmp(of->pdata[j], wanted->pdata[i]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* Is there a user and a direction that both are for? */
static bool
is_overlapping(const Entry *one, const Entry *other)
{
	bool is_both = one->direction == DIRECTION_BOTH ||
	    other->direction == DIRECTION_BOTH ||
	    one->direction == other->direction;

	if (!is_both || !one->for_->len || !other->for_->len)
		return is_both;
	for (guint i = 0; i < one->for_->len; i++)
		for (guint j = 0; j < other->for_->len; j++)
			if (strcmp(one->for_->pdata[i],
				   other->for_->pdata[j]) == 0)
				return true;
	return false;
}

/* ---- audits ---- */

static void
look_contradictory(struct auditing *auditing, const Entry *entry)
{
	gpointer at = g_hash_table_lookup(auditing->heads, entry->indicator);

	if (entry->action != ENTRY_ALLOW || !is_live(auditing, entry))
		return;
	for (guint i = GPOINTER_TO_UINT(at); i; i = auditing->next[i - 1]) {
		const Entry *other = auditing->entries->pdata[i - 1];

		if (other->action != ENTRY_BLOCK ||
		    !is_overlapping(entry, other) ||
		    !is_live(auditing, other))
			continue;
		say(auditing, entry, removal(auditing, entry),
		    "%s:%u blocks the same: the block wins, since of two "
		    "that are equally narrow it does; take out the one that "
		    "is not meant", other->file, other->line);
		return;
	}
}

static void
look_unproven(struct auditing *auditing, const Entry *entry)
{
	enum indicator_kind kind = entry->indicator->kind;
	Entry changed = *entry;

	if (entry->action != ENTRY_ALLOW || entry->direction == DIRECTION_OUT)
		return;
	if (entry->proof == PROOF_NONE) {
		changed.proof = PROOF_KIND;
		say(auditing, entry, replacement(auditing, entry, &changed),
		    "proof=none: whoever writes this %s is let in; leave it "
		    "out, so that it counts with proof alone",
		    indicator_kinds[kind]);
	} else if (!auditing->is_provable &&
		   (kind == INDICATOR_SENDER || kind == INDICATOR_ENVELOPE ||
		    entry->proof != PROOF_KIND)) {
		g_autofree char *path =
		    g_shell_quote(auditing->config->path);

		say(auditing, entry,
		    g_strdup_printf("\"${EDITOR:-vi}\" %s", path),
		    "it can never be proven, so that it never counts: "
		    "authentication is left to upstreams, and none with "
		    "authserv_id and strips tells of it");
	}
}

static void
look_braked(struct auditing *auditing, const Entry *entry)
{
	const struct brake *brake = auditing->life ?
	    g_hash_table_lookup(auditing->life->brakes, entry->key) : NULL;
	g_autofree char *start = program(auditing);
	char at[CLOCK_TEXT];

	if (!brake)
		return;
	clock_format(brake->at, at);
	say(auditing, entry, g_strdup_printf("%s list unbrake %s", start,
					     entry->key),
	    "it only observes since %s: it held %" G_GINT64_FORMAT " of %"
	    G_GINT64_FORMAT " messages in ten minutes; look at those with "
	    "gatepost quarantine list --entry %s first", at, brake->held,
	    brake->mail, entry->key);
}

/* The host or domain in an entry's value, or its source; yours, NULL: it has
 * none. */
static char *
domain_of(const Indicator *indicator, const char *value)
{
	gsize start;

	if (indicator_is_pattern(indicator) ||
	    (indicator->kind != INDICATOR_SENDER &&
	     indicator->kind != INDICATOR_ENVELOPE &&
	     indicator->kind != INDICATOR_URL &&
	     indicator->kind != INDICATOR_SPOOF) || strchr(value, '@'))
		return NULL;
	start = strspn(value, "*~.");
	return g_strndup(value + start, strcspn(value + start, "/~"));
}

static bool
is_suffix(const Indicator *indicator, const char *value)
{
	g_autofree char *domain = value ? domain_of(indicator, value) : NULL;

	return domain && *domain && domain_suffix(domain) != SUFFIX_NONE;
}

static bool
is_large(const char *value)
{
	struct network network;

	return value && network_parse(value, &network) &&
	    network.prefix < (network_is_ipv4(&network) ? 96 + 8 : 8);
}

static bool
is_any(const Indicator *indicator)
{
	g_autoptr(Pattern) pattern = indicator_is_pattern(indicator) ?
	    pattern_new(indicator->value, NULL) : NULL;
	gint64 left = BOUND_PATTERN_STEPS;

	if (pattern)
		return pattern_run(pattern, "", &left) == PATTERN_FOUND;
	return indicator->kind == INDICATOR_FILENAME &&
	    !indicator->value[strspn(indicator->value, "*?.")];
}

static void
look_wide(struct auditing *auditing, const Entry *entry)
{
	const Indicator *indicator = entry->indicator;
	const Usage *usage = auditing->life ?
	    life_usage(auditing->life, entry->key) : NULL;

	if (is_suffix(indicator, indicator->value) ||
	    is_suffix(indicator, indicator->source))
		say(auditing, entry, removal(auditing, entry),
		    "it is of a public suffix: of many organisations that "
		    "have nothing in common; name one of them");
	else if ((indicator->kind == INDICATOR_IP &&
		  is_large(indicator->value)) || is_large(indicator->source))
		say(auditing, entry, removal(auditing, entry),
		    "it is a network of millions of hosts; name the part "
		    "that is meant");
	else if (is_any(indicator))
		say(auditing, entry, removal(auditing, entry),
		    "it matches every %s", indicator_kinds[indicator->kind]);
	else if ((indicator->kind == INDICATOR_NAME ||
		  indicator_is_pattern(indicator)) && usage &&
		 usage->hits >= BOUND_AUDIT_HITS)
		say(auditing, entry, removal(auditing, entry),
		    "it has met %" G_GINT64_FORMAT " messages; is it meant "
		    "for all of them?", usage->hits);
}

static void
look_expired(struct auditing *auditing, const Entry *entry)
{
	const char *why = "expired";
	gint64 end = auditing->life ?
	    life_end(auditing->life, entry, &why) : entry->expires;
	char at[CLOCK_TEXT];

	if (!end || end > auditing->now || is_managed(auditing, entry->file))
		return;
	clock_format(end, at);
	say(auditing, entry, removal(auditing, entry),
	    "it has no effect since %s (%s), and nobody but you takes it out "
	    "of this file", at, why);
}

static void
look_duplicate(struct auditing *auditing, const Entry *entry)
{
	const Entry *first = g_hash_table_lookup(auditing->keys, entry->key);
	g_autofree char *one = NULL, *other = NULL;

	if (first == entry)
		return;
	one = entry_format(first);
	other = entry_format(entry);
	say(auditing, entry, removal(auditing, entry),
	    "%s:%u names the same%s", first->file, first->line,
	    strcmp(one, other) == 0 ? "" :
	    " with other options, and both are in force");
}

struct shadowing {
	struct auditing *auditing;
	const Entry *entry;
	const Entry *by;	/* the first that makes it needless */
	bool is_needed;		/* something stands between */
};

/* Does WIDE, whose value covers that of NARROW, do all that NARROW does, for
 * as long? */
static bool
is_needless(const Entry *narrow, const Entry *wide)
{
	return wide->action == narrow->action && wide->done == narrow->done &&
	    wide->as == narrow->as && wide->proof == narrow->proof &&
	    wide->override == narrow->override && !wide->except->len &&
	    !wide->unused &&
	    (!wide->expires || (narrow->expires &&
				wide->expires >= narrow->expires)) &&
	    (wide->direction == DIRECTION_BOTH ||
	     wide->direction == narrow->direction) &&
	    (!wide->for_->len ||
	     (narrow->for_->len && has_all(wide->for_, narrow->for_)));
}

static void
meet(const Indicator *indicator, void *data)
{
	struct shadowing *shadowing = data;
	const struct auditing *auditing = shadowing->auditing;
	const Entry *entry = shadowing->entry;
	gpointer at = g_hash_table_lookup(auditing->heads, indicator);

	for (guint i = GPOINTER_TO_UINT(at); i; i = auditing->next[i - 1]) {
		const Entry *other = auditing->entries->pdata[i - 1];

		if (other == entry || !is_live(auditing, other))
			continue;
		if (other->action != entry->action &&
		    other->action != ENTRY_OBSERVE)
			shadowing->is_needed |= is_overlapping(entry, other);
		else if (!shadowing->by &&
			 !indicator_equal(indicator, entry->indicator) &&
			 is_needless(entry, other))
			shadowing->by = other;
	}
}

static void
look_shadowed(struct auditing *auditing, const Entry *entry)
{
	struct shadowing shadowing = { auditing, entry, NULL, false };

	if (!is_live(auditing, entry) || entry->except->len)
		return;
	meet(entry->indicator, &shadowing);
	wider_each(entry->indicator, entry->action == ENTRY_ALLOW,
		   &auditing->used, meet, &shadowing);
	if (shadowing.by && !shadowing.is_needed)
		say(auditing, entry, removal(auditing, entry),
		    "%s:%u covers it and does the same: %s",
		    shadowing.by->file, shadowing.by->line,
		    shadowing.by->text);
}

static void
look_unused(struct auditing *auditing, const Entry *entry)
{
	gint64 before = auditing->now - BOUND_AUDIT_DAYS * CLOCK_DAY;
	const Usage *usage;
	char at[CLOCK_TEXT];

	if (!auditing->life || MAX(entry->added, auditing->life->born) >
	    before)
		return;
	usage = life_usage(auditing->life, entry->key);
	if (usage && usage->last > before)
		return;
	clock_format(usage ? usage->last :
		     MAX(entry->added, auditing->life->born), at);
	say(auditing, entry, removal(auditing, entry),
	    usage ? "it has met no message since %s" :
	    "it has met no message, counted since %s", at);
}

static void
look_endless(struct auditing *auditing, const Entry *entry)
{
	Entry changed = *entry;

	if (entry->action != ENTRY_ALLOW || entry->expires || entry->unused)
		return;
	changed.unused = BOUND_AUDIT_DAYS * CLOCK_DAY;
	if (!changed.added)
		changed.added = auditing->now;
	say(auditing, entry, replacement(auditing, entry, &changed),
	    "an allow without end: unused=%dd would end it once nobody needs "
	    "it", BOUND_AUDIT_DAYS);
}

static const struct audit audits[] = {
	{ "contradictory", AUDIT_WARNING, look_contradictory },
	{ "unproven", AUDIT_WARNING, look_unproven },
	{ "wide", AUDIT_WARNING, look_wide },
	{ "braked", AUDIT_WARNING, look_braked },
	{ "expired", AUDIT_NOTICE, look_expired },
	{ "duplicate", AUDIT_NOTICE, look_duplicate },
	{ "shadowed", AUDIT_NOTICE, look_shadowed },
	{ "unused", AUDIT_NOTICE, look_unused },
	{ "endless", AUDIT_INFO, look_endless },
};

const char *const *
audit_names(void)
{
	static const char *names[G_N_ELEMENTS(audits) + 1];

	for (guint i = 0; i < G_N_ELEMENTS(audits); i++)
		names[i] = audits[i].name;
	return names;
}

/* An upstream whose passes count can prove a sender. */
static bool
is_provable(const Config *config)
{
	if (config_authenticates(config))
		return true;
	for (guint i = 0; i < config->upstreams->len; i++) {
		const Upstream *one = config->upstreams->pdata[i];

		if (one->authserv_id && one->strips)
			return true;
	}
	return false;
}

GPtrArray *
audit_run(const Config *config, const Tenant *tenant,
	  const GPtrArray *entries, const Life *life, const char *only,
	  gint64 now)
{
	g_autoptr(GHashTable) heads = g_hash_table_new(indicator_hash,
						       indicator_equal);
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash,
						      g_str_equal);
	g_autoptr(GHashTable) managed = g_hash_table_new(g_str_hash,
							 g_str_equal);
	g_autofree guint32 *next = g_new0(guint32, entries->len + 1);
	struct auditing auditing = {
		.config = config, .tenant = tenant, .entries = entries,
		.life = life, .now = now, .heads = heads, .next = next,
		.keys = keys, .managed = managed,
		.is_provable = is_provable(config),
		.found = g_ptr_array_new_with_free_func(finding_free),
	};

	index_all(&auditing);
	for (guint i = 0; i < G_N_ELEMENTS(audits); i++) {
		auditing.audit = &audits[i];
		if (only && strcmp(audits[i].name, only) != 0)
			continue;
		for (guint j = 0; j < entries->len; j++)
			audits[i].look(&auditing, entries->pdata[j]);
	}
	return auditing.found;
}
