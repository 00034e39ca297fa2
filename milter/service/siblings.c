/*
 * siblings.c -- what is held for the same reason as something submitted
 *
 * A verdict speaks of what was judged.  Whoever wants his phish out could have
 * something harmless judged that has its subject, its body's octets or its
 * From: so all that a reader sees must be the same, and the sender as well
 * known.  What an entry held is let out when nothing else spoke against it.
 */
#include "gatepost/service/siblings.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/model/decision.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/refit.h"
#include "gatepost/util/file.h"
#include "gatepost/util/json.h"

struct looking {
	const Submission *one;
	const char *policy;	/* why its own copy is held; NULL */
	const Held *held;	/* its item, which has: */
	const Facts *facts;	/* NULL: there is none */
	Site *site;
	GArray *found;
};

static void
sibling_clear(gpointer data)
{
	struct sibling *sibling = data;

	g_free(sibling->id);
	g_free(sibling->rcpt);
}

/* ---- alike ---- */

/* Is OTHER's sender that of ONE, by proof of From, or else of the envelope? */
static bool
is_of_sender(const Facts *one, const Facts *other)
{
	const Auth *auth = &one->auth, *also = &other->auth;

	if (!one->from || g_strcmp0(one->from, other->from) != 0)
		return false;
	if (auth_is_aligned(one) && auth_is_aligned(other))
		return true;
	return auth->spf == AUTH_PASS && also->spf == AUTH_PASS &&
	    !auth->is_spf_helo && !also->is_spf_helo && auth->spf_domain &&
	    g_strcmp0(auth->spf_domain, also->spf_domain) == 0;
}

/* The fields that a reader sees, and by which the body is read; what is no
 * field is kept as well. */
static enum refit
is_seen(const char *name, gsize length, gint64 index, const char **value,
	void *data)
{
	static const char *const seen[] = {
		"from", "sender", "reply-to", "subject", "mime-version"
	};
	g_autofree char *lower = g_ascii_strdown(name, (gssize)length);

	(void)index;
	(void)value;
	(void)data;
	g_strchomp(lower);
	for (guint i = 0; i < G_N_ELEMENTS(seen); i++)
		if (strcmp(lower, seen[i]) == 0)
			return REFIT_KEEP;
	return g_str_has_prefix(lower, "content-") ? REFIT_KEEP : REFIT_DROP;
}

/* Those fields of HELD, and its body; NULL: they cannot be read. */
static GString *
face_of(Site *site, const Held *held)
{
	int fd = quarantine_octets(site->quarantine, held, NULL);
	g_autofree char *octets = fd < 0 ? NULL :
	    file_get_fd(fd, (gsize)held->size, NULL);
	GString *out = octets ? g_string_new(NULL) : NULL;

	if (fd >= 0)
		close(fd);
	if (out)
		refit(out, octets, (gsize)held->size, is_seen, NULL);
	return out;
}

static bool
is_alike(const struct looking *looking, const Held *held, const Facts *facts)
{
	const Facts *own = looking->facts;
	g_autoptr(GString) face = NULL, also = NULL;

	if (!own->body_sha256 || !is_of_sender(own, facts) ||
	    g_strcmp0(own->body_sha256, facts->body_sha256) != 0)
		return false;
	face = face_of(looking->site, looking->held);
	also = face_of(looking->site, held);
	return face && also && g_string_equal(face, also);
}

/* ---- what an entry held ---- */

static bool
is_against(const Finding *finding)
{
	switch ((enum category)finding->category) {
	case CATEGORY_SPAM:
	case CATEGORY_IMPERSONATION:
	case CATEGORY_SPOOF:
	case CATEGORY_PHISH:
	case CATEGORY_MALWARE:
		return !finding->struck && (finding->effect == EFFECT_BLOCK ||
		    finding->effect == EFFECT_SAY);
	case CATEGORY_CLEAN:
	case CATEGORY_BULK:
	case CATEGORY_UNKNOWN:
		break;
	}
	return false;
}

/* Does nothing but entries of ONE speak against RCPT's copy? */
static bool
is_by_entries_alone(const Submission *one, const Json *record,
		    const char *rcpt)
{
	g_autoptr(GPtrArray) all = decisions_of(record, NULL, rcpt);

	for (guint i = 0; i < all->len; i++) {
		const Decision *decision = all->pdata[i];

		for (guint j = 0; j < decision->findings->len; j++) {
			const Finding *finding = decision->findings->pdata[j];

			if (is_against(finding) && (!finding->entry ||
			    !g_ptr_array_find_with_equal_func(one->entries,
			    finding->entry, g_str_equal, NULL)))
				return false;
		}
	}
	return all->len > 0;
}

/* ---- looking ---- */

/* The record of HELD, yours; NULL: it has none. */
static Json *
record_of(const Held *held)
{
	return held && held->record ? json_parse(held->record,
	    strlen(held->record), NULL) : NULL;
}

static Facts *
facts_of(const Json *record)
{
	Facts *facts = facts_new();

	fields_from_json(&facts_fields, facts, json_member(record, "facts"));
	return facts;
}

static bool
is_let_out(const struct looking *looking, const struct held_row *row)
{
	const Submission *one = looking->one;
	bool is_entry = row->entry && g_ptr_array_find_with_equal_func(
	    one->entries, row->entry, g_str_equal, NULL);
	bool is_same = looking->policy &&
	    g_strcmp0(row->policy, looking->policy) == 0;
	bool is_out = false;
	Held *held;

	if (is_same && (g_strcmp0(row->id, one->item) == 0 ||
			g_strcmp0(row->id, one->message) == 0))
		return true;
	/* The row rules most out without a look at the item. */
	if (!is_entry && (!is_same || !looking->facts ||
	    g_strcmp0(row->from, looking->facts->from) != 0))
		return false;
	held = quarantine_read(looking->site->quarantine, row->id, NULL);
	if (held) {
		g_autoptr(Json) record = record_of(held);
		g_autoptr(Facts) facts = facts_of(record);

		is_out = record && (is_entry ?
		    is_by_entries_alone(one, record, row->rcpt) :
		    is_alike(looking, held, facts));
	}
	fields_free(&held_fields, held);
	return is_out;
}

static void
look(const struct held_row *row, void *data)
{
	struct looking *looking = data;
	struct sibling sibling;

	if (!is_let_out(looking, row))
		return;
	sibling.id = g_strdup(row->id);
	sibling.rcpt = g_strdup(row->rcpt);
	g_array_append_val(looking->found, sibling);
}

/* Why ONE's own copy of HELD is, or was, held; NULL. */
static const char *
policy_of(const Submission *one, const Held *held)
{
	const HeldRcpt *copy = NULL;

	if (one->rcpt)
		copy = quarantine_rcpt(held, one->rcpt);
	else if (held->rcpts->len == 1)
		copy = held->rcpts->pdata[0];
	return copy ? copy->policy : NULL;
}

GArray *
siblings_of(Site *site, const Submission *one, GError **error)
{
	const char *id = one->item ? one->item : one->message;
	Held *held = id ? quarantine_read(site->quarantine, id, NULL) : NULL;
	g_autoptr(Json) record = record_of(held);
	g_autoptr(Facts) facts = facts_of(record);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE,
					      sizeof(struct sibling));
	struct held_filter filter = { .tenant = one->tenant, .is_open = true };
	struct looking looking = {
		one, held ? policy_of(one, held) : NULL, held,
		record ? facts : NULL, site, found,
	};
	bool good;

	g_array_set_clear_func(found, sibling_clear);
	if (one->entries->len == 0)
		filter.policy = looking.policy;
	good = (!looking.policy && one->entries->len == 0) ||
	    quarantine_list(site->quarantine, &filter, look, &looking, error);
	fields_free(&held_fields, held);
	return good ? g_steal_pointer(&found) : NULL;
}
