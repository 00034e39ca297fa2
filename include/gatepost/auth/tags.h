/*
 * tags.h -- "a=b; c=d", as DKIM and DMARC write it (RFC 6376 3.2)
 */
#ifndef GATEPOST_AUTH_TAGS_H
#define GATEPOST_AUTH_TAGS_H

#include <glib.h>
#include <stdbool.h>

typedef struct Tags {
	GPtrArray *names, *values;	/* of char *, blanks at ends gone */
	bool is_bad;	/* a tag without "=", or one that stands twice */
} Tags;

/* LENGTH octets of TEXT; other octets than printable ASCII and blanks are
 * bad.  Free with tags_free(). */
Tags *tags_parse(const char *text, gsize length);
void tags_free(Tags *tags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tags, tags_free)

/* The value of the first tag called NAME, or NULL. */
const char *tags_get(const Tags *tags, const char *name);

#endif
