/*
 * files.c -- parts that a reader would save or open: names, digest, size
 *
 * A part may have many names, and which one a mail program takes differs; the
 * one that would be the worst to open speaks for the part.
 */
#include "gatepost/content/files.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/magic.h"
#include "gatepost/content/words.h"
#include "gatepost/model/filename.h"
#include "gatepost/util/digest.h"

/* What is run as it is opened; what holds other files. */
#define RANK_PROGRAM 9
#define RANK_ARCHIVE 6

/* To add an extension: a word here, by what opening it does. */
static const struct {
	int rank;
	const char *extensions;
} ranks[] = {
	{ RANK_PROGRAM, " ade adp app appinstaller appx appxbundle bat chm cmd com cpl "
	     "diagcab dll exe gadget hta inf ins isp jar jnlp js jse lnk msc "
	     "msi msix msixbundle msp mst pif ps1 psc1 psd1 psm1 reg scf scr "
	     "sct settingcontent-ms shb sys url vb vbe vbs vhd vhdx wsc wsf "
	     "wsh xll library-ms search-ms desktop command sh py apk dmg pkg "
	     "bgi theme themepack website slk iqy one onepkg rdp " },
	{ 8, " html htm shtml xhtml xht mht mhtml svg svgz xml xsl " },
	{ 7, " docm dotm xlsm xlsb xltm xlam pptm potm ppsm ppam sldm " },
	{ RANK_ARCHIVE, " iso img 7z ace arj cab gz tgz bz2 tbz lz lzh rar tar wim xz "
	     "zip zipx zst z uu uue r00 r01 001 udf " },
	{ 5, " doc dot rtf xls xlt ppt pps pot wps pub mdb accdb eml msg "
	     "oft " },
	{ 4, " pdf docx xlsx pptx odt ods odp " },
};

/* Of a file's name in lower case. */
static int
rank_of(const char *extension)
{
	g_autofree char *word = g_strdup_printf(" %s ", extension);

	for (guint i = 0; i < G_N_ELEMENTS(ranks); i++)
		if (strstr(ranks[i].extensions, word))
			return ranks[i].rank;
	return 1;
}

int
files_rank(const char *name)
{
	g_autofree char *lower = g_ascii_strdown(name, -1);
	gsize length = strlen(lower);
	const char *dot;

	/* What Windows drops, or a NUL of old times would have cut off. */
	while (length && strchr(". \t", lower[length - 1]))
		lower[--length] = '\0';
	dot = strrchr(lower, '.');
	return dot && !strchr(dot, ' ') ? rank_of(dot + 1) : 0;
}

bool
files_names_archive(const char *name)
{
	return files_rank(name) == RANK_ARCHIVE;
}

static int
compare(const void *a, const void *b)
{
	return files_rank(*(char *const *)b) - files_rank(*(char *const *)a);
}

GPtrArray *
files_names(const struct parameters *type,
	    const struct parameters *disposition, Facts *facts)
{
	GPtrArray *names = g_ptr_array_new();

	parameters_all(disposition, "filename", BOUND_FILE_NAME, names,
		       facts);
	parameters_all(type, "name", BOUND_FILE_NAME, names, facts);
	/* Written the wrong way round, and taken all the same. */
	parameters_all(disposition, "name", BOUND_FILE_NAME, names, facts);
	parameters_all(type, "filename", BOUND_FILE_NAME, names, facts);
	for (guint i = 0; i < names->len; i++)
		if (words_has_bidi(names->pdata[i]))
			facts_defect(facts, DEFECT_NAME_BIDI);
	/* Stable for so few that g_ptr_array_sort merges them. */
	g_ptr_array_sort(names, compare);
	return names;
}

/* A new file at the end of FACTS; NULL beyond the bound. */
static File *
new_file(Facts *facts)
{
	File *file;

	if (facts->files->len >= BOUND_FILES) {
		facts_truncated(facts, DEFECT_FILES_MANY);
		return NULL;
	}
	file = fields_new(&file_fields);
	g_ptr_array_add(facts->files, file);
	return file;
}

/* What FILE's first octets show it to be, whatever it is called. */
static void
see(Facts *facts, File *file, const guint8 *start, gsize length)
{
	file->seen = g_strdup(magic_type(start, length));
	if (magic_is_program(file->seen) && file->name &&
	    files_rank(file->name) < RANK_PROGRAM)
		facts_defect(facts, DEFECT_FILE_DISGUISED);
}

bool
files_is_message(const File *file)
{
	gsize length = file->name ? strlen(file->name) : 0;

	return g_strcmp0(file->seen, "message/rfc822") == 0 ||
	    (length > 4 &&
	     g_ascii_strcasecmp(file->name + length - 4, ".eml") == 0);
}

static bool
may_hold_more(const File *file)
{
	return magic_is_archive(file->seen) ||
	    g_strcmp0(file->seen, "application/pdf") == 0 ||
	    g_strcmp0(file->seen, "application/x-ole-storage") == 0 ||
	    magic_has_links(file->seen) || files_is_message(file) ||
	    (file->name && files_names_archive(file->name));
}

File *
files_add(Facts *facts, GPtrArray *names, const char *type,
	  struct decoder *decoder, GByteArray *octets, bool keeps)
{
	g_autofree guint8 *room = NULL;
	g_autoptr(Digest) sum = NULL;
	File *file = new_file(facts);
	gsize n;

	if (!file)
		return NULL;
	file->type = words_decode(type, strlen(type), BOUND_SHOWN, facts);
	for (guint i = 0; i < names->len; i++)
		g_ptr_array_add(file->names, names->pdata[i]);
	g_ptr_array_set_size(names, 0);
	file->name = file->names->len ? g_strdup(file->names->pdata[0]) :
	    NULL;
	sum = digest_new();
	room = g_malloc(MAGIC_OCTETS);
	while ((n = decode_next(decoder, room, MAGIC_OCTETS)) > 0) {
		if (file->size == 0)
			see(facts, file, room, n);
		digest_add(sum, room, n);
		file->size += (gint64)n;
		if (keeps || may_hold_more(file))
			g_byte_array_append(octets, room, (guint)n);
	}
	file->sha256 = digest_end(sum);
	return file;
}

/* The names of a member: its own, and with its path where it has one. */
static void
name_member(File *file, const char *path, Facts *facts)
{
	g_autofree char *whole = words_clean(path, strlen(path),
					     BOUND_FILE_NAME);
	const char *slash = strrchr(whole, '/');
	const char *back = strrchr(whole, '\\');
	const char *last = MAX(slash, back);

	if (words_has_bidi(whole))
		facts_defect(facts, DEFECT_NAME_BIDI);
	if (last && last[1])
		g_ptr_array_add(file->names, g_strdup(last + 1));
	file->name = g_strdup(last && last[1] ? last + 1 : whole);
	g_ptr_array_add(file->names, g_steal_pointer(&whole));
}

File *
files_add_member(Facts *facts, const File *container, const char *path,
		 const guint8 *data, gsize length)
{
	g_autoptr(Digest) sum = NULL;
	File *file = new_file(facts);

	if (!file)
		return NULL;
	file->inside = g_strdup(container->name ? container->name : "");
	if (path)
		name_member(file, path, facts);
	file->size = (gint64)length;
	if (!data)
		return file;
	sum = digest_new();
	digest_add(sum, data, length);
	file->sha256 = digest_end(sum);
	see(facts, file, data, length);
	return file;
}

bool
files_is_page(const File *file)
{
	return (file->name && filename_is_page(file->name)) ||
	    g_strcmp0(file->seen, "text/html") == 0 ||
	    g_strcmp0(file->seen, "image/svg+xml") == 0;
}
