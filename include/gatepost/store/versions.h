/*
 * versions.h -- a line on each library of the stores, for -V
 */
#ifndef GATEPOST_STORE_VERSIONS_H
#define GATEPOST_STORE_VERSIONS_H

#include <glib.h>

void store_versions(GString *out);

#endif
