/*
 * clerk.h -- the thread that does what users ask for by mail
 */
#ifndef GATEPOST_SERVICE_CLERK_H
#define GATEPOST_SERVICE_CLERK_H

#include "gatepost/service/pipeline.h"

typedef struct Clerk Clerk;

/* Start it over LINE, with what an earlier process left; SETUP(DATA) gives
 * what is in force, with a reference.  It lives as long as the process. */
Clerk *clerk_new(struct pipeline *line, Setup *(*setup)(void *data),
		 void *data);

/* The tally of the reports that wait for it; NULL when CLERK is. */
struct Waiting *clerk_waiting(Clerk *clerk);

/* There is something new to do.  NULL: nobody does it here. */
void clerk_wake(Clerk *clerk);

#endif
