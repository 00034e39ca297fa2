/*
 * spamassassin.c -- spamd's protocol: SYMBOLS for a verdict, TELL to teach it
 */
#include "gatepost/analysts/question.h"

#include <string.h>

#include "gatepost/analysts/stream.h"

#define PORT 783

/* Ask VERB with the lines MORE; its answer, "SPAMD/..." and EX_OK.  NULL and
 * the answer failed. */
static GString *
request(const struct question *question, const char *verb, const char *more,
	struct answer *answer)
{
	gint64 deadline = g_get_monotonic_time() +
	    question->setting->timeout * G_USEC_PER_SEC;
	g_autofree char *head = g_strdup_printf("%s SPAMC/1.5\r\n"
	    "Content-length: %" G_GSIZE_FORMAT "\r\n%s\r\n", verb,
	    question->size, more);
	g_autofree char *fault = NULL;
	GString *text = stream_ask(question->setting->socket, PORT, head,
				   question->data, question->size, deadline,
				   &fault);
	const char *word = text ? strchr(text->str, ' ') : NULL;
	gsize line = text ? strcspn(text->str, "\r\n") : 0;

	if (!text)
		answer_fail(answer, ANSWER_FAILED, "%s", fault);
	else if (!g_str_has_prefix(text->str, "SPAMD/") || !word ||
		 g_ascii_strtoll(word, NULL, 10) != 0 ||
		 !strstr(text->str, "\r\n\r\n"))
		answer_fail(answer, ANSWER_FAILED, "spamd answers \"%.*s\"",
			    (int)MIN(line, 200), text->str);
	else
		return text;
	if (text)
		g_string_free(text, TRUE);
	return NULL;
}

/* "Spam: True ; 15.3 / 5.0", then the symbols, parted by commas. */
static void
understand(struct answer *answer, const GString *text)
{
	const char *body = strstr(text->str, "\r\n\r\n") + 4;
	const char *spam = strstr(text->str, "\r\nSpam: ");
	g_auto(GStrv) symbols = g_strsplit_set(body, ",\r\n ", -1);
	enum verdict worst = VERDICT_SPAM;
	g_autofree char *detail = NULL;
	gsize length;

	if (!spam || spam > body) {
		answer_fail(answer, ANSWER_FAILED, "spamd does not say "
			    "whether it is spam");
		return;
	}
	spam += 8;
	length = strcspn(spam, "\r\n");
	for (guint i = 0; symbols[i]; i++)
		worst = MAX(worst, verdict_of_symbol(symbols[i]));
	if (g_ascii_strncasecmp(spam, "False", 5) == 0 ||
	    g_ascii_strncasecmp(spam, "No", 2) == 0)
		worst = VERDICT_CLEAN;
	detail = g_strdup_printf("%.*s: %s", (int)length, spam, body);
	answer_give(answer, worst, detail, strlen(g_strchomp(detail)));
}

/* What it learned before it does not learn again. */
static void
teach(const struct question *question, bool is_bad, struct answer *answer)
{
	struct answer learned = { .fault = NULL };
	GString *text = request(question, "TELL", is_bad ?
	    "Message-class: spam\r\nSet: local\r\n" :
	    "Message-class: ham\r\nSet: local\r\n", &learned);
	g_autofree char *detail = NULL;

	if (text) {
		g_string_free(text, TRUE);
		return;
	}
	detail = g_strdup_printf("%s; not learned: %s", answer->detail,
				 learned.fault);
	answer_give(answer, answer->verdict, detail, strlen(detail));
	answer_clear(&learned);
}

static void
ask(const struct question *question, struct answer *answer)
{
	GString *text = request(question, "SYMBOLS", "", answer);
	bool is_bad;

	if (!text)
		return;
	understand(answer, text);
	g_string_free(text, TRUE);
	if (answer->state == ANSWER_VERDICT &&
	    question_teaches(question, &is_bad))
		teach(question, is_bad, answer);
}

const struct analyst_type analyst_spamassassin = { .ask = ask };
