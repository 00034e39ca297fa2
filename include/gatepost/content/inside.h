/*
 * inside.h -- what a file holds: other files, and links
 */
#ifndef GATEPOST_CONTENT_INSIDE_H
#define GATEPOST_CONTENT_INSIDE_H

#include <glib.h>

#include "gatepost/content/links.h"
#include "gatepost/content/unpack.h"

/* Called with a page that lies in an archive. */
typedef void inside_page(const guint8 *octets, gsize length, void *data);

/* State while the files of a message are read. */
struct inside {
	struct links *links;	/* borrowed; its facts get the files */
	inside_page *page;
	void *data;		/* of page */
	struct unpack_budget budget;
};

void inside_init(struct inside *inside, struct links *links,
		 inside_page *page, void *data);

/*
 * Read what FILE, one of the facts' files, holds; its LENGTH octets are at
 * OCTETS: the members of an archive, down to BOUND_ARCHIVE_DEPTH, are added to
 * the files, the links of PDFs and Office documents to the links, and what is
 * encrypted is marked.
 */
void inside_read(struct inside *inside, File *file, const guint8 *octets,
		 gsize length);

#endif
