/*
 * snapshot.c -- unit test: lists compiled, mapped and searched
 */
#include "gatepost/lists/snapshot.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/lists/snapshot_format.h"

#define HEX "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static char *path;
static int folder;

/* The entries of LINES (ends with NULL) for TENANT. */
static GPtrArray *
entries_of(const char *tenant, const char *const *lines)
{
	GPtrArray *entries =
	    g_ptr_array_new_with_free_func((GDestroyNotify)entry_free);
	struct entry_place place = { tenant, "UTC", "test.list", 0 };

	for (; *lines; lines++) {
		g_autoptr(GError) error = NULL;
		Entry *entry;

		place.line++;
		entry = entry_parse(*lines, &place, NULL, &error);
		g_assert_no_error(error);
		g_ptr_array_add(entries, entry);
	}
	return entries;
}

static const char *const one_lines[] = {
	"block sender evil.example note=\"a b\" by=joe",		/* 1 */
	"block sender *.evil.example except=c.example,d.example",
	"allow sender a@evil.example for=b@x.example,y.example",
	"observe sender /^ceo[0-9]+@/",
	"block envelope <>",
	"block envelope bulk.example action=reject",			/* 6 */
	"block name \"Jane Director\" as=phish",
	"block name /direct[eo]r/",
	"block ip 203.0.113.0/24",
	"block ip 203.0.113.7",
	"allow ip 203.0.0.0/16",					/* 11 */
	"block ip 2001:db8::/32",
	"block ip ::/0",
	"block url bad.example",
	"block url ~worse.example",
	"allow url good.bad.example",					/* 16 */
	"block url bad.example/path",
	"block url 192.0.2.1",
	"block url /login\\.php/",
	"block file " HEX,
	"block filename *.html.zip",					/* 21 */
	"block filename invoice.exe",
	"block filename /^setup-[0-9]+/",
	"block spoof example.org mailer.example",
	"block sender evil.example for=z.example",
	"block url 2001:db8::1",					/* 26 */
	NULL
};

static const char *const two_lines[] = {
	"block sender other.example", "block sender evil.example", NULL
};

static Snapshot *
compile(void)
{
	g_autoptr(GPtrArray) one = entries_of("one", one_lines);
	g_autoptr(GPtrArray) two = entries_of("two", two_lines);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	struct snapshot_tenant tenants[] = {
		{ "one", one, NULL, NULL }, { "none", none, NULL, NULL },
		{ "two", two, NULL, NULL },
	};
	g_autoptr(GError) error = NULL;
	Snapshot *snapshot;

	g_assert_true(snapshot_write(folder, "lists", 42, tenants, 3,
				     NULL, &error));
	snapshot = snapshot_open(folder, "lists", NULL, &error);
	g_assert_no_error(error);
	return snapshot;
}

/* Collect the line numbers found. */
static void
collect(const struct snapshot_entry *entry, void *data)
{
	g_array_append_val((GArray *)data, entry->line);
}

static int
compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static char *
match_pair(const Snapshot *snapshot, const char *tenant,
	   enum indicator_kind kind, const char *value, const char *source)
{
	g_autoptr(Indicator) seen = indicator_seen(kind, value);
	g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(guint));
	GString *out = g_string_new(NULL);

	seen->source = g_strdup(source);
	snapshot_match(snapshot, tenant, seen, collect, lines);
	g_array_sort(lines, compare);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(out, "%s%u", i ? " " : "",
				       g_array_index(lines, guint, i));
	return g_string_free(out, FALSE);
}

static char *
match(const Snapshot *snapshot, const char *tenant, enum indicator_kind kind,
      const char *value)
{
	return match_pair(snapshot, tenant, kind, value, NULL);
}

static const struct {
	const char *name, *tenant;
	enum indicator_kind kind;
	const char *value, *lines;
} matches[] = {
	{ "a sender's domain, and all below it", "one", INDICATOR_SENDER,
	  "x@evil.example", "1 2 25" },
	{ "an address, its domain, and all below", "one", INDICATOR_SENDER,
	  "a@evil.example", "1 2 3 25" },
	{ "below, not the domain alone", "one", INDICATOR_SENDER,
	  "x@a.b.evil.example", "2" },
	{ "no longer label", "one", INDICATOR_SENDER, "x@notevil.example",
	  "" },
	{ "no parent", "one", INDICATOR_SENDER, "x@example", "" },
	{ "a pattern", "one", INDICATOR_SENDER, "ceo1@x.example", "4" },
	{ "another tenant's", "two", INDICATOR_SENDER, "x@evil.example",
	  "2" },
	{ "a tenant without entries", "none", INDICATOR_SENDER,
	  "x@evil.example", "" },
	{ "no tenant", "three", INDICATOR_SENDER, "x@evil.example", "" },
	{ "another kind", "one", INDICATOR_ENVELOPE, "x@evil.example", "" },
	{ "the null sender", "one", INDICATOR_ENVELOPE, "", "5" },
	{ "no From is the null sender", "one", INDICATOR_SENDER, "", "" },
	{ "an envelope's domain", "one", INDICATOR_ENVELOPE,
	  "x@bulk.example", "6" },
	{ "an address without domain", "one", INDICATOR_SENDER,
	  "evil.example", "" },
	{ "a name", "one", INDICATOR_NAME, "jane director", "7 8" },
	{ "a name by pattern", "one", INDICATOR_NAME, "the directer", "8" },
	{ "an address and each network around", "one", INDICATOR_IP,
	  "203.0.113.7", "9 10 11" },
	{ "two networks", "one", INDICATOR_IP, "203.0.113.8", "9 11" },
	{ "one network", "one", INDICATOR_IP, "203.0.1.1", "11" },
	{ "no network", "one", INDICATOR_IP, "198.51.100.1", "" },
	{ "a mapped address", "one", INDICATOR_IP, "::ffff:203.0.113.8",
	  "9 11" },
	{ "IPv6", "one", INDICATOR_IP, "2001:db8:1::1", "12 13" },
	{ "other IPv6", "one", INDICATOR_IP, "2001:db9::192.0.2.1", "13" },
	{ "no address", "one", INDICATOR_IP, "x", "" },
	{ "a blocked host", "one", INDICATOR_URL, "http://bad.example/a",
	  "14" },
	{ "a blocked page", "one", INDICATOR_URL,
	  "http://bad.example/path?x", "14 17" },
	{ "below a blocked host", "one", INDICATOR_URL,
	  "https://x.bad.example/", "14" },
	{ "an allowed host", "one", INDICATOR_URL,
	  "http://good.bad.example/", "14 16" },
	{ "below an allowed host", "one", INDICATOR_URL,
	  "http://x.good.bad.example/", "14" },
	{ "a host with tilde", "one", INDICATOR_URL,
	  "http://worse.example/", "15" },
	{ "below it", "one", INDICATOR_URL, "http://a.worse.example/",
	  "15" },
	{ "not with a path", "one", INDICATOR_URL,
	  "http://a.worse.example/?x", "" },
	{ "an IPv4 host", "one", INDICATOR_URL, "http://192.0.2.1/", "18" },
	{ "an IPv6 host", "one", INDICATOR_URL, "http://[2001:db8::1]/",
	  "26" },
	{ "a link by pattern", "one", INDICATOR_URL,
	  "http://x.example/login.php?a", "19" },
	{ "another host in the path", "one", INDICATOR_URL,
	  "http://x.example/http://bad.example/", "14" },
	{ "a longer host in the path", "one", INDICATOR_URL,
	  "http://x.example/notbad.example/", "" },
	{ "a link without host", "one", INDICATOR_URL,
	  "mailto:x@bad.example", "" },
	{ "a file", "one", INDICATOR_FILE, HEX, "20" },
	{ "a glob", "one", INDICATOR_FILENAME, "a.html.zip", "21" },
	{ "no glob", "one", INDICATOR_FILENAME, "a.html.zip.txt", "" },
	{ "a file name", "one", INDICATOR_FILENAME, "invoice.exe", "22" },
	{ "a file name by pattern", "one", INDICATOR_FILENAME,
	  "setup-12.exe", "23" },
	{ "no star of its own", "one", INDICATOR_FILENAME, "*", "" },
};

static void
test_match(void)
{
	g_autoptr(Snapshot) snapshot = compile();

	g_assert_cmpuint(snapshot_generation(snapshot), ==, 42);
	g_assert_cmpuint(snapshot_count(snapshot), ==,
			 G_N_ELEMENTS(one_lines) + G_N_ELEMENTS(two_lines) -
			 2);
	for (guint i = 0; i < G_N_ELEMENTS(matches); i++) {
		g_autofree char *lines = match(snapshot, matches[i].tenant,
					       matches[i].kind,
					       matches[i].value);

		g_test_message("%s", matches[i].name);
		g_assert_cmpstr(lines, ==, matches[i].lines);
	}
}

static const char *const pair_lines[] = {
	"block spoof *               198.51.100.0/24",		/* 1 */
	"allow spoof example.org     mailer.example",
	"allow spoof jane@example.org *",
	"block spoof example.org     198.51.100.7",
	"block spoof *               2001:db8::/32",
	"block spoof *               bad.mailer.example",	/* 6 */
	"block spoof example.net     *",
	"block spoof sub.example.org 0.0.0.0/1",
	NULL
};

static const struct {
	const char *name, *shown, *source, *lines;
} pairs[] = {
	{ "a domain and a host", "joe@example.org", "mailer.example", "2" },
	{ "below that host", "joe@example.org", "mx1.eu.mailer.example",
	  "2" },
	{ "no host that only ends so", "joe@example.org",
	  "notmailer.example", "" },
	{ "not below the shown domain", "joe@sub.example.org",
	  "mailer.example", "" },
	{ "one user, whoever sends", "jane@example.org", NULL, "3" },
	{ "another user", "joe@example.org", NULL, "" },
	{ "a domain, whoever sends", "joe@example.net", NULL, "7" },
	{ "an address in a network", "joe@other.example", "198.51.100.9",
	  "1" },
	{ "an address by itself, too", "joe@example.org", "198.51.100.7",
	  "1 4" },
	{ "another network", "joe@example.org", "192.0.2.1", "" },
	{ "a network of any size", "joe@sub.example.org", "10.1.2.3", "8" },
	{ "IPv6", "joe@example.org", "2001:db8:1::7", "5" },
	{ "other IPv6", "joe@example.org", "2001:db9::7", "" },
	{ "anybody, by a host", "joe@other.example", "a.bad.mailer.example",
	  "6" },
	{ "both a wide and a narrow host", "joe@example.org",
	  "bad.mailer.example", "2 6" },
};

static void
test_pairs(void)
{
	g_autoptr(GPtrArray) entries = entries_of("t", pair_lines);
	struct snapshot_tenant tenant = { "t", entries, NULL, NULL };
	g_autoptr(Snapshot) snapshot = NULL;

	g_assert_true(snapshot_write(folder, "pairs", 1, &tenant, 1, NULL,
				     NULL));
	snapshot = snapshot_open(folder, "pairs", NULL, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *lines = match_pair(snapshot, "t",
						    INDICATOR_SPOOF,
						    pairs[i].shown,
						    pairs[i].source);

		g_test_message("%s", pairs[i].name);
		g_assert_cmpstr(lines, ==, pairs[i].lines);
	}
}

static void
keep(const struct snapshot_entry *entry, void *data)
{
	g_array_append_val((GArray *)data, *entry);
}

static void
test_each(void)
{
	g_autoptr(Snapshot) snapshot = compile();
	g_autoptr(GArray) found =
	    g_array_new(FALSE, FALSE, sizeof(struct snapshot_entry));
	g_autoptr(GPtrArray) entries = entries_of("one", one_lines);
	const struct snapshot_entry *entry;

	snapshot_each(snapshot, "one", keep, found);
	g_assert_cmpuint(found->len, ==, entries->len);
	for (guint i = 0; i < found->len; i++) {
		const Entry *from = entries->pdata[i];

		entry = &g_array_index(found, struct snapshot_entry, i);
		g_assert_cmpuint(entry->line, ==, i + 1);
		g_assert_cmpint(entry->kind, ==, from->indicator->kind);
		g_assert_cmpint(entry->action, ==, from->action);
		g_assert_cmpint(entry->as, ==, from->as);
		g_assert_cmpint(entry->done, ==, from->done);
		g_assert_cmpstr(entry->value, ==, from->indicator->value);
		g_assert_cmpstr(entry->key, ==, from->key);
		g_assert_cmpstr(entry->file, ==, "test.list");
	}
	entry = &g_array_index(found, struct snapshot_entry, 0);
	g_assert_cmpstr(entry->note, ==, "a b");
	g_assert_cmpstr(entry->by, ==, "joe");
	g_assert_cmpstr(entry->source, ==, "");
	entry = &g_array_index(found, struct snapshot_entry, 1);
	g_assert_cmpstr(entry->except, ==, "c.example d.example");
	entry = &g_array_index(found, struct snapshot_entry, 2);
	g_assert_cmpstr(entry->for_, ==, "b@x.example y.example");
	entry = &g_array_index(found, struct snapshot_entry, 23);
	g_assert_cmpstr(entry->source, ==, "mailer.example");
	g_array_set_size(found, 0);
	snapshot_each(snapshot, "none", keep, found);
	snapshot_each(snapshot, "three", keep, found);
	g_assert_cmpuint(found->len, ==, 0);
}

/* Each is narrower than the next. */
static const char *const narrower[][2] = {
	{ "block sender a@b.example", "block sender b.example" },
	{ "block sender b.example", "block sender *.b.example" },
	{ "block sender *.a.b.example", "block sender *.b.example" },
	{ "block sender *.b.example", "block sender /b/" },
	{ "block ip 192.0.2.1", "block ip 192.0.2.0/24" },
	{ "block ip 192.0.2.0/24", "block ip 192.0.0.0/16" },
	{ "allow url b.example", "block url ~b.example" },
	{ "allow url ~a.b.example", "block url b.example" },
	{ "allow url ~b.example", "block url /b/" },
	{ "block spoof a@b.example *", "block spoof b.example c.example" },
	{ "block spoof b.example *", "block spoof * 192.0.2.1" },
	{ "block spoof b.example 192.0.2.0/24",
	  "block spoof b.example c.example" },
	{ "block spoof b.example a.c.example",
	  "block spoof b.example c.example" },
	{ "block spoof b.example c.example",
	  "block spoof b.example 192.0.0.0/16" },
	{ "block spoof b.example 192.0.0.0/16", "block spoof b.example *" },
	{ "block filename a.zip", "block filename *.zip" },
	{ "block filename *.html.zip", "block filename *.zip" },
};

static void
test_narrowness(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(narrower); i++) {
		const char *lines[] = { narrower[i][0], narrower[i][1],
					NULL };
		g_autoptr(GPtrArray) entries = entries_of("t", lines);
		struct snapshot_tenant tenant = { "t", entries, NULL, NULL };
		g_autoptr(Snapshot) snapshot = NULL;
		g_autoptr(GArray) found =
		    g_array_new(FALSE, FALSE, sizeof(struct snapshot_entry));

		g_test_message("%s: %s", lines[0], lines[1]);
		g_assert_true(snapshot_write(folder, "narrow", 1, &tenant, 1,
					     NULL, NULL));
		snapshot = snapshot_open(folder, "narrow", NULL, NULL);
		snapshot_each(snapshot, "t", keep, found);
		g_assert_cmpuint(g_array_index(found, struct snapshot_entry,
					       0).narrowness, >,
				 g_array_index(found, struct snapshot_entry,
					       1).narrowness);
	}
}

static void
test_empty(void)
{
	g_autoptr(Snapshot) snapshot = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *lines = NULL;

	g_assert_true(snapshot_write(folder, "empty", 7, NULL, 0, NULL,
				     &error));
	snapshot = snapshot_open(folder, "empty", NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(snapshot_count(snapshot), ==, 0);
	lines = match(snapshot, "one", INDICATOR_SENDER, "a@b.example");
	g_assert_cmpstr(lines, ==, "");
}

static void
test_open(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(snapshot_open(folder, "none", NULL, &error));
	g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
	g_clear_error(&error);
	g_assert_null(snapshot_open(folder, ".", NULL, &error));
	g_assert_nonnull(error);
}

/* A new file under a mapped one leaves the old map as it was. */
static void
test_replace(void)
{
	g_autoptr(Snapshot) old = compile();
	g_autoptr(Snapshot) other = snapshot_ref(old);
	g_autofree char *lines = NULL;

	g_assert_true(snapshot_write(folder, "lists", 43, NULL, 0, NULL,
				     NULL));
	snapshot_unref(g_steal_pointer(&other));
	lines = match(old, "one", INDICATOR_ENVELOPE, "");
	g_assert_cmpstr(lines, ==, "5");
}

static const struct {
	const char *name, *for_, *rcpt;
	bool is;
} recipients[] = {
	{ "nobody in particular", "", "a@b.example", true },
	{ "an address", "a@b.example", "a@b.example", true },
	{ "another", "a@b.example", "c@b.example", false },
	{ "a part of one", "aa@b.example", "a@b.example", false },
	{ "a domain", "b.example", "a@b.example", true },
	{ "a domain below", "b.example", "a@c.b.example", false },
	{ "a longer domain", "b.example.org", "a@b.example", false },
	{ "the last of several", "x@y.example z.example b.example",
	  "a@b.example", true },
	{ "the domain of an address", "x@b.example", "a@b.example", false },
	{ "no recipient", "b.example", "", false },
};

static void
test_is_for(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(recipients); i++) {
		g_test_message("%s", recipients[i].name);
		g_assert_cmpint(snapshot_is_for(recipients[i].for_,
						recipients[i].rcpt), ==,
				recipients[i].is);
	}
}

/* Touch every text, so that a wild one is noticed. */
static void
touch(const struct snapshot_entry *entry, void *data)
{
	*(gsize *)data += strlen(entry->value) + strlen(entry->source) +
	    strlen(entry->for_) + strlen(entry->except) +
	    strlen(entry->note) + strlen(entry->by) + strlen(entry->file) +
	    strlen(entry->key) + strlen(entry_actions[entry->action]) +
	    strlen(indicator_kinds[entry->kind]);
}

/* Do all there is to do with the snapshot in DATA, if it opens. */
static bool
exercise(const char *data, gsize length)
{
	g_autofree char *name = g_build_filename(path, "damaged", NULL);
	g_autoptr(Snapshot) snapshot = NULL;
	gsize sum = 0;
	int fd = g_open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	g_assert_cmpint(write(fd, data, length), ==, length);
	close(fd);
	snapshot = snapshot_open(folder, "damaged", NULL, NULL);
	if (!snapshot)
		return false;
	for (guint i = 0; i < G_N_ELEMENTS(matches); i++) {
		g_autoptr(Indicator) seen =
		    indicator_seen(matches[i].kind, matches[i].value);

		snapshot_match(snapshot, "one", seen, touch, &sum);
		snapshot_match(snapshot, "two", seen, touch, &sum);
	}
	snapshot_each(snapshot, "one", touch, &sum);
	snapshot_each(snapshot, "two", touch, &sum);
	return true;
}

/* Give a damaged header a check sum that fits. */
static void
seal(char *data)
{
	struct snapshot_header header;

	memcpy(&header, data, sizeof header);
	header.check = hash_bytes(&header.key, &header,
				  offsetof(struct snapshot_header, check));
	memcpy(data, &header, sizeof header);
}

static void
test_damaged_header(void)
{
	g_autoptr(Snapshot) snapshot = compile();
	g_autofree char *name = g_build_filename(path, "lists", NULL);
	g_autofree char *data = NULL;
	gsize length;

	g_assert_true(g_file_get_contents(name, &data, &length, NULL));
	for (int i = 0; i < 1000; i++) {
		g_autofree char *copy = g_memdup2(data, length);

		copy[g_test_rand_int_range(0,
					   sizeof(struct snapshot_header))]
		    ^= (char)g_test_rand_int_range(1, 256);
		seal(copy);
		exercise(copy, length);
	}
}

static void
test_damage(void)
{
	g_autoptr(Snapshot) snapshot = compile();
	g_autofree char *name = g_build_filename(path, "lists", NULL);
	g_autofree char *data = NULL;
	gsize length;
	guint opened = 0;

	g_assert_true(g_file_get_contents(name, &data, &length, NULL));
	g_assert_true(exercise(data, length));
	for (int i = 0; i < 2000; i++) {
		g_autofree char *copy = g_memdup2(data, length);
		int flips = g_test_rand_int_range(1, 8);

		while (flips--)
			copy[g_test_rand_int_range(0, (int)length)] ^=
			    (char)g_test_rand_int_range(1, 256);
		opened += exercise(copy, length);
	}
	/* The header's check sum must not be all that is tried. */
	g_assert_cmpuint(opened, >, 500);
	for (int i = 0; i < 200; i++)
		g_assert_false(exercise(data, (gsize)
				g_test_rand_int_range(0, (int)length)));
}

static void
end_all(struct snapshot_life *life, void *data)
{
	(void)data;
	life->is_braked = life->by && strcmp(life->by, "verdict") == 0;
	if (life->unused)
		life->expires = 77;
}

static void
show(const struct snapshot_entry *entry, void *data)
{
	g_string_append_printf(data, "%s %s %" G_GINT64_FORMAT "\n",
			       entry_actions[entry->action], entry->value,
			       entry->expires);
}

static const char *const living_lines[] = {
	"block sender robot.example by=verdict",
	"block sender person.example by=jane",
	"block sender idle.example unused=1d added=2026-01-01T00:00:00Z",
	"block sender idle.example unused=2d added=2026-01-01T00:00:00Z",
	"block sender used.example", NULL
};

/* A snapshot that names a part with the living entries. */
static void
parts_write(void)
{
	g_autoptr(GPtrArray) entries = entries_of("one", living_lines);
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(GPtrArray) parts = g_ptr_array_new();
	g_autoptr(GArray) changes = snapshot_changes_new();
	g_autoptr(Snapshot) part = NULL;
	struct snapshot_tenant tenants[] = {
		{ "one", entries, NULL, NULL }, { "two", none, NULL, parts },
	};
	int compiled;

	mkdirat(folder, SNAPSHOT_PARTS, 0700);
	compiled = openat(folder, SNAPSHOT_PARTS, O_RDONLY | O_DIRECTORY);
	g_assert_true(snapshot_write(compiled, "part", 1, tenants, 1, NULL,
				     NULL));
	part = snapshot_open(compiled, "part", NULL, NULL);
	snapshot_living(part, end_all, NULL, changes);
	g_ptr_array_add(parts, (gpointer)"part");
	tenants[0].entries = none;
	tenants[0].parts = parts;
	g_assert_true(snapshot_write(folder, "index", 2, tenants, 2, changes,
				     NULL));
	close(compiled);
}

static void
test_parts(void)
{
	g_autoptr(GString) all = g_string_new(NULL);
	g_autoptr(Snapshot) snapshot = NULL, again = NULL;

	parts_write();
	snapshot = snapshot_open(folder, "index", NULL, NULL);
	g_assert_cmpuint(snapshot_count(snapshot), ==, 5);
	snapshot_each(snapshot, "one", show, all);
	g_assert_cmpstr(all->str, ==, "observe robot.example 0\n"
			"block person.example 0\nblock idle.example 77\n"
			"block idle.example 77\nblock used.example 0\n");
	g_string_truncate(all, 0);
	/* It is named by this one, too, but has none of its entries. */
	snapshot_each(snapshot, "two", show, all);
	g_assert_cmpstr(all->str, ==, "");
	again = snapshot_open(folder, "index", snapshot, NULL);
	snapshot_unref(g_steal_pointer(&snapshot));
	snapshot_each(again, "one", show, all);
	g_assert_nonnull(strstr(all->str, "used.example"));
}

/* An index whose links and changes are damaged: never a crash. */
static void
test_damaged_index(void)
{
	g_autofree char *name = g_build_filename(path, "index", NULL);
	g_autofree char *data = NULL;
	gsize length;
	guint opened = 0;

	parts_write();
	g_assert_true(g_file_get_contents(name, &data, &length, NULL));
	for (int i = 0; i < 3000; i++) {
		g_autofree char *copy = g_memdup2(data, length);
		int flips = g_test_rand_int_range(1, 4);

		while (flips--)
			copy[g_test_rand_int_range(0, (int)length)] ^=
			    (char)g_test_rand_int_range(1, 256);
		seal(copy);
		opened += exercise(copy, length);
	}
	g_assert_cmpuint(opened, >, 100);
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
	path = g_dir_make_tmp("gatepost-snapshot-XXXXXX", NULL);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_test_add_func("/snapshot/match", test_match);
	g_test_add_func("/snapshot/pairs", test_pairs);
	g_test_add_func("/snapshot/each", test_each);
	g_test_add_func("/snapshot/narrowness", test_narrowness);
	g_test_add_func("/snapshot/empty", test_empty);
	g_test_add_func("/snapshot/open", test_open);
	g_test_add_func("/snapshot/replace", test_replace);
	g_test_add_func("/snapshot/is-for", test_is_for);
	g_test_add_func("/snapshot/damage", test_damage);
	g_test_add_func("/snapshot/damaged-header", test_damaged_header);
	g_test_add_func("/snapshot/parts", test_parts);
	g_test_add_func("/snapshot/damaged-index", test_damaged_index);
	result = g_test_run();
	unlinkat(folder, SNAPSHOT_PARTS "/part", 0);
	unlinkat(folder, SNAPSHOT_PARTS, AT_REMOVEDIR);
	folder_remove();
	return result;
}
