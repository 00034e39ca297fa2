/*
 * magic.c -- what octets are, whatever their name or header field says
 *
 * Kinds that matter here: what is run, what holds other files, what carries
 * links.  All others are told by their first octets for the ledger's sake.
 */
#include "gatepost/content/magic.h"

#include <string.h>

#include "gatepost/bounds.h"

enum kind { KIND_OTHER, KIND_ARCHIVE, KIND_PROGRAM };

/* To add a type: a row; the longer mark before the shorter. */
static const struct {
	const char *mark;
	gsize length, offset;
	const char *type;
	enum kind kind;
} marks[] = {
#define MARK(offset, mark, type, kind) \
	{ mark, sizeof mark - 1, offset, type, kind }
	MARK(0, "PK\3\4", "application/zip", KIND_ARCHIVE),
	MARK(0, "PK\5\6", "application/zip", KIND_ARCHIVE),
	MARK(0, "PK00PK\3\4", "application/zip", KIND_ARCHIVE),
	MARK(0, "Rar!\x1a\7", "application/vnd.rar", KIND_ARCHIVE),
	MARK(0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed",
	     KIND_ARCHIVE),
	MARK(0, "\x1f\x8b", "application/gzip", KIND_ARCHIVE),
	MARK(0, "BZh", "application/x-bzip2", KIND_ARCHIVE),
	MARK(0, "\xfd" "7zXZ\0", "application/x-xz", KIND_ARCHIVE),
	MARK(0, "\x28\xb5\x2f\xfd", "application/zstd", KIND_ARCHIVE),
	MARK(0, "\x1f\x9d", "application/x-compress", KIND_ARCHIVE),
	MARK(0, "MSCF", "application/vnd.ms-cab-compressed", KIND_ARCHIVE),
	MARK(2, "-lh", "application/x-lzh-compressed", KIND_ARCHIVE),
	MARK(0, "xar!", "application/x-xar", KIND_ARCHIVE),
	MARK(257, "ustar", "application/x-tar", KIND_ARCHIVE),
	MARK(0, "070701", "application/x-cpio", KIND_ARCHIVE),
	MARK(0, "!<arch>\n", "application/x-archive", KIND_ARCHIVE),
	MARK(32769, "CD001", "application/x-iso9660-image", KIND_ARCHIVE),
	MARK(0, "\x60\xea", "application/x-arj", KIND_OTHER),
	MARK(7, "**ACE**", "application/x-ace-compressed", KIND_OTHER),
	MARK(0, "MZ", "application/vnd.microsoft.portable-executable",
	     KIND_PROGRAM),
	MARK(0, "\x7f" "ELF", "application/x-executable", KIND_PROGRAM),
	MARK(0, "\xcf\xfa\xed\xfe", "application/x-mach-binary",
	     KIND_PROGRAM),
	MARK(0, "\xca\xfe\xba\xbe", "application/java-vm", KIND_PROGRAM),
	MARK(0, "#!", "text/x-shellscript", KIND_PROGRAM),
	MARK(0, "L\0\0\0\1\x14\2\0", "application/x-ms-shortcut",
	     KIND_PROGRAM),
	MARK(0, "ITSF", "application/vnd.ms-htmlhelp", KIND_PROGRAM),
	MARK(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage",
	     KIND_OTHER),
	MARK(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "application/onenote",
	     KIND_OTHER),
	MARK(0, "{\\rt", "application/rtf", KIND_OTHER),
	MARK(0, "\x89PNG\r\n\x1a\n", "image/png", KIND_OTHER),
	MARK(0, "\xff\xd8\xff", "image/jpeg", KIND_OTHER),
	MARK(0, "GIF8", "image/gif", KIND_OTHER),
	MARK(8, "WEBP", "image/webp", KIND_OTHER),
	MARK(0, "BM", "image/bmp", KIND_OTHER),
	MARK(0, "II*\0", "image/tiff", KIND_OTHER),
	MARK(0, "MM\0*", "image/tiff", KIND_OTHER),
	MARK(4, "ftyp", "video/mp4", KIND_OTHER),
	MARK(0, "OggS", "application/ogg", KIND_OTHER),
	MARK(0, "ID3", "audio/mpeg", KIND_OTHER),
	MARK(0, "SQLite format 3\0", "application/vnd.sqlite3", KIND_OTHER),
	MARK(0, "-----BEGIN PGP", "application/pgp", KIND_OTHER),
#undef MARK
};

/* Marks of text, behind blanks, in any case of letters. */
static const struct {
	const char *mark, *type;
} words[] = {
	{ "<!doctype html", "text/html" },
	{ "<html", "text/html" },
	{ "<head", "text/html" },
	{ "<body", "text/html" },
	{ "<script", "text/html" },
	{ "<svg", "image/svg+xml" },
	{ "<?xml", "application/xml" },
	{ "mime-version:", "message/rfc822" },
	{ "begin:vcalendar", "text/calendar" },
	{ "begin:vcard", "text/vcard" },
	{ "[internetshortcut]", "application/x-mswinurl" },
};

/* A PDF may have other octets before its mark (ISO 32000-1 Annex H). */
#define PDF_WITHIN 1024

static const char *
word_type(const guint8 *data, gsize length)
{
	gsize at = 0;

	if (length >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	while (at < length && g_ascii_isspace(data[at]))
		at++;
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		gsize n = strlen(words[i].mark);

		if (length - at >= n &&
		    g_ascii_strncasecmp((const char *)data + at,
					words[i].mark, n) == 0)
			return words[i].type;
	}
	return NULL;
}

const char *
magic_type(const guint8 *data, gsize length)
{
	for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
		if (length >= marks[i].offset + marks[i].length &&
		    memcmp(data + marks[i].offset, marks[i].mark,
			   marks[i].length) == 0)
			return marks[i].type;
	if (memmem(data, MIN(length, PDF_WITHIN), "%PDF-", 5))
		return "application/pdf";
	return word_type(data, length);
}

static bool
is_kind(const char *type, enum kind kind)
{
	for (guint i = 0; type && i < G_N_ELEMENTS(marks); i++)
		if (strcmp(marks[i].type, type) == 0)
			return marks[i].kind == kind;
	return false;
}

bool
magic_is_archive(const char *type)
{
	return is_kind(type, KIND_ARCHIVE);
}

bool
magic_is_program(const char *type)
{
	return is_kind(type, KIND_PROGRAM);
}

bool
magic_has_links(const char *type)
{
	static const char *const types[] = {
		"application/x-mswinurl", "application/rtf", "text/calendar",
		NULL
	};

	return type && g_strv_contains(types, type);
}
