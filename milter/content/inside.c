/*
 * inside.c -- what a file holds: other files, and links
 *
 * An Office or OpenDocument file is an archive, too, but what lies in it is
 * its own affair: of its members only programs, archives and older documents
 * are files to us, and the links that lead out of it are links.
 */
#include "gatepost/content/inside.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/charset.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/files.h"
#include "gatepost/content/joined.h"
#include "gatepost/content/magic.h"
#include "gatepost/content/office.h"
#include "gatepost/content/pdf.h"

/* One file being read, DEPTH archives deep. */
struct opened {
	struct inside *inside;
	File *file;
	const guint8 *octets;
	gsize length;
	guint depth;
	bool is_document;	/* of Office or OpenDocument */
};

static void look(struct opened *opened);

void
inside_init(struct inside *inside, struct links *links, inside_page *page,
	    void *data)
{
	*inside = (struct inside){
		.links = links, .page = page, .data = data,
		.budget = { BOUND_UNPACKED, BOUND_ARCHIVE_MEMBERS, 0 },
	};
}

static Facts *
facts_of(const struct opened *opened)
{
	return opened->inside->links->facts;
}

static void
encrypted(const struct opened *opened)
{
	opened->file->is_encrypted = true;
	facts_defect(facts_of(opened), DEFECT_FILE_ENCRYPTED);
}

/* ---- documents ---- */

static bool
is_document(const guint8 *octets, gsize length)
{
	static const char types[] = "[Content_Types].xml";
	static const char open[] = "mimetypeapplication/vnd.oasis.opendocument";

	return memmem(octets, length, types, sizeof types - 1) ||
	    memmem(octets, MIN(length, 128), open, sizeof open - 1);
}

/* <Relationship TargetMode="External" Target="..."> (ECMA-376-2 9.3). */
static void
on_element(GMarkupParseContext *context, const char *name,
	   const char **names, const char **values, gpointer data,
	   GError **error)
{
	struct links *links = data;
	const char *target = NULL;
	bool is_external = false;

	(void)context;
	(void)error;
	for (guint i = 0; names[i]; i++) {
		if (strcmp(names[i], "Target") == 0 ||
		    strcmp(names[i], "xlink:href") == 0)
			target = values[i];
		/* OpenDocument has no other way to write a link. */
		if (strcmp(names[i], "xlink:href") == 0 ||
		    (strcmp(names[i], "TargetMode") == 0 &&
		     g_ascii_strcasecmp(values[i], "External") == 0))
			is_external = true;
	}
	(void)name;
	if (target && is_external)
		links_add(links, target, NULL, NULL, "file");
}

/* What came before an error counts, as it does for readers. */
static void
relations(struct links *links, const struct member *member)
{
	static const GMarkupParser parser = { .start_element = on_element };
	GMarkupParseContext *context =
	    g_markup_parse_context_new(&parser, 0, links, NULL);

	g_markup_parse_context_parse(context, (const char *)member->data,
				     (gssize)member->length, NULL);
	g_markup_parse_context_free(context);
}

static void
read_document_member(const struct opened *opened, const struct member *member)
{
	if (!member->name || !member->data)
		return;
	if (g_str_has_suffix(member->name, ".rels") ||
	    strcmp(member->name, "content.xml") == 0)
		relations(opened->inside->links, member);
	if (strcmp(member->name, "META-INF/manifest.xml") == 0 &&
	    memmem(member->data, member->length, "encryption-data", 15))
		encrypted(opened);
}

/* Is the member of a document a file by itself? */
static bool
is_embedded(const struct member *member)
{
	const char *seen = member->data ?
	    magic_type(member->data, member->length) : NULL;

	return magic_is_archive(seen) || magic_is_program(seen) ||
	    g_strcmp0(seen, "application/x-ole-storage") == 0;
}

/* ---- archives ---- */

/* The name of a member that has none: that of the archive, without the
 * archive's own ending ("list.txt.gz"). */
static char *
plain_name(const File *container)
{
	const char *dot = container->name ? strrchr(container->name, '.') :
	    NULL;

	return dot && dot > container->name ?
	    g_strndup(container->name, (gsize)(dot - container->name)) : NULL;
}

static void
on_member(const struct member *member, void *data)
{
	const struct opened *opened = data;
	struct opened inner = { .inside = opened->inside,
				.octets = member->data,
				.length = member->length,
				.depth = opened->depth + 1 };
	g_autofree char *name = member->name ? g_strdup(member->name) :
	    plain_name(opened->file);

	if (member->is_hidden)
		facts_defect(facts_of(opened), DEFECT_ARCHIVE_HIDDEN);
	if (opened->is_document) {
		read_document_member(opened, member);
		if (!is_embedded(member))
			return;
	}
	inner.file = files_add_member(facts_of(opened), opened->file, name,
				      member->data, member->length);
	if (inner.file && member->is_encrypted)
		encrypted(&inner);
	if (inner.file && member->data)
		look(&inner);
}

static void
read_archive(struct opened *opened)
{
	if (opened->depth >= BOUND_ARCHIVE_DEPTH) {
		facts_truncated(facts_of(opened), DEFECT_ARCHIVE_LARGE);
		return;
	}
	opened->is_document = is_document(opened->octets, opened->length);
	switch (unpack(opened->octets, opened->length,
		       &opened->inside->budget, on_member, opened)) {
	case UNPACKED_WHOLE:
		break;
	case UNPACKED_CUT:
		facts_truncated(facts_of(opened), DEFECT_ARCHIVE_LARGE);
		break;
	case UNPACKED_BROKEN:
		if (magic_is_archive(opened->file->seen))
			facts_defect(facts_of(opened), DEFECT_ARCHIVE_BROKEN);
		break;
	case UNPACKED_ENCRYPTED:
		encrypted(opened);
		break;
	}
}

/* ---- the rest ---- */

static void
on_pdf_link(const char *uri, void *data)
{
	g_autofree char *valid = g_utf8_make_valid(uri, -1);

	links_add(data, valid, NULL, NULL, "file");
}

static void
read_pdf(struct opened *opened)
{
	struct pdf pdf;

	pdf_read(opened->octets, opened->length, &pdf, on_pdf_link,
		 opened->inside->links);
	if (pdf.is_encrypted)
		encrypted(opened);
	if (pdf.is_cut)
		facts_truncated(facts_of(opened), DEFECT_ARCHIVE_LARGE);
}

/* A shortcut to a site, an invitation, a rich text. */
static void
read_text(const struct opened *opened)
{
	gsize most = MIN(opened->length, BOUND_TEXT), length;
	g_autofree char *text = charset_decode(NULL,
	    (const char *)opened->octets, most, &length, facts_of(opened));

	if (most < opened->length)
		facts_truncated(facts_of(opened), DEFECT_TEXT_LARGE);
	if (strcmp(opened->file->seen, "text/calendar") == 0)
		length = joined_calendar(text, length);
	links_scan(opened->inside->links, text, length, "file");
}

static void
look(struct opened *opened)
{
	const char *seen = opened->file->seen;
	const char *name = opened->file->name;

	if (g_strcmp0(seen, "application/pdf") == 0)
		read_pdf(opened);
	else if (g_strcmp0(seen, "application/x-ole-storage") == 0) {
		if (office_is_encrypted(opened->octets, opened->length))
			encrypted(opened);
	} else if (magic_is_archive(seen) ||
		   (name && files_names_archive(name)))
		read_archive(opened);
	else if (magic_has_links(seen))
		read_text(opened);
	else if (opened->depth > 0 && files_is_page(opened->file))
		opened->inside->page(opened->octets, opened->length,
				     opened->inside->data);
}

void
inside_read(struct inside *inside, File *file, const guint8 *octets,
	    gsize length)
{
	struct opened opened = { .inside = inside, .file = file,
				 .octets = octets, .length = length };

	look(&opened);
}
