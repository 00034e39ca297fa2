/*
 * file.h -- files and folders that survive a crash
 *
 * All works relative to a folder's descriptor and follows no link at the
 * last component.  Errors are of G_FILE_ERROR, with the name in the text;
 * file_error_is_full() tells a full disk from the rest.
 */
#ifndef GATEPOST_UTIL_FILE_H
#define GATEPOST_UTIL_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Set ERROR from errno: "WHAT NAME: reason".  Returns false. */
bool file_fail(GError **error, const char *what, const char *name);

/* Open the folder PATH, made with MODE when it is not there (its parent must
 * be).  -1 and ERROR set on failure, as when it is a link, no folder, or
 * writable by others.  Close it. */
int folder_open(int at, const char *path, mode_t mode, GError **error);

/* fsync of a folder. */
bool folder_sync(int folder, const char *name, GError **error);

/* Write all LENGTH octets; false and errno set on failure. */
bool file_write_all(int fd, const void *data, gsize length);

/* Make NAME in FOLDER with these octets and fsync it.  It must not exist. */
bool file_put(int folder, const char *name, const void *data, gsize length,
	      GError **error);

/* The same with the SIZE octets of descriptor FD, from its start. */
bool file_put_fd(int folder, const char *name, int fd, gsize size,
		 GError **error);

/* Replace NAME in FOLDER by these octets: beside, fsync, rename, fsync of
 * the folder.  A reader sees the old or the new, whole. */
bool file_replace(int folder, const char *name, const void *data,
		  gsize length, mode_t mode, GError **error);

/* The same, but only while NAME is still the file that BEFORE (NULL: none)
 * is of; ERROR is G_FILE_ERROR_AGAIN when it is another. */
bool file_replace_same(int folder, const char *name,
		       const struct stat *before, const void *data,
		       gsize length, mode_t mode, GError **error);

/* All of NAME in FOLDER, at most MOST octets, with a NUL behind them; LENGTH
 * may be NULL.  NULL and ERROR set on failure. */
char *file_get(int folder, const char *name, gsize most, gsize *length,
	       GError **error);

/* All SIZE octets of FD by pread.  NULL and ERROR set on failure. */
char *file_get_fd(int fd, gsize size, GError **error);

/* The share of the file system of FOLDER that is free, in percent. */
double folder_free(int folder);

/* Lower-case SHA-256 of the SIZE octets of FD.  NULL and ERROR on failure. */
char *file_sha256(int fd, gsize size, GError **error);

/* A file without a name: in memory, sealed, with LENGTH octets of DATA; or
 * empty, in FOLDER's file system.  -1 and ERROR set on failure. */
int file_memory(const void *data, gsize length, GError **error);
int file_nameless(int folder, GError **error);

#endif
