/*
 * headers.c -- fuzz target: a header block of any bytes
 *
 * Every field points into the block, in its order, and unfolds to one line;
 * every Received field gives a network address or nothing.
 */
#include "gatepost/content/headers.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/lines.h"
#include "gatepost/content/received.h"
#include "gatepost/content/results.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	const char *last = (const char *)data, *end = last + size;
	g_autoptr(Facts) facts = facts_new();
	struct headers headers;

	headers_scan(&headers, data, size, facts);
	g_assert_cmpuint(headers.size, <=, size);
	for (guint i = 0; i < headers.fields->len; i++) {
		const struct header *one =
		    &g_array_index(headers.fields, struct header, i);
		g_autofree char *value = header_unfold(one, BOUND_SHOWN);
		g_autofree char *client = received_client(value);
		g_autofree char *id = results_read(value, facts);

		g_assert_true(one->name >= last && one->name_length > 0);
		last = one->value + one->length;
		g_assert_true(last <= end && !strpbrk(value, "\r\n"));
	}
	lines_look(data + headers.size, size - headers.size, facts);
	headers_clear(&headers);
	return 0;
}
