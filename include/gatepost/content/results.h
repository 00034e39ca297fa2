/*
 * results.h -- Authentication-Results fields (RFC 8601)
 */
#ifndef GATEPOST_CONTENT_RESULTS_H
#define GATEPOST_CONTENT_RESULTS_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * Append the results in the field's VALUE (unfolded) to facts->results.
 * What stands behind a comment or quote that does not end is not read.
 * Returns the authserv-id in lower case, without quotes and comments, ""
 * when there is none.  Yours.
 */
char *results_read(const char *value, Facts *facts);

#endif
