/*
 * lists.h -- the tenants' lists: compiled, shown, edited
 */
#ifndef GATEPOST_SERVICE_LISTS_H
#define GATEPOST_SERVICE_LISTS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/import.h"
#include "gatepost/lists/listfile.h"
#include "gatepost/model/config.h"

/* All entries of TENANT as they stand in its files and its configuration, in
 * rank order, appended to ENTRIES; what is wrong, to NOTES.  False when a
 * file is in error. */
bool lists_read(const Config *config, const Tenant *tenant,
		GPtrArray *entries, GPtrArray *notes);

/* What was compiled. */
struct lists_compiled {
	guint entries;
	guint64 values;		/* of feeds */
	bool is_good;		/* no file is in error */
};

/*
 * Compile every list into state_dir/lists.snapshot, and every feed beside
 * it.  Of a file in error the last good generation, kept in state_dir,
 * stands in for it.  False and ERROR set: the snapshot was not written.
 */
bool lists_compile(const Config *config, GPtrArray *notes,
		   struct lists_compiled *compiled, GError **error);

/* Compile what is right in the lists into the snapshot of FOLDER, with no
 * last good generation, and nothing written to state_dir: for `try`. */
bool lists_write(const Config *config, int folder, GPtrArray *notes,
		 GError **error);

/* Why a user or domain of ENTRY's for= is never met, for people, or NULL; free
 * it. */
char *lists_for_nobody(const Config *config, const Tenant *tenant,
		       const Entry *entry);

/*
 * Put the entries of ITEMS (of struct import_item *) into TENANT's managed
 * list, all at once, and set each item's result; COUNTS are by result.  What
 * is there already in the same words stays, in other words is replaced; what
 * stands in a file of the operator's is refused.  STRICT: nothing is written
 * when one is refused.  DRY: nothing at all.  False and ERROR set when the
 * list cannot be written.
 */
bool lists_import(const Config *config, const Tenant *tenant,
		  GPtrArray *items, bool strict, bool dry,
		  guint counts[IMPORT_REFUSED + 1], GError **error);

/* The managed list of TENANT; yours. */
char *lists_managed(const Config *config, const Tenant *tenant);

#endif
