/*
 * composite.c -- unit test: all authentication results in one word
 */
#include "gatepost/policy/composite.h"

#include <string.h>

#include "gatepost/policy/check.h"

/*
 * Of all messages From is a@FROM; "a.example" stands for a stranger's domain,
 * "own.example" is ours.  SPF, DKIM and ARC are "RESULT DOMAIN", DMARC is
 * "RESULT POLICY", PTR is "RESULT NAME"; NULL is none.
 */
static const struct {
	const char *name, *reason;
	enum composite composite;
	const char *from, *spf, *dkim, *dmarc, *arc, *ptr, *mx;
	bool is_weak, is_neighbour, has_two;
} cases[] = {
	{ "SPF and DKIM aligned", "100", COMPOSITE_PASS, "a.example",
	  .spf = "pass a.example", .dkim = "pass a.example",
	  .dmarc = "pass reject" },
	{ "an upstream's DMARC alone", "100", COMPOSITE_PASS, "a.example",
	  .dmarc = "pass reject" },
	{ "DKIM of a subdomain, SPF of another's", "101", COMPOSITE_PASS,
	  "a.example", .spf = "pass b.example", .dkim = "pass m.a.example",
	  .dmarc = "pass none" },
	{ "SPF alone", "102", COMPOSITE_PASS, "a.example",
	  .spf = "pass a.example", .dkim = "fail a.example",
	  .dmarc = "pass reject" },
	{ "SPF without a DMARC record", "109", COMPOSITE_PASS, "a.example",
	  .spf = "pass a.example" },
	{ "a record that cannot be read, SPF aligned", "111", COMPOSITE_PASS,
	  "a.example", .spf = "pass a.example", .dmarc = "permerror -" },
	{ "... that gives no answer, DKIM aligned", "111", COMPOSITE_PASS,
	  "a.example", .dkim = "pass a.example", .dmarc = "temperror -" },
	{ "no answer, and nothing aligned", "112", COMPOSITE_UNSURE,
	  "a.example", .spf = "pass b.example", .dmarc = "temperror -" },
	{ "no answer on a key", "112", COMPOSITE_UNSURE, "a.example",
	  .dkim = "temperror a.example" },
	{ "no answer on its SPF", "112", COMPOSITE_UNSURE, "a.example",
	  .spf = "temperror m.a.example", .ptr = "permerror -" },
	{ "no answer on another's key", "001", COMPOSITE_FAIL, "a.example",
	  .dkim = "temperror b.example" },
	{ "no answer on another's SPF", "001", COMPOSITE_FAIL, "a.example",
	  .spf = "temperror b.example", .ptr = "permerror -" },
	{ "no answer on another's SPF, From in ours", "601", COMPOSITE_FAIL,
	  "own.example", .spf = "temperror b.example",
	  .ptr = "permerror -" },
	{ "no answer on another's key, From in ours", "601", COMPOSITE_FAIL,
	  "own.example", .dkim = "temperror b.example" },
	{ "nobody knows the client", "112", COMPOSITE_UNSURE, "a.example",
	  .spf = "temperror b.example" },
	{ "a host of it", "103", COMPOSITE_PASS, "a.example",
	  .ptr = "pass m.a.example" },
	{ "a host of its organisation", "104", COMPOSITE_PASS, "n.a.example",
	  .ptr = "pass m.a.example" },
	{ "a host of a public suffix is not one of it", "001", COMPOSITE_FAIL,
	  "co.uk", .ptr = "pass m.evil.co.uk" },
	{ "an unconfirmed one", "202", COMPOSITE_SOFTPASS, "a.example",
	  .ptr = "fail m.a.example" },
	{ "a host, but SPF says no", "001", COMPOSITE_FAIL, "a.example",
	  .spf = "fail a.example", .ptr = "pass m.a.example" },
	{ "... of another domain's SPF", "103", COMPOSITE_PASS, "a.example",
	  .spf = "fail b.example", .ptr = "pass m.a.example" },
	{ "a host, but there is a DMARC record", "001", COMPOSITE_FAIL,
	  "a.example", .dmarc = "fail none", .ptr = "pass m.a.example" },
	{ "of those that take its mail", "116", COMPOSITE_PASS, "a.example",
	  .ptr = "pass out.host.example", .mx = "in.host.example" },
	{ "... of ours: not the very host", "601", COMPOSITE_FAIL,
	  "own.example", .ptr = "pass out.host.example",
	  .mx = "in.host.example" },
	{ "... of ours: the very host", "116", COMPOSITE_PASS, "own.example",
	  .ptr = "pass in.host.example", .mx = "in.host.example" },
	{ "a host of ours", "103", COMPOSITE_PASS, "own.example",
	  .ptr = "pass www.own.example" },
	{ "a neighbour", "201", COMPOSITE_SOFTPASS, "a.example",
	  .is_neighbour = true },
	{ "a trusted seal", "130", COMPOSITE_PASS, "a.example",
	  .dmarc = "fail reject", .arc = "pass list.example" },
	{ "... of a message from ours", "130", COMPOSITE_PASS, "own.example",
	  .dmarc = "fail reject", .arc = "pass list.example" },
	{ "another's seal", "000", COMPOSITE_FAIL, "a.example",
	  .dmarc = "fail reject", .arc = "pass evil.example" },
	{ "a trusted seal on another's", "000", COMPOSITE_FAIL, "a.example",
	  .dmarc = "fail reject", .arc = "pass list.example:evil.example" },
	{ "a trusted seal that is broken", "000", COMPOSITE_FAIL, "a.example",
	  .dmarc = "fail reject", .arc = "fail list.example" },
	{ "p=reject", "000", COMPOSITE_FAIL, "a.example",
	  .spf = "pass b.example", .dmarc = "fail reject" },
	{ "p=quarantine", "000", COMPOSITE_FAIL, "a.example",
	  .dmarc = "fail quarantine" },
	{ "p=none", "001", COMPOSITE_FAIL, "a.example", .dmarc = "fail none" },
	{ "no records", "001", COMPOSITE_FAIL, "a.example", .spf = NULL },
	{ "SPF of another domain proves nothing", "001", COMPOSITE_FAIL,
	  "a.example", .spf = "pass b.example" },
	{ "SPF that anyone gets", "001", COMPOSITE_FAIL, "a.example",
	  .spf = "pass a.example", .dmarc = "pass none", .is_weak = true },
	{ "our domain, p=reject", "010", COMPOSITE_FAIL, "own.example",
	  .dmarc = "fail reject" },
	{ "our domain, p=none", "601", COMPOSITE_FAIL, "own.example",
	  .dmarc = "fail none" },
	{ "our domain without records", "601", COMPOSITE_FAIL, "own.example",
	  .spf = NULL },
	{ "two authors: one result speaks for neither", "001", COMPOSITE_FAIL,
	  "a.example", .spf = "pass a.example", .dkim = "pass a.example",
	  .ptr = "pass m.a.example", .has_two = true },
};

/* "WORD REST": the word's value, REST into *REST (yours). */
static int
split(const char *text, char **rest)
{
	g_auto(GStrv) parts = g_strsplit(text ? text : "none", " ", 2);

	*rest = g_strdup(parts[1]);
	return fields_word(auth_values, parts[0]);
}

static void
add_author(Facts *facts, const char *domain)
{
	Mailbox *author = fields_new(&mailbox_fields);

	author->address = g_strconcat("a@", domain, NULL);
	author->domain = g_strdup(domain);
	g_ptr_array_add(facts->authors, author);
}

static void
fill(Facts *facts, guint i)
{
	Auth *auth = &facts->auth;
	g_autofree char *chain = NULL, *name = NULL;

	facts->from_domain = g_strdup(cases[i].from);
	add_author(facts, cases[i].from);
	if (cases[i].has_two)
		add_author(facts, "second.example");
	auth->source = g_strdup(AUTH_OWN);
	auth->spf = split(cases[i].spf, &auth->spf_domain);
	auth->is_spf_weak = auth->is_dmarc_weak = cases[i].is_weak;
	if (cases[i].dkim) {
		Signature *one = fields_new(&signature_fields);

		one->result = split(cases[i].dkim, &one->domain);
		g_ptr_array_add(auth->dkim, one);
	}
	auth->dmarc = split(cases[i].dmarc, &auth->dmarc_policy);
	auth->dmarc_domain = g_strdup(cases[i].from);
	auth->arc = split(cases[i].arc, &chain);
	if (chain) {
		g_auto(GStrv) all = g_strsplit(chain, ":", -1);

		auth->arc_domain = g_strdup(all[0]);
		for (guint j = 0; all[j]; j++)
			g_ptr_array_add(auth->arc_chain, g_strdup(all[j]));
	}
	auth->iprev = split(cases[i].ptr, &name);
	auth->iprev_claim = g_strdup(name);
	if (auth->iprev == AUTH_PASS)
		auth->iprev_name = g_strdup(name);
	if (cases[i].mx)
		g_ptr_array_add(auth->mx, g_strdup(cases[i].mx));
	auth->is_neighbour = cases[i].is_neighbour;
}

/* A site for own.example that trusts list.example's seals. */
static void
with_site(void (*run)(const Config *config))
{
	Tenant tenant = { .name = (char *)"own" };
	Config config = { .refs = 1 };

	tenant.domains = g_ptr_array_new();
	g_ptr_array_add(tenant.domains, (char *)"own.example");
	config.tenants = g_ptr_array_new();
	g_ptr_array_add(config.tenants, &tenant);
	config.arc_sealers = g_ptr_array_new();
	g_ptr_array_add(config.arc_sealers, (char *)"list.example");
	run(&config);
	g_ptr_array_free(config.arc_sealers, TRUE);
	g_ptr_array_free(config.tenants, TRUE);
	g_ptr_array_free(tenant.domains, TRUE);
}

static void
run_cases(const Config *config)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Facts) facts = facts_new();

		g_test_message("%s", cases[i].name);
		fill(facts, i);
		composite_reckon(config, facts);
		g_assert_cmpstr(facts->auth.reason, ==, cases[i].reason);
		g_assert_cmpint(facts->auth.composite, ==,
				cases[i].composite);
		g_assert_nonnull(facts->auth.sentence);
		/* Only what is proven is proof. */
		g_assert_true(!composite_is_implicit(facts) ||
			      !auth_is_aligned(facts));
		g_assert_cmpint(composite_is_implicit(facts), ==,
				strcmp(cases[i].reason, "103") == 0 ||
				strcmp(cases[i].reason, "104") == 0 ||
				strcmp(cases[i].reason, "116") == 0);
	}
}

static void
test_codes(void)
{
	with_site(run_cases);
}

static void
run_unknown(const Config *config)
{
	g_autoptr(Facts) facts = facts_new();

	composite_reckon(config, facts);
	g_assert_cmpstr(facts->auth.reason, ==, "300");
	g_assert_cmpint(facts->auth.composite, ==, COMPOSITE_NONE);
	/* Again changes nothing, and leaks nothing. */
	composite_reckon(config, facts);
	g_assert_cmpstr(facts->auth.reason, ==, "300");
}

static void
test_unknown(void)
{
	with_site(run_unknown);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/composite/codes", test_codes);
	g_test_add_func("/composite/unknown", test_unknown);
	return g_test_run();
}
