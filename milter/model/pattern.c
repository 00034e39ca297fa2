/*
 * pattern.c -- compile and match the regular expression of an entry (PCRE2)
 *
 * The value matched comes from strangers and the expression from an admin in
 * haste, so steps and memory of each match are bounded.  Nothing is compiled
 * to machine code: that would need writable and executable memory.
 */
#include "gatepost/model/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "gatepost/bounds.h"

/* Kilobytes of heap that one match may take. */
#define HEAP_LIMIT 1024

struct Pattern {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static Pattern *
fail(GError **error, const char *reason, gsize offset)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "regular expression, at octet %zu: %s", offset,
		    reason);
	return NULL;
}

Pattern *
pattern_new(const char *text, GError **error)
{
	gsize length = strlen(text), offset = 0;
	const guint32 options = PCRE2_CASELESS | PCRE2_UTF |
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;
	pcre2_code *code;
	Pattern *pattern;
	int fault;

	if (length < 3 || text[0] != '/' || text[length - 1] != '/')
		return fail(error, "write it as /.../", length);
	if (length - 2 > BOUND_LIST_PATTERN)
		return fail(error, "it is longer than "
			    G_STRINGIFY(BOUND_LIST_PATTERN) " octets",
			    BOUND_LIST_PATTERN);
	code = pcre2_compile((PCRE2_SPTR)text + 1, length - 2, options,
			     &fault, &offset, NULL);
	if (!code) {
		char reason[256];

		pcre2_get_error_message(fault, (PCRE2_UCHAR *)reason,
					sizeof reason);
		return fail(error, reason, offset + 2);
	}
	pattern = g_new0(Pattern, 1);
	pattern->code = code;
	pattern->limits = pcre2_match_context_create(NULL);
	g_assert(pattern->limits);
	pcre2_set_match_limit(pattern->limits, BOUND_PATTERN_STEPS);
	pcre2_set_depth_limit(pattern->limits, BOUND_PATTERN_STEPS);
	pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT);
	return pattern;
}

void
pattern_free(Pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->limits);
	pcre2_code_free(pattern->code);
	g_free(pattern);
}

bool
pattern_covers(const Pattern *pattern, const char *text)
{
	/* One pair is room enough: only whether it matches is asked. */
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int found;

	g_assert(data);
	found = pcre2_match(pattern->code, (PCRE2_SPTR)text, strlen(text), 0,
			    0, data, pattern->limits);
	pcre2_match_data_free(data);
	return found >= 0;
}
