/*
 * unpack.h -- the files inside an archive, within bounds
 */
#ifndef GATEPOST_CONTENT_UNPACK_H
#define GATEPOST_CONTENT_UNPACK_H

#include <glib.h>
#include <stdbool.h>

/* A member.  All is borrowed, until the call ends. */
struct member {
	const char *name;	/* its path, UTF-8; NULL: the archive has none */
	const guint8 *data;	/* its octets; NULL: not to be had */
	gsize length;
	bool is_encrypted;
	bool is_hidden;		/* in one way to read the archive, not in the
				 * one by its directory */
};

typedef void unpack_found(const struct member *member, void *data);

/* What may still be used, by all archives of a message. */
struct unpack_budget {
	gsize octets;		/* of members, unpacked */
	guint members;
	gint64 cpu;		/* when to end, of the process's CPU time in us;
				 * 0: not begun */
};

enum unpacked {
	UNPACKED_WHOLE,
	UNPACKED_CUT,		/* a bound was hit */
	UNPACKED_BROKEN,	/* not to be read to its end, or at all */
	UNPACKED_ENCRYPTED,	/* not even its directory can be read */
};

/*
 * Call FOUND with DATA for each file in the archive of LENGTH octets at OCTETS
 * (zip, 7z, rar, tar, ISO 9660, cab, lha, xar, ar, cpio; gzip, bzip2, xz,
 * zstd, lzma, compress around them or around one file).  Of more than
 * BOUND_ARCHIVE_RATIO octets for one of the archive's nothing more is read.
 */
enum unpacked unpack(const guint8 *octets, gsize length,
		     struct unpack_budget *budget, unpack_found *found,
		     void *data);

/* A line on each library of this file, for -V. */
void unpack_versions(GString *out);

#endif
