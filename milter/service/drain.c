/*
 * drain.c -- bring what waits in the spool to the analysts
 *
 *	state                     after a crash here
 *	new                       the next run claims it
 *	claimed, no record        the next run makes it from the JSON beside
 *	claimed, attempt sending  asked again, with the same id
 *	claimed, all answered     settled by the next run
 *	claimed, completed        moved to done by the next run
 *	done, pending             a dispute began: claimed again
 *
 * One run at a time, by a lock that ends with its process.
 */
#include "gatepost/service/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "gatepost/analysts/combine.h"
#include "gatepost/bounds.h"
#include "gatepost/model/analyst.h"
#include "gatepost/model/decision.h"
#include "gatepost/service/drain_lane.h"
#include "gatepost/service/submit.h"
#include "gatepost/service/verdict.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"

static const char *const states[] = { "new", "claimed", "done", "failed",
				      NULL };

/* Records that are made in one transaction. */
#define TOGETHER 200

struct plan {
	const Config *config;
	gint64 now;
	GHashTable *down;	/* names of analysts to why they fail */
};

struct work {
	struct drain_run *run;
	GHashTable *ids;	/* of char *: all that is claimed and waits */
	struct plan plan;
	GPtrArray *due;		/* for each analyst: of struct due */
	pthread_mutex_t lock;	/* of settling */
};

static void
note(struct drain_run *run, const char *id, const char *text)
{
	g_ptr_array_add(run->notes, g_strdup_printf("%s: %s", id, text));
}

/* ---- how analysts fare ---- */

static const struct field state_rows[] = {
	FIELD(AnalystState, name, FIELD_TEXT),
	FIELD(AnalystState, failures, FIELD_NUMBER),
	FIELD(AnalystState, until, FIELD_TIME),
	FIELD(AnalystState, last, FIELD_TIME),
	FIELD(AnalystState, minute, FIELD_TIME),
	FIELD(AnalystState, asked, FIELD_NUMBER),
	FIELD(AnalystState, fault, FIELD_TEXT),
};
const struct fields analyst_state_fields = FIELDS(AnalystState, state_rows);

/* A damaged state is none: the worst of it is a question too early. */
AnalystState *
analyst_state_read(int folder, const char *name)
{
	g_autofree char *file = g_strconcat(DRAIN_FOLDER "/", name, ".json",
					    NULL);
	g_autofree char *text = file_get(folder, file, BOUND_ANSWER, NULL,
					 NULL);
	g_autoptr(Json) json = text ? json_parse(text, strlen(text), NULL) :
	    NULL;
	AnalystState *state = fields_new(&analyst_state_fields);

	if (json)
		fields_from_json(&analyst_state_fields, state, json);
	g_free(state->name);
	state->name = g_strdup(name);
	return state;
}

bool
analyst_state_write(int folder, const AnalystState *state, GError **error)
{
	g_autofree char *file = g_strconcat(state->name, ".json", NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	int inside = folder_open(folder, DRAIN_FOLDER, 0750, error);
	bool good;

	if (inside < 0)
		return false;
	fields_json(&analyst_state_fields, state, false, text);
	good = file_replace(inside, file, text->str, text->len, 0640, error);
	close(inside);
	return good;
}

/* ---- what leaves ---- */

/* The item's JSON, wherever it stands. */
static Json *
read_item(Site *site, const char *id, GError **error)
{
	g_autofree char *text = NULL;

	for (int i = 0; !text && states[i]; i++)
		text = box_json(site->submissions, states[i], id, NULL);
	if (text)
		return json_parse(text, strlen(text), error);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
		    "it is not in the spool any more");
	return NULL;
}

static void
add_address(GPtrArray *all, const char *address)
{
	if (address && *address)
		g_ptr_array_add(all, g_strdup(address));
}

/* Those for whom a message was, by RECORD: whom it was sent to, and the
 * mailboxes that this led to, whose names the MTA writes into it. */
static void
add_rcpts(GPtrArray *all, const Json *record)
{
	g_autoptr(GPtrArray) decisions = decisions_of(record, NULL, NULL);

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *one = decisions->pdata[i];

		add_address(all, one->rcpt);
		for (guint j = 0; j < one->mailboxes->len; j++)
			add_address(all, one->mailboxes->pdata[j]);
	}
}

/* What a report brings is its reporter's copy. */
static void
add_reporters(GPtrArray *all, Site *site, const Submission *submission)
{
	const char *first = submission->reports->len ?
	    submission->reports->pdata[0] : NULL;
	g_autoptr(GPtrArray) rows = first ?
	    reports_group(site->reports, first, NULL) : NULL;

	for (guint i = 0; rows && i < rows->len; i++) {
		const Report *row = rows->pdata[i];

		add_address(all, row->mailbox);
		add_address(all, row->reporter);
		add_address(all, row->reply);
	}
}

bool
drain_leaving(Site *site, const Submission *submission, enum privacy level,
	      struct leaving *leaving, GError **error)
{
	g_autoptr(Json) item = read_item(site, submission->id, error);
	const Json *record = json_member(item, "record");
	g_autoptr(GPtrArray) rcpts = g_ptr_array_new_with_free_func(g_free);
	bool wants = submission->kind != SUBMISSION_URL &&
	    level <= PRIVACY_LINKS;
	g_autofree char *data = NULL;
	gsize size = 0;
	int fd;

	if (!item)
		return false;
	add_rcpts(rcpts, record);
	add_reporters(rcpts, site, submission);
	/* Of delivered mail there may be the record alone, which has fields
	 * and links, too. */
	if (wants && level == PRIVACY_LINKS && !submission->sha256)
		wants = false;
	if (wants) {
		fd = submit_octets(site, submission, &size, error);
		if (fd >= 0 && size > BOUND_SUBMISSION)
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    "it has more than %d octets",
				    BOUND_SUBMISSION);
		else if (fd >= 0)
			data = file_get_fd(fd, size, error);
		if (fd >= 0)
			close(fd);
		if (!data)
			return false;
	}
	privacy_cut(submission, level, data ? data : "", size, rcpts,
		    json_member(record, "facts"), leaving);
	return true;
}

/* ---- candidates ---- */

static bool
has_analyst(const Config *config, const char *tenant)
{
	Submission asked = {
		.tenant = (char *)tenant, .kind = SUBMISSION_MESSAGE,
		.as = AS_SUSPICIOUS, .source = (char *)"candidate",
	};

	for (guint i = 0; i < config->analysts->len; i++)
		if (analyst_takes(config->analysts->pdata[i], &asked))
			return true;
	return false;
}

struct suspect {
	char *tenant, *id, *group, *rcpt;
};

static void
suspect_clear(gpointer data)
{
	struct suspect *suspect = data;

	g_free(suspect->tenant);
	g_free(suspect->id);
	g_free(suspect->group);
	g_free(suspect->rcpt);
}

static void
add_suspect(const struct candidate_row *row, void *data)
{
	struct suspect suspect = {
		g_strdup(row->tenant), g_strdup(row->id),
		g_strdup(row->group),
		g_strndup(row->rcpts, strcspn(row->rcpts, " ")),
	};

	g_array_append_val((GArray *)data, suspect);
}

/* The message's id is the submission's, so that a crash submits it once; but
 * of two tenants only the first one's. */
static bool
submit_candidate(struct drain_run *run, const struct suspect *suspect,
		 GError **error)
{
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) changed = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) fault = NULL;
	g_autoptr(Submission) before = submissions_read(run->site->submitted,
	    suspect->id, &fault);
	struct submit what = {
		.id = before ? NULL : suspect->id,
		.tenant = config_tenant(run->config, suspect->tenant),
		.kind = SUBMISSION_MESSAGE, .as = AS_SUSPICIOUS,
		.source = "candidate", .message = suspect->id,
		.rcpt = *suspect->rcpt ? suspect->rcpt : NULL, .fd = -1,
	};
	g_autoptr(Submission) one = NULL;

	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (before && g_strcmp0(before->tenant, suspect->tenant) == 0)
		return candidates_set(run->site->suspected, suspect->tenant,
				      suspect->id, false, CANDIDATE_SUBMITTED,
				      run->by.who, changed, error);
	one = submit(run->site, run->config, &what, &run->by, said, error);
	run->candidates += one != NULL;
	return one != NULL;
}

static void
submit_candidates(struct drain_run *run)
{
	for (guint i = 0; i < run->config->tenants->len; i++) {
		const Tenant *tenant = run->config->tenants->pdata[i];
		struct candidate_filter filter = {
			.tenant = tenant->name, .state = CANDIDATE_NEW
		};
		g_autoptr(GArray) all = g_array_new(FALSE, FALSE,
						    sizeof(struct suspect));
		g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
							      g_str_equal);
		g_autoptr(GError) error = NULL;

		g_array_set_clear_func(all, suspect_clear);
		if (has_analyst(run->config, tenant->name) &&
		    !candidates_list(run->site->suspected, &filter,
				     add_suspect, all, &error))
			note(run, tenant->name, error->message);
		for (guint j = 0; j < all->len; j++) {
			const struct suspect *one = &g_array_index(all,
			    struct suspect, j);
			g_autoptr(GError) fault = NULL;

			/* Those of one making are one question. */
			if (g_hash_table_add(seen, one->group) &&
			    !submit_candidate(run, one, &fault))
				note(run, one->id, fault->message);
		}
	}
}

/* ---- who is to be asked ---- */

static void
give_up(Attempt *attempt, const char *why)
{
	bool had_it = attempt->state == ATTEMPT_SENT;

	attempt->state = ATTEMPT_GIVEN_UP;
	/* Who has it and says nothing does not know. */
	if (had_it)
		attempt->verdict = VERDICT_UNKNOWN;
	if (!attempt->fault || had_it) {
		g_free(attempt->fault);
		attempt->fault = g_strdup(why);
	}
}

static bool
is_over_due(const AnalystSetting *one, const Submission *of,
	    const Attempt *attempt, const struct plan *plan)
{
	gint64 since = MAX(of->at, of->dispute.at);
	gint64 span = one->give_up * 3600 * CLOCK_SECOND;

	if (one->type == ANALYST_MANUAL)
		return false;
	if (attempt->state == ATTEMPT_SENT)
		return plan->now - attempt->sent > span;
	/* What was never tried is only given up when nothing is: it may wait
	 * for its turn, or drain did not run. */
	return plan->now - since > span &&
	    (attempt->tries > 0 || g_hash_table_contains(plan->down,
							 one->name));
}

static const char *
why_down(const struct plan *plan, const AnalystSetting *one)
{
	const char *why = g_hash_table_lookup(plan->down, one->name);

	return why && *why ? why : "it did not answer in time";
}

/* Name who is to be asked, and end what was waited for too long. */
static bool
plan_one(Submission *one, void *data, GError **error)
{
	const struct plan *plan = data;
	bool is_changed = false;

	(void)error;
	if (one->status != SUBMISSION_PENDING)
		return false;
	for (guint i = 0; i < plan->config->analysts->len; i++) {
		const AnalystSetting *who = plan->config->analysts->pdata[i];
		guint before = one->attempts->len;

		if (analyst_takes(who, one))
			submission_attempt(one, who->name);
		is_changed |= one->attempts->len > before;
	}
	for (guint i = 0; i < one->attempts->len; i++) {
		Attempt *attempt = one->attempts->pdata[i];
		const AnalystSetting *who = config_analyst(plan->config,
							   attempt->analyst);

		if (attempt->state > ATTEMPT_SENT)
			continue;
		if (!who)
			give_up(attempt, "it is in the configuration no "
				"more");
		else if (is_over_due(who, one, attempt, plan))
			give_up(attempt, why_down(plan, who));
		is_changed |= attempt->state == ATTEMPT_GIVEN_UP;
	}
	return is_changed;
}

/* Who is left alone, since he failed again and again. */
static void
find_down(struct work *work, GHashTable *down)
{
	const GPtrArray *all = work->run->config->analysts;

	for (guint i = 0; i < all->len; i++) {
		const AnalystSetting *one = all->pdata[i];
		AnalystState *state = analyst_state_read(
		    work->run->site->folder, one->name);

		if (state->failures >= BOUND_ANALYST_FAILURES)
			g_hash_table_insert(down, one->name,
			    g_strdup(state->fault ? state->fault : ""));
		fields_free(&analyst_state_fields, state);
	}
}

/* ---- is it over ---- */

static void
complete(struct work *work, const Submission *one,
	 const struct combined *combined)
{
	enum result result = combined->verdict != VERDICT_NONE ?
	    result_of(combined->verdict) : one->attempts->len ?
	    RESULT_NOT_RECEIVED : RESULT_FURTHER;
	struct doer by = work->run->by;
	g_autoptr(GError) error = NULL;

	by.who = combined->by ? combined->by : "analysts";
	if (verdict_settle(work->run->site, work->run->config, one->id,
			   result, combined->verdict, &by, &error))
		work->run->completed++;
	if (error)
		note(work->run, one->id, error->message);
}

/* Lanes call this at the same time. */
static void
settle(const char *id, void *of)
{
	struct work *work = of;
	g_autoptr(GError) error = NULL;
	g_autoptr(Submission) one = NULL;
	const Tenant *tenant;
	struct combined combined;

	pthread_mutex_lock(&work->lock);
	one = submissions_read(work->run->site->submitted, id, &error);
	if (one && one->status == SUBMISSION_PENDING) {
		tenant = one->tenant ? config_tenant(work->run->config,
						     one->tenant) : NULL;
		combined = combine(one->attempts,
				   config_combine(work->run->config, tenant));
		if (combined.is_over)
			complete(work, one, &combined);
	}
	if (error)
		note(work->run, id, error->message);
	pthread_mutex_unlock(&work->lock);
}

/* ---- claims ---- */

/* The record of an item that has none: of who wrote into the spool himself,
 * or of a crash.  False and ERROR set when it is no submission. */
static Submission *
import(struct drain_run *run, const char *id, const Json *item,
       GError **error)
{
	g_autoptr(Submission) one = submission_new();
	gsize size = 0;
	int fd;

	fields_from_json(&submission_fields, one, item);
	if (g_strcmp0(one->id, id) != 0 || !one->tenant ||
	    !config_tenant(run->config, one->tenant) ||
	    (one->kind == SUBMISSION_URL && !one->url)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "%s.json: id must be as the file's name, tenant "
			    "one of the configuration, and a url that of a "
			    "link", id);
		return NULL;
	}
	one->status = SUBMISSION_PENDING;
	one->result = RESULT_PENDING;
	if (!one->at)
		one->at = id_time(id);
	fd = box_octets(run->site->submissions, "claimed", id, &size, error);
	if (fd < 0)
		return NULL;
	g_clear_pointer(&one->sha256, g_free);
	one->size = (gint64)size;
	if (size)
		one->sha256 = file_sha256(fd, size, error);
	close(fd);
	return size && !one->sha256 ? NULL : g_steal_pointer(&one);
}

/* There is no ID.eml anywhere: nothing can come of it. */
static void
take_broken(struct work *work, const char *id, const Submission *one)
{
	struct drain_run *run = work->run;

	note(run, id, "there is no ID.eml beside its JSON");
	run->broken++;
	if (one && one->status == SUBMISSION_PENDING)
		verdict_settle(run->site, run->config, id, RESULT_NOT_FOUND,
			       VERDICT_NONE, &run->by, NULL);
	/* Of the two files there is one, which moves all the same. */
	box_move(run->site->submissions, "claimed", "failed", id, NULL);
}

/* ID is in claimed: its record that waits, yours, *IS_FRESH when it is not
 * written yet; NULL: there is none. */
static Submission *
take(struct work *work, const char *id, bool *is_fresh)
{
	struct drain_run *run = work->run;
	g_autoptr(GError) error = NULL;
	g_autoptr(Submission) one = submissions_read(run->site->submitted, id,
						     &error);
	g_autofree char *text = NULL;
	g_autoptr(Json) item = NULL;

	*is_fresh = !one;
	if (!error)
		box_gather(run->site->submissions, "claimed", id, &error);
	if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		take_broken(work, id, one);
		return NULL;
	}
	if (error) {
		note(run, id, error->message);
		return NULL;
	}
	if (one && one->status == SUBMISSION_COMPLETED) {
		submit_complete(run->site, id, one->result, one->verdict,
				NULL, &run->by, NULL);
		return NULL;
	}
	if (one)
		return g_steal_pointer(&one);
	text = box_json(run->site->submissions, "claimed", id, &error);
	item = text ? json_parse(text, strlen(text), &error) : NULL;
	one = item ? import(run, id, item, &error) : NULL;
	if (one)
		return g_steal_pointer(&one);
	note(run, id, error->message);
	/* Only what is wrong in itself; a full disk is not. */
	if (!text || (item && !g_error_matches(error, G_FILE_ERROR,
					       G_FILE_ERROR_INVAL)))
		return NULL;
	box_move(run->site->submissions, "claimed", "failed", id, NULL);
	run->broken++;
	return NULL;
}

/* What is to be done about ONE, which waits and is claimed: it is read once
 * in a pass, and written only when something changes. */
static void
admit(struct work *work, Submission *one)
{
	const GPtrArray *all = work->run->config->analysts;
	const Tenant *tenant = one->tenant ?
	    config_tenant(work->run->config, one->tenant) : NULL;
	g_autoptr(GError) error = NULL;

	g_hash_table_add(work->ids, g_strdup(one->id));
	if (plan_one(one, &work->plan, NULL))
		submissions_change(work->run->site->submitted, one->id,
				   plan_one, &work->plan, &error);
	if (error)
		note(work->run, one->id, error->message);
	if (combine(one->attempts, config_combine(work->run->config,
						  tenant)).is_over) {
		settle(one->id, work);
		return;
	}
	for (guint i = 0; i < all->len; i++)
		due_add(work->due->pdata[i], all->pdata[i], one,
			work->plan.now);
}

/* Write the records of ALL, which are planned already; then it is empty. */
static void
admit_fresh(struct work *work, GPtrArray *all)
{
	g_autoptr(GError) error = NULL;

	if (!submissions_put_all(work->run->site->submitted, all, &error))
		note(work->run, "spool", error->message);
	for (guint i = 0; !error && i < all->len; i++)
		admit(work, all->pdata[i]);
	g_ptr_array_set_size(all, 0);
}

struct strays {
	GHashTable *claimed;
	GPtrArray *found;
};

static void
add_stray(const Submission *one, void *data)
{
	struct strays *strays = data;

	if (!g_hash_table_contains(strays->claimed, one->id))
		g_ptr_array_add(strays->found, g_strdup(one->id));
}

/* What waits and lies among what is over: a dispute began. */
static bool
find_strays(struct work *work, GError **error)
{
	struct submission_filter filter = SUBMISSION_FILTER_ALL;
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	struct strays strays = { work->ids, found };
	Site *site = work->run->site;

	filter.status = SUBMISSION_PENDING;
	if (!submissions_list(site->submitted, &filter, add_stray, &strays,
			      error))
		return false;
	for (guint i = 0; i < found->len; i++) {
		const char *id = found->pdata[i];
		g_autoptr(Submission) one = NULL;

		if (box_move(site->submissions, "done", "claimed", id, NULL)
		    || box_move(site->submissions, "failed", "claimed", id,
				NULL))
			one = submissions_read(site->submitted, id, NULL);
		if (one)
			admit(work, one);
	}
	return true;
}

/* What cannot be moved whole is no reason to leave the others. */
static void
note_unmoved(const char *id, const GError *why, void *data)
{
	struct work *work = data;

	if (!g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		note(work->run, id, why->message);
}

/* Look at all that is claimed; *WAITING of it wait. */
static void
look_at_claimed(struct work *work, gint64 *waiting)
{
	g_autoptr(GPtrArray) all = box_list(work->run->site->submissions,
					    "claimed");
	g_autoptr(GPtrArray) fresh = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)submission_free);
	guint before = work->run->completed;

	for (guint i = 0; i < all->len; i++) {
		bool is_fresh;
		g_autoptr(Submission) one = take(work, all->pdata[i],
						 &is_fresh);

		if (one && !is_fresh) {
			admit(work, one);
		} else if (one) {
			plan_one(one, &work->plan, NULL);
			g_ptr_array_add(fresh, g_steal_pointer(&one));
		}
		if (fresh->len >= TOGETHER)
			admit_fresh(work, fresh);
	}
	if (fresh->len)
		admit_fresh(work, fresh);
	*waiting = (gint64)g_hash_table_size(work->ids) -
	    (work->run->completed - before);
}

static bool
claim(struct work *work, GError **error)
{
	Site *site = work->run->site;
	g_autoptr(GPtrArray) fresh = box_list(site->submissions, "new");
	gint64 waiting, known, oldest;

	/* A run that was killed may have ended between two files. */
	box_join(site->submissions, "claimed");
	if (!box_move_all(site->submissions, "new", "claimed", fresh,
			  note_unmoved, work, error))
		return false;
	look_at_claimed(work, &waiting);
	known = submissions_count(site->submitted, SUBMISSION_PENDING,
				  &oldest, error);
	return known >= 0 && (known <= waiting || find_strays(work, error));
}

/* Begin a pass. */
static void
begin_pass(struct work *work)
{
	const Config *config = work->run->config;

	work->plan.config = config;
	work->plan.now = clock_now();
	g_hash_table_remove_all(work->ids);
	g_hash_table_remove_all(work->plan.down);
	find_down(work, work->plan.down);
	g_ptr_array_set_size(work->due, 0);
	for (guint i = 0; i < config->analysts->len; i++)
		g_ptr_array_add(work->due, due_new());
}

/* ---- lanes ---- */

static void *
lane_run(void *data)
{
	lane_work(data);
	return NULL;
}

/* Ask everybody at once; returns how many questions there were. */
static guint
ask_all(struct work *work, const struct token_keys *keys)
{
	const GPtrArray *all = work->run->config->analysts;
	struct drain_run *run = work->run;
	g_autofree struct lane *lanes = g_new0(struct lane, all->len + 1);
	guint asked = 0;

	for (guint i = 0; i < all->len; i++) {
		struct lane *lane = &lanes[i];

		*lane = (struct lane){
			.run = run, .one = all->pdata[i],
			.due = work->due->pdata[i],
			.keys = keys, .settle = settle, .of = work,
			.notes = g_ptr_array_new_with_free_func(g_free),
		};
		if (run->only && strcmp(run->only, lane->one->name) != 0)
			continue;
		lane->is_started = pthread_create(&lane->thread, NULL,
						  lane_run, lane) == 0;
		if (!lane->is_started)
			lane_work(lane);
	}
	/* All first: settle() of one may still write into RUN. */
	for (guint i = 0; i < all->len; i++)
		if (lanes[i].is_started)
			pthread_join(lanes[i].thread, NULL);
	for (guint i = 0; i < all->len; i++) {
		struct lane *lane = &lanes[i];

		asked += lane->asked;
		run->failed += lane->failed;
		run->answered += lane->answered;
		g_ptr_array_extend_and_steal(run->notes, lane->notes);
	}
	run->asked += asked;
	return asked;
}

/* Until there is nothing more to do now. */
static bool
work_off(struct work *work, const struct token_keys *keys, GError **error)
{
	gint64 end = clock_steady_ms() + BOUND_DRAIN_SECONDS * 1000;
	guint asked;

	do {
		g_autoptr(GError) fault = NULL;

		begin_pass(work);
		if (!claim(work, &fault)) {
			g_propagate_error(error, g_steal_pointer(&fault));
			return false;
		}
		asked = ask_all(work, keys);
	} while (asked && !work->run->is_once && clock_steady_ms() < end);
	return true;
}

static bool
needs_keys(const Config *config)
{
	for (guint i = 0; i < config->analysts->len; i++) {
		const AnalystSetting *one = config->analysts->pdata[i];

		if (one->type == ANALYST_MAIL)
			return true;
	}
	return false;
}

static bool
run_locked(struct drain_run *run, GError **error)
{
	struct work work = { .run = run };
	struct token_keys keys;
	bool has_keys = needs_keys(run->config);
	gint64 oldest, left;
	bool good;

	if (has_keys && !keys_read(run->site->folder, &keys, error))
		return false;
	submit_candidates(run);
	work.ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					 NULL);
	work.plan.down = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
					       g_free);
	work.due = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)g_array_unref);
	pthread_mutex_init(&work.lock, NULL);
	good = work_off(&work, has_keys ? &keys : NULL, error);
	pthread_mutex_destroy(&work.lock);
	g_ptr_array_free(work.due, TRUE);
	g_hash_table_destroy(work.plan.down);
	g_hash_table_destroy(work.ids);
	left = !good ? -1 : submissions_count(run->site->submitted,
					      SUBMISSION_PENDING, &oldest,
					      error);
	run->left = left < 0 ? 0 : (guint)left;
	return left >= 0 && jobs_done(run->site->alerts, "drain", clock_now(),
				      error);
}

bool
drain(struct drain_run *run, GError **error)
{
	int lock = openat(run->site->folder, DRAIN_LOCK, O_RDWR | O_CREAT |
			  O_NOFOLLOW | O_CLOEXEC, 0640);
	bool good;

	run->notes = g_ptr_array_new_with_free_func(g_free);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (lock >= 0 && errno == EWOULDBLOCK)
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
				    "another one is at work");
		else
			file_fail(error, "lock", DRAIN_LOCK);
		if (lock >= 0)
			close(lock);
		return false;
	}
	good = run_locked(run, error);
	close(lock);
	return good;
}
