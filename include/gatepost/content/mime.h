/*
 * mime.h -- a message's parts
 */
#ifndef GATEPOST_CONTENT_MIME_H
#define GATEPOST_CONTENT_MIME_H

#include <glib.h>

#include "gatepost/content/headers.h"
#include "gatepost/model/facts.h"

/* A part that holds no other parts.  All is borrowed. */
struct mime_part {
	const char *type;	/* raw values of Content-Type, ... */
	const char *disposition;
	const char *encoding;	/* ... and -Transfer-Encoding; NULL: none */
	const guint8 *body;	/* still encoded */
	gsize length;
};

typedef void mime_found(const struct mime_part *part, void *data);

struct mime_walk {
	Facts *facts;		/* gets the defects */
	mime_found *found;
	void *data;
	guint parts;		/* seen so far */
	guint depth;
	gsize copied;		/* octets of messages that were encoded */
};

void mime_init(void);

/* Call walk->found for each part of the message in SIZE octets of DATA whose
 * top header is HEADERS. */
void mime_read(struct mime_walk *walk, const guint8 *data, gsize size,
	       const struct headers *headers);

#endif
