/*
 * feed.c -- unit test: a feed's lines, compiled, mapped and searched
 */
#include "gatepost/lists/feed.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/lists/entry.h"
#include "gatepost/lists/feed_format.h"
#include "gatepost/lists/listfile.h"
#include "gatepost/lists/snapshot.h"
#include "gatepost/model/network.h"

#define HEX "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static char *path;
static int folder;

static const struct {
	const char *name;
	enum indicator_kind kind;
	const char *line;
	const char *value;	/* NULL: none, "-": bad */
} lines[] = {
	{ "a host", INDICATOR_URL, "evil.example", "evil.example" },
	{ "in capitals", INDICATOR_URL, " EVIL.Example\r", "evil.example" },
	{ "a link", INDICATOR_URL, "http://evil.example:8080/a?b",
	  "evil.example/a?b" },
	{ "a link to a host", INDICATOR_URL, "https://evil.example/",
	  "evil.example" },
	{ "a link to an address", INDICATOR_URL, "http://192.0.2.1:81/x.bin",
	  "192.0.2.1/x.bin" },
	{ "a link to an address of IPv6", INDICATOR_URL,
	  "http://[2001:db8::1]/x", "[2001:db8::1]/x" },
	{ "Unicode", INDICATOR_URL, "b\xc3\xbc" "cher.example",
	  "xn--bcher-kva.example" },
	{ "all below a host", INDICATOR_URL, "*.evil.example",
	  "*.evil.example" },
	{ "a public suffix", INDICATOR_URL, "co.uk", "-" },
	{ "a private one", INDICATOR_URL, "github.io", "-" },
	{ "a top level", INDICATOR_URL, "com", "-" },
	{ "a path at a private suffix", INDICATOR_URL, "github.io/evil",
	  "github.io/evil" },
	{ "a comment", INDICATOR_URL, "# evil.example", NULL },
	{ "the other comment", INDICATOR_URL, "; evil.example", NULL },
	{ "blank", INDICATOR_URL, " \t", NULL },
	{ "a comment behind", INDICATOR_URL, "evil.example # bad",
	  "evil.example" },
	{ "a fragment is no comment", INDICATOR_URL,
	  "http://evil.example/a#b", "evil.example/a" },
	{ "a hosts file", INDICATOR_URL, "0.0.0.0 evil.example", "-" },
	{ "two values", INDICATOR_SENDER, "a.example b.example", "-" },
	{ "a domain", INDICATOR_SENDER, "evil.example", "evil.example" },
	{ "an address", INDICATOR_SENDER, "Bad.Guy@Evil.example",
	  "bad.guy@evil.example" },
	{ "an address as it is", INDICATOR_ENVELOPE, "a+b@evil.example",
	  "a+b@evil.example" },
	{ "all below a domain", INDICATOR_SENDER, "*.evil.example",
	  "*.evil.example" },
	{ "a pattern", INDICATOR_SENDER, "/^ceo/", "-" },
	{ "a public suffix as sender", INDICATOR_SENDER, "com", "-" },
	{ "a label that is too long", INDICATOR_SENDER,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  ".example", "-" },
	{ "an empty label", INDICATOR_SENDER, "a..example", "-" },
	{ "an address of a client", INDICATOR_IP, "192.0.2.7", "192.0.2.7" },
	{ "a network with a comment", INDICATOR_IP,
	  "1.10.16.0/20 ; SBL256894", "1.10.16.0/20" },
	{ "bits behind the prefix", INDICATOR_IP, "192.0.2.7/24", "-" },
	{ "half the world", INDICATOR_IP, "0.0.0.0/1", "-" },
	{ "a /8", INDICATOR_IP, "10.0.0.0/8", "10.0.0.0/8" },
	{ "a hash", INDICATOR_FILE, HEX, HEX },
	{ "an MD5", INDICATOR_FILE, "d41d8cd98f00b204e9800998ecf8427e", "-" },
	{ "a name", INDICATOR_NAME, "Jane  Director", "jane director" },
	{ "a name with a hash mark", INDICATOR_NAME, "Agent #1", "agent #1" },
	{ "a file name", INDICATOR_FILENAME, "Invoice 7.exe",
	  "invoice 7.exe" },
	{ "a glob", INDICATOR_FILENAME, "*.exe", "-" },
};

static void
test_lines(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *value = NULL, *silent = NULL;
		bool is_bad, is_still;

		g_test_message("%s", lines[i].name);
		value = feed_value(lines[i].kind, false, lines[i].line,
				   &is_bad, &error);
		g_assert_cmpstr(is_bad ? "-" : value, ==, lines[i].value);
		g_assert_true((error != NULL) == is_bad);
		silent = feed_value(lines[i].kind, false, lines[i].line,
				    &is_still, NULL);
		g_assert_cmpstr(silent, ==, value);
		g_assert_true(is_still == is_bad);
	}
}

/* What is plain and what is not: both ways must say the same. */
static void
test_both_ways(void)
{
	static const enum indicator_kind kinds[] = {
		INDICATOR_SENDER, INDICATOR_ENVELOPE, INDICATOR_URL,
		INDICATOR_FILE
	};
	static const char letters[] = "abxz019.-_@+=.com";

	for (int i = 0; i < 20000; i++) {
		enum indicator_kind kind =
		    kinds[g_test_rand_int_range(0, G_N_ELEMENTS(kinds))];
		g_autoptr(Entry) entry = entry_new();
		g_autofree char *value = NULL;
		char line[24] = "";
		int length = g_test_rand_int_range(1, 20);
		bool is_bad;

		for (int j = 0; j < length; j++)
			line[j] = letters[g_test_rand_int_range(0,
			    sizeof letters - 1)];
		g_strlcat(line, g_test_rand_bit() ? ".com" : "", sizeof line);
		value = feed_value(kind, false, line, &is_bad, NULL);
		entry->indicator = indicator_new(kind, line, NULL, NULL);
		if (value) {
			g_test_message("%s %s", indicator_kinds[kind], line);
			g_assert_nonnull(entry->indicator);
			g_assert_cmpstr(value, ==, entry->indicator->value);
			g_assert_true(entry_check(entry, NULL));
		}
	}
}

static enum feed_result
compile(enum indicator_kind kind, const char *text, GPtrArray *notes)
{
	g_autofree char *file = g_build_filename(path, "source", NULL);
	struct feed_source source = { file, kind, false };

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	return feed_compile(folder, &source, notes);
}

static Feed *
compiled(enum indicator_kind kind)
{
	g_autofree char *file = g_build_filename(path, "source", NULL);
	struct feed_source source = { file, kind, false };
	g_autofree char *name = feed_name(&source);

	return feed_open(folder, name, NULL, NULL);
}

static GPtrArray *
notes_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)list_note_free);
}

static void
test_broken(void)
{
	g_autoptr(GPtrArray) notes = notes_new();
	g_autoptr(GString) many = g_string_new("\xef\xbb\xbf" "a.example\n"
	    "a.example\n\n# none\nno value\nb.example");
	g_autoptr(Feed) feed = NULL;

	for (int i = 0; i < 20; i++)
		g_string_append_printf(many, "\nhost%d.example", i);
	g_assert_cmpint(compile(INDICATOR_SENDER, many->str, notes), ==,
			FEED_NEW);
	feed = compiled(INDICATOR_SENDER);
	g_assert_cmpuint(feed_values(feed), ==, 22);
	g_assert_cmpuint(feed_bad(feed), ==, 1);
	g_assert_cmpuint(notes->len, ==, 1);
	g_assert_cmpuint(((struct list_note *)notes->pdata[0])->line, ==, 5);
	g_assert_true(feed_has(feed, SHAPE_EXACT, "a.example", 9));
	g_assert_true(feed_has(feed, SHAPE_EXACT, "host19.example", 14));
	g_assert_false(feed_has(feed, SHAPE_EXACT, "host20.example", 14));
	g_assert_false(feed_has(feed, SHAPE_BELOW, "a.example", 9));

	/* What is worse leaves the good one in force. */
	g_assert_cmpint(compile(INDICATOR_SENDER, "", notes), ==,
			FEED_BROKEN);
	g_assert_cmpint(compile(INDICATOR_SENDER, "# nothing\n", notes), ==,
			FEED_BROKEN);
	g_assert_cmpint(compile(INDICATOR_SENDER, "c.example\nx y\n", notes),
			==, FEED_BROKEN);
	feed_unref(feed);
	feed = compiled(INDICATOR_SENDER);
	g_assert_cmpuint(feed_values(feed), ==, 22);
}

static void
test_same(void)
{
	g_autoptr(GPtrArray) notes = notes_new();
	g_autofree char *file = g_build_filename(path, "source", NULL);
	struct feed_source source = { file, INDICATOR_IP, false };
	struct network network;
	g_autoptr(Feed) feed = NULL, again = NULL;
	g_autofree char *name = feed_name(&source);

	g_assert_cmpint(compile(INDICATOR_IP, "192.0.2.0/24\n2001:db8::/32",
				notes), ==, FEED_NEW);
	g_assert_cmpint(feed_compile(folder, &source, notes), ==, FEED_SAME);
	feed = compiled(INDICATOR_IP);
	again = feed_open(folder, name, feed, NULL);
	g_assert_true(again == feed);
	network_parse("192.0.2.0/24", &network);
	g_assert_true(feed_has(feed, SHAPE_NETWORK, &network,
			       sizeof network));
	g_assert_cmpuint(feed_home(feed)->prefixes[1] >> (120 - 64) & 1, ==,
			 1);
	g_assert_cmpuint(notes->len, ==, 0);
}

static void
test_long_lines(void)
{
	g_autoptr(GPtrArray) notes = notes_new();
	g_autoptr(GString) text = g_string_new("a.example\n");
	g_autoptr(Feed) feed = NULL;

	for (int i = 0; i < 3 * 1024 * 1024; i++)
		g_string_append_c(text, 'x');
	for (int i = 0; i < 100000; i++)
		g_string_append_printf(text, "\nhost%d.example", i);
	g_assert_cmpint(compile(INDICATOR_SENDER, text->str, notes), ==,
			FEED_NEW);
	feed = compiled(INDICATOR_SENDER);
	g_assert_cmpuint(feed_values(feed), ==, 100001);
	g_assert_cmpuint(feed_bad(feed), ==, 1);
	for (int i = 0; i < 100000; i++) {
		g_autofree char *host = g_strdup_printf("host%d.example", i);

		if (!feed_has(feed, SHAPE_EXACT, host, strlen(host)))
			g_error("%s is not found", host);
	}
}

static void
ignore(const struct snapshot_entry *entry, void *data)
{
	*(gsize *)data += strlen(entry->value) + strlen(entry->key);
}

/* Through a snapshot that names it, and damaged: never a crash. */
static void
test_damage(void)
{
	g_autoptr(GPtrArray) notes = notes_new();
	g_autoptr(GPtrArray) feeds = g_ptr_array_new();
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(Indicator) seen = indicator_seen(INDICATOR_URL,
	    "http://www.evil.example/a/b?c");
	g_autofree char *name = NULL, *file = NULL, *data = NULL;
	struct snapshot_feed one = { (char *)"feed f", (char *)"/f", NULL,
				     ENTRY_BLOCK, INDICATOR_URL, -1, false };
	struct snapshot_tenant tenant = { "t", none, feeds, NULL };
	g_autofree char *source_path = g_build_filename(path, "source", NULL);
	struct feed_source source = { source_path, INDICATOR_URL, false };
	gsize length, sum = 0;
	guint opened = 0;
	int parts;

	g_assert_cmpint(mkdirat(folder, SNAPSHOT_PARTS, 0700), ==, 0);
	parts = openat(folder, SNAPSHOT_PARTS, O_RDONLY | O_DIRECTORY);
	g_assert_true(g_file_set_contents(source_path,
	    "evil.example\nother.example/a\n", -1, NULL));
	g_assert_cmpint(feed_compile(parts, &source, notes), ==, FEED_NEW);
	one.part = name = feed_name(&source);
	g_ptr_array_add(feeds, &one);
	g_assert_true(snapshot_write(folder, "lists", 1, &tenant, 1, NULL,
				     NULL));
	file = g_build_filename(path, SNAPSHOT_PARTS, name, NULL);
	g_assert_true(g_file_get_contents(file, &data, &length, NULL));
	for (int i = 0; i < 1000; i++) {
		g_autofree char *copy = g_memdup2(data, length);
		g_autoptr(Snapshot) snapshot = NULL;
		struct feed_header *header = (void *)copy;
		gsize size = i % 3 ? length : (gsize)
		    g_test_rand_int_range(0, (int)length);

		copy[g_test_rand_int_range(0, (int)length)] ^=
		    (char)g_test_rand_int_range(1, 256);
		header->check = hash_bytes(&header->key, header,
					   offsetof(struct feed_header,
						    check));
		g_unlink(file);
		g_assert_true(g_file_set_contents(file, copy, (gssize)size,
						  NULL));
		snapshot = snapshot_open(folder, "lists", NULL, NULL);
		opened += snapshot != NULL;
		if (snapshot)
			snapshot_match(snapshot, "t", seen, ignore, &sum);
		g_assert_true(size == length || !snapshot);
	}
	g_assert_cmpuint(opened, >, 100);
	g_assert_cmpuint(sum, >, 0);
	g_unlink(file);
	close(parts);
	unlinkat(folder, SNAPSHOT_PARTS, AT_REMOVEDIR);
}

static void
folder_remove(void)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		unlinkat(folder, name, 0);
	close(folder);
	g_rmdir(path);
	g_free(path);
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	path = g_dir_make_tmp("gatepost-feed-XXXXXX", NULL);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_test_add_func("/feed/lines", test_lines);
	g_test_add_func("/feed/both-ways", test_both_ways);
	g_test_add_func("/feed/broken", test_broken);
	g_test_add_func("/feed/same", test_same);
	g_test_add_func("/feed/long-lines", test_long_lines);
	g_test_add_func("/feed/damage", test_damage);
	result = g_test_run();
	folder_remove();
	return result;
}
