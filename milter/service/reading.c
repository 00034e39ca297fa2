/*
 * reading.c -- facts of a message in a file, and its record
 */
#include "gatepost/service/reading.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/service/why.h"
#include "gatepost/util/clock.h"
#include "gatepost/worker/ask.h"

/* Records of one Message-ID that are looked at. */
#define ALIKE 50

Facts *
reading_facts(int fd, gsize size, GError **error)
{
	g_autofree char *program = ask_program("gatepost-worker");
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	const struct ask_bytes bytes = { NULL, size, fd };
	int connection = ask_private(program, error);
	Facts *facts = NULL;

	request->kind = REQUEST_FACTS;
	request->size = (gint64)size;
	if (connection >= 0 &&
	    ask(connection, request, &bytes, answer, clock_steady_ms() +
		BOUND_ASK_MS, wait_plainly, NULL, error) == ASK_DONE) {
		facts = g_new(Facts, 1);
		*facts = answer->facts;
		fields_init(&facts_fields, &answer->facts);
	}
	if (connection >= 0)
		close(connection);
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
	return facts;
}

struct finding {
	const Facts *facts;
	Record *record;
};

static void
compare(const Record *record, const Json *json, void *data)
{
	struct finding *finding = data;
	const char *body = json_text(json_member(json_member(json, "facts"),
						 "body_sha256"));

	if (finding->record || !body ||
	    g_strcmp0(body, finding->facts->body_sha256) != 0)
		return;
	finding->record = record_new(record->id, record->at);
	finding->record->body = g_strdup(record->body);
}

Record *
reading_find(Site *site, const Facts *facts, const char *rcpt, GError **error)
{
	struct finding finding = { facts, NULL };
	struct trace what = { .message_id = facts->message_id, .rcpt = rcpt,
			      .most = ALIKE };

	if (!facts->message_id || !facts->body_sha256 ||
	    !trace(site, &what, compare, &finding, error))
		return NULL;
	return finding.record;
}
