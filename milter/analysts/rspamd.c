/*
 * rspamd.c -- rspamd's controller: /checkv2 for a verdict, /learnspam and
 * /learnham to teach it
 */
#include "gatepost/analysts/question.h"

#include <string.h>

#include "gatepost/analysts/fetch.h"
#include "gatepost/bounds.h"
#include "gatepost/util/json.h"

/* Most symbols that are told. */
#define SYMBOLS 12

/* Ask PATH of it; false and the answer failed when it gave no 2xx. */
static bool
request(const struct question *question, struct answer *answer,
	const char *path, struct fetch *fetch)
{
	const AnalystSetting *setting = question->setting;
	gsize length = strlen(setting->url);
	bool has_slash = length && setting->url[length - 1] == '/';
	g_autofree char *url = g_strconcat(setting->url, has_slash ? "" : "/",
					   path, NULL);
	g_autofree char *secret = question_secret(question, answer);
	g_autofree char *password = g_strconcat("Password: ", secret, NULL);
	g_autofree char *queue = g_strconcat("Queue-Id: ",
					     question->submission->id, NULL);
	const char *headers[] = {
		queue, "Content-Type: text/plain",
		secret && *secret ? password : NULL, NULL
	};
	g_autofree char *fault = NULL;

	if (!secret)
		return false;
	*fetch = (struct fetch){
		.url = url, .socket = setting->socket,
		.ca_file = setting->ca_file, .headers = headers,
		.data = question->data, .size = question->size,
		.seconds = setting->timeout,
	};
	if (!fetch_do(fetch, &fault))
		answer_fail(answer, ANSWER_FAILED, "%s", fault);
	/* 208: it knows that message already. */
	else if (fetch->status / 100 != 2)
		answer_fail(answer, fetch->status == 400 ||
			    fetch->status == 413 ? ANSWER_REFUSED :
			    ANSWER_FAILED, "%s answers %ld: %.200s", path,
			    fetch->status, fetch->answer->str);
	else
		return true;
	return false;
}

/* Its symbols that count against a message, in *DETAIL, and the worst that
 * they say of spam. */
static enum verdict
look_at_symbols(const Json *symbols, GString *detail)
{
	enum verdict worst = VERDICT_SPAM;
	void *place = NULL;
	const char *name;
	const Json *one;
	guint told = 0;

	while ((one = json_next(symbols, &place, &name))) {
		double score = json_fraction(json_member(one, "score"));
		enum verdict verdict = verdict_of_symbol(name);

		if (score <= 0)
			continue;
		worst = MAX(worst, verdict);
		if (told++ < SYMBOLS)
			g_string_append_printf(detail, "%s %s(%.1f)",
					       told == 1 ? ":" : ",", name,
					       score);
	}
	return worst;
}

static void
understand(struct answer *answer, const GString *text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) json = json_parse(text->str, text->len, &error);
	const char *action = json_text(json_member(json, "action"));
	g_autoptr(GString) detail = g_string_new(NULL);
	enum verdict worst;

	if (!action) {
		answer_fail(answer, ANSWER_FAILED, "/checkv2 answers no JSON "
			    "with an action: is url rspamd's controller?");
		return;
	}
	g_string_printf(detail, "%s, %.1f of %.1f", action,
			json_fraction(json_member(json, "score")),
			json_fraction(json_member(json, "required_score")));
	worst = look_at_symbols(json_member(json, "symbols"), detail);
	if (strcmp(action, "no action") == 0 ||
	    strcmp(action, "greylist") == 0)
		worst = VERDICT_CLEAN;
	else if (strcmp(action, "soft reject") == 0)
		worst = VERDICT_UNKNOWN;
	answer_give(answer, worst, detail->str, detail->len);
}

/* It knows what it has learned already: a crash teaches it once. */
static void
teach(const struct question *question, bool is_bad, struct answer *answer)
{
	struct answer learned = { .fault = NULL };
	struct fetch fetch = { .url = NULL };
	g_autofree char *detail = NULL;

	if (!request(question, &learned, is_bad ? "learnspam" : "learnham",
		     &fetch)) {
		detail = g_strdup_printf("%s; not learned: %s",
					 answer->detail, learned.fault);
		answer_give(answer, answer->verdict, detail, strlen(detail));
	}
	if (fetch.answer)
		g_string_free(fetch.answer, TRUE);
	answer_clear(&learned);
}

static void
ask(const struct question *question, struct answer *answer)
{
	struct fetch fetch = { .url = NULL };
	bool is_bad;

	if (request(question, answer, "checkv2", &fetch))
		understand(answer, fetch.answer);
	if (fetch.answer)
		g_string_free(fetch.answer, TRUE);
	if (answer->state == ANSWER_VERDICT &&
	    question_teaches(question, &is_bad))
		teach(question, is_bad, answer);
}

const struct analyst_type analyst_rspamd = { .ask = ask };
