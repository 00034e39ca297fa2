/*
 * unwrap.c -- unit test: links taken out of wrappers, with examples as the
 * documentation of each service has them, and hostile ones
 */
#include "gatepost/content/unwrap.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/links.h"
#include "gatepost/model/url.h"

#define V1 "https://urldefense.proofpoint.com/v1/url?u="
#define V2 "https://urldefense.proofpoint.com/v2/url?u="
#define V3 "https://urldefense.com/v3/__"
#define SAFE "https://eur01.safelinks.protection.outlook.com/?url="

static const struct {
	const char *name, *wrapped, *link;	/* NULL: none */
} cases[] = {
	{ "Safe Links",
	  "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2F"
	  "www.example.com%2Fa%3Fb%3D1%26c%3D2&data=05%7C01%7C&sdata=x%3D&"
	  "reserved=0", "https://www.example.com/a?b=1&c=2" },
	{ "Safe Links, another order",
	  "https://eur01.safelinks.protection.outlook.com/ap/w-59584e83/?"
	  "data=05&url=http%3A%2F%2Fexample.com%2F",
	  "http://example.com/" },
	{ "a host that only looks so",
	  "https://safelinks.protection.outlook.com.evil.example/?url=http%3A"
	  "%2F%2Fexample.com", NULL },
	{ "Safe Links without a link",
	  "https://eur01.safelinks.protection.outlook.com/?data=1", NULL },
	{ "version 1", V1 "http://www.bouncycastle.org/&k=oIvRg1%2BdGAgOoM1B"
	  "IlLLqw%3D%3D%0A&r=IKM5u8%2B%2F%2Fi8EBhWOS%2BqGbTqCC%2BrMqWI%2FVfE"
	  "AEsQO%2F0Y%3D%0A&m=Ww6iaHO73mDQpPQwOwfLfN8WMapqHyvtu8jM8SjqmVQ%3D"
	  "%0A&s=d3583cfa53dade97025bc6274c6c8951dc29fe0f38830cf8e5a447723b9f1"
	  "c9a", "http://www.bouncycastle.org/" },
	{ "version 2", V2 "https-3A__media.mnn.com_assets_images_2016_06_"
	  "jupiter-2Dnasa.jpg.638x0-5Fq80-5Fcrop-2Dsmart.jpg&d=DwMBaQ&c=Vxt5"
	  "e0Osvvt2gflwSlsJ5DmPGcPvTRKLJyp031rXjhg&e=",
	  "https://media.mnn.com/assets/images/2016/06/jupiter-nasa.jpg."
	  "638x0_q80_crop-smart.jpg" },
	{ "version 3", V3 "https://google.com:443/search?q=a*test&gs=ps__;Kw!-"
	  "612Flbf0JvQ3kNJkRi5Jg!Ue6tQudNKaShHg93trcdjqDP8se2ySE65jyCIe2K1D_u"
	  "NjZ1Lnf6YLQERujngZv9UWf66ujQIQ$",
	  "https://google.com:443/search?q=a+test&gs=ps" },
	{ "version 3, nothing replaced",
	  V3 "https://www.example.com/a__;!!abc!def$",
	  "https://www.example.com/a" },
	{ "version 3, a run of three",
	  V3 "https://example.com/a**Bb*c__;IyMjKw!!x!y$",
	  "https://example.com/a###b+c" },
	{ "version 3, letters beyond ASCII",
	  V3 "https://example.com/*__;w7w!!x!y$", "https://example.com/ü" },
	{ "version 3, more stars than characters",
	  V3 "https://example.com/***__;Kw!!x!y$", NULL },
	{ "version 3, a run beyond the characters",
	  V3 "https://example.com/**_b__;Kw!!x!y$", NULL },
	{ "version 3, no base64", V3 "https://example.com/*__;%%!!x!y$",
	  NULL },
	{ "version 3 without an end", V3 "https://example.com/", NULL },
	{ "Google", "https://www.google.com/url?q=https://example.com/a%3Fb&sa"
	  "=D&source=editors", "https://example.com/a?b" },
	{ "Google of another country, url=",
	  "http://google.co.uk/url?sa=t&url=https%3A%2F%2Fexample.com%2F",
	  "https://example.com/" },
	{ "Google's AMP", "https://www.google.com/amp/s/www.example.com/a",
	  "http://www.example.com/a" },
	{ "Google's AMP without s", "https://www.google.de/amp/example.com/",
	  "http://example.com/" },
	{ "a host that only starts so",
	  "https://google.evil.example/url?q=http://example.com/", NULL },
	{ "Google's search", "https://www.google.com/search?q=http://a.example",
	  NULL },
	{ "Bing", "https://www.bing.com/ck/a?!&&p=0c5c1&ptn=3&ver=2&hsh=4&u=a1"
	  "aHR0cHM6Ly93d3cuZXhhbXBsZS5jb20vYT9i&ntb=1",
	  "https://www.example.com/a?b" },
	{ "Bing, a path of its own", "https://www.bing.com/ck/a?u=a1L3Nl&x=1",
	  "/se" },
	{ "Bing, no base64", "https://www.bing.com/ck/a?u=a1!!!&ntb=1", NULL },
	{ "Bing, another code", "https://www.bing.com/ck/a?u=b2aHR0cHM",
	  NULL },
	{ "NUL inside", SAFE "http%3A%2F%2Fa.example%2F%00", NULL },
	{ "no UTF-8 inside", SAFE "http%3A%2F%2Fa.example%2F%FF", NULL },
	{ "an empty value", SAFE "&data=1", NULL },
	{ "no wrapper", "https://www.example.com/?url=http://a.example/",
	  NULL },
};

static void
test_unwrap(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Url) url = url_parse(cases[i].wrapped);
		g_autofree char *link = unwrap(url->host, url->path);

		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(link, ==, cases[i].link);
	}
}

/* LINK wrapped TIMES times. */
static char *
nest(const char *link, guint times)
{
	char *out = g_strdup(link);

	while (times--) {
		g_autofree char *inner = out;
		g_autofree char *escaped = g_uri_escape_string(inner, NULL,
							       FALSE);

		out = g_strconcat(SAFE, escaped, NULL);
	}
	return out;
}

static Facts *
facts_of(const char *text)
{
	Facts *facts = facts_new();
	struct links links;

	facts->complete = true;
	links_init(&links, facts);
	links_scan(&links, text, strlen(text), "text");
	links_clear(&links);
	return facts;
}

/* Each hop is there, says where it was, and the sixth is not. */
static void
test_hops(void)
{
	for (guint times = 0; times < 9; times++) {
		g_autofree char *text = nest("http://a.example/", times);
		g_autoptr(Facts) facts = facts_of(text);
		guint seen = MIN(times, BOUND_URL_HOPS) + 1;

		g_assert_cmpuint(facts->urls->len, ==, seen);
		for (guint i = 0; i < seen; i++) {
			const Link *link = facts->urls->pdata[i];
			const Link *before = i ? facts->urls->pdata[i - 1] :
			    NULL;

			g_assert_cmpstr(link->wrapper, ==,
					before ? before->url : NULL);
			g_assert_cmpint(facts_is_wrapper(facts, link), ==,
					i + 1 < seen);
		}
		g_assert_cmpint(facts->complete, ==, times <= BOUND_URL_HOPS);
		g_assert_cmpint(facts_has_defect(facts, DEFECT_URL_NESTED),
				==, times > BOUND_URL_HOPS);
	}
}

/* More hosts inside a link than are looked up are a defect. */
static void
test_inside(void)
{
	GString *text = g_string_new("http://a.example/?");
	g_autoptr(Facts) few = NULL, many = NULL;

	for (int i = 0; i < 20; i++)
		g_string_append_printf(text, "u%d=b%d.example&", i, i);
	few = facts_of(text->str);
	for (int i = 0; i < BOUND_URL_INSIDE; i++)
		g_string_append_printf(text, "u%d=c%d.example&", i, i);
	many = facts_of(text->str);
	g_assert_true(few->complete);
	g_assert_false(many->complete);
	g_assert_true(facts_has_defect(many, DEFECT_URL_HOSTS));
	g_string_free(text, TRUE);
}

/* A wrapper around itself, and giant values, come to an end. */
static void
test_hostile(void)
{
	g_autofree char *fill = g_strnfill(3 * BOUND_URL, '*');
	g_autofree char *stars = g_strdup_printf(V3 "https://a.example/%s__;"
						 "%s!!$", fill, fill);
	g_autofree char *runs = g_strdup_printf(V3 "https://a.example/**_"
						"**_**_**___;Kw!!$");
	g_autofree char *percents = g_strdup_printf(SAFE "http%%3A%%2F%%2F"
						    "a.example/%s", fill);
	g_autoptr(Facts) one = facts_of(stars), two = facts_of(runs);
	g_autoptr(Facts) three = facts_of(percents);
	g_autoptr(Facts) same = facts_of(SAFE "http%3A%2F%2Fa.example%2F "
					 SAFE "http%3A%2F%2Fa.example%2F "
					 "http://a.example/");
	g_autoptr(Facts) other = facts_of("http://a.example.com\\b.evil.com/x "
					  "http://a.example.com\\b.png");

	g_assert_cmpuint(one->urls->len, ==, 1);
	g_assert_cmpuint(two->urls->len, ==, 1);
	g_assert_cmpuint(three->urls->len, >=, 1);
	g_assert_cmpuint(same->urls->len, ==, 2);
	/* A backslash has two readings, when the second is a host. */
	g_assert_cmpuint(other->urls->len, ==, 3);
	g_assert_cmpstr(((Link *)other->urls->pdata[1])->url, ==,
			"http://b.evil.com/x");
	g_assert_true(facts_has_defect(other, DEFECT_URL_BACKSLASH));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unwrap/cases", test_unwrap);
	g_test_add_func("/unwrap/hops", test_hops);
	g_test_add_func("/unwrap/inside", test_inside);
	g_test_add_func("/unwrap/hostile", test_hostile);
	return g_test_run();
}
