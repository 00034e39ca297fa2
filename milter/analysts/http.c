/*
 * http.c -- any service that takes JSON or a form, and answers JSON
 *
 * What is sent is a template of the configuration, in which fields stand;
 * each is escaped for the place that it stands in.
 */
#include "gatepost/analysts/question.h"

#include <string.h>

#include "gatepost/analysts/fetch.h"
#include "gatepost/bounds.h"
#include "gatepost/util/json.h"
#include "gatepost/util/text.h"

/* Most levels of a path into an answer, as of any JSON that is sane. */
#define LEVELS 16

static const char usual_body[] =
    "{\"id\":\"{id}\",\"kind\":\"{kind}\",\"as\":\"{as}\","
    "\"source\":\"{source}\",\"note\":\"{note}\",\"url\":\"{url}\","
    "\"filename\":\"{filename}\",\"sha256\":\"{sha256}\","
    "\"message\":\"{message}\"}";
static const char *const usual_parts[] = {
	"id={id}", "kind={kind}", "as={as}", "url={url}",
	"filename={filename}", "sha256={sha256}", "message={message}", NULL
};

/* ---- what is sent ---- */

/* The field of that name in analyst_fields; yours. */
static char *
value_of(const struct question *question, const char *name)
{
	const Submission *of = question->submission;
	const struct {
		const char *name, *value;
	} rows[] = {
		{ "id", of->id }, { "as", submitted_ases[of->as] },
		{ "kind", submission_kinds[of->kind] },
		{ "source", of->source }, { "note", of->note },
		{ "url", of->url }, { "filename", of->filename },
		{ "sha256", of->sha256 }, { "from", of->from },
		{ "subject", of->subject }, { "message_id", of->message_id },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return g_strdup(rows[i].value ? rows[i].value : "");
	if (strcmp(name, "message") == 0)
		return g_base64_encode((const guchar *)question->data,
				       question->size);
	if (strcmp(name, "text") == 0)
		return g_utf8_make_valid(question->data,
					 (gssize)question->size);
	return g_strdup("");
}

/* TEMPLATE with its fields, escaped for a JSON string if IS_JSON; with TICKET
 * (else NULL), which is a field then, they are escaped for an URL. */
static GString *
fill(const struct question *question, const char *template, bool is_json,
     const char *ticket)
{
	GString *out = g_string_new(NULL);
	const char *end;
	int field;

	for (const char *p = template; *p; p = end) {
		g_autofree char *value = NULL;

		end = analyst_field(p, &field);
		if (!end) {
			g_string_append_c(out, *p);
			end = p + 1;
			continue;
		}
		value = ticket && strcmp(analyst_fields[field], "ticket") ==
		    0 ? g_strdup(ticket) :
		    value_of(question, analyst_fields[field]);
		if (ticket) {
			g_autofree char *escaped = g_uri_escape_string(value,
			    NULL, FALSE);

			g_string_append(out, escaped);
		} else if (is_json) {
			g_autoptr(GString) quoted = g_string_new(NULL);

			json_quote(quoted, value);
			g_string_append_len(out, quoted->str + 1,
					    (gssize)quoted->len - 2);
		} else {
			g_string_append(out, value);
		}
	}
	return out;
}

static GPtrArray *
headers_of(const struct question *question, const char *secret,
	   const char *type)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(all, g_strconcat("Idempotency-Key: ",
					 question->submission->id, NULL));
	g_ptr_array_add(all, g_strdup("Accept: application/json"));
	if (type)
		g_ptr_array_add(all, g_strconcat("Content-Type: ", type,
						 NULL));
	if (*secret)
		g_ptr_array_add(all, g_strconcat("Authorization: Bearer ",
						 secret, NULL));
	g_ptr_array_add(all, NULL);
	return all;
}

/* ---- what is answered ---- */

/* What stands at PATH, "a.b.0.c", as text; NULL: nothing.  Yours. */
static char *
at_path(const Json *json, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, ".", LEVELS);
	const char *text;

	for (guint i = 0; names[i] && json; i++)
		json = json_is_list(json) ? json_element(json,
		    g_ascii_strtoull(names[i], NULL, 10)) :
		    json_member(json, names[i]);
	text = json_text(json);
	if (text)
		return g_strdup(text);
	if (json_is_true(json))
		return g_strdup("true");
	return json_fraction(json) != 0 ?
	    g_strdup_printf("%.15g", json_fraction(json)) : NULL;
}

static void
understand(const struct question *question, const GString *text,
	   const char *ticket, struct answer *answer)
{
	const AnalystSetting *setting = question->setting;
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) json = json_parse(text->str, text->len, &error);
	g_autofree char *verdict = at_path(json, setting->answer.verdict);
	g_autofree char *detail = at_path(json, setting->answer.detail);
	g_autofree char *own = at_path(json, setting->answer.ticket);
	bool is_later = setting->poll && (own || ticket);

	if (!json)
		answer_fail(answer, ANSWER_FAILED, "its answer is no JSON: "
			    "%s", error->message);
	else if (verdict && *verdict &&
		 (!is_later || analyst_word(setting, verdict) !=
		  VERDICT_NONE))
		answer_word(question, answer, verdict, detail);
	else if (is_later)
		answer->state = ANSWER_LATER;
	else
		answer_fail(answer, ANSWER_FAILED, "its answer has nothing "
			    "at answer.verdict (%s)", setting->answer.verdict);
	if (answer->state == ANSWER_LATER)
		answer->ticket = own ? text_utf8(own, strlen(own),
						 BOUND_ANSWER_DETAIL) :
		    g_strdup(ticket);
}

static void
judge_status(const struct fetch *fetch, const char *ticket,
	     struct answer *answer)
{
	bool is_refused = fetch->status == 400 || fetch->status == 413 ||
	    fetch->status == 415 || fetch->status == 422;
	g_autofree char *text = text_utf8(fetch->answer->str,
					  fetch->answer->len, 200);

	if (ticket && (fetch->status == 404 || fetch->status == 425)) {
		answer->state = ANSWER_LATER;
		answer->ticket = g_strdup(ticket);
	} else if (fetch->status / 100 == 3) {
		answer_fail(answer, ANSWER_FAILED, "it answers %ld, that it "
			    "has moved: write the new place as url",
			    fetch->status);
	} else {
		answer_fail(answer, is_refused ? ANSWER_REFUSED :
			    ANSWER_FAILED, "it answers %ld: %s",
			    fetch->status, text);
	}
}

/* Do FETCH with HEADERS and hear the answer. */
static void
run(const struct question *question, struct fetch *fetch, const char *type,
    const char *ticket, struct answer *answer)
{
	const AnalystSetting *setting = question->setting;
	g_autofree char *secret = question_secret(question, answer);
	g_autoptr(GPtrArray) headers = secret ?
	    headers_of(question, secret, type) : NULL;
	g_autofree char *fault = NULL;

	if (!secret)
		return;
	fetch->socket = setting->socket;
	fetch->ca_file = setting->ca_file;
	fetch->seconds = setting->timeout;
	fetch->headers = (const char *const *)headers->pdata;
	if (!fetch_do(fetch, &fault))
		answer_fail(answer, ANSWER_FAILED, "%s", fault);
	else if (fetch->status / 100 != 2)
		judge_status(fetch, ticket, answer);
	else
		understand(question, fetch->answer, ticket, answer);
	g_string_free(fetch->answer, TRUE);
}

/* One part, "name=text"; KEEP gets what it borrows. */
static void
add_part(const struct question *question, const char *text, GArray *parts,
	 GPtrArray *keep)
{
	const char *equal = strchr(text, '=');
	bool is_file = strcmp(equal + 1, "{message}") == 0;
	bool is_mail = question->is_whole &&
	    question->submission->kind == SUBMISSION_MESSAGE;
	struct fetch_part part = {
		.name = g_strndup(text, (gsize)(equal - text)),
		.data = question->data, .size = question->size,
	};

	g_ptr_array_add(keep, (gpointer)part.name);
	if (is_file) {
		part.file = is_mail ? "message.eml" : "submission";
		part.type = is_mail ? "message/rfc822" :
		    "application/octet-stream";
	} else {
		GString *value = fill(question, equal + 1, false, NULL);

		part.size = value->len;
		part.data = g_string_free(value, FALSE);
		g_ptr_array_add(keep, (gpointer)part.data);
	}
	g_array_append_val(parts, part);
}

static void
ask(const struct question *question, struct answer *answer)
{
	const AnalystSetting *setting = question->setting;
	g_autoptr(GArray) parts = g_array_new(FALSE, TRUE,
					      sizeof(struct fetch_part));
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
	struct fetch fetch = { .url = setting->url };
	g_autoptr(GString) body = NULL;

	if (setting->form == FORM_MULTIPART) {
		for (guint i = 0; i < setting->parts->len; i++)
			add_part(question, setting->parts->pdata[i], parts,
				 keep);
		for (guint i = 0; setting->parts->len == 0 && usual_parts[i];
		     i++)
			add_part(question, usual_parts[i], parts, keep);
		fetch.parts = (struct fetch_part *)(void *)parts->data;
		fetch.count = parts->len;
	} else {
		body = fill(question, setting->body ? setting->body :
			    usual_body, true, NULL);
		fetch.data = body->str;
		fetch.size = body->len;
	}
	run(question, &fetch, body ? "application/json" : NULL, NULL, answer);
}

static void
poll(const struct question *question, const char *ticket,
     struct answer *answer)
{
	g_autoptr(GString) url = fill(question, question->setting->poll,
				      false, ticket);
	struct fetch fetch = { .url = url->str };

	run(question, &fetch, NULL, ticket, answer);
}

const struct analyst_type analyst_http = { .ask = ask, .poll = poll };
