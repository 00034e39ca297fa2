/*
 * preview.c -- a message as plain text for a person
 */
#include "gatepost/content/content.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/headers.h"
#include "gatepost/content/mime.h"
#include "gatepost/content/part.h"
#include "gatepost/content/words.h"
#include "gatepost/util/text.h"

/* Octets of text and characters of a line that are shown. */
#define PREVIEW_MOST (256 * KIB)
#define LINE_MOST 1000

static const char *const shown[] = { "From", "To", "Subject", "Date" };

static void
append_field(GString *out, const struct headers *headers, const char *name,
	     Facts *facts)
{
	const struct header *header = headers_find(headers, name);
	g_autofree char *value = NULL;
	g_autofree char *decoded = NULL;
	g_autofree char *safe = NULL;

	if (!header)
		return;
	value = header_unfold(header, BOUND_HEADER_FIELD);
	decoded = words_decode(value, strlen(value), BOUND_SHOWN, facts);
	safe = text_shown(decoded, LINE_MOST);
	g_string_append_printf(out, "%s: %s\n", name, safe);
}

/* Append TEXT line by line, each made safe. */
static void
append_text(GString *out, const char *text)
{
	while (*text) {
		gsize length = strcspn(text, "\n");
		gsize end = length;
		g_autofree char *line = NULL;
		g_autofree char *safe = NULL;

		if (out->len > PREVIEW_MOST) {
			g_string_append(out, "[...]\n");
			return;
		}
		if (end && text[end - 1] == '\r')
			end--;
		line = g_strndup(text, end);
		g_strdelimit(line, "\t", ' ');
		safe = text_shown(line, LINE_MOST);
		g_string_append_printf(out, "%s\n", safe);
		text += length + (text[length] == '\n');
	}
}

static void
append_files(GString *out, const GPtrArray *files)
{
	if (files->len)
		g_string_append(out, "\nFiles:\n");
	for (guint i = 0; i < files->len && out->len < 2 * PREVIEW_MOST;
	     i++) {
		const File *file = files->pdata[i];
		g_autofree char *name = text_shown(file->name ? file->name :
						   "(no name)", LINE_MOST);
		g_autofree char *type = text_shown(file->type, LINE_MOST);

		g_string_append_printf(out, "  %s  %" G_GINT64_FORMAT
				       " octets  %s  sha256 %s\n", name,
				       file->size, type, file->sha256);
	}
}

char *
content_preview(const guint8 *data, gsize size)
{
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(GString) text = g_string_new(NULL);
	GString *out = g_string_new(NULL);
	struct part_reader reader;
	struct mime_walk walk = { .facts = facts, .found = part_read,
				  .data = &reader };
	struct headers headers;

	size = MIN(size, BOUND_MESSAGE);
	headers_scan(&headers, data, size, facts);
	for (guint i = 0; i < G_N_ELEMENTS(shown); i++)
		append_field(out, &headers, shown[i], facts);
	g_string_append_c(out, '\n');
	part_reader_init(&reader, facts, text);
	mime_read(&walk, data, size, &headers);
	part_reader_clear(&reader);
	append_text(out, text->str);
	append_files(out, facts->files);
	headers_clear(&headers);
	return g_string_free(out, FALSE);
}
