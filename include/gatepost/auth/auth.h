/*
 * auth.h -- who really sent it: all of authentication in one call; for
 * worker/ only
 */
#ifndef GATEPOST_AUTH_AUTH_H
#define GATEPOST_AUTH_AUTH_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * Fill ANSWER->facts.auth for the SIZE octets of DATA, whose content was read
 * into the facts already, within REQUEST->dns_ms.  Says in ANSWER what DNS
 * did.  Never fails: what cannot be known is a result.
 */
void auth_read(const guint8 *data, gsize size, const Request *request,
	       Answer *answer);

#endif
