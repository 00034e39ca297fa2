/*
 * pattern.h -- a regular expression of an entry, "/.../"
 */
#ifndef GATEPOST_MODEL_PATTERN_H
#define GATEPOST_MODEL_PATTERN_H

#include <glib.h>
#include <stdbool.h>

typedef struct Pattern Pattern;

/* Compile TEXT with its slashes: caseless, UTF-8.  NULL and ERROR set, with
 * the octet of TEXT, when it is none or too long. */
Pattern *pattern_new(const char *text, GError **error);
void pattern_free(Pattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pattern, pattern_free)

/* Does PATTERN stand anywhere in TEXT?  It is given up when that takes more
 * than BOUND_PATTERN_STEPS, or all of *LEFT, which what it took is taken
 * from.  From many threads at once. */
enum pattern_result { PATTERN_NONE, PATTERN_FOUND, PATTERN_GIVEN_UP };
enum pattern_result pattern_run(const Pattern *pattern, const char *text,
				gint64 *left);

/* A short text on which PATTERN, compiled of TEXT, backtracks without end, or
 * NULL when none of many probes is one.  Yours. */
char *pattern_endless(const Pattern *pattern, const char *text);

/* A line on each library of this file, for -V. */
void pattern_versions(GString *out);

#endif
