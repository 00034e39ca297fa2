/*
 * dmarc.c -- find the policy of From's domain, and see who vouches for it
 *
 * Records are found by RFC 9989's tree walk (section 4.10) or, as RFC 7489
 * had it, at the domain and at its registrable domain.  Every name that may
 * be asked is started at once; the walk then only reads answers.
 */
#include "gatepost/auth/dmarc.h"

#include <string.h>

#include "gatepost/auth/tags.h"
#include "gatepost/bounds.h"
#include "gatepost/model/domain.h"

/* What a name under _dmarc says. */
struct record {
	enum auth_value state;	/* none, pass (there is one), temperror or
				 * permerror */
	char psd;		/* 'y', 'n', or 'u': not said */
	char *p, *sp, *np;	/* NULL: not said */
	bool strict_dkim, strict_spf, is_test;
	int percent;		/* -1: not said */
};

/* Where a domain's policy and organisation are. */
struct found {
	struct record record;
	char *domain;		/* whose record it is; NULL: none */
	char *organisation;
	bool is_unsure;		/* a record above may be missing */
};

static void
record_clear(struct record *record)
{
	g_free(record->p);
	g_free(record->sp);
	g_free(record->np);
	memset(record, 0, sizeof *record);
}

static void
found_clear(struct found *found)
{
	record_clear(&found->record);
	g_free(found->domain);
	g_free(found->organisation);
}

/* A policy word, or NULL when TEXT is none. */
static char *
policy_of(const char *text)
{
	static const char *const words[] = {
		"none", "quarantine", "reject", NULL
	};
	g_autofree char *lower = text ? g_ascii_strdown(text, -1) : NULL;

	return fields_word(words, lower) >= 0 ? g_steal_pointer(&lower) :
	    NULL;
}

static bool
is_letter(const Tags *tags, const char *name, char letter)
{
	const char *value = tags_get(tags, name);

	return value && g_ascii_tolower(value[0]) == letter && !value[1];
}

/* Read TEXT into RECORD (RFC 9989 4.7, RFC 7489 6.3). */
static void
record_read(const GString *text, struct record *record)
{
	g_autoptr(Tags) tags = tags_parse(text->str, text->len);
	const char *p = tags_get(tags, "p");
	const char *pct = tags_get(tags, "pct");
	const char *sp = tags_get(tags, "sp"), *np = tags_get(tags, "np");

	record->state = AUTH_PASS;
	record->p = policy_of(p);
	record->sp = policy_of(sp);
	record->np = policy_of(np);
	record->strict_dkim = is_letter(tags, "adkim", 's');
	record->strict_spf = is_letter(tags, "aspf", 's');
	record->is_test = is_letter(tags, "t", 'y');
	record->psd = is_letter(tags, "psd", 'y') ? 'y' :
	    is_letter(tags, "psd", 'n') ? 'n' : 'u';
	record->percent = pct ? (int)g_ascii_strtoull(pct, NULL, 10) : -1;
	if (tags->is_bad || record->percent > 100) {
		record->state = AUTH_PERMERROR;
		return;
	}
	/* No good p= means none, but only where reports are asked for. */
	if (!record->p && !tags_get(tags, "rua")) {
		record->state = p || record->psd == 'u' ? AUTH_PERMERROR :
		    AUTH_PASS;
	} else if ((sp && !record->sp) || (np && !record->np)) {
		g_free(record->p);
		record->p = NULL;
	}
	if (!record->p)
		record->p = g_strdup("none");
}

/* Is TEXT a record at all: does it start with just v=DMARC1? */
static bool
is_record(const GString *text)
{
	const char *p = text->str;

	if (*p != 'v')
		return false;
	for (p++; *p == ' ' || *p == '\t'; p++)
		;
	if (*p++ != '=')
		return false;
	while (*p == ' ' || *p == '\t')
		p++;
	if (strncmp(p, "DMARC1", 6) != 0)
		return false;
	for (p += 6; *p == ' ' || *p == '\t'; p++)
		;
	return *p == ';' || !*p;
}

static void
record_find(Lookups *lookups, const char *domain, struct record *record)
{
	g_autofree char *name = g_strconcat("_dmarc.", domain, NULL);
	Lookup found = dns_answer(lookups, name, DNS_TXT);
	const GString *only = NULL;
	guint count = 0;

	memset(record, 0, sizeof *record);
	record->percent = -1;
	record->psd = 'u';
	record->state = found.result == DNS_UNSURE ? AUTH_TEMPERROR :
	    AUTH_NONE;
	for (guint i = 0; i < found.values->len; i++)
		if (is_record(found.values->pdata[i])) {
			only = found.values->pdata[i];
			count++;
		}
	/* Of several none counts (RFC 9989 4.10.1). */
	if (count == 1)
		record_read(only, record);
}

/* ---- the walk ---- */

/* The domains that a walk from DOMAIN asks, in order; of many labels it jumps
 * to the last seven.  They point into DOMAIN. */
static guint
steps(const char *domain, const char *step[BOUND_DMARC_STEPS])
{
	guint labels = 1, count = 0;

	for (const char *p = domain; *p; p++)
		labels += *p == '.';
	step[count++] = domain;
	while (labels > 1 && count < BOUND_DMARC_STEPS) {
		do {
			domain = strchr(domain, '.') + 1;
			labels--;
		} while (labels > BOUND_DMARC_STEPS - 1);
		step[count++] = domain;
	}
	return count;
}

/* One label more than PARENT of DOMAIN, which is below it. */
static const char *
below(const char *domain, const char *parent)
{
	const char *at = domain + strlen(domain) - strlen(parent);

	if (at <= domain)
		return domain;
	for (at--; at > domain && at[-1] != '.'; at--)
		;
	return at;
}

static void
take(struct found *found, struct record *record, const char *domain)
{
	record_clear(&found->record);
	g_free(found->domain);
	found->record = *record;
	found->domain = g_strdup(domain);
	memset(record, 0, sizeof *record);
}

/* Find DOMAIN's organisation and policy by the tree walk: the record of the
 * domain itself, else that of the organisation. */
static void
walk(Lookups *lookups, const char *domain, struct found *found)
{
	const char *step[BOUND_DMARC_STEPS], *organisation = NULL;
	guint count = steps(domain, step);
	bool is_own = false;

	found->record.state = AUTH_NONE;
	for (guint i = 0; i < count; i++) {
		struct record record;
		bool is_last;

		record_find(lookups, step[i], &record);
		found->is_unsure |= record.state == AUTH_TEMPERROR;
		is_last = record.psd != 'u';
		if (record.state == AUTH_PASS || record.state ==
		    AUTH_PERMERROR) {
			bool is_suffix = record.psd == 'y' && i > 0;

			organisation = is_suffix ? below(domain, step[i]) :
			    step[i];
			/* A suffix speaks where the organisation does not. */
			if (!is_own &&
			    !(is_suffix && g_strcmp0(found->domain,
						     organisation) == 0))
				take(found, &record, step[i]);
			is_own |= i == 0;
		}
		record_clear(&record);
		if (is_last)
			break;
	}
	/* What did not answer might have been the policy. */
	if (!is_own && found->is_unsure)
		found->record.state = AUTH_TEMPERROR;
	found->organisation = g_strdup(organisation ? organisation : domain);
}

/* The same as RFC 7489 had it. */
static void
by_list_of(Lookups *lookups, const char *domain, struct found *found)
{
	const char *organisation = domain_registrable(domain);
	struct record record;

	found->organisation = g_strdup(organisation ? organisation : domain);
	record_find(lookups, domain, &record);
	if (record.state == AUTH_NONE && organisation &&
	    strcmp(organisation, domain) != 0) {
		record_clear(&record);
		domain = organisation;
		record_find(lookups, domain, &record);
	}
	take(found, &record, domain);
}

static void
find(Lookups *lookups, bool by_list, const char *domain, struct found *found)
{
	memset(found, 0, sizeof *found);
	if (by_list)
		by_list_of(lookups, domain, found);
	else
		walk(lookups, domain, found);
}

void
dmarc_start(Lookups *lookups, const char *domain)
{
	const char *step[BOUND_DMARC_STEPS];
	guint count = steps(domain, step);

	for (guint i = 0; i < count; i++) {
		g_autofree char *name = g_strconcat("_dmarc.", step[i], NULL);

		dns_start(lookups, name, DNS_TXT);
	}
	dns_start(lookups, domain, DNS_MX);
}

/* ---- alignment ---- */

static bool
is_aligned(Lookups *lookups, bool by_list, const char *from,
	   const char *organisation, const char *other, bool strict)
{
	struct found found;
	bool same;

	if (!other)
		return false;
	if (strcmp(from, other) == 0)
		return true;
	/* Two organisations never share a registrable domain's name. */
	if (strict || (!domain_is_below(other, organisation) &&
		       !domain_is_below(organisation, other)))
		return false;
	find(lookups, by_list, other, &found);
	same = strcmp(found.organisation, organisation) == 0;
	found_clear(&found);
	return same;
}

/* Who vouches for From: DKIM, SPF, or SPF that anyone gets. */
struct vouched {
	bool dkim, spf, is_unsure;
};

static struct vouched
vouch(Lookups *lookups, bool by_list, const char *from,
      const struct found *found, const Auth *auth)
{
	struct vouched vouched = { false, false, false };

	for (guint i = 0; i < auth->dkim->len; i++) {
		const Signature *one = auth->dkim->pdata[i];
		bool may = one->result == AUTH_PASS ||
		    one->result == AUTH_TEMPERROR;

		if (!may || !is_aligned(lookups, by_list, from,
					found->organisation, one->domain,
					found->record.strict_dkim))
			continue;
		vouched.dkim |= one->result == AUTH_PASS;
		vouched.is_unsure |= one->result != AUTH_PASS;
	}
	if ((auth->spf == AUTH_PASS || auth->spf == AUTH_TEMPERROR) &&
	    is_aligned(lookups, by_list, from, found->organisation,
		       auth->spf_domain, found->record.strict_spf)) {
		vouched.spf = auth->spf == AUTH_PASS;
		vouched.is_unsure |= auth->spf != AUTH_PASS;
	}
	return vouched;
}

/* ---- the policy ---- */

/* The policy for FROM, which is below the record's domain, or not. */
static const char *
policy_for(Lookups *lookups, const struct found *found, const char *from)
{
	const struct record *record = &found->record;

	if (g_strcmp0(found->domain, from) == 0)
		return record->p;
	if (record->np && dns_answer(lookups, from, DNS_MX).is_absent)
		return record->np;
	return record->sp ? record->sp : record->p;
}

/* One step milder: t=y, and pct= for the messages that it leaves out. */
static const char *
milder(const char *policy)
{
	return strcmp(policy, "reject") == 0 ? "quarantine" : "none";
}

static bool
is_left_out(const struct record *record, const Facts *facts)
{
	guint dice = facts->body_sha256 ?
	    (guint)g_str_hash(facts->body_sha256) % 100 : 0;

	return record->is_test ||
	    (record->percent >= 0 && (int)dice >= record->percent);
}

/* One author's domain judged. */
struct judged {
	enum auth_value result;
	char *policy, *reason;
	bool is_weak;
};

static struct judged
judge_domain(Lookups *lookups, bool by_list, const char *from,
	     const Facts *facts)
{
	struct judged judged = { AUTH_NONE, NULL, NULL, false };
	struct vouched vouched;
	struct found found;
	const char *policy;

	find(lookups, by_list, from, &found);
	if (found.record.state != AUTH_PASS) {
		judged.result = found.record.state;
		judged.reason = g_strdup(
		    judged.result == AUTH_TEMPERROR ? "no answer for its "
		    "record" : judged.result == AUTH_PERMERROR ?
		    "its record cannot be read" : "it has no record");
		found_clear(&found);
		return judged;
	}
	vouched = vouch(lookups, by_list, from, &found, &facts->auth);
	policy = policy_for(lookups, &found, from);
	if (is_left_out(&found.record, facts))
		policy = milder(policy);
	judged.policy = g_strdup(policy);
	judged.is_weak = !vouched.dkim && facts->auth.is_spf_weak;
	judged.result = vouched.dkim || vouched.spf ? AUTH_PASS :
	    vouched.is_unsure || found.is_unsure ? AUTH_TEMPERROR :
	    AUTH_FAIL;
	judged.reason = g_strdup(vouched.dkim && vouched.spf ?
				 "aligned DKIM and SPF" : vouched.dkim ?
				 "aligned DKIM" : vouched.spf ?
				 "aligned SPF" :
				 judged.result == AUTH_TEMPERROR ?
				 "who might vouch for it gave no answer" :
				 "neither DKIM nor SPF is aligned with From");
	found_clear(&found);
	return judged;
}

/* The graver the higher. */
static guint
gravity(const struct judged *judged)
{
	static const guint ranks[] = {
		[AUTH_PASS] = 0, [AUTH_NEUTRAL] = 1, [AUTH_NONE] = 2,
		[AUTH_TEMPERROR] = 3, [AUTH_PERMERROR] = 4,
		[AUTH_SOFTFAIL] = 5, [AUTH_FAIL] = 6,
	};
	guint policy = judged->policy == NULL ? 0 :
	    strcmp(judged->policy, "reject") == 0 ? 2 :
	    strcmp(judged->policy, "quarantine") == 0 ? 1 : 0;

	return ranks[judged->result] * 4 + policy;
}

static void
keep_worse(Auth *auth, const char *domain, struct judged *judged,
	   guint *worst)
{
	if (auth->dmarc_domain && gravity(judged) <= *worst) {
		g_free(judged->policy);
		g_free(judged->reason);
		return;
	}
	*worst = gravity(judged);
	g_free(auth->dmarc_domain);
	g_free(auth->dmarc_policy);
	g_free(auth->dmarc_reason);
	auth->dmarc = (int)judged->result;
	auth->dmarc_domain = g_strdup(domain);
	auth->dmarc_policy = judged->policy;
	auth->dmarc_reason = judged->reason;
	auth->is_dmarc_weak = judged->is_weak;
}

void
dmarc_check(Lookups *lookups, bool by_list, Facts *facts)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);
	guint worst = 0;

	for (guint i = 0; i < facts->authors->len &&
	     g_hash_table_size(seen) < BOUND_AUTHORS; i++) {
		const Mailbox *author = facts->authors->pdata[i];
		struct judged judged;

		if (!author->domain ||
		    !g_hash_table_add(seen, author->domain))
			continue;
		judged = judge_domain(lookups, by_list, author->domain,
				      facts);
		keep_worse(&facts->auth, author->domain, &judged, &worst);
	}
}
