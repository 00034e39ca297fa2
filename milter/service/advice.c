/*
 * advice.c -- what to change: rules over the ledger, the lists and what was
 * missed lately
 *
 * To add advice: a row of rules, its function, a case of t/720-advice.t.
 */
#include "gatepost/service/advice.h"

#include <string.h>

#include "gatepost/lists/entry.h"
#include "gatepost/policy/check.h"
#include "gatepost/policy/upstream.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"

/* How far back misses and ends of entries are looked for. */
#define LATELY (30 * CLOCK_DAY)
/* An entry that met no more than so many messages is hardly used. */
#define HARDLY 1
/* A score from this share of its line on is just below it. */
#define JUST_BELOW 0.7
/* Misses of one sender that make a pattern. */
#define AGAIN 2

struct advising {
	Site *site;
	const Config *config;
	const Json *record;
	const Facts *facts;
	const Decision *one;	/* whose turn it is */
	const Tenant *tenant;	/* of it; never NULL */
	GHashTable *usages;	/* NULL: not known */
	guint missed;		/* bad submissions of the tenant, lately */
	guint missed_own;	/* ... with From in its domains */
	guint missed_same;	/* ... with From's domain of this one */
};

static char *
shown(const char *text)
{
	return text_shown(text ? text : "", 120);
}

static bool
is_let_in(const struct advising *work, enum speaker speaker)
{
	const Finding *won = work->one->because;

	return won && won->effect == EFFECT_ALLOW &&
	    won->speaker == (int)speaker;
}

static const Finding *
find_allow(const struct advising *work, enum speaker speaker, bool is_proven)
{
	const GPtrArray *all = work->one->findings;

	for (guint i = 0; i < all->len; i++) {
		const Finding *one = all->pdata[i];

		if (one->effect == EFFECT_ALLOW &&
		    one->speaker == (int)speaker &&
		    one->is_proven == is_proven)
			return one;
	}
	return NULL;
}

/* ---- entries ---- */

/* How often the entry was met, and since when it is known, in words. */
static char *
use_of(const struct advising *work, const char *key)
{
	const Usage *usage = work->usages ?
	    g_hash_table_lookup(work->usages, key) : NULL;
	gint64 born = usage_born(work->site->usages, NULL);
	gint64 days = born ? (clock_now() - born) / CLOCK_DAY : 0;
	char last[CLOCK_TEXT];

	if (!usage || usage->hits <= HARDLY)
		return g_strdup_printf("it has let in nothing else since "
		    "entries are counted, %" G_GINT64_FORMAT " days ago: "
		    "remove it", days);
	clock_format(usage->last, last);
	return g_strdup_printf("it has met %" G_GINT64_FORMAT " messages, "
	    "the last at %s: give it a proof or a \"for\", or remove it",
	    usage->hits, last);
}

static char *
entry_let_in(const struct advising *work)
{
	const Finding *won = work->one->because;
	g_autofree char *text = won ? shown(won->text) : NULL;
	g_autofree char *use = NULL;

	if (!is_let_in(work, SPEAKER_TENANT) || !won->entry)
		return NULL;
	use = use_of(work, won->entry);
	return g_strdup_printf("Entry %s (%s, at %s) let it in; %s.",
			       won->entry, text, won->place, use);
}

static char *
entry_unproven(const struct advising *work)
{
	if (!find_allow(work, SPEAKER_TENANT, true) ||
	    auth_is_aligned(work->facts))
		return NULL;
	return g_strdup("An allow entry let in a message that nothing "
			"authenticates: give it a proof or remove it.");
}

static char *
entry_proof_failed(const struct advising *work)
{
	if (!find_allow(work, SPEAKER_TENANT, false))
		return NULL;
	return g_strdup("An allow entry matched but its proof failed: "
			"someone uses that sender's name.");
}

static char *
entry_observes(const struct advising *work)
{
	const GPtrArray *all = work->one->findings;

	for (guint i = 0; i < all->len; i++) {
		const Finding *one = all->pdata[i];
		g_autofree char *text = shown(one->text);

		if (one->effect == EFFECT_OBSERVE && one->entry)
			return g_strdup_printf("Entry %s (%s, at %s) saw it "
			    "and only observes: make it a block.",
			    one->entry, text, one->place);
	}
	return NULL;
}

/* Did an entry that blocks KIND VALUE end since LATELY? */
static char *
ended(const struct advising *work, enum indicator_kind kind,
      const char *value)
{
	const struct entry_place place = { work->tenant->name, NULL, "-", 1 };
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Indicator) indicator = value ?
	    indicator_new(kind, value, NULL, NULL) : NULL;
	g_autofree char *text = indicator ? entry_value_text(indicator) :
	    NULL;
	g_autofree char *line = text ? g_strdup_printf("block %s %s",
	    indicator_kinds[kind], text) : NULL;
	g_autoptr(Entry) entry = line ? entry_parse(line, &place, odd, NULL) :
	    NULL;
	struct gone gone = { NULL };
	char at[CLOCK_TEXT];
	char *out;

	if (!entry || !history_find(work->site->usages, entry->key,
				    clock_now() - LATELY, &gone, NULL))
		return NULL;
	clock_format(gone.at, at);
	out = g_strdup_printf("\"%s\" would have stopped it, but is gone "
			      "since %s (%s): add it again, for longer.",
			      line, at, gone.why);
	gone_clear(&gone);
	return out;
}

static char *
entry_ended(const struct advising *work)
{
	const Facts *facts = work->facts;
	char *out = ended(work, INDICATOR_SENDER, facts->from);

	if (!out)
		out = ended(work, INDICATOR_SENDER, facts->from_domain);
	for (guint i = 0; !out && i < facts->urls->len && i < 5; i++)
		out = ended(work, INDICATOR_URL,
			    ((const Link *)facts->urls->pdata[i])->host);
	for (guint i = 0; !out && i < facts->files->len && i < 5; i++)
		out = ended(work, INDICATOR_FILE,
			    ((const File *)facts->files->pdata[i])->sha256);
	return out;
}

/* ---- users ---- */

static char *
safe_let_in(const struct advising *work)
{
	const Finding *won = work->one->because;
	g_autofree char *rcpt = shown(work->one->rcpt);
	g_autofree char *text = won ? shown(won->text) : NULL;
	const char *blank = text ? strchr(text, ' ') : NULL;
	g_autofree char *user = text_pasted(rcpt);
	g_autofree char *value = text_pasted(blank ? blank + 1 : "");
	bool is_failed = work->facts->auth.dmarc == AUTH_FAIL;

	if (!is_let_in(work, SPEAKER_USER))
		return NULL;
	return g_strdup_printf("The user's own safe senders let it in%s: "
	    "gatepost user safe %s %s --remove, or an entry of the tenant, "
	    "which goes before.", is_failed ? ", and beat a DMARC failure" :
	    "", user, value);
}

static char *
safe_unproven(const struct advising *work)
{
	if (!find_allow(work, SPEAKER_USER, false))
		return NULL;
	return g_strdup("A user's safe sender matched but nothing proves it: "
			"someone uses that sender's name, or the sender does "
			"not sign.");
}

/* ---- who sent it ---- */

static char *
own_domain(const struct advising *work)
{
	const Auth *auth = &work->facts->auth;
	const char *domain = work->facts->from_domain;
	bool is_open = !auth->dmarc_policy ||
	    strcmp(auth->dmarc_policy, "none") == 0;

	if (!domain || !config_has_domain(work->tenant->domains, domain) ||
	    !auth_is_known(work->facts) || auth_is_aligned(work->facts))
		return NULL;
	return g_strdup_printf("%u of %u misses in 30 days spoof your own "
	    "domains; %s%s and policy.spoof_own is \"%s\": %s\"quarantine\" "
	    "there.", work->missed_own, MAX(work->missed, work->missed_own),
	    domain, is_open ? " has p=none or no DMARC record" :
	    " asks others to refuse such mail",
	    actions[config_policy(work->tenant, POLICY_SPOOF_OWN)],
	    is_open ? "publish p=quarantine, and set " : "set ");
}

/* The row of the policy that an unproven From comes to. */
static enum policy
dmarc_row(const Auth *auth)
{
	return g_strcmp0(auth->dmarc_policy, "reject") == 0 ?
	    POLICY_DMARC_REJECT :
	    g_strcmp0(auth->dmarc_policy, "quarantine") == 0 ?
	    POLICY_DMARC_QUARANTINE : POLICY_SPOOF;
}

static char *
dmarc_failed(const struct advising *work)
{
	enum policy row = dmarc_row(&work->facts->auth);

	if (work->facts->auth.dmarc != AUTH_FAIL)
		return NULL;
	return g_strdup_printf("DMARC failed, and policy.%s is \"%s\": see "
			       "dmarc_reject, dmarc_quarantine and spoof in "
			       "gatepost policy.", policies[row],
			       actions[config_policy(work->tenant, row)]);
}

static char *
unsure(const struct advising *work)
{
	if (work->facts->auth.composite != COMPOSITE_UNSURE)
		return NULL;
	return g_strdup("DNS did not answer, so nobody knows who sent it: "
			"see dns.servers, and gatepost status.");
}

static char *
nobody_looked(const struct advising *work)
{
	if (work->facts->auth.source || work->config->upstreams->len > 0 ||
	    config_authenticates(work->config))
		return NULL;
	return g_strdup("Name your authentication filter in upstreams, or set "
			"authentication = \"own\", so that senders can be "
			"proven and spoofs be seen.");
}

static char *
client_counts_as_ours(const struct advising *work)
{
	const Json *client = json_member(work->record, "client");
	const char *kind = json_text(json_member(client, "kind"));
	const char *address = json_text(json_member(client, "address"));

	if (g_strcmp0(kind, client_kinds[CLIENT_INTERNAL]) != 0)
		return NULL;
	return g_strdup_printf("The client %s is in internal_networks, so "
			       "nobody asked who sent it: is it to be there?",
			       address ? address : "");
}

/* ---- what just missed ---- */

static char *
same_sender(const struct advising *work)
{
	g_autofree char *domain = shown(work->facts->from_domain);

	if (work->missed_same < AGAIN)
		return NULL;
	return g_strdup_printf("%u messages from %s were submitted as bad in "
			       "30 days: submit one with --block domain.",
			       work->missed_same, domain);
}

static char *
just_below(const struct advising *work)
{
	const GPtrArray *all = work->facts->scores;

	for (guint i = 0; i < all->len; i++) {
		struct upstream_word word = upstream_read(work->config,
							  all->pdata[i]);

		double line = !word.upstream ? 0 : word.threshold > 0 ?
		    word.threshold : word.upstream->score;

		if (line > 0 && !word.is_said && word.has_score &&
		    word.score >= line * JUST_BELOW)
			return g_strdup_printf("The score of %s was %.2f, "
			    "just below its line of %.2f: teach it with this "
			    "message, or lower the line.",
			    word.upstream->name, word.score, line);
	}
	return NULL;
}

static char *
nearly(const struct advising *work)
{
	g_autoptr(GString) rules = g_string_new(NULL);

	for (guint i = 0; i < work->one->nearly->len; i++)
		g_string_append_printf(rules, "%s%s", i ? ", " : "",
		    (const char *)work->one->nearly->pdata[i]);
	if (!rules->len)
		return NULL;
	return g_strdup_printf("It was nearly a candidate: %s, %"
	    G_GINT64_FORMAT " of %" G_GINT64_FORMAT " (candidates.score).",
	    rules->str, work->one->score, work->tenant->candidates.score);
}

/* What was found had an action that let it through. */
static char *
mild_policy(const struct advising *work)
{
	const Finding *won = work->one->because;

	if (!won || !won->policy || won->effect == EFFECT_ALLOW ||
	    work->one->asked > ACTION_JUNK ||
	    work->facts->auth.dmarc == AUTH_FAIL)
		return NULL;
	return g_strdup_printf("It was found (%s), and policy.%s is \"%s\": "
			       "\"quarantine\" would have held it.",
			       won->check, won->policy,
			       actions[work->one->asked]);
}

static char *
mild_mode(const struct advising *work)
{
	if (work->one->mode == MODE_ENFORCE ||
	    work->one->asked == work->one->action)
		return NULL;
	return g_strdup_printf("Mode is %s for %s: gatepost mode enforce "
			       "would have done more.",
			       modes[work->one->mode], work->one->rcpt);
}

static const struct {
	const char *name;
	char *(*run)(const struct advising *work);
} rules[] = {
	{ "entry-let-in", entry_let_in },
	{ "entry-unproven", entry_unproven },
	{ "safe-let-in", safe_let_in },
	{ "mode", mild_mode },
	{ "own-domain", own_domain },
	{ "entry-observes", entry_observes },
	{ "entry-ended", entry_ended },
	{ "entry-proof-failed", entry_proof_failed },
	{ "safe-unproven", safe_unproven },
	{ "dmarc", dmarc_failed },
	{ "policy", mild_policy },
	{ "client", client_counts_as_ours },
	{ "unsure", unsure },
	{ "same-sender", same_sender },
	{ "score", just_below },
	{ "nearly", nearly },
	{ "authentication", nobody_looked },
};

/* ---- what was missed lately ---- */

static void
count_miss(const Submission *one, void *data)
{
	struct advising *work = data;
	const char *at = one->from ? strrchr(one->from, '@') : NULL;

	if (!as_is_bad((enum submitted_as)one->as) ||
	    one->kind != SUBMISSION_MESSAGE ||
	    one->result == RESULT_CLEAN)
		return;
	work->missed++;
	work->missed_own += at && config_has_domain(work->tenant->domains,
						    at + 1);
	work->missed_same += at && g_strcmp0(at + 1,
					     work->facts->from_domain) == 0;
}

static void
count_misses(struct advising *work)
{
	struct submission_filter filter = SUBMISSION_FILTER_ALL;

	work->missed = work->missed_own = work->missed_same = 0;
	filter.tenant = work->tenant->name;
	filter.since = clock_now() - LATELY;
	submissions_list(work->site->submitted, &filter, count_miss, work,
			 NULL);
}

/* ---- all ---- */

static void
advice_free(gpointer data)
{
	struct advice *advice = data;

	g_free(advice->text);
	g_free(advice);
}

static void
add(GPtrArray *all, const char *rule, char *text)
{
	struct advice *advice;

	for (guint i = 0; i < all->len; i++) {
		advice = all->pdata[i];
		if (strcmp(advice->text, text) == 0) {
			g_free(text);
			return;
		}
	}
	advice = g_new0(struct advice, 1);
	advice->rule = rule;
	advice->text = text;
	g_ptr_array_add(all, advice);
}

GPtrArray *
advice_of(Site *site, const Config *config, const Json *record,
	  const Facts *facts, const GPtrArray *decisions)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(advice_free);
	g_autoptr(GHashTable) usages = usage_all(site->usages, NULL);
	struct advising work = {
		.site = site, .config = config, .record = record,
		.facts = facts, .usages = usages,
	};

	for (guint i = 0; i < decisions->len; i++) {
		work.one = decisions->pdata[i];
		work.tenant = work.one->tenant ?
		    config_tenant(config, work.one->tenant) : NULL;
		if (!work.tenant || work.one->is_outbound ||
		    work.one->place != PLACE_MAILBOX)
			continue;
		count_misses(&work);
		for (guint j = 0; j < G_N_ELEMENTS(rules); j++) {
			char *text = rules[j].run(&work);

			if (text)
				add(all, rules[j].name, text);
		}
	}
	return all;
}

GPtrArray *
advice_on(Site *site, const Config *config, const Json *record,
	  const char *tenant, const char *rcpt)
{
	g_autoptr(GPtrArray) decisions = decisions_of(record, tenant, rcpt);
	g_autoptr(Facts) facts = facts_new();

	fields_from_json(&facts_fields, facts, json_member(record, "facts"));
	return advice_of(site, config, record, facts, decisions);
}
