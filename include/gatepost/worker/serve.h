/*
 * serve.h -- a worker's loop, and the limits it lives in
 */
#ifndef GATEPOST_WORKER_SERVE_H
#define GATEPOST_WORKER_SERVE_H

#include <glib.h>

#include "gatepost/model/facts.h"

/* Answer one request: content and, later, authentication in one call. */
void analyse(const guint8 *data, gsize size, const Request *request,
	     Answer *answer);

/* ANSWER packed for the way back, BRIEF or whole, within BOUND_FACTS; yours.
 * What does not fit is taken out of it, and a defect says so. */
GByteArray *analyse_packed(Answer *answer, bool brief);

/* Analyse the built-in sample, so that libraries load what they load late. */
void analyse_sample(void);

/* Take the limits of a worker (design 3); of no return. */
void serve_limits(void);

/* Accept and answer MOST requests on LISTENER, one at a time; an octet goes
 * to STATUS before the first.  Returns when it is time to be replaced. */
void serve(int listener, int status, gint64 most);

/* Answer all requests of one CONNECTION until its end. */
void serve_connection(int connection);

#endif
