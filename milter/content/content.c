/*
 * content.c -- the bytes of a message to facts
 *
 * The order: header block, then parts; each part to text, links and files.
 */
#include "gatepost/content/content.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/addresses.h"
#include "gatepost/content/defect.h"
#include "gatepost/content/headers.h"
#include "gatepost/content/lines.h"
#include "gatepost/content/links.h"
#include "gatepost/content/mime.h"
#include "gatepost/content/part.h"
#include "gatepost/content/received.h"
#include "gatepost/content/results.h"
#include "gatepost/content/words.h"
#include "gatepost/model/network.h"
#include "gatepost/util/digest.h"

#define PREFIX "X-Gatepost-"

/* VALUE of HEADER fit for facts, not decoded, of MOST octets.  Yours. */
static char *
plain_start(const struct header *header, gsize most)
{
	g_autofree char *value = header_unfold(header, 2 * most);

	return words_clean(value, strlen(value), most);
}

static char *
plain_value(const struct header *header)
{
	return plain_start(header, BOUND_SHOWN);
}

static void
add_field(GPtrArray *to, const struct header *header, gsize most)
{
	Field *field = fields_new(&field_fields);

	field->name = g_strndup(header->name, MIN(header->name_length,
						  BOUND_SHOWN));
	field->value = plain_start(header, most);
	field->index = header->index;
	g_ptr_array_add(to, field);
}

static void
read_mailboxes(const struct header *header, bool is_author, GPtrArray *out,
	       Facts *facts)
{
	g_autofree char *value = header_unfold(header, BOUND_HEADER_FIELD);

	addresses_read(value, strlen(value), is_author, out, facts);
}

static void
read_from(const struct header *header, const Request *request, Facts *facts)
{
	(void)request;
	if (header->index > 1)
		facts_defect(facts, DEFECT_FROM_MANY);
	read_mailboxes(header, true, facts->authors, facts);
}

static void
read_sender(const struct header *header, const Request *request, Facts *facts)
{
	(void)request;
	read_mailboxes(header, true, facts->sender, facts);
}

static void
read_reply_to(const struct header *header, const Request *request, Facts *facts)
{
	(void)request;
	read_mailboxes(header, true, facts->reply_to, facts);
}

static void
read_to(const struct header *header, const Request *request, Facts *facts)
{
	(void)request;
	read_mailboxes(header, false, facts->to, facts);
}

static void
read_cc(const struct header *header, const Request *request, Facts *facts)
{
	(void)request;
	read_mailboxes(header, false, facts->cc, facts);
}

static void
read_subject(const struct header *header, const Request *request,
	     Facts *facts)
{
	g_autofree char *value = header_unfold(header, BOUND_HEADER_FIELD);

	(void)request;
	if (facts->subject)
		return;
	facts->subject = words_decode(value, strlen(value), BOUND_SHOWN,
				      facts);
	facts->subject_raw = plain_value(header);
}

static void
read_message_id(const struct header *header, const Request *request,
		Facts *facts)
{
	g_autofree char *value = plain_value(header);
	char *open = strchr(value, '<');
	char *close = open ? strchr(open, '>') : NULL;

	(void)request;
	if (facts->message_id)
		return;
	facts->message_id = close ?
	    g_strndup(open + 1, (gsize)(close - open - 1)) :
	    g_strdup(open ? open + 1 : value);
}

static void
read_date(const struct header *header, const Request *request, Facts *facts)
{
	(void)request;
	if (!facts->date)
		facts->date = plain_value(header);
}

/* Is ID ours as somebody might read it: with the last dot of a full name, or
 * with a version behind a slash? */
static bool
is_our_id(const char *id, const char *ours)
{
	gsize length = strlen(ours);

	return g_ascii_strncasecmp(id, ours, length) == 0 &&
	    (id[length] == '\0' || id[length] == '/' ||
	     (id[length] == '.' && (!id[length + 1] ||
				    id[length + 1] == '/')));
}

static void
read_results(const struct header *header, const Request *request,
	     Facts *facts)
{
	g_autofree char *value = header_unfold(header, BOUND_HEADER_FIELD);
	g_autofree char *id = results_read(value, facts);

	if (request->authserv_id && is_our_id(id, request->authserv_id))
		add_field(facts->ours, header, BOUND_SHOWN);
}

static void
read_received(const struct header *header, const Request *request,
	      Facts *facts)
{
	g_autofree char *value = NULL;
	char *client;

	/* Who handed it on before matters only behind a relay of ours. */
	if (facts->received++ >= BOUND_RECEIVED || request->relays->len == 0)
		return;
	value = header_unfold(header, BOUND_HEADER_FIELD);
	client = received_client(value);
	g_ptr_array_add(facts->received_from, client ? client : g_strdup(""));
}

static void
read_list(const struct header *header, const Request *request, Facts *facts)
{
	(void)header;
	(void)request;
	facts->is_list = facts->is_auto = true;
}

static void
read_precedence(const struct header *header, const Request *request,
		Facts *facts)
{
	g_autofree char *value = header_unfold(header, BOUND_SHOWN);

	(void)request;
	if (g_ascii_strcasecmp(value, "list") == 0 ||
	    g_ascii_strcasecmp(value, "bulk") == 0)
		facts->is_list = facts->is_auto = true;
	if (g_ascii_strcasecmp(value, "junk") == 0 ||
	    g_ascii_strcasecmp(value, "auto_reply") == 0)
		facts->is_auto = true;
}

/* RFC 3834 5: "no", with a comment or parameters perhaps, or a program. */
static void
read_auto_submitted(const struct header *header, const Request *request,
		    Facts *facts)
{
	g_autofree char *value = header_unfold(header, BOUND_SHOWN);
	const char *word = value + strspn(value, " \t");
	gsize length = strcspn(word, " \t;(");

	(void)request;
	if (length != 2 || g_ascii_strncasecmp(word, "no", 2) != 0)
		facts->is_auto = true;
}

/* What an MTA writes of a delivery, or a mail program that a message was read
 * (RFC 3464, RFC 8098). */
static void
read_type(const struct header *header, const Request *request, Facts *facts)
{
	g_autofree char *value = header_unfold(header, BOUND_SHOWN);
	g_autofree char *lower = g_ascii_strdown(value, -1);

	(void)request;
	if (g_str_has_prefix(lower, "multipart/report") &&
	    (strstr(lower, "delivery-status") ||
	     strstr(lower, "disposition-notification")))
		facts->is_auto = true;
}

/* Fields that only programs write, whatever they hold. */
static void
read_auto(const struct header *header, const Request *request, Facts *facts)
{
	(void)header;
	(void)request;
	facts->is_auto = true;
}

static void
read_release(const struct header *header, const Request *request,
	     Facts *facts)
{
	(void)request;
	if (!facts->release)
		facts->release = plain_value(header);
}

#define ROW(name, read) { name, sizeof(name) - 1, read }

/* To add a field that gives a fact: a function, a row. */
static const struct {
	const char *name;
	gsize length;
	void (*read)(const struct header *header, const Request *request,
		     Facts *facts);
} readers[] = {
	ROW("From", read_from),
	ROW("Sender", read_sender),
	ROW("Reply-To", read_reply_to),
	ROW("To", read_to),
	ROW("Cc", read_cc),
	ROW("Subject", read_subject),
	ROW("Message-ID", read_message_id),
	ROW("Date", read_date),
	ROW("Authentication-Results", read_results),
	ROW("Received", read_received),
	ROW("List-Id", read_list),
	ROW("List-Unsubscribe", read_list),
	ROW("Precedence", read_precedence),
	ROW("Auto-Submitted", read_auto_submitted),
	ROW("List-Post", read_list),
	ROW("List-Help", read_list),
	ROW("List-Subscribe", read_list),
	ROW("List-Owner", read_list),
	ROW("List-Archive", read_list),
	ROW("X-Precedence", read_precedence),
	ROW("Content-Type", read_type),
	ROW("X-Autoreply", read_auto),
	ROW("X-Autoreply-From", read_auto),
	ROW("X-Autorespond", read_auto),
	ROW("X-Autogenerated", read_auto),
	ROW("X-Mail-Autoreply", read_auto),
	ROW("X-FC-MachineGenerated", read_auto),
	ROW("X-Failed-Recipients", read_auto),
	ROW("X-Loop", read_auto),
	ROW(PREFIX "Release", read_release),
};

static void
read_header(const struct header *header, const Request *request,
	    Facts *facts)
{
	const gsize prefix = strlen(PREFIX);

	for (guint i = 0; i < G_N_ELEMENTS(readers); i++)
		if (header->name_length == readers[i].length &&
		    header_is(header, readers[i].name))
			readers[i].read(header, request, facts);
	if (header->name_length >= prefix &&
	    g_ascii_strncasecmp(header->name, PREFIX, prefix) == 0)
		add_field(facts->ours, header, BOUND_SHOWN);
	for (guint i = 0; i < request->headers->len; i++)
		if (header_is(header, request->headers->pdata[i])) {
			add_field(facts->scores, header,
				  BOUND_UPSTREAM_FIELD);
			break;
		}
}

/* The author that counts: the first with a domain, else with an address. */
static const Mailbox *
first_author(const Facts *facts)
{
	const Mailbox *first = facts->authors->len ?
	    facts->authors->pdata[0] : NULL;

	for (guint i = 0; i < facts->authors->len && !first->domain; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (author->domain || (author->address && !first->address))
			first = author;
	}
	return first;
}

static void
settle_from(Facts *facts)
{
	const Mailbox *first = first_author(facts);

	if (facts->authors->len > 1)
		facts_defect(facts, DEFECT_FROM_MANY);
	if (!first || !first->address)
		facts_defect(facts, DEFECT_FROM_MISSING);
	if (!first)
		return;
	facts->from = g_strdup(first->address);
	facts->from_name = g_strdup(first->name);
	facts->from_domain = g_strdup(first->domain);
}

/* A relay, or a hop inside of one? */
static bool
is_relay(const GPtrArray *relays, const char *address)
{
	struct network client, network;

	if (!network_parse(address, &client))
		return false;
	for (guint i = 0; i < relays->len; i++)
		if (network_parse(relays->pdata[i], &network) &&
		    network_covers(&network, &client))
			return true;
	return strcmp(address, "::1") == 0 ||
	    g_str_has_prefix(address, "127.");
}

/* Each relay wrote who its client was, down to the first that is none: what
 * stands below is a stranger's. */
static void
settle_client(const Request *request, Facts *facts)
{
	if (request->relays->len == 0)
		return;
	for (guint i = 0; i < facts->received_from->len; i++) {
		const char *one = facts->received_from->pdata[i];

		if (is_relay(request->relays, one))
			continue;
		facts->client = *one ? g_strdup(one) : NULL;
		return;
	}
}

static void
read_body(const guint8 *data, gsize size, const struct headers *headers,
	  Facts *facts, content_file *found, void *user)
{
	struct part_reader reader;
	struct mime_walk walk = { .facts = facts, .found = part_read,
				  .data = &reader };

	part_reader_init(&reader, facts, NULL);
	reader.found = found;
	reader.user = user;
	mime_read(&walk, data, size, headers);
	part_reader_clear(&reader);
}

/* Read the header of SIZE octets into HEADERS and FACTS. */
static void
read_headers(struct headers *headers, const guint8 *data, gsize size,
	     const Request *request, Facts *facts)
{
	facts->complete = true;
	facts->size = (gint64)size;
	if (size > BOUND_MESSAGE)
		facts_truncated(facts, DEFECT_MESSAGE_LARGE);
	headers_scan(headers, data, MIN(size, BOUND_MESSAGE), facts);
	for (guint i = 0; i < headers->fields->len; i++)
		read_header(&g_array_index(headers->fields, struct header, i),
			    request, facts);
	settle_from(facts);
	settle_client(request, facts);
	facts->body_sha256 = digest_of(data + headers->size,
				       size - headers->size);
}

void
content_header(const guint8 *data, gsize size, const Request *request,
	       Facts *facts)
{
	struct headers headers;

	read_headers(&headers, data, size, request, facts);
	headers_clear(&headers);
}

void
content_read_files(const guint8 *data, gsize size, const Request *request,
		   Facts *facts, content_file *found, void *user)
{
	struct headers headers;
	gsize most = MIN(size, BOUND_MESSAGE);

	read_headers(&headers, data, size, request, facts);
	lines_look(data + headers.size, most - headers.size, facts);
	read_body(data, most, &headers, facts, found, user);
	headers_clear(&headers);
}

void
content_read(const guint8 *data, gsize size, const Request *request,
	     Facts *facts)
{
	content_read_files(data, size, request, facts, NULL, NULL);
}
