/*
 * breaker.h -- how long a message may wait for another server, DNS or clamd,
 * by how that fared lately
 *
 * One that stops answering must not make mail crawl: it costs the messages
 * some seconds, then one message a second half of one, and all others nothing
 * until it answers again.
 */
#ifndef GATEPOST_SERVICE_BREAKER_H
#define GATEPOST_SERVICE_BREAKER_H

#include <glib.h>
#include <stdbool.h>

typedef struct Breaker Breaker;

Breaker *breaker_new(void);
void breaker_free(Breaker *breaker);

/* Milliseconds for the next message, MOST at most; NULL: MOST.  Threads may
 * share it. */
gint64 breaker_budget(Breaker *breaker, gint64 most);

/* A message asked ASKED times, and was answered once at least, or never.  True
 * when that changed whether the server counts as dead; *IS_DEAD says which. */
bool breaker_tell(Breaker *breaker, gint64 asked, bool is_alive,
		  bool *is_dead);

#endif
