/*
 * lists.c -- how long the compiled lists take to be mapped and asked
 *
 * lists [-t TIMES] STATE_DIR TENANT FILE: FILE has a line "KIND TAB VALUE
 * [TAB SOURCE]" for each indicator, a blank one behind each message; all are
 * looked up TIMES times.  Prints a line of JSON: ms until mapped, us for all
 * indicators of a message, and what was found.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gatepost/lists/snapshot.h"
#include "gatepost/util/fields.h"

static void
count(const struct snapshot_entry *entry, void *data)
{
	(void)entry;
	++*(guint64 *)data;
}

/* The messages of FILE, each a GPtrArray of Indicator *. */
static GPtrArray *
messages_read(const char *file)
{
	GPtrArray *all = g_ptr_array_new();
	GPtrArray *message = NULL;
	char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return NULL;
	lines = g_strsplit(text, "\n", -1);
	g_free(text);
	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], "\t", 3);
		Indicator *indicator;
		int kind;

		if (!words[0] || !words[1]) {
			message = NULL;
			continue;
		}
		kind = fields_word(indicator_kinds, words[0]);
		if (kind < 0)
			continue;
		if (!message)
			g_ptr_array_add(all, message = g_ptr_array_new());
		indicator = indicator_seen((enum indicator_kind)kind,
					   words[1]);
		indicator->source = g_strdup(words[2]);
		g_ptr_array_add(message, indicator);
	}
	return all;
}

static void
look_up(const Snapshot *snapshot, const char *tenant,
	const GPtrArray *message, guint64 *found)
{
	g_autoptr(SnapshotRun) run = snapshot_run_new();

	for (guint i = 0; i < message->len; i++)
		snapshot_match_within(snapshot, tenant, message->pdata[i],
				      run, count, NULL, found);
}

int
main(int argc, char **argv)
{
	long times = argc > 2 && strcmp(argv[1], "-t") == 0 ?
	    strtol(argv[2], NULL, 10) : 1;
	char **words = argv + (times > 1 || argc > 4 ? 3 : 1);
	g_autoptr(GError) error = NULL;
	g_autoptr(Snapshot) snapshot = NULL;
	GPtrArray *messages;
	guint64 found = 0, indicators = 0;
	gint64 start, mapped;
	int folder;

	if (argc - (words - argv) != 3) {
		fprintf(stderr, "usage: lists [-t TIMES] STATE_DIR TENANT "
			"FILE\n");
		return 64;
	}
	folder = open(words[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	start = g_get_monotonic_time();
	snapshot = snapshot_open(folder, "lists.snapshot", NULL, &error);
	mapped = g_get_monotonic_time() - start;
	messages = messages_read(words[2]);
	if (!snapshot || !messages || messages->len == 0) {
		fprintf(stderr, "lists: %s\n", error ? error->message :
			"no messages");
		return 1;
	}
	/* Once to read the pages; that is the front's warm state. */
	for (guint i = 0; i < messages->len; i++)
		look_up(snapshot, words[1], messages->pdata[i], &found);
	found = 0;
	start = g_get_monotonic_time();
	for (long n = 0; n < times; n++)
		for (guint i = 0; i < messages->len; i++)
			look_up(snapshot, words[1], messages->pdata[i],
				&found);
	start = g_get_monotonic_time() - start;
	for (guint i = 0; i < messages->len; i++)
		indicators += ((GPtrArray *)messages->pdata[i])->len;
	printf("{\"map_ms\":%.3f,\"message_us\":%.3f,\"lookup_us\":%.4f,"
	       "\"messages\":%u,\"indicators\":%" G_GUINT64_FORMAT
	       ",\"found\":%" G_GUINT64_FORMAT ",\"entries\":%u}\n",
	       (double)mapped / 1000,
	       (double)start / (double)times / messages->len,
	       (double)start / (double)times / (double)indicators,
	       messages->len, indicators, found / (guint64)times,
	       snapshot_count(snapshot));
	return 0;
}
