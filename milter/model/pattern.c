/*
 * pattern.c -- compile and match the regular expression of an entry (PCRE2)
 *
 * The value matched comes from strangers and the expression from an admin in
 * haste, so steps and memory of each match are bounded.  PCRE2's own limit
 * of steps begins anew at each start, of which a long text has many; so the
 * steps are counted here, by its callouts.  Nothing is compiled to machine
 * code: that would need writable and executable memory.
 */
#include "gatepost/model/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "gatepost/bounds.h"

/* Kilobytes of heap that one match may take. */
#define HEAP_LIMIT 4096

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
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |
	    PCRE2_AUTO_CALLOUT;
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

/* What one run has taken so far. */
struct run {
	gint64 left;
	gsize at;		/* octet of the text at the last step */
};

/* A step of PATTERN.  What it went over since the last one counts as well:
 * a long way that is walked for each start is what makes a text costly. */
static int
step(pcre2_callout_block *block, void *data)
{
	struct run *run = data;
	gsize at = block->current_position;
	gsize way = at > run->at ? at - run->at : run->at - at;

	run->at = at;
	run->left -= 1 + (gint64)(way / 32);
	return run->left > 0 ? 0 : PCRE2_ERROR_CALLOUT;
}

enum pattern_result
pattern_run(const Pattern *pattern, const char *text, gint64 *left)
{
	struct run run = { MIN(*left, BOUND_PATTERN_STEPS), 0 };
	gint64 begin = run.left;
	/* One pair is room enough: only whether it matches is asked. */
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	pcre2_match_context *limits =
	    pcre2_match_context_copy(pattern->limits);
	int found;

	g_assert(data && limits);
	pcre2_set_callout(limits, step, &run);
	found = pcre2_match(pattern->code, (PCRE2_SPTR)text, strlen(text), 0,
			    0, data, limits);
	pcre2_match_context_free(limits);
	pcre2_match_data_free(data);
	*left -= begin - run.left + 1;
	if (found >= 0)
		return PATTERN_FOUND;
	return found == PCRE2_ERROR_CALLOUT ||
	    found == PCRE2_ERROR_MATCHLIMIT ||
	    found == PCRE2_ERROR_DEPTHLIMIT ||
	    found == PCRE2_ERROR_HEAPLIMIT ? PATTERN_GIVEN_UP : PATTERN_NONE;
}

/* ---- probes ---- */

/* Repetitions in a probe, octets of a pattern that probes are made of. */
#define PROBE_TIMES 40
#define PROBE_LITERALS 64

/* The characters that the pattern TEXT speaks of, in its order: a digit for
 * "\d", a letter for "." and "\w".  Yours. */
static char *
literals(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text + 1; p[0] && p[1]; p++) {
		if (*p == '\\') {
			p++;
			g_string_append_c(out, *p == 'd' ? '0' : *p == 's' ?
					  ' ' : *p == 'w' || *p == 'b' ?
					  'a' : *p);
		} else if (*p == '.') {
			g_string_append_c(out, 'a');
		} else if (!strchr("^$()[]{}|*+?", *p)) {
			g_string_append_c(out, *p);
		}
		if (out->len == PROBE_LITERALS)
			break;
	}
	return g_string_free(out, FALSE);
}

/* Does it end on BEFORE octets of ALL, SIZE octets at AT of ALL again and
 * again, what cannot match, and ALL, since PCRE2 wants some characters to be
 * there at all?  The probe if not. */
static char *
probe(const Pattern *pattern, const char *all, gsize before, gsize at,
      gsize size)
{
	g_autoptr(GString) text = g_string_new_len(all, (gssize)before);
	g_autofree char *valid = NULL;
	gint64 left = BOUND_PATTERN_STEPS;

	for (int i = 0; i < PROBE_TIMES; i++)
		g_string_append_len(text, all + at, (gssize)size);
	g_string_append_printf(text, "\001%s", all);
	valid = g_utf8_make_valid(text->str, (gssize)text->len);
	if (pattern_run(pattern, valid, &left) != PATTERN_GIVEN_UP)
		return NULL;
	*strchr(valid, '\001') = '\0';
	return g_steal_pointer(&valid);
}

char *
pattern_endless(const Pattern *pattern, const char *text)
{
	g_autofree char *all = literals(text);
	gsize length = strlen(all);

	for (gsize i = 0; i < length; i++)
		for (gsize size = 1; size <= MIN(2, length - i); size++) {
			char *found = probe(pattern, all, 0, i, size);

			if (!found)
				found = probe(pattern, all, i, i, size);
			if (found)
				return found;
		}
	return NULL;
}

void
pattern_versions(GString *out)
{
	char version[64] = "";

	pcre2_config(PCRE2_CONFIG_VERSION, version);
	g_string_append_printf(out, "PCRE2 %s\n", version);
}
