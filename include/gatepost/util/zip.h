/*
 * zip.h -- write a zip whose members nobody reads without a password
 */
#ifndef GATEPOST_UTIL_ZIP_H
#define GATEPOST_UTIL_ZIP_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct Zip Zip;

/* A zip to OUT, from where that stands; members are encrypted by AES-256 with
 * PASSWORD (WinZip's AE-2, which 7-Zip, libarchive and others read). */
Zip *zip_new(FILE *out, const char *password);

/* Add the member NAME (plain ASCII, no path that leaves the folder) of LENGTH
 * octets (less than 4 GB) at DATA, last changed AT (us). */
void zip_add(Zip *zip, const char *name, gint64 at, const guint8 *data,
	     gsize length);

/* Write the directory and free ZIP.  False with ERROR set when something
 * could not be written. */
bool zip_end(Zip *zip, GError **error);

#endif
