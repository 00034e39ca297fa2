/*
 * lookalike.c -- unit test: domains that resemble a protected one, and real
 * ones that do not
 */
#include "gatepost/model/lookalike.h"

#include <string.h>

#include "gatepost/model/domain.h"

static const struct {
	const char *name, *domain, *of;
	enum likeness how;
} cases[] = {
	/* what reads the same */
	{ "a digit one for an l", "exarnp1e.org", "example.org",
	  LIKE_LETTERS },
	{ "a digit for a letter", "examp1e.org", "example.org", LIKE_LETTERS },
	{ "a zero for an o", "northw00d.example", "northwood.example",
	  LIKE_LETTERS },
	{ "r and n for m", "exarnple.org", "example.org", LIKE_LETTERS },
	{ "an i for an l", "exampie.org", "example.org", LIKE_LETTERS },
	{ "... under another suffix", "examp1e.com", "example.org",
	  LIKE_LETTERS },
	{ "a Cyrillic a", "ex\u0430mple.org", "example.org", LIKE_LETTERS },
	{ "a Cyrillic e at the end", "exampl\u0435.org", "example.org",
	  LIKE_LETTERS },
	{ "a Greek omicron", "n\u03bfrthwood.example", "northwood.example",
	  LIKE_LETTERS },
	{ "all of Cyrillic", "\u0430\u0440\u0440\u04cf\u0435.com",
	  "apple.com", LIKE_LETTERS },
	{ "a dotless i is an l", "examp\u0131e.org", "example.org",
	  LIKE_LETTERS },
	{ "a short name with a letter of another script",
	  "\u0456ng.example", "ing.example", LIKE_LETTERS },
	{ "a short name of four with a digit", "ab0x.example",
	  "abox.example", LIKE_LETTERS },
	{ "a short name of plain letters is another", "lng.example",
	  "ing.example", LIKE_NOTHING },
	{ "... of three with a digit, too", "1ng.example", "ing.example",
	  LIKE_NOTHING },
	{ "a short name of one alphabet under another suffix",
	  "\u043e\u0441\u0430.test", "oca.example", LIKE_NOTHING },
	{ "... under the same", "\u043e\u0441\u0430.example", "oca.example",
	  LIKE_LETTERS },
	{ "a subdomain of a look-alike", "mail.eu.examp1e.org",
	  "example.org", LIKE_LETTERS },
	/* accents */
	{ "an accent", "ex\u00e1mple.org", "example.org", LIKE_ACCENTS },
	{ "another", "northwo\u00f6d.example", "northwood.example",
	  LIKE_ACCENTS },
	{ "a dot below", "examp\u1e37e.org", "example.org", LIKE_ACCENTS },
	{ "accents of a protected one that are left out",
	  "bucher.example", "b\u00fccher.example", LIKE_ACCENTS },
	{ "a short name with an accent is another", "b\u00e4r.example",
	  "bar.example", LIKE_NOTHING },
	/* words */
	{ "a word behind", "example-support.com", "example.org",
	  LIKE_WORDS },
	{ "a word in front", "secure-example.com", "example.org",
	  LIKE_WORDS },
	{ "a word run together", "exampleonline.com", "example.org",
	  LIKE_WORDS },
	{ "... in front", "myaccountexample.com", "example.org",
	  LIKE_NOTHING },
	{ "... in front, of four letters and more", "loginexample.com",
	  "example.org", LIKE_WORDS },
	{ "two words", "example-login-verify.com", "example.org",
	  LIKE_WORDS },
	{ "two words run together", "examplesecurelogin.com", "example.org",
	  LIKE_WORDS },
	{ "words on both sides", "my-example-portal.org", "example.org",
	  LIKE_WORDS },
	{ "a country behind a hyphen", "example-us.com", "example.org",
	  LIKE_WORDS },
	{ "... not without one", "exampleus.com", "example.org",
	  LIKE_NOTHING },
	{ "an ending as a word", "example-org.com", "example.org",
	  LIKE_WORDS },
	{ "a word beside a look-alike", "examp1e-login.com", "example.org",
	  LIKE_WORDS },
	{ "a word beside accents", "ex\u00e1mple-login.com", "example.org",
	  LIKE_WORDS },
	{ "a word in German", "example-sicherheit.de", "example.org",
	  LIKE_WORDS },
	{ "a name of five", "acmes-billing.com", "acmes.example",
	  LIKE_WORDS },
	{ "a name of four is too short", "acme-billing.com", "acme.example",
	  LIKE_NOTHING },
	{ "what is no word", "example-violins.com", "example.org",
	  LIKE_NOTHING },
	{ "a word that goes on", "exampleonlineviolins.com", "example.org",
	  LIKE_NOTHING },
	{ "a name inside another word", "counterexamples.com",
	  "example.org", LIKE_NOTHING },
	{ "a word that is left out", "mustermann.example",
	  "mustermann-bank.example", LIKE_WORDS },
	{ "... that was run together", "mustermann.example",
	  "mustermannbank.example", LIKE_WORDS },
	{ "another word in its place", "mustermann-login.example",
	  "mustermann-bank.example", LIKE_WORDS },
	{ "a common word with an innocent one", "orange-shop.com",
	  "orange.example", LIKE_NOTHING },
	{ "... with a grave one", "orange-billing.com", "orange.example",
	  LIKE_WORDS },
	/* slips of the pen */
	{ "one left out", "exmple.org", "example.org", LIKE_TYPO },
	{ "one more", "exxample.org", "example.org", LIKE_TYPO },
	{ "another one", "exumple.org", "example.org", LIKE_TYPO },
	{ "two swapped", "exmaple.org", "example.org", LIKE_TYPO },
	{ "... under another suffix", "exmaple.com", "example.org",
	  LIKE_TYPO },
	{ "a plural", "examples.org", "example.org", LIKE_TYPO },
	{ "a hyphen", "ex-ample.org", "example.org", LIKE_TYPO },
	{ "two of seven are too many", "exomplo.org", "example.org",
	  LIKE_NOTHING },
	{ "six characters", "norhtw.example", "northw.example", LIKE_TYPO },
	{ "five are too short", "acems.example", "acmes.example",
	  LIKE_NOTHING },
	{ "nine, one", "nortwood.example", "northwood.example", LIKE_TYPO },
	{ "nine, two", "nortwod.example", "northwood.example",
	  LIKE_NOTHING },
	{ "ten, two", "mustrmnn.example", "mustermann.example", LIKE_TYPO },
	{ "ten, three", "mustrmn.example", "mustermann.example",
	  LIKE_NOTHING },
	{ "a slip that is a word of everyday use", "orange.example",
	  "orangd.example", LIKE_NOTHING },
	/* another suffix */
	{ "another suffix", "example.co", "example.org", LIKE_SUFFIX },
	{ "a suffix of two labels", "example.co.uk", "example.org",
	  LIKE_SUFFIX },
	{ "a place where anyone may be", "example.pages.dev", "example.org",
	  LIKE_SUFFIX },
	{ "a name of five is too short", "acmes.test", "acmes.example",
	  LIKE_NOTHING },
	{ "a word of everyday use", "orange.test", "orange.example",
	  LIKE_NOTHING },
	/* in front */
	{ "the whole domain in front", "example.org.evil.test",
	  "example.org", LIKE_FRONT },
	{ "... with a label between", "example.org.login.evil.test",
	  "example.org", LIKE_FRONT },
	{ "a name alone in front", "example.evil.test", "example.org",
	  LIKE_NOTHING },
	/* alphabets */
	{ "Latin and Cyrillic", "b\u0430nkhaus.test", NULL, LIKE_SCRIPTS },
	{ "Latin and Greek", "\u03b1lphaville.test", NULL, LIKE_SCRIPTS },
	{ "Latin and Han go together", "\u6771\u4eactokyo.test", NULL,
	  LIKE_NOTHING },
	{ "Cyrillic alone", "\u043c\u043e\u0441\u043a\u0432\u0430.test",
	  NULL, LIKE_NOTHING },
	/* what is protected */
	{ "itself", "example.org", NULL, LIKE_NOTHING },
	{ "below itself", "mail.example.org", NULL, LIKE_NOTHING },
	{ "a protected one that resembles another", "exampleshop.org",
	  NULL, LIKE_NOTHING },
	{ "a suffix alone", "org", NULL, LIKE_NOTHING },
	{ "an address", "192.0.2.1", NULL, LIKE_NOTHING },
	{ "a bad A-label", "xn--a.test", NULL, LIKE_NOTHING },
};

/* One is asked for beside the rest, so that none is found by chance. */
static const char *const own[] = {
	"example.org", "*.northwood.example", "exampleshop.org",
};

static void
test_cases(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Shield) shield = shield_new();
		g_autofree char *domain = domain_normal(cases[i].domain);
		g_autofree char *of = cases[i].of ?
		    domain_normal(cases[i].of) : NULL;
		const char *found;
		enum likeness how;

		for (guint j = 0; j < G_N_ELEMENTS(own); j++)
			g_assert_true(shield_add(shield, own[j]));
		if (of)
			g_assert_true(shield_add(shield, of));
		how = shield_find(shield, domain, true, &found);
		g_test_message("%s: %s is %s of %s", cases[i].name,
			       cases[i].domain, likenesses[how],
			       found ? found : "-");
		g_assert_cmpstr(likenesses[how], ==,
				likenesses[cases[i].how]);
		if (how != LIKE_NOTHING)
			g_assert_cmpstr(found, ==, of);
	}
}

/* Where nobody reads the labels in front, they do not count. */
static void
test_hidden(void)
{
	g_autoptr(Shield) shield = shield_new();
	const char *of;

	shield_add(shield, "example.org");
	g_assert_cmpint(shield_find(shield, "example.org.relay.test", false,
				    &of), ==, LIKE_NOTHING);
	g_assert_cmpint(shield_find(shield, "bounce.examp1e.org", false,
				    &of), ==, LIKE_LETTERS);
	g_assert_false(shield_add(shield, "org"));
	g_assert_true(shield_covers(shield, "a.b.example.org"));
	g_assert_false(shield_covers(shield, "example.com"));
}

/* What thieves do, done to each name: all of it is found. */
static const char *const names[] = {
	"example", "northwood", "mustermann", "winterthur", "paypal",
	"microsoft", "bloomfield", "kowalski", "lundqvist", "hartmann",
};
static const struct {
	const char *letter, *like;
} swaps[] = {
	{ "o", "0" }, { "o", "\u043e" }, { "o", "\u03bf" }, { "l", "1" },
	{ "l", "i" }, { "i", "1" }, { "a", "\u0430" }, { "e", "\u0435" },
	{ "p", "\u0440" }, { "c", "\u0441" }, { "m", "rn" }, { "s", "\u0455" },
	{ "i", "\u0456" }, { "x", "\u0445" }, { "y", "\u0443" },
	{ "j", "\u0458" }, { "d", "\u0501" }, { "h", "\u04bb" },
	{ "w", "\u051d" }, { "a", "\u00e1" }, { "e", "\u00e9" },
	{ "o", "\u00f6" }, { "u", "\u00fc" }, { "n", "\u00f1" },
	{ "i", "\u00ed" }, { "s", "\u015f" }, { "t", "\u0163" },
};
static const char *const frames[] = {
	"%s-login.test", "secure-%s.test", "%ssupport.test", "%s.co",
	"%s-billing-portal.test", "my-%s.test", "online%s.test",
};

static guint
look_at(const Shield *shield, const char *raw, const char *of)
{
	g_autofree char *domain = domain_normal(raw);
	const char *found;

	g_assert_nonnull(domain);
	if (shield_find(shield, domain, true, &found) == LIKE_NOTHING ||
	    g_strcmp0(found, of) != 0)
		g_error("%s does not look like %s", raw, of);
	return 1;
}

static void
test_rules(void)
{
	guint count = 0;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Shield) shield = shield_new();
		g_autofree char *of = g_strconcat(names[i], ".example", NULL);

		shield_add(shield, of);
		for (guint j = 0; j < G_N_ELEMENTS(swaps); j++) {
			const char *at = strstr(names[i], swaps[j].letter);
			g_autofree char *raw = at ? g_strdup_printf(
			    "%.*s%s%s.example", (int)(at - names[i]),
			    names[i], swaps[j].like, at + 1) : NULL;

			count += raw ? look_at(shield, raw, of) : 0;
		}
		for (guint j = 0; j < G_N_ELEMENTS(frames); j++) {
			g_auto(GStrv) parts = g_strsplit(frames[j], "%s", 2);
			g_autofree char *raw = g_strjoin(names[i], parts[0],
							 parts[1], NULL);

			count += look_at(shield, raw, of);
		}
		/* one left out, one twice, two neighbours swapped */
		for (gsize j = 1; j + 1 < strlen(names[i]); j++) {
			g_autofree char *less = g_strdup_printf(
			    "%.*s%s.example", (int)j, names[i],
			    names[i] + j + 1);
			g_autofree char *more = g_strdup_printf(
			    "%.*s%s.example", (int)j + 1, names[i],
			    names[i] + j);

			count += look_at(shield, less, of);
			count += look_at(shield, more, of);
		}
	}
	g_test_message("%u look-alikes found", count);
	g_assert_cmpuint(count, >=, 300);
}

/* Real domains: of several alphabets, and short ones.  One in 200 may be
 * taken for a look-alike of ten plausible tenants and partners. */
static const char *const real[] = {
	"m\u00fcnchen.de", "k\u00f6ln.de", "d\u00fcsseldorf.de",
	"n\u00fcrnberg.de", "b\u00fccher.de", "fu\u00dfball.de",
	"m\u00f6bel.de", "\u00f6bb.at", "\u00f6amtc.at", "z\u00fcrich.ch",
	"gen\u00e8ve.ch", "k\u00f8benhavn.dk", "s\u00f8gne.no",
	"troms\u00f8.no", "malm\u00f6.se", "g\u00f6teborg.se",
	"\u00f6rebro.se", "hyv\u00e4.fi", "j\u00e4rvenp\u00e4\u00e4.fi",
	"espa\u00f1a.es", "espa\u00f1ol.com", "m\u00fasica.com",
	"caf\u00e9.com", "cr\u00e8me.fr", "acad\u00e9mie-fran\u00e7aise.fr",
	"h\u00f4tel.fr", "ch\u00e2teau.fr", "f\u00eate.fr", "s\u00e3opaulo.br",
	"a\u00e7\u00e3o.com.br", "informa\u00e7\u00e3o.pt",
	"\u0142\u00f3d\u017a.pl", "krak\u00f3w.pl", "\u017b\u00f3\u0142w.pl",
	"\u010desk\u00e1po\u0161ta.cz", "pra\u017esk\u00fd.cz",
	"ko\u0161ice.sk", "gy\u0151r.hu", "p\u00e9cs.hu",
	"istanb\u016bl.com", "t\u00fcrk\u00e7e.com", "i\u015fbankas\u0131.com",
	"\u0440\u043e\u0441\u0441\u0438\u044f.\u0440\u0444",
	"\u043c\u043e\u0441\u043a\u0432\u0430.\u0440\u0444",
	"\u043f\u0440\u0435\u0437\u0438\u0434\u0435\u043d\u0442.\u0440\u0444",
	"\u044f\u043d\u0434\u0435\u043a\u0441.\u0440\u0444",
	"\u043f\u043e\u0447\u0442\u0430.\u0440\u0444",
	"\u0431\u0430\u043d\u043a.\u0440\u0444",
	"\u0433\u043e\u0441\u0443\u0441\u043b\u0443\u0433\u0438.\u0440\u0444",
	"\u043a\u0442\u043e.\u0440\u0444", "\u043e\u0441\u0430.\u0440\u0444",
	"\u0443\u043a\u0440\u043f\u043e\u0448\u0442\u0430.\u0443\u043a\u0440",
	"\u043a\u0438\u0457\u0432.\u0443\u043a\u0440",
	"\u043d\u0438\u043a.\u0441\u0440\u0431",
	"\u0431\u0435\u043e\u0433\u0440\u0430\u0434.\u0441\u0440\u0431",
	"\u0441\u043e\u0444\u0438\u044f.\u0431\u0433",
	"\u03b5\u03bb\u03bb\u03ac\u03b4\u03b1.gr",
	"\u03b1\u03b8\u03ae\u03bd\u03b1.gr",
	"\u03c4\u03c1\u03ac\u03c0\u03b5\u03b6\u03b1.gr",
	"\u65e5\u672c\u8a9e.jp", "\u6771\u4eac.jp", "\u5927\u962a.jp",
	"\u3072\u3089\u304c\u306a.jp", "\u30c6\u30b9\u30c8.jp",
	"\u697d\u5929\u5e02\u5834.jp", "\u4e2d\u56fd.\u4e2d\u56fd",
	"\u5317\u4eac.\u4e2d\u56fd", "\u6e05\u534e\u5927\u5b66.\u4e2d\u56fd",
	"\u65b0\u6d6a.\u4e2d\u56fd", "\u53f0\u7063.tw",
	"\u9999\u6e2f\u5927\u5b78.\u9999\u6e2f",
	"\ud55c\uad6d.\ud55c\uad6d", "\uc11c\uc6b8.\ud55c\uad6d",
	"\u0e44\u0e17\u0e22.\u0e44\u0e17\u0e22",
	"\u092d\u093e\u0930\u0924.\u092d\u093e\u0930\u0924",
	"\u0645\u0635\u0631.\u0645\u0635\u0631",
	"\u0645\u0648\u0642\u0639.\u0648\u0632\u0627\u0631\u0629"
	"\u0627\u0644\u0623\u062a\u0635\u0627\u0644\u0627\u062a"
	".\u0645\u0635\u0631", "\u05e9\u05dc\u05d5\u05dd.co.il",
	"\u0570\u0561\u0575.\u0570\u0561\u0575",
	"\u10e1\u10d0\u10e5.\u10d2\u10d4", "vi\u1ec7tnam.vn",
	"h\u00e0n\u1ed9i.vn", "\u00edslandsbanki.is", "\u00feingvellir.is",
	"v\u00edsir.is", "sn\u00e6fellsnes.is", "\u0161koda.cz",
	"\u017dilina.sk", "\u0160i\u0161ka.si", "r\u0113zekne.lv",
	"r\u012bga.lv", "\u0161iauliai.lt", "t\u00e4rtu.ee", "p\u00e4rnu.ee",
	/* short and well known */
	"bbc.co.uk", "bbc.com", "cnn.com", "ibm.com", "ikea.com", "bmw.de",
	"dhl.com", "dhl.de", "ups.com", "usps.com", "gls.de", "dpd.de",
	"hp.com", "sap.com", "aol.com", "gmx.de", "gmx.net", "web.de",
	"t-online.de", "ing.com", "ing.nl", "abn.nl", "kpn.nl", "kpn.com",
	"rabo.nl", "ubs.com", "axa.fr", "axa.com", "sncf.com", "edf.fr",
	"bnp.fr", "free.fr", "sfr.fr", "sky.com", "sky.it", "rai.it",
	"eni.it", "tim.it", "enel.it", "bbva.es", "once.es", "tvp.pl",
	"pkp.pl", "wp.pl", "o2.pl", "pko.pl", "nhs.uk", "gov.uk", "mit.edu",
	"cmu.edu", "eth.ch", "epfl.ch", "sbb.ch", "post.ch", "orf.at",
	"vk.com", "ok.ru", "mail.ru", "ya.ru", "ozon.ru", "qq.com",
	"163.com", "126.com", "jd.com", "sina.cn", "lg.com", "kia.com",
	"nec.com", "ntt.jp", "tdk.com", "ana.co.jp", "jal.co.jp",
	"sony.com", "fuji.com", "visa.com", "amex.com", "citi.com",
	"att.com", "3m.com", "ge.com", "gm.com", "ford.com", "nike.com",
	"gap.com", "uber.com", "lyft.com", "etsy.com", "ebay.com",
	"ebay.de", "zoom.us", "box.com", "slack.com", "trello.com",
	"github.com", "gitlab.com", "debian.org", "gnu.org", "kernel.org",
	"python.org", "perl.org", "apache.org", "mozilla.org", "ietf.org",
	"isoc.org", "icann.org", "ripe.net", "arin.net", "who.int",
	"un.org", "nato.int", "europa.eu", "nasa.gov", "irs.gov",
};
static const char *const tenants[] = {
	"example.org", "paypal.com", "microsoft.com", "amazon.com",
	"deutsche-bank.de", "postfinance.ch", "netflix.com", "facebook.com",
	"sparkasse.de", "oca.example",
};

static void
test_real(void)
{
	g_autoptr(Shield) shield = shield_new();
	guint flags = 0;

	for (guint i = 0; i < G_N_ELEMENTS(tenants); i++)
		shield_add(shield, tenants[i]);
	for (guint i = 0; i < G_N_ELEMENTS(real); i++) {
		g_autofree char *domain = domain_normal(real[i]);
		const char *of;
		enum likeness how;

		g_assert_nonnull(domain);
		how = shield_find(shield, domain, true, &of);
		if (how == LIKE_NOTHING)
			continue;
		flags++;
		g_test_message("%s is %s of %s", real[i], likenesses[how],
			       of ? of : "-");
	}
	g_test_message("%u of %zu are taken for look-alikes", flags,
		       G_N_ELEMENTS(real));
	g_assert_cmpuint(G_N_ELEMENTS(real), >=, 200);
	g_assert_cmpuint(flags, <=, 1);
}

/* Not an assertion on time: the figure is printed. */
static void
test_speed(void)
{
	g_autoptr(Shield) shield = shield_new();
	gint64 start;
	const char *of;

	for (guint i = 0; i < 20; i++) {
		g_autofree char *domain = g_strdup_printf("%s%c.example",
		    names[i % G_N_ELEMENTS(names)], 'a' + (char)i);

		shield_add(shield, domain);
	}
	start = g_get_monotonic_time();
	for (guint i = 0; i < 10000; i++)
		shield_find(shield, i & 1 ? "news.example-violins.test" :
			    "mail.somebody.test", true, &of);
	g_test_message("%.2f us for one domain against 20",
		       (double)(g_get_monotonic_time() - start) / 10000);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/lookalike/cases", test_cases);
	g_test_add_func("/lookalike/hidden", test_hidden);
	g_test_add_func("/lookalike/rules", test_rules);
	g_test_add_func("/lookalike/real", test_real);
	g_test_add_func("/lookalike/speed", test_speed);
	return g_test_run();
}
