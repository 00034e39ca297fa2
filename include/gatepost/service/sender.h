/*
 * sender.h -- which of our users sent a mail that asks us for something
 */
#ifndef GATEPOST_SERVICE_SENDER_H
#define GATEPOST_SERVICE_SENDER_H

#include "gatepost/model/message.h"
#include "gatepost/service/routes.h"

/* Why MESSAGE is no person's, in words, or NULL. */
const char *sender_is_program(const Message *message, const Facts *facts);

/* Whose mailbox the sender's is, by his login or by an aligned pass of a
 * domain of TENANT; yours.  NULL and *WHY, in words: nothing proves it.  The
 * caller looks at `unsure`. */
Route *sender_route(const Message *message, const Facts *facts,
		    const Tenant *tenant, const struct map_wait *wait,
		    const char **why);

/* Where an answer goes: to From when that is the sender's own, else to his
 * MAILBOX.  Yours. */
char *sender_reply(const Message *message, const Facts *facts,
		   const Tenant *tenant, const char *mailbox,
		   const struct map_wait *wait);

#endif
