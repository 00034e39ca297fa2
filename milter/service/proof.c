/*
 * proof.c -- HMAC-SHA256 over item, recipient, body digest and time
 */
#include "gatepost/service/proof.h"

#include <string.h>

#include "gatepost/util/clock.h"
#include "gatepost/util/ids.h"

static char *
mac(const struct installation_key *key, const char *id, const char *rcpt,
    const char *body_sha256, gint64 until)
{
	/* No part can hold a line end, so the parts cannot run together. */
	g_autofree char *text = g_strdup_printf(
	    "release\n%s\n%s\n%s\n%" G_GINT64_FORMAT, id, rcpt,
	    body_sha256, until);

	return g_compute_hmac_for_string(G_CHECKSUM_SHA256, key->release,
					 sizeof key->release, text, -1);
}

char *
proof_make(const struct installation_key *key, const char *id,
	   const char *rcpt, const char *body_sha256, gint64 now)
{
	gint64 until = now / CLOCK_SECOND + PROOF_SECONDS;
	g_autofree char *sum = mac(key, id, rcpt, body_sha256, until);

	return g_strdup_printf("v1 %s %" G_GINT64_FORMAT " %s", id, until,
			       sum);
}

static bool
is_equal(const char *one, const char *other)
{
	guint8 differs = strlen(one) != strlen(other);

	for (gsize i = 0; one[i] && other[i]; i++)
		differs |= (guint8)(one[i] ^ other[i]);
	return !differs;
}

bool
proof_holds(const struct installation_key *key, const char *value,
	    const char *rcpt, const char *body_sha256, gint64 now, char *id)
{
	g_auto(GStrv) parts = g_strsplit(value, " ", -1);
	g_autofree char *sum = NULL;
	gint64 until;
	char *end;

	if (g_strv_length(parts) != 4 || strcmp(parts[0], "v1") != 0 ||
	    !id_is(parts[1]) || !body_sha256)
		return false;
	until = g_ascii_strtoll(parts[2], &end, 10);
	if (*end || until < now / CLOCK_SECOND ||
	    until > now / CLOCK_SECOND + PROOF_SECONDS)
		return false;
	sum = mac(key, parts[1], rcpt, body_sha256, until);
	if (!is_equal(sum, parts[3]))
		return false;
	memcpy(id, parts[1], ID_TEXT);
	return true;
}
