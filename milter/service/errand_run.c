/*
 * errand_run.c -- do what a user asked for by mail, and answer him
 *
 *	actions/new/ID.*	token used	after a crash here
 *	taken			no		the next clerk runs it
 *	running			by this one	the next clerk runs it again: a
 *						deed that is done says so
 *	answered		by this one	the answer comes twice
 *
 * All that can be wrong with a token has one answer, so that nobody learns
 * from it which part he must change.
 */
#include "gatepost/service/errand_work.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/service/answer.h"
#include "gatepost/service/courier.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/smtp.h"
#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* ---- the answer ---- */

static bool
answer(struct work *work, GError **error)
{
	const struct letter letter = {
		.tenant = work->tenant, .to = work->errand->reply,
		.from = work->tenant->digest.address,
		.subject = phrase(work->language, work->subject),
		.text = work->text->str,
	};
	g_autoptr(GString) mail = NULL;

	if (!smtp_is_safe(work->errand->reply))
		return true;
	mail = letter_make(&letter, clock_now());
	return courier_post(work->line->site, work->line->courier,
			    work->errand->id, work->errand->reply, mail,
			    error);
}

static void
log_errand(const struct work *work, const char *why)
{
	const Errand *errand = work->errand;
	bool is_found = id_is(work->token.item);
	g_autofree char *by = text_value(errand->mailboxes->pdata[0]);
	g_autofree char *rcpt = text_value(work->copy ? work->copy->rcpt :
					   "-");
	g_autofree char *safe = text_value(why);

	if (why)
		log_warning(errand->message, "action-refused deed=%s item=%s "
			    "by=%s reason=%s", is_found ?
			    token_deeds[work->token.deed] : "-", is_found ?
			    work->token.item : "-", by, safe);
	else
		log_info(errand->message, "action deed=%s item=%s rcpt=%s "
			 "by=%s outcome=%s", token_deeds[work->token.deed],
			 work->token.item, rcpt, by, work->outcome);
}

static bool
refuse_errand(struct work *work, const char *why, GError **error)
{
	log_errand(work, why);
	work->subject = PHRASE("Nothing was done");
	g_string_append(work->text, phrase(work->language, PHRASE(
	    "The link that you used is not good, or not any more.  Nothing "
	    "was done.\n\nA link works once, for the person to whom it was "
	    "sent, and as long as the message is held.\n")));
	return answer(work, error);
}

/* ---- whose copy it is ---- */

static bool
is_among(const GPtrArray *mailboxes, const char *one)
{
	for (guint i = 0; one && i < mailboxes->len; i++)
		if (strcmp(mailboxes->pdata[i], one) == 0)
			return true;
	return false;
}

/* Is COPY one of the sender's?  Sets work->user.  False with ERROR set: it is
 * not known now. */
static bool
is_senders(struct work *work, const HeldRcpt *copy, GError **error)
{
	struct map_wait wait = {
		wait_plainly, NULL,
		clock_steady_ms() + work->tenant->users.timeout,
	};
	g_autoptr(Route) route = routes_follow(work->setup->routes,
					       work->tenant, copy->rcpt,
					       &wait);

	if (route->unsure) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "it is not known whose %s is: %s", copy->rcpt,
			    route->unsure);
		return false;
	}
	if (!is_among(work->errand->mailboxes, route->owner))
		return false;
	g_free(work->user);
	work->user = route->mailboxes->len == 1 && !route->is_more ?
	    g_strdup(route->owner) : NULL;
	return true;
}

/* The copy that the token is for goes to work->copy; *WHY when there is none.
 * False and ERROR set: not now. */
static bool
find_copy(struct work *work, const struct token_keys *keys, const char **why,
	  GError **error)
{
	g_autoptr(GError) fault = NULL;

	for (guint i = 0; i < work->held->rcpts->len; i++) {
		HeldRcpt *copy = work->held->rcpts->pdata[i];

		if (g_strcmp0(copy->tenant, work->tenant->name) != 0 ||
		    !token_holds(keys, &work->token, copy->tenant,
				 copy->rcpt, clock_now()))
			continue;
		if (is_senders(work, copy, &fault)) {
			work->copy = copy;
			return true;
		}
		if (fault) {
			g_propagate_error(error, g_steal_pointer(&fault));
			return false;
		}
		*why = "it is another recipient's";
		return true;
	}
	*why = work->token.until <= clock_now() / CLOCK_SECOND ?
	    "it is over" : "no key made it for a copy of this tenant";
	return true;
}

/* Does FAULT say that an item is not there, or will never be read? */
static bool
is_gone(const GError *fault)
{
	return g_error_matches(fault, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
	    g_error_matches(fault, STORE_ERROR, STORE_ERROR_CORRUPT);
}

/* Find what the token is for, and use it up.  *WHY: it is refused. */
static bool
check(struct work *work, const char **why, GError **error)
{
	struct token_keys keys;
	g_autoptr(GError) fault = NULL;
	g_autofree char *name = NULL;
	bool is_first = false;

	if (!token_find(work->errand->subject, &work->token)) {
		work->token.item[0] = '\0';
		*why = "there is no token in its subject";
		return true;
	}
	if (!keys_read(work->line->site->folder, &keys, error))
		return false;
	work->held = quarantine_read(work->line->site->quarantine,
				     work->token.item, &fault);
	if (!work->held && !is_gone(fault)) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (!work->held) {
		*why = "there is no such item";
		return true;
	}
	if (!find_copy(work, &keys, why, error))
		return false;
	if (!work->copy)
		return true;
	name = token_name(&work->token);
	if (!choices_use(work->line->site->choices, name, work->errand->id,
			 (work->token.until + 1) * CLOCK_SECOND, &is_first,
			 error))
		return false;
	if (!is_first)
		*why = "it was used before";
	return true;
}

/* ---- one errand ---- */

static bool
work_on(struct work *work, GError **error)
{
	struct choice choice = { -1, -1, 0 };
	const char *why = NULL;

	if (!choices_get(work->line->site->choices, work->tenant->name,
			 work->errand->mailboxes->pdata[0], &choice, error))
		return false;
	work->language = choice.language >= 0 ? choice.language :
	    work->tenant->language;
	if (!check(work, &why, error))
		return false;
	if (why)
		return refuse_errand(work, why, error);
	if (!deed_do(work, error))
		return false;
	log_errand(work, NULL);
	g_string_append_c(work->text, '\n');
	letter_add_item(work->text, work->language, work->tenant, work->held,
			work->copy);
	return answer(work, error);
}

static bool
run(struct pipeline *line, Setup *setup, const Errand *errand,
    GError **error)
{
	struct work work = {
		.line = line, .setup = setup, .errand = errand,
		.tenant = errand->tenant ?
		    config_tenant(setup->config, errand->tenant) : NULL,
	};
	bool good = true;

	if (errand->analyst)
		return answer_run(line, setup, errand, error);
	/* A tenant that is gone has no users any more. */
	if (work.tenant && errand->mailboxes->len > 0 && errand->reply) {
		work.by = (struct doer){ errand->mailboxes->pdata[0],
					 VIA_MAIL, ACTOR_USER };
		work.text = g_string_new(NULL);
		good = work_on(&work, error);
		g_string_free(work.text, TRUE);
	}
	fields_free(&held_fields, work.held);
	g_free(work.user);
	return good;
}

bool
errand_run(struct pipeline *line, Setup *setup, const char *id,
	   GError **error)
{
	g_autofree char *text = box_json(line->site->actions, "new", id,
					 error);
	g_autoptr(Json) json = text ? json_parse(text, strlen(text), error) :
	    NULL;
	Errand *errand;
	bool good;

	if (!json)
		return false;
	errand = fields_new(&errand_fields);
	fields_from_json(&errand_fields, errand, json);
	good = run(line, setup, errand, error) &&
	    box_remove(line->site->actions, "new", id, error);
	fields_free(&errand_fields, errand);
	return good;
}
