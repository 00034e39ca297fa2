/*
 * breaker.h -- how long a message may wait for DNS, by how DNS fared lately
 *
 * A resolver that stops answering must not make mail crawl: it costs the
 * first messages some seconds, then one message a second half of one, and all
 * others nothing until it answers again.
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

/* A message asked for NAMES, and DNS answered one of them, or none.  True when
 * that changed whether DNS counts as dead; *IS_DEAD says which. */
bool breaker_tell(Breaker *breaker, gint64 names, bool is_alive,
		  bool *is_dead);

#endif
