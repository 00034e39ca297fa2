/*
 * content.c -- fuzz target: a message of any bytes to facts and preview
 *
 * Whatever comes in, what goes out is text of valid UTF-8 without controls
 * and within its bounds, and survives packing.
 */
#include "gatepost/content/content.h"

#include <string.h>

#include "gatepost/bounds.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
look_text(const char *text)
{
	if (!text)
		return;
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (; *text; text++)
		g_assert_true((guchar)*text >= 0x20 && *text != 0x7f);
}

static void
look_facts(const Facts *facts)
{
	look_text(facts->from);
	look_text(facts->from_name);
	look_text(facts->subject);
	look_text(facts->subject_raw);
	look_text(facts->message_id);
	look_text(facts->date);
	look_text(facts->release);
	for (guint i = 0; i < facts->urls->len; i++) {
		const Link *link = facts->urls->pdata[i];

		look_text(link->raw);
		look_text(link->url);
		look_text(link->host);
		look_text(link->text);
		look_text(link->wrapper);
	}
	for (guint i = 0; i < facts->files->len; i++) {
		const File *file = facts->files->pdata[i];

		look_text(file->type);
		for (guint j = 0; j < file->names->len; j++)
			look_text(file->names->pdata[j]);
	}
	for (guint i = 0; i < facts->results->len; i++) {
		const AuthResult *result = facts->results->pdata[i];

		look_text(result->authserv_id);
		look_text(result->domain);
		look_text(result->selector);
	}
	for (guint i = 0; i < facts->ours->len; i++) {
		const Field *field = facts->ours->pdata[i];

		look_text(field->name);
		look_text(field->value);
	}
	g_assert_cmpuint(facts->urls->len, <=, BOUND_URLS);
	g_assert_cmpuint(facts->files->len, <=, BOUND_FILES);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static Request *request;
	g_autoptr(Facts) facts = facts_new();
	g_autofree char *preview = NULL, *page = NULL;

	if (!request) {
		request = fields_new(&request_fields);
		request->authserv_id = g_strdup("mx.example.org");
		g_ptr_array_add(request->headers, g_strdup("X-Spam-Status"));
	}
	content_read(data, size, request, facts);
	look_facts(facts);
	preview = content_preview(data, size, request);
	g_assert_true(g_utf8_validate(preview, -1, NULL));
	request->kind = REQUEST_PAGE;
	page = content_preview(data, size, request);
	request->kind = REQUEST_FACTS;
	g_assert_true(g_utf8_validate(page, -1, NULL));
	g_assert_null(strchr(strstr(page, "<body>"), '='));
	return 0;
}
