/*
 * triage.c -- what an admin does with reported messages
 *
 * A mark is feedback: it changes no verdict and no list.  It is written
 * first and told then; a failure between tells some twice when it is done
 * again, and nobody never.
 */
#include "gatepost/service/triage.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/model/decision.h"
#include "gatepost/service/courier.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/provisional.h"
#include "gatepost/service/reading.h"
#include "gatepost/service/smtp.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/ids.h"

/* ---- telling ---- */

static const char *
own_text(const Tenant *tenant, enum report_mark mark)
{
	switch (mark) {
	case MARK_PHISH:
		return tenant->reports.text_phish;
	case MARK_SPAM:
		return tenant->reports.text_spam;
	case MARK_CLEAN:
		return tenant->reports.text_clean;
	case MARK_NONE:
		break;
	}
	return NULL;
}

static const char *
our_text(enum report_mark mark)
{
	switch (mark) {
	case MARK_PHISH:
		return PHRASE("Thank you.  The message that you reported was "
			      "phishing: it tried to deceive you.  If you "
			      "followed a link in it, opened a file or "
			      "answered it, tell your help desk now.\n");
	case MARK_SPAM:
		return PHRASE("Thank you.  The message that you reported was "
			      "unwanted, but not dangerous.  You can delete "
			      "it.\n");
	case MARK_CLEAN:
		return PHRASE("Thank you.  The message that you reported was "
			      "looked at, and no threat was found in it.\n");
	case MARK_NONE:
		break;
	}
	return "";
}

static const char *
subject_of(enum report_mark mark)
{
	switch (mark) {
	case MARK_PHISH:
		return PHRASE("Your report: it was phishing");
	case MARK_SPAM:
		return PHRASE("Your report: it was spam");
	case MARK_CLEAN:
		return PHRASE("Your report: no threat was found");
	case MARK_NONE:
		break;
	}
	return "";
}

static int
language_of(Site *site, const Tenant *tenant, const Report *row)
{
	struct choice choice = { -1, -1, 0 };

	if (*row->mailbox)
		choices_get(site->choices, tenant->name, row->mailbox,
			    &choice, NULL);
	return choice.language >= 0 ? choice.language : tenant->language;
}

static bool
tell_one(Site *site, const Config *config, const Tenant *tenant,
	 const Report *row, enum report_mark mark, GError **error)
{
	int language = language_of(site, tenant, row);
	const char *own = own_text(tenant, mark);
	g_autoptr(GString) text = g_string_new(own ? own :
					       phrase(language,
						      our_text(mark)));
	const struct letter letter = {
		.tenant = tenant, .to = row->reply,
		.subject = phrase(language, subject_of(mark)),
	};
	struct letter whole = letter;
	g_autoptr(GString) mail = NULL;

	g_string_append(text, own ? "\n\n" : "\n");
	letter_add_line(text, language, PHRASE("From:"), row->from);
	letter_add_line(text, language, PHRASE("Subject:"), row->subject);
	if (tenant->reports.footer)
		g_string_append_printf(text, "\n%s\n",
				       tenant->reports.footer);
	whole.text = text->str;
	mail = letter_make(&whole, clock_now());
	return courier_send(site, config, row->id, row->reply, mail, error);
}

/* Letters that fail in a row, after which it is the MTA that is away. */
#define FAILURES_MOST 3

/* Each address once, however often he reported it.  One whom the MTA does not
 * take keeps nothing from the others. */
static bool
tell_all(Site *site, const Config *config, const Tenant *tenant,
	 const GPtrArray *rows, enum report_mark mark, guint *told,
	 GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash,
						      g_str_equal);
	g_autoptr(GError) first = NULL;
	guint failures = 0;

	for (guint i = 0; i < rows->len && failures < FAILURES_MOST; i++) {
		const Report *row = rows->pdata[i];
		g_autoptr(GError) fault = NULL;

		if (!row->is_verified || !*row->reply || *row->drill ||
		    !smtp_is_safe(row->reply) ||
		    !g_hash_table_add(seen, row->reply))
			continue;
		if (tell_one(site, config, tenant, row, mark, &fault)) {
			(*told)++;
			failures = 0;
			continue;
		}
		failures++;
		if (!first)
			g_set_error(&first, fault->domain, fault->code,
				    "%s: %s", row->reply, fault->message);
	}
	if (!first)
		return true;
	g_propagate_error(error, g_steal_pointer(&first));
	return false;
}

bool
triage_mark(Site *site, const Config *config, const GPtrArray *rows,
	    enum report_mark mark, const struct doer *by, const char *note,
	    bool is_told, guint *told, GError **error)
{
	const Report *first = rows->pdata[0];
	const Tenant *tenant = config_tenant(config, first->tenant);
	g_autofree char *what = g_strconcat("marked-", report_marks[mark],
					    NULL);
	const struct deed deed = {
		.who = by->who, .via = by->via, .what = what,
		.object = first->id, .tenant = first->tenant, .detail = note,
	};

	*told = 0;
	if (!reports_mark(site->reports, first, mark, by->who, note,
			  clock_now(), error) ||
	    !trail_add(site->trail, &deed, error) ||
	    (tenant && !provisional_settle(site, config, tenant, first,
					   mark != MARK_CLEAN, by, error)))
		return false;
	return !is_told || !tenant ||
	    tell_all(site, config, tenant, rows, mark, told, error);
}

/* ---- to the analysts ---- */

/* As what: the mark is an admin's word, a reason the users'. */
static enum submitted_as
as_of(const GPtrArray *rows)
{
	const Report *first = rows->pdata[0];

	switch ((enum report_mark)first->marked) {
	case MARK_PHISH:
		return AS_PHISH;
	case MARK_SPAM:
		return AS_SPAM;
	case MARK_CLEAN:
		return AS_CLEAN;
	case MARK_NONE:
		break;
	}
	for (guint i = 0; i < rows->len; i++)
		if (((const Report *)rows->pdata[i])->reason == REPORT_PHISH)
			return AS_PHISH;
	return first->reason == REPORT_NOT_JUNK ? AS_CLEAN : AS_SPAM;
}

static bool
fail(GError **error, const char *text)
{
	g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, text);
	return false;
}

/* What is submitted: the delivered message, where it is known which one that
 * was, else what was reported, read by a worker. */
static bool
fill(struct submit *what, const Report *first, const Json *decision,
     Facts **facts, GError **error)
{
	if (decision) {
		what->message = first->message;
		what->rcpt = json_text(json_member(decision, "rcpt"));
		return true;
	}
	if (what->fd < 0)
		return fail(error, "its octets are not kept, and the ledger "
			    "does not know it");
	if (first->form == FORM_OUTLOOK || first->form == FORM_NONE)
		return fail(error, "there is no message in the report that "
			    "analysts could read");
	*facts = reading_facts(what->fd, what->size, error);
	what->facts = *facts;
	what->rcpt = *first->mailbox ? first->mailbox : NULL;
	return *facts != NULL;
}

static Submission *
submit_rows(Site *site, const Config *config, const GPtrArray *rows,
	    struct submit *what, const struct doer *by, GPtrArray *said,
	    GError **error)
{
	const Report *first = rows->pdata[0];
	g_autoptr(Record) record = *first->message ?
	    ledger_read(site->ledger, first->message, NULL) : NULL;
	g_autoptr(Json) json = record ? json_parse(record->body,
	    strlen(record->body), NULL) : NULL;
	g_autoptr(Facts) facts = NULL;
	Submission *one = NULL;

	what->fd = *first->item ? box_octets(site->reports_box, "kept",
	    first->item, &what->size, NULL) : -1;
	if (fill(what, first, triage_decision(json, first->tenant), &facts,
		 error))
		one = submit(site, config, what, by, said, error);
	if (what->fd >= 0)
		close(what->fd);
	return one;
}

Submission *
triage_submit(Site *site, const Config *config, const GPtrArray *rows,
	      const struct triage_submit *asked, const struct doer *by,
	      GPtrArray *said, GError **error)
{
	const Report *first = rows->pdata[0];
	g_autoptr(GPtrArray) ids = g_ptr_array_new();
	struct submit what = {
		.tenant = config_tenant(config, first->tenant),
		.kind = SUBMISSION_MESSAGE, .source = "report",
		.as = asked->as >= 0 ? (enum submitted_as)asked->as :
		    as_of(rows),
		.block = asked->block, .allow = asked->allow,
		.expires = asked->expires, .note = asked->note,
		.reports = ids, .fd = -1,
	};
	g_autoptr(Submission) one = NULL;

	if (!what.tenant || *first->drill) {
		fail(error, what.tenant ? "it is a drill of ours" :
		     "its tenant is no longer in the configuration");
		return NULL;
	}
	for (guint i = 0; i < rows->len; i++)
		g_ptr_array_add(ids, ((const Report *)rows->pdata[i])->id);
	one = submit_rows(site, config, rows, &what, by, said, error);
	if (!one || !reports_submitted(site->reports, first, one->id, error))
		return NULL;
	return g_steal_pointer(&one);
}

const char *
triage_result(Site *site, const Report *row)
{
	g_autoptr(Submission) one = *row->submission ?
	    submissions_read(site->submitted, row->submission, NULL) : NULL;

	if (one)
		return submission_results[one->result];
	return *row->result ? row->result : NULL;
}

/* ---- sweep ---- */

static void
remove_item(const char *item, void *data)
{
	const Site *site = data;

	if (id_is(item))
		box_remove(site->reports_box, "kept", item, NULL);
}

bool
triage_sweep(Site *site, const Config *config, gint64 now, guint *removed,
	     GError **error)
{
	g_autoptr(GPtrArray) ids = NULL;

	*removed = 0;
	if (!reports_sweep(site->reports, now - config->keep.reports *
			   CLOCK_DAY, removed, remove_item, site, error))
		return false;
	box_sweep(site->reports_box);
	/* What a crash left without a row. */
	ids = box_list(site->reports_box, "kept");
	for (guint i = 0; i < ids->len; i++) {
		const char *id = ids->pdata[i];
		bool has;

		if (id_time(id) + BOUND_ERRAND_DAYS * CLOCK_DAY > now)
			continue;
		if (!reports_has_item(site->reports, id, &has, error))
			return false;
		if (!has)
			remove_item(id, site);
	}
	return true;
}

/* ---- the ledger ---- */

const Json *
triage_decision(const Json *record, const char *tenant)
{
	const Json *all = json_member(record, "decisions");
	const Json *found = NULL;

	for (gsize i = 0; i < json_count(all); i++) {
		const Json *one = json_element(all, i);
		const char *place = json_text(json_member(one, "place"));

		if (g_strcmp0(json_text(json_member(one, "tenant")),
			      tenant) != 0)
			continue;
		if (!found)
			found = one;
		if (g_strcmp0(place, places[PLACE_MAILBOX]) == 0)
			return one;
	}
	return found;
}
