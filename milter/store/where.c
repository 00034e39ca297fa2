/*
 * where.c -- the conditions of a listing, of the filters that are set
 */
#include "gatepost/store/where.h"

char *
where_sql(const char *select, const struct condition *all, size_t count,
	  const char *rest)
{
	GString *out = g_string_new(select);
	const char *before = " WHERE ";

	for (size_t i = 0; i < count; i++) {
		if (!all[i].is_set)
			continue;
		g_string_append_printf(out, "%s(%s)", before, all[i].sql);
		before = " AND ";
	}
	g_string_append(out, rest);
	return g_string_free(out, FALSE);
}
