/*
 * domain.c -- unit test: host names in normal form, and public suffixes
 */
#include "gatepost/model/domain.h"

#include <string.h>

static const struct {
	const char *name, *raw, *normal;
} normals[] = {
	{ "lower case stays", "example.org", "example.org" },
	{ "upper case goes", "ExAmPle.ORG", "example.org" },
	{ "one trailing dot goes", "example.org.", "example.org" },
	{ "two trailing dots are an empty label", "example.org..", NULL },
	{ "a leading dot is an empty label", ".example.org", NULL },
	{ "an empty label inside", "a..b", NULL },
	{ "nothing", "", NULL },
	{ "a dot alone", ".", NULL },
	{ "a blank", "a b.example", NULL },
	{ "a slash", "a/b.example", NULL },
	{ "an at", "a@b.example", NULL },
	{ "a star", "*.example", NULL },
	{ "a control", "a\001b.example", NULL },
	{ "underscore labels are in use", "_dmarc.example.org",
	  "_dmarc.example.org" },
	{ "hyphens in third and fourth place", "r3---sn-x.example",
	  "r3---sn-x.example" },
	{ "a name without a dot", "localhost", "localhost" },
	{ "U-labels become A-labels", "bücher.example",
	  "xn--bcher-kva.example" },
	{ "... in upper case, too", "BÜCHER.example",
	  "xn--bcher-kva.example" },
	{ "... decomposed, too", "bu\xcc\x88" "cher.example",
	  "xn--bcher-kva.example" },
	{ "A-labels stay", "XN--bcher-kva.example", "xn--bcher-kva.example" },
	{ "sharp s is not ss", "faß.example", "xn--fa-hia.example" },
	{ "full-width letters are plain", "ｅｖｉｌ.example", "evil.example" },
	{ "an ideographic full stop is a dot", "evil。example",
	  "evil.example" },
	{ "... at the end, too", "evil.example。", "evil.example" },
	{ "a zero-width space shows nothing", "ev\xe2\x80\x8bil.example",
	  "evil.example" },
	{ "a soft hyphen shows nothing", "ev\xc2\xadil.example",
	  "evil.example" },
	{ "a full-width percent is no letter", "ev％41il.example", NULL },
	{ "a full-width slash is no letter", "evil／.example", NULL },
	{ "a snowman", "☃.example", "xn--n3h.example" },
	{ "capital sharp s", "STRAẞE.example", "xn--strae-oqa.example" },
	{ "hyphens beside a U-label", "ab--c.ß.example",
	  "ab--c.xn--zca.example" },
	{ "a leading mark", "\xcc\x88" "a.example", NULL },
	{ "a replacement character", "a\xef\xbf\xbd.example", NULL },
	{ "a private character", "a\xee\x80\x80.example", NULL },
	{ "a no-break space", "a\xc2\xa0" "b.example", NULL },
	{ "no UTF-8", "ev\xffil.example", NULL },
	{ "a label of 63", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	  "ffffffffffggg.example", "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
	  "eeeeeeeeeeffffffffffggg.example" },
	{ "a label of 64", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
	  "ffffffffffgggg.example", NULL },
};

static void
test_normal(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(normals); i++) {
		g_autofree char *normal = domain_normal(normals[i].raw);
		g_autofree char *again = normal ? domain_normal(normal) :
		    NULL;

		g_test_message("%s", normals[i].name);
		g_assert_cmpstr(normal, ==, normals[i].normal);
		g_assert_cmpstr(again, ==, normal);
	}
}

static void
test_length(void)
{
	g_autoptr(GString) name = g_string_new("a");
	g_autofree char *normal = NULL;
	g_autofree char *longer = NULL;

	while (name->len < 253)
		g_string_append(name, ".a");
	normal = domain_normal(name->str);
	g_assert_nonnull(normal);
	g_string_append(name, "a");
	longer = domain_normal(name->str);
	g_assert_null(longer);
}

static const struct {
	const char *name, *domain, *parent;
	bool below;
} belows[] = {
	{ "itself", "evil.example", "evil.example", true },
	{ "a child", "a.evil.example", "evil.example", true },
	{ "a grandchild", "b.a.evil.example", "evil.example", true },
	{ "its parent", "example", "evil.example", false },
	{ "a longer label", "notevil.example", "evil.example", false },
	{ "another", "evil.test", "evil.example", false },
	{ "of nothing", "evil.test", "", false },
};

static void
test_below(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(belows); i++) {
		g_test_message("%s", belows[i].name);
		g_assert_cmpint(domain_is_below(belows[i].domain,
						belows[i].parent), ==,
				belows[i].below);
	}
}

static const struct {
	const char *name, *domain, *registrable;
	enum domain_suffix suffix;
} suffixes[] = {
	{ "a top-level domain", "com", NULL, SUFFIX_ICANN },
	{ "a registered one", "example.com", "example.com", SUFFIX_NONE },
	{ "below it", "a.b.example.com", "example.com", SUFFIX_NONE },
	{ "a suffix of two labels", "co.uk", NULL, SUFFIX_ICANN },
	{ "below that", "www.example.co.uk", "example.co.uk", SUFFIX_NONE },
	{ "a wildcard rule", "anything.ck", NULL, SUFFIX_ICANN },
	{ "... and its exception", "www.ck", "www.ck", SUFFIX_NONE },
	{ "a private suffix", "github.io", NULL, SUFFIX_PRIVATE },
	{ "below that", "someone.github.io", "someone.github.io",
	  SUFFIX_NONE },
	{ "an unlisted one", "example", NULL, SUFFIX_NONE },
	{ "below that", "a.evil.example", "evil.example", SUFFIX_NONE },
	{ "an A-label suffix", "xn--p1ai", NULL, SUFFIX_ICANN },
	{ "an IPv4 address", "192.0.2.1", NULL, SUFFIX_NONE },
	{ "an IPv6 address", "2001:db8::1", NULL, SUFFIX_NONE },
};

static void
test_suffix(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_test_message("%s: %s", suffixes[i].name,
			       suffixes[i].domain);
		g_assert_cmpstr(domain_registrable(suffixes[i].domain), ==,
				suffixes[i].registrable);
		g_assert_cmpint(domain_suffix(suffixes[i].domain), ==,
				suffixes[i].suffix);
	}
}

/* What was said of a host is remembered, for it alone and never for long:
 * hosts of all lengths, more than there is room for, each asked twice. */
static void
test_again(void)
{
	for (int i = 0; i < 6000; i++) {
		g_autofree char *below = g_strnfill((gsize)(i / 2 % 200), 'b');
		g_autofree char *name = g_strdup_printf(
		    "%s%s%d.example.com", below, *below ? "." : "", i / 2);
		g_autofree char *of = g_strdup_printf(
		    "w.%s%d.%s", below, i / 2, i % 4 < 2 ? "com" : "co.uk");

		g_assert_cmpstr(domain_registrable(name), ==, "example.com");
		g_assert_cmpstr(domain_registrable(of), ==, of + 2);
		g_assert_null(domain_registrable(of + strlen(of) - 2 -
						 (i % 4 < 2 ? 1 : 3)));
	}
}

/* Put NAME into normal form and find its registrable domain.  Yours. */
static char *
registrable(const char *name)
{
	g_autofree char *normal = domain_normal(name);

	return g_strdup(normal ? domain_registrable(normal) : NULL);
}

/* The public suffix list's own tests, when they are there. */
static void
test_public(void)
{
	g_autoptr(GRegex) row =
	    g_regex_new("^checkPublicSuffix\\((?:null|'([^']*)'), "
			"(?:null|'([^']*)')\\)", G_REGEX_MULTILINE, 0, NULL);
	const char *corpus = g_getenv("GATEPOST_CORPUS");
	g_autofree char *path =
	    g_build_filename(corpus ? corpus : "../shared/corpus", "psl",
			     "test_psl.txt", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GMatchInfo) found = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL)) {
		g_test_skip("no corpus");
		return;
	}
	g_regex_match(row, text, 0, &found);
	for (; g_match_info_matches(found); g_match_info_next(found, NULL)) {
		g_autofree char *name = g_match_info_fetch(found, 1);
		g_autofree char *expected = g_match_info_fetch(found, 2);
		g_autofree char *got = registrable(name ? name : "");
		g_autofree char *normal = expected && *expected ?
		    domain_normal(expected) : NULL;

		g_test_message("%s", name);
		g_assert_cmpstr(got, ==, normal);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/domain/normal", test_normal);
	g_test_add_func("/domain/length", test_length);
	g_test_add_func("/domain/below", test_below);
	g_test_add_func("/domain/suffix", test_suffix);
	g_test_add_func("/domain/suffix-again", test_again);
	g_test_add_func("/domain/public", test_public);
	return g_test_run();
}
