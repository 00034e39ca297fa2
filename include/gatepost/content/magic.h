/*
 * magic.h -- what octets are, whatever their name or header field says
 */
#ifndef GATEPOST_CONTENT_MAGIC_H
#define GATEPOST_CONTENT_MAGIC_H

#include <glib.h>
#include <stdbool.h>

/* Octets at the start of a file from which its type is seen; the mark of an
 * ISO image stands last, behind 32 kB. */
#define MAGIC_OCTETS (36 * 1024)

/* The media type of a file that starts with LENGTH octets of DATA, NULL when
 * they are of no kind that is known. */
const char *magic_type(const guint8 *data, gsize length);

/* Kinds of such types, or of NULL. */
bool magic_is_archive(const char *type);
bool magic_is_program(const char *type);

/* Is it text that is no page, and has links for whoever opens it? */
bool magic_has_links(const char *type);

#endif
