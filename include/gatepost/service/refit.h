/*
 * refit.h -- the bytes of a message with header fields left out or changed,
 * all else octet for octet
 */
#ifndef GATEPOST_SERVICE_REFIT_H
#define GATEPOST_SERVICE_REFIT_H

#include <glib.h>
#include <stdbool.h>

/* What becomes of the field NAME (LENGTH octets), the INDEXth of that name
 * from 1 on: kept, left out, or put as *VALUE (borrowed, without line end). */
enum refit { REFIT_KEEP, REFIT_DROP, REFIT_CHANGE };
typedef enum refit refit_fate(const char *name, gsize length, gint64 index,
			      const char **value, void *data);

/* Append the SIZE octets at DATA to OUT, each header field as FATE says. */
void refit(GString *out, const char *bytes, gsize size, refit_fate *fate,
	   void *data);

/* Append our trace to OUT: whose message it was, and that it lay in our
 * PLACE as ID (RFC 5321 4.4).  What is not known may be NULL. */
void refit_trace(GString *out, const char *place, const char *id,
		 const char *helo, const char *name, const char *address);

/* Has the header of the SIZE octets at BYTES octets that are no ASCII, and
 * did it come with SMTPUTF8 among OPTIONS (of char *)? */
bool refit_needs_utf8(const GPtrArray *options, const char *bytes,
		      gsize size);

#endif
