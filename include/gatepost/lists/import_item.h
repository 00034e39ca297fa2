/*
 * import_item.h -- what the readers of import share
 */
#ifndef GATEPOST_LISTS_IMPORT_ITEM_H
#define GATEPOST_LISTS_IMPORT_ITEM_H

#include "gatepost/lists/import.h"
#include "gatepost/util/json.h"

struct import_item *import_item_new(guint line, const char *given);
void import_remark(struct import_item *item, const char *text);

/* Read LINE of list syntax into ITEM: its entry or its fault, and remarks. */
void import_item_parse(struct import_item *item, const char *line,
		       const struct entry_place *place);

/* Append to LINE a value, or an option unless its VALUE is NULL or "". */
void import_value(GString *line, const char *value);
void import_option(GString *line, const char *name, const char *value);

/* TEXT (NULL as "") without line breaks, which ITEM is told; yours. */
char *import_one_line(const char *text, struct import_item *item);

/* One element of what Get-TenantAllowBlockListItems or ...SpoofItems prints:
 * KIND for values that could be of several. */
struct import_item *import_service(const Json *object, guint number,
				   const struct entry_place *place,
				   const char *kind);

#endif
