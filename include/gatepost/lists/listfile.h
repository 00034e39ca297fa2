/*
 * listfile.h -- a list file: read whole, edited line by line
 */
#ifndef GATEPOST_LISTS_LISTFILE_H
#define GATEPOST_LISTS_LISTFILE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/lists/entry.h"

/* One thing said about a line, or about a whole file. */
struct list_note {
	char *file;
	guint line;		/* 0: of the whole file */
	char *text;
	bool is_error;		/* else a warning */
};
void list_note_free(struct list_note *note);
/* As a line for an admin: "FILE:LINE: warning: text".  Yours. */
char *list_note_words(const struct list_note *note);

/*
 * All entries of the file PATH, in its order, appended to ENTRIES (of
 * Entry *); what is wrong or odd is appended to NOTES (of struct list_note
 * *).  False when a line is in error or the file cannot be read (then a note
 * says so, too): the caller keeps the last good one.
 */
bool listfile_read(const char *path, const char *tenant, const char *zone,
		   GPtrArray *entries, GPtrArray *notes);

/* May commands write to PATH: is its first line "# gatepost: managed"? */
bool listfile_is_managed(const char *path);

/*
 * Append LINE to the managed file PATH (made, with its first line, when it
 * is not there), or take out COUNT LINES, in ascending order, each of which
 * must still have its text.  Under a lock, atomically, all other lines octet
 * for octet as they were.  False and ERROR set: PATH is not managed, cannot be
 * written, or it or the line has changed.
 */
bool listfile_append(const char *path, const char *line, GError **error);
struct list_line {
	guint line;
	const char *text;
};
bool listfile_take_out(const char *path, const struct list_line *lines,
		       guint count, GError **error);
/* Both at once: take out COUNT LINES and append MORE (of char *). */
bool listfile_edit(const char *path, const struct list_line *lines,
		   guint count, const GPtrArray *more, GError **error);

#endif
