/*
 * clamd.h -- ask ClamAV's daemon about octets (clamd(8), INSTREAM)
 */
#ifndef GATEPOST_UTIL_CLAMD_H
#define GATEPOST_UTIL_CLAMD_H

#include <glib.h>
#include <stdbool.h>

enum clamd_word { CLAMD_CLEAN, CLAMD_FOUND, CLAMD_UNSURE };

/* Is TEXT the place of a clamd: "/path", "ADDRESS" or "ADDRESS@PORT"? */
bool clamd_is_place(const char *text);

/*
 * What the clamd at PLACE makes of LENGTH octets at DATA; it has until
 * DEADLINE, of g_get_monotonic_time().  WORD gets the signature's name for
 * CLAMD_FOUND, what is wrong for CLAMD_UNSURE (both cleaned, yours), NULL for
 * CLAMD_CLEAN.
 */
enum clamd_word clamd_scan(const char *place, const guint8 *data, gsize length,
			   gint64 deadline, char **word);

#endif
