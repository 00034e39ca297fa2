/*
 * submit_once.h -- what needs no analyst: the ledger says it
 */
#ifndef GATEPOST_SERVICE_SUBMIT_ONCE_H
#define GATEPOST_SERVICE_SUBMIT_ONCE_H

#include <glib.h>

#include "gatepost/model/decision.h"
#include "gatepost/model/submission.h"

/*
 * The result of a message submitted AS, by what was decided on it: an entry
 * that let it in, or held it; authentication; impersonation.  RESULT_PENDING:
 * that is for the analysts.  Codes of why go to REASONS (of char *).
 */
enum result submit_once(const Decision *decision, enum submitted_as as,
			GPtrArray *reasons);

/* The same of a link or a file that entries or feeds know: DECISION is what
 * they say of it alone. */
enum result submit_once_thing(const Decision *decision, enum submitted_as as,
			      GPtrArray *reasons);

#endif
