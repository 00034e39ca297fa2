/*
 * links.h -- collect the links of a message
 */
#ifndef GATEPOST_CONTENT_LINKS_H
#define GATEPOST_CONTENT_LINKS_H

#include <glib.h>

#include "gatepost/model/facts.h"

struct links {
	Facts *facts;		/* whose urls are filled; borrowed */
	GHashTable *seen;
	guint tried;
};

void links_init(struct links *links, Facts *facts);
void links_clear(struct links *links);

/*
 * Add the link RAW, relative to BASE (NULL: none; then what is relative is
 * dropped), with TEXT standing for it (NULL: nothing does), found in SOURCE.
 * The same url with the same text is added once.
 */
void links_add(struct links *links, const char *raw, const char *base,
	       const char *text, const char *source);

/* Add what a mail program would make a link of in LENGTH octets of plain
 * TEXT (valid UTF-8): "scheme://...", "www...", and "host.tld/..." when the
 * public suffix list knows its end. */
void links_scan(struct links *links, const char *text, gsize length,
		const char *source);

#endif
