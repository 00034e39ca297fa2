/*
 * courier.h -- the thread that hands the outbox to the MTA
 *
 * What the MTA does not take is tried again, after 5 seconds first and every
 * hour in the end, until it is taken or an admin deletes it.
 */
#ifndef GATEPOST_SERVICE_COURIER_H
#define GATEPOST_SERVICE_COURIER_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

typedef struct Courier Courier;

/* Start it; what lies in the outbox already is sent at once.  SETUP gives the
 * configuration in force, a reference; DATA is its own. */
Courier *courier_new(Site *site, Setup *(*setup)(void *data), void *data);

/* Item ID is about to be put and must not be sent yet; and now it may. */
void courier_hold(Courier *courier, const char *id);
void courier_go(Courier *courier, const char *id);

/* Put MAIL, a letter of ours on account of MESSAGE (an id), into the outbox
 * of SITE for TO, an address as smtp_is_safe(), and wake COURIER (may be
 * NULL).  False and ERROR set: it is not on disk. */
bool courier_post(Site *site, Courier *courier, const char *message,
		  const char *to, const GString *mail, GError **error);

/* Send MAIL in the same way at once; what the MTA does not take for now waits
 * in the outbox.  False and ERROR set: it refuses TO for good, no way to send
 * mail is configured, or it is not on disk. */
bool courier_send(Site *site, const Config *config, const char *message,
		  const char *to, const GString *mail, GError **error);

/* What one walk through the outbox did. */
struct courier_walk {
	guint sent, left;	/* items */
	gint64 next;		/* us: when the next is due; 0: none is left */
};

/* Send what is due, or IS_NOW all; IS_HELD (may be NULL) names what is not to
 * be touched.  For the thread and the command; what is sent and what is not
 * is logged. */
void courier_walk(Site *site, const Config *config, bool is_now,
		  bool (*is_held)(const char *id, void *data), void *data,
		  struct courier_walk *walk);

#endif
