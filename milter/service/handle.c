/*
 * handle.c -- what people do to a held copy
 *
 * An approval is two steps, approved and released: when the MTA takes
 * nothing now, what the admin said is not lost, and sweep sends it later.
 */
#include "gatepost/service/handle.h"

#include "gatepost/service/notice.h"
#include "gatepost/service/release.h"
#include "gatepost/util/log.h"

/* The language that the user of COPY chose; -1: none. */
static int
language_of(Site *site, const HeldRcpt *copy)
{
	struct choice choice = { -1, -1, 0 };

	if (copy->tenant)
		choices_get(site->choices, copy->tenant, copy->rcpt, &choice,
			    NULL);
	return choice.language;
}

/* Tell whom it concerns of the last change of a copy.  The change stands,
 * whether the MTA takes the notice or not. */
static void
tell(Site *site, const Config *config, const char *id, const char *rcpt)
{
	g_autoptr(GError) error = NULL;
	Held *held = quarantine_read(site->quarantine, id, &error);
	const HeldRcpt *copy = held ? quarantine_rcpt(held, rcpt) : NULL;
	bool was_asked = copy && (copy->was == HELD_REQUESTED ||
				  copy->was == HELD_APPROVED);
	bool is_end = copy && (copy->state == HELD_RELEASED ||
			       copy->state == HELD_DELETED ||
			       copy->state == HELD_EXPIRED);
	bool good = held != NULL;

	if (copy && copy->state == HELD_REQUESTED)
		notice_requested(site, config, held, copy);
	else if (copy && (copy->state == HELD_DENIED ||
			  (is_end && was_asked)))
		good = notice_answered(config, held, copy,
				       language_of(site, copy), &error);
	if (!good)
		log_warning(id, "notice-failed reason=\"%s\"",
			    error->message);
	fields_free(&held_fields, held);
}

static enum held_step
send_now(Site *site, const Config *config, const char *id, const char *rcpt,
	 const struct doer *by, const char *note, enum held_state *is,
	 GError **error)
{
	enum held_step step = release(site, config, id, rcpt, by, note, is,
				      error);

	if (step == STEP_DONE)
		ledger_event(site->ledger, id, rcpt,
			     held_states[HELD_RELEASED], by->who, NULL);
	if (step == STEP_DONE)
		tell(site, config, id, rcpt);
	return step;
}

/* All but a release: the state alone. */
static enum held_step
mark(Site *site, const char *id, const char *rcpt, enum held_verb verb,
     const struct doer *by, const char *note, enum held_state *is,
     GError **error)
{
	enum held_step step = quarantine_move(site->quarantine, id, rcpt,
					      verb, by, note, is, error);

	if (step == STEP_DONE)
		ledger_event(site->ledger, id, rcpt, held_states[*is],
			     by->who, NULL);
	return step;
}

static enum held_step
approve(Site *site, const Config *config, const char *id, const char *rcpt,
	const struct doer *by, const char *note, enum held_state *is,
	GError **error)
{
	enum held_step step = mark(site, id, rcpt, HELD_APPROVE, by, note, is,
				   error);

	/* It was approved before, and never got through. */
	if (step == STEP_ALREADY && *is == HELD_APPROVED)
		step = STEP_DONE;
	return step != STEP_DONE ? step :
	    send_now(site, config, id, rcpt, by, note, is, error);
}

enum held_step
handle(Site *site, const Config *config, const char *id, const char *rcpt,
       enum held_verb verb, const struct doer *by, const char *note,
       enum held_state *is, GError **error)
{
	enum held_step step;

	switch (verb) {
	case HELD_RELEASE:
		return send_now(site, config, id, rcpt, by, note, is, error);
	case HELD_APPROVE:
		return approve(site, config, id, rcpt, by, note, is, error);
	case HELD_REQUEST:
	case HELD_DENY:
		step = mark(site, id, rcpt, verb, by, note, is, error);
		if (step == STEP_DONE)
			tell(site, config, id, rcpt);
		return step;
	case HELD_DELETE:
	case HELD_EXPIRE:
		step = mark(site, id, rcpt, verb, by, note, is, error);
		/* He may wait for the answer to his request. */
		if (step == STEP_DONE && by->actor != ACTOR_USER)
			tell(site, config, id, rcpt);
		return step;
	}
	g_assert_not_reached();
}

struct pair {
	char *id, *rcpt;
};

static void
pair_free(gpointer data)
{
	struct pair *pair = data;

	g_free(pair->id);
	g_free(pair->rcpt);
	g_free(pair);
}

static void
add_pair(const struct held_row *row, void *data)
{
	struct pair *pair = g_new0(struct pair, 1);

	pair->id = g_strdup(row->id);
	pair->rcpt = g_strdup(row->rcpt);
	g_ptr_array_add(data, pair);
}

guint
handle_approved(Site *site, const Config *config, GError **error)
{
	const struct held_filter filter = {
		.state = held_states[HELD_APPROVED],
	};
	const struct doer clock = { "sweep", VIA_CRON, ACTOR_SYSTEM };
	g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(
	    pair_free);
	enum held_state is;
	guint sent = 0;

	if (!quarantine_list(site->quarantine, &filter, add_pair, pairs,
			     error))
		return 0;
	for (guint i = 0; i < pairs->len; i++) {
		const struct pair *pair = pairs->pdata[i];

		sent += send_now(site, config, pair->id, pair->rcpt, &clock,
				 NULL, &is, error && *error ? NULL : error) ==
		    STEP_DONE;
	}
	return sent;
}

bool
handle_undecided(Site *site, const Config *config, gint64 now,
		 guint *expired, GError **error)
{
	const struct held_filter filter = {
		.state = held_states[HELD_REQUESTED], .expires = now + 1,
	};
	const struct doer clock = { "sweep", VIA_CRON, ACTOR_SYSTEM };
	g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(
	    pair_free);
	enum held_state is;

	if (!quarantine_list(site->quarantine, &filter, add_pair, pairs,
			     error))
		return false;
	for (guint i = 0; i < pairs->len; i++) {
		const struct pair *pair = pairs->pdata[i];

		*expired += handle(site, config, pair->id, pair->rcpt,
				   HELD_EXPIRE, &clock, NULL, &is,
				   error && *error ? NULL : error) ==
		    STEP_DONE;
	}
	return !(error && *error);
}

char *
handle_says(enum held_step step, enum held_verb verb, enum held_state is)
{
	switch (step) {
	case STEP_DONE:
	case STEP_FAILED:
		break;
	case STEP_ALREADY:
		if (is == HELD_HELD)
			return g_strdup("is held, and nobody has requested "
					"it");
		return g_strdup_printf("is already %s", held_states[is]);
	case STEP_NO_RIGHT:
		return g_strdup_printf("may not be done by its user: he was "
				       "not given the right to %s it",
				       held_verbs[verb]);
	case STEP_NOT_YOURS:
		return g_strdup_printf("may not be done by its user: to %s "
				       "is for admins", held_verbs[verb]);
	}
	return g_strdup("");
}
