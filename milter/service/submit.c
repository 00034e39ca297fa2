/*
 * submit.c -- give a message, a link or a file to the analysts
 *
 *	state      where                      after a crash here
 *	asked      spool .../new or done      gatepost drain makes the record
 *	recorded   and a row of submission    entries are missing: submit again
 *	blocked    and the managed list       nothing to do
 */
#include "gatepost/service/submit.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/lists/entry.h"
#include "gatepost/service/copies.h"
#include "gatepost/service/find.h"
#include "gatepost/service/submit_once.h"
#include "gatepost/service/verdict.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"

#define AT_ONCE "at-once"

/* Where octets may stand, and the item's way: the last two are its end. */
static const char *const states[] = { "new", "claimed", "done", "failed",
				      NULL };

/* A submission on its way in. */
struct work {
	Site *site;
	const Config *config;
	const struct submit *what;
	const struct doer *by;
	GPtrArray *said;
	Json *record;			/* NULL: there is none */
	char *record_text;
	Held *held;			/* NULL: not held */
	Decision *decision;		/* NULL: none is known */
	GPtrArray *entries;		/* of Entry * */
	Submission *one;
	int fd;				/* -1: no octets */
	gsize size;
};

/* "WHAT: WHY". */
static bool
fail(GError **error, const char *what, const char *why)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", what,
		    why);
	return false;
}

static void
work_clear(struct work *work)
{
	json_free(work->record);
	g_free(work->record_text);
	if (work->held)
		fields_free(&held_fields, work->held);
	decision_free(work->decision);
	g_clear_pointer(&work->entries, g_ptr_array_unref);
	submission_free(work->one);
	if (work->fd >= 0 && work->fd != work->what->fd)
		close(work->fd);
}

/* ---- what is known of it ---- */

static bool
read_held(struct work *work, GError **error)
{
	if (!work->what->item)
		return true;
	work->held = quarantine_read(work->site->quarantine,
				     work->what->item, error);
	if (work->held)
		work->record_text = g_strdup(work->held->record);
	return work->held != NULL;
}

static bool
read_record(struct work *work, GError **error)
{
	const char *id = work->what->message ? work->what->message :
	    work->what->item;
	g_autoptr(GError) fault = NULL;

	if (!work->record_text && id) {
		g_autoptr(Record) record = ledger_read(work->site->ledger, id,
						       &fault);

		if (fault) {
			g_propagate_error(error, g_steal_pointer(&fault));
			return false;
		}
		if (record)
			work->record_text = g_strdup(record->body);
	}
	if (!work->record_text && work->what->facts) {
		GString *text = g_string_new("{\"facts\":");

		fields_json(&facts_fields, work->what->facts, true, text);
		g_string_append_c(text, '}');
		work->record_text = g_string_free(text, FALSE);
	}
	if (work->record_text)
		work->record = json_parse(work->record_text,
					  strlen(work->record_text), error);
	if (work->record)
		work->decision = draft_decision(work->record,
		    work->what->tenant->name, work->what->rcpt);
	return work->record || !work->record_text;
}

/* Where the octets of a message that we saw may still be. */
static bool
find_octets(struct work *work, GError **error)
{
	const struct submit *what = work->what;
	Site *site = work->site;

	work->fd = what->fd;
	work->size = what->size;
	if (work->fd >= 0 || what->kind != SUBMISSION_MESSAGE)
		return true;
	if (work->held) {
		work->size = (gsize)work->held->size;
		work->fd = quarantine_octets(site->quarantine, work->held,
					     error);
		return work->fd >= 0;
	}
	for (int i = 0; what->message && work->fd < 0 && states[i]; i++)
		work->fd = box_octets(site->candidates, states[i],
				      what->message, &work->size, NULL);
	if (work->fd < 0 && what->message)
		work->fd = evidence_octets(site->evidence, what->tenant->name,
					   what->message, &work->size, error);
	return work->fd >= 0 || !(error && *error);
}

static const char *
text_of(const Json *object, const char *name)
{
	return json_text(json_member(object, name));
}

static void
fill_from_record(Submission *one, const Json *record)
{
	const Json *facts = json_member(record, "facts");

	one->sender = g_strdup(text_of(record, "sender"));
	one->message = g_strdup(text_of(record, "id"));
	one->from = g_strdup(text_of(facts, "from"));
	one->subject = g_strdup(text_of(facts, "subject"));
	one->message_id = g_strdup(text_of(facts, "message_id"));
}

static bool
fill(struct work *work, GError **error)
{
	const struct submit *what = work->what;
	Submission *one = work->one = submission_new();
	char id[ID_TEXT];

	if (!what->id)
		id_new(id);
	one->id = g_strdup(what->id ? what->id : id);
	one->at = clock_now();
	one->tenant = g_strdup(what->tenant->name);
	one->kind = what->kind;
	one->as = what->as;
	one->source = g_strdup(what->source);
	one->by = g_strdup(work->by->who);
	one->via = g_strdup(vias[work->by->via]);
	one->note = g_strdup(what->note);
	one->item = g_strdup(what->item);
	one->rcpt = g_strdup(what->rcpt);
	one->url = g_strdup(what->url);
	one->filename = g_strdup(what->filename);
	if (work->record)
		fill_from_record(one, work->record);
	for (guint i = 0; what->reports && i < what->reports->len; i++)
		g_ptr_array_add(one->reports,
				g_strdup(what->reports->pdata[i]));
	one->size = work->fd < 0 ? 0 : (gint64)work->size;
	if (work->fd >= 0)
		one->sha256 = file_sha256(work->fd, work->size, error);
	return work->fd < 0 || one->sha256;
}

/* ---- entries in the same step ---- */

static bool
draft_some(struct work *work, bool is_block, int kinds, GError **error)
{
	const struct submit *what = work->what;
	const HeldRcpt *copy = work->held && what->rcpt ?
	    quarantine_rcpt(work->held, what->rcpt) : NULL;
	g_autofree char *note = copy && !is_block ?
	    g_strdup_printf("held as %s", copy->policy) :
	    g_strdup_printf("submitted as %s", submitted_ases[what->as]);
	struct draft draft = {
		.tenant = what->tenant, .is_block = is_block, .kinds = kinds,
		.record = work->record, .rcpt = what->rcpt,
		.policy = copy ? copy->policy : NULL, .url = what->url,
		.sha256 = what->kind == SUBMISSION_FILE ? work->one->sha256 :
		    NULL,
		.expires = what->expires, .note = note,
		/* A held message keeps its id through all that is done. */
		.submission = what->item ? what->item : work->one->id,
	};
	const char *flag = is_block ? "--block" : "--allow";
	g_autoptr(GPtrArray) some = NULL;

	if (!kinds)
		return true;
	if (what->kind == SUBMISSION_URL && kinds != 1 << DRAFT_URL)
		return fail(error, flag, "of a link it can only be url");
	if (what->kind == SUBMISSION_FILE && kinds != 1 << DRAFT_FILE)
		return fail(error, flag, "of a file it can only be file");
	if (what->kind == SUBMISSION_MESSAGE && !work->record)
		return fail(error, flag, "the ledger does not know the "
			    "message; use gatepost list add");
	some = draft_entries(&draft, work->by, work->said, error);
	if (!some)
		return false;
	g_ptr_array_extend_and_steal(work->entries, g_steal_pointer(&some));
	return true;
}

static bool
draft_all(struct work *work, GError **error)
{
	work->entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)entry_free);
	if (!draft_some(work, true, work->what->block, error) ||
	    !draft_some(work, false, work->what->allow, error))
		return false;
	for (guint i = 0; i < work->entries->len; i++) {
		const Entry *entry = work->entries->pdata[i];

		g_ptr_array_add(work->one->entries, g_strdup(entry->key));
	}
	return true;
}

/* ---- what needs no analyst ---- */

/* An admin let it out of quarantine: then it did come through. */
static void
note_release(const char *rcpt, gint64 at, const char *what, const char *who,
	     void *data)
{
	bool *is_released = data;

	(void)rcpt, (void)at, (void)who;
	*is_released |= strcmp(what, "released") == 0;
}

static bool
was_released(const struct work *work)
{
	bool is_released = false;

	ledger_events(work->site->ledger, text_of(work->record, "id"),
		      note_release, &is_released, NULL);
	return is_released;
}

/* Links and files may be in the lists already. */
static enum result
look_up(const struct work *work, GPtrArray *reasons)
{
	const struct submit *what = work->what;
	struct pipeline line = { .wait = NULL };
	g_autoptr(Question) question = NULL;
	g_autoptr(Found) found = NULL;

	if (!what->setup || !what->setup->lists)
		return RESULT_PENDING;
	question = question_new(what->setup, what->tenant, NULL, false);
	if (!question_add(question, what->kind == SUBMISSION_URL ?
			  INDICATOR_URL : INDICATOR_FILE,
			  what->kind == SUBMISSION_URL ? what->url :
			  work->one->sha256, NULL, NULL))
		return RESULT_PENDING;
	found = question_ask(question, &line);
	return submit_once_thing(found->decision, what->as, reasons);
}

static void
answer_at_once(struct work *work)
{
	const struct submit *what = work->what;
	Submission *one = work->one;
	enum result result = RESULT_PENDING;

	if (what->is_drill) {
		g_ptr_array_add(one->reasons, g_strdup("simulatedThreat"));
		result = RESULT_DRILL;
	} else if (what->kind != SUBMISSION_MESSAGE) {
		result = look_up(work, one->reasons);
	} else if (work->decision && work->by->actor != ACTOR_USER) {
		if (as_is_bad(what->as) && was_released(work))
			g_ptr_array_add(one->reasons,
					g_strdup("quarantineReleased"));
		else
			result = submit_once(work->decision, what->as,
					     one->reasons);
	}
	if (result == RESULT_PENDING)
		return;
	one->result = result;
	one->status = SUBMISSION_COMPLETED;
	one->completed = one->at;
	one->completed_by = g_strdup(AT_ONCE);
}

/* ---- on disk ---- */

static char *
spool_json(const struct work *work)
{
	GString *out = g_string_new(NULL);

	fields_json(&submission_fields, work->one, true, out);
	g_string_truncate(out, out->len - 1);
	json_key(out, "record");
	g_string_append_printf(out, "%s}\n", work->record_text ?
			       work->record_text : "null");
	return g_string_free(out, FALSE);
}

static bool
put_spool(const struct work *work, GError **error)
{
	const Submission *one = work->one;
	g_autofree char *json = spool_json(work);
	int fd = work->fd >= 0 ? work->fd : file_memory("", 0, error);
	bool good = fd >= 0 &&
	    box_put(work->site->submissions,
		    one->status == SUBMISSION_PENDING ? "new" : "done",
		    one->id, fd, (gsize)one->size, json, error);

	if (fd >= 0 && fd != work->fd)
		close(fd);
	return good;
}

/* The ledger's and the audit log's word for it. */
static bool
tell(const struct work *work, GError **error)
{
	const Submission *one = work->one;
	g_autofree char *what = g_strconcat(work->what->item ? "reported-" :
	    "submitted-", submitted_ases[one->as], NULL);
	struct deed deed = {
		.who = work->by->who, .via = work->by->via, .what = what,
		.object = one->item ? one->item : one->id,
		.tenant = one->tenant, .rcpt = one->rcpt,
		.detail = one->note ? one->note : one->url,
	};

	if (one->message)
		ledger_event(work->site->ledger, one->message,
			     one->rcpt ? one->rcpt : "", what, work->by->who,
			     NULL);
	return trail_add(work->site->trail, &deed, error);
}

/* A candidate, and those of its making, are dealt with; their octets stay for
 * others of the kind. */
static bool
settle_candidate(const struct work *work, GError **error)
{
	const Submission *one = work->one;
	g_autoptr(GPtrArray) changed = g_ptr_array_new_with_free_func(g_free);

	if (!one->message)
		return true;
	if (!candidates_set(work->site->suspected, one->tenant, one->message,
			    false, CANDIDATE_SUBMITTED, work->by->who,
			    changed, error))
		return false;
	copies_settle(work->site, changed, "done");
	return true;
}

/* ---- the same again ---- */

struct same {
	Submission *found;
};

static void
take_first(const Submission *one, void *data)
{
	struct same *same = data;

	if (!same->found) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(Json) json = NULL;

		fields_json(&submission_fields, one, true, text);
		json = json_parse(text->str, text->len, NULL);
		same->found = submission_new();
		fields_from_json(&submission_fields, same->found, json);
	}
}

/* What waits already for the same question; NULL: nothing does. */
static bool
find_same(const struct work *work, Submission **found, GError **error)
{
	const Submission *one = work->one;
	struct submission_filter filter = SUBMISSION_FILTER_ALL;
	struct same same = { NULL };

	*found = NULL;
	filter.tenant = one->tenant;
	filter.status = SUBMISSION_PENDING;
	filter.kind = one->kind;
	filter.as = one->as;
	filter.message = one->message;
	filter.url = one->url;
	filter.sha256 = one->message ? NULL : one->sha256;
	filter.rcpt = one->rcpt;
	filter.most = 1;
	if (!one->message && !one->url && !one->sha256)
		return true;
	if (!submissions_list(work->site->submitted, &filter, take_first,
			      &same, error))
		return false;
	*found = same.found;
	return true;
}

static bool
has_text(const GPtrArray *all, const char *text)
{
	for (guint i = 0; i < all->len; i++)
		if (strcmp(all->pdata[i], text) == 0)
			return true;
	return false;
}

/* What waits already owns the entries that it is asked for with again. */
static bool
add_entries(Submission *one, void *data, GError **error)
{
	const GPtrArray *keys = data;
	guint before = one->entries->len;

	(void)error;
	for (guint i = 0; i < keys->len; i++)
		if (!has_text(one->entries, keys->pdata[i]))
			g_ptr_array_add(one->entries,
					g_strdup(keys->pdata[i]));
	return one->entries->len > before;
}

static bool
join_same(const struct work *work, Submission *same, GError **error)
{
	add_entries(same, work->one->entries, NULL);
	return submissions_change(work->site->submitted, same->id,
				  add_entries, work->one->entries, error);
}

/* The id that was asked for may be another copy's, of another user, tenant or
 * kind: of a message that is held for several each is a submission of its
 * own. */
static bool
settle_id(struct work *work, GError **error)
{
	Submission *one = work->one;
	g_autoptr(GError) fault = NULL;
	g_autoptr(Submission) other = submissions_read(
	    work->site->submitted, one->id, &fault);
	char id[ID_TEXT];

	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (!other || (g_strcmp0(other->tenant, one->tenant) == 0 &&
		       g_strcmp0(other->rcpt, one->rcpt) == 0 &&
		       other->as == one->as))
		return true;
	id_new(id);
	g_free(one->id);
	one->id = g_strdup(id);
	return true;
}

static bool
as_is_threat(enum submitted_as as)
{
	return as == AS_PHISH || as == AS_MALWARE;
}

/* ---- the doors ---- */

static bool
read_all(struct work *work, GError **error)
{
	return read_held(work, error) && read_record(work, error) &&
	    find_octets(work, error) && fill(work, error);
}

bool
submit_may(Site *site, const Config *config, const struct submit *what,
	   const struct doer *by, GError **error)
{
	g_autoptr(GPtrArray) said = g_ptr_array_new_with_free_func(g_free);
	struct work work = { .site = site, .config = config, .what = what,
			     .by = by, .said = said, .fd = -1 };
	bool good = read_all(&work, error) && draft_all(&work, error);

	work_clear(&work);
	return good;
}

static bool
put(struct work *work, GError **error)
{
	answer_at_once(work);
	return put_spool(work, error) &&
	    submissions_put(work->site->submitted, work->one, error) &&
	    settle_candidate(work, error) && tell(work, error);
}

Submission *
submit(Site *site, const Config *config, const struct submit *what,
       const struct doer *by, GPtrArray *said, GError **error)
{
	struct work work = { .site = site, .config = config, .what = what,
			     .by = by, .said = said, .fd = -1 };
	g_autoptr(Submission) same = NULL;
	g_autoptr(GError) fault = NULL;
	Submission *one = NULL;
	bool good = read_all(&work, &fault) &&
	    find_same(&work, &same, &fault);

	if (good && same) {
		g_free(work.one->id);
		work.one->id = g_strdup(same->id);
	}
	good = good && (same || settle_id(&work, &fault));
	if (good && draft_all(&work, &fault) &&
	    (same ? join_same(&work, same, &fault) : put(&work, &fault)) &&
	    draft_add(site, config, what->tenant,
		      what->item ? what->item : work.one->id, work.entries,
		      by, said, &fault))
		one = same ? g_steal_pointer(&same) :
		    g_steal_pointer(&work.one);
	/* No analyst is asked about it: an admin is sure. */
	if (one && one->result == RESULT_ALLOWED && as_is_threat(what->as))
		verdict_tell_malicious(site, config, what->tenant, one,
				       work.record);
	work_clear(&work);
	if (fault)
		g_propagate_error(error, g_steal_pointer(&fault));
	return one;
}

/* ---- its end ---- */

struct ending {
	enum result result;
	enum verdict verdict;
	const char *const *reasons;
	const char *who;
	bool is_ended;
};

static bool
end_it(Submission *one, void *data, GError **error)
{
	struct ending *ending = data;

	(void)error;
	if (one->status == SUBMISSION_COMPLETED)
		return false;
	one->status = SUBMISSION_COMPLETED;
	one->result = ending->result;
	one->verdict = ending->verdict;
	one->completed = clock_now();
	g_free(one->completed_by);
	one->completed_by = g_strdup(ending->who);
	for (int i = 0; ending->reasons && ending->reasons[i]; i++)
		g_ptr_array_add(one->reasons, g_strdup(ending->reasons[i]));
	ending->is_ended = true;
	return true;
}

static bool
tell_end(Site *site, const Submission *one, const struct doer *by,
	 GError **error)
{
	const char *code = submission_results[one->result];
	g_autofree char *what = g_strconcat("verdict-", code, NULL);
	struct deed deed = {
		.who = by->who, .via = by->via, .what = "completed",
		.object = one->id, .tenant = one->tenant, .rcpt = one->rcpt,
		.detail = code,
	};

	if (one->message)
		ledger_event(site->ledger, one->message,
			     one->rcpt ? one->rcpt : "", what, by->who, NULL);
	return trail_add(site->trail, &deed, error);
}

bool
submit_complete(Site *site, const char *id, enum result result,
		enum verdict verdict, const char *const *reasons,
		const struct doer *by, GError **error)
{
	struct ending ending = { result, verdict, reasons, by->who, false };
	const char *to = result == RESULT_NOT_RECEIVED ? "failed" : "done";
	g_autoptr(Submission) one = NULL;

	if (!submissions_change(site->submitted, id, end_it, &ending, error))
		return false;
	if (ending.is_ended) {
		one = submissions_read(site->submitted, id, error);
		if (!one || !tell_end(site, one, by, error))
			return false;
	}
	/* Also when it was over: a crash may have left the item behind. */
	for (int i = 0; i < 2; i++)
		box_move(site->submissions, states[i], to, id, NULL);
	return ending.is_ended;
}

int
submit_octets(Site *site, const Submission *submission, gsize *size,
	      GError **error)
{
	int fd = -1;

	for (int i = 0; fd < 0 && submission->sha256 && states[i]; i++)
		fd = box_octets(site->submissions, states[i], submission->id,
				size, NULL);
	if (fd < 0)
		fail(error, submission->id,
		     "its octets are not kept any more");
	return fd;
}
