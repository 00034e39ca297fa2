/*
 * view.h -- a message as a person may see it: plain text, or a page of ours
 *
 * All that goes in is a stranger's, all that comes out is safe: links are
 * defanged, characters that deceive are shown as '?', and of markup there
 * are only elements of our own table, without any attribute, each closed
 * where it must be.
 */
#ifndef GATEPOST_CONTENT_VIEW_H
#define GATEPOST_CONTENT_VIEW_H

#include <glib.h>
#include <stdbool.h>

/* Octets of all that is shown; beyond it "[...]" says that there is more. */
#define VIEW_MOST (320 * 1024)

struct view;

/* A new view: IS_PAGE a page of XHTML, else text of lines. */
struct view *view_new(bool is_page);
/* What was shown, ended; frees VIEW.  Yours. */
char *view_end(struct view *view);

/* A line "NAME: VALUE", and one that heads others. */
void view_row(struct view *view, const char *name, const char *value);
void view_head(struct view *view, const char *text);

/* LENGTH octets of plain TEXT (valid UTF-8), whose lines are kept. */
void view_plain(struct view *view, const char *text, gsize length);

/* What stands in a page: TEXT (valid UTF-8, decoded), IS_HIDDEN from a
 * reader or not, a tag of the element NAME (lower case), the target of a
 * link whose text was just shown; and the end of the page. */
void view_text(struct view *view, const char *text, gsize length,
	       bool is_hidden);
void view_tag(struct view *view, const char *name, bool is_end);
void view_link(struct view *view, const char *raw);
void view_page_end(struct view *view);

#endif
