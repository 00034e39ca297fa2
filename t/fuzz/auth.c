/*
 * auth.c -- fuzz target: an SPF record, its macros, and a list of tags
 *
 * The first octet chooses what the rest is.  What a record is read into can
 * be written and read again, and an expanded name fits DNS.
 */
#include <string.h>

#include "gatepost/auth/spf_record.h"
#include "gatepost/auth/tags.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static const struct spf_names names = {
	.sender = "strong-bad@email.example.com", .local = "strong-bad",
	.origin = "email.example.com", .domain = "email.example.com",
	.helo = "mx.example.org", .client = "192.0.2.3",
	.dotted = "192.0.2.3", .version = "in-addr",
};

static void
look_spec(const char *spec)
{
	g_autofree char *name = spec ? spf_expand(spec, &names, true) : NULL;
	g_autofree char *text = spec ? spf_expand(spec, &names, false) : NULL;

	/* One label may be longer; no name of several is. */
	if (name && strchr(name, '.'))
		g_assert_cmpuint(strlen(name), <=, 253);
	g_assert_true((name == NULL) == (text == NULL));
}

static void
look_record(const GString *text)
{
	g_autofree char *fault = NULL;
	struct spf_record *record = spf_record_read(text, &fault);

	g_assert_true((record == NULL) == (fault != NULL));
	if (!record)
		return;
	for (guint i = 0; i < record->terms->len; i++) {
		const struct spf_term *term = record->terms->pdata[i];

		g_assert_nonnull(term->text);
		g_assert_cmpuint(term->prefix4, <=, 32);
		g_assert_cmpuint(term->prefix6, <=, 128);
		look_spec(term->target);
	}
	look_spec(record->redirect);
	look_spec(record->explain);
	spf_record_free(record);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autoptr(GString) text = g_string_new("v=spf1 ");

	if (size == 0)
		return 0;
	if (data[0] & 1) {
		g_autoptr(Tags) tags = tags_parse((const char *)data + 1,
						  size - 1);

		g_assert_cmpuint(tags->names->len, ==, tags->values->len);
		return 0;
	}
	g_string_append_len(text, (const char *)data + 1, (gssize)size - 1);
	look_record(text);
	look_spec(text->str);
	return 0;
}
