/*
 * part.h -- what one part of a message gives: links, text, a file
 */
#ifndef GATEPOST_CONTENT_PART_H
#define GATEPOST_CONTENT_PART_H

#include <glib.h>

#include "gatepost/content/inside.h"
#include "gatepost/content/links.h"
#include "gatepost/content/mime.h"
#include "gatepost/content/view.h"

typedef void part_file(File *file, const guint8 *octets, gsize length,
		       void *user);

/* State while the parts of a message are read. */
struct part_reader {
	Facts *facts;		/* borrowed, and so is view */
	struct view *view;	/* shows the text to a person, or NULL */
	struct links links;
	struct inside inside;
	gsize text_left;	/* of BOUND_TEXT */
	char *base;		/* of the HTML page being read, or NULL */
	guint messages;		/* files in each other that are messages */
	guint parts;		/* of all of these together */
	gsize cost;		/* likewise, as a mime_walk counts */
	part_file *found;	/* who wants files, or NULL */
	void *user;		/* of found */
};

void part_reader_init(struct part_reader *reader, Facts *facts,
		      struct view *view);
void part_reader_clear(struct part_reader *reader);

/* Read PART into the facts of READER, a struct part_reader; a mime_found. */
void part_read(const struct mime_part *part, void *reader);

#endif
