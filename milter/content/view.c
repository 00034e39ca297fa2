/*
 * view.c -- a message as a person may see it: plain text, or a page of ours
 *
 * Text is gathered in `run` until something of our own is written, so that
 * no tag that is left out can split what defang() must see whole.  A page
 * keeps a stack of its open elements: whatever the tags are, what is opened
 * is closed, in order, and cells stand in rows, rows in tables.
 */
#include "gatepost/content/view.h"

#include <string.h>

#include "gatepost/model/defang.h"
#include "gatepost/util/text.h"

/* Elements open at a time; deeper ones are not opened. */
#define DEPTH_MOST 60
/* Characters of a line, and of a value. */
#define LINE_MOST 16384
#define VALUE_MOST 1000

enum kind {
	KIND_INLINE, KIND_BLOCK, KIND_PARAGRAPH, KIND_LIST, KIND_ITEM,
	KIND_TABLE, KIND_ROW, KIND_CELL, KIND_EMPTY, KIND_BREAK
};

/* To allow an element: a row.  AS is what is written for it, NULL only a
 * new line. */
static const struct element {
	const char *name, *as;
	enum kind kind;
} elements[] = {
	{ "b", "b", KIND_INLINE }, { "strong", "b", KIND_INLINE },
	{ "i", "i", KIND_INLINE }, { "em", "i", KIND_INLINE },
	{ "u", "u", KIND_INLINE }, { "small", "small", KIND_INLINE },
	{ "code", "code", KIND_INLINE }, { "tt", "code", KIND_INLINE },
	{ "p", "p", KIND_PARAGRAPH },
	{ "div", "div", KIND_BLOCK }, { "center", "div", KIND_BLOCK },
	{ "section", "div", KIND_BLOCK }, { "article", "div", KIND_BLOCK },
	{ "header", "div", KIND_BLOCK }, { "footer", "div", KIND_BLOCK },
	{ "dl", "div", KIND_BLOCK }, { "dt", "div", KIND_BLOCK },
	{ "dd", "div", KIND_BLOCK },
	{ "blockquote", "blockquote", KIND_BLOCK },
	{ "pre", "pre", KIND_BLOCK },
	{ "h1", "h3", KIND_BLOCK }, { "h2", "h3", KIND_BLOCK },
	{ "h3", "h3", KIND_BLOCK }, { "h4", "h4", KIND_BLOCK },
	{ "h5", "h5", KIND_BLOCK }, { "h6", "h6", KIND_BLOCK },
	{ "ul", "ul", KIND_LIST }, { "ol", "ol", KIND_LIST },
	{ "li", "li", KIND_ITEM },
	{ "table", "table", KIND_TABLE }, { "tr", "tr", KIND_ROW },
	{ "td", "td", KIND_CELL }, { "th", "th", KIND_CELL },
	{ "br", "br", KIND_EMPTY }, { "hr", "hr", KIND_EMPTY },
	{ "title", NULL, KIND_BREAK }, { "option", NULL, KIND_BREAK },
	{ "form", NULL, KIND_BREAK }, { "textarea", NULL, KIND_BREAK },
};

struct view {
	bool is_page;
	GString *out;
	GString *run;		/* text not yet written */
	bool is_hidden;		/* what `run` ends with is */
	bool is_full;
	guint depth;
	const struct element *open[DEPTH_MOST];
};

static const struct element *
find(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(elements); i++)
		if (strcmp(elements[i].name, name) == 0)
			return &elements[i];
	return NULL;
}

/* ---- what is written ---- */

/* Append TEXT so that it is text in a page wherever it stands, and no part
 * of a tag, a link or a style if someone cuts it out. */
static void
append_escaped(GString *out, const char *text)
{
	for (; *text && out->len < 2 * VIEW_MOST;
	     text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (c < 0x80 && strchr("&<>\"'=(", (int)c))
			g_string_append_printf(out, "&#%u;", c);
		else if (c == 0xfffe || c == 0xffff)
			g_string_append_c(out, '?');
		else
			g_string_append_unichar(out, c);
	}
}

/* Append LENGTH octets of TEXT, of one line, safely; of more than MOST
 * characters their start. */
static void
append_safe(struct view *view, const char *text, gsize length, gsize most)
{
	g_autofree char *line = g_strndup(text, length);
	g_autofree char *harmless = NULL, *shown = NULL;

	g_strdelimit(line, "\t\r\n\f", ' ');
	harmless = defang(line);
	shown = text_shown(harmless, most);
	if (view->is_page)
		append_escaped(view->out, shown);
	else
		g_string_append(view->out, shown);
}

/* Is there room for more?  Says once that there is not. */
static bool
has_room(struct view *view)
{
	if (!view->is_full && view->out->len > VIEW_MOST) {
		view->is_full = true;
		g_string_append(view->out, view->is_page ? "[...]" :
				"[...]\n");
	}
	return !view->is_full;
}

/* TEXT line by line. */
static void
append_lines(struct view *view, const char *text)
{
	while (*text && has_room(view)) {
		gsize length = strcspn(text, "\n");
		gsize end = length;

		if (end && text[end - 1] == '\r')
			end--;
		append_safe(view, text, end, LINE_MOST);
		g_string_append_c(view->out, '\n');
		text += length + (text[length] == '\n');
	}
}

/* ---- the stack of a page ---- */

static void
close_to(struct view *view, guint depth)
{
	while (view->depth > depth)
		g_string_append_printf(view->out, "</%s>",
				       view->open[--view->depth]->as);
}

static void
open_one(struct view *view, const struct element *element)
{
	if (view->depth == DEPTH_MOST)
		return;
	g_string_append_printf(view->out, "<%s>", element->as);
	view->open[view->depth++] = element;
}

/* How deep, from 1 on, the innermost element of KIND is open, but for those
 * outside of the innermost cell or, to find cells and rows, table; 0: none
 * is. */
static guint
innermost(const struct view *view, enum kind kind)
{
	enum kind wall = kind == KIND_ROW || kind == KIND_CELL ? KIND_TABLE :
	    kind == KIND_ITEM ? KIND_LIST : KIND_CELL;

	for (guint i = view->depth; i > 0; i--) {
		if (view->open[i - 1]->kind == kind)
			return i;
		if (view->open[i - 1]->kind == wall)
			return 0;
	}
	return 0;
}

/* Where nothing but rows, or cells, may stand: open what holds the rest. */
static void
into_cell(struct view *view)
{
	for (guint i = view->depth; i > 0; i--) {
		enum kind kind = view->open[i - 1]->kind;

		if (kind == KIND_CELL)
			return;
		if (kind != KIND_TABLE && kind != KIND_ROW)
			continue;
		if (kind == KIND_TABLE)
			open_one(view, find("tr"));
		open_one(view, find("td"));
		return;
	}
}

/* Close an open element of KIND, if that is what a new one does. */
static void
close_kind(struct view *view, enum kind kind)
{
	guint at = innermost(view, kind);

	if (at)
		close_to(view, at - 1);
}

static void
open_row(struct view *view)
{
	bool is_table = false;

	close_kind(view, KIND_ROW);
	for (guint i = view->depth; i > 0 && !is_table; i--) {
		if (view->open[i - 1]->kind == KIND_CELL)
			break;
		is_table = view->open[i - 1]->kind == KIND_TABLE;
		if (is_table)
			close_to(view, i);
	}
	if (!is_table)
		open_one(view, find("table"));
}

static void
open_element(struct view *view, const struct element *element)
{
	guint row;

	switch (element->kind) {
	case KIND_ROW:
		open_row(view);
		break;
	case KIND_CELL:
		close_kind(view, KIND_CELL);
		row = innermost(view, KIND_ROW);
		if (row) {
			close_to(view, row);
		} else {
			open_row(view);
			open_one(view, find("tr"));
		}
		break;
	case KIND_ITEM:
		into_cell(view);
		close_kind(view, KIND_ITEM);
		if (!innermost(view, KIND_LIST))
			open_one(view, find("ul"));
		break;
	case KIND_PARAGRAPH:
	case KIND_BLOCK:
	case KIND_LIST:
	case KIND_TABLE:
		into_cell(view);
		close_kind(view, KIND_PARAGRAPH);
		break;
	case KIND_INLINE:
	case KIND_EMPTY:
	case KIND_BREAK:
		into_cell(view);
		break;
	}
	if (element->kind == KIND_EMPTY)
		g_string_append_printf(view->out, "<%s/>", element->as);
	else
		open_one(view, element);
}

static void
close_element(struct view *view, const struct element *element)
{
	for (guint i = view->depth; i > 0; i--) {
		const struct element *open = view->open[i - 1];

		if (strcmp(open->as, element->as) == 0) {
			close_to(view, i - 1);
			return;
		}
		/* What is in a cell ends nothing around its table. */
		if (open->kind == KIND_CELL && element->kind != KIND_ROW &&
		    element->kind != KIND_TABLE)
			return;
	}
}

/* ---- text ---- */

static bool
is_blank(const GString *text)
{
	return text->str[strspn(text->str, " \t\r\n\f")] == '\0';
}

/* Write what was gathered into the page. */
static void
flush(struct view *view)
{
	if (!is_blank(view->run) && has_room(view)) {
		bool is_kept = false;

		into_cell(view);
		for (guint i = 0; i < view->depth; i++)
			is_kept |= strcmp(view->open[i]->as, "pre") == 0;
		if (is_kept)
			append_lines(view, view->run->str);
		else
			append_safe(view, view->run->str, view->run->len,
				    VIEW_MOST);
	} else if (view->run->len && has_room(view)) {
		g_string_append_c(view->out, ' ');
	}
	g_string_truncate(view->run, 0);
}

/* What is hidden ends; a blank at its end belongs behind it. */
static void
end_hidden(struct view *view)
{
	GString *run = view->run;
	bool is_blank_last = run->len && run->str[run->len - 1] == ' ';

	if (!view->is_hidden)
		return;
	view->is_hidden = false;
	if (is_blank_last)
		g_string_truncate(run, run->len - 1);
	g_string_append(run, is_blank_last ? "] " : "]");
}

void
view_text(struct view *view, const char *text, gsize length, bool is_hidden)
{
	bool is_all_blank = true;

	for (gsize i = 0; i < length && is_all_blank; i++)
		is_all_blank = strchr(" \t\r\n\f", text[i]) && text[i];
	if (view->run->len > VIEW_MOST)
		return;
	/* A blank is neither. */
	if (!is_all_blank && !is_hidden)
		end_hidden(view);
	if (!is_all_blank && is_hidden && !view->is_hidden) {
		g_string_append(view->run, "[hidden: ");
		view->is_hidden = true;
	}
	for (gsize i = 0; i < length; i++) {
		bool is_fold = text[i] && strchr(" \t\r\n\f", text[i]);
		const GString *run = view->run;

		if (view->is_page || !is_fold)
			g_string_append_c(view->run, text[i] ? text[i] : ' ');
		else if (run->len && !strchr(" \n", run->str[run->len - 1]))
			g_string_append_c(view->run, ' ');
	}
}

void
view_tag(struct view *view, const char *name, bool is_end)
{
	const struct element *element = find(name);
	GString *run = view->run;

	if (!element)
		return;
	if (view->is_page && element->as) {
		end_hidden(view);
		flush(view);
		if (is_end && element->kind != KIND_EMPTY)
			close_element(view, element);
		else if (has_room(view))
			open_element(view, element);
	} else if (element->kind == KIND_CELL || view->is_page) {
		if (run->len && !strchr(" \n", run->str[run->len - 1]))
			g_string_append_c(run, ' ');
	} else if (element->kind != KIND_INLINE && run->len &&
		   run->str[run->len - 1] != '\n') {
		end_hidden(view);
		g_string_append_c(run, '\n');
	}
}

void
view_link(struct view *view, const char *raw)
{
	if (view->run->len > VIEW_MOST)
		return;
	end_hidden(view);
	/* A blank in front keeps it apart from the word before it. */
	g_string_append(view->run, " <");
	g_string_append(view->run, raw);
	g_string_append_c(view->run, '>');
}

void
view_page_end(struct view *view)
{
	end_hidden(view);
	if (view->is_page) {
		flush(view);
		close_to(view, 0);
	} else {
		append_lines(view, view->run->str);
		g_string_truncate(view->run, 0);
	}
}

void
view_plain(struct view *view, const char *text, gsize length)
{
	g_autofree char *copy = g_strndup(text, length);

	if (view->is_page)
		g_string_append(view->out, "<pre>");
	append_lines(view, copy);
	if (view->is_page)
		g_string_append(view->out, "</pre>");
}

/* ---- what is said of a message ---- */

void
view_row(struct view *view, const char *name, const char *value)
{
	if (!has_room(view))
		return;
	if (view->is_page)
		g_string_append(view->out, "<p><b>");
	append_safe(view, name, strlen(name), VALUE_MOST);
	g_string_append(view->out, view->is_page ? ":</b> " : ": ");
	append_safe(view, value, strlen(value), VALUE_MOST);
	g_string_append(view->out, view->is_page ? "</p>\n" : "\n");
}

void
view_head(struct view *view, const char *text)
{
	if (!has_room(view))
		return;
	g_string_append(view->out, view->is_page ? "<h2>" : "\n");
	append_safe(view, text, strlen(text), VALUE_MOST);
	g_string_append(view->out, view->is_page ? "</h2>\n" : ":\n");
}

struct view *
view_new(bool is_page)
{
	struct view *view = g_new0(struct view, 1);

	view->is_page = is_page;
	view->out = g_string_new(NULL);
	view->run = g_string_new(NULL);
	if (is_page)
		g_string_append(view->out, "<!DOCTYPE html>\n<html><head>"
				"<meta charset=\"utf-8\"/>"
				"<meta http-equiv=\"Content-Security-Policy\""
				" content=\"default-src 'none'; base-uri "
				"'none'; form-action 'none'\"/>"
				"<meta name=\"referrer\" content="
				"\"no-referrer\"/>"
				"<title>Preview</title></head><body>\n");
	return view;
}

char *
view_end(struct view *view)
{
	char *text;

	close_to(view, 0);
	if (view->is_page)
		g_string_append(view->out, "</body></html>\n");
	g_string_free(view->run, TRUE);
	text = g_string_free(view->out, FALSE);
	g_free(view);
	return text;
}
