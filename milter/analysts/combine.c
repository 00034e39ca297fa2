/*
 * combine.c -- what the analysts say together
 */
#include "gatepost/analysts/combine.h"

static bool
is_settled(const Attempt *attempt)
{
	return attempt->state == ATTEMPT_ANSWERED ||
	    attempt->state == ATTEMPT_REFUSED ||
	    attempt->state == ATTEMPT_GIVEN_UP;
}

static bool
is_sure(const Attempt *attempt)
{
	return attempt->state == ATTEMPT_ANSWERED &&
	    attempt->verdict != VERDICT_NONE &&
	    attempt->verdict != VERDICT_UNKNOWN;
}

static const Attempt *
first_sure(const GPtrArray *attempts)
{
	const Attempt *first = NULL;

	for (guint i = 0; i < attempts->len; i++) {
		const Attempt *one = attempts->pdata[i];

		if (is_sure(one) && (!first ||
				     one->answered < first->answered))
			first = one;
	}
	return first;
}

/* What most say; a tie is unknown. */
static enum verdict
majority(const GPtrArray *attempts)
{
	guint votes[VERDICT_UNKNOWN + 1] = { 0 };
	enum verdict most = VERDICT_UNKNOWN;

	for (guint i = 0; i < attempts->len; i++) {
		const Attempt *one = attempts->pdata[i];

		if (is_sure(one))
			votes[one->verdict]++;
	}
	for (int i = VERDICT_CLEAN; i < VERDICT_UNKNOWN; i++)
		if (votes[i] > votes[most])
			most = (enum verdict)i;
	for (int i = VERDICT_CLEAN; i < VERDICT_UNKNOWN; i++)
		if (i != (int)most && votes[i] == votes[most])
			return VERDICT_UNKNOWN;
	return most;
}

struct combined
combine(const GPtrArray *attempts, enum combine rule)
{
	struct combined out = { .is_over = true };
	const Attempt *first = first_sure(attempts);
	guint answered = 0;

	for (guint i = 0; i < attempts->len; i++) {
		const Attempt *one = attempts->pdata[i];

		out.is_over &= is_settled(one);
		out.is_taken |= one->verdict != VERDICT_NONE;
		if (one->verdict != VERDICT_NONE &&
		    one->state == ATTEMPT_ANSWERED && answered++ == 0)
			out.by = one->analyst;
		/* One is enough. */
		if (rule == COMBINE_ANY_MALWARE && is_sure(one) &&
		    one->verdict == VERDICT_MALWARE) {
			out.is_over = true;
			out.is_taken = true;
			out.verdict = VERDICT_MALWARE;
			out.by = one->analyst;
			return out;
		}
	}
	if (rule == COMBINE_FIRST && first) {
		out.is_over = true;
		out.verdict = (enum verdict)first->verdict;
		out.by = first->analyst;
		return out;
	}
	if (answered != 1)
		out.by = NULL;
	if (out.is_taken)
		out.verdict = first ? majority(attempts) : VERDICT_UNKNOWN;
	return out;
}
