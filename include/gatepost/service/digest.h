/*
 * digest.h -- mail to users about what is held for them
 */
#ifndef GATEPOST_SERVICE_DIGEST_H
#define GATEPOST_SERVICE_DIGEST_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

/*
 * The last time up to NOW (us) at which a digest EVERY so often is due, in
 * ZONE (an IANA name; NULL: the system's): every four hours from midnight on,
 * or at HOUR, or at HOUR on WEEKDAY (0: Monday).  0 for "never".
 */
gint64 digest_slot(enum digest_every every, gint64 hour, int weekday,
		   const char *zone, gint64 now);

/* What became of one user's digest. */
struct digest_told {
	const char *tenant, *user, *to;
	guint fresh, ending;	/* copies: new, and soon over */
	guint left;		/* of both, that it only counts */
	const char *fault;	/* why it could not be sent; NULL: it was */
};

struct digest_run {
	Site *site;
	Config *config;
	Routes *routes;
	const Tenant *tenant;	/* NULL: all */
	const char *user;	/* his mailbox; NULL: all of them */
	bool is_now;		/* whether it is due or not */
	bool is_dry;		/* send nothing, remember nothing */
	void (*told)(const struct digest_told *told, void *data);
	void *data;
};

/* Send each user of RUN his digest when it is due and there is something new;
 * call told() for each.  What cannot be sent is due still.  False and ERROR
 * set: it cannot be known what is held. */
bool digest_send(const struct digest_run *run, GError **error);

/* Keep others from sending digests meanwhile: a descriptor to be closed.  -1
 * and ERROR set when another does. */
int digest_lock(const Site *site, GError **error);

#endif
