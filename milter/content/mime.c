/*
 * mime.c -- a message's parts, in every way in which they can be read
 *
 * Nothing is built: a part is a range of the message's octets, and a walk
 * over ranges costs no memory.  The first reading is that of the rules (RFC
 * 2046); another one is followed only where the header or the delimiters are
 * such that programs are known to differ, and that is a defect.
 */
#include "gatepost/content/mime.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/decode.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/split.h"

/* Values of one field, and boundaries of one type, that are followed. */
#define VALUES_MOST 4
/* Octets of a leaf count so often, since they are decoded, too. */
#define LEAF_COST 3

/* The fields that say what a part is, each with all its values. */
enum which { TYPE, DISPOSITION, ENCODING, FIELDS };
static const char *const names[FIELDS] = {
	"Content-Type", "Content-Disposition", "Content-Transfer-Encoding"
};

struct values {
	char *of[FIELDS][VALUES_MOST];
	guint count[FIELDS];
};

/* Octets and the header that stands before them. */
struct entity {
	const guint8 *body;
	gsize length;
	bool is_digest;		/* a part of multipart/digest */
};

static void
values_clear(struct values *values)
{
	for (guint f = 0; f < FIELDS; f++)
		for (guint i = 0; i < values->count[f]; i++)
			g_free(values->of[f][i]);
}

/* Take VALUE as one more of FIELD. */
static void
values_take(struct values *values, guint field, char *value)
{
	guint *count = &values->count[field];

	for (guint i = 0; i < *count; i++)
		if (g_ascii_strcasecmp(values->of[field][i], value) == 0) {
			g_free(value);
			return;
		}
	if (*count < VALUES_MOST)
		values->of[field][(*count)++] = value;
	else
		g_free(value);
}

static void
values_read(struct values *values, const struct headers *headers)
{
	for (guint i = 0; i < headers->fields->len; i++) {
		const struct header *header =
		    &g_array_index(headers->fields, struct header, i);

		if (header->name_length < 12)
			continue;
		for (guint f = 0; f < FIELDS; f++)
			if (header_is(header, names[f]))
				values_take(values, f, header_unfold(
					    header, BOUND_HEADER_FIELD));
	}
}

static bool
values_same(const struct values *one, const struct values *other)
{
	for (guint f = 0; f < FIELDS; f++) {
		if (one->count[f] != other->count[f])
			return false;
		for (guint i = 0; i < one->count[f]; i++)
			if (g_ascii_strcasecmp(one->of[f][i],
					       other->of[f][i]) != 0)
				return false;
	}
	return true;
}

/* ---- bounds ---- */

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
pay(struct mime_walk *walk, gsize cost)
{
	walk->cost += cost;
	if (walk->cost <= BOUND_MIME_COST)
		return true;
	facts_truncated(walk->facts, DEFECT_MIME_COSTLY);
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

/* ---- one reading of one part ---- */

static void read_entity(struct mime_walk *walk, const guint8 *data,
			gsize size, bool is_digest);

/* A message within a part. */
static void
read_inner(struct mime_walk *walk, const struct mime_part *part)
{
	g_autofree guint8 *message = NULL;
	struct decoder decoder;
	bool is_known;
	gsize length;

	if (walk->message && pay(walk, LEAF_COST * part->length) &&
	    walk->message(part, walk->data))
		return;
	decode_start(&decoder, decode_encoding(part->encoding, &is_known),
		     part->body, part->length);
	if (!enter(walk))
		return;
	if (decoder.encoding == ENCODING_IDENTITY) {
		read_entity(walk, part->body, part->length, false);
	} else if (pay(walk, LEAF_COST * part->length)) {
		message = decode_all(&decoder, part->length, &length);
		read_entity(walk, message, length, false);
	}
	walk->depth--;
}

/* Read what is between the delimiters in FOUND, with the odd ones or not. */
static void
read_between(struct mime_walk *walk, const struct mime_part *part,
	     const GArray *found, bool with_odd)
{
	const struct delimiter *last = NULL;
	bool is_digest = strcmp(part->type->value, "multipart/digest") == 0;

	for (guint i = 0; i < found->len; i++) {
		const struct delimiter *next =
		    &g_array_index(found, struct delimiter, i);

		if (next->is_odd && !with_odd)
			continue;
		if (last && last->is_close)
			facts_defect(walk->facts, DEFECT_BOUNDARY_GOES_ON);
		if (last && last->next < next->start)
			read_entity(walk, part->body + last->next,
				    next->start - last->next, is_digest);
		last = next;
	}
	if (last && !last->is_close && last->next < part->length)
		read_entity(walk, part->body + last->next,
			    part->length - last->next, is_digest);
}

static void read_hidden(struct mime_walk *walk, const guint8 *data,
			gsize size);

/* What stands before the first and behind the last of FOUND. */
static void
read_around(struct mime_walk *walk, const struct mime_part *part,
	    const GArray *found)
{
	const struct delimiter *last =
	    &g_array_index(found, struct delimiter, found->len - 1);

	read_hidden(walk, part->body,
		    g_array_index(found, struct delimiter, 0).start);
	if (last->is_close)
		read_hidden(walk, part->body + last->next,
			    part->length - last->next);
}

/* Read PART by BOUNDARY.  False when it parts nothing, or IS_CUT, a guess,
 * and no line is just that. */
static bool
read_by(struct mime_walk *walk, const struct mime_part *part,
	const char *boundary, bool is_cut)
{
	g_autoptr(GArray) found = NULL;
	guint odd = 0;

	if (!pay(walk, part->length))
		return false;
	/* Twice as many parts as are read, since half may be the odd. */
	found = split_find(part->body, part->length, boundary,
			   2 * BOUND_MIME_PARTS + 2);
	for (guint i = 0; i < found->len; i++)
		odd += g_array_index(found, struct delimiter, i).is_odd;
	if (is_cut && found->len == odd)
		return false;
	if (found->len == 0 || !enter(walk))
		return found->len > 0;
	if (odd)
		facts_defect(walk->facts, DEFECT_BOUNDARY_ODD);
	if (found->len > odd)
		read_between(walk, part, found, false);
	if (odd) {
		walk->others += found->len > odd;
		read_between(walk, part, found, true);
		walk->others -= found->len > odd;
	}
	read_around(walk, part, found);
	walk->depth--;
	return true;
}

static void
add_boundary(GPtrArray *out, char *boundary)
{
	g_strchomp(boundary);
	for (guint i = 0; i < out->len; i++)
		if (strcmp(out->pdata[i], boundary) == 0) {
			g_free(boundary);
			return;
		}
	if (*boundary && out->len < VALUES_MOST)
		g_ptr_array_add(out, boundary);
	else
		g_free(boundary);
}

/* Every boundary that TYPE could mean: as it stands, by RFC 2231, and, from
 * the number WHOLE on, up to its first blank. */
static GPtrArray *
boundaries_of(const struct parameters *type, Facts *facts, guint *whole)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) decoded = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < type->rows->len; i++) {
		const struct parameter *row =
		    &g_array_index(type->rows, struct parameter, i);

		if (strcmp(row->name, "boundary") == 0)
			add_boundary(out, g_strdup(row->value));
	}
	parameters_all(type, "boundary", BOUND_SHOWN, decoded, facts);
	for (guint i = 0; i < decoded->len; i++)
		add_boundary(out, g_strdup(decoded->pdata[i]));
	*whole = out->len;
	for (guint i = 0; i < *whole; i++) {
		const char *boundary = out->pdata[i];

		add_boundary(out, g_strndup(boundary, strcspn(boundary,
							      " \t\r")));
	}
	return out;
}

/* Read the parts of PART by the boundaries of its type; false: none. */
static bool
read_declared(struct mime_walk *walk, const struct mime_part *part)
{
	guint whole;
	g_autoptr(GPtrArray) boundaries = boundaries_of(part->type,
							walk->facts, &whole);
	bool found = false;

	for (guint i = 0; i < boundaries->len; i++) {
		const char *boundary = boundaries->pdata[i];

		if (strlen(boundary) > BOUND_BOUNDARY)
			facts_defect(walk->facts, DEFECT_MIME_BOUNDARY);
		if (found)
			walk->others++;
		if (read_by(walk, part, boundary, i >= whole)) {
			if (found)
				facts_defect(walk->facts,
					     DEFECT_BOUNDARY_TWICE);
			walk->others -= found;
			found = true;
		} else if (found) {
			walk->others--;
		}
	}
	return found;
}

/* Read what stands between delimiters in SIZE octets of DATA, in which by the
 * rules there is no part. */
static void
read_hidden(struct mime_walk *walk, const guint8 *data, gsize size)
{
	g_autofree char *boundary = NULL;
	struct parameters type;
	struct mime_part part = { .type = &type, .body = data,
				  .length = size };

	if (!pay(walk, size))
		return;
	boundary = split_guess(data, size);
	if (!boundary)
		return;
	facts_defect(walk->facts, DEFECT_MIME_HIDDEN);
	parameters_read(&type, "multipart/mixed", walk->facts);
	read_by(walk, &part, boundary, false);
	parameters_clear(&type);
}

static void
read_multipart(struct mime_walk *walk, struct mime_part *part)
{
	if (read_declared(walk, part))
		return;
	facts_defect(walk->facts, DEFECT_MIME_EMPTY);
	/* Some mail program will show what stands there. */
	if (pay(walk, LEAF_COST * part->length))
		walk->found(part, walk->data);
	read_hidden(walk, part->body, part->length);
}

static void
read_leaf(struct mime_walk *walk, struct mime_part *part)
{
	const char *type = part->type->value;

	if (strcmp(type, "message/partial") == 0)
		facts_defect(walk->facts, DEFECT_MIME_PARTIAL);
	if (strcmp(type, "message/external-body") == 0)
		facts_defect(walk->facts, DEFECT_MIME_EXTERNAL);
	if (!pay(walk, LEAF_COST * part->length))
		return;
	walk->found(part, walk->data);
	if (parameters_find(part->type, "boundary") &&
	    read_declared(walk, part))
		facts_defect(walk->facts, DEFECT_MIME_HIDDEN);
	else if (!strchr(type, '/') || g_str_has_prefix(type, "text/"))
		read_hidden(walk, part->body, part->length);
}

/* Read ENTITY by the values of these numbers. */
static void
read_as(struct mime_walk *walk, const struct entity *entity,
	const struct values *values, guint type, guint disposition,
	guint encoding)
{
	const char *raw = type < values->count[TYPE] ?
	    values->of[TYPE][type] :
	    entity->is_digest ? "message/rfc822" : NULL;
	struct parameters parameters;
	struct mime_part part = {
		.type = &parameters,
		.disposition = disposition < values->count[DISPOSITION] ?
		    values->of[DISPOSITION][disposition] : NULL,
		.encoding = encoding < values->count[ENCODING] ?
		    values->of[ENCODING][encoding] : NULL,
		.body = entity->body, .length = entity->length,
		.is_other = walk->others > 0,
	};

	parameters_read(&parameters, raw, walk->facts);
	if (g_str_has_prefix(parameters.value, "multipart"))
		read_multipart(walk, &part);
	else if (strcmp(parameters.value, "message/rfc822") == 0 ||
		 strcmp(parameters.value, "message/global") == 0 ||
		 strcmp(parameters.value, "message/news") == 0)
		read_inner(walk, &part);
	else
		read_leaf(walk, &part);
	parameters_clear(&parameters);
}

/* Read ENTITY in each way that VALUES allow: of each field the first, then
 * each further value once. */
static void
read_values(struct mime_walk *walk, const struct entity *entity,
	    const struct values *values)
{
	read_as(walk, entity, values, 0, 0, 0);
	walk->others++;
	for (guint i = 1; i < values->count[TYPE]; i++)
		read_as(walk, entity, values, i, 0, 0);
	for (guint i = 1; i < values->count[DISPOSITION]; i++)
		read_as(walk, entity, values, 0, i, 0);
	for (guint i = 1; i < values->count[ENCODING]; i++)
		read_as(walk, entity, values, 0, 0, i);
	walk->others--;
}

/* ---- the header of a part, by the rules and otherwise ---- */

static gsize
line_length(const guint8 *at, const guint8 *end)
{
	gsize n = 0;

	while (at + n < end && at[n] != '\r' && at[n] != '\n')
		n++;
	return n;
}

/* Which of the fields starts at AT, its colon or not; FIELDS: none. */
static guint
lax_field(const char *at, gsize length)
{
	for (guint f = 0; f < FIELDS; f++) {
		gsize name = strlen(names[f]);

		if (length > name && !g_ascii_isalnum(at[name]) &&
		    at[name] != '-' &&
		    g_ascii_strncasecmp(at, names[f], name) == 0)
			return f;
	}
	return FIELDS;
}

/* Could it be a field at all? */
static bool
is_like_field(const char *at, gsize length)
{
	gsize n = 0;

	while (n < length && at[n] > 0x20 && at[n] < 0x7f && at[n] != ':')
		n++;
	while (n < length && (at[n] == ' ' || at[n] == '\t'))
		n++;
	return n > 0 && n < length && at[n] == ':';
}

/*
 * Read the header at the start of DATA as lenient programs do: a CR alone
 * ends a line, blank lines in front and control characters before a name are
 * passed over, a colon may be missing, and what is no field, or a line of
 * blanks, ends the header.  Returns where the body starts.
 */
static gsize
values_read_lax(struct values *values, const guint8 *data, gsize size)
{
	const guint8 *at = data, *end = data + MIN(size, BOUND_HEADER_BLOCK);
	g_autoptr(GString) open = g_string_new(NULL);
	guint field = FIELDS;
	bool any = false, at_end = false;

	while (at < end && !at_end) {
		gsize length = line_length(at, end), skip = 0;
		const char *line = (const char *)at;
		bool is_folded = *at == ' ' || *at == '\t';
		guint next;

		while (skip < length && (guchar)line[skip] <= 0x20)
			skip++;
		next = lax_field(line + skip, length - skip);
		at_end = skip == length ? any :
		    next == FIELDS && !(is_folded && any) &&
		    !is_like_field(line + skip, length - skip);
		if (at_end && skip < length)
			break;		/* the body's first line */
		if (is_folded && next == FIELDS && skip < length) {
			g_string_append_len(open, line, (gssize)length);
		} else if (skip < length) {
			if (field < FIELDS)
				values_take(values, field,
					    g_strdup(open->str));
			field = next;
			g_string_truncate(open, 0);
			if (next < FIELDS) {
				skip += strlen(names[next]);
				while (skip < length && strchr(" \t:",
							       line[skip]))
					skip++;
				g_string_append_len(open, line + skip,
						    (gssize)(length - skip));
			}
			any = true;
		}
		at += length;
		at += at < end && *at == '\r';
		at += at < end && *at == '\n';
	}
	if (field < FIELDS)
		values_take(values, field, g_strdup(open->str));
	return (gsize)(at - data);
}

/* Does a part without a header start with what could be one? */
static bool
hides_header(const guint8 *body, gsize length)
{
	gsize n = 0;

	while (n < MIN(length, 16) && body[n] <= 0x20)
		n++;
	return lax_field((const char *)body + n, length - n) < FIELDS;
}

static void
read_fields(struct mime_walk *walk, const guint8 *data, gsize size,
	    const struct headers *headers, bool is_digest)
{
	struct values values = { .count = { 0 } }, lax = { .count = { 0 } };
	struct entity entity = { data + headers->size, size - headers->size,
				 is_digest };
	bool hides = headers->fields->len == 0 &&
	    hides_header(entity.body, entity.length);
	gsize start;

	values_read(&values, headers);
	read_values(walk, &entity, &values);
	if (hides)
		facts_defect(walk->facts, DEFECT_MIME_HIDDEN);
	if (hides || headers->is_odd) {
		start = values_read_lax(&lax, data, size);
		if (start != headers->size || !values_same(&values, &lax)) {
			entity.body = data + start;
			entity.length = size - start;
			walk->others++;
			if (count_part(walk))
				read_values(walk, &entity, &lax);
			walk->others--;
		}
	}
	values_clear(&values);
	values_clear(&lax);
}

static void
read_entity(struct mime_walk *walk, const guint8 *data, gsize size,
	    bool is_digest)
{
	struct headers headers;

	if (walk->parts > BOUND_MIME_PARTS || !count_part(walk) ||
	    !pay(walk, 0))
		return;
	headers_scan(&headers, data, size, walk->facts);
	read_fields(walk, data, size, &headers, is_digest);
	headers_clear(&headers);
}

void
mime_read(struct mime_walk *walk, const guint8 *data, gsize size,
	  const struct headers *headers)
{
	count_part(walk);
	read_fields(walk, data, size, headers, false);
}
