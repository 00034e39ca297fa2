/*
 * map_command.c -- a program that prints the values of a key
 *
 * Run without a shell, in a process group of its own, with nothing of ours
 * open; "%s" in its words is the key, else the key is the last word.  Exit 0
 * with an answer is "found"; exit 0 without one, or 1, is "absent", as of
 * postmap -q.
 */
#include "gatepost/service/map.h"

#include <string.h>
#include <sys/wait.h>

#include "gatepost/bounds.h"
#include "gatepost/util/child.h"
#include "gatepost/util/clock.h"

static char **
words_for(const MapName *name, const char *key)
{
	GPtrArray *words = g_ptr_array_new();
	bool has_key = false;

	for (guint i = 0; name->words[i]; i++) {
		bool is_key = strcmp(name->words[i], "%s") == 0;

		g_ptr_array_add(words, g_strdup(is_key ? key :
						name->words[i]));
		has_key |= is_key;
	}
	if (!has_key)
		g_ptr_array_add(words, g_strdup(key));
	g_ptr_array_add(words, NULL);
	return (char **)g_ptr_array_free(words, FALSE);
}

static enum map_result
understand(int status, char *answer, char **values, GError **error)
{
	for (char *p = answer; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	answer = g_strstrip(answer);
	if (WIFSIGNALED(status))
		return map_fail(error, "it ended by signal %d",
				WTERMSIG(status));
	if (WEXITSTATUS(status) > 1)
		return map_fail(error, "it ended with exit %d",
				WEXITSTATUS(status));
	if (WEXITSTATUS(status) == 1 || !*answer)
		return MAP_ABSENT;
	*values = g_strdup(answer);
	return MAP_FOUND;
}

static enum map_result
find(void *of, const MapName *name, const char *key,
     const struct map_wait *wait, char **values, GError **error)
{
	g_auto(GStrv) words = words_for(name, key);
	g_autoptr(GString) answer = g_string_new(NULL);
	struct child child = {
		.words = words, .most = BOUND_MAP_ANSWER,
		.timeout = wait->deadline - clock_steady_ms(),
		.wait = wait->wait, .data = wait->data,
	};
	int status;

	(void)of;
	/* A stranger chose it: it must not become an option. */
	if (*key == '-')
		return map_refuse(error, "no command is run for a key that "
				  "starts with \"-\"");
	return child_run(&child, answer, &status, error) ?
	    understand(status, answer->str, values, error) : MAP_FAILED;
}

static void *
open_none(const MapName *name)
{
	(void)name;
	return NULL;
}

static void
close_none(void *of)
{
	(void)of;
}

const struct map_kind_of map_command = {
	.is_cached = true,
	.open = open_none,
	.find = find,
	.close = close_none,
};
