/*
 * preview.c -- a message as a person may see it
 *
 * Read twice: for its facts, which know of links, files and what is in them,
 * and for the text, which is shown on the way.
 */
#include "gatepost/content/content.h"

#include "gatepost/bounds.h"
#include "gatepost/content/headers.h"
#include "gatepost/content/mime.h"
#include "gatepost/content/part.h"
#include "gatepost/content/view.h"

/* Addresses of one field that are shown; the rest is counted. */
#define ADDRESSES_MOST 20

static void
show_text(struct view *view, const char *name, const char *value)
{
	if (value && *value)
		view_row(view, name, value);
}

/* Each author by himself: what is shown of him, and who he is. */
static void
show_mailboxes(struct view *view, const char *name, const GPtrArray *all)
{
	g_autofree char *more = NULL;

	for (guint i = 0; i < MIN(all->len, ADDRESSES_MOST); i++) {
		const Mailbox *one = all->pdata[i];
		g_autofree char *line = g_strdup_printf("%s%s%s<%s>",
		    one->name ? "\"" : "", one->name ? one->name : "",
		    one->name ? "\" " : "", one->address ? one->address :
		    "no address that can be read");

		view_row(view, name, line);
	}
	if (all->len <= ADDRESSES_MOST)
		return;
	more = g_strdup_printf("and %u more", all->len - ADDRESSES_MOST);
	view_row(view, name, more);
}

static void
show_head(struct view *view, const Facts *facts, const GPtrArray *told)
{
	show_mailboxes(view, "From", facts->authors);
	show_mailboxes(view, "Sender", facts->sender);
	show_mailboxes(view, "Reply-To", facts->reply_to);
	show_mailboxes(view, "To", facts->to);
	show_mailboxes(view, "Cc", facts->cc);
	show_text(view, "Date", facts->date);
	show_text(view, "Subject", facts->subject);
	show_text(view, "Message-ID", facts->message_id);
	for (guint i = 0; i < told->len; i++) {
		const Field *field = told->pdata[i];

		show_text(view, field->name, field->value);
	}
}

static void
show_body(struct view *view, const guint8 *data, gsize size)
{
	g_autoptr(Facts) facts = facts_new();
	struct part_reader reader;
	struct mime_walk walk = { .facts = facts, .found = part_read,
				  .data = &reader };
	struct headers headers;

	view_head(view, "Text");
	headers_scan(&headers, data, size, facts);
	part_reader_init(&reader, facts, view);
	mime_read(&walk, data, size, &headers);
	part_reader_clear(&reader);
	headers_clear(&headers);
}

static void
show_links(struct view *view, const Facts *facts)
{
	if (facts->urls->len)
		view_head(view, "Links");
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		view_row(view, "link", link->url ? link->url : link->raw);
		show_text(view, "  shown as", link->text);
		show_text(view, "  taken out of", link->wrapper);
	}
}

static void
show_file(struct view *view, const File *file)
{
	g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT
						" octets", file->size);

	view_row(view, "file", file->name ? file->name : "(no name)");
	for (guint i = 1; i < file->names->len; i++)
		view_row(view, "  also named", file->names->pdata[i]);
	if (file->inside)
		view_row(view, "  in", *file->inside ? file->inside :
			 "(no name)");
	show_text(view, "  declared as", file->type);
	show_text(view, "  looks like", file->seen);
	if (file->is_encrypted)
		view_row(view, "  is", "encrypted");
	view_row(view, "  size", size);
	show_text(view, "  sha256", file->sha256);
}

static void
show_defects(struct view *view, const Facts *facts)
{
	if (facts->defects->len)
		view_head(view, "Defects");
	for (guint i = 0; i < facts->defects->len; i++)
		view_row(view, "defect", facts->defects->pdata[i]);
}

char *
content_preview(const guint8 *data, gsize size, const Request *request)
{
	g_autoptr(Facts) facts = facts_new();
	struct view *view = view_new(request->kind == REQUEST_PAGE);

	content_read(data, size, request, facts);
	show_head(view, facts, request->told);
	show_body(view, data, MIN(size, BOUND_MESSAGE));
	show_links(view, facts);
	if (facts->files->len)
		view_head(view, "Files");
	for (guint i = 0; i < facts->files->len; i++)
		show_file(view, facts->files->pdata[i]);
	show_defects(view, facts);
	return view_end(view);
}
