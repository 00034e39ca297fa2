/*
 * dkim.h -- DKIM signatures (RFC 6376, 8301, 8463)
 */
#ifndef GATEPOST_AUTH_DKIM_H
#define GATEPOST_AUTH_DKIM_H

#include <glib.h>

#include "gatepost/auth/dns.h"
#include "gatepost/model/facts.h"

/* Start to look up the keys of all signatures in SIZE octets of DATA. */
void dkim_start(Lookups *lookups, const guint8 *data, gsize size);

/*
 * Verify up to BOUND_SIGNATURES signatures of the message and append a
 * Signature for each to FACTS->auth.dkim.  Lines end in CRLF.  A signature
 * that does not cover From or all of the body, one by SHA-1 or a short key,
 * is no pass; its reason says why.
 */
void dkim_check(Lookups *lookups, const guint8 *data, gsize size,
		Facts *facts);

/* A line on each library of this file, for -V. */
void dkim_versions(GString *out);

#endif
