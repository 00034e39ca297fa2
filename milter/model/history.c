/*
 * history.c -- what is known of a recipient before this message
 */
#include "gatepost/model/history.h"

const char *const user_lists[] = { "safe", "block", NULL };

UserEntry *
user_entry_new(enum user_list list, const char *value)
{
	UserEntry *entry = g_new0(UserEntry, 1);

	entry->list = list;
	entry->value = g_strdup(value);
	entry->action = -1;
	return entry;
}

void
user_entry_free(UserEntry *entry)
{
	if (!entry)
		return;
	g_free(entry->value);
	g_free(entry->how);
	g_free(entry->by);
	g_free(entry->note);
	g_free(entry);
}

History *
history_new(void)
{
	History *history = g_new0(History, 1);

	history->mailboxes = g_ptr_array_new_with_free_func(g_free);
	history->entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)user_entry_free);
	return history;
}

void
history_free(History *history)
{
	if (!history)
		return;
	g_ptr_array_unref(history->mailboxes);
	g_ptr_array_unref(history->entries);
	g_free(history->owner);
	g_free(history->user);
	g_free(history->unsure);
	g_free(history);
}
