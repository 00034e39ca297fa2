/*
 * verdict.c -- what follows from a verdict on a submission
 *
 * The effects come first and the record last: what is over was carried out.
 * An effect that was there already is none, so that a crash between them
 * costs only a second look.
 */
#include "gatepost/service/verdict.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/entry.h"
#include "gatepost/model/decision.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/advice.h"
#include "gatepost/service/alert.h"
#include "gatepost/service/explain.h"
#include "gatepost/service/handle.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/lists.h"
#include "gatepost/service/siblings.h"
#include "gatepost/service/triage.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* Days that a block is kept at least when its verdict is a threat. */
#define BLOCK_DAYS 30

const char *const dispute_whats[] = { "result", "reason", "advice", NULL };

static bool
fail(GError **error, const char *id, const char *why)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", id,
		    why);
	return false;
}

static bool
is_bad(enum verdict verdict)
{
	return verdict == VERDICT_SPAM || verdict == VERDICT_PHISH ||
	    verdict == VERDICT_MALWARE;
}

static bool
has_text(const GPtrArray *all, const char *text)
{
	for (guint i = 0; text && i < all->len; i++)
		if (strcmp(all->pdata[i], text) == 0)
			return true;
	return false;
}

/* ---- entries ---- */

struct change {
	Site *site;
	const Config *config;
	const Submission *one;
	const struct doer *by;
};

/* Is ENTRY of this submission, in a list that we may edit? */
static bool
is_ours(const Submission *one, const Entry *entry)
{
	return entry->submission && has_text(one->entries, entry->key) &&
	    (strcmp(entry->submission, one->id) == 0 ||
	     g_strcmp0(entry->submission, one->item) == 0) &&
	    listfile_is_managed(entry->file);
}

/* An edit moves the lines below it, so each is looked for anew. */
static bool
change_entry(const struct change *change, const char *key,
	     enum verdict verdict, GError **error)
{
	const Submission *one = change->one;
	const Tenant *tenant = config_tenant(change->config, one->tenant);
	g_autoptr(GPtrArray) all = tenant ?
	    draft_managed(change->config, tenant) : g_ptr_array_new();

	for (guint i = 0; i < all->len; i++) {
		Entry *entry = all->pdata[i];
		bool is_block = entry->action == ENTRY_BLOCK;

		if (strcmp(entry->key, key) != 0 || !is_ours(one, entry))
			continue;
		if (verdict == VERDICT_CLEAN ? is_block : !is_block)
			return draft_lift(change->site, tenant, one->id,
					  entry, change->by, error);
		return !is_block ||
		    draft_lengthen(change->site, tenant, one->id, entry,
				   clock_now() + BLOCK_DAYS * CLOCK_DAY,
				   change->by, error);
	}
	return true;
}

static bool
change_entries(const struct change *change, enum verdict verdict,
	       GError **error)
{
	if (verdict != VERDICT_CLEAN && !is_bad(verdict))
		return true;
	for (guint i = 0; i < change->one->entries->len; i++)
		if (!change_entry(change, change->one->entries->pdata[i],
				  verdict, error))
			return false;
	return true;
}

/* ---- what is held for the same reason ---- */

/* A clean verdict lets out what is held for its reason alone; what the MTA
 * does not take stays held, and is told. */
static bool
release_siblings(const struct change *change, GError **error)
{
	struct doer by = *change->by;
	g_autoptr(GArray) all = siblings_of(change->site, change->one, error);

	by.actor = ACTOR_ADMIN;
	for (guint i = 0; all && i < all->len; i++) {
		const struct sibling *one = &g_array_index(all,
							   struct sibling, i);
		g_autofree char *note = g_strconcat("submission ",
		    change->one->id, " is clean", NULL);
		g_autoptr(GError) fault = NULL;
		enum held_state is;

		if (handle(change->site, change->config, one->id, one->rcpt,
			   HELD_RELEASE, &by, note, &is, &fault) ==
		    STEP_FAILED)
			log_warning(one->id, "release-failed reason=\"%s\"",
				    fault->message);
	}
	return all != NULL;
}

/* ---- reporters ---- */

/* What reporters are told; MARK_NONE: nothing that they could use. */
static enum report_mark
mark_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_PHISH:
	case VERDICT_MALWARE:
		return MARK_PHISH;
	case VERDICT_SPAM:
	case VERDICT_BULK:
		return MARK_SPAM;
	case VERDICT_CLEAN:
		return MARK_CLEAN;
	case VERDICT_NONE:
	case VERDICT_UNKNOWN:
		break;
	}
	return MARK_NONE;
}

/* What an admin said of the reported message stays; else the verdict is its
 * mark, and its reporters are told.  Those whom the MTA does not take are
 * logged: the verdict does not wait for them. */
static bool
tell_reports(const struct change *change, enum verdict verdict,
	     GError **error)
{
	const Submission *one = change->one;
	const Tenant *tenant = config_tenant(change->config, one->tenant);
	enum report_mark mark = mark_of(verdict);
	g_autofree char *note = g_strconcat("submission ", one->id, NULL);
	g_autoptr(GPtrArray) rows = NULL;
	g_autoptr(GError) fault = NULL;
	guint told;

	if (mark == MARK_NONE || !tenant || one->reports->len == 0)
		return true;
	rows = reports_group(change->site->reports, one->reports->pdata[0],
			     error);
	if (!rows)
		return false;
	if (rows->len == 0 ||
	    ((const Report *)rows->pdata[0])->marked != MARK_NONE)
		return true;
	if (!triage_mark(change->site, change->config, rows, mark,
			 change->by, note, tenant->reports.tell, &told,
			 &fault))
		log_warning(one->id, "notice-failed reason=\"%s\"",
			    fault->message);
	return true;
}

/* ---- the admins ---- */

static Json *
record_of_one(Site *site, const Submission *one)
{
	g_autoptr(Record) record = one->message ?
	    ledger_read(site->ledger, one->message, NULL) : NULL;

	return record ? json_parse(record->body, strlen(record->body),
				   NULL) : NULL;
}

static void
add_advice(const struct change *change, const Json *json, GString *out)
{
	g_autoptr(GPtrArray) all = advice_on(change->site, change->config,
	    json, change->one->tenant, change->one->rcpt);

	if (all->len)
		g_string_append(out, "\nWhat to change:\n");
	for (guint i = 0; i < all->len; i++) {
		const struct advice *one = all->pdata[i];
		g_autofree char *plain = letter_plain(one->text, 600);

		g_string_append_printf(out, "  %s\n", plain);
	}
}

static void
add_line(GString *out, const char *name, const char *value)
{
	g_autofree char *plain = value ? letter_plain(value, 200) : NULL;

	if (plain)
		g_string_append_printf(out, "  %-11s %s\n", name, plain);
}

void
verdict_tell_malicious(Site *site, const Config *config, const Tenant *tenant,
		       const Submission *one, const Json *json)
{
	g_autoptr(Decision) decision = draft_decision(json, tenant->name,
						      one->rcpt);
	const Finding *won = decision ? decision->because : NULL;
	g_autofree char *line = NULL, *text = NULL;

	if (!won || won->effect != EFFECT_ALLOW || !won->entry ||
	    won->speaker != SPEAKER_TENANT)
		return;
	text = letter_plain(won->text, 200);
	line = g_strdup_printf("%s\n  key %s, at %s\nlet in a message that "
	    "%s found to be %s:\n  gatepost submission show %s\nTo take it "
	    "out:\n  gatepost list remove %s --tenant %s\n", text, won->entry,
	    won->place, one->verdict ? "analysts" : "an admin",
	    one->verdict ? verdicts[one->verdict] : submitted_ases[one->as],
	    one->id, won->entry, tenant->name);
	alert(site, config, tenant, ALERT_ENTRY_MALICIOUS,
	      "An allow entry let in a threat", line);
}

static void
tell_admins(const struct change *change)
{
	const Submission *one = change->one;
	const Tenant *tenant = config_tenant(change->config, one->tenant);
	g_autofree char *subject = g_strdup_printf("Submission completed: %s",
	    result_words((enum result)one->result));
	g_autoptr(Json) json = record_of_one(change->site, one);
	g_autoptr(GString) out = g_string_new(NULL);

	if (!tenant)
		return;
	add_line(out, "Submission", one->id);
	add_line(out, "As", submitted_ases[one->as]);
	add_line(out, "By", one->by);
	add_line(out, "Result", result_words((enum result)one->result));
	add_line(out, "From", one->from);
	add_line(out, "Subject", one->subject);
	add_line(out, "Link", one->url);
	add_line(out, "File", one->filename);
	if (json)
		explain(out, json, tenant->name, one->rcpt);
	if (json && as_is_bad((enum submitted_as)one->as))
		add_advice(change, json, out);
	g_string_append_printf(out, "\nAll of it, to be pasted:\n"
			       "  gatepost submission show %s\n", one->id);
	alert(change->site, change->config, tenant,
	      ALERT_SUBMISSION_COMPLETED, subject, out->str);
	if (json && is_bad((enum verdict)one->verdict))
		verdict_tell_malicious(change->site, change->config, tenant,
				       one, json);
}

/* ---- the whole ---- */

/* Codes of the service that admins know, for a link or a file and for a
 * result that was disputed. */
static const char *
reason_of(const Submission *one, enum verdict verdict)
{
	enum result first = (enum result)one->dispute.result;
	bool was_good = first == RESULT_CLEAN;

	if (one->dispute.at && first != RESULT_PENDING)
		switch (verdict) {
		case VERDICT_CLEAN:
			return was_good ? "goodReclassifiedAsGood" :
			    "badReclassifiedAsGood";
		case VERDICT_BULK:
			return was_good ? "goodReclassifiedAsBulk" :
			    "badReclassifiedAsBulk";
		case VERDICT_SPAM:
		case VERDICT_PHISH:
		case VERDICT_MALWARE:
			return was_good ? "goodReclassifiedAsBad" :
			    "badReclassifiedAsBad";
		case VERDICT_NONE:
		case VERDICT_UNKNOWN:
			return was_good ?
			    "goodReclassifiedAsCannotMakeDecision" :
			    "badReclassifiedAsCannotMakeDecision";
		}
	if (one->kind == SUBMISSION_MESSAGE || verdict == VERDICT_NONE)
		return NULL;
	return is_bad(verdict) ? "urlFileShouldBeBlocked" :
	    verdict == VERDICT_CLEAN ? "urlFileShouldNotBeBlocked" :
	    "urlFileCannotMakeDecision";
}

bool
verdict_settle(Site *site, const Config *config, const char *id,
	       enum result result, enum verdict verdict,
	       const struct doer *by, GError **error)
{
	g_autoptr(Submission) one = submissions_read(site->submitted, id,
						     error);
	struct change change = { site, config, one, by };
	const char *reasons[2] = { NULL, NULL };

	if (!one || one->status == SUBMISSION_COMPLETED)
		return false;
	reasons[0] = reason_of(one, verdict);
	one->result = result;
	one->verdict = verdict;
	if (!change_entries(&change, verdict, error) ||
	    (verdict == VERDICT_CLEAN &&
	     !release_siblings(&change, error)) ||
	    !tell_reports(&change, verdict, error) ||
	    !submit_complete(site, id, result, verdict, reasons, by, error))
		return false;
	tell_admins(&change);
	return true;
}

/* ---- the admin's word ---- */

struct word {
	enum verdict verdict;
	const char *note, *who;
	bool was_over;
};

/* He stands among the analysts, with what he says. */
static bool
note_word(Submission *one, void *data, GError **error)
{
	struct word *word = data;
	Attempt *attempt;

	(void)error;
	word->was_over = one->status == SUBMISSION_COMPLETED;
	if (word->was_over)
		return false;
	attempt = submission_attempt(one, word->who);
	attempt->state = ATTEMPT_ANSWERED;
	attempt->answered = clock_now();
	attempt->verdict = word->verdict;
	g_free(attempt->detail);
	attempt->detail = !word->note ? NULL :
	    text_utf8(word->note, strlen(word->note), BOUND_ANSWER_DETAIL);
	return true;
}

bool
verdict_resolve(Site *site, const Config *config, const char *id,
		enum verdict verdict, const char *note,
		const struct doer *by, GError **error)
{
	struct word word = { verdict, note, by->who, false };
	g_autoptr(GError) fault = NULL;

	if (!submissions_change(site->submitted, id, note_word, &word,
				&fault)) {
		if (!fault)
			return fail(error, id, "there is no such submission");
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	return !word.was_over && verdict_settle(site, config, id,
	    result_of(verdict), verdict, by, error);
}

/* ---- disputes ---- */

struct disputing {
	int wrong;
	const char *note;
	const struct doer *by;
	const char *why_not;
};

static const char *
why_not(const Submission *one)
{
	bool is_analysts = one->result == RESULT_THREATS ||
	    one->result == RESULT_CLEAN || one->result == RESULT_SPAM ||
	    one->result == RESULT_BULK;

	if (one->dispute.at)
		return "it was disputed already, and that can be done once; "
		    "submit it again";
	if (one->status == SUBMISSION_PENDING)
		return "it is not completed yet";
	return is_analysts ? NULL : "only the results Threats found, No "
	    "threats found, Spam and Bulk can be disputed; submit it again";
}

static bool
dispute_it(Submission *one, void *data, GError **error)
{
	struct disputing *disputing = data;
	Dispute *dispute = &one->dispute;

	(void)error;
	disputing->why_not = why_not(one);
	if (disputing->why_not)
		return false;
	dispute->at = clock_now();
	dispute->by = g_strdup(disputing->by->who);
	dispute->text = g_strdup(disputing->note);
	dispute->result = one->result;
	for (int i = 0; dispute_whats[i]; i++)
		if (disputing->wrong & 1 << i)
			g_ptr_array_add(dispute->wrong,
					g_strdup(dispute_whats[i]));
	if (!(disputing->wrong & 1 << DISPUTE_RESULT))
		return true;
	one->status = SUBMISSION_PENDING;
	one->result = RESULT_PENDING;
	one->verdict = VERDICT_NONE;
	one->completed = 0;
	g_clear_pointer(&one->completed_by, g_free);
	for (guint i = 0; i < one->attempts->len; i++)
		fields_free(&attempt_fields, one->attempts->pdata[i]);
	g_ptr_array_set_size(one->attempts, 0);
	return true;
}

/* Is there anything left to analyse once more? */
static bool
is_kept(Site *site, const char *id)
{
	static const char *const states[] = { "new", "claimed", "done",
					      "failed", NULL };
	g_autofree char *json = NULL;

	for (int i = 0; !json && states[i]; i++)
		json = box_json(site->submissions, states[i], id, NULL);
	return json != NULL;
}

bool
verdict_dispute(Site *site, const char *id, int wrong, const char *note,
		const struct doer *by, GError **error)
{
	struct disputing disputing = { wrong, note, by, NULL };
	struct deed deed = {
		.who = by->who, .via = by->via, .what = "disputed",
		.object = id, .detail = note,
	};
	g_autoptr(GError) fault = NULL;
	g_autoptr(Submission) one = NULL;
	bool is_found;

	if ((wrong & 1 << DISPUTE_RESULT) && !is_kept(site, id))
		return fail(error, id, "it is not kept any more and cannot "
			    "be analysed again; submit it anew");
	is_found = submissions_change(site->submitted, id, dispute_it,
				      &disputing, &fault);
	if (fault) {
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (!is_found)
		return fail(error, id, "there is no such submission");
	if (disputing.why_not)
		return fail(error, id, disputing.why_not);
	one = submissions_read(site->submitted, id, error);
	if (!one)
		return false;
	deed.tenant = one->tenant;
	deed.rcpt = one->rcpt;
	return trail_add(site->trail, &deed, error);
}
