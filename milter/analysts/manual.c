/*
 * manual.c -- the local admin, who says it by gatepost submission resolve
 */
#include "gatepost/analysts/question.h"

static void
ask(const struct question *question, struct answer *answer)
{
	(void)question;
	answer->state = ANSWER_LATER;
}

const struct analyst_type analyst_manual = { .ask = ask };
