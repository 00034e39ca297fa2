/*
 * office.c -- is a compound file an encrypted document?
 *
 * The directory names the streams; the old programs say in the first octets
 * of theirs that the rest is encrypted.
 */
#include "gatepost/content/office.h"

#include <string.h>

/* [MS-CFB] 2.2, 2.6: octets of the header, of an entry, of its name. */
#define HEADER 512
#define ENTRY 128
#define NAME 64
/* Sectors of the directory that are read, streams smaller than this lie in
 * another place; sectors end here. */
#define DIRECTORY_MOST 1000
#define SMALL 4096
#define LAST_SECTOR 0xfffffff9u

struct compound {
	const guint8 *octets;
	gsize length;
	guint shift;		/* of a sector's size */
};

static guint32
read16(const guint8 *at)
{
	return (guint32)(at[0] | at[1] << 8);
}

static guint32
read32(const guint8 *at)
{
	return read16(at) | read16(at + 2) << 16;
}

/* The octets of SECTOR from OFFSET on, SIZE of them; NULL beyond the end. */
static const guint8 *
sector_at(const struct compound *file, guint32 sector, gsize offset,
	  gsize size)
{
	guint64 at = (((guint64)sector + 1) << file->shift) + offset;

	return at + size <= file->length ? file->octets + at : NULL;
}

/* The sector behind SECTOR by the table, as far as the header lists it. */
static guint32
next_sector(const struct compound *file, guint32 sector)
{
	guint32 each = 1u << (file->shift - 2);
	guint32 table = sector / each;
	const guint8 *at;

	if (table >= 109)
		return LAST_SECTOR;
	at = sector_at(file, read32(file->octets + 76 + 4 * table),
		       (gsize)(sector % each) * 4, 4);
	return at ? read32(at) : LAST_SECTOR;
}

static bool
is_named(const guint8 *entry, const char *name)
{
	gsize length = strlen(name);

	if (read16(entry + NAME) != 2 * (length + 1))
		return false;
	for (gsize i = 0; i < length; i++)
		if (read16(entry + 2 * i) != (guint8)name[i])
			return false;
	return true;
}

/* The first SIZE octets of the stream of ENTRY; NULL for a small one, which
 * lies elsewhere. */
static const guint8 *
stream_start(const struct compound *file, const guint8 *entry, gsize size)
{
	if (read32(entry + 120) < SMALL)
		return NULL;
	return sector_at(file, read32(entry + 116), 0, size);
}

/* [MS-DOC] 2.5.2: fEncrypted of the FibBase. */
static bool
is_word_encrypted(const struct compound *file, const guint8 *entry)
{
	const guint8 *fib = stream_start(file, entry, 32);

	return fib && read16(fib) == 0xa5ec && (read16(fib + 10) & 0x100);
}

/* [MS-XLS] 2.4.117: a record FilePass soon behind the first BOF. */
static bool
is_excel_encrypted(const struct compound *file, const guint8 *entry)
{
	const guint8 *book = stream_start(file, entry, HEADER);
	gsize at = 0;

	while (book && at + 4 <= HEADER) {
		if (read16(book + at) == 0x2f)
			return true;
		at += 4 + read16(book + at + 2);
	}
	return false;
}

static bool
is_entry_encrypted(const struct compound *file, const guint8 *entry)
{
	return is_named(entry, "EncryptedPackage") ||
	    /* [MS-PPT] 2.3.7 */
	    is_named(entry, "EncryptedSummary") ||
	    (is_named(entry, "WordDocument") &&
	     is_word_encrypted(file, entry)) ||
	    ((is_named(entry, "Workbook") || is_named(entry, "Book")) &&
	     is_excel_encrypted(file, entry));
}

bool
office_is_encrypted(const guint8 *octets, gsize length)
{
	struct compound file = { octets, length, 0 };
	guint32 sector;

	if (length < HEADER)
		return false;
	file.shift = read16(octets + 30);
	if (file.shift != 9 && file.shift != 12)
		return false;
	sector = read32(octets + 48);
	for (guint i = 0; i < DIRECTORY_MOST && sector < LAST_SECTOR; i++) {
		for (gsize at = 0; at < 1u << file.shift; at += ENTRY) {
			const guint8 *entry = sector_at(&file, sector, at,
							ENTRY);

			if (entry && is_entry_encrypted(&file, entry))
				return true;
		}
		sector = next_sector(&file, sector);
	}
	return false;
}
