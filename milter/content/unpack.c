/*
 * unpack.c -- the files inside an archive, by libarchive, within bounds
 *
 * Nothing is written, and no other program is run: filters for which
 * libarchive would start one are not asked for.
 */
#include "gatepost/content/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <time.h>

#include "gatepost/bounds.h"

struct walk {
	struct unpack_budget *budget;
	unpack_found *found;
	void *data;
	gsize left;		/* by the ratio */
	GHashTable *seen;	/* names of members */
	bool is_again;		/* the archive is read in the other way */
	bool is_cut, is_broken, is_encrypted;
};

static gint64
cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Those of libarchive's filters for which it starts no program. */
static void
support_filters(struct archive *archive)
{
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_lzma(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_compress(archive);
	archive_read_support_filter_lz4(archive);
}

/* Those of its formats that do not take anything for an archive. */
static void
support_formats(struct archive *archive)
{
	archive_read_support_format_tar(archive);
	archive_read_support_format_zip(archive);
	archive_read_support_format_7zip(archive);
	archive_read_support_format_rar(archive);
	archive_read_support_format_rar5(archive);
	archive_read_support_format_iso9660(archive);
	archive_read_support_format_cab(archive);
	archive_read_support_format_lha(archive);
	archive_read_support_format_xar(archive);
	archive_read_support_format_ar(archive);
	archive_read_support_format_cpio(archive);
}

/* What the entry holds, to OCTETS; false when it was cut or is broken. */
static bool
read_member(struct walk *walk, struct archive *archive, GByteArray *octets)
{
	gsize most = MIN(walk->left, walk->budget->octets);
	const void *block;
	la_int64_t offset;
	size_t size;
	int result;

	while ((result = archive_read_data_block(archive, &block, &size,
						 &offset)) >= ARCHIVE_WARN &&
	       result != ARCHIVE_EOF) {
		/* Blocks come in order; a hole between them is of zeros. */
		if (offset < 0 || (guint64)offset < octets->len ||
		    (guint64)offset > most || size > most - (gsize)offset ||
		    cpu_now() > walk->budget->cpu) {
			walk->is_cut = true;
			break;
		}
		if ((gsize)offset > octets->len) {
			guint old = octets->len;

			g_byte_array_set_size(octets, (guint)offset);
			memset(octets->data + old, 0, octets->len - old);
		}
		g_byte_array_append(octets, block, (guint)size);
	}
	walk->left -= MIN(walk->left, octets->len);
	walk->budget->octets -= MIN(walk->budget->octets, octets->len);
	if (result < ARCHIVE_WARN)
		walk->is_broken = true;
	return result == ARCHIVE_EOF;
}

/* The name of ENTRY in UTF-8, NULL for none.  Yours. */
static char *
name_of(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);

	if (!name)
		name = archive_entry_pathname(entry);
	return name ? g_utf8_make_valid(name, -1) : NULL;
}

static void
one_member(struct walk *walk, struct archive *archive,
	   struct archive_entry *entry)
{
	g_autoptr(GByteArray) octets = NULL;
	g_autofree char *name = name_of(entry);
	bool is_raw = archive_format(archive) == ARCHIVE_FORMAT_RAW;
	struct member member = {
		.name = is_raw ? NULL : name,
		.is_encrypted = archive_entry_is_encrypted(entry),
		.is_hidden = walk->is_again,
	};

	if (archive_entry_filetype(entry) == AE_IFDIR)
		return;
	if (walk->is_again && name &&
	    g_hash_table_contains(walk->seen, name)) {
		/* Passed over here, within bounds: libarchive's own way knows
		 * none. */
		octets = g_byte_array_new();
		read_member(walk, archive, octets);
		return;
	}
	if (walk->budget->members == 0) {
		walk->is_cut = true;
		return;
	}
	walk->budget->members--;
	if (name)
		g_hash_table_add(walk->seen, g_strdup(name));
	if (!member.is_encrypted) {
		octets = g_byte_array_new();
		if (read_member(walk, archive, octets) || octets->len) {
			member.data = octets->data ? octets->data :
			    (const guint8 *)"";
			member.length = octets->len;
		}
	}
	walk->found(&member, walk->data);
}

static void
all_members(struct walk *walk, struct archive *archive)
{
	struct archive_entry *entry;
	int result;

	while ((result = archive_read_next_header(archive, &entry)) >=
	       ARCHIVE_WARN && result != ARCHIVE_EOF) {
		one_member(walk, archive, entry);
		if (walk->is_cut || cpu_now() > walk->budget->cpu) {
			walk->is_cut = true;
			return;
		}
	}
	if (archive_read_has_encrypted_entries(archive) > 0)
		walk->is_encrypted = true;
	if (result != ARCHIVE_EOF)
		walk->is_broken = true;
}

enum reading { READ_FORMATS, READ_ZIP_LINES, READ_RAW };

/* Read it in one way; false when it is nothing of that kind. */
static bool
read_once(struct walk *walk, const guint8 *octets, gsize length,
	  enum reading reading)
{
	struct archive *archive = archive_read_new();
	bool good;

	if (!archive)
		g_error("libarchive: out of memory");
	switch (reading) {
	case READ_FORMATS:
		support_filters(archive);
		support_formats(archive);
		break;
	case READ_ZIP_LINES:
		archive_read_support_format_zip_streamable(archive);
		break;
	case READ_RAW:
		support_filters(archive);
		archive_read_support_format_raw(archive);
		break;
	}
	good = archive_read_open_memory(archive, octets, length) == ARCHIVE_OK;
	if (good)
		all_members(walk, archive);
	good = good && archive_format(archive) != 0;
	archive_read_free(archive);
	return good;
}

/* One compressed file alone: what only a filter's mark makes an archive. */
static bool
is_compressed(const guint8 *octets, gsize length)
{
	static const struct {
		const char *mark;
		gsize length;
	} marks[] = {
		{ "\x1f\x8b", 2 }, { "BZh", 3 }, { "\xfd" "7zXZ", 5 },
		{ "\x28\xb5\x2f\xfd", 4 }, { "\x1f\x9d", 2 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(marks); i++)
		if (length > marks[i].length &&
		    memcmp(octets, marks[i].mark, marks[i].length) == 0)
			return true;
	return false;
}

/* Places in OCTETS that may begin a member of a zip. */
static guint
zip_members(const guint8 *octets, gsize length)
{
	const guint8 *at = octets, *end = octets + length;
	guint count = 0;

	while ((at = memmem(at, (gsize)(end - at), "PK\3\4", 4))) {
		count++;
		at += 4;
	}
	return count;
}

static void
read_all_ways(struct walk *walk, const guint8 *octets, gsize length)
{
	bool is_zip = length > 4 && memcmp(octets, "PK", 2) == 0;

	if (read_once(walk, octets, length, READ_FORMATS) &&
	    (g_hash_table_size(walk->seen) || walk->is_encrypted)) {
		/* Of a zip, some programs read the directory at its end, some
		 * the members as they follow each other. */
		walk->is_again = true;
		if (is_zip && !walk->is_cut && zip_members(octets, length) >
		    g_hash_table_size(walk->seen))
			read_once(walk, octets, length, READ_ZIP_LINES);
		return;
	}
	if (!is_compressed(octets, length))
		return;
	walk->is_broken = false;
	read_once(walk, octets, length, READ_RAW);
}

enum unpacked
unpack(const guint8 *octets, gsize length, struct unpack_budget *budget,
       unpack_found *found, void *data)
{
	g_autoptr(GHashTable) seen =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct walk walk = {
		.budget = budget, .found = found, .data = data, .seen = seen,
		.left = MIN(length, BOUND_UNPACKED) * BOUND_ARCHIVE_RATIO,
	};

	if (!budget->cpu)
		budget->cpu = cpu_now() + BOUND_UNPACK_MS * 1000;
	read_all_ways(&walk, octets, length);
	if (walk.is_cut)
		return UNPACKED_CUT;
	if (g_hash_table_size(seen) == 0 && walk.is_encrypted)
		return UNPACKED_ENCRYPTED;
	return walk.is_broken ? UNPACKED_BROKEN : UNPACKED_WHOLE;
}

void
unpack_versions(GString *out)
{
	g_string_append_printf(out, "%s\n", archive_version_string());
}
