/*
 * past.c -- new blocks that match past mail: the rule "past-block"
 *
 * Who blocks a sender today wants to know who got his mail yesterday.  Each
 * new block is rehearsed on the ledger, and what it would have held is a
 * candidate, with its octets where the tenant's evidence has them.
 */
#include "gatepost/service/past.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/policy/check.h"
#include "gatepost/service/copies.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/rehearse.h"
#include "gatepost/service/way.h"
#include "gatepost/util/clock.h"

#define RULE "past-block"
/* How far back is looked, for how many new entries of a tenant, and how many
 * messages of each count. */
#define SPAN (7 * CLOCK_DAY)
#define ENTRIES_MOST 20
#define MESSAGES_MOST 50

struct looking {
	Site *site;
	Setup *setup;
	const Tenant *tenant;
	gint64 since, now;
	guint *found;
};

static char *
or_empty(const char *text)
{
	return g_strdup(text ? text : "");
}

/* Who of the tenant got it, parted by blanks. */
static char *
readers_of(const struct looking *looking, const Json *record)
{
	g_autoptr(GPtrArray) all = decisions_of(record, looking->tenant->name,
						NULL);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < all->len; i++) {
		const Decision *one = all->pdata[i];

		if (one->place == PLACE_MAILBOX && one->action < ACTION_JUNK)
			g_string_append_printf(out, "%s%s", out->len ? " " :
					       "", one->rcpt);
	}
	return g_string_free(out, FALSE);
}

/* The octets, when they are kept. */
static bool
put_octets(const struct looking *looking, const Record *record,
	   GError **error)
{
	Site *site = looking->site;
	gsize size;
	int fd = evidence_octets(site->evidence, looking->tenant->name,
				 record->id, &size, NULL);
	bool good = fd < 0 || box_put(site->candidates, "new", record->id, fd,
				      size, record->body, error);

	if (fd >= 0)
		close(fd);
	return good;
}

static bool
add_one(const struct looking *looking, const Record *record, GError **error)
{
	g_autoptr(Json) json = json_parse(record->body, strlen(record->body),
					  NULL);
	g_autoptr(GPtrArray) evicted = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Facts) facts = facts_new();
	g_autofree char *rcpts = readers_of(looking, json);
	g_autofree char *kin = NULL, *sender = NULL, *from = NULL;
	g_autofree char *subject = NULL, *body = NULL;
	enum candidate_state state;
	struct candidate_row row = {
		.tenant = looking->tenant->name, .id = record->id,
		.at = record->at, .rules = RULE, .rcpts = rcpts,
		.score = candidate_score(RULE),
	};

	if (!*rcpts)
		return true;
	fields_from_json(&facts_fields, facts, json_member(json, "facts"));
	row.kin = kin = kin_of(facts);
	row.sender = sender = or_empty(json_text(json_member(json,
							     "sender")));
	row.from = from = or_empty(facts->from);
	row.subject = subject = or_empty(facts->subject);
	row.body = body = or_empty(facts->body_sha256);
	if (!candidates_admit(looking->site->suspected, &row,
			      looking->tenant->candidates.daily, &state,
			      evicted, error))
		return false;
	copies_settle(looking->site, evicted, NULL);
	*looking->found += state == CANDIDATE_NEW;
	return state != CANDIDATE_NEW || put_octets(looking, record, error);
}

static bool
look_by(const struct looking *looking, const GPtrArray *entries,
	const Entry *entry, GError **error)
{
	struct pipeline line = { .users = looking->site->users,
				 .wait = wait_plainly };
	g_autoptr(Rehearsal) rehearsal = rehearse(looking->site, &line,
	    looking->setup, looking->tenant, entries, entry,
	    looking->now - SPAN, MESSAGES_MOST, error);

	for (guint i = 0; rehearsal && i < rehearsal->first->len; i++) {
		const struct rehearsed_hit *hit = rehearsal->first->pdata[i];
		g_autoptr(Record) record = NULL;

		if (hit->was >= ACTION_JUNK || hit->would < ACTION_JUNK)
			continue;
		record = ledger_read(looking->site->ledger, hit->id, error);
		if (record && !add_one(looking, record, error))
			return false;
	}
	return rehearsal && !(error && *error);
}

static bool
is_off(const Tenant *tenant)
{
	const GPtrArray *off = tenant->candidates.off;

	for (guint i = 0; i < off->len; i++)
		if (strcmp(off->pdata[i], RULE) == 0)
			return true;
	return false;
}

static bool
look_for(const struct looking *looking, GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	guint count = 0;

	if (is_off(looking->tenant))
		return true;
	lists_read(looking->setup->config, looking->tenant, entries, notes);
	for (guint i = entries->len; i-- > 0 && count < ENTRIES_MOST;) {
		const Entry *one = entries->pdata[i];

		if (one->action != ENTRY_BLOCK || !one->added ||
		    one->added < looking->since || one->added > looking->now)
			continue;
		count++;
		if (!look_by(looking, entries, one, error))
			return false;
	}
	return true;
}

bool
past_look(Site *site, const Config *config, gint64 since, gint64 now,
	  guint *found, GError **error)
{
	g_autoptr(Config) held = config_ref((Config *)config);
	g_autoptr(Setup) setup = setup_new(held, site->folder, NULL, NULL);
	struct looking looking = { site, setup, NULL, since, now, found };

	setup_open_routes(setup, NULL);
	for (guint i = 0; i < config->tenants->len; i++) {
		looking.tenant = config->tenants->pdata[i];
		if (!look_for(&looking, error))
			return false;
	}
	return true;
}
