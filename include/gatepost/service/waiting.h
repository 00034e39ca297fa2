/*
 * waiting.h -- how many octets of reports wait for the clerk
 *
 * One tally in the process that takes them: what it says is as true as
 * reports/new on disk, from which waiting_know() fills it at start.  Threads
 * may share it.
 */
#ifndef GATEPOST_SERVICE_WAITING_H
#define GATEPOST_SERVICE_WAITING_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/intake.h"

typedef struct Waiting Waiting;

Waiting *waiting_new(void);
void waiting_free(Waiting *waiting);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Waiting, waiting_free)

/*
 * Is there room for ONE of SIZE octets, when those of its tenant may take
 * QUOTA (0: no limit)?  Then it is counted.  A reporter may fill a quarter of
 * it, and all who are not verified a tenth; but a first one, of the tenant
 * and of the reporter, always finds room, however large.  The same id again
 * is no other.
 */
bool waiting_take(Waiting *waiting, const Incoming *one, gsize size,
		  gint64 quota);

/* Count ONE of SIZE octets, which stands on disk, whatever the quota. */
void waiting_know(Waiting *waiting, const Incoming *one, gsize size);

/* ID waits no more; an id that is not known is no error. */
void waiting_drop(Waiting *waiting, const char *id);

#endif
