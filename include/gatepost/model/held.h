/*
 * held.h -- the states of a held copy, and who may bring it from one to
 * another (design 10)
 */
#ifndef GATEPOST_MODEL_HELD_H
#define GATEPOST_MODEL_HELD_H

#include <stdbool.h>

enum held_state {
	HELD_HELD,
	HELD_REQUESTED,		/* its user asked for it */
	HELD_APPROVED,		/* an admin agreed; it is being sent */
	HELD_DENIED,		/* an admin refused */
	HELD_RELEASED, HELD_DELETED, HELD_EXPIRED
};
extern const char *const held_states[];		/* names; ends with NULL */

/* Is the copy still in our care: not released, deleted or expired? */
bool held_is_open(enum held_state state);

enum held_verb {
	HELD_REQUEST, HELD_APPROVE, HELD_DENY, HELD_RELEASE, HELD_DELETE,
	HELD_EXPIRE
};
extern const char *const held_verbs[];		/* ends with NULL */

/* Who acts.  A user has the rights that the copy was given; an admin has
 * all; the system acts by the clock. */
enum actor { ACTOR_USER, ACTOR_ADMIN, ACTOR_SYSTEM };

enum held_step {
	STEP_DONE,
	STEP_ALREADY,		/* it is not in a state that allows it */
	STEP_NO_RIGHT,		/* the user was not given the right */
	STEP_NOT_YOURS,		/* this actor never does that */
	STEP_FAILED		/* by quarantine_move() alone: ERROR is set */
};

/* May ACTOR, who when a user has RIGHTS (bits of rights.h), do VERB to a copy
 * in state FROM?  STEP_DONE: *TO is its next state. */
enum held_step held_step(enum held_state from, enum held_verb verb,
			 enum actor actor, int rights, enum held_state *to);

#endif
