/*
 * command.c -- a program that reads it and prints a verdict
 */
#include "gatepost/analysts/question.h"

#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "gatepost/bounds.h"
#include "gatepost/util/child.h"

/* What it may want to know besides. */
static char **
environment_of(const Submission *submission)
{
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, g_strconcat("GATEPOST_ID=", submission->id,
					 NULL));
	g_ptr_array_add(all, g_strconcat("GATEPOST_KIND=",
	    submission_kinds[submission->kind], NULL));
	g_ptr_array_add(all, g_strconcat("GATEPOST_AS=",
	    submitted_ases[submission->as], NULL));
	g_ptr_array_add(all, g_strconcat("GATEPOST_TENANT=",
	    submission->tenant ? submission->tenant : "", NULL));
	g_ptr_array_add(all, NULL);
	return (char **)g_ptr_array_free(all, FALSE);
}

/* "WORD the reason" on the first line. */
static void
understand(const struct question *question, const GString *heard,
	   struct answer *answer)
{
	gsize length = strcspn(heard->str, "\r\n");
	g_autofree char *line = g_strstrip(g_strndup(heard->str, length));
	gsize word = strcspn(line, " \t");
	g_autofree char *first = g_strndup(line, word);

	if (!*first)
		answer_fail(answer, ANSWER_FAILED, "it printed no verdict");
	else
		answer_word(question, answer, first,
			    g_strchug(line + word));
}

static void
ask(const struct question *question, struct answer *answer)
{
	const GPtrArray *argv = question->setting->argv;
	g_auto(GStrv) environment = environment_of(question->submission);
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autoptr(GString) heard = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	struct child child = {
		.environment = environment, .input = question->data,
		.size = question->size, .most = BOUND_COMMAND_ANSWER,
		.timeout = question->setting->timeout * 1000,
	};
	int status = 0;

	for (guint i = 0; i < argv->len; i++)
		g_ptr_array_add(words, argv->pdata[i]);
	g_ptr_array_add(words, NULL);
	child.words = (char *const *)words->pdata;
	if (!child_run(&child, heard, &status, &error))
		answer_fail(answer, ANSWER_FAILED, "%s", error->message);
	else if (WIFSIGNALED(status))
		answer_fail(answer, ANSWER_FAILED, "it ended by signal %d",
			    WTERMSIG(status));
	else if (WEXITSTATUS(status) != EX_OK)
		answer_fail(answer, ANSWER_FAILED, "it ended with exit %d",
			    WEXITSTATUS(status));
	else
		understand(question, heard, answer);
}

const struct analyst_type analyst_command = { .ask = ask };
