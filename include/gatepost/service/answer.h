/*
 * answer.h -- what an analyst answers by mail to the action address
 *
 * Like an errand it is taken on disk before the MTA is answered, and read
 * afterwards, by a worker.  drain settles what it changes.
 */
#ifndef GATEPOST_SERVICE_ANSWER_H
#define GATEPOST_SERVICE_ANSWER_H

#include "gatepost/model/submission.h"
#include "gatepost/service/errand_work.h"

/* Until when (seconds) the tokens of ONE's questions hold, the same each time
 * it is asked.  Those of a first question and of the one after a dispute
 * differ, by which it is known what an answer answers. */
gint64 answer_until(const Submission *one);

/* Does MESSAGE claim to be one: is there a token for a verdict in its
 * subject? */
bool answer_is(const Facts *facts);

/* Keep it when the token holds and its analyst's address is proven to be in
 * From; the rest is logged and forgotten.  False and ERROR set: it is not
 * known, or not on disk; the MTA must come again. */
bool answer_take(struct pipeline *line, Message *message, const Facts *facts,
		 const Recipient *recipient, GError **error);

/* Note the verdict of ERRAND, an answer that was taken; of one to a question
 * from before a dispute, only that it came.  As errand_run(). */
bool answer_run(struct pipeline *line, Setup *setup, const Errand *errand,
		GError **error);

#endif
