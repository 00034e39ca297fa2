/*
 * import.h -- entries from other lists: our own lines, CSV, and the JSON of
 * Get-TenantAllowBlockListItems and Get-TenantAllowBlockListSpoofItems
 */
#ifndef GATEPOST_LISTS_IMPORT_H
#define GATEPOST_LISTS_IMPORT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/entry.h"

enum exchange_format { EXCHANGE_LIST, EXCHANGE_CSV, EXCHANGE_JSON };
extern const char *const exchange_formats[];	/* names; ends with NULL */

/* What became of an item. */
enum import_result { IMPORT_TAKEN, IMPORT_CHANGED, IMPORT_SAME,
		     IMPORT_REFUSED };
extern const char *const import_results[];	/* names; ends with NULL */

/* One line, row or element of what is imported. */
struct import_item {
	guint line;		/* of the file; of JSON: element from 1 on */
	char *given;		/* what stood there, for people */
	Entry *entry;		/* NULL: refused */
	char *fault;		/* why; NULL: it was not */
	GPtrArray *remarks;	/* of char *: what was changed, or is odd */
	bool is_changed;	/* it is not just what was given */
	enum import_result result;	/* set by lists_import() */
};
void import_item_free(struct import_item *item);

/* The format of LENGTH octets of DATA, by how they start. */
enum exchange_format import_format(const char *data, gsize length);

/*
 * Read LENGTH octets of DATA (UTF-8, or UTF-16 with its mark) of FORMAT and
 * append an item (struct import_item *) for each entry to ITEMS.  PLACE says
 * the tenant and zone; KIND (NULL: none) is that of values which could be of
 * several.  False and ERROR set when it is not of that format at all.
 */
bool import_read(const char *data, gsize length, enum exchange_format format,
		 const struct entry_place *place, const char *kind,
		 GPtrArray *items, GError **error);

/* Append ENTRIES (of Entry *) in FORMAT, such that import_read() reads them
 * as the same. */
void export_write(const GPtrArray *entries, enum exchange_format format,
		  GString *out);

#endif
