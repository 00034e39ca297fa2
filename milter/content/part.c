/*
 * part.c -- what one part of a message gives: links, text, a file
 *
 * A file that a program would show as a page or as text is read for links,
 * too: a page sent as a file is a page all the same.
 */
#include "gatepost/content/part.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/charset.h"
#include "gatepost/content/decode.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/files.h"
#include "gatepost/content/headers.h"
#include "gatepost/content/html.h"
#include "gatepost/content/joined.h"
#include "gatepost/content/parameters.h"
#include "gatepost/model/filename.h"
#include "gatepost/content/visible.h"

/* Octets kept of a page's base; each relative link is longer by it. */
#define BASE_MOST 512

/* One part with its fields read. */
struct opened {
	const struct mime_part *part;
	struct parameters type;		/* the part's own */
	struct parameters disposition;
	GPtrArray *names;
	enum encoding encoding;
};

static void read_inner_page(const guint8 *octets, gsize length, void *data);

void
part_reader_init(struct part_reader *reader, Facts *facts, struct view *view)
{
	*reader = (struct part_reader){ .facts = facts, .view = view,
					.text_left = BOUND_TEXT };
	links_init(&reader->links, facts);
	inside_init(&reader->inside, &reader->links, read_inner_page, reader);
}

void
part_reader_clear(struct part_reader *reader)
{
	links_clear(&reader->links);
	g_clear_pointer(&reader->base, g_free);
}

static void
html_link(const char *raw, const char *text, void *data)
{
	struct part_reader *reader = data;

	/* A person sees where it leads. */
	if (reader->view && text)
		view_link(reader->view, raw);
	links_add(&reader->links, raw, reader->base, text, "html");
}

static void
html_base(const char *raw, void *data)
{
	struct part_reader *reader = data;

	g_free(reader->base);
	reader->base = g_strndup(raw, BASE_MOST);
}

static void
html_script(const char *text, gsize length, void *data)
{
	struct part_reader *reader = data;
	g_autofree char *script = g_strndup(text, length);

	/* Both quotes end a string there; in prose one is an apostrophe. */
	g_strdelimit(script, "'", '"');
	links_scan(&reader->links, script, length, "html");
}

static void
show_text(const char *text, gsize length, bool is_hidden, void *data)
{
	view_text(data, text, length, is_hidden);
}

static void
show_tag(const char *name, bool is_end, void *data)
{
	view_tag(data, name, is_end);
}

static void
read_html(struct part_reader *reader, const char *text, gsize length)
{
	g_autoptr(GString) shown = g_string_sized_new(length / 4 + 64);
	g_autoptr(GString) hidden = g_string_new(NULL);
	struct html_sink sink = {
		.link = html_link, .base = html_base, .script = html_script,
		.data = reader, .text = shown, .hidden = hidden,
	};
	const struct html_reader to_view = { show_text, show_tag,
					     reader->view };

	if (!html_read_to(text, length, &sink,
			  reader->view ? &to_view : NULL))
		facts_truncated(reader->facts, DEFECT_HTML_TAGS);
	if (reader->view) {
		view_page_end(reader->view);
	} else {
		visible_count(shown->str, shown->len, reader->facts);
		reader->facts->text_hidden += visible_length(hidden->str,
							     hidden->len);
		links_scan(&reader->links, shown->str, shown->len, "text");
		links_scan(&reader->links, hidden->str, hidden->len, "text");
	}
	g_clear_pointer(&reader->base, g_free);
}

static void
note_decoder(const struct decoder *decoder, Facts *facts)
{
	if (decoder->after_padding)
		facts_defect(facts, DEFECT_BASE64_AFTER_PADDING);
	if (decoder->has_junk && decoder->encoding == ENCODING_BASE64)
		facts_defect(facts, DEFECT_BASE64_JUNK);
}

static void
read_decoded(struct part_reader *reader, const char *text, gsize length,
	     bool is_html)
{
	if (is_html) {
		read_html(reader, text, length);
	} else if (reader->view) {
		view_plain(reader->view, text, length);
	} else {
		visible_count(text, length, reader->facts);
		links_scan(&reader->links, text, length, "text");
	}
}

/* A page in an archive; its charset is its own affair. */
static void
read_inner_page(const guint8 *octets, gsize length, void *data)
{
	struct part_reader *reader = data;
	gsize most = MIN(MIN(length, BOUND_TEXT_PART), reader->text_left);
	g_autofree char *text = NULL;

	if (most < length)
		facts_truncated(reader->facts, DEFECT_TEXT_LARGE);
	reader->text_left -= most;
	text = charset_decode(NULL, (const char *)octets, most, &length,
			      reader->facts);
	read_html(reader, text, length);
}

/* How often a charset was seen by which markup can be hidden. */
static gint64
count_odd(const Facts *facts)
{
	return facts_defect_count(facts, DEFECT_CHARSET_UTF7) +
	    facts_defect_count(facts, DEFECT_CHARSET_ODD);
}

/* As a program shows TEXT of LENGTH octets, in place; its new length. */
static gsize
join(const struct opened *opened, char *text, gsize length)
{
	const struct parameters *type = &opened->type;
	const char *format = parameters_find(type, "format");
	const char *delsp = parameters_find(type, "delsp");

	if (strcmp(type->value, "text/calendar") == 0 ||
	    strcmp(type->value, "text/vcard") == 0)
		return joined_calendar(text, length);
	if (format && delsp && g_ascii_strcasecmp(format, "flowed") == 0 &&
	    g_ascii_strcasecmp(delsp, "yes") == 0)
		return joined_flowed(text, length);
	return length;
}

static void
read_text(struct part_reader *reader, const struct opened *opened,
	  bool is_html)
{
	const struct mime_part *part = opened->part;
	gsize most = MIN(BOUND_TEXT_PART, reader->text_left);
	g_autofree guint8 *made = NULL;
	g_autofree char *text = NULL, *other = NULL;
	const guint8 *octets;
	gint64 odd = count_odd(reader->facts);
	struct decoder decoder;
	gsize length, shown;

	decode_start(&decoder, opened->encoding, part->body, part->length);
	octets = decode_view(&decoder, most, &length, &made);
	note_decoder(&decoder, reader->facts);
	if (decoder.at < decoder.end)
		facts_truncated(reader->facts, DEFECT_TEXT_LARGE);
	reader->text_left -= length;
	text = charset_decode(parameters_find(&opened->type, "charset"),
			      (const char *)octets, length, &shown,
			      reader->facts);
	shown = join(opened, text, shown);
	read_decoded(reader, text, shown, is_html);
	if (count_odd(reader->facts) == odd)
		return;
	/* Programs that do not know it take the octets as they are. */
	other = charset_decode(NULL, (const char *)octets, length, &shown,
			       reader->facts);
	read_decoded(reader, other, shown, is_html);
}

static bool
has_prefix(const struct opened *opened, const char *prefix)
{
	return g_str_has_prefix(opened->type.value, prefix);
}

static bool
is_html(const struct opened *opened)
{
	if (strcmp(opened->type.value, "text/html") == 0 ||
	    strcmp(opened->type.value, "application/xhtml+xml") == 0 ||
	    strcmp(opened->type.value, "image/svg+xml") == 0)
		return true;
	for (guint i = 0; i < opened->names->len; i++)
		if (filename_is_page(opened->names->pdata[i]))
			return true;
	return false;
}

/* Text is what says so, what says nothing, and reports about mail. */
static bool
is_text(const struct opened *opened)
{
	return has_prefix(opened, "text/") || has_prefix(opened, "message/") ||
	    has_prefix(opened, "multipart/") ||
	    !strchr(opened->type.value, '/');
}

static bool
is_file(const struct opened *opened)
{
	return opened->names->len > 0 ||
	    strcmp(opened->disposition.value, "attachment") == 0 ||
	    !is_text(opened);
}

static enum encoding
find_encoding(const struct mime_part *part, Facts *facts)
{
	bool is_known;
	enum encoding encoding = decode_encoding(part->encoding, &is_known);

	if (is_known)
		return encoding;
	facts_defect(facts, DEFECT_ENCODING_UNKNOWN);
	if (encoding == ENCODING_IDENTITY &&
	    decode_looks_base64(part->body, part->length))
		return ENCODING_BASE64;
	return encoding;
}

/* A message that is sent as a file: whoever opens it sees it. */
static void
read_message(struct part_reader *reader, const guint8 *octets, gsize length)
{
	struct mime_walk walk = {
		.facts = reader->facts, .found = part_read, .data = reader,
		.parts = reader->parts, .cost = reader->cost,
	};
	guint parts = walk.parts;
	gsize cost = walk.cost;
	struct headers headers;

	if (reader->messages >= BOUND_MESSAGE_FILES) {
		facts_truncated(reader->facts, DEFECT_MIME_DEEP);
		return;
	}
	while (length > 0 && (*octets == '\r' || *octets == '\n')) {
		octets++;
		length--;
	}
	reader->messages++;
	headers_scan(&headers, octets, length, reader->facts);
	mime_read(&walk, octets, length, &headers);
	headers_clear(&headers);
	reader->messages--;
	/* Those in it have added theirs. */
	reader->parts += walk.parts - parts;
	reader->cost += walk.cost - cost;
}

static void
read_file(struct part_reader *reader, struct opened *opened)
{
	g_autoptr(GByteArray) octets = g_byte_array_new();
	struct decoder decoder;
	File *file;

	decode_start(&decoder, opened->encoding, opened->part->body,
		     opened->part->length);
	file = files_add(reader->facts, opened->names, opened->type.value,
			 &decoder, octets, reader->found != NULL);
	if (file && reader->found)
		reader->found(file, octets->data, octets->len, reader->user);
	if (file && octets->len && !reader->view)
		inside_read(&reader->inside, file, octets->data, octets->len);
	if (file && octets->len && !reader->view && files_is_message(file))
		read_message(reader, octets->data, octets->len);
	note_decoder(&decoder, reader->facts);
	/* In a text many programs forget to write it so. */
	if (decoder.has_junk && decoder.encoding == ENCODING_QUOTED)
		facts_defect(reader->facts, DEFECT_QUOTED_JUNK);
}

void
part_read(const struct mime_part *part, void *data)
{
	struct part_reader *reader = data;
	struct opened opened = { .part = part };
	bool html, file, text;

	opened.type = *part->type;
	parameters_read(&opened.disposition, part->disposition,
			reader->facts);
	opened.names = files_names(&opened.type, &opened.disposition,
				   reader->facts);
	opened.encoding = find_encoding(part, reader->facts);
	html = is_html(&opened);
	file = is_file(&opened);
	text = html || is_text(&opened);
	/* A person is shown what is no file, once. */
	if (text && !(reader->view && (file || part->is_other)))
		read_text(reader, &opened, html);
	if (file)
		read_file(reader, &opened);
	for (guint i = 0; i < opened.names->len; i++)
		g_free(opened.names->pdata[i]);
	g_ptr_array_free(opened.names, TRUE);
	parameters_clear(&opened.disposition);
}
