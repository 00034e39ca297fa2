/*
 * analyst.c -- ask one analyst about one submission: the table of types, and
 * what they share
 *
 * To add a type: see model/analyst.c; then a file here, and a row.
 */
#include "gatepost/analysts/question.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/util/text.h"

static const struct analyst_type *const types[] = {
	[ANALYST_RSPAMD] = &analyst_rspamd,
	[ANALYST_SPAMASSASSIN] = &analyst_spamassassin,
	[ANALYST_CLAMD] = &analyst_clamd,
	[ANALYST_MAIL] = &analyst_mail,
	[ANALYST_HTTP] = &analyst_http,
	[ANALYST_COMMAND] = &analyst_command,
	[ANALYST_MANUAL] = &analyst_manual,
};

void
answer_clear(struct answer *answer)
{
	g_free(answer->detail);
	g_free(answer->ticket);
	g_free(answer->fault);
	memset(answer, 0, sizeof *answer);
}

void
answer_fail(struct answer *answer, enum answer_state state,
	    const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	g_free(answer->fault);
	answer->fault = text_utf8(text, strlen(text), BOUND_ANSWER_DETAIL);
	answer->state = state;
}

void
answer_give(struct answer *answer, enum verdict verdict, const char *detail,
	    gsize length)
{
	answer->state = ANSWER_VERDICT;
	answer->verdict = verdict;
	g_free(answer->detail);
	answer->detail = length == 0 ? NULL :
	    text_utf8(detail, length, BOUND_ANSWER_DETAIL);
}

void
answer_word(const struct question *question, struct answer *answer,
	    const char *word, const char *detail)
{
	enum verdict verdict = analyst_word(question->setting, word);
	g_autofree char *odd = NULL;

	if (verdict == VERDICT_NONE) {
		verdict = VERDICT_UNKNOWN;
		odd = g_strdup_printf("it said \"%s\", which is none of our "
				      "words: see words in gatepost.conf(5)",
				      word);
		detail = odd;
	}
	answer_give(answer, verdict, detail, detail ? strlen(detail) : 0);
}

enum verdict
verdict_of_symbol(const char *symbol)
{
	static const struct {
		const char *part;
		enum verdict verdict;
	} rows[] = {
		{ "VIRUS", VERDICT_MALWARE }, { "MALWARE", VERDICT_MALWARE },
		{ "CLAM", VERDICT_MALWARE }, { "EICAR", VERDICT_MALWARE },
		{ "PHISH", VERDICT_PHISH },
	};
	g_autofree char *upper = g_ascii_strup(symbol, -1);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strstr(upper, rows[i].part))
			return rows[i].verdict;
	return VERDICT_SPAM;
}

bool
question_teaches(const struct question *question, bool *is_bad)
{
	enum submitted_as as = (enum submitted_as)question->submission->as;

	*is_bad = as_is_bad(as);
	return question->setting->learn && as != AS_SUSPICIOUS &&
	    as != AS_APPEARS_CLEAN;
}

char *
question_secret(const struct question *question, struct answer *answer)
{
	const char *path = question->setting->secret_file;
	char line[BOUND_SECRET + 1] = "";
	struct stat st;
	int fd = !path ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
				   O_NONBLOCK);
	gssize n = fd < 0 ? -1 : read(fd, line, BOUND_SECRET);
	bool is_open = fd < 0 || fstat(fd, &st) < 0 || (st.st_mode & 07);

	if (!path)
		return g_strdup("");
	if (n < 0)
		answer_fail(answer, ANSWER_FAILED, "secret_file %s: %s", path,
			    g_strerror(errno));
	else if (is_open)
		answer_fail(answer, ANSWER_FAILED, "secret_file %s: everybody "
			    "may read it; chmod o= it", path);
	if (fd >= 0)
		close(fd);
	if (n < 0 || is_open)
		return NULL;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (*line)
		return g_strdup(line);
	answer_fail(answer, ANSWER_FAILED, "secret_file %s: its first line "
		    "is empty", path);
	return NULL;
}

bool
analyst_polls(const AnalystSetting *one)
{
	return types[one->type]->poll && one->poll;
}

const char *
analyst_where(const AnalystSetting *one)
{
	if (one->type == ANALYST_MANUAL)
		return "the admin";
	return one->type == ANALYST_MAIL ? one->address :
	    one->type == ANALYST_COMMAND ? one->argv->pdata[0] :
	    one->url ? one->url : one->socket;
}

void
analyst_ask(const struct question *question, struct answer *answer)
{
	memset(answer, 0, sizeof *answer);
	types[question->setting->type]->ask(question, answer);
}

void
analyst_poll(const struct question *question, const char *ticket,
	      struct answer *answer)
{
	memset(answer, 0, sizeof *answer);
	types[question->setting->type]->poll(question, ticket, answer);
}
