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
#include "gatepost/content/words.h"
#include "gatepost/util/digest.h"

/* To add an extension: a word here, by what opening it does. */
static const struct {
	int rank;
	const char *extensions;
} ranks[] = {
	{ 9, " ade adp app appinstaller appx appxbundle bat chm cmd com cpl "
	     "diagcab dll exe gadget hta inf ins isp jar jnlp js jse lnk msc "
	     "msi msix msixbundle msp mst pif ps1 psc1 psd1 psm1 reg scf scr "
	     "sct settingcontent-ms shb sys url vb vbe vbs vhd vhdx wsc wsf "
	     "wsh xll library-ms search-ms desktop command sh py apk dmg pkg "
	     "bgi theme themepack website slk iqy one onepkg rdp " },
	{ 8, " html htm shtml xhtml xht mht mhtml svg svgz xml xsl " },
	{ 7, " docm dotm xlsm xlsb xltm xlam pptm potm ppsm ppam sldm " },
	{ 6, " iso img 7z ace arj cab gz tgz bz2 tbz lz lzh rar tar wim xz "
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

void
files_add(Facts *facts, GPtrArray *names, const char *type,
	  struct decoder *decoder)
{
	g_autoptr(Digest) sum = NULL;
	guint8 room[16 * KIB];
	File *file;
	gsize n;

	if (facts->files->len >= BOUND_FILES) {
		facts_truncated(facts, DEFECT_FILES_MANY);
		return;
	}
	file = fields_new(&file_fields);
	sum = digest_new();
	while ((n = decode_next(decoder, room, sizeof room)) > 0) {
		digest_add(sum, room, n);
		file->size += (gint64)n;
	}
	file->sha256 = digest_end(sum);
	file->type = words_decode(type, strlen(type), BOUND_SHOWN, facts);
	for (guint i = 0; i < names->len; i++)
		g_ptr_array_add(file->names, names->pdata[i]);
	g_ptr_array_set_size(names, 0);
	file->name = file->names->len ? g_strdup(file->names->pdata[0]) :
	    NULL;
	g_ptr_array_add(facts->files, file);
}
