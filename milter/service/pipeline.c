/*
 * pipeline.c -- the whole way of a message, on one screen
 *
 * The order is the policy: facts, history, judge each recipient, keep, edit,
 * record, answer.  Whatever fails before the answer ends in "later": the MTA
 * keeps the message and comes again.
 */
#include "gatepost/service/pipeline.h"

#include "gatepost/service/errand.h"
#include "gatepost/service/intake.h"
#include "gatepost/service/way.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"

/* The MTA keeps it; ERROR says why, or WHAT alone. */
static enum reply
later(const Message *message, const char *what, const GError *error)
{
	log_error(message->tag, "later reason=\"%s%s\"", what,
		  error ? error->message : "");
	return REPLY_LATER;
}

enum reply
pipeline_end(struct pipeline *line, Message *message, struct mta *mta)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) decisions = NULL;
	enum ask_result result;
	g_autoptr(Facts) facts = pipeline_facts(line, message, &result,
						&error);
	g_autoptr(GPtrArray) shown = sightings(message, facts);
	enum reply reply = REPLY_LATER;
	g_autoptr(Intake) reports = NULL;
	g_autoptr(GPtrArray) copies = NULL;

	if (facts) {
		if (!intake_look(line, message, facts, &reports, &error))
			return later(message, "", error);
		pipeline_history(line, message, facts);
		decisions = pipeline_judge(message, facts, shown);
	} else if (!unread(line, message, shown, result, error, &decisions)) {
		return REPLY_LATER;
	}
	g_clear_error(&error);
	reply = judge_together(decisions);
	/* On disk first: from our answer on, the mail is in our care. */
	if (!keep(line->site, message, facts, shown, decisions, &error))
		return later(message, "cannot hold: ", error);
	if (!errands_take(line, message, facts, &error) ||
	    !intake_take(line, message, decisions, reports, mta, &error) ||
	    !unsent(line, message, facts, decisions, &error))
		return later(message, "", error);
	if (!apart(line, message, facts, decisions, &error))
		return later(message, "outbox: ", error);
	if (!edit(message, facts, decisions, reply, mta)) {
		apart_end(line, decisions, false);
		return later(message, "the MTA took no edit", NULL);
	}
	apart_end(line, decisions, true);
	log_decisions(message, decisions, reply);
	recorder_count(line->recorder, message->id, message->refused,
		       decisions);
	copies = facts ? copies_of(message, facts, decisions) : NULL;
	recorder_take(line->recorder,
		      record_of(line->site, message, facts, shown, decisions,
				reply), copies);
	return reply;
}

GPtrArray *
pipeline_judge(const Message *message, const Facts *facts,
	       const GPtrArray *shown)
{
	GPtrArray *decisions = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)decision_free);
	g_autoptr(SnapshotRun) run = snapshot_run_new();
	struct look look = { message, facts, NULL, shown, clock_now(), run,
			     NULL };

	for (guint i = 0; i < message->recipients->len; i++) {
		look.recipient = message->recipients->pdata[i];
		g_ptr_array_add(decisions, look.recipient->is_action ?
				judge_action(&look) :
				look.recipient->report && facts ?
				judge_report(&look) :
				facts && facts->release ?
				judge_released(&look, facts->release) :
				judge(&look));
	}
	return decisions;
}

enum reply
pipeline_rcpt(Message *message, const Recipient *recipient, struct mta *mta)
{
	g_autoptr(GPtrArray) shown = NULL;
	g_autoptr(Decision) decision = NULL;

	/* A refused RCPT of sendmail(1) would be tried for ever. */
	if (message->client.kind == CLIENT_LOCAL || recipient->is_action ||
	    recipient->report || (!recipient->tenant && !recipient->outbound))
		return REPLY_ACCEPT;
	shown = sightings(message, NULL);
	decision = judge(&(struct look){ message, NULL, recipient, shown,
					 clock_now(), NULL, NULL });
	if (decision->action != ACTION_REJECT || decision->is_open)
		return REPLY_ACCEPT;
	decision->place = PLACE_REFUSED;
	refuse(mta, message, decision);
	if (!message->refused)
		message->refused = g_ptr_array_new_with_free_func(
		    (GDestroyNotify)decision_free);
	g_ptr_array_add(message->refused, g_steal_pointer(&decision));
	return REPLY_REJECT;
}

void
pipeline_gone(struct pipeline *line, Message *message)
{
	g_autoptr(GPtrArray) shown = NULL;

	if (!message->refused || message->refused->len == 0)
		return;
	shown = sightings(message, NULL);
	log_decisions(message, NULL, REPLY_REJECT);
	recorder_count(line->recorder, message->id, message->refused, NULL);
	recorder_take(line->recorder,
		      record_of(line->site, message, NULL, shown, NULL,
				REPLY_REJECT), NULL);
	g_clear_pointer(&message->refused, g_ptr_array_unref);
}
