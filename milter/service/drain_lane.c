/*
 * drain_lane.c -- the questions to one analyst in a run of drain
 *
 * What was asked least often comes first, so that a submission on which an
 * analyst always fails does not stand before those on which it would not.
 * After some failures in a row it is left alone, then tried by one question.
 */
#include "gatepost/service/drain_lane.h"

#include <string.h>

#include "gatepost/analysts/question.h"
#include "gatepost/bounds.h"
#include "gatepost/service/answer.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/send.h"
#include "gatepost/service/token.h"
#include "gatepost/util/clock.h"

#define MINUTE (60 * CLOCK_SECOND)

static void
due_clear(gpointer data)
{
	g_free(((struct due *)data)->id);
}

static gint
compare_due(gconstpointer a, gconstpointer b)
{
	const struct due *one = a, *other = b;

	if (one->tries != other->tries)
		return one->tries < other->tries ? -1 : 1;
	return strcmp(one->id, other->id);
}

/* SECONDS doubled TIMES, an hour at most, less up to a quarter of it so that
 * not all come back at once; in us. */
static gint64
wait_of(gint64 seconds, gint64 times)
{
	gint64 most = BOUND_ANALYST_WAIT_MOST;
	gint64 wait = times > 12 ? most : MIN(seconds << times, most);

	return wait * CLOCK_SECOND -
	    g_random_int_range(0, (gint32)(wait * 250)) * (gint64)1000;
}

/* Is UNTIL still to come?  What is further off than any wait was written by a
 * clock that was wrong. */
static bool
is_waiting(gint64 until, gint64 now)
{
	return until > now &&
	    until - now <= BOUND_ANALYST_WAIT_MOST * CLOCK_SECOND;
}

static Attempt *
find_attempt(const Submission *of, const char *analyst)
{
	for (guint i = 0; i < of->attempts->len; i++) {
		Attempt *one = of->attempts->pdata[i];

		if (g_strcmp0(one->analyst, analyst) == 0)
			return one;
	}
	return NULL;
}

GArray *
due_new(void)
{
	GArray *due = g_array_new(FALSE, FALSE, sizeof(struct due));

	g_array_set_clear_func(due, due_clear);
	return due;
}

void
due_add(GArray *due, const AnalystSetting *analyst, const Submission *of,
	gint64 now)
{
	const Attempt *attempt = find_attempt(of, analyst->name);
	struct due one;

	if (!attempt || of->status != SUBMISSION_PENDING ||
	    is_waiting(attempt->next, now))
		return;
	if (attempt->state != ATTEMPT_WAITING &&
	    attempt->state != ATTEMPT_SENDING &&
	    (attempt->state != ATTEMPT_SENT || !attempt->ticket ||
	     !analyst_polls(analyst)))
		return;
	one.id = g_strdup(of->id);
	one.tries = attempt->tries;
	g_array_append_val(due, one);
}

static void
note(struct lane *lane, const char *id, const char *text)
{
	g_ptr_array_add(lane->notes, g_strdup_printf("%s, %s: %s",
						     lane->one->name, id,
						     text));
}

/* ---- one question ---- */

struct asking {
	const AnalystSetting *one;
	const struct leaving *leaving;
	const struct answer *answer;
	char *ticket;		/* it is asked again for that; NULL: asked */
	bool is_begun;
};

/* On disk before the first octet leaves. */
static bool
begin(Submission *one, void *data, GError **error)
{
	struct asking *asking = data;
	Attempt *attempt = find_attempt(one, asking->one->name);

	(void)error;
	if (one->status != SUBMISSION_PENDING || !attempt)
		return false;
	asking->is_begun = true;
	if (asking->ticket)
		return false;
	attempt->state = ATTEMPT_SENDING;
	attempt->tries++;
	attempt->sent = clock_now();
	attempt->size = (gint64)asking->leaving->data->len;
	g_free(attempt->where);
	attempt->where = g_strdup(analyst_where(asking->one));
	g_free(attempt->privacy);
	attempt->privacy = g_strdup(privacies[asking->one->privacy]);
	g_free(attempt->sha256);
	attempt->sha256 = g_strdup(asking->leaving->sha256);
	return true;
}

static void
set_text(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

static bool
finish(Submission *one, void *data, GError **error)
{
	const struct asking *asking = data;
	const struct answer *answer = asking->answer;
	Attempt *attempt = find_attempt(one, asking->one->name);
	gint64 now = clock_now();

	(void)error;
	if (one->status != SUBMISSION_PENDING || !attempt)
		return false;
	set_text(&attempt->fault, answer->fault);
	switch (answer->state) {
	case ANSWER_VERDICT:
		attempt->state = ATTEMPT_ANSWERED;
		attempt->answered = now;
		attempt->verdict = answer->verdict;
		set_text(&attempt->detail, answer->detail);
		break;
	case ANSWER_LATER:
		attempt->state = ATTEMPT_SENT;
		set_text(&attempt->ticket, answer->ticket);
		attempt->next = now + CLAMP((now - attempt->sent) / 2,
		    BOUND_ANALYST_WAIT * CLOCK_SECOND,
		    BOUND_ANALYST_WAIT_MOST * CLOCK_SECOND);
		break;
	case ANSWER_REFUSED:
		attempt->state = ATTEMPT_REFUSED;
		attempt->answered = now;
		break;
	case ANSWER_FAILED:
		if (!asking->ticket)
			attempt->state = ATTEMPT_WAITING;
		attempt->next = now + wait_of(BOUND_ANALYST_WAIT,
					      attempt->tries - 1);
		break;
	}
	return true;
}

static bool
send_mail(const char *from, const char *to, const char *data, gsize length,
	  void *of, GError **error)
{
	const struct lane *lane = of;
	struct mail_rcpt rcpt = { .address = to };
	struct mail mail = {
		.sender = from, .rcpts = &rcpt, .count = 1, .data = data,
		.length = length,
	};
	bool good = mail_send(lane->run->config, &mail, error);

	g_free(rcpt.fault);
	return good;
}

/* What an analyst by mail is told: from whom, and the token of its answer. */
static void
address(const struct lane *lane, const Submission *one,
	struct question *question, char **from, char token[TOKEN_TEXT])
{
	const Tenant *tenant = config_tenant(lane->run->config, one->tenant);

	*from = lane->one->from ? g_strdup(lane->one->from) :
	    g_strconcat("postmaster@", tenant ? letter_domain(tenant) :
			"localhost", NULL);
	question->from = *from;
	question->send = send_mail;
	question->of = (void *)lane;
	if (!tenant || !tenant->digest.address || !lane->keys)
		return;
	token_make(lane->keys, one->tenant, lane->one->address, one->id,
		   TOKEN_VERDICT, answer_until(one), token);
	question->reply_to = tenant->digest.address;
	question->token = token;
}

static void
put(struct lane *lane, const Submission *one, const struct asking *asking,
    struct answer *answer)
{
	g_autofree char *from = NULL;
	char token[TOKEN_TEXT];
	struct question question = {
		.setting = lane->one,
		.submission = asking->leaving->submission,
		.data = asking->leaving->data->str,
		.size = asking->leaving->data->len,
		.is_whole = asking->leaving->is_whole,
	};

	if (asking->ticket) {
		analyst_poll(&question, asking->ticket, answer);
		return;
	}
	if (lane->one->type == ANALYST_MAIL)
		address(lane, one, &question, &from, token);
	analyst_ask(&question, answer);
}

/* What leaves of ONE; false and the answer refused when that is gone. */
static bool
cut(const struct lane *lane, const Submission *one, struct leaving *leaving,
    struct answer *answer)
{
	g_autoptr(GError) error = NULL;

	/* The admin needs nothing but the id. */
	if (lane->one->type == ANALYST_MANUAL) {
		privacy_cut(one, PRIVACY_HASHES, "", 0, NULL, NULL, leaving);
		g_string_truncate(leaving->data, 0);
		return true;
	}
	if (drain_leaving(lane->run->site, one,
			  (enum privacy)lane->one->privacy, leaving, &error))
		return true;
	answer->state = ANSWER_REFUSED;
	answer->fault = g_strdup(error->message);
	return false;
}

/* Ask about ID.  False: the store fails, or it is not to be asked any more;
 * ANSWER says nothing then. */
static bool
ask_about(struct lane *lane, const char *id, struct answer *answer)
{
	Submissions *store = lane->run->site->submitted;
	g_autoptr(GError) error = NULL;
	g_autoptr(Submission) one = submissions_read(store, id, &error);
	const Attempt *before = one ? find_attempt(one, lane->one->name) :
	    NULL;
	struct leaving leaving = { .data = NULL };
	struct asking asking = { .one = lane->one, .leaving = &leaving,
				 .answer = answer };
	bool good = before != NULL;

	if (good && before->state == ATTEMPT_SENT)
		asking.ticket = g_strdup(before->ticket);
	if (good && !cut(lane, one, &leaving, answer)) {
		/* Nobody was asked: that says nothing of the analyst. */
		good = false;
		submissions_change(store, id, finish, &asking, &error);
		if (!error)
			lane->settle(id, lane->of);
	} else if (good) {
		submissions_change(store, id, begin, &asking, &error);
		good = !error && asking.is_begun;
		if (good)
			put(lane, one, &asking, answer);
		if (good)
			submissions_change(store, id, finish, &asking,
					   &error);
	}
	if (error)
		note(lane, id, error->message);
	leaving_clear(&leaving);
	g_free(asking.ticket);
	return good && !error;
}

/* ---- how it fares ---- */

/* May it be asked now, by its breaker and its rate?  Counts the question. */
static bool
may_ask(const struct lane *lane, AnalystState *state, gint64 now)
{
	if (is_waiting(state->until, now))
		return false;
	if (now - state->minute >= MINUTE || now < state->minute) {
		state->minute = now;
		state->asked = 0;
	}
	if (lane->one->rate && state->asked >= lane->one->rate)
		return false;
	state->asked++;
	return true;
}

static void
count(struct lane *lane, AnalystState *state, const char *id,
      const struct answer *answer)
{
	gint64 now = clock_now(), more;
	bool is_failure = answer->state == ANSWER_FAILED;
	g_autoptr(GError) error = NULL;
	bool is_changed = is_failure || state->failures || state->until;

	lane->asked++;
	lane->failed += is_failure;
	lane->answered += answer->state == ANSWER_VERDICT;
	set_text(&state->fault, answer->fault);
	if (!is_failure) {
		state->failures = state->until = 0;
		state->last = now;
	} else {
		note(lane, id, answer->fault);
		more = ++state->failures - BOUND_ANALYST_FAILURES;
		if (more >= 0)
			state->until = now + wait_of(2 * BOUND_ANALYST_WAIT,
						     more);
	}
	if (is_changed && !analyst_state_write(lane->run->site->folder, state,
					       &error))
		note(lane, id, error->message);
}

void
lane_work(struct lane *lane)
{
	GArray *due = lane->due;
	gint64 end = clock_steady_ms() + BOUND_DRAIN_SECONDS * 1000;
	AnalystState *state = analyst_state_read(lane->run->site->folder,
						 lane->one->name);

	g_array_sort(due, compare_due);
	for (guint i = 0; i < due->len && clock_steady_ms() < end; i++) {
		const char *id = g_array_index(due, struct due, i).id;
		struct answer answer = { .fault = NULL };

		if (!may_ask(lane, state, clock_now()))
			break;
		if (ask_about(lane, id, &answer)) {
			count(lane, state, id, &answer);
			lane->settle(id, lane->of);
		}
		answer_clear(&answer);
	}
	if (due->len)
		analyst_state_write(lane->run->site->folder, state, NULL);
	fields_free(&analyst_state_fields, state);
}
