/*
 * explain.h -- why a message came through, short and safe in a mail
 */
#ifndef GATEPOST_SERVICE_EXPLAIN_H
#define GATEPOST_SERVICE_EXPLAIN_H

#include <glib.h>

#include "gatepost/util/json.h"

/* Append to OUT, by RECORD (the ledger's JSON), why RCPT of TENANT (NULL: its
 * first) got the message: what decided, all else that was found,
 * authentication, and the rules that suspected it or nearly did.  No link in
 * it can be followed. */
void explain(GString *out, const Json *record, const char *tenant,
	     const char *rcpt);

#endif
