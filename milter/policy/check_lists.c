/*
 * check_lists.c -- what the tenant's own list entries and its feeds say
 *
 * Reads:  every sighting, the tenant's entries, From's authentication
 * Says:   one finding an entry that matches: block, allow or observe
 * Leaves: who wins to precedence.c
 */
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/snapshot.h"
#include "gatepost/model/address.h"
#include "gatepost/policy/check.h"

struct matching {
	const struct look *look;
	Decision *decision;
	const Indicator *seen;
	guint count[EFFECT_UNSURE + 1];	/* by effect */
	bool is_spent;			/* which has been said */
	bool is_outbound;
};

/* What a block of each kind makes of a message (design 7, row 1). */
static const struct {
	enum category category;
	enum confidence confidence;
	enum policy policy;
	const char *what;	/* of the message, for the reason */
} kinds[INDICATOR_KINDS] = {
	[INDICATOR_SENDER] = { CATEGORY_PHISH, CONFIDENCE_HIGH,
	    POLICY_BLOCK_SENDER, "the sender" },
	[INDICATOR_ENVELOPE] = { CATEGORY_PHISH, CONFIDENCE_HIGH,
	    POLICY_BLOCK_ENVELOPE, "the envelope sender" },
	[INDICATOR_NAME] = { CATEGORY_PHISH, CONFIDENCE_HIGH,
	    POLICY_BLOCK_NAME, "the display name" },
	[INDICATOR_IP] = { CATEGORY_SPAM, CONFIDENCE_HIGH, POLICY_BLOCK_IP,
	    "the client" },
	[INDICATOR_URL] = { CATEGORY_PHISH, CONFIDENCE_HIGH,
	    POLICY_BLOCK_URL, "a link to" },
	[INDICATOR_FILE] = { CATEGORY_MALWARE, CONFIDENCE_HIGH,
	    POLICY_BLOCK_FILE, "a file with SHA-256" },
	[INDICATOR_FILENAME] = { CATEGORY_PHISH, CONFIDENCE_HIGH,
	    POLICY_BLOCK_FILENAME, "a file named" },
	[INDICATOR_DEFECT] = { CATEGORY_UNKNOWN, CONFIDENCE_HIGH,
	    POLICY_BLOCK_DEFECT, "the defect" },
	[INDICATOR_SPOOF] = { CATEGORY_SPOOF, CONFIDENCE_HIGH,
	    POLICY_BLOCK_SPOOF, "the unproven sender" },
};

/* SPF of the very domain that the envelope names. */
static bool
is_envelope_proven(const Message *message, const Facts *facts)
{
	return facts->auth.spf == AUTH_PASS && !facts->auth.is_spf_weak &&
	    !facts->auth.is_spf_helo &&
	    g_strcmp0(facts->auth.spf_domain,
		      address_domain(message->sender)) == 0;
}

/* What an allow of its kind asks for, where the entry does not say. */
static bool
is_proven_by_kind(enum indicator_kind kind, const struct look *look)
{
	switch (kind) {
	case INDICATOR_SENDER:
		return look->facts && auth_is_aligned(look->facts);
	case INDICATOR_ENVELOPE:
		return look->facts &&
		    is_envelope_proven(look->message, look->facts);
	case INDICATOR_URL:
	case INDICATOR_FILE:
	case INDICATOR_FILENAME:
		/* What was not read whole may hold another one beside it. */
		return look->facts && look->facts->complete;
	case INDICATOR_IP:
		return true;
	case INDICATOR_SPOOF:
		/* A pair speaks for one author, not for his company. */
		return look->facts && look->facts->authors->len == 1 &&
		    !facts_has_defect(look->facts, "from-many");
	case INDICATOR_NAME:
	case INDICATOR_DEFECT:
	case INDICATOR_KINDS:
		break;
	}
	return false;
}

/* Does the proof hold that ENTRY, an allow, names or that its kind asks for
 * (design 6.1)? */
static bool
is_proven(const struct snapshot_entry *entry, const struct look *look)
{
	switch (entry->proof) {
	case PROOF_NONE:
		return true;
	case PROOF_SPF:
		if (entry->kind == INDICATOR_ENVELOPE)
			return is_proven_by_kind(entry->kind, look);
		return look->facts && auth_spf_proves(look->facts);
	case PROOF_DKIM:
		return look->facts && auth_dkim_proves(look->facts);
	case PROOF_KIND:
		break;
	}
	return is_proven_by_kind(entry->kind, look);
}

/* `except=` frees proven senders of these domains from an entry. */
static bool
is_excepted(const struct snapshot_entry *entry, const Facts *facts)
{
	g_auto(GStrv) domains = NULL;

	if (!*entry->except || !facts || !facts->from_domain ||
	    !auth_is_aligned(facts))
		return false;
	domains = g_strsplit(entry->except, " ", -1);
	for (guint i = 0; domains[i]; i++)
		if (strcmp(domains[i], facts->from_domain) == 0)
			return true;
	return false;
}

static const char *
struck_why(const struct snapshot_entry *entry, const struct look *look)
{
	if (entry->expires && entry->expires <= look->now)
		return "the entry has expired";
	if (is_excepted(entry, look->facts))
		return "the sender is excepted and proven";
	return NULL;
}

/* Pairs are asked for only where From has no proof, and its authentication
 * is known (design 6.1); our own people prove themselves by their login. */
static bool
is_consulted(const struct look *look, const Indicator *seen)
{
	return seen->kind != INDICATOR_SPOOF ||
	    (look->facts && auth_is_known(look->facts) &&
	     !auth_is_aligned(look->facts));
}

static enum effect
effect_of(const struct snapshot_entry *entry, const struct look *look)
{
	switch (entry->action) {
	case ENTRY_BLOCK:
		return entry->kind == INDICATOR_SPOOF &&
		    auth_is_unsure(look->facts) ? EFFECT_UNSURE :
		    EFFECT_BLOCK;
	case ENTRY_ALLOW:
		return EFFECT_ALLOW;
	case ENTRY_OBSERVE:
		break;
	}
	return EFFECT_OBSERVE;
}

/* Is it in the message, and not on its envelope or in its header? */
static bool
is_item(enum indicator_kind kind)
{
	return kind == INDICATOR_URL || kind == INDICATOR_FILE ||
	    kind == INDICATOR_FILENAME;
}

/* Octets of a value that a finding keeps. */
#define VALUE_MOST 256

/* VALUE, or its start and a hash of it all: two that differ stay two. */
static char *
shortened(const char *value)
{
	static const struct hash_key key = { 3, 5 };
	gsize length = strlen(value);
	char sum[HASH_TEXT];

	if (length <= VALUE_MOST)
		return g_strdup(value);
	hash_text(hash_bytes(&key, value, length), sum);
	return g_strdup_printf("%.*s...%s", VALUE_MOST - 20, value, sum);
}

/* Name the entry that made FINDING. */
static void
name_entry(Finding *finding, const struct snapshot_entry *entry)
{
	finding->entry = g_strdup(entry->key);
	finding->text = g_strdup_printf("%s %s %s%s%s",
					entry_actions[entry->action],
					indicator_kinds[entry->kind],
					entry->value,
					*entry->source ? " " : "",
					entry->source);
	finding->place = snapshot_place(entry);
}

/* Does ENTRY concern mail of this direction, and this user of ours? */
static bool
is_meant(const struct snapshot_entry *entry, const struct matching *matching)
{
	const struct look *look = matching->look;

	return matching->is_outbound ?
	    entry->direction != DIRECTION_IN &&
	    snapshot_is_for(entry->for_, look->message->sender) :
	    entry->direction != DIRECTION_OUT &&
	    snapshot_is_for(entry->for_, look->recipient->address);
}

/* Of mail of our own people nothing is to be proven. */
static bool
is_good(const struct snapshot_entry *entry, const struct matching *matching)
{
	return entry->action != ENTRY_ALLOW || matching->is_outbound ||
	    is_proven(entry, matching->look);
}

static void
gave_up(const struct snapshot_entry *entry, bool is_spent, void *data)
{
	struct matching *matching = data;
	const struct look *look = matching->look;
	g_autofree char *value = shortened(matching->seen->value);
	Finding *finding;

	if (!is_meant(entry, matching) || (is_spent && matching->is_spent) ||
	    (entry->expires && entry->expires <= look->now) ||
	    ++matching->count[EFFECT_SAY] > BOUND_FINDINGS)
		return;
	matching->is_spent |= is_spent;
	finding = finding_add(matching->decision, check_lists.name,
			      SPEAKER_CHECK, EFFECT_SAY, is_spent ?
			      "%s and those behind it were not tried on %s: "
			      "patterns had taken what one message may" :
			      "%s took too many steps on %s and was given up:"
			      " nobody knows whether it matches, make it "
			      "simpler", entry->value, value);
	finding->category = CATEGORY_UNKNOWN;
	finding->policy = g_strdup(policies[POLICY_UNKNOWN]);
	name_entry(finding, entry);
}

static void
found(const struct snapshot_entry *entry, void *data)
{
	struct matching *matching = data;
	const struct look *look = matching->look;
	const char *source = matching->seen->source;
	enum effect effect = effect_of(entry, look);
	g_autofree char *value = NULL;
	Finding *finding;

	if ((look->without && strcmp(entry->key, look->without) == 0) ||
	    !is_meant(entry, matching) ||
	    ++matching->count[effect] > BOUND_FINDINGS)
		return;
	/* Without the content nobody knows yet. */
	if (!look->facts && !matching->is_outbound &&
	    (*entry->except || !is_good(entry, matching)))
		matching->decision->is_open = true;
	value = shortened(matching->seen->value);
	finding = finding_add(matching->decision, check_lists.name,
			      entry->is_feed ? SPEAKER_FEED : SPEAKER_TENANT,
			      effect, "%s %s%s%s is %s%s%s: %s %s %s%s%s",
			      matching->is_outbound && !is_item(entry->kind) ?
			      "the recipient" : kinds[entry->kind].what,
			      *value ? value : "<>", source ? " by way of " : "",
			      source ? source : "",
			      entry->is_feed ? "in " : "on the ",
			      entry->is_feed ? entry->key :
			      entry_actions[entry->action],
			      entry->is_feed ? "" : " list",
			      entry_actions[entry->action],
			      indicator_kinds[entry->kind], entry->value,
			      *entry->source ? " " : "", entry->source);
	finding->category = entry->as >= 0 ? entry->as :
	    (int)kinds[entry->kind].category;
	finding->confidence = kinds[entry->kind].confidence;
	finding->policy =
	    g_strdup(policies[kinds[entry->kind].policy]);
	finding->asks = entry->done >= 0 ? g_strdup(actions[entry->done]) :
	    NULL;
	name_entry(finding, entry);
	finding->kind = g_strdup(indicator_kinds[entry->kind]);
	finding->value = g_steal_pointer(&value);
	finding->override = (int)entry->override;
	finding->narrowness = entry->narrowness;
	finding->is_proven = is_good(entry, matching);
	finding->is_unasked = entry->proof == PROOF_NONE;
	finding->struck = g_strdup(struck_why(entry, look));
	finding->is_void = finding->struck != NULL;
	finding->is_automatic = entry->is_feed ||
	    entry_is_automatic(entry->by);
}

/* Nobody knows whether an entry names a relay's client that cannot be read. */
static void
say_unknown_client(const struct look *look, Decision *decision)
{
	const Client *client = &look->message->client;

	if (client->kind == CLIENT_RELAY && look->facts &&
	    !look->facts->client)
		finding_add(decision, check_lists.name, SPEAKER_CHECK,
			    EFFECT_UNSURE, "whose mail the relay %s hands on "
			    "cannot be read from its Received fields, so no "
			    "entry of kind ip was asked", client->address);
}

static void
look(const struct look *look, Decision *decision)
{
	struct matching matching = { look, decision, NULL, { 0 }, false,
				     false };
	g_autoptr(SnapshotRun) own = look->run ? NULL : snapshot_run_new();
	Finding *more;

	if (!look->message->lists)
		return;
	say_unknown_client(look, decision);
	for (guint i = 0; i < look->shown->len; i++) {
		matching.seen = look->shown->pdata[i];
		if (!is_consulted(look, matching.seen))
			continue;
		snapshot_match_within(look->message->lists,
				      look->recipient->tenant->name,
				      matching.seen, own ? own : look->run,
				      found, gave_up, &matching);
	}
	if (MAX(matching.count[EFFECT_BLOCK], matching.count[EFFECT_ALLOW]) <=
	    BOUND_FINDINGS)
		return;
	more = finding_add(decision, check_lists.name, SPEAKER_CHECK,
			   EFFECT_SAY, "more entries match than are kept: "
			   "%u block and %u allow",
			   matching.count[EFFECT_BLOCK],
			   matching.count[EFFECT_ALLOW]);
	more->category = CATEGORY_UNKNOWN;
	more->policy = g_strdup(policies[POLICY_UNKNOWN]);
}

/* VALUE of KIND, by patterns of their own: SEEN lasts no longer. */
static void
look_at(struct matching *matching, enum indicator_kind kind,
	const char *value)
{
	const struct look *look = matching->look;
	g_autoptr(SnapshotRun) run = snapshot_run_new();
	g_autoptr(Indicator) seen = indicator_seen(kind, value);

	matching->seen = seen;
	snapshot_match_within(look->message->lists,
			      look->recipient->outbound->name, seen, run,
			      found, gave_up, matching);
}

void
lists_look_outbound(const struct look *look, Decision *decision)
{
	struct matching matching = { look, decision, NULL, { 0 }, false,
				     true };
	g_autoptr(SnapshotRun) own = look->run ? NULL : snapshot_run_new();

	if (!look->message->lists)
		return;
	/* Both kinds name the correspondent. */
	look_at(&matching, INDICATOR_SENDER, look->recipient->address);
	look_at(&matching, INDICATOR_ENVELOPE, look->recipient->address);
	for (guint i = 0; look->facts && i < look->shown->len; i++) {
		matching.seen = look->shown->pdata[i];
		if (is_item(matching.seen->kind))
			snapshot_match_within(look->message->lists,
				look->recipient->outbound->name,
				matching.seen, own ? own : look->run, found,
				gave_up, &matching);
	}
}

const struct check check_lists = {
	.name = "lists",
	.needs = NEED_CLIENT | NEED_ENVELOPE,
	.look = look,
	.meaning = "entries of the tenant's allow/block list, and feeds",
};
