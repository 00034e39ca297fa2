/*
 * headers.c -- find the fields of a header block
 *
 * A strict scan of our own, since the parser of MIME hides what matters here:
 * odd line ends, lines that are no fields, and which of its name a field is,
 * as the MTA counts when it is told to change one.
 */
#include "gatepost/content/headers.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

/* Fields found beyond the bounds, of those that have to be removed. */
#define OURS_MOST (10 * BOUND_HEADER_FIELDS)

/* RFC 5322 3.6 and RFC 2045: at most one each. */
static const char *const singles[] = {
	"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date",
	"message-id", "in-reply-to", "references", "mime-version",
	"content-type", "content-transfer-encoding", "content-disposition",
	NULL
};

struct scan {
	struct headers *headers;
	Facts *facts;
	const char *start;	/* of the block */
	bool is_open;		/* the last field may still be continued */
	bool is_cut;		/* a bound was met */
	const char *bare;	/* name without colon on the line before */
	guint lines_crlf, lines_lf;
};

static bool
is_name(char c)
{
	return c > 0x20 && c < 0x7f && c != ':';
}

static guint32
hash_name(const char *name, gsize length)
{
	guint32 hash = 2166136261u;

	/* 0x20 is what parts a letter's cases. */
	for (gsize i = 0; i < length; i++)
		hash = (hash ^ ((guchar)name[i] | 0x20)) * 16777619u;
	return hash;
}

static bool
is_to_be_removed(const struct header *field)
{
	return header_is(field, "Authentication-Results") ||
	    (field->name_length >= 11 &&
	     g_ascii_strncasecmp(field->name, "X-Gatepost-", 11) == 0);
}

static bool
is_same(const struct header *one, const struct header *other)
{
	return one->hash == other->hash &&
	    one->name_length == other->name_length &&
	    g_ascii_strncasecmp(one->name, other->name,
				one->name_length) == 0;
}

static void
number(GArray *fields, struct header *field)
{
	field->index = 1;
	for (guint i = fields->len; i-- > 0;) {
		const struct header *earlier =
		    &g_array_index(fields, struct header, i);

		if (is_same(earlier, field)) {
			field->index = earlier->index + 1;
			return;
		}
	}
}

static void
add_field(struct scan *scan, struct header *field)
{
	GArray *fields = scan->headers->fields;

	if (fields->len >= BOUND_HEADER_FIELDS && !scan->is_cut) {
		facts_truncated(scan->facts, DEFECT_HEADER_MANY);
		scan->is_cut = true;
	}
	if (field->name - scan->start > BOUND_HEADER_BLOCK &&
	    !scan->is_cut) {
		facts_truncated(scan->facts, DEFECT_HEADER_LARGE);
		scan->is_cut = true;
	}
	scan->is_open = false;
	if (scan->is_cut && (!is_to_be_removed(field) ||
			     fields->len >= OURS_MOST))
		return;
	number(fields, field);
	if (field->index == 2)
		for (guint i = 0; singles[i]; i++)
			if (header_is(field, singles[i]))
				facts_defect(scan->facts,
					     DEFECT_HEADER_REPEATED);
	g_array_append_val(fields, *field);
	scan->is_open = true;
}

/* Another program may read the block in another way. */
static void
odd(struct scan *scan, const char *defect)
{
	facts_defect(scan->facts, defect);
	scan->headers->is_odd = true;
}

static bool
is_blank(const char *line, gsize length)
{
	gsize n = 0;

	while (n < length && (line[n] == ' ' || line[n] == '\t' ||
			      line[n] == '\r'))
		n++;
	return n == length;
}

/* Is a name's colon the first thing on a LINE of LENGTH octets? */
static bool
take_folded(struct scan *scan, const char *line, gsize length)
{
	struct header field = { .name = scan->bare };
	gsize n = 0;

	while (n < length && (line[n] == ' ' || line[n] == '\t'))
		n++;
	if (!scan->bare || n == length || line[n] != ':')
		return false;
	while (is_name(field.name[field.name_length]))
		field.name_length++;
	field.value = line + n + 1;
	field.length = length - n - 1;
	field.hash = hash_name(field.name, field.name_length);
	facts_defect(scan->facts, DEFECT_HEADER_FOLDED);
	add_field(scan, &field);
	return true;
}

/* A line that is no field, but that some program shows as an author's: blanks
 * or controls, "From", a colon. */
static void
take_author(struct scan *scan, const char *line, gsize length)
{
	struct header field = { .name = line };
	gsize n = 0;

	while (n < length && (guchar)line[n] <= 0x20)
		n++;
	field.name += n;
	field.name_length = 4;
	if (length - n < 5 || !header_is(&field, "From"))
		return;
	n += 4;
	while (n < length && (line[n] == ' ' || line[n] == '\t'))
		n++;
	if (n == length || line[n] != ':')
		return;
	field.value = line + n + 1;
	field.length = length - n - 1;
	field.hash = hash_name(field.name, field.name_length);
	add_field(scan, &field);
}

/* LENGTH octets of a LINE that starts with a blank. */
static void
continue_field(struct scan *scan, const char *line, gsize length)
{
	GArray *fields = scan->headers->fields;
	struct header *last;

	if (take_folded(scan, line, length))
		return;
	if (!scan->is_cut && is_blank(line, length))
		odd(scan, DEFECT_HEADER_BLANK_LINE);
	if (!scan->is_open) {
		if (!scan->is_cut)
			odd(scan, DEFECT_HEADER_MALFORMED);
		take_author(scan, line, length);
		return;
	}
	last = &g_array_index(fields, struct header, fields->len - 1);
	last->length = (gsize)(line + length - last->value);
}

static void
read_line(struct scan *scan, const char *line, gsize length)
{
	struct header field = { .name = line };
	gsize colon;

	if (line[0] == ' ' || line[0] == '\t') {
		continue_field(scan, line, length);
		scan->bare = NULL;
		return;
	}
	scan->bare = NULL;
	while (field.name_length < length && is_name(line[field.name_length]))
		field.name_length++;
	colon = field.name_length;
	while (colon < length && (line[colon] == ' ' || line[colon] == '\t'))
		colon++;
	if (field.name_length == 0 || colon == length || line[colon] != ':') {
		/* A mailbox file's line in front is nobody's attack. */
		if (line != scan->start || length < 5 ||
		    memcmp(line, "From ", 5) != 0)
			odd(scan, DEFECT_HEADER_MALFORMED);
		scan->is_open = false;
		if (colon == length && field.name_length)
			scan->bare = line;
		take_author(scan, line, length);
		return;
	}
	if (colon > field.name_length)
		facts_defect(scan->facts, DEFECT_HEADER_BLANK);
	field.value = line + colon + 1;
	field.length = length - colon - 1;
	field.hash = hash_name(line, field.name_length);
	add_field(scan, &field);
}

/* What can be said of a block only at its end. */
static void
finish(struct scan *scan)
{
	GArray *fields = scan->headers->fields;

	if (memchr(scan->start, '\0', scan->headers->size))
		odd(scan, DEFECT_HEADER_NUL);
	if (scan->lines_crlf && scan->lines_lf)
		facts_defect(scan->facts, DEFECT_HEADER_BARE_LF);
	for (guint i = 0; i < fields->len; i++) {
		struct header *field =
		    &g_array_index(fields, struct header, i);

		if (field->length <= BOUND_HEADER_FIELD)
			continue;
		field->length = BOUND_HEADER_FIELD;
		facts_truncated(scan->facts, DEFECT_HEADER_LONG);
	}
}

void
headers_scan(struct headers *headers, const guint8 *data, gsize size,
	     Facts *facts)
{
	struct scan scan = { .headers = headers, .facts = facts,
			     .start = (const char *)data };
	const char *at = scan.start, *end = at + size;

	headers->is_odd = false;
	headers->fields = g_array_sized_new(FALSE, FALSE,
					    sizeof(struct header), 64);
	while (at < end) {
		const char *lf = memchr(at, '\n', (gsize)(end - at));
		const char *next = lf ? lf + 1 : end;
		gsize length = (gsize)((lf ? lf : end) - at);

		if (lf && length && at[length - 1] == '\r') {
			length--;
			scan.lines_crlf++;
		} else if (lf) {
			scan.lines_lf++;
		}
		if (length == 0 && lf) {
			at = next;
			break;
		}
		if (memchr(at, '\r', length))
			odd(&scan, DEFECT_HEADER_BARE_CR);
		if (length)
			read_line(&scan, at, length);
		at = next;
	}
	headers->size = (gsize)(at - scan.start);
	finish(&scan);
}

void
headers_clear(struct headers *headers)
{
	g_clear_pointer(&headers->fields, g_array_unref);
}

bool
header_is(const struct header *header, const char *name)
{
	/* 0x20 is what parts a letter's cases. */
	return ((*header->name ^ *name) & ~0x20) == 0 &&
	    strlen(name) == header->name_length &&
	    g_ascii_strncasecmp(header->name, name, header->name_length) == 0;
}

const struct header *
headers_find(const struct headers *headers, const char *name)
{
	guint32 hash = hash_name(name, strlen(name));

	for (guint i = 0; i < headers->fields->len; i++) {
		const struct header *field =
		    &g_array_index(headers->fields, struct header, i);

		if (field->hash == hash && header_is(field, name))
			return field;
	}
	return NULL;
}

char *
header_unfold(const struct header *header, gsize most)
{
	const char *from = header->value, *end = from + header->length;
	char *value, *to;

	while (from < end && g_ascii_isspace(*from))
		from++;
	while (end > from && g_ascii_isspace(end[-1]))
		end--;
	to = value = g_malloc(MIN((gsize)(end - from), most) + 1);
	for (; from < end && (gsize)(to - value) < most; from++)
		if (*from != '\r' && *from != '\n')
			*to++ = *from ? *from : ' ';
	*to = '\0';
	return value;
}
