/*
 * list_import.c -- entries from elsewhere into a managed list
 */
#include <string.h>

#include "gatepost/service/lists.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

struct importing {
	const Config *config;
	const Tenant *tenant;
	GHashTable *standing;	/* key to const Entry *, of the lists */
	GHashTable *seen;	/* key to const struct import_item * */
	const char *managed;	/* path */
	GArray *out;		/* of struct list_line */
	GPtrArray *more;	/* of char *: lines, borrowed */
};

static void
refuse_item(struct import_item *item, char *fault)
{
	item->fault = fault;
	item->result = IMPORT_REFUSED;
}

/* ITEM names the entry that is STANDING already. */
static void
meet(struct importing *importing, struct import_item *item,
     const Entry *standing)
{
	g_autofree char *new = entry_format(item->entry);
	g_autofree char *old = entry_format(standing);
	struct list_line line = { standing->line, standing->text };

	if (strcmp(new, old) == 0) {
		item->result = IMPORT_SAME;
	} else if (strcmp(standing->file, importing->managed) != 0) {
		refuse_item(item, g_strdup_printf("it stands in %s:%u already"
						  ", with other options: edit"
						  " it there",
						  standing->file,
						  standing->line));
	} else {
		g_ptr_array_add(item->remarks,
				g_strdup_printf("replaces %s",
						standing->text));
		item->result = IMPORT_CHANGED;
		g_array_append_val(importing->out, line);
		g_ptr_array_add(importing->more, item->entry->text);
	}
}

/* What is new here was never used here: where its unused= would be over
 * already, it counts from now. */
static void
renew(struct import_item *item)
{
	Entry *entry = item->entry;
	gint64 now = clock_now();

	if (!entry->unused || !entry->added ||
	    entry->added + entry->unused > now)
		return;
	entry->added = now;
	g_free(entry->text);
	entry->text = entry_format(entry);
	g_ptr_array_add(item->remarks, g_strdup("unused= counts from now: "
						"nothing is known here of "
						"its use before"));
	item->is_changed = true;
}

static void
place(struct importing *importing, struct import_item *item)
{
	const struct import_item *twin;
	const Entry *standing;
	char *odd;

	if (!item->entry) {
		item->result = IMPORT_REFUSED;
		return;
	}
	twin = g_hash_table_lookup(importing->seen, item->entry->key);
	if (twin) {
		refuse_item(item, g_strdup_printf("the same entry stands in "
						  "line %u", twin->line));
		return;
	}
	g_hash_table_insert(importing->seen, item->entry->key, item);
	standing = g_hash_table_lookup(importing->standing,
				       item->entry->key);
	if (standing) {
		meet(importing, item, standing);
		return;
	}
	renew(item);
	odd = lists_for_nobody(importing->config, importing->tenant,
			       item->entry);
	if (odd)
		g_ptr_array_add(item->remarks, odd);
	item->result = item->is_changed ? IMPORT_CHANGED : IMPORT_TAKEN;
	g_ptr_array_add(importing->more, item->entry->text);
}

static int
by_line(gconstpointer a, gconstpointer b)
{
	const struct list_line *one = a, *other = b;

	return one->line < other->line ? -1 : one->line > other->line;
}

bool
lists_import(const Config *config, const Tenant *tenant, GPtrArray *items,
	     bool strict, bool dry, guint counts[IMPORT_REFUSED + 1],
	     GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)list_note_free);
	g_autoptr(GHashTable) standing = g_hash_table_new(g_str_hash,
							  g_str_equal);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);
	g_autoptr(GArray) out = g_array_new(FALSE, FALSE,
					    sizeof(struct list_line));
	g_autoptr(GPtrArray) more = g_ptr_array_new();
	g_autofree char *managed = lists_managed(config, tenant);
	struct importing importing = { config, tenant, standing, seen,
				       managed, out, more };

	lists_read(config, tenant, entries, notes);
	for (guint i = 0; i < entries->len; i++) {
		Entry *entry = entries->pdata[i];

		g_hash_table_insert(standing, entry->key, entry);
	}
	for (guint i = 0; i < items->len; i++) {
		struct import_item *item = items->pdata[i];

		place(&importing, item);
		counts[item->result]++;
	}
	g_array_sort(out, by_line);
	if (dry || more->len == 0 || (strict && counts[IMPORT_REFUSED]))
		return true;
	return listfile_edit(managed, (const struct list_line *)
			     (gpointer)out->data, out->len, more, error);
}
