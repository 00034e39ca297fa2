/*
 * tally.h -- count, in memory, which entries messages meet, and notice an
 * entry that holds too much (design 6.1, Life and Brake)
 */
#ifndef GATEPOST_SERVICE_TALLY_H
#define GATEPOST_SERVICE_TALLY_H

#include <glib.h>

#include "gatepost/model/decision.h"
#include "gatepost/store/usage.h"

typedef struct Tally Tally;

Tally *tally_new(void);
void tally_free(Tally *tally);

/* Count the message ID with what was decided for its recipients, or for some
 * of them; NULL for none.  NOW in us. */
void tally_message(Tally *tally, const char *id, const GPtrArray *decisions,
		   gint64 now);

/* Is there anything to be written? */
bool tally_is_due(const Tally *tally);

/* Take out all that was counted, of Usage *; the array frees them. */
GPtrArray *tally_usages(Tally *tally);

/* An entry that holds too much: reported once in ten minutes. */
struct alarm {
	struct brake brake;
	bool is_automatic;	/* to be braked; else a person's: acts on */
};
void alarm_free(struct alarm *alarm);

/* Take out what is to be told, of struct alarm *; the array frees them. */
GPtrArray *tally_alarms(Tally *tally);

/* Count USAGES, which could not be written, again. */
void tally_put_back(Tally *tally, const GPtrArray *usages);

#endif
