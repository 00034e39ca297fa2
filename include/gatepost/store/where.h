/*
 * where.h -- the conditions of a listing, of the filters that are set
 *
 * For store/ alone.  "$1 IS NULL OR column = $1" would hide the column from
 * its index.
 */
#ifndef GATEPOST_STORE_WHERE_H
#define GATEPOST_STORE_WHERE_H

#include <glib.h>
#include <stdbool.h>

struct condition {
	bool is_set;
	const char *sql;	/* static, with its parameter: "tenant = $1" */
};

/* SELECT, the WHERE of those of COUNT conditions in ALL that are set, and
 * REST; yours.  db_begin() passes over parameters that are not named in it. */
char *where_sql(const char *select, const struct condition *all,
		size_t count, const char *rest);

#endif
