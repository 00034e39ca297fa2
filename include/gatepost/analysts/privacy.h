/*
 * privacy.h -- what of a submission leaves for an analyst
 *
 * The same submission, level and octets give the same, so that `gatepost
 * submission show` can print what left.
 */
#ifndef GATEPOST_ANALYSTS_PRIVACY_H
#define GATEPOST_ANALYSTS_PRIVACY_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/model/submission.h"
#include "gatepost/util/json.h"

/* What stands for the address of a recipient. */
#define PRIVACY_STAND_IN "recipient@recipient.invalid"

struct leaving {
	GString *data;
	bool is_whole;		/* the message or file itself */
	char *sha256;		/* of data */
	Submission *submission;	/* as he may know it: no recipient, no
				 * submitter */
};
void leaving_clear(struct leaving *leaving);

/*
 * Of SUBMISSION and its SIZE octets at DATA (none of a link), what leaves at
 * LEVEL.  RCPTS (of char *, may be NULL) are addresses of recipients beside
 * its own; FACTS is the record's JSON of the message, or NULL.
 */
void privacy_cut(const Submission *submission, enum privacy level,
		 const char *data, gsize size, const GPtrArray *rcpts,
		 const Json *facts, struct leaving *leaving);

#endif
