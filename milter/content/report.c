/*
 * report.c -- the messages that a report brings, in every form
 *
 * Reads:  attached messages, files that are messages, archives of such, RFC
 *	   5965, and what is forwarded as text when there is nothing else
 * Says:   what each claims to be, with its octets
 * Leaves: which of it is true to who knows what was delivered
 */
#include "gatepost/content/report.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/charset.h"
#include "gatepost/content/content.h"
#include "gatepost/content/decode.h"
#include "gatepost/content/files.h"
#include "gatepost/content/forwards.h"
#include "gatepost/content/headers.h"
#include "gatepost/content/html.h"
#include "gatepost/content/magic.h"
#include "gatepost/content/mime.h"
#include "gatepost/content/unpack.h"
#include "gatepost/content/words.h"
#include "gatepost/util/digest.h"

struct finding {
	const Request *request;
	Answer *answer;
	Facts *facts;		/* of the report itself; for its defects */
	struct unpack_budget budget;
	guint depth;		/* of archives */
	bool is_feedback;
	char *envelope;		/* that a feedback report names */
	GString *plain, *page;	/* text that a person wrote */
};

/* ---- one message ---- */

/* The octets with CRLF at each line's end.  Yours. */
static GByteArray *
with_crlf(const guint8 *data, gsize size)
{
	GByteArray *out = g_byte_array_sized_new((guint)(size + size / 32));
	gsize from = 0;

	for (gsize i = 0; i < size; i++) {
		if (data[i] != '\n' || (i > 0 && data[i - 1] == '\r'))
			continue;
		g_byte_array_append(out, data + from, (guint)(i - from));
		g_byte_array_append(out, (const guint8 *)"\r\n", 2);
		from = i + 1;
	}
	g_byte_array_append(out, data + from, (guint)(size - from));
	return out;
}

static gsize
without_end(const guint8 *data, gsize size)
{
	while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
		size--;
	return size;
}

static void
add_body(Reported *one, const guint8 *data, gsize size, bool with_end)
{
	g_autoptr(Digest) sum = digest_new();
	char *sha256;

	digest_add(sum, data, size);
	if (with_end)
		digest_add(sum, "\r\n", 2);
	sha256 = digest_end(sum);
	for (guint i = 0; i < one->bodies->len; i++)
		if (strcmp(one->bodies->pdata[i], sha256) == 0) {
			g_free(sha256);
			return;
		}
	g_ptr_array_add(one->bodies, sha256);
}

/* The line end before a boundary is the boundary's; mailboxes have lines that
 * end in LF; some programs add an empty line. */
static void
add_bodies(Reported *one, const guint8 *data, gsize size, const Facts *facts)
{
	g_autoptr(GByteArray) whole = with_crlf(data, size);
	g_autoptr(Facts) unread = facts_new();
	gsize start, end;
	struct headers headers;

	headers_scan(&headers, whole->data, whole->len, unread);
	start = headers.size;
	headers_clear(&headers);
	end = MAX(without_end(whole->data, whole->len), start);
	if (facts->body_sha256)
		g_ptr_array_add(one->bodies, g_strdup(facts->body_sha256));
	add_body(one, whole->data + start, whole->len - start, false);
	add_body(one, whole->data + start, whole->len - start, true);
	add_body(one, whole->data + start, end - start, true);
	add_body(one, whole->data + start, end - start, false);
	one->sha256 = digest_of(whole->data, without_end(whole->data,
							 whole->len));
}

/* Move the values of FIELDS called NAME to OUT. */
static void
take_values(const GPtrArray *fields, const char *name, GPtrArray *out)
{
	for (guint i = 0; i < fields->len && out->len < 5; i++) {
		const Field *field = fields->pdata[i];

		if (g_ascii_strcasecmp(field->name, name) == 0 &&
		    field->value)
			g_ptr_array_add(out, g_strdup(field->value));
	}
}

/* What its header claims. */
static void
describe(struct finding *finding, Reported *one, const guint8 *data,
	 gsize size)
{
	Request *request = fields_new(&request_fields);
	g_autoptr(Facts) facts = facts_new();
	g_autoptr(GPtrArray) path = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(request->headers, g_strdup(DRILL_FIELD));
	g_ptr_array_add(request->headers, g_strdup("Return-Path"));
	content_header(data, size, request, facts);
	one->from = g_strdup(facts->from);
	one->from_name = g_strdup(facts->from_name);
	one->subject = g_strdup(facts->subject);
	one->message_id = g_strdup(facts->message_id);
	one->date = g_strdup(facts->date);
	take_values(facts->ours, "X-Gatepost-Id", one->ids);
	take_values(facts->scores, DRILL_FIELD, one->drills);
	take_values(facts->scores, "Return-Path", path);
	one->envelope = g_strdup(finding->envelope ? finding->envelope :
				 path->len ? path->pdata[0] : NULL);
	add_bodies(one, data, size, facts);
	fields_free(&request_fields, request);
}

static bool
add_reported(struct finding *finding, enum report_form form,
	     const guint8 *data, gsize size)
{
	Answer *answer = finding->answer;
	GByteArray *octets = answer->octets;
	Reported *one;

	if (answer->reported->len >= BOUND_REPORTED || size == 0 ||
	    size > BOUND_MESSAGE || (octets && octets->len + size >
				     BOUND_MESSAGE)) {
		answer->is_more |= size > 0;
		return false;
	}
	one = fields_new(&reported_fields);
	one->form = finding->is_feedback && form == FORM_ATTACHED ?
	    FORM_FEEDBACK : (int)form;
	one->offset = octets ? octets->len : 0;
	one->size = (gint64)size;
	if (octets)
		g_byte_array_append(octets, data, (guint)size);
	if (form == FORM_OUTLOOK || form == FORM_NONE)
		one->sha256 = digest_of(data, size);
	else
		describe(finding, one, data, size);
	g_ptr_array_add(answer->reported, one);
	return true;
}

/* A message behind empty lines or a mailbox file's line. */
static void
add_message(struct finding *finding, enum report_form form,
	    const guint8 *data, gsize size)
{
	const guint8 *lf;

	while (size > 0 && (*data == '\r' || *data == '\n')) {
		data++;
		size--;
	}
	if (size > 5 && memcmp(data, "From ", 5) == 0 &&
	    (lf = memchr(data, '\n', size))) {
		size -= (gsize)(lf + 1 - data);
		data = lf + 1;
	}
	add_reported(finding, form, data, size);
}

/* ---- files ---- */

static bool
ends_in(const char *name, const char *extension)
{
	gsize length = name ? strlen(name) : 0, end = strlen(extension);

	return length > end &&
	    g_ascii_strcasecmp(name + length - end, extension) == 0;
}

/* Do these octets begin as a message does? */
static bool
is_like_message(const guint8 *data, gsize size)
{
	static const char *const others[] = { "Subject", "Date",
					      "Message-ID", "Received" };
	g_autoptr(Facts) facts = facts_new();
	struct headers headers;
	guint count = 0;

	headers_scan(&headers, data, MIN(size, BOUND_HEADER_BLOCK), facts);
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		count += headers_find(&headers, others[i]) != NULL;
	count = headers_find(&headers, "From") ? count : 0;
	headers_clear(&headers);
	return count >= 2;
}

static void read_octets(struct finding *finding, const char *name,
			bool is_named, const guint8 *data, gsize size);

static void
on_member(const struct member *member, void *data)
{
	if (member->data && !member->is_hidden)
		read_octets(data, member->name, true, member->data,
			    member->length);
}

/* A file called NAME (NULL: nothing); IS_NAMED false: what it is called says
 * nothing of what it is. */
static void
read_octets(struct finding *finding, const char *name, bool is_named,
	    const guint8 *data, gsize size)
{
	const char *seen = size ? magic_type(data, size) : NULL;
	enum report_form form = finding->depth ? FORM_ARCHIVE : FORM_FILE;

	if (ends_in(name, ".eml") || (!is_named && is_like_message(data,
								    size))) {
		add_message(finding, form, data, size);
	} else if (ends_in(name, ".msg")) {
		add_reported(finding, FORM_OUTLOOK, data, size);
	} else if (magic_is_archive(seen) &&
		   finding->depth < BOUND_REPORT_DEPTH) {
		finding->depth++;
		unpack(data, size, &finding->budget, on_member, finding);
		finding->depth--;
	}
}

/* ---- parts ---- */

static gsize
decode_part(const struct mime_part *part, guint8 **octets)
{
	struct decoder decoder;
	bool is_known;
	gsize length;

	decode_start(&decoder, decode_encoding(part->encoding, &is_known),
		     part->body, part->length);
	*octets = decode_all(&decoder, BOUND_MESSAGE + 1, &length);
	return length;
}

/* A message that is a part; it is not looked into. */
static bool
on_message(const struct mime_part *part, void *data)
{
	g_autofree guint8 *octets = NULL;
	gsize length;

	if (part->is_other)
		return true;
	length = decode_part(part, &octets);
	add_message(data, FORM_ATTACHED, octets, length);
	return true;
}

static void
on_block(const char *name, bool is_end, void *data)
{
	static const char *const blocks[] = {
		"br", "p", "div", "tr", "li", "hr", "table", "blockquote",
		"h1", "h2", "h3", "h4", "pre", NULL
	};

	(void)is_end;
	if (g_strv_contains(blocks, name))
		g_string_append_c(data, '\n');
}

static void
on_text(const char *text, gsize length, bool is_hidden, void *data)
{
	GString *out = data;

	for (gsize i = 0; !is_hidden && i < length; i++) {
		char c = text[i] && strchr("\r\n\t", text[i]) ? ' ' : text[i];

		if (c && (c != ' ' || (out->len && !strchr(" \n",
		    out->str[out->len - 1]))))
			g_string_append_c(out, c);
	}
}

static void
no_link(const char *raw, const char *text, void *data)
{
	(void)raw;
	(void)text;
	(void)data;
}

static void
no_base(const char *raw, void *data)
{
	(void)raw;
	(void)data;
}

static void
no_script(const char *text, gsize length, void *data)
{
	(void)text;
	(void)length;
	(void)data;
}

/* What the reporter wrote, or forwarded: the first text of each kind. */
static void
read_text(struct finding *finding, const struct mime_part *part, bool is_page)
{
	g_autofree guint8 *octets = NULL;
	g_autofree char *text = NULL;
	g_autoptr(GString) shown = g_string_new(NULL);
	struct html_sink sink = { no_link, no_base, no_script, NULL, shown,
				  shown, false };
	GString *to = is_page ? finding->page : finding->plain;
	const struct html_reader reader = { on_text, on_block, to };
	gsize length;

	if (to->len)
		return;
	length = decode_part(part, &octets);
	length = MIN(length, BOUND_TEXT_PART);
	text = charset_decode(parameters_find(part->type, "charset"),
			      (const char *)octets, length, &length,
			      finding->facts);
	if (is_page)
		html_read_to(text, length, &sink, &reader);
	else
		g_string_append_len(to, text, (gssize)length);
}

/* RFC 5965 3: "Original-Mail-From". */
static void
read_feedback(struct finding *finding, const struct mime_part *part)
{
	g_autofree guint8 *octets = NULL;
	gsize length = decode_part(part, &octets);
	const guint8 *at = octets;
	struct headers headers;
	const struct header *from;

	while (length > 0 && (*at == '\r' || *at == '\n')) {
		at++;
		length--;
	}
	finding->is_feedback = true;
	headers_scan(&headers, at, length, finding->facts);
	from = headers_find(&headers, "Original-Mail-From");
	if (from && !finding->envelope) {
		g_autofree char *value = header_unfold(from, BOUND_SHOWN);

		finding->envelope = words_clean(value, strlen(value),
						BOUND_SHOWN);
	}
	headers_clear(&headers);
}

static void
on_part(const struct mime_part *part, void *data)
{
	struct finding *finding = data;
	const char *type = part->type->value;
	g_autoptr(GPtrArray) names = NULL;
	g_autofree guint8 *octets = NULL;
	struct parameters disposition;
	bool is_file;
	gsize length;

	if (part->is_other)
		return;
	parameters_read(&disposition, part->disposition, finding->facts);
	names = files_names(part->type, &disposition, finding->facts);
	g_ptr_array_set_free_func(names, g_free);
	is_file = names->len > 0 ||
	    strcmp(disposition.value, "attachment") == 0 ||
	    (!g_str_has_prefix(type, "text/") && strchr(type, '/'));
	parameters_clear(&disposition);
	if (strcmp(type, "message/feedback-report") == 0) {
		read_feedback(finding, part);
	} else if (strcmp(type, "text/rfc822-headers") == 0) {
		length = decode_part(part, &octets);
		add_message(finding, FORM_FEEDBACK, octets, length);
	} else if (!is_file) {
		read_text(finding, part, strcmp(type, "text/html") == 0);
	} else {
		length = decode_part(part, &octets);
		read_octets(finding, names->len ? names->pdata[0] : NULL,
			    strcmp(type, "application/octet-stream") != 0,
			    octets, length);
	}
}

/* ---- forwarded as text ---- */

/* VALUE as a mail program would show an address: "[mailto:a@b]" and the like
 * become "<a@b>".  Yours. */
static char *
with_brackets(const char *value)
{
	const char *at = strstr(value, "mailto:");
	gsize length = at ? strcspn(at + 7, ">])? \t") : 0;
	gsize before = at ? (gsize)(at - value) : 0;

	if (!at || memchr(at + 7, '@', length) == NULL)
		return g_strdup(value);
	while (before > 0 && strchr("<[( ", value[before - 1]))
		before--;
	return g_strdup_printf("%.*s <%.*s>", (int)before, value, (int)length,
			       at + 7);
}

static void
put_field(GString *out, const char *name, const char *value)
{
	g_autofree char *clean = NULL;

	if (!value)
		return;
	clean = words_clean(value, strlen(value), 900);
	g_string_append_printf(out, "%s: %s\r\n", name, clean);
}

/* What was pasted in, made a message again; false: there is none. */
static bool
read_forward(struct finding *finding, const char *text)
{
	struct forward forward;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *from = NULL;
	bool is_there = forward_find(text, &forward);

	if (is_there) {
		from = with_brackets(forward.from);
		put_field(out, "From", from);
		put_field(out, "To", forward.to);
		put_field(out, "Subject", forward.subject);
		put_field(out, "Date", forward.date);
		g_string_append(out, "MIME-Version: 1.0\r\n"
				"Content-Type: text/plain; charset=utf-8\r\n"
				"Content-Transfer-Encoding: 8bit\r\n\r\n");
		g_string_append(out, forward.body);
		add_reported(finding, FORM_INLINE, (const guint8 *)out->str,
			     out->len);
	}
	forward_clear(&forward);
	return is_there;
}

static void
read_report(struct finding *finding, const guint8 *data, gsize size)
{
	struct mime_walk walk = { .facts = finding->facts, .found = on_part,
				  .message = on_message, .data = finding };
	struct headers headers;

	headers_scan(&headers, data, size, finding->facts);
	mime_read(&walk, data, size, &headers);
	headers_clear(&headers);
	if (finding->answer->reported->len == 0 &&
	    !read_forward(finding, finding->plain->str) &&
	    !read_forward(finding, finding->page->str))
		add_reported(finding, FORM_NONE, data, size);
}

void
content_report(const guint8 *data, gsize size, const Request *request,
	       Answer *answer)
{
	g_autoptr(Facts) facts = facts_new();
	struct finding finding = {
		.request = request, .answer = answer, .facts = facts,
		.budget = { BOUND_MESSAGE, BOUND_ARCHIVE_MEMBERS, 0 },
		.plain = g_string_new(NULL), .page = g_string_new(NULL),
	};

	size = MIN(size, BOUND_MESSAGE);
	if (request->is_bare)
		add_message(&finding, FORM_BARE, data, size);
	else
		read_report(&finding, data, size);
	g_free(finding.envelope);
	g_string_free(finding.plain, TRUE);
	g_string_free(finding.page, TRUE);
}
