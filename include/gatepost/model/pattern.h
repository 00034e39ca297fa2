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

/* Does PATTERN stand anywhere in TEXT?  False also when that takes more than
 * BOUND_PATTERN_STEPS.  From many threads at once. */
bool pattern_covers(const Pattern *pattern, const char *text);

#endif
