/*
 * results.h -- our Authentication-Results (RFC 8601)
 */
#ifndef GATEPOST_SERVICE_RESULTS_H
#define GATEPOST_SERVICE_RESULTS_H

#include <glib.h>

#include "gatepost/model/message.h"

/* The lines of the field's value under AUTHSERV_ID, of char *; NULL when the
 * results of MESSAGE are none of ours. */
GPtrArray *results_lines(const Message *message, const Facts *facts,
			 const char *authserv_id);

#endif
