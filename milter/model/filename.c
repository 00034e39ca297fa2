/*
 * filename.c -- what names a file may be taken to have
 *
 * "invoice<U+202E>fdp.exe" is stored so and runs as a program; a reader sees
 * "invoiceexe.pdf".  Both are names of it.
 */
#include "gatepost/model/filename.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/indicator.h"

/* Directions inside each other (Unicode's own limit). */
#define DEPTH_MOST 125

#define LRE 0x202a
#define RLE 0x202b
#define PDF 0x202c
#define LRO 0x202d
#define RLO 0x202e
#define LRI 0x2066
#define RLI 0x2067
#define FSI 0x2068
#define PDI 0x2069

/* The directions that are open at a character. */
struct stack {
	struct {
		guint8 level;		/* odd: from right to left */
		bool is_override, is_isolate;
	} at[DEPTH_MOST + 1];
	guint depth;
};

/* Open a direction, of the next level that is odd, or even. */
static void
open_level(struct stack *stack, bool is_odd, bool is_override,
	   bool is_isolate)
{
	guint8 level = stack->at[stack->depth].level;

	if (stack->depth == DEPTH_MOST)
		return;
	stack->depth++;
	stack->at[stack->depth].level =
	    (guint8)(level + ((level & 1) == is_odd ? 2 : 1));
	stack->at[stack->depth].is_override = is_override;
	stack->at[stack->depth].is_isolate = is_isolate;
}

/* Close the last isolate, with all that is open in it. */
static void
close_isolate(struct stack *stack)
{
	guint depth = stack->depth;

	while (depth && !stack->at[depth].is_isolate)
		depth--;
	if (depth)
		stack->depth = depth - 1;
}

/* Does C turn the direction?  Then STACK is changed. */
static bool
take_control(struct stack *stack, gunichar c)
{
	switch (c) {
	case LRE:
	case LRO:
		open_level(stack, false, c == LRO, false);
		return true;
	case RLE:
	case RLO:
		open_level(stack, true, c == RLO, false);
		return true;
	case LRI:
	case FSI:
		open_level(stack, false, false, true);
		return true;
	case RLI:
		open_level(stack, true, false, true);
		return true;
	case PDF:
		if (stack->depth && !stack->at[stack->depth].is_isolate)
			stack->depth--;
		return true;
	case PDI:
		close_isolate(stack);
		return true;
	default:
		return false;
	}
}

/* The level of a character of a Latin name where STACK is: only an override
 * turns it. */
static guint8
level_of(const struct stack *stack)
{
	guint8 level = stack->at[stack->depth].level;

	return stack->at[stack->depth].is_override ? level :
	    (guint8)(level + (level & 1));
}

/* Turn every run of LEVEL and above (UAX #9, rule L2). */
static void
turn(gunichar *text, guint8 *levels, glong count, guint8 level)
{
	for (glong from = 0; from < count; from++) {
		glong to = from;

		while (to < count && levels[to] >= level)
			to++;
		for (glong a = from, b = to - 1; a < b; a++, b--) {
			gunichar c = text[a];
			guint8 l = levels[a];

			text[a] = text[b];
			levels[a] = levels[b];
			text[b] = c;
			levels[b] = l;
		}
		from = MAX(from, to);
	}
}

/* NAME in the order in which its characters are shown, or NULL when that is
 * the order in which they stand.  Yours. */
static char *
shown(const char *name)
{
	g_autofree char *valid = g_utf8_make_valid(name, BOUND_FILE_NAME <
						   strlen(name) ?
						   BOUND_FILE_NAME : -1);
	g_autofree gunichar *text = NULL;
	g_autofree guint8 *levels = NULL;
	struct stack stack = { .depth = 0 };
	guint8 most = 0;
	glong count, kept = 0;

	text = g_utf8_to_ucs4_fast(valid, -1, &count);
	levels = g_new0(guint8, (gsize)count + 1);
	for (glong i = 0; i < count; i++) {
		if (take_control(&stack, text[i]))
			continue;
		text[kept] = text[i];
		levels[kept] = level_of(&stack);
		most = MAX(most, levels[kept]);
		kept++;
	}
	if (kept == count || most == 0)
		return NULL;
	for (guint8 level = most; level > 0; level--)
		turn(text, levels, kept, level);
	return g_ucs4_to_utf8(text, kept, NULL, NULL, NULL);
}

/* FOLDED without the blanks around its dots.  Yours. */
static char *
squeeze(const char *folded)
{
	GString *out = g_string_sized_new(strlen(folded));
	const char *next;

	for (const char *p = folded; *p; p = next) {
		const char *behind = p;

		while (*behind && g_unichar_isspace(g_utf8_get_char(behind)))
			behind = g_utf8_next_char(behind);
		next = behind == p ? g_utf8_next_char(p) : behind;
		if (behind == p || (*behind != '.' && (out->len == 0 ||
		    out->str[out->len - 1] != '.')))
			g_string_append_len(out, p, next - p);
	}
	return g_string_free(out, FALSE);
}

/* Add TEXT, which becomes FORMS', unless it is there or empty. */
static void
take(GPtrArray *forms, char *text)
{
	for (guint i = 0; i < forms->len; i++)
		if (strcmp(forms->pdata[i], text) == 0) {
			g_free(text);
			return;
		}
	if (*text)
		g_ptr_array_add(forms, text);
	else
		g_free(text);
}

GPtrArray *
filename_forms(const char *name)
{
	GPtrArray *forms = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *turned = shown(name);
	guint count;

	take(forms, indicator_fold_filename(name));
	if (turned)
		take(forms, indicator_fold_filename(turned));
	count = forms->len;
	for (guint i = 0; i < count; i++)
		take(forms, squeeze(forms->pdata[i]));
	return forms;
}

bool
filename_is_page(const char *name)
{
	static const char *const ends[] = {
		".html", ".htm", ".shtml", ".xhtml", ".xht", ".svg", ".mht"
	};
	g_autofree char *lower = g_ascii_strdown(name, -1);

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(lower, ends[i]))
			return true;
	return false;
}
