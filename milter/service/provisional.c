/*
 * provisional.c -- blocks after several reports
 *
 * Users may err, and some do on purpose: what they make is mild, short, told
 * to the admins, and never touches what a veto names.
 */
#include "gatepost/service/provisional.h"

#include <string.h>

#include "gatepost/model/domain.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/alert.h"
#include "gatepost/service/draft.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

#define WHO "provisional"
#define HOUR (3600 * CLOCK_SECOND)
/* How long one that is confirmed stands. */
#define CONFIRMED (30 * CLOCK_DAY)

/* Where anybody may keep a page beside everybody else's. */
static const char *const shared_hosts[] = {
	"1drv.ms", "amazonaws.com", "azurewebsites.net", "bit.ly", "box.com",
	"canva.com", "cloudflarestorage.com", "docusign.net", "dropbox.com",
	"evernote.com", "facebook.com", "forms.gle", "forms.office.com",
	"github.com", "github.io", "google.com", "googleapis.com",
	"jotform.com", "linkedin.com", "live.com", "microsoft.com",
	"notion.site", "office.com", "onedrive.com", "pages.dev",
	"r2.dev", "sharepoint.com", "sway.cloud.microsoft", "t.co",
	"tinyurl.com", "typeform.com", "web.app", "weebly.com",
	"wetransfer.com", "wixsite.com", "workers.dev", "youtube.com",
	"zoom.us"
};

struct looking {
	Site *site;
	const Config *config;
	const Tenant *tenant;
	const Report *row;
	Json *record;
	Facts *facts;
};

/* ---- vetoes ---- */

static bool
is_protected(const struct looking *looking)
{
	const char *domain = looking->facts->from_domain;

	return domain && (config_has_domain(looking->tenant->domains,
					    domain) ||
	    config_has_domain(looking->tenant->protected_domains, domain));
}

static bool
was_allowed(const struct looking *looking)
{
	g_autoptr(GPtrArray) all = decisions_of(looking->record,
						looking->tenant->name, NULL);

	for (guint i = 0; i < all->len; i++) {
		const Decision *one = all->pdata[i];

		for (guint j = 0; j < one->findings->len; j++) {
			const Finding *finding = one->findings->pdata[j];

			if (finding->effect == EFFECT_ALLOW &&
			    finding->speaker == SPEAKER_TENANT)
				return true;
		}
	}
	return false;
}

/* Why there is no block; NULL: nothing speaks against it. */
static const char *
veto(const struct looking *looking)
{
	if (is_protected(looking))
		return "From is in a domain of the tenant's, or a protected "
		    "one";
	if (looking->facts->is_list)
		return "it came by a mailing list, whose readers it would "
		    "hit";
	if (was_allowed(looking))
		return "an allow entry speaks for it";
	return NULL;
}

static bool
is_shared(const char *host)
{
	for (guint i = 0; i < G_N_ELEMENTS(shared_hosts); i++)
		if (domain_is_below(host, shared_hosts[i]))
			return true;
	return false;
}

/* Links to hosts that many share are left out. */
static void
drop_shared(GPtrArray *entries, GPtrArray *said)
{
	for (guint i = entries->len; i-- > 0;) {
		const Entry *one = entries->pdata[i];
		g_autofree char *host = g_strndup(one->indicator->value,
		    strcspn(one->indicator->value, "/?"));

		if (one->indicator->kind != INDICATOR_URL ||
		    !is_shared(host))
			continue;
		g_ptr_array_add(said, g_strdup_printf("left out %s: anybody "
		    "may keep pages there", host));
		g_ptr_array_remove_index(entries, i);
	}
}

/* ---- the block ---- */

/* Append the entries of one kind to ALL; there may be none: no link. */
static void
draft_kind(struct draft *draft, enum draft_kind kind, const struct doer *by,
	   GPtrArray *all, GPtrArray *said)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) some = NULL;

	draft->kinds = 1 << kind;
	some = draft_entries(draft, by, said, &error);
	if (some)
		g_ptr_array_extend_and_steal(all, g_steal_pointer(&some));
	else
		g_ptr_array_add(said, g_strdup(error->message));
}

static void
draft_kinds_of(const struct looking *looking, struct draft *draft,
	       const struct doer *by, GPtrArray *all, GPtrArray *said)
{
	const GPtrArray *kinds = looking->tenant->provisional.kinds;
	enum draft_kind sender = auth_is_aligned(looking->facts) ?
	    DRAFT_SENDER : DRAFT_SPOOF;

	if (kinds->len == 0)
		draft_kind(draft, sender, by, all, said);
	for (guint i = 0; i < kinds->len; i++)
		draft_kind(draft, strcmp(kinds->pdata[i], "url") == 0 ?
			   DRAFT_URL : sender, by, all, said);
}

static void
note(const struct looking *looking, const char *what, const char *detail)
{
	g_autoptr(GError) error = NULL;
	struct deed deed = {
		.who = WHO, .via = VIA_MAIL, .what = what,
		.object = looking->row->group,
		.tenant = looking->tenant->name, .detail = detail,
	};

	if (!trail_add(looking->site->trail, &deed, &error))
		log_error(NULL, "provisional-failed reason=\"%s\"",
			  error->message);
}

static void
tell(const struct looking *looking, gint64 reporters, const GPtrArray *said)
{
	g_autofree char *from = text_shown(looking->row->from, 200);
	g_autofree char *subject = text_shown(looking->row->subject, 200);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "%" G_GINT64_FORMAT " users reported "
	    "mail of a sender within a day, so it is filed as junk for %"
	    G_GINT64_FORMAT " hours:\n\n  From     %s\n  Subject  %s\n\n",
	    reporters, looking->tenant->provisional.hours, from, subject);
	for (guint i = 0; i < said->len; i++)
		g_string_append_printf(text, "%s\n",
				       (const char *)said->pdata[i]);
	g_string_append_printf(text, "\nLook at it, and say what it is; a "
	    "threat stays blocked for 30 days, what is none is let in again "
	    "at once:\n  gatepost report show %s\n  gatepost report mark %s "
	    "phish|spam|clean\n", looking->row->id, looking->row->id);
	alert(looking->site, looking->config, looking->tenant,
	      ALERT_PROVISIONAL_BLOCK, "A sender is blocked provisionally",
	      text->str);
}

static void
block(const struct looking *looking, gint64 reporters)
{
	const struct doer by = { WHO, VIA_MAIL, ACTOR_SYSTEM };
	g_autofree char *words = g_strdup_printf("%" G_GINT64_FORMAT
						 " users reported it",
						 reporters);
	struct draft draft = {
		.tenant = looking->tenant, .is_block = true, .is_mild = true,
		.record = looking->record, .note = words,
		.submission = looking->row->group,
		.expires = clock_now() +
		    looking->tenant->provisional.hours * HOUR,
	};
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GError) error = NULL;

	draft_kinds_of(looking, &draft, &by, entries, said);
	drop_shared(entries, said);
	if (entries->len == 0) {
		note(looking, "provisional-vetoed", said->len ?
		     said->pdata[0] : "nothing is left to block");
		return;
	}
	if (!draft_add(looking->site, looking->config, looking->tenant,
		       looking->row->group, entries, &by, said, &error)) {
		log_error(NULL, "provisional-failed reason=\"%s\"",
			  error->message);
		return;
	}
	tell(looking, reporters, said);
}

/* Was the group blocked, or kept from it, already? */
static void
see_deed(const struct deed *deed, void *data)
{
	bool *is_done = data;

	*is_done |= strcmp(deed->who, WHO) == 0;
}

static bool
is_done(const struct looking *looking)
{
	struct trail_filter filter = { .object = looking->row->group,
				       .who = WHO };
	bool done = false;

	trail_list(looking->site->trail, &filter, see_deed, &done, NULL);
	return done;
}

static void
look(struct looking *looking)
{
	gint64 reporters = reports_reporters(looking->site->reports,
	    looking->tenant->name, looking->row->from,
	    clock_now() - CLOCK_DAY, NULL);
	const char *why;

	if (reporters < looking->tenant->provisional.reporters ||
	    is_done(looking))
		return;
	why = veto(looking);
	if (why)
		note(looking, "provisional-vetoed", why);
	else
		block(looking, reporters);
}

void
provisional_look(Site *site, const Config *config, const Tenant *tenant,
		 const Report *row)
{
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(Record) record = NULL;
	g_autoptr(Json) json = NULL;
	struct looking looking = { site, config, tenant, row, NULL, facts };

	if (!tenant->provisional.reporters || !row->is_verified ||
	    !row->message || !*row->message || !row->from || !*row->from)
		return;
	record = ledger_read(site->ledger, row->message, NULL);
	json = record ? json_parse(record->body, strlen(record->body),
				   NULL) : NULL;
	if (!json)
		return;
	fields_from_json(&facts_fields, facts, json_member(json, "facts"));
	looking.record = json;
	look(&looking);
}

/* Those that still are provisional; an edit moves the lines behind it. */
static Entry *
find_entry(const GPtrArray *all, const char *group)
{
	for (guint i = 0; i < all->len; i++) {
		Entry *one = all->pdata[i];

		if (g_strcmp0(one->by, WHO) == 0 &&
		    g_strcmp0(one->submission, group) == 0)
			return one;
	}
	return NULL;
}

bool
provisional_settle(Site *site, const Config *config, const Tenant *tenant,
		   const Report *row, bool is_threat, const struct doer *by,
		   GError **error)
{
	for (;;) {
		g_autoptr(GPtrArray) all = draft_managed(config, tenant);
		Entry *entry = find_entry(all, row->group);

		if (!entry)
			return true;
		if (!(is_threat ? draft_lengthen(site, tenant, row->group,
						 entry, clock_now() +
						 CONFIRMED, by, error) :
		      draft_lift(site, tenant, row->group, entry, by,
				 error)))
			return false;
	}
}
