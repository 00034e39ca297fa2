/*
 * answer.c -- what an analyst answers by mail to the action address
 *
 * Whoever has the token and is not proven to be its analyst is nobody: a
 * forwarded question must not let its reader decide.
 */
#include "gatepost/service/answer.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/model/analyst.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/sender.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"
#include "gatepost/worker/ask.h"

/* Answers of which it is kept that they came late; the log has the others. */
#define LATE_MOST 8

gint64
answer_until(const Submission *one)
{
	gint64 since = one->at / CLOCK_SECOND;

	if (one->dispute.at)
		since = MAX(since + 1, one->dispute.at / CLOCK_SECOND);
	return since + BOUND_ANSWER_DAYS * (CLOCK_DAY / CLOCK_SECOND);
}

bool
answer_is(const Facts *facts)
{
	struct token token;

	return token_find(facts->subject, &token) &&
	    token.deed == TOKEN_VERDICT;
}

/* Whose address From is, and whose token it bears; NULL: nobody's. */
static const AnalystSetting *
analyst_of(const Config *config, const Tenant *tenant, const Facts *facts,
	   const struct token_keys *keys)
{
	struct token token;

	if (!facts->from || !token_find(facts->subject, &token))
		return NULL;
	for (guint i = 0; i < config->analysts->len; i++) {
		const AnalystSetting *one = config->analysts->pdata[i];
		g_autofree char *normal = one->type == ANALYST_MAIL ?
		    address_normal(one->address) : NULL;

		if (normal && strcmp(normal, facts->from) == 0 &&
		    token_holds(keys, &token, tenant->name, one->address,
				clock_now()))
			return one;
	}
	return NULL;
}

static void
log_ignored(const char *tag, const Facts *facts, const char *why)
{
	g_autofree char *from = text_value(facts->from);

	log_warning(tag, "answer-ignored from=%s reason=\"%s\"", from, why);
}

bool
answer_take(struct pipeline *line, Message *message, const Facts *facts,
	    const Recipient *recipient, GError **error)
{
	const Config *config = message->config;
	const AnalystSetting *one;
	struct token_keys keys;
	Errand *errand;
	char id[ID_TEXT];
	bool good;

	if (!keys_read(line->site->folder, &keys, error))
		return false;
	one = analyst_of(config, recipient->tenant, facts, &keys);
	if (!one) {
		log_ignored(message->tag, facts, "its token is not for an "
			    "analyst of that address, or is over");
		return true;
	}
	if (!auth_is_aligned(facts) && auth_is_unsure(facts)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "it is not known whether %s wrote it",
			    one->address);
		return false;
	}
	if (!auth_is_aligned(facts)) {
		log_ignored(message->tag, facts, "nothing proves who wrote "
			    "it: his domain needs DKIM or SPF");
		return true;
	}
	errand = fields_new(&errand_fields);
	id_new(id);
	errand->id = g_strdup(id);
	errand->at = clock_now();
	errand->message = g_strdup(message->tag);
	errand->tenant = g_strdup(recipient->tenant->name);
	errand->analyst = g_strdup(one->name);
	errand->is_program = sender_is_program(message, facts) != NULL;
	errand->subject = g_strdup(facts->subject);
	good = errand_put(line, message, errand, error);
	fields_free(&errand_fields, errand);
	return good;
}

/* ---- what it says ---- */

/* The text of the message in FD as a person sees it; NULL and ERROR set, or
 * not: the worker died of it. */
static char *
read_text(int fd, gsize size, GError **error)
{
	g_autofree char *program = ask_program("gatepost-worker");
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	const struct ask_bytes bytes = { NULL, size, fd };
	g_autoptr(GError) fault = NULL;
	int connection = ask_private(program, &fault);
	enum ask_result result = ASK_NONE;
	const char *text = NULL;
	char *copy = NULL;

	request->kind = REQUEST_PREVIEW;
	request->size = (gint64)size;
	if (connection >= 0)
		result = ask(connection, request, &bytes, answer,
			     clock_steady_ms() + BOUND_ASK_MS,
			     wait_plainly, NULL, &fault);
	if (connection >= 0)
		close(connection);
	/* Rows of the head have a colon; what follows this one is text. */
	if (result == ASK_DONE && answer->preview)
		text = strstr(answer->preview, "\nText:\n");
	if (text)
		copy = g_strdup(text + 7);
	else if (result != ASK_DONE && result != ASK_DIED)
		g_propagate_error(error, g_steal_pointer(&fault));
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
	return copy;
}

/* "Phish. It is a copy of ..." as word and the rest of that line; false when
 * the first line has no word.  Both are yours.  IS_ALONE: "Spam reports are
 * read within a day", by which programs confirm, has none, since no point
 * stands behind it. */
static bool
first_words(const char *text, bool is_alone, char **word, char **rest)
{
	const char *start = text + strspn(text, " \t\r\n");
	g_autofree char *line = g_strndup(start, strcspn(start, "\r\n"));
	gsize length = strspn(line, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
	const char *behind = line + length + strspn(line + length, " \t");

	*word = g_strndup(line, length);
	*rest = g_strdup(g_strstrip(line + length +
				    strspn(line + length, " .,:;!-")));
	return length > 0 && (!is_alone || !*behind ||
			      strchr(".,:;!-", *behind));
}

struct said {
	const char *analyst, *detail;
	enum verdict verdict;
	gint64 until;		/* of the token */
	bool is_taken, is_late;
};

/* Whoever wonders what became of it finds it with the dispute. */
static bool
note_late(Submission *one, const struct said *said)
{
	g_autofree char *line = g_strdup_printf("%s: %s%s%s", said->analyst,
	    verdicts[said->verdict], *said->detail ? ": " : "", said->detail);

	if (!one->dispute.at || one->dispute.late->len >= LATE_MOST)
		return false;
	g_ptr_array_add(one->dispute.late, text_utf8(line, strlen(line),
						     BOUND_ANSWER_DETAIL));
	return true;
}

static bool
note_answer(Submission *one, void *data, GError **error)
{
	struct said *said = data;
	Attempt *attempt;

	(void)error;
	said->is_late = said->until != answer_until(one);
	if (said->is_late)
		return note_late(one, said);
	attempt = submission_attempt(one, said->analyst);
	if (one->status != SUBMISSION_PENDING ||
	    attempt->state == ATTEMPT_ANSWERED)
		return false;
	attempt->state = ATTEMPT_ANSWERED;
	attempt->answered = clock_now();
	attempt->verdict = said->verdict;
	g_free(attempt->detail);
	attempt->detail = text_utf8(said->detail, strlen(said->detail),
				    BOUND_ANSWER_DETAIL);
	said->is_taken = true;
	return true;
}

static void
log_answer(const Errand *errand, const struct said *said, const char *item)
{
	log_info(errand->message, "answer analyst=%s submission=%s "
		 "verdict=%s%s", said->analyst, item,
		 verdicts[said->verdict], said->is_taken ? "" :
		 said->is_late ? " outcome=ignored reason=\"it answers "
		 "the question before the dispute\"" :
		 " outcome=ignored reason=\"it was over\"");
}

static bool
note_text(struct pipeline *line, const AnalystSetting *one,
	  const Errand *errand, const char *text, GError **error)
{
	g_autofree char *word = NULL, *rest = NULL;
	g_autoptr(GError) fault = NULL;
	struct said said = { .analyst = one->name };
	struct token token;

	if (!text || !first_words(text, errand->is_program, &word, &rest) ||
	    !token_find(errand->subject, &token) ||
	    (said.verdict = analyst_word(one, word)) == VERDICT_NONE) {
		log_warning(errand->message, "answer-ignored analyst=%s "
			    "reason=\"its first word is no verdict%s\"",
			    one->name, errand->is_program ? " that stands "
			    "alone, and a program wrote it" : "");
		return true;
	}
	said.detail = rest;
	said.until = token.until;
	submissions_change(line->site->submitted, token.item, note_answer,
			   &said, &fault);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	log_answer(errand, &said, token.item);
	return true;
}

bool
answer_run(struct pipeline *line, Setup *setup, const Errand *errand,
	   GError **error)
{
	const AnalystSetting *one = config_analyst(setup->config,
						   errand->analyst);
	g_autoptr(GError) fault = NULL;
	g_autofree char *text = NULL;
	gsize size;
	int fd;

	/* He is none any more. */
	if (!one)
		return true;
	fd = box_octets(line->site->actions, "new", errand->id, &size, error);
	if (fd < 0)
		return false;
	text = read_text(fd, size, &fault);
	close(fd);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	return note_text(line, one, errand, text, error);
}
