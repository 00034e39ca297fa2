/*
 * held.c -- the one machine of states of a held copy
 *
 * Released, deleted and expired are ends: no row leads out of them.
 */
#include "gatepost/model/held.h"

#include <glib.h>

#include "gatepost/model/rights.h"

const char *const held_states[] = {
	"held", "requested", "approved", "denied", "released", "deleted",
	"expired", NULL
};

const char *const held_verbs[] = {
	"request", "approve", "deny", "release", "delete", "expire", NULL
};

#define BIT(n) (1 << (n))
#define OPEN (BIT(HELD_HELD) | BIT(HELD_REQUESTED) | BIT(HELD_APPROVED) | \
	      BIT(HELD_DENIED))
#define NOBODY RIGHTS

/* To add a verb: an enumerator, its name, its row: in which states, to which
 * one, by which actors; a user needs the right. */
static const struct {
	enum held_verb verb;
	int from;		/* bits of enum held_state */
	enum held_state to;
	int actors;		/* bits of enum actor */
	enum right right;	/* of a user */
} rows[] = {
	{ HELD_REQUEST, BIT(HELD_HELD), HELD_REQUESTED,
	  BIT(ACTOR_USER) | BIT(ACTOR_ADMIN), RIGHT_REQUEST },
	{ HELD_APPROVE, BIT(HELD_REQUESTED) | BIT(HELD_DENIED),
	  HELD_APPROVED, BIT(ACTOR_ADMIN), NOBODY },
	{ HELD_DENY, BIT(HELD_REQUESTED) | BIT(HELD_APPROVED), HELD_DENIED,
	  BIT(ACTOR_ADMIN), NOBODY },
	/* What was denied is released by no user any more. */
	{ HELD_RELEASE, BIT(HELD_HELD) | BIT(HELD_REQUESTED), HELD_RELEASED,
	  BIT(ACTOR_USER) | BIT(ACTOR_ADMIN), RIGHT_RELEASE },
	{ HELD_RELEASE, BIT(HELD_APPROVED), HELD_RELEASED,
	  BIT(ACTOR_ADMIN) | BIT(ACTOR_SYSTEM), NOBODY },
	{ HELD_RELEASE, BIT(HELD_DENIED), HELD_RELEASED, BIT(ACTOR_ADMIN),
	  NOBODY },
	{ HELD_DELETE, OPEN, HELD_DELETED, BIT(ACTOR_USER) | BIT(ACTOR_ADMIN),
	  RIGHT_DELETE },
	/* What was approved is sent, however long the MTA was away. */
	{ HELD_EXPIRE, OPEN & ~BIT(HELD_APPROVED), HELD_EXPIRED,
	  BIT(ACTOR_SYSTEM), NOBODY },
};

bool
held_is_open(enum held_state state)
{
	return (BIT(state) & OPEN) != 0;
}

enum held_step
held_step(enum held_state from, enum held_verb verb, enum actor actor,
	  int rights, enum held_state *to)
{
	enum held_step step = STEP_NOT_YOURS;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (rows[i].verb != verb || !(rows[i].actors & BIT(actor)))
			continue;
		if (!(rows[i].from & BIT(from))) {
			step = STEP_ALREADY;
		} else if (actor == ACTOR_USER &&
			   !(rights & RIGHT_BIT(rows[i].right))) {
			return STEP_NO_RIGHT;
		} else {
			*to = rows[i].to;
			return STEP_DONE;
		}
	}
	return step;
}
