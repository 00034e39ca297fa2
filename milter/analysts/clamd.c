/*
 * clamd.c -- ClamAV's daemon: malware, or nothing of which it knows
 */
#include "gatepost/analysts/question.h"

#include <string.h>

#include "gatepost/util/clamd.h"

static void
ask(const struct question *question, struct answer *answer)
{
	const AnalystSetting *setting = question->setting;
	gint64 deadline = g_get_monotonic_time() +
	    setting->timeout * G_USEC_PER_SEC;
	bool is_file = question->submission->kind == SUBMISSION_FILE;
	g_autofree char *word = NULL, *lower = NULL;

	switch (clamd_scan(setting->socket, (const guint8 *)question->data,
			   question->size, deadline, &word)) {
	case CLAMD_FOUND:
		lower = g_ascii_strdown(word, -1);
		answer_give(answer, strstr(lower, "phish") ? VERDICT_PHISH :
			    VERDICT_MALWARE, word, strlen(word));
		break;
	case CLAMD_CLEAN:
		/* Bad mail need not have a virus. */
		answer_give(answer, is_file ? VERDICT_CLEAN :
			    VERDICT_UNKNOWN, "no signature", 12);
		break;
	case CLAMD_UNSURE:
		answer_fail(answer, ANSWER_FAILED, "%s", word);
		break;
	}
}

const struct analyst_type analyst_clamd = { .ask = ask };
