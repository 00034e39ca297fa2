/*
 * html.h -- links and visible text of an HTML page, found as a browser would
 */
#ifndef GATEPOST_CONTENT_HTML_H
#define GATEPOST_CONTENT_HTML_H

#include <glib.h>
#include <stdbool.h>

/* Who gets what is found. */
struct html_sink {
	/* A link as written (entities decoded) and what stands for it: NULL
	 * when nothing is shown. */
	void (*link)(const char *raw, const char *text, void *data);
	/* The first <base href>; comes before the links behind it. */
	void (*base)(const char *raw, void *data);
	/* Source of a script. */
	void (*script)(const char *text, gsize length, void *data);
	void *data;
	GString *text;		/* gets the visible text; not NULL */
	GString *hidden;	/* ... and what no reader sees; not NULL, may
				 * be the same */
	bool with_anchors;	/* ... and that of links, too */
};

/* Read LENGTH octets of PAGE, valid UTF-8.  False when BOUND_HTML_TAGS came
 * before the end. */
bool html_read(const char *page, gsize length, const struct html_sink *sink);

/* Who is told of a page in its order: text as it stands (decoded, blanks not
 * folded), IS_HIDDEN from a reader or not, and tags by their names, which are
 * cut at 20 octets. */
struct html_reader {
	void (*text)(const char *text, gsize length, bool is_hidden,
		     void *data);
	void (*tag)(const char *name, bool is_end, void *data);
	void *data;
};

/* The same as html_read(); READER is told, too, a link right behind its
 * text. */
bool html_read_to(const char *page, gsize length,
		  const struct html_sink *sink,
		  const struct html_reader *reader);

/* Append TEXT with its character references decoded (HTML 13.2.5.72), by the
 * rules for attributes or those for text. */
void html_unescape(GString *out, const char *text, gsize length,
		   bool in_attribute);

/* Tell SINK the targets of url() and @import in LENGTH octets of CSS, of the
 * candidates in a srcset, of the content of a meta refresh. */
void html_css(const char *css, gsize length, const struct html_sink *sink);
void html_srcset(const char *value, const struct html_sink *sink);
void html_refresh(const char *value, const struct html_sink *sink);

/* Do LENGTH octets of CSS, the value of a style attribute, hide what is in its
 * element: not displayed, not visible, of no size, in its ground's colour? */
bool html_hides(const char *css, gsize length);

/* The character that LENGTH octets of NAME, a reference without '&' and ';',
 * stand for, or 0.  IS_BARE: it may stand without the ';'. */
gunichar html_entity(const char *name, gsize length, bool *is_bare);

#endif
