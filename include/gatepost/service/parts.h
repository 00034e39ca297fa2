/*
 * parts.h -- the lists of all tenants in parts, of which only those are
 * compiled again whose files have changed
 */
#ifndef GATEPOST_SERVICE_PARTS_H
#define GATEPOST_SERVICE_PARTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/lists.h"

/* Compile every list and feed into the snapshot of FOLDER.  GOOD is the
 * folder of last good copies, or -1: then a broken file gives what is right
 * in it, and nothing is asked of the state store.  False and ERROR set: the
 * snapshot was not written. */
bool parts_write(const Config *config, int folder, int good,
		 GPtrArray *notes, struct lists_compiled *compiled,
		 GError **error);

/* The list files of TENANT, the operator's, then the managed one; of char *.
 */
GPtrArray *lists_files(const Config *config, const Tenant *tenant);

/* The entries of TENANT in PATH, or for NULL in its configuration, appended
 * to ENTRIES, as lists_read() does; GOOD as above.  False: it is in error. */
bool lists_read_file(const Config *config, const Tenant *tenant,
		     const char *path, int good, GPtrArray *entries,
		     GPtrArray *notes);

#endif
