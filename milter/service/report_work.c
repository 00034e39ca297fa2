/*
 * report_work.c -- a report, worked off: read, matched, listed, answered
 *
 *	octets in reports/kept	row	answer	after a crash here
 *	no			no	no	it is worked off again
 *	yes			no	no	... and has other octets; these go
 *						with a sweep
 *	yes			yes	no	... and the row is there already
 *	yes			yes	yes	the answer comes twice
 *
 * Answers go to the reporter alone, when he is verified: never to an address
 * that stands in what he sent.
 */
#include "gatepost/service/report_work.h"

#include <string.h>
#include <unistd.h>

#include "gatepost/bounds.h"
#include "gatepost/lists/users.h"
#include "gatepost/model/address.h"
#include "gatepost/model/submission.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/alert.h"
#include "gatepost/service/courier.h"
#include "gatepost/service/drill.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/provisional.h"
#include "gatepost/service/smtp.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/digest.h"
#include "gatepost/util/file.h"
#include "gatepost/util/ids.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* us from a report to the look into the ledger. */
#define LEDGER_DELAY (3 * CLOCK_SECOND / 10)

/* One report on its way. */
struct working {
	struct report_worker *worker;
	const Incoming *one;
	const Tenant *tenant;
	Answer *answer;
	int language;
	/* What the answer speaks of. */
	guint drills, unread, blocked, reports;
	GString *items;		/* lines on each message */
	GString *blocks;	/* what became of the sender, sentences */
};

/* ---- reading ---- */

/* The whole is what is reported: no worker could read it. */
static bool
take_whole(struct working *working, int fd, gsize size, GError **error)
{
	g_autofree char *octets = file_get_fd(fd, size, error);
	Reported *all;

	if (!octets)
		return false;
	all = fields_new(&reported_fields);
	all->size = (gint64)size;
	all->sha256 = digest_of(octets, size);
	g_byte_array_set_size(working->answer->octets, 0);
	g_byte_array_append(working->answer->octets, (guint8 *)octets,
			    (guint)size);
	g_ptr_array_add(working->answer->reported, all);
	return true;
}

/* Are these ranges of what came back? */
static bool
is_whole(const Answer *answer)
{
	for (guint i = 0; i < answer->reported->len; i++) {
		const Reported *one = answer->reported->pdata[i];

		if (one->offset < 0 || one->size < 0 || !one->sha256 ||
		    one->offset > answer->octets->len ||
		    one->size > answer->octets->len - one->offset)
			return false;
	}
	return true;
}

static bool
read_report(struct working *working, int fd, gsize size, GError **error)
{
	struct report_worker *worker = working->worker;
	Request *request = fields_new(&request_fields);
	g_autoptr(GError) fault = NULL;
	enum ask_result result;

	request->kind = REQUEST_REPORT;
	request->size = (gint64)size;
	request->is_bare = working->one->is_bare;
	result = worker->ask(worker, fd, size, request, working->answer,
			     &fault);
	fields_free(&request_fields, request);
	if (result == ASK_DONE && is_whole(working->answer))
		return true;
	/* What is not read in a day never will be. */
	if (result == ASK_DONE || result == ASK_DIED ||
	    working->one->at + CLOCK_DAY < clock_now()) {
		GByteArray *octets = working->answer->octets;

		fields_clear(&answer_fields, working->answer);
		fields_init(&answer_fields, working->answer);
		working->answer->octets = octets;
		return take_whole(working, fd, size, error);
	}
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}

/* ---- drills ---- */

/* The campaign, when REPORTED is a drill of ours for this reporter; yours. */
static char *
campaign_of(struct working *working, const Reported *reported)
{
	const Incoming *one = working->one;
	char *found = NULL;

	for (guint i = 0; one->is_verified && !found &&
	     i < reported->drills->len; i++) {
		const char *value = reported->drills->pdata[i];

		for (guint j = 0; !found && j < one->mailboxes->len; j++) {
			g_autoptr(GError) error = NULL;

			found = drill_campaign(working->tenant,
					       one->mailboxes->pdata[j],
					       value, one->at, &error);
			if (error)
				log_error(one->message, "drill-unsure "
					  "reason=\"%s\"", error->message);
		}
		if (!found && one->reply)
			found = drill_campaign(working->tenant, one->reply,
					       value, one->at, NULL);
	}
	return found;
}

/* ---- rows ---- */

/* The id of message NUMBER of the report ID: always the same, and no other's. */
static char *
id_of(const char *id, guint number)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	g_autofree char *text = g_strdup_printf("%s %u", id, number);
	g_autofree char *sum = digest_of(text, strlen(text));
	char *out = g_strdup(id);

	for (guint i = 10; number > 0 && out[i]; i++)
		out[i] = digits[(g_ascii_xdigit_value(sum[2 * i]) * 16 +
				 g_ascii_xdigit_value(sum[2 * i + 1])) % 32];
	return out;
}

/* What is said of the message: by the ledger where it knows it, else by the
 * report. */
static void
describe(Report *row, const Reported *reported, const Match *match)
{
	const Facts *facts = match->facts;
	const char *from = facts ? facts->from : reported->from;
	const char *sender = facts ? match->sender : NULL;

	row->message = g_strdup(match->id);
	row->group = g_strdup(match->id ? match->id : reported->sha256);
	row->sha256 = g_strdup(reported->sha256);
	row->sender = sender ? g_strdup(sender) : reported->envelope ?
	    address_loose(reported->envelope) : NULL;
	row->from = g_strdup(from);
	row->from_domain = g_strdup(from ? address_domain(from) : NULL);
	row->subject = g_strdup(facts ? facts->subject : reported->subject);
	row->message_id = g_strdup(facts ? facts->message_id :
				   reported->message_id);
	row->client = g_strdup(match->client);
}

static Report *
row_of(struct working *working, const Reported *reported, const Match *match,
       guint number)
{
	const Incoming *one = working->one;
	Report *row = fields_new(&report_fields);

	row->id = id_of(one->id, number);
	/* To the millisecond, by which two on one day differ. */
	row->at = row->last = id_time(one->id);
	row->tenant = g_strdup(one->tenant);
	row->reporter = g_strdup(one->reporter);
	row->mailbox = g_strdup(one->mailbox);
	row->reply = one->is_verified ? g_strdup(one->reply) : NULL;
	row->is_verified = one->is_verified;
	row->reason = one->reason == REPORT_BLOCK ? REPORT_JUNK :
	    one->reason;
	row->via = g_strdup(one->via);
	row->form = reported->form;
	describe(row, reported, match);
	row->drill = campaign_of(working, reported);
	if (row->drill) {
		row->state = REPORT_DRILL;
		row->result = g_strdup(
		    submission_results[RESULT_DRILL]);
	} else if (one->is_listed) {
		row->result = g_strdup(
		    submission_results[RESULT_NOT_SUBMITTED]);
	}
	return row;
}

/* Is there room for ROW's octets? */
static bool
has_room(struct working *working, const Report *row, bool *has,
	 GError **error)
{
	gint64 quota = working->tenant->reports.quota;
	gint64 octets;

	if (!row->is_verified)
		quota = quota / BOUND_UNVERIFIED_SHARE;
	*has = true;
	if (working->tenant->reports.quota == 0)
		return true;
	if (!reports_octets(working->worker->site->reports, row->tenant,
			    row->is_verified, &octets, error))
		return false;
	*has = octets + row->size <= quota;
	if (!*has)
		log_error(working->one->message, "report-quota tenant=%s "
			  "report=%s note=\"its octets are not kept\" do="
			  "\"see reports.quota\"", row->tenant, row->id);
	return true;
}

/* Keep the octets, once for all that report the same.  Sets `item`. */
static bool
keep_octets(struct working *working, const Reported *reported, Report *row,
	    GError **error)
{
	Site *site = working->worker->site;
	g_autoptr(GString) json = g_string_new("{");
	char id[ID_TEXT];
	bool has, good;
	int fd;

	g_free(row->item);
	row->item = reports_item(site->reports, row, error);
	if (!row->item)
		return false;
	if (*row->item)
		return true;
	row->size = reported->size;
	if (!has_room(working, row, &has, error))
		return false;
	if (!has) {
		row->size = 0;
		return true;
	}
	fd = file_memory(working->answer->octets->data + reported->offset,
			 (gsize)reported->size, error);
	id_new(id);
	json_put(json, "id", id);
	json_put(json, "tenant", row->tenant);
	json_put(json, "sha256", row->sha256);
	g_string_append(json, "}\n");
	good = fd >= 0 && box_put(site->reports_box, "kept", id, fd,
				  (gsize)reported->size, json->str, error);
	if (fd >= 0)
		close(fd);
	g_free(row->item);
	row->item = g_strdup(id);
	return good;
}

static void
log_row(const struct working *working, const Report *row)
{
	g_autofree char *by = text_value(row->reporter);
	g_autofree char *from = text_value(row->from);

	log_info(working->one->message, "report id=%s tenant=%s by=%s "
		 "verified=%s reason=%s form=%s message=%s from=%s%s%s",
		 row->id, row->tenant, by, row->is_verified ? "yes" : "no",
		 report_reasons[row->reason], report_forms[row->form],
		 row->message ? row->message : "-", from,
		 row->drill ? " drill=" : "", row->drill ? row->drill : "");
}

static void
tell_admins(const struct working *working, const Report *row)
{
	static const enum alert_kind kinds[] = {
		[REPORT_NONE] = ALERT_REPORTED_PHISH,
		[REPORT_PHISH] = ALERT_REPORTED_PHISH,
		[REPORT_JUNK] = ALERT_REPORTED_JUNK,
		[REPORT_NOT_JUNK] = ALERT_REPORTED_CLEAN,
	};
	g_autofree char *by = letter_plain(row->reporter, 200);
	g_autofree char *from = letter_plain(row->from, 200);
	g_autofree char *subject = letter_plain(row->subject, 200);
	g_autofree char *title = g_strdup_printf("Reported as %s by a user",
	    report_reasons[row->reason]);
	g_autofree char *text = g_strdup_printf("  Reporter %s\n  From     %s"
	    "\n  Subject  %s\n  gatepost report show %s\n", by, from,
	    subject, row->id);

	alert(working->worker->site, working->worker->config,
	      working->tenant, kinds[row->reason], title, text);
}

static bool
add_row(struct working *working, const Reported *reported, Report *row,
	GError **error)
{
	Site *site = working->worker->site;

	/* A drill leaves nothing behind but that it was seen through. */
	if ((!row->drill && !keep_octets(working, reported, row, error)) ||
	    !reports_add(site->reports, row, error))
		return false;
	if (row->message && row->is_verified && !row->drill) {
		g_autofree char *what = g_strconcat("reported-",
		    report_reasons[row->reason], NULL);

		ledger_event(site->ledger, row->message, row->reporter, what,
			     row->reporter, NULL);
	}
	log_row(working, row);
	if (row->drill || !row->is_verified)
		return true;
	tell_admins(working, row);
	provisional_look(site, working->worker->config, working->tenant, row);
	return true;
}

/* ---- block@ ---- */

static void
say_block(struct working *working, const char *text)
{
	g_string_append(working->blocks, phrase(working->language, text));
}

/* Put the sender of MATCH on the reporter's list; *IS_DONE unless that cannot
 * be, which is said. */
static bool
block(struct working *working, const Match *match, bool *is_done,
      GError **error)
{
	Site *site = working->worker->site;
	const Incoming *one = working->one;
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)user_entry_free);
	g_autoptr(GArray) done = g_array_new(FALSE, FALSE,
					     sizeof(enum users_deed));
	g_autofree char *value = NULL, *shown = NULL, *said = NULL;
	struct deed deed = {
		.who = one->reporter, .via = VIA_MAIL, .what = "blocked",
		.object = match->id, .tenant = one->tenant,
		.rcpt = one->mailbox,
	};
	UserEntry *entry;

	*is_done = false;
	if (!match->id)
		say_block(working, PHRASE("The sender was not blocked: no "
		    "message like this one was delivered to you.  It was "
		    "reported as junk instead.\n"));
	else if (!auth_is_aligned(match->facts))
		say_block(working, PHRASE("The sender was not blocked: it is "
		    "not proven who sent this message, and an address that "
		    "anybody could have written would be the wrong one.  It "
		    "was reported as junk instead.\n"));
	else if (!one->mailbox)
		say_block(working, PHRASE("The sender was not blocked: your "
		    "address is one of several people.  The message was "
		    "reported as junk instead.\n"));
	else
		value = user_value_normal(USER_BLOCK, match->facts->from,
					  NULL);
	if (!value)
		return true;
	entry = user_entry_new(USER_BLOCK, value);
	entry->added = clock_now();
	entry->how = g_strdup("mail");
	entry->by = g_strdup(one->reporter);
	entry->action = -1;
	g_ptr_array_add(entries, entry);
	deed.detail = value;
	if (!users_add(site->users, one->tenant, one->mailbox, entries, done,
		       error) || !trail_add(site->trail, &deed, error))
		return false;
	shown = letter_plain(value, 200);
	said = phrase_with(working->language, PHRASE("%1 is on your list of "
	    "blocked senders now.\n"), shown);
	g_string_append(working->blocks, said);
	*is_done = true;
	return true;
}

/* ---- one message ---- */

static void
count(struct working *working, const Report *row, bool is_blocked)
{
	letter_add_line(working->items, working->language, PHRASE("From:"),
			row->from);
	letter_add_line(working->items, working->language,
			PHRASE("Subject:"), row->subject);
	g_string_append_c(working->items, '\n');
	if (row->drill)
		working->drills++;
	else if (row->form == FORM_NONE || row->form == FORM_OUTLOOK)
		working->unread++;
	else if (is_blocked)
		working->blocked++;
	else
		working->reports++;
}

static bool
work_on(struct working *working, const Reported *reported, guint number,
	GError **error)
{
	const Incoming *one = working->one;
	Match match = { .id = NULL };
	g_autoptr(Report) row = NULL;
	bool good = !one->is_verified ||
	    report_match(working->worker->site, one->tenant, one->mailboxes,
			 reported, one->held, &match, error);
	bool is_blocked = false;

	if (good) {
		row = row_of(working, reported, &match, number);
		if (one->reason == REPORT_BLOCK && one->is_verified &&
		    !row->drill && reported->form != FORM_NONE &&
		    reported->form != FORM_OUTLOOK)
			good = block(working, &match, &is_blocked, error);
	}
	if (good && !is_blocked)
		good = add_row(working, reported, row, error);
	if (good)
		count(working, row, is_blocked);
	match_clear(&match);
	return good;
}

/* ---- the answer ---- */

/* What is said, and in *SUBJECT what it is about; "": nothing. */
static GString *
answer_text(struct working *working, const char **subject)
{
	GString *out = g_string_new(working->blocks->str);
	int language = working->language;

	*subject = PHRASE("Your report");
	if (working->drills) {
		*subject = PHRASE("Well spotted");
		g_string_append(out, phrase(language, PHRASE("Thank you.  "
		    "This message was an exercise of your own organisation, "
		    "and you did the right thing: you reported it.\n")));
	}
	if (working->unread)
		g_string_append(out, phrase(language, PHRASE("We kept what "
		    "you sent, but could not find the message in it that you "
		    "wanted to report.  Please forward that message as an "
		    "attachment: in Outlook by More > Forward as attachment "
		    "(Ctrl+Alt+F), in Thunderbird by Message > Forward As > "
		    "Attachment, in Gmail by More > Forward as attachment, in "
		    "Apple Mail by Message > Forward as Attachment.\n")));
	/* Who only moved it to a folder expects no mail. */
	if (working->reports && working->tenant->reports.acknowledge &&
	    !working->one->is_bare)
		g_string_append(out, phrase(language, PHRASE("Thank you.  "
		    "Your report has arrived and will be looked at.\n")));
	/* Whether he hears of those that were taken or not. */
	if (working->answer->is_more)
		g_string_append(out, phrase(language, PHRASE("Not all of the "
		    "messages that you attached could be taken: please send "
		    "fewer at once.\n")));
	if (out->len)
		g_string_append_printf(out, "\n%s", working->items->str);
	return out;
}

/* The log says it as well: not everybody can be answered. */
static void
log_more(const struct working *working)
{
	g_autofree char *by = text_value(working->one->reporter);

	if (working->answer->is_more)
		log_warning(working->one->message, "report-incomplete "
			    "tenant=%s by=%s note=\"of what was attached only "
			    "%u messages are taken\"", working->one->tenant,
			    by, working->answer->reported->len);
}

static bool
answer(struct working *working, GError **error)
{
	const Incoming *one = working->one;
	const char *subject;
	g_autoptr(GString) text = answer_text(working, &subject);
	g_autoptr(GString) mail = NULL;
	const struct letter letter = {
		.tenant = working->tenant, .to = one->reply,
		.subject = phrase(working->language, subject),
		.text = text->str,
	};

	if (!one->is_verified || !one->reply || text->len == 0 ||
	    !smtp_is_safe(one->reply))
		return true;
	mail = letter_make(&letter, clock_now());
	return working->worker->tell(working->worker, one->reply, mail,
				     error);
}

/* ---- all of it ---- */

static bool
language_of(struct working *working, GError **error)
{
	struct choice choice = { -1, -1, 0 };
	const char *user = working->one->mailbox;

	if (user && !choices_get(working->worker->site->choices,
				 working->one->tenant, user, &choice, error))
		return false;
	working->language = choice.language >= 0 ? choice.language :
	    working->tenant->language;
	return true;
}

bool
report_work(struct report_worker *worker, const Incoming *one, int fd,
	    gsize size, guint *count, GError **error)
{
	struct working working = {
		.worker = worker, .one = one,
		.tenant = one->tenant ? config_tenant(worker->config,
						      one->tenant) : NULL,
		.answer = fields_new(&answer_fields),
		.items = g_string_new(NULL), .blocks = g_string_new(NULL),
	};
	g_autoptr(GByteArray) octets = g_byte_array_new();
	bool good = true;

	working.answer->octets = octets;
	/* A tenant that is gone has no users any more. */
	if (working.tenant) {
		good = language_of(&working, error) &&
		    read_report(&working, fd, size, error);
		for (guint i = 0; good && i < MIN(
		     working.answer->reported->len, BOUND_REPORTED); i++)
			good = work_on(&working,
				       working.answer->reported->pdata[i], i,
				       error);
		log_more(&working);
		good = good && answer(&working, error);
	}
	*count = working.answer->reported->len;
	fields_free(&answer_fields, working.answer);
	g_string_free(working.items, TRUE);
	g_string_free(working.blocks, TRUE);
	return good;
}

/* ---- by the clerk ---- */

static enum ask_result
ask_pool(struct report_worker *worker, int fd, gsize size,
	 const Request *request, Answer *answer, GError **error)
{
	struct pipeline *line = worker->data;
	g_autoptr(Message) message = message_new(worker->config);
	enum ask_result result;

	message->fd = fd;
	message->size = size;
	result = line->ask(line, message, request, answer, error);
	message->fd = -1;	/* it is the caller's */
	return result;
}

static bool
tell_by_outbox(struct report_worker *worker, const char *to,
	       const GString *mail, GError **error)
{
	struct pipeline *line = worker->data;
	char id[ID_TEXT];

	id_new(id);
	return courier_post(line->site, line->courier, id, to, mail, error);
}

/* The ledger is written a moment after the mail, and what a program reports
 * may come right behind it. */
static void
await_ledger(const char *id)
{
	gint64 left = id_time(id) + LEDGER_DELAY - clock_now();

	if (left > 0)
		g_usleep((gulong)MIN(left, LEDGER_DELAY));
}

bool
report_run(struct pipeline *line, Setup *setup, const char *id,
	   GError **error)
{
	struct report_worker worker = { line->site, setup->config, ask_pool,
					tell_by_outbox, line };
	Box *box = line->site->reports_box;
	g_autofree char *text = box_json(box, "new", id, error);
	g_autoptr(Json) json = text ? json_parse(text, strlen(text), error) :
	    NULL;
	Incoming *one;
	gsize size = 0;
	guint count;
	bool good;
	int fd;

	if (!json)
		return false;
	await_ledger(id);
	one = fields_new(&incoming_fields);
	fields_from_json(&incoming_fields, one, json);
	fd = box_octets(box, "new", id, &size, error);
	good = fd >= 0 && report_work(&worker, one, fd, size, &count, error) &&
	    box_remove(box, "new", id, error);
	if (fd >= 0)
		close(fd);
	fields_free(&incoming_fields, one);
	return good;
}
