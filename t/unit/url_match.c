/*
 * url_match.c -- unit test: which links an entry covers, by the scenario
 * tables of the service whose lists admins bring along
 *
 * Each entry is compiled into a snapshot of its own, as an allow and as a
 * block.  Where a table speaks of one action alone, the other has its own
 * row here, by what design says of it.
 */
#include "gatepost/lists/snapshot.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/model/url.h"

static char *path;
static int folder;

enum { NEITHER = 0, ALLOW = 1, BLOCK = 2, BOTH = 3 };

static const struct {
	const char *entry, *url;
	int covers;		/* as which action */
} cases[] = {
	/* All of a top-level domain; as an allow it is refused. */
	{ "*.xyz/*", "a.xyz", BLOCK },
	{ "*.xyz/*", "xyz/abcd", BLOCK },
	{ "*.xyz/*", "b.abcd.xyz", BLOCK },
	{ "*.xyz/*", "xyz/contoso.com", BLOCK },
	{ "*.xyz/*", "xyz/q=contoso.com", BLOCK },
	{ "*.xyz/*", "www.abcd.com\\xyz.xyz", BLOCK },
	{ "*.xyz/*", "www.abcd.com\\xyz.xyz?q=1234", BLOCK },
	{ "*.xyz/*", "www.abcd.xyz", BLOCK },
	{ "*.xyz/*", "www.abcd.xyz/q=a@contoso.com", BLOCK },
	{ "*.xyz/*", "www.abcd.com/xyz.xyz", NEITHER },
	{ "*.xyz/*", "www.abcd.com", NEITHER },
	{ "*.xyz/*", "www.notxyz", NEITHER },
	{ "*.co.uk/*", "shop.co.uk", BLOCK },
	{ "*.co.uk/*", "www.shop.co.uk/a", BLOCK },
	{ "*.co.uk/*", "shop.uk/a", NEITHER },

	/* A bare host. */
	{ "contoso.com", "contoso.com", BOTH },
	{ "contoso.com", "abc-contoso.com", NEITHER },
	{ "contoso.com", "contoso.com/a", BLOCK },
	{ "contoso.com", "contoso.com?a", BLOCK },
	{ "contoso.com", "payroll.contoso.com", BLOCK },
	{ "contoso.com", "test.com/contoso.com", BLOCK },
	{ "contoso.com", "test.com/q=contoso.com", BLOCK },
	{ "contoso.com", "www.contoso.com", BLOCK },
	{ "contoso.com", "www.contoso.com/q=a@contoso.com", BLOCK },
	{ "contoso.com", "abc.xyz.contoso.com/a/b/c", BLOCK },
	{ "contoso.com", "fabrikam.com/contoso.com", BLOCK },
	{ "contoso.com", "fabrikam.com/q=contoso.com", BLOCK },
	{ "contoso.com", "fabrikam.com/abc-contoso.com", NEITHER },
	{ "contoso.com", "fabrikam.com/contoso.com.au", NEITHER },
	{ "contoso.com", "fabrikam.com/?u=https%3A%2F%2Fcontoso.com%2Fx",
	  BLOCK },
	{ "contoso.com", "fabrikam.com/?u=https%253A%252F%252Fa.contoso.com",
	  BLOCK },
	{ "contoso.com", "contoso.com.fabrikam.com/a", NEITHER },
	{ "contoso.com", "fabrikam.com", NEITHER },

	/* All below, without a path. */
	{ "*.contoso.com", "www.contoso.com", BOTH },
	{ "*.contoso.com", "xyz.abc.contoso.com", BOTH },
	{ "*.contoso.com", "contoso.com", NEITHER },
	{ "*.contoso.com", "123contoso.com", NEITHER },
	{ "*.contoso.com", "test.com/contoso.com", NEITHER },
	{ "*.contoso.com", "www.contoso.com/abc", NEITHER },
	{ "*.contoso.com", "fabrikam.com/contoso.com", NEITHER },

	/* A folder. */
	{ "contoso.com/a/*", "contoso.com/a/b", BOTH },
	{ "contoso.com/a/*", "contoso.com/a/b/c", BOTH },
	{ "contoso.com/a/*", "contoso.com/a/?q=joe@t.com", BOTH },
	{ "contoso.com/a/*", "contoso.com", NEITHER },
	{ "contoso.com/a/*", "contoso.com/a", NEITHER },
	{ "contoso.com/a/*", "contoso.com/ab", NEITHER },
	{ "contoso.com/a/*", "contoso.com/A/b", NEITHER },
	{ "contoso.com/a/*", "contoso.com/c/../a/b", BOTH },
	{ "contoso.com/a/*", "contoso.com/%61/b", BOTH },
	{ "contoso.com/a/*", "contoso.com/?a/b", NEITHER },
	{ "contoso.com/a/*", "www.contoso.com", NEITHER },
	{ "contoso.com/a/*", "www.contoso.com/a/b", NEITHER },
	{ "contoso.com/a/*", "www.contoso.com/q=a@contoso.com", NEITHER },

	/* A host and all below, without a path. */
	{ "~contoso.com", "contoso.com", BOTH },
	{ "~contoso.com", "www.contoso.com", BOTH },
	{ "~contoso.com", "xyz.abc.contoso.com", BOTH },
	{ "~contoso.com", "123contoso.com", NEITHER },
	{ "~contoso.com", "contoso.com/abc", NEITHER },
	{ "~contoso.com", "www.contoso.com/abc", NEITHER },
	{ "~contoso.com", "fabrikam.com/contoso.com", NEITHER },

	/* Any path of a host. */
	{ "contoso.com/*", "contoso.com/?q=whatever@fabrikam.com", BOTH },
	{ "contoso.com/*", "contoso.com/a", BOTH },
	{ "contoso.com/*", "contoso.com/a/b/c", BOTH },
	{ "contoso.com/*", "contoso.com/ab", BOTH },
	{ "contoso.com/*", "contoso.com/b", BOTH },
	{ "contoso.com/*", "contoso.com/b/a/c", BOTH },
	{ "contoso.com/*", "contoso.com/ba", BOTH },
	{ "contoso.com/*", "contoso.com", NEITHER },
	{ "contoso.com/*", "www.contoso.com/a", NEITHER },

	/* Any path of all hosts below. */
	{ "*.contoso.com/*", "abc.contoso.com/ab", BOTH },
	{ "*.contoso.com/*", "abc.xyz.contoso.com/a/b/c", BOTH },
	{ "*.contoso.com/*", "www.contoso.com/a", BOTH },
	{ "*.contoso.com/*", "www.contoso.com/b/a/c", BOTH },
	{ "*.contoso.com/*", "xyz.contoso.com/ba", BOTH },
	{ "*.contoso.com/*", "contoso.com/b", NEITHER },
	{ "*.contoso.com/*", "www.contoso.com", NEITHER },

	/* A host, all below, any path; as a path of others a block alone,
	 * since anyone can write an allowed host into his own. */
	{ "~contoso.com~", "contoso.com", BOTH },
	{ "~contoso.com~", "contoso.com/a", BOTH },
	{ "~contoso.com~", "www.contoso.com", BOTH },
	{ "~contoso.com~", "www.contoso.com/b", BOTH },
	{ "~contoso.com~", "xyz.abc.contoso.com", BOTH },
	{ "~contoso.com~", "abc.xyz.contoso.com/a/b/c", BOTH },
	{ "~contoso.com~", "fabrikam.com/contoso.com", BLOCK },
	{ "~contoso.com~", "123contoso.com", NEITHER },
	{ "~contoso.com~", "contoso.org", NEITHER },
	{ "~contoso.com~", "fabrikam.com/q=contoso.com", NEITHER },
	{ "~contoso.com~", "fabrikam.com/?q=/contoso.com", NEITHER },

	/* Addresses. */
	{ "1.2.3.4", "1.2.3.4", BOTH },
	{ "1.2.3.4", "http://0x1020304/", BOTH },
	{ "1.2.3.4", "1.2.3.4/a", NEITHER },
	{ "1.2.3.4", "11.2.3.4/a", NEITHER },
	{ "1.2.3.4", "11.2.3.4", NEITHER },
	{ "1.2.3.4/*", "1.2.3.4/b", BOTH },
	{ "1.2.3.4/*", "1.2.3.4/baaaa", BOTH },
	{ "1.2.3.4/*", "1.2.3.4", NEITHER },
	{ "2001:db8::1", "http://[2001:DB8:0::1]", BOTH },
	{ "2001:db8::1", "http://[2001:db8::1]/a", NEITHER },
	{ "[2001:db8::1]/*", "http://[2001:db8::1]:8080/a", BOTH },
	{ "[2001:db8::1]/*", "http://[2001:db8::2]/a", NEITHER },

	/* A path: an allow of just that, a block with any query. */
	{ "contoso.com/a", "contoso.com/a", BOTH },
	{ "contoso.com/a", "contoso.com/a?id=7", BLOCK },
	{ "contoso.com/a", "contoso.com/a/b", NEITHER },
	{ "contoso.com/a", "contoso.com/a/", NEITHER },
	{ "contoso.com/a", "contoso.com", NEITHER },
	{ "contoso.com/a", "www.contoso.com/a", NEITHER },
	{ "contoso.com/a?b", "contoso.com/a?b", BOTH },
	{ "contoso.com/a?b", "contoso.com/a?b&c", NEITHER },
	{ "contoso.com/a?b", "contoso.com/a", NEITHER },
	{ "*.contoso.com/a", "www.contoso.com/a", BOTH },
	{ "*.contoso.com/a", "www.contoso.com/a?b", BLOCK },
	{ "*.contoso.com/a", "contoso.com/a", NEITHER },
	{ "*.contoso.com/a/*", "x.www.contoso.com/a/b", BOTH },
	{ "*.contoso.com/a/*", "x.www.contoso.com/b/b", NEITHER },

	/* Scheme, port, user and case do not matter, nor how a host of
	 * Unicode is written. */
	{ "contoso.com", "https://contoso.com:8443/", BOTH },
	{ "contoso.com", "ftp://joe:pw@CONTOSO.com", BOTH },
	{ "contoso.com/a", "https://contoso.com:8443/a", BOTH },
	{ "bücher.example", "http://xn--bcher-kva.example", BOTH },
	{ "xn--bcher-kva.example", "http://BÜCHER.example/", BOTH },
	{ "bücher.example", "http://a.example/?u=b%C3%BCcher.example",
	  BLOCK },
	{ "bücher.example/ä", "http://bücher.example/%c3%a4", BOTH },
	{ "contoso.com", "mailto:joe@contoso.com", NEITHER },
};

static void
found(const struct snapshot_entry *entry, void *data)
{
	(void)entry;
	++*(guint *)data;
}

static guint
count(const Snapshot *snapshot, const Url *url)
{
	g_autoptr(Indicator) seen = NULL;
	guint times = 0;

	if (!url)
		return 0;
	seen = indicator_seen(INDICATOR_URL, url->url);
	snapshot_match(snapshot, "t", seen, found, &times);
	return times;
}

/* Does ENTRY, as ACTION, cover the link RAW, in either reading? */
static bool
covers(const char *action, const char *entry, const char *raw)
{
	struct entry_place place = { "t", "UTC", "test.list", 1 };
	g_autofree char *line = g_strdup_printf("%s url %s wide=yes", action,
						entry);
	g_autoptr(GPtrArray) entries =
	    g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	struct snapshot_tenant tenant = { "t", entries, NULL, NULL };
	g_autoptr(Snapshot) snapshot = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Url) url = url_parse(raw), other = url_parse_other(raw);
	Entry *parsed = entry_parse(line, &place, NULL, &error);
	guint times;

	/* An allow of a suffix is refused. */
	if (!parsed && strcmp(action, "allow") == 0)
		return false;
	g_assert_no_error(error);
	g_ptr_array_add(entries, parsed);
	g_assert_true(snapshot_write(folder, "lists", 1, &tenant, 1, NULL,
				     NULL));
	snapshot = snapshot_open(folder, "lists", NULL, NULL);
	times = count(snapshot, url);
	/* Nothing is told twice. */
	g_assert_cmpuint(times, <=, 1);
	return times + count(snapshot, other) > 0;
}

static void
test_match(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		int as = covers("allow", cases[i].entry, cases[i].url) |
		    covers("block", cases[i].entry, cases[i].url) << 1;

		g_test_message("%s: %s", cases[i].entry, cases[i].url);
		g_assert_cmpint(as, ==, cases[i].covers);
	}
}

/* Each is narrower than the next; both cover some link. */
static const char *const narrower[][2] = {
	{ "contoso.com", "*.com/*" },
	{ "contoso.com", "~contoso.com" },
	{ "contoso.com", "~contoso.com~" },
	{ "*.contoso.com", "~contoso.com" },
	{ "www.contoso.com", "*.contoso.com" },
	{ "~www.contoso.com", "contoso.com" },
	{ "contoso.com/*", "contoso.com" },
	{ "contoso.com/a/*", "contoso.com/*" },
	{ "contoso.com/a/b", "contoso.com/a/*" },
	{ "contoso.com/a/b/*", "contoso.com/a/*" },
	{ "*.contoso.com/a/*", "*.contoso.com/*" },
	{ "www.contoso.com/*", "*.contoso.com/*" },
	{ "*.contoso.com/*", "~contoso.com~" },
	{ "~contoso.com~", "*.com/*" },
};

static void
test_narrowness(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(narrower); i++) {
		g_test_message("%s: %s", narrower[i][0], narrower[i][1]);
		g_assert_cmpuint(url_entry_narrowness(narrower[i][0]), >,
				 url_entry_narrowness(narrower[i][1]));
	}
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	path = g_dir_make_tmp("gatepost-XXXXXX", NULL);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_test_add_func("/url/match", test_match);
	g_test_add_func("/url/narrowness", test_narrowness);
	result = g_test_run();
	unlinkat(folder, "lists", 0);
	close(folder);
	g_rmdir(path);
	g_free(path);
	return result;
}
