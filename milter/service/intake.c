/*
 * intake.c -- reports of users, in the mail path
 *
 *	reports/new/ID.*	MTA answered	after a crash here
 *	no			no		it comes again
 *	yes			no		it comes again: the same report
 *						twice is one
 *	yes			yes		the next clerk runs it
 */
#include "gatepost/service/intake.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"
#include "gatepost/service/clerk.h"
#include "gatepost/service/courier.h"
#include "gatepost/service/sender.h"
#include "gatepost/service/smtp.h"
#include "gatepost/service/waiting.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

/* Why there is no room, for the log. */
#define FULL "the reports that wait take what reports.quota allows"

static const struct field incoming_rows[] = {
	FIELD(Incoming, id, FIELD_TEXT),
	FIELD(Incoming, at, FIELD_TIME),
	FIELD(Incoming, message, FIELD_TEXT),
	FIELD(Incoming, tenant, FIELD_TEXT),
	FIELD(Incoming, is_verified, FIELD_BOOL),
	FIELD(Incoming, reporter, FIELD_TEXT),
	FIELD(Incoming, mailboxes, FIELD_TEXTS),
	FIELD(Incoming, mailbox, FIELD_TEXT),
	FIELD(Incoming, reply, FIELD_TEXT),
	FIELD_WORDS(Incoming, reason, report_reasons),
	FIELD(Incoming, held, FIELD_TEXT),
	FIELD(Incoming, is_bare, FIELD_BOOL),
	FIELD(Incoming, is_listed, FIELD_BOOL),
	FIELD(Incoming, via, FIELD_TEXT),
	FIELD_LOCAL(Incoming, why, FIELD_TEXT),
};
const struct fields incoming_fields = FIELDS(Incoming, incoming_rows);

void
intake_free(Intake *all)
{
	for (guint i = 0; all && i < all->len; i++)
		fields_free(&incoming_fields, all->pdata[i]);
	if (all)
		g_ptr_array_free(all, TRUE);
}

/* ---- who reports ---- */

/* ROUTE is the sender's. */
static void
verify(Incoming *one, const Message *message, const Facts *facts,
       const Recipient *recipient, const Route *route,
       const struct map_wait *wait)
{
	const char *first = route->mailboxes->pdata[0];
	bool is_one = route->mailboxes->len == 1 && !route->is_more;

	one->is_verified = true;
	for (guint i = 0; i < route->mailboxes->len; i++)
		g_ptr_array_add(one->mailboxes,
				g_strdup(route->mailboxes->pdata[i]));
	g_free(one->reporter);
	if (is_one) {
		one->mailbox = g_strdup(first);
		one->reporter = g_strdup(first);
		one->reply = sender_reply(message, facts, recipient->tenant,
					  first, wait);
		return;
	}
	/* Who of several it was nobody knows: all of them are. */
	one->reporter = message->client.login ?
	    address_normal(message->client.login) : g_strdup(facts->from);
	if (!one->reporter || config_tenant_of(message->config,
	    address_domain(one->reporter)) != recipient->tenant) {
		g_free(one->reporter);
		one->reporter = g_strdup(first);
	}
	one->reply = g_strdup(one->reporter);
}

/* Who sends MESSAGE to RECIPIENT, to ONE. */
static bool
look_one(struct pipeline *line, Message *message, const Facts *facts,
	 Recipient *recipient, Incoming *one, GError **error)
{
	struct map_wait wait = {
		line->wait, message->config,
		clock_steady_ms() + recipient->tenant->users.timeout,
	};
	const char *why = sender_is_program(message, facts);
	g_autoptr(Route) route = NULL;

	if (why) {
		one->why = g_strdup(why);
		recipient->reporter = REPORTER_PROGRAM;
		return true;
	}
	if (message->routes)
		route = sender_route(message, facts, recipient->tenant, &wait,
				     &why);
	if (route && route->unsure && !route->is_unknown) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
			    "it is not known who reports: %s", route->unsure);
		return false;
	}
	if (!route || route->unsure || route->mailboxes->len == 0)
		return true;
	recipient->reporter = REPORTER_VERIFIED;
	verify(one, message, facts, recipient, route, &wait);
	return true;
}

static Incoming *
incoming_of(const Message *message, const Facts *facts,
	    const Recipient *recipient, guint number)
{
	Incoming *one = fields_new(&incoming_fields);
	char id[ID_TEXT];

	id_new(id);
	one->id = g_strdup(id);
	one->at = clock_now();
	one->message = g_strdup(message->tag);
	one->tenant = g_strdup(recipient->tenant->name);
	one->reporter = g_strdup(facts->from ? facts->from :
				 message->sender);
	one->reason = recipient->report == REPORT_ANY ?
	    (int)report_reason_of(facts->subject) : recipient->report;
	one->is_listed = recipient->tenant->reports.destination ==
	    DESTINATION_MAILBOX;
	one->via = g_strdup("mail");
	one->number = number;
	return one;
}

bool
intake_look(struct pipeline *line, Message *message, const Facts *facts,
	    Intake **all, GError **error)
{
	*all = NULL;
	for (guint i = 0; i < message->recipients->len; i++) {
		Recipient *recipient = message->recipients->pdata[i];
		Incoming *one;

		if (recipient->report == REPORT_NONE)
			continue;
		if (!*all)
			*all = g_ptr_array_new();
		one = incoming_of(message, facts, recipient, i);
		g_ptr_array_add(*all, one);
		if (!look_one(line, message, facts, recipient, one, error)) {
			intake_free(g_steal_pointer(all));
			return false;
		}
	}
	return true;
}

/* ---- what is kept ---- */

static bool
drop(struct pipeline *line, const Message *message, const Incoming *one,
     const char *word, const char *why)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *from = text_value(one->reporter);

	log_info(message->tag, "report-dropped tenant=%s from=%s reason=\"%s\"",
		 one->tenant, from, why);
	if (!reports_drop(line->site->reports, one->tenant, word, clock_now(),
			  &error))
		log_warning(message->tag, "report-uncounted reason=\"%s\"",
			    error->message);
	return true;
}

/* Is there room for one more of him within the hour? */
static bool
meter(struct pipeline *line, const Message *message, const Incoming *one,
      const Tenant *tenant, struct mta *mta, GError **error)
{
	const struct reports_meter meter = {
		.tenant = one->tenant, .who = one->reporter,
		.is_verified = one->is_verified,
		.most = tenant->reports.hourly,
		.most_all = tenant->reports.hourly_all, .now = clock_now(),
	};
	bool is_over;

	if (!reports_meter(line->site->reports, &meter, &is_over, error))
		return false;
	if (!is_over)
		return true;
	mta->deeds->set_reply(mta, "452", "4.7.1", "Too many reports within "
			      "the hour, try again later");
	drop(line, message, one, "quota", "too many within the hour");
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
		    "too many reports of %s, or of all, within the hour",
		    one->is_verified ? one->reporter : "strangers");
	return false;
}

/* A copy goes to the mailbox of those who deal with reports, when that is
 * another than RECIPIENT's. */
static bool
hand_on(struct pipeline *line, Message *message, const Recipient *recipient,
	GError **error)
{
	const Tenant *tenant = recipient->tenant;
	Outgoing *item;
	OutgoingRcpt *rcpt;
	char id[ID_TEXT];
	bool good;

	if (tenant->reports.destination == DESTINATION_ANALYSTS ||
	    !tenant->reports.mailbox ||
	    strcmp(tenant->reports.mailbox, recipient->address) == 0)
		return true;
	id_new(id);
	item = fields_new(&outgoing_fields);
	item->id = g_strdup(id);
	item->message = g_strdup(message->id);
	item->at = clock_now();
	item->sender = smtp_address(message->sender_given, message->sender);
	rcpt = fields_new(&outgoing_rcpt_fields);
	rcpt->rcpt = g_strdup(tenant->reports.mailbox);
	rcpt->address = g_strdup(tenant->reports.mailbox);
	rcpt->options = g_strdup("NOTIFY=NEVER");
	g_ptr_array_add(item->rcpts, rcpt);
	good = message_fd(message, error) >= 0 &&
	    outbox_put(line->site->outbox, item, message->fd, message->size,
		       error);
	fields_free(&outgoing_fields, item);
	if (good && line->courier)
		courier_go(line->courier, id);
	return good;
}

/* Is there room for SIZE octets of ONE, of a tenant that is still there? */
static bool
has_room(struct pipeline *line, const Incoming *one, const Tenant *tenant,
	 gsize size)
{
	Waiting *waiting = clerk_waiting(line->clerk);

	return !waiting || waiting_take(waiting, one, size,
					tenant->reports.quota);
}

static bool
put(struct pipeline *line, const Incoming *one, int fd, gsize size,
    GError **error)
{
	g_autoptr(GString) json = g_string_new(NULL);

	fields_json(&incoming_fields, one, true, json);
	if (box_put(line->site->reports_box, "new", one->id, fd, size,
		    json->str, error))
		return true;
	if (line->clerk)
		waiting_drop(clerk_waiting(line->clerk), one->id);
	return false;
}

bool
intake_put(struct pipeline *line, const Tenant *tenant, const Incoming *one,
	   int fd, gsize size, GError **error)
{
	if (has_room(line, one, tenant, size))
		return put(line, one, fd, size, error);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, FULL);
	return false;
}

void
intake_count(Site *site, Waiting *waiting)
{
	g_autoptr(GPtrArray) ids = box_list(site->reports_box, "new");

	for (guint i = 0; i < ids->len; i++) {
		const char *id = ids->pdata[i];
		g_autofree char *text = box_json(site->reports_box, "new",
						 id, NULL);
		g_autoptr(Json) json = text ? json_parse(text, strlen(text),
							 NULL) : NULL;
		gsize size = 0;
		int fd = json ? box_octets(site->reports_box, "new", id,
					   &size, NULL) : -1;
		Incoming *one;

		/* The clerk says what is wrong with it. */
		if (fd < 0)
			continue;
		close(fd);
		one = fields_new(&incoming_fields);
		fields_from_json(&incoming_fields, one, json);
		if (one->id)
			waiting_know(waiting, one, size);
		fields_free(&incoming_fields, one);
	}
}

/* The quotas, and on disk; whoever is beyond them hears what to do. */
static bool
keep_one(struct pipeline *line, Message *message, const Incoming *one,
	 const Tenant *tenant, struct mta *mta, GError **error)
{
	int fd;

	if (!has_room(line, one, tenant, message->size)) {
		mta->deeds->set_reply(mta, "452", "4.3.1", "Reports that came "
		    "before are still being worked off, send this one again "
		    "later");
		drop(line, message, one, "waiting", FULL);
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, FULL);
		return false;
	}
	fd = meter(line, message, one, tenant, mta, error) ?
	    message_fd(message, error) : -1;
	if (fd >= 0)
		return put(line, one, fd, message->size, error);
	if (line->clerk)
		waiting_drop(clerk_waiting(line->clerk), one->id);
	return false;
}

static bool
take(struct pipeline *line, Message *message, const Recipient *recipient,
     const Incoming *one, struct mta *mta, GError **error)
{
	if (one->why)
		return drop(line, message, one, "program", one->why);
	if (message->size > BOUND_MESSAGE)
		return drop(line, message, one, "large", "it is larger than "
			    "any report");
	return keep_one(line, message, one, recipient->tenant, mta, error) &&
	    hand_on(line, message, recipient, error);
}

bool
intake_take(struct pipeline *line, Message *message,
	    const GPtrArray *decisions, const Intake *all,
	    struct mta *mta, GError **error)
{
	for (guint i = 0; all && i < all->len; i++) {
		const Incoming *one = all->pdata[i];
		const Decision *decision = decisions->pdata[one->number];

		if (!judge_is_report(decision))
			continue;
		if (!take(line, message,
			  message->recipients->pdata[one->number], one, mta,
			  error))
			return false;
	}
	if (all)
		clerk_wake(line->clerk);
	return true;
}
