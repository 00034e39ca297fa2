/*
 * release.h -- give a held copy to its recipient, or drop it
 */
#ifndef GATEPOST_SERVICE_RELEASE_H
#define GATEPOST_SERVICE_RELEASE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/site.h"

enum release_result {
	RELEASE_DONE,
	RELEASE_ALREADY,	/* *IS says what it is instead */
	RELEASE_FAILED		/* ERROR set; the copy is held as before */
};

/*
 * Send RCPT's copy of item ID on its way, by the listener or sendmail(1) of
 * CONFIG, and mark it released by WHO.  A second release says so.
 */
enum release_result release(Site *site, const Config *config, const char *id,
			    const char *rcpt, const char *who,
			    enum held_state *is, GError **error);

/* The bytes that go out: our trace, then the stored bytes less what we would
 * have removed, Return-Path and Delivered-To.  PROOF may be NULL.  Yours;
 * LENGTH set. */
char *release_bytes(const Held *held, const char *mta, const char *data,
		    gsize size, const char *proof, gint64 now,
		    gsize *length);

#endif
