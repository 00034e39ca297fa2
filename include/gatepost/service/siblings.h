/*
 * siblings.h -- what is held for the same reason as something submitted
 */
#ifndef GATEPOST_SERVICE_SIBLINGS_H
#define GATEPOST_SERVICE_SIBLINGS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/submission.h"
#include "gatepost/service/site.h"

/* A copy of a held item. */
struct sibling {
	char *id, *rcpt;
};

/*
 * The open copies, of struct sibling, that a verdict "clean" on ONE lets out:
 * itself, mail that is alike and is held by the same row of policy, and what
 * ONE's entries alone held.  Free the array, which frees them.  NULL and
 * ERROR set.
 */
GArray *siblings_of(Site *site, const Submission *one, GError **error);

#endif
