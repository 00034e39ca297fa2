/*
 * seal.c -- JSON that ends in a digest of all in front of it
 */
#include "gatepost/store/seal.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/store/db.h"
#include "gatepost/util/digest.h"

#define SEAL ",\"digest\":\""
#define SEAL_END "\"}\n"

void
seal_add(GString *out)
{
	g_autofree char *digest = NULL;

	g_string_truncate(out, out->len - 1);
	digest = digest_of(out->str, out->len);
	g_string_append_printf(out, SEAL "%s" SEAL_END, digest);
}

static bool
is_sealed(const char *text)
{
	gsize length = strlen(text);
	gsize tail = strlen(SEAL) + 64 + strlen(SEAL_END);
	g_autofree char *digest = length < tail ? NULL :
	    digest_of(text, length - tail);
	g_autofree char *seal = g_strdup_printf(SEAL "%s" SEAL_END, digest ?
						digest : "");

	return digest && strcmp(text + length - tail, seal) == 0;
}

Json *
seal_open(const char *text, const char *id, GError **error)
{
	if (is_sealed(text))
		return json_parse(text, strlen(text), error);
	g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
		    "item %s is damaged: what is known of it is not what was "
		    "written", id);
	return NULL;
}
