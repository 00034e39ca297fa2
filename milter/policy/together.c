/*
 * together.c -- one answer, many recipients (design 8)
 *
 * After the end of the message SMTP gives one answer for all.  Recipients
 * whose copy is held or discarded are taken off; the message is refused only
 * when all refuse it, else those who would have refused it hold it: no mail
 * is lost without a trace.
 */
#include "gatepost/policy/judge.h"

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
