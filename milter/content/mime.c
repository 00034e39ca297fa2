/*
 * mime.c -- a message's parts, by GMime
 *
 * GMime finds where parts begin and end, and no more: it decodes nothing,
 * writes nothing anew, and is never asked for a boundary, since each of these
 * has faults that a stranger can use.  It builds its whole tree before we
 * can count, so what it is given is bounded first.
 */
#include "gatepost/content/mime.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/decode.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/parameters.h"

/*
 * GMime is not given a message with more lines that look like a delimiter,
 * octets that look like header fields, or commas in them.  A part costs it
 * some 1.5 KB, an octet of header 200 at worst, so both together stay below
 * half of BOUND_WORKER_MEMORY.  The addresses of an attached message take it
 * the square of their number: 10,000 of one letter two thirds of a second.
 */
#define FEED_DELIMITERS (20 * BOUND_MIME_PARTS)
#define FEED_HEADERS (512 * KIB)
#define FEED_COMMAS 4000

void
mime_init(void)
{
	g_mime_init();
}

/* Does LINE start a header field? */
static bool
is_like_header(const guint8 *line, gsize length)
{
	gsize n = 0;

	while (n < length && n < 100 && line[n] > 0x20 && line[n] < 0x7f &&
	       line[n] != ':')
		n++;
	return n > 0 && n < length && line[n] == ':';
}

static gsize
count_commas(const guint8 *line, gsize length)
{
	gsize n = 0;

	for (gsize i = 0; i < length; i++)
		n += line[i] == ',';
	return n;
}

/* Is DATA, which stands behind a header block, cheap for GMime? */
static bool
is_cheap(const guint8 *data, gsize size)
{
	const guint8 *at = data, *end = data + size;
	gsize delimiters = 0, headers = 0, commas = 0;
	/* Whether a field may start here, and be continued. */
	bool may_start = true, may_go_on = false;

	while (at < end) {
		const guint8 *lf = memchr(at, '\n', (gsize)(end - at));
		gsize length = (gsize)((lf ? lf + 1 : end) - at);

		if (length > 2 && at[0] == '-' && at[1] == '-') {
			delimiters++;
			may_start = true;
			may_go_on = false;
		} else if (at[0] == '\n' || at[0] == '\r') {
			may_start = true;
			may_go_on = false;
		} else if (may_start || may_go_on) {
			may_start = may_go_on =
			    at[0] == ' ' || at[0] == '\t' ? may_go_on :
			    is_like_header(at, length);
			headers += may_go_on ? length : 0;
			commas += may_go_on ? count_commas(at, length) : 0;
		}
		if (delimiters > FEED_DELIMITERS || headers > FEED_HEADERS ||
		    commas > FEED_COMMAS)
			return false;
		at += length;
	}
	return true;
}

/* Count one more part; false when there are too many. */
static bool
count_part(struct mime_walk *walk)
{
	if (walk->parts++ < BOUND_MIME_PARTS)
		return true;
	facts_truncated(walk->facts, DEFECT_MIME_PARTS);
	return false;
}

static bool
enter(struct mime_walk *walk)
{
	if (walk->depth >= BOUND_MIME_DEPTH) {
		facts_truncated(walk->facts, DEFECT_MIME_DEEP);
		return false;
	}
	walk->depth++;
	return true;
}

static void read_message(struct mime_walk *walk, const guint8 *data,
			 gsize size);

/* A message that GMime did not look into. */
static void
read_inner(struct mime_walk *walk, const struct mime_part *part)
{
	g_autofree guint8 *message = NULL;
	struct decoder decoder;
	bool is_known;
	gsize length;

	decode_start(&decoder, decode_encoding(part->encoding, &is_known),
		     part->body, part->length);
	if (!enter(walk))
		return;
	if (decoder.encoding == ENCODING_IDENTITY) {
		read_message(walk, part->body, part->length);
	} else if (walk->copied + part->length > BOUND_MESSAGE) {
		facts_truncated(walk->facts, DEFECT_MIME_DEEP);
	} else {
		walk->copied += part->length;
		message = decode_all(&decoder, part->length, &length);
		read_message(walk, message, length);
	}
	walk->depth--;
}

/* The line behind the one at AT, or END. */
static const guint8 *
line_after(const guint8 *at, const guint8 *end)
{
	const guint8 *lf = memchr(at, '\n', (gsize)(end - at));

	return lf ? lf + 1 : end;
}

static bool
starts_field(const guint8 *at, const guint8 *end)
{
	return end - at > 8 &&
	    g_ascii_strncasecmp((const char *)at, "content-", 8) == 0;
}

/* The first line in DATA that would part a multipart: two hyphens and more,
 * then a field of MIME; its LENGTH without blanks at its end.  NULL: none. */
static const guint8 *
find_delimiter(const guint8 *data, const guint8 *end, gsize *length)
{
	const guint8 *at = data, *next;

	while (at && at < end) {
		if (end - at > 2 && at[0] == '-' && at[1] == '-') {
			next = line_after(at, end);
			*length = (gsize)(next - at);
			while (*length && at[*length - 1] <= ' ')
				--*length;
			/* A blank line between is one more way to hide. */
			if (*length > 2 &&
			    (starts_field(next, end) ||
			     (next < end && *next <= ' ' &&
			      starts_field(line_after(next, end), end))))
				return at;
		}
		at = memmem(at, (gsize)(end - at), "\n--", 3);
		at = at ? at + 1 : NULL;
	}
	return NULL;
}

/* Read what stands between delimiters in DATA, which is no multipart by the
 * rules.  False when there are none. */
static bool
read_hidden(struct mime_walk *walk, const guint8 *data, gsize size)
{
	const guint8 *end = data + size;
	const guint8 *from, *at;
	gsize length;

	from = find_delimiter(data, end, &length);
	if (!from || !enter(walk))
		return false;
	facts_defect(walk->facts, DEFECT_MIME_HIDDEN);
	while (from < end && walk->parts < BOUND_MIME_PARTS) {
		const guint8 *start = line_after(from, end);
		const guint8 *delimiter = from;

		for (at = start; at < end; at = line_after(at, end))
			if ((gsize)(end - at) >= length &&
			    memcmp(at, delimiter, length) == 0)
				break;
		/* Here, a blank line in front ends no header block. */
		while (start < at && (*start == '\n' || *start == '\r'))
			start++;
		if (start < at)
			read_message(walk, start, (gsize)(at - start));
		from = at;
	}
	walk->depth--;
	return true;
}

/* Give PART to the caller, or look into it. */
static void
read_leaf(struct mime_walk *walk, const struct mime_part *part)
{
	struct parameters type;

	parameters_read(&type, part->type, walk->facts);
	if (strcmp(type.value, "message/partial") == 0)
		facts_defect(walk->facts, DEFECT_MIME_PARTIAL);
	if (strcmp(type.value, "message/external-body") == 0)
		facts_defect(walk->facts, DEFECT_MIME_EXTERNAL);
	if (strcmp(type.value, "message/rfc822") == 0 ||
	    strcmp(type.value, "message/global") == 0 ||
	    strcmp(type.value, "message/news") == 0) {
		read_inner(walk, part);
	} else {
		walk->found(part, walk->data);
		if (!strchr(type.value, '/') ||
		    g_str_has_prefix(type.value, "text/") ||
		    g_str_has_prefix(type.value, "multipart/"))
			read_hidden(walk, part->body, part->length);
	}
	parameters_clear(&type);
}

/* Raw value of OBJECT's first field NAME; a second one is a defect. */
static const char *
raw_value(struct mime_walk *walk, GMimeObject *object, const char *name)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(object);
	int count = MIN(g_mime_header_list_get_count(list),
			BOUND_HEADER_FIELDS);
	const char *value = NULL;

	for (int i = 0; i < count; i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(list,
								       i);

		if (g_ascii_strcasecmp(g_mime_header_get_name(header),
				       name) != 0)
			continue;
		if (value)
			facts_defect(walk->facts, DEFECT_HEADER_REPEATED);
		else
			value = g_mime_header_get_raw_value(header);
	}
	return value;
}

/* Where in DATA the content of a GMime part is. */
static void
find_body(struct mime_part *part, GMimeObject *object, const guint8 *data,
	  gsize size)
{
	GMimeDataWrapper *content =
	    g_mime_part_get_content(GMIME_PART(object));
	GMimeStream *stream = content ?
	    g_mime_data_wrapper_get_stream(content) : NULL;
	gint64 start, end;

	part->body = data;
	if (!stream)
		return;
	start = stream->bound_start;
	end = stream->bound_end < 0 ? (gint64)size : stream->bound_end;
	if (start < 0 || start > end || end > (gint64)size)
		return;
	part->body = data + start;
	part->length = (gsize)(end - start);
}

static void walk_object(struct mime_walk *walk, GMimeObject *object,
			const guint8 *data, gsize size);

/* What stands in a multipart that has no parts is read as text: some mail
 * program will show it. */
static void
walk_empty(struct mime_walk *walk, GMimeMultipart *multipart)
{
	const char *text = g_mime_multipart_get_prologue(multipart);
	struct mime_part part = { .encoding = NULL };

	facts_defect(walk->facts, DEFECT_MIME_EMPTY);
	if (!text)
		return;
	part.encoding = raw_value(walk, GMIME_OBJECT(multipart),
				  "Content-Transfer-Encoding");
	part.body = (const guint8 *)text;
	part.length = strlen(text);
	read_leaf(walk, &part);
}

static void
walk_multipart(struct mime_walk *walk, GMimeMultipart *multipart,
	       const guint8 *data, gsize size)
{
	int count = g_mime_multipart_get_count(multipart);
	struct parameters type;
	const char *boundary;

	parameters_read(&type, raw_value(walk, GMIME_OBJECT(multipart),
					 "Content-Type"), walk->facts);
	boundary = parameters_find(&type, "boundary");
	if (boundary && strlen(boundary) > BOUND_BOUNDARY)
		facts_defect(walk->facts, DEFECT_MIME_BOUNDARY);
	parameters_clear(&type);
	if (count == 0)
		walk_empty(walk, multipart);
	for (int i = 0; i < count && walk->parts <= BOUND_MIME_PARTS; i++)
		walk_object(walk, g_mime_multipart_get_part(multipart, i),
			    data, size);
}

static void
walk_object(struct mime_walk *walk, GMimeObject *object, const guint8 *data,
	    gsize size)
{
	if (!count_part(walk) || !enter(walk))
		return;
	if (GMIME_IS_MULTIPART(object)) {
		walk_multipart(walk, GMIME_MULTIPART(object), data, size);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(
		    GMIME_MESSAGE_PART(object));
		GMimeObject *inner = message ?
		    g_mime_message_get_mime_part(message) : NULL;

		if (inner)
			walk_object(walk, inner, data, size);
	} else if (GMIME_IS_PART(object)) {
		struct mime_part part = {
			.type = raw_value(walk, object, "Content-Type"),
			.disposition = raw_value(walk, object,
						 "Content-Disposition"),
			.encoding = raw_value(walk, object,
					      "Content-Transfer-Encoding"),
		};

		find_body(&part, object, data, size);
		read_leaf(walk, &part);
	}
	walk->depth--;
}

/* Have GMime find the parts in DATA, which starts with a header block. */
static void
read_parts(struct mime_walk *walk, const guint8 *data, gsize size)
{
	GByteArray octets = { (guint8 *)data, (guint)size };
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&octets);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeObject *object;

	/* The octets are ours, and the stream only reads them. */
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	g_mime_parser_set_persist_stream(parser, TRUE);
	object = g_mime_parser_construct_part(parser, NULL);
	if (object) {
		walk_object(walk, object, data, size);
		g_object_unref(object);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

static char *
unfolded(const struct headers *headers, const char *name)
{
	const struct header *header = headers_find(headers, name);

	return header ? header_unfold(header, BOUND_HEADER_FIELD) : NULL;
}

void
mime_read(struct mime_walk *walk, const guint8 *data, gsize size,
	  const struct headers *headers)
{
	g_autofree char *type = unfolded(headers, "Content-Type");
	g_autofree char *disposition = unfolded(headers,
						"Content-Disposition");
	g_autofree char *encoding = unfolded(headers,
					     "Content-Transfer-Encoding");
	struct mime_part part = {
		type, disposition, encoding, data + headers->size,
		size - headers->size
	};
	const char *start = type ? type : "";
	bool is_message, has_parts;

	start += strspn(start, " \t\"");
	is_message = g_ascii_strncasecmp(start, "message/", 8) == 0;
	has_parts = is_message || *start == '(' ||
	    g_ascii_strncasecmp(start, "multipart", 9) == 0;
	if (has_parts && is_cheap(part.body, part.length)) {
		read_parts(walk, data, size);
	} else if (count_part(walk)) {
		if (has_parts)
			facts_truncated(walk->facts, DEFECT_MIME_COSTLY);
		read_leaf(walk, &part);
	}
}

static void
read_message(struct mime_walk *walk, const guint8 *data, gsize size)
{
	struct headers headers;

	headers_scan(&headers, data, size, walk->facts);
	mime_read(walk, data, size, &headers);
	headers_clear(&headers);
}
