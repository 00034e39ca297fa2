/*
 * report.c -- fuzz what finds the messages in a report, and reads a header
 * that was forwarded as text
 */
#include <string.h>

#include "gatepost/content/forwards.h"
#include "gatepost/content/report.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	g_autoptr(GByteArray) octets = g_byte_array_new();
	g_autofree char *text = g_utf8_make_valid((const char *)data,
						  (gssize)size);
	struct forward forward;

	answer->octets = octets;
	request->kind = REQUEST_REPORT;
	request->is_bare = size % 8 == 0;
	content_report(data, size, request, answer);
	for (guint i = 0; i < answer->reported->len; i++) {
		const Reported *one = answer->reported->pdata[i];

		g_assert_cmpint(one->offset + one->size, <=, octets->len);
	}
	forward_find(text, &forward);
	forward_clear(&forward);
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
	return 0;
}
