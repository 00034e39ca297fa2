/*
 * csv.h -- comma-separated values (RFC 4180), as spreadsheets write them
 */
#ifndef GATEPOST_LISTS_CSV_H
#define GATEPOST_LISTS_CSV_H

#include <glib.h>

struct csv_row {
	guint line;		/* on which it starts */
	GPtrArray *fields;	/* of char * */
};
void csv_row_free(struct csv_row *row);

/* The rows of TEXT (valid UTF-8), blank ones left out, parted by the comma,
 * semicolon or tab that its first row holds most of.  A quote that is never
 * closed ends with the text.  Free the array; it frees its elements. */
GPtrArray *csv_read(const char *text);

/* Append TEXT (NULL as "") to OUT as one field, behind a comma unless it is
 * the first of its row. */
void csv_append(GString *out, const char *text);

#endif
