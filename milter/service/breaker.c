/*
 * breaker.c -- how long a message may wait for another server
 */
#include "gatepost/service/breaker.h"

#include <pthread.h>

#include "gatepost/bounds.h"
#include "gatepost/util/clock.h"

struct Breaker {
	pthread_mutex_t lock;	/* of all below */
	guint outcomes;		/* of the last messages, a bit each: dead */
	bool was_alive;		/* it answered once */
	bool is_dead;
	gint64 probed;		/* steady ms */
};

Breaker *
breaker_new(void)
{
	Breaker *breaker = g_new0(Breaker, 1);

	pthread_mutex_init(&breaker->lock, NULL);
	return breaker;
}

void
breaker_free(Breaker *breaker)
{
	if (breaker)
		pthread_mutex_destroy(&breaker->lock);
	g_free(breaker);
}

gint64
breaker_budget(Breaker *breaker, gint64 most)
{
	gint64 now = clock_steady_ms(), budget = most;

	if (!breaker)
		return most;
	pthread_mutex_lock(&breaker->lock);
	if (breaker->is_dead && now - breaker->probed >=
	    BOUND_DNS_PROBE_EVERY_MS) {
		breaker->probed = now;
		budget = MIN(most, BOUND_DNS_PROBE_MS);
	} else if (breaker->is_dead) {
		budget = 1;
	} else if (!breaker->was_alive) {
		/* Nobody knows yet whether there is anyone at all. */
		budget = MIN(most, BOUND_DNS_FIRST_MS);
	}
	pthread_mutex_unlock(&breaker->lock);
	return budget;
}

static guint
count_bits(guint bits)
{
	guint count = 0;

	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

bool
breaker_tell(Breaker *breaker, gint64 asked, bool is_alive, bool *is_dead)
{
	bool before, changed;

	if (!breaker || asked == 0)
		return false;
	pthread_mutex_lock(&breaker->lock);
	before = breaker->is_dead;
	breaker->outcomes = (breaker->outcomes << 1 | !is_alive) & 31;
	breaker->was_alive |= is_alive;
	if (is_alive)
		breaker->is_dead = false;
	else if (count_bits(breaker->outcomes) >= 3)
		breaker->is_dead = true;
	if (!breaker->is_dead && before)
		breaker->outcomes = 0;
	changed = breaker->is_dead != before;
	*is_dead = breaker->is_dead;
	if (changed)
		breaker->probed = clock_steady_ms();
	pthread_mutex_unlock(&breaker->lock);
	return changed;
}
