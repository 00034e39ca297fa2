/*
 * report.h -- the messages that a report brings, in every form
 */
#ifndef GATEPOST_CONTENT_REPORT_H
#define GATEPOST_CONTENT_REPORT_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * Find the messages in the report of SIZE octets at DATA, or where REQUEST
 * says that it is bare, take itself for one: ANSWER gets a Reported for each,
 * BOUND_REPORTED at most, and their octets one behind the other, together at
 * most BOUND_MESSAGE.  In what holds none, the whole is what is reported, its
 * form FORM_NONE.
 */
void content_report(const guint8 *data, gsize size, const Request *request,
		    Answer *answer);

#endif
