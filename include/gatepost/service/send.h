/*
 * send.h -- hand a message to the MTA
 */
#ifndef GATEPOST_SERVICE_SEND_H
#define GATEPOST_SERVICE_SEND_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/service/smtp.h"

/* Hand MAIL to the MTA by CONFIG's release.smtp or release.sendmail; what
 * became of each recipient stands in it, as smtp_send() says.  sendmail(1)
 * knows no ORCPT, and one NOTIFY for all: that of the first recipient. */
bool mail_send(const Config *config, struct mail *mail, GError **error);

/* Send LENGTH octets of DATA from SENDER ("": null) to RCPT, and have no
 * report of its delivery sent to anybody (NOTIFY=NEVER). */
bool mail_send_quietly(const Config *config, const char *sender,
		       const char *rcpt, const char *data, gsize length,
		       bool is_utf8, GError **error);

#endif
