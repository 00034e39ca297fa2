/*
 * judge.h -- facts and lists to one decision for each recipient (design 7)
 */
#ifndef GATEPOST_POLICY_JUDGE_H
#define GATEPOST_POLICY_JUDGE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/decision.h"
#include "gatepost/model/message.h"

/* What the checks look at.  At RCPT there are no facts yet. */
struct look {
	const Message *message;
	const Facts *facts;		/* NULL before the end of the message */
	const Recipient *recipient;
	const GPtrArray *shown;		/* of Indicator *, sightings() */
	gint64 now;			/* us */
	struct SnapshotRun *run;	/* shared by all recipients of a
					 * message; NULL: none */
	const char *without;		/* key of an entry to leave out; NULL */
};

/* Is this recipient's mail ours to judge at all? */
bool judge_is_concerned(const struct look *look);

/*
 * For outbound mail (the recipient has an `outbound`) the entries of the
 * sender's tenant with direction=out or both are asked first: they refuse.
 *
 * Then run every check whose needs are met, then the precedence table, then
 * the candidate rules.  Findings without which another action had been asked
 * for are marked as decisive.  The decision is yours; its `action` is what is
 * to be done in this mode.
 */
Decision *judge(const struct look *look);

/* A decision that the system itself makes: hold, since the analysis of the
 * message failed again and again. */
Decision *judge_poison(const struct look *look, gint64 deaths);

/* A decision to deliver mail that we released ourselves. */
Decision *judge_released(const struct look *look, const char *id);

/* A decision on mail to the action address: it is taken off, and what it asks
 * for is done (service/errand.c). */
Decision *judge_action(const struct look *look);

/* A decision on mail to a report address: a verified reporter's is judged by
 * no rule, and taken off or, where the tenant has it so, delivered; a
 * program's is taken off; anybody else's is judged like other mail, and what
 * is left of it is taken, too. */
Decision *judge_report(const struct look *look);
/* Was DECISION made so, and the report not held or refused? */
bool judge_is_report(const Decision *decision);

/* Why FINDING, one of DECISION's, did not decide, in words; borrowed from it
 * or constant. */
const char *judge_lost(const Decision *decision, const Finding *finding);

/*
 * One answer for many recipients (design 8): brings the decisions to what
 * one message can carry, each change said in `limit`.  What the MTA is then
 * to be told for the whole message.
 */
enum reply { REPLY_ACCEPT, REPLY_REJECT, REPLY_DISCARD, REPLY_LATER };
extern const char *const replies[];
enum reply judge_together(GPtrArray *decisions);

/* Is DECISION to deliver in spite of what an upstream says? */
bool judge_is_freed(const Decision *decision);

/*
 * Part the recipients whose action delivers by how their copy is marked:
 * GROUPS[i], one for each of DECISIONS, is 0 for those who stay on the message
 * (the most of them, and all that are none of ours) and for those whose action
 * does not deliver, else the number of the group that needs a copy of its own.
 * HAS_SCORES: an upstream's fields are there, which an allow takes off.  How
 * many such groups there are.
 */
guint judge_part(const GPtrArray *decisions, bool has_scores, guint *groups);

/* What all recipients that stay have in common: the header fields to set. */
struct marks {
	bool is_tagged, is_junk;
	const Decision *of;	/* the mildest mark that counts; NULL: none */
};
struct marks judge_marks(const GPtrArray *decisions);

/* The precedence table and TENANT's policy, for `gatepost policy`. */
void precedence_print(const Tenant *tenant, GString *out);
/* The rows of that table as a JSON array. */
void precedence_json(GString *out);

#endif
