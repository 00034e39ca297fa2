/*
 * decode.c -- fuzz target: base64, quoted-printable, encoded words (RFC 2047),
 * parameters (RFC 2231), charsets
 *
 * The first octet chooses.  What is decoded in one go is what is decoded in
 * the smallest steps; what becomes text is valid UTF-8.
 */
#include "gatepost/content/decode.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/charset.h"
#include "gatepost/content/parameters.h"
#include "gatepost/content/words.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

static void
look_octets(enum encoding encoding, const guint8 *data, gsize size)
{
	g_autofree guint8 *all = NULL;
	struct decoder decoder;
	guint8 room[4];
	gsize length, n, at = 0;

	decode_start(&decoder, encoding, data, size);
	all = decode_all(&decoder, size, &length);
	g_assert_cmpuint(length, <=, size);
	decode_start(&decoder, encoding, data, size);
	for (; (n = decode_next(&decoder, room, sizeof room)) > 0; at += n)
		g_assert_true(at + n <= length &&
			      memcmp(all + at, room, n) == 0);
	g_assert_cmpuint(at, ==, length);
}

static void
look_parameters(const char *raw, Facts *facts)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	struct parameters parameters;

	parameters_read(&parameters, raw, facts);
	g_assert_cmpuint(parameters.rows->len, <=, BOUND_PARAMETERS);
	parameters_all(&parameters, "name", BOUND_SHOWN, names, facts);
	for (guint i = 0; i < names->len; i++)
		g_assert_true(g_utf8_validate(names->pdata[i], -1, NULL));
	parameters_clear(&parameters);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static const char *const charsets[] = {
		NULL, "utf-8", "iso-8859-1", "iso-2022-jp", "utf-7", "utf-16",
		"gb18030", "big5", "shift_jis", "euc-kr", "koi8-r", "hz"
	};
	g_autoptr(Facts) facts = facts_new();
	g_autofree char *text = NULL, *out = NULL;
	guint8 choice;

	if (size == 0)
		return 0;
	choice = *data++;
	text = g_strndup((const char *)data, --size);
	if (choice == 0)
		look_octets(ENCODING_QUOTED, data, size);
	else if (choice == 1)
		look_octets(ENCODING_BASE64, data, size);
	else if (choice == 2)
		look_parameters(text, facts);
	else if (choice == 4)
		look_octets(ENCODING_UU, data, size);
	else if (choice == 3)
		out = words_decode(text, strlen(text), BOUND_SHOWN, facts);
	else
		out = charset_decode(charsets[choice %
						 G_N_ELEMENTS(charsets)],
				     (const char *)data, size, NULL, facts);
	g_assert_true(!out || g_utf8_validate(out, -1, NULL));
	return 0;
}
