/*
 * html.c -- links and visible text of an HTML page
 *
 * Follows the tokenizer of the HTML standard (13.2.5) where it decides what
 * is a tag and what an attribute's value, since the victim's program does.
 * No tree is built: a tag costs its length, however they nest.
 */
#include "gatepost/content/html.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/util/text.h"

/* What an attribute's value is. */
enum kind { KIND_LINK, KIND_LINKS, KIND_SRCSET, KIND_STYLE, KIND_CONTENT,
	    KIND_EQUIV, KIND_PAGE, KIND_ANIMATION, KIND_HIDDEN };

#define ROW(name, kind) { name, sizeof name - 1, kind }

/* To add an attribute that carries links: a row. */
static const struct {
	const char *name;
	gsize length;
	enum kind kind;
} attributes[] = {
	ROW("href", KIND_LINK), ROW("src", KIND_LINK),
	ROW("style", KIND_STYLE), ROW("background", KIND_LINK),
	ROW("action", KIND_LINK), ROW("formaction", KIND_LINK),
	ROW("data", KIND_LINK), ROW("poster", KIND_LINK),
	ROW("xlink:href", KIND_LINK), ROW("lowsrc", KIND_LINK),
	ROW("dynsrc", KIND_LINK), ROW("longdesc", KIND_LINK),
	ROW("usemap", KIND_LINK), ROW("codebase", KIND_LINK),
	ROW("cite", KIND_LINK), ROW("profile", KIND_LINK),
	ROW("icon", KIND_LINK), ROW("manifest", KIND_LINK),
	ROW("ping", KIND_LINKS),
	ROW("srcset", KIND_SRCSET), ROW("imagesrcset", KIND_SRCSET),
	ROW("content", KIND_CONTENT), ROW("http-equiv", KIND_EQUIV),
	ROW("srcdoc", KIND_PAGE), ROW("to", KIND_ANIMATION),
	ROW("from", KIND_ANIMATION), ROW("values", KIND_ANIMATION),
	ROW("hidden", KIND_HIDDEN),
};

enum { HREF = 0, STYLE = 2, EQUIV = 22, HIDDEN = 27 };

#define ATTRIBUTES G_N_ELEMENTS(attributes)
#define NAME_MOST 20

/* What an element is. */
enum {
	BREAKS = 1,	/* stands on lines of its own */
	PARTS = 2,	/* stands apart on its line */
	EMPTY = 4,	/* has no content, nor an end tag */
	RAW = 8,	/* its content is no markup */
	ALONE = 16,	/* ends one of its name that is open */
};

/* To add an element that is special: a row. */
static const struct {
	char name[11];
	guint8 is;
} elements[] = {
	{ "area", EMPTY }, { "article", BREAKS }, { "base", EMPTY },
	{ "blockquote", BREAKS }, { "br", BREAKS | EMPTY },
	{ "center", BREAKS }, { "col", EMPTY }, { "dd", BREAKS | ALONE },
	{ "div", BREAKS }, { "dt", BREAKS | ALONE }, { "embed", EMPTY },
	{ "footer", BREAKS }, { "form", BREAKS }, { "h1", BREAKS },
	{ "h2", BREAKS }, { "h3", BREAKS }, { "h4", BREAKS },
	{ "h5", BREAKS }, { "h6", BREAKS }, { "header", BREAKS },
	{ "hr", BREAKS | EMPTY }, { "iframe", RAW }, { "img", EMPTY },
	{ "input", EMPTY }, { "li", BREAKS | ALONE }, { "link", EMPTY },
	{ "meta", EMPTY }, { "noembed", RAW }, { "noframes", RAW },
	{ "ol", BREAKS }, { "option", BREAKS | ALONE },
	{ "p", BREAKS | ALONE }, { "pre", BREAKS }, { "script", RAW },
	{ "section", BREAKS }, { "source", EMPTY }, { "style", RAW },
	{ "table", BREAKS }, { "td", PARTS }, { "textarea", RAW },
	{ "th", PARTS }, { "title", BREAKS | RAW }, { "tr", BREAKS },
	{ "track", EMPTY }, { "ul", BREAKS }, { "wbr", EMPTY },
	{ "xmp", RAW },
};

struct value {
	const char *at;
	gsize length;
};

struct tag {
	char name[NAME_MOST + 1];
	guint is;		/* what its element is */
	bool is_end;
	guint32 has;		/* a bit for each attribute that is there */
	struct value values[ATTRIBUTES];
};
G_STATIC_ASSERT(ATTRIBUTES < 32);

struct page {
	const char *at, *end;
	const struct html_sink *sink;
	const struct html_reader *reader;	/* or NULL */
	guint tags;
	bool has_base;
	char *anchor;		/* link of the open <a>, or NULL */
	GString *shown;		/* what stands in it */
	char hidden[NAME_MOST + 1];	/* element that hides what is in it */
	guint depth;		/* of elements of that name; 0: none hides */
	guint pages;		/* that this one stands in */
};

static const bool spaces[256] = {
	[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true,
	['\f'] = true,
};

static bool
is_space(char c)
{
	return spaces[(guchar)c];
}

/* What the element called NAME is. */
static guint
element_is(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(elements); i++)
		if (*elements[i].name == *name &&
		    strcmp(elements[i].name, name) == 0)
			return elements[i].is;
	return 0;
}

static bool
tag_has(const struct tag *tag, guint attribute)
{
	return tag->has & 1u << attribute;
}

static gsize
find(const char *from, const char *end, char c)
{
	const char *at = memchr(from, c, (gsize)(end - from));

	return (gsize)((at ? at : end) - from);
}

/* Append visible TEXT to OUT, each run of blanks as one. */
static void
append_folded(GString *out, const char *text, gsize length)
{
	gsize before = out->len;
	bool after = before == 0 || is_space(out->str[before - 1]);
	char *to;

	g_string_set_size(out, before + length);
	to = out->str + before;
	/* No branch: where a word ends cannot be guessed. */
	for (gsize i = 0; i < length; i++) {
		bool blank = is_space(text[i]);

		*to = blank ? ' ' : text[i];
		to += !(blank & after);
		after = blank;
	}
	g_string_truncate(out, (gsize)(to - out->str));
}

static void
show(struct page *page, const char *text, gsize length)
{
	g_autoptr(GString) plain = NULL;

	if (memchr(text, '&', length)) {
		plain = g_string_sized_new(length);
		html_unescape(plain, text, length, false);
		text = plain->str;
		length = plain->len;
	}
	if (page->reader)
		page->reader->text(text, length, page->depth > 0,
				   page->reader->data);
	if (page->depth) {
		append_folded(page->sink->hidden, text, length);
		return;
	}
	if (page->anchor && page->shown->len < BOUND_SHOWN)
		append_folded(page->shown, text, length);
	if (!page->anchor || page->sink->with_anchors)
		append_folded(page->sink->text, text, length);
}

/* A value as text, at most a link's bound of it.  Yours. */
static char *
value_text(const struct value *value)
{
	GString *out;

	if (!memchr(value->at, '&', value->length))
		return g_strndup(value->at, value->length);
	out = g_string_sized_new(value->length);
	html_unescape(out, value->at, value->length, true);
	return g_string_free(out, FALSE);
}

static void
anchor_close(struct page *page)
{
	if (!page->anchor)
		return;
	g_strchomp(page->shown->str);
	page->sink->link(page->anchor, *page->shown->str ? page->shown->str :
			 NULL, page->sink->data);
	g_clear_pointer(&page->anchor, g_free);
	g_string_truncate(page->shown, 0);
	/* What follows is no part of a word before it. */
	if (!page->sink->with_anchors)
		append_folded(page->sink->text, " ", 1);
}

static void
take_link(struct page *page, const struct tag *tag, guint i, char **text)
{
	const struct html_sink *sink = page->sink;

	if (i == HREF && strcmp(tag->name, "base") == 0) {
		if (!page->has_base)
			sink->base(*text, sink->data);
		page->has_base = true;
	} else if (i == HREF && strcmp(tag->name, "a") == 0) {
		page->anchor = g_steal_pointer(text);
	} else {
		sink->link(*text, NULL, sink->data);
	}
}

/* Tell of each link in a list of blanks or semicolons. */
static void
take_links(const struct html_sink *sink, const char *text,
	   const char *between)
{
	g_auto(GStrv) links = g_strsplit_set(text, between, -1);

	for (guint i = 0; links[i]; i++)
		if (*g_strstrip(links[i]))
			sink->link(links[i], NULL, sink->data);
}

static void read_page(struct page *page);

/* A page in an attribute; those of one in it are not read. */
static void
take_page(struct page *page, const char *text)
{
	struct page inner = {
		.at = text, .end = text + strlen(text), .sink = page->sink,
		.reader = page->reader,
		.tags = page->tags, .pages = page->pages + 1,
		.depth = page->depth, .has_base = true,
	};

	if (page->pages)
		return;
	inner.shown = g_string_new(NULL);
	read_page(&inner);
	page->tags = inner.tags;
	g_string_free(inner.shown, TRUE);
}

static bool
is_refresh(const struct tag *tag)
{
	const struct value *equiv = &tag->values[EQUIV];

	return strcmp(tag->name, "meta") == 0 &&
	    (!tag_has(tag, EQUIV) ||
	     (equiv->length == 7 &&
	      g_ascii_strncasecmp(equiv->at, "refresh", 7) == 0));
}

static void
take_value(struct page *page, struct tag *tag, guint i)
{
	const struct html_sink *sink = page->sink;
	g_autofree char *text = value_text(&tag->values[i]);

	switch (attributes[i].kind) {
	case KIND_LINK:
		take_link(page, tag, i, &text);
		break;
	case KIND_LINKS:
		take_links(sink, text, " \t\r\n\f");
		break;
	case KIND_SRCSET:
		html_srcset(text, sink);
		break;
	case KIND_STYLE:
		html_css(text, strlen(text), sink);
		break;
	case KIND_CONTENT:
		if (is_refresh(tag))
			html_refresh(text, sink);
		break;
	case KIND_PAGE:
		take_page(page, text);
		break;
	case KIND_ANIMATION:
		if (strcmp(tag->name, "animate") == 0 ||
		    strcmp(tag->name, "set") == 0)
			take_links(sink, text, ";");
		break;
	case KIND_EQUIV:
	case KIND_HIDDEN:
		break;
	}
}

static void
break_line(struct page *page, const struct tag *tag)
{
	GString *text = page->sink->text;

	if (tag->is & PARTS)
		append_folded(text, " ", 1);
	if (tag->is & BREAKS && text->len &&
	    text->str[text->len - 1] != '\n')
		g_string_append_c(text, '\n');
}

/* LENGTH octets of what no tag can stand in, of the element NAME. */
static void
take_raw(struct page *page, const char *name, const char *text, gsize length)
{
	const struct html_sink *sink = page->sink;

	if (strcmp(name, "style") == 0)
		html_css(text, length, sink);
	else if (strcmp(name, "script") == 0)
		sink->script(text, length, sink->data);
	else
		show(page, text, length);
}

/* Behind a start tag of an element whose content is no markup: go to its end
 * tag (13.2.5.11 to 13). */
static void
pass_raw(struct page *page, const char *name)
{
	const char *from = page->at;
	gsize length = strlen(name);

	while (page->at < page->end) {
		page->at += find(page->at, page->end, '<');
		if ((gsize)(page->end - page->at) > length + 1 &&
		    page->at[1] == '/' &&
		    g_ascii_strncasecmp(page->at + 2, name, length) == 0 &&
		    !g_ascii_isalnum(page->at[2 + length]))
			break;
		page->at += page->at < page->end;
	}
	take_raw(page, name, from, (gsize)(page->at - from));
}

/* Does TAG hide what is in its element? */
static bool
hides(const struct tag *tag)
{
	const struct value *style = &tag->values[STYLE];

	return !(tag->is & EMPTY) &&
	    (tag_has(tag, HIDDEN) ||
	     (tag_has(tag, STYLE) && html_hides(style->at, style->length)));
}

/* Keep account of what is hidden where TAG stands. */
static void
track_hidden(struct page *page, const struct tag *tag)
{
	bool is_same = page->depth && strcmp(page->hidden, tag->name) == 0;

	if (tag->is_end) {
		page->depth -= is_same;
		return;
	}
	/* One of these ends the one before it. */
	if (is_same && tag->is & ALONE)
		page->depth = 0;
	if (page->depth) {
		page->depth += is_same;
	} else if (hides(tag)) {
		memcpy(page->hidden, tag->name, sizeof page->hidden);
		page->depth = 1;
	}
}

static void
take_tag(struct page *page, struct tag *tag)
{
	break_line(page, tag);
	if (!tag->is_end || page->depth)
		track_hidden(page, tag);
	if (strcmp(tag->name, "a") == 0)
		anchor_close(page);
	if (page->reader)
		page->reader->tag(tag->name, tag->is_end,
				  page->reader->data);
	if (tag->is_end)
		return;
	for (guint i = 0; tag->has >> i; i++)
		if (tag_has(tag, i))
			take_value(page, tag, i);
	if (tag->is & RAW)
		pass_raw(page, tag->name);
}

/* The value behind a '=' (13.2.5.35 to 39). */
static struct value
read_value(struct page *page)
{
	struct value value;

	while (page->at < page->end && is_space(*page->at))
		page->at++;
	if (page->at < page->end && (*page->at == '"' || *page->at == '\'')) {
		char quote = *page->at++;

		value.at = page->at;
		value.length = find(page->at, page->end, quote);
		page->at += value.length;
		page->at += page->at < page->end;
	} else {
		value.at = page->at;
		while (page->at < page->end && !is_space(*page->at) &&
		       *page->at != '>')
			page->at++;
		value.length = (gsize)(page->at - value.at);
	}
	return value;
}

static void
keep_value(struct tag *tag, const char *name, gsize length,
	   struct value value)
{
	for (guint i = 0; i < ATTRIBUTES; i++)
		if (attributes[i].length == length &&
		    text_lower(*name) == *attributes[i].name &&
		    g_ascii_strncasecmp(attributes[i].name, name,
					length) == 0) {
			/* Of two alike the first counts (13.2.5.33). */
			if (!tag_has(tag, i))
				tag->values[i] = value;
			tag->has |= 1u << i;
			return;
		}
}

/* Attributes up to the tag's end (13.2.5.32). */
static void
read_attributes(struct page *page, struct tag *tag)
{
	while (page->at < page->end) {
		const char *name;
		gsize length;

		while (page->at < page->end &&
		       (is_space(*page->at) || *page->at == '/'))
			page->at++;
		if (page->at == page->end || *page->at == '>')
			break;
		name = page->at++;
		while (page->at < page->end && !is_space(*page->at) &&
		       *page->at != '/' && *page->at != '>' &&
		       *page->at != '=')
			page->at++;
		length = (gsize)(page->at - name);
		while (page->at < page->end && is_space(*page->at))
			page->at++;
		if (page->at < page->end && *page->at == '=') {
			page->at++;
			keep_value(tag, name, length, read_value(page));
		} else {
			keep_value(tag, name, length,
				   (struct value){ name, 0 });
		}
	}
	page->at += page->at < page->end;
}

/* A comment, a declaration, or what is taken for one; AT is at its "<!". */
static void
pass_comment(struct page *page)
{
	const char *at = page->at + 2, *end = page->end;
	const char *close;

	if (end - at < 2 || at[0] != '-' || at[1] != '-') {
		page->at += find(page->at, end, '>');
		page->at += page->at < end;
		return;
	}
	at += 2;
	/* Outlook reads what others take for a comment. */
	if (end - at > 4 && g_ascii_strncasecmp(at, "[if", 3) == 0) {
		page->at = at + find(at, end, '>');
		page->at += page->at < end;
		return;
	}
	page->at = end;
	if (end > at && *at == '>') {
		page->at = at + 1;
		return;
	}
	if (end - at > 1 && at[0] == '-' && at[1] == '>') {
		page->at = at + 2;
		return;
	}
	while ((close = memmem(at, (gsize)(end - at), "--", 2))) {
		at = close + 1;
		if (end - close > 2 && close[2] == '>') {
			page->at = close + 3;
			return;
		}
		if (end - close > 3 && close[2] == '!' && close[3] == '>') {
			page->at = close + 4;
			return;
		}
	}
}

/* What a '<' starts. */
static void
read_markup(struct page *page)
{
	struct tag tag;
	const char *at = page->at + 1;
	gsize length = 0;

	if (at < page->end && (*at == '!' || *at == '?')) {
		pass_comment(page);
		return;
	}
	tag.is_end = at < page->end && *at == '/';
	at += tag.is_end;
	if (at == page->end || !g_ascii_isalpha(*at)) {
		if (tag.is_end && at < page->end) {
			page->at = at + find(at, page->end, '>');
			page->at += page->at < page->end;
		} else {
			show(page, page->at, 1);
			page->at++;
		}
		return;
	}
	page->tags++;
	for (; at < page->end && !is_space(*at) && *at != '/' && *at != '>';
	     at++)
		if (length < NAME_MOST)
			tag.name[length++] = text_lower(*at);
	tag.name[length] = '\0';
	tag.is = element_is(tag.name);
	tag.has = 0;
	page->at = at;
	read_attributes(page, &tag);
	take_tag(page, &tag);
}

static void
read_page(struct page *page)
{
	while (page->at < page->end && page->tags < BOUND_HTML_TAGS) {
		gsize plain = find(page->at, page->end, '<');

		if (plain)
			show(page, page->at, plain);
		page->at += plain;
		if (page->at < page->end)
			read_markup(page);
	}
	anchor_close(page);
}

bool
html_read_to(const char *text, gsize length, const struct html_sink *sink,
	     const struct html_reader *reader)
{
	struct page page = { .at = text, .end = text + length, .sink = sink,
			     .reader = reader, .shown = g_string_new(NULL) };

	read_page(&page);
	g_string_free(page.shown, TRUE);
	return page.at == page.end;
}

bool
html_read(const char *text, gsize length, const struct html_sink *sink)
{
	return html_read_to(text, length, sink, NULL);
}
