/*
 * mime.h -- a message's parts, in every way in which they can be read
 */
#ifndef GATEPOST_CONTENT_MIME_H
#define GATEPOST_CONTENT_MIME_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/content/headers.h"
#include "gatepost/content/parameters.h"
#include "gatepost/model/facts.h"

/* A part that holds no other parts.  All is borrowed. */
struct mime_part {
	const struct parameters *type;	/* of Content-Type */
	const char *disposition;	/* raw values of Content-Disposition */
	const char *encoding;	/* ... and -Transfer-Encoding; NULL: none */
	const guint8 *body;	/* still encoded */
	gsize length;
	bool is_other;		/* not the first way to read these octets */
};

typedef void mime_found(const struct mime_part *part, void *data);

struct mime_walk {
	Facts *facts;		/* gets the defects */
	mime_found *found;
	/* Told of a message that is a part; true: it is not looked into.  NULL:
	 * each is. */
	bool (*message)(const struct mime_part *part, void *data);
	void *data;
	guint parts;		/* seen so far */
	guint depth;
	guint others;		/* depth of readings that are not the first */
	gsize cost;		/* octets looked at, weighed */
};

/*
 * Call walk->found for each part of the message in SIZE octets of DATA whose
 * top header is HEADERS.  Where a type, a boundary, an encoding or the end of
 * a header can be read in several ways, each is followed, the one by the
 * rules first, within BOUND_MIME_PARTS and BOUND_MIME_COST for all together.
 */
void mime_read(struct mime_walk *walk, const guint8 *data, gsize size,
	       const struct headers *headers);

#endif
