/*
 * candidates.c -- rules that suspect a delivered message
 *
 * Each rule that fires adds its score; from the tenant's line on the message
 * is a candidate.  None changes what is done: the message is delivered, and a
 * copy goes to the candidate spool.
 *
 * To add one: a function, a row, a line in gatepostd(8), a case in
 * t/550-candidates.t.
 */
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/defects.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/filename.h"
#include "gatepost/model/network.h"
#include "gatepost/model/url.h"
#include "gatepost/policy/check.h"
#include "gatepost/policy/upstream.h"

/* An upstream's score from this share of its line on is "just below". */
#define NEAR 0.8

static bool
rule_unproven(const struct look *look, const Decision *decision)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		/* Users list many a sender whom nobody can prove. */
		if (finding->effect == EFFECT_ALLOW && !finding->is_proven &&
		    (finding->speaker != SPEAKER_USER ||
		     auth_is_known(look->facts)))
			return true;
	}
	/* A pair is allowed just for want of a proof. */
	return decision->row == 6 && !auth_is_aligned(look->facts) &&
	    auth_is_known(look->facts) &&
	    g_strcmp0(decision->because->kind, "spoof") != 0;
}

static bool
rule_score(const struct look *look, const Decision *decision)
{
	const GPtrArray *scores = look->facts->scores;

	(void)decision;
	for (guint i = 0; i < scores->len; i++) {
		struct upstream_word word = upstream_read(
		    look->message->config, scores->pdata[i]);

		if (word.share >= NEAR && word.share < 1 &&
		    (!word.is_said || word.category == CATEGORY_BULK))
			return true;
	}
	return false;
}

static bool
rule_people(const struct look *look, const Decision *decision)
{
	const GPtrArray *authors = look->facts->authors;

	(void)decision;
	for (guint i = 0; i < MIN(authors->len, BOUND_USER_AUTHORS); i++)
		if (impersonated(look, authors->pdata[i]))
			return true;
	return false;
}

static bool
rule_look_alike(const struct look *look, const Decision *decision)
{
	(void)look;
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		if (g_strcmp0(finding->policy,
			      policies[POLICY_LIKE_DOMAIN]) == 0)
			return true;
	}
	return false;
}

/* The host that the visible text of LINK names, when it names one. */
static char *
shown_host(const Link *link)
{
	g_autofree char *text = NULL;
	g_autoptr(Url) url = NULL;

	if (!link->text || !strchr(link->text, '.'))
		return NULL;
	text = g_strstrip(g_strdup(link->text));
	if (strpbrk(text, " \n@"))
		return NULL;
	url = url_parse(text);
	if (!url || !url->host || !domain_registrable(url->host))
		return NULL;
	return g_steal_pointer(&url->host);
}

static bool
rule_link_text(const struct look *look, const Decision *decision)
{
	const GPtrArray *urls = look->facts->urls;

	(void)decision;
	for (guint i = 0; i < urls->len; i++) {
		const Link *link = urls->pdata[i];
		g_autofree char *shown = shown_host(link);

		/* It leads where the last wrapper does. */
		if (shown && link->host &&
		    !domain_is_kin(shown, link->host) &&
		    !facts_is_wrapper(look->facts, link))
			return true;
	}
	return false;
}

static bool
rule_reply_to(const struct look *look, const Decision *decision)
{
	(void)decision;
	return reply_elsewhere(look->facts) != NULL;
}

/* Defects that real senders' software does not make. */
static bool
rule_defects(const struct look *look, const Decision *decision)
{
	const GPtrArray *defects = look->facts->defects;

	(void)decision;
	for (guint i = 0; i < defects->len; i++) {
		const struct defect *defect = defect_find(defects->pdata[i]);

		if (defect && defect->is_grave)
			return true;
	}
	return false;
}

static bool
rule_truncated(const struct look *look, const Decision *decision)
{
	for (guint i = 0; i < decision->findings->len; i++) {
		const Finding *finding = decision->findings->pdata[i];

		/* A defect that the tenant asks an action for cuts nothing. */
		if (finding->category == CATEGORY_UNKNOWN && !finding->asks)
			return true;
	}
	return !look->facts->complete;
}

/* Somebody looked, and nothing proves From; nor would an answer of DNS that is
 * missing. */
static bool
rule_unproven_from(const struct look *look, const Decision *decision)
{
	(void)decision;
	return auth_is_known(look->facts) && !auth_is_aligned(look->facts) &&
	    !auth_is_unsure(look->facts);
}

/* Its domain says that this is not its mail, and asks for nothing. */
static bool
rule_dmarc_fail(const struct look *look, const Decision *decision)
{
	(void)decision;
	return look->facts->auth.dmarc == AUTH_FAIL;
}

/* Not one link leads to who sent it. */
static bool
rule_links_elsewhere(const struct look *look, const Decision *decision)
{
	const GPtrArray *urls = look->facts->urls;
	guint hosts = 0;

	(void)decision;
	for (guint i = 0; i < urls->len; i++) {
		const Link *link = urls->pdata[i];

		if (!link->host)
			continue;
		if (!look->facts->from_domain ||
		    domain_is_kin(link->host, look->facts->from_domain))
			return false;
		hosts++;
	}
	return hosts > 0;
}

/* Where a link leads that goes by one of these only they know.  To add one: a
 * word. */
static const char *const shorteners[] = {
	"bit.ly", "bl.ink", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly",
	"rb.gy", "rebrand.ly", "s.id", "shorturl.at", "t.co", "t.ly",
	"tiny.cc", "tinyurl.com", "v.gd",
};

static bool
has_host(const Facts *facts, bool (*is_such)(const char *host))
{
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		if (link->host && is_such(link->host))
			return true;
	}
	return false;
}

static bool
is_shortener(const char *host)
{
	for (guint i = 0; i < G_N_ELEMENTS(shorteners); i++)
		if (strcmp(host, shorteners[i]) == 0)
			return true;
	return false;
}

static bool
rule_shortener(const struct look *look, const Decision *decision)
{
	(void)decision;
	return has_host(look->facts, is_shortener);
}

static bool
is_address(const char *host)
{
	struct network network;

	return network_parse_around(host, &network);
}

static bool
rule_address_link(const struct look *look, const Decision *decision)
{
	(void)decision;
	return has_host(look->facts, is_address);
}

/* Characters of hidden text that no mere preview line has. */
#define HIDDEN_LEAST 100

static bool
rule_hidden_text(const struct look *look, const Decision *decision)
{
	(void)decision;
	return look->facts->text_hidden > HIDDEN_LEAST &&
	    look->facts->text_hidden > look->facts->text_shown;
}

static bool
has_file(const Facts *facts, bool (*is_such)(const File *file))
{
	for (guint i = 0; i < facts->files->len; i++)
		if (is_such(facts->files->pdata[i]))
			return true;
	return false;
}

static bool
is_page(const File *file)
{
	return g_strcmp0(file->seen, "text/html") == 0 ||
	    (file->name && filename_is_page(file->name));
}

static bool
rule_page_file(const struct look *look, const Decision *decision)
{
	(void)decision;
	return has_file(look->facts, is_page);
}

static bool
is_locked(const File *file)
{
	return file->is_encrypted;
}

static bool
rule_locked_file(const struct look *look, const Decision *decision)
{
	(void)decision;
	return has_file(look->facts, is_locked);
}

static bool
rule_odd_address(const struct look *look, const Decision *decision)
{
	(void)decision;
	return facts_has_defect(look->facts, "address-malformed") ||
	    facts_has_defect(look->facts, "name-address");
}

/* One of 10, where the tenant's line is by default, is enough by itself. */
static const struct {
	const char *name;
	/* NULL: known later, by service/past.c. */
	bool (*suspects)(const struct look *look, const Decision *decision);
	gint64 score;
	const char *meaning;
} rules[] = {
	{ "unproven-allow", rule_unproven, 20,
	  "an allow entry or a user's safe sender matched, but nothing "
	  "proves the sender" },
	{ "score-near", rule_score, 20,
	  "an upstream's score is just below its line" },
	{ "name-of-ours", rule_people, 20,
	  "the display name is one of our people's, the address is not" },
	{ "look-alike", rule_look_alike, 20,
	  "a domain resembles one that is protected" },
	{ "link-text", rule_link_text, 10,
	  "a link shows one site and leads to another" },
	{ "reply-to", rule_reply_to, 6,
	  "replies go to another organisation than the sender's" },
	{ "defects", rule_defects, 10,
	  "the message was built to be read in two ways" },
	{ "truncated", rule_truncated, 10,
	  "the message was judged on a part of it" },
	{ "odd-address", rule_odd_address, 10,
	  "From is written as no mail program writes it, or its name shows "
	  "another address" },
	{ "hidden-text", rule_hidden_text, 8,
	  "its HTML hides more text than it shows" },
	{ "address-link", rule_address_link, 8,
	  "a link leads to a bare address" },
	{ "page-file", rule_page_file, 8,
	  "a file is a page, which shows what its sender wants" },
	{ "unproven-from", rule_unproven_from, 7,
	  "authentication was looked at, and nothing proves From" },
	{ "locked-file", rule_locked_file, 6,
	  "a file cannot be read without a password" },
	{ "dmarc-fail", rule_dmarc_fail, 4,
	  "From's domain says that this is not its mail" },
	{ "links-elsewhere", rule_links_elsewhere, 3,
	  "no link leads to the sender's organisation" },
	{ "shortener", rule_shortener, 4,
	  "a link goes by a shortener, which hides where it leads" },
	{ "past-block", NULL, 15,
	  "a block that is newer than the message would have held it" },
};

int
candidate_find(const char *rule)
{
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (strcmp(rules[i].name, rule) == 0)
			return (int)i;
	return -1;
}

static bool
is_off(const Tenant *tenant, const char *rule)
{
	const GPtrArray *off = tenant ? tenant->candidates.off : NULL;

	for (guint i = 0; off && i < off->len; i++)
		if (strcmp(off->pdata[i], rule) == 0)
			return true;
	return false;
}

void
candidates_look(const struct look *look, Decision *decision)
{
	const Tenant *tenant = look->recipient->tenant;
	GPtrArray *fired;

	if (client_is_ours(&look->message->client))
		return;
	fired = g_ptr_array_new();
	for (guint i = 0; i < G_N_ELEMENTS(rules); i++)
		if (rules[i].suspects && !is_off(tenant, rules[i].name) &&
		    rules[i].suspects(look, decision)) {
			decision->score += rules[i].score;
			g_ptr_array_add(fired, (char *)rules[i].name);
		}
	for (guint i = 0; i < fired->len; i++)
		g_ptr_array_add(!tenant || decision->score >=
				tenant->candidates.score ?
				decision->candidate : decision->nearly,
				g_strdup(fired->pdata[i]));
	g_ptr_array_free(fired, TRUE);
}

const char *
candidate_meaning(const char *rule)
{
	int row = candidate_find(rule);

	return row < 0 ? "" : rules[row].meaning;
}

gint64
candidate_score(const char *rule)
{
	int row = candidate_find(rule);

	return row < 0 ? 0 : rules[row].score;
}
