/*
 * ids.h -- our ids: 26 characters of Crockford base32, time then randomness
 *
 * Sortable by time, safe in a file name, URL, shell word and subject, and
 * unique across hosts: 48 bits of milliseconds and 80 random bits.
 */
#ifndef GATEPOST_UTIL_IDS_H
#define GATEPOST_UTIL_IDS_H

#include <glib.h>
#include <stdbool.h>

#define ID_TEXT 27

/* A new id.  Never fails; the kernel's random source is awaited. */
void id_new(char out[ID_TEXT]);

/* Is TEXT (may be NULL) an id of ours?  Checked at every boundary. */
bool id_is(const char *text);

/* When ID was made, in microseconds; ID must be one. */
gint64 id_time(const char *id);

#endif
