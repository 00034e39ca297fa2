/*
 * together.c -- one answer, many recipients (design 8)
 *
 * After the end of the message SMTP gives one answer for all.  Recipients
 * whose copy is held or discarded are taken off; the message is refused only
 * when all refuse it, else those who would have refused it hold it: no mail
 * is lost without a trace.
 */
#include "gatepost/policy/judge.h"

#include <string.h>

const char *const replies[] = {
	"accept", "reject", "discard", "later"
};

static void
limit(Decision *decision, enum action action, const char *why)
{
	decision->action = (int)action;
	g_free(decision->limit);
	decision->limit = g_strdup(why);
}

enum reply
judge_together(GPtrArray *decisions)
{
	guint rejects = 0, stays = 0;

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		rejects += decision->action == ACTION_REJECT;
		stays += decision->action < ACTION_QUARANTINE;
	}
	if (decisions->len > 0 && rejects == decisions->len)
		return REPLY_REJECT;
	for (guint i = 0; rejects && i < decisions->len; i++) {
		Decision *decision = decisions->pdata[i];

		if (decision->action == ACTION_REJECT)
			limit(decision, ACTION_QUARANTINE,
			      "other recipients take the message, so it "
			      "cannot be refused; it is held instead");
	}
	return stays || decisions->len == 0 ? REPLY_ACCEPT : REPLY_DISCARD;
}

/* Are ONE and OTHER, both delivered, marked the same? */
static bool
is_same(const Decision *one, const Decision *other, bool has_scores)
{
	bool is_freed = judge_is_freed(one), is_other = judge_is_freed(other);

	return one->action == other->action &&
	    (!has_scores || is_freed == is_other) &&
	    (one->action < ACTION_TAG ||
	     g_strcmp0(one->tenant, other->tenant) == 0);
}

bool
judge_is_freed(const Decision *decision)
{
	/* By the tenant's entry, or by the user's own. */
	return (decision->row == 6 || decision->row == 4) &&
	    decision->mode == MODE_ENFORCE;
}

static bool
is_delivered(const Decision *decision)
{
	return decision->action < ACTION_QUARANTINE;
}

/* May we take its copy over?  Not of those who are none of ours, nor where
 * nothing is to be edited. */
static bool
is_taken_over(const Decision *decision)
{
	return decision->tenant && !decision->is_outbound &&
	    decision->mode != MODE_OBSERVE;
}

/* Which of COUNT groups, from 1 on, stays where it is: one that we may
 * not take over, else the largest, of two as large the milder one. */
static guint
staying(const GPtrArray *decisions, const guint *groups, guint count)
{
	g_autofree guint *sizes = g_new0(guint, count + 1);
	g_autofree int *actions_ = g_new0(int, count + 1);
	guint most = 1;

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *one = decisions->pdata[i];

		if (!groups[i])
			continue;
		sizes[groups[i]] += !is_taken_over(one) ?
		    decisions->len + 1 : 1;
		actions_[groups[i]] = one->action;
	}
	for (guint i = 2; i <= count; i++)
		if (sizes[i] > sizes[most] ||
		    (sizes[i] == sizes[most] &&
		     actions_[i] < actions_[most]))
			most = i;
	return most;
}

guint
judge_part(const GPtrArray *decisions, bool has_scores, guint *groups)
{
	guint count = 0, stays;

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *one = decisions->pdata[i];

		groups[i] = 0;
		if (!is_delivered(one))
			continue;
		for (guint j = 0; j < i && !groups[i]; j++)
			if (groups[j] && is_same(one, decisions->pdata[j],
						 has_scores))
				groups[i] = groups[j];
		if (!groups[i])
			groups[i] = ++count;
	}
	if (count < 2) {
		memset(groups, 0, decisions->len * sizeof *groups);
		return 0;
	}
	stays = staying(decisions, groups, count);
	for (guint i = 0; i < decisions->len; i++)
		groups[i] = groups[i] == stays ? 0 :
		    groups[i] - (groups[i] > stays);
	return count - 1;
}

/* A header field reaches everyone who stays: when they differ, the mildest
 * marking is used for all, and the others' decisions say so. */
struct marks
judge_marks(const GPtrArray *decisions)
{
	struct marks marks = { false, false, NULL };
	const Decision *mildest = NULL;

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if (decision->action < ACTION_QUARANTINE &&
		    (!mildest || decision->action < mildest->action))
			mildest = decision;
	}
	for (guint i = 0; mildest && i < decisions->len; i++) {
		Decision *decision = decisions->pdata[i];

		if (decision->action < ACTION_QUARANTINE &&
		    decision->action > mildest->action)
			limit(decision, (enum action)mildest->action,
			      "a header field reaches every recipient and "
			      "another one's mail is marked less, so the "
			      "mildest marking is used for all");
	}
	if (mildest && mildest->action >= ACTION_TAG) {
		marks.is_tagged = true;
		marks.is_junk = mildest->action == ACTION_JUNK;
		marks.of = mildest;
	}
	return marks;
}
