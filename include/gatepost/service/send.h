/*
 * send.h -- hand a message to the MTA
 */
#ifndef GATEPOST_SERVICE_SEND_H
#define GATEPOST_SERVICE_SEND_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"

/* Send LENGTH octets of DATA, lines ending in CRLF, from SENDER ("": null) to
 * RCPT, normal addresses, by CONFIG's release.smtp or release.sendmail.
 * True: the MTA took it.  False and ERROR set. */
bool mail_send(const Config *config, const char *sender, const char *rcpt,
	       const char *data, gsize length, GError **error);

#endif
