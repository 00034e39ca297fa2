/*
 * seal.h -- JSON that ends in a digest of all in front of it
 *
 * An address that the disk has changed is nobody's to be sent to.
 */
#ifndef GATEPOST_STORE_SEAL_H
#define GATEPOST_STORE_SEAL_H

#include <glib.h>

#include "gatepost/util/json.h"

/* Seal OUT, an object that is not empty, and end its line. */
void seal_add(GString *out);

/* The document of TEXT, the item ID; free it.  NULL and ERROR set, "damaged",
 * when it is not what was written. */
Json *seal_open(const char *text, const char *id, GError **error);

#endif
