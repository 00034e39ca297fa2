/*
 * errand_deeds.c -- each deed that a user may ask for by mail
 *
 * To add one: an enumerator in token.h, a name and a row here, its link in
 * digest_links.c.
 */
#include "gatepost/service/errand_work.h"

#include <string.h>

#include "gatepost/lists/users.h"
#include "gatepost/model/decision.h"
#include "gatepost/model/rights.h"
#include "gatepost/policy/check.h"
#include "gatepost/service/handle.h"
#include "gatepost/service/letter.h"
#include "gatepost/service/phrases.h"
#include "gatepost/service/intake.h"
#include "gatepost/store/db.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"

const char *const token_deeds[] = {
	"-", "release", "request", "delete", "preview", "not-junk", "phish",
	"allow", "block", "block-junk", "block-quarantine", "block-reject",
	"block-discard", "verdict"
};
G_STATIC_ASSERT(G_N_ELEMENTS(token_deeds) == TOKEN_DEEDS);

static bool
say(struct work *work, const char *outcome, const char *subject,
    const char *text)
{
	work->outcome = outcome;
	work->subject = subject;
	g_string_append(work->text, phrase(work->language, text));
	return true;
}

static bool
say_no_right(struct work *work)
{
	return say(work, "no-right", PHRASE("Nothing was done"), PHRASE(
	    "You may not do this with this message.  Ask your "
	    "administrators.\n"));
}

static bool
say_broken(struct work *work)
{
	return say(work, "broken", PHRASE("Nothing was done"), PHRASE(
	    "This cannot be done with this message.  Ask your "
	    "administrators.\n"));
}

/* Was the user given RIGHT to this copy? */
static bool
has(const struct work *work, enum right right)
{
	return rights_of_words(work->copy->rights) & RIGHT_BIT(right);
}

/* ---- the state of the copy ---- */

static bool
say_already(struct work *work, enum held_state is)
{
	static const char *const texts[] = {
		[HELD_HELD] = PHRASE("The message is held as before.\n"),
		[HELD_REQUESTED] = PHRASE("Your administrators have been "
		    "asked for this message already, and have not decided "
		    "yet.\n"),
		[HELD_APPROVED] = PHRASE("Your administrators have let this "
		    "message through.  It is on its way to your mailbox.\n"),
		[HELD_DENIED] = PHRASE("Your administrators have decided not "
		    "to release this message.\n"),
		[HELD_RELEASED] = PHRASE("The message has been released "
		    "already.  Look for it in your mailbox.\n"),
		[HELD_DELETED] = PHRASE("The message has been deleted "
		    "already.\n"),
		[HELD_EXPIRED] = PHRASE("The message was held for as long as "
		    "messages are, and is gone.\n"),
	};

	return say(work, held_states[is], PHRASE("Nothing was done"),
		   texts[is]);
}

static bool
do_handle(struct work *work, GError **error)
{
	static const struct {
		enum held_verb verb;
		const char *subject, *text;
	} rows[] = {
		[TOKEN_RELEASE] = { HELD_RELEASE, PHRASE("Message released"),
		    PHRASE("The message has been released.  It is on its way "
			   "to your mailbox.\n") },
		[TOKEN_REQUEST] = { HELD_REQUEST, PHRASE("Release requested"),
		    PHRASE("Your administrators have been asked to release "
			   "this message.  You get a mail when they have "
			   "decided.\n") },
		[TOKEN_DELETE] = { HELD_DELETE, PHRASE("Message deleted"),
		    PHRASE("The message has been deleted.\n") },
	};
	enum token_deed deed = work->token.deed;
	g_autoptr(GError) fault = NULL;
	enum held_state is = HELD_HELD;

	switch (handle(work->line->site, work->setup->config,
		       work->held->id, work->copy->rcpt, rows[deed].verb,
		       &work->by, NULL, &is, &fault)) {
	case STEP_DONE:
		return say(work, "done", rows[deed].subject,
			   rows[deed].text);
	case STEP_ALREADY:
		return say_already(work, is);
	case STEP_NO_RIGHT:
	case STEP_NOT_YOURS:
		return say_no_right(work);
	case STEP_FAILED:
		break;
	}
	if (g_error_matches(fault, STORE_ERROR, STORE_ERROR_CORRUPT))
		return say_broken(work);
	g_propagate_error(error, g_steal_pointer(&fault));
	return false;
}

/* ---- what leaves the state as it is ---- */

/* A deed on the audit log, once however often it is tried. */
static bool
note(struct work *work, const char *what, const char *detail, GError **error)
{
	struct deed deed = {
		.who = work->by.who, .via = VIA_MAIL, .what = what,
		.object = work->held->id, .tenant = work->copy->tenant,
		.rcpt = work->copy->rcpt, .detail = detail,
	};

	g_strlcpy(deed.id, work->errand->id, sizeof deed.id);
	return trail_add(work->line->site->trail, &deed, error);
}

/* What a worker made of it, line by line without links. */
static void
add_preview(GString *out, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *plain = *lines[i] ?
		    letter_plain(lines[i], 1000) : g_strdup("");

		g_string_append_printf(out, "| %s\n", plain);
	}
}

/* Have a worker read the message; no one else parses mail. */
static enum ask_result
ask_preview(struct work *work, int fd, Answer *answer, GError **error)
{
	g_autoptr(Message) message = message_new(work->setup->config);
	Request *request = fields_new(&request_fields);
	enum ask_result result;

	message->fd = fd;
	message->size = (gsize)work->held->size;
	request->kind = REQUEST_PREVIEW;
	request->size = work->held->size;
	result = work->line->ask(work->line, message, request, answer,
				 error);
	fields_free(&request_fields, request);
	return result;
}

static bool
do_preview(struct work *work, GError **error)
{
	Answer *answer = fields_new(&answer_fields);
	g_autoptr(GError) fault = NULL;
	enum ask_result result;
	bool good = true;
	int fd = quarantine_octets(work->line->site->quarantine, work->held,
				   &fault);

	result = fd < 0 ? ASK_DIED : ask_preview(work, fd, answer, &fault);
	if (result == ASK_NONE || result == ASK_LATE) {
		g_propagate_error(error, g_steal_pointer(&fault));
		good = false;
	} else if (result == ASK_DIED) {
		say_broken(work);
	} else if ((good = note(work, "previewed", NULL, error))) {
		say(work, "done", PHRASE("What the message says"), PHRASE(
		    "This is the text of the message, without links, "
		    "pictures and files.  Do not follow what it asks for "
		    "unless you are sure who wrote it.\n"));
		g_string_append_c(work->text, '\n');
		add_preview(work->text, answer->preview);
	}
	fields_free(&answer_fields, answer);
	return good;
}

/* As any other report, but that it is known which message it is. */
static bool
put_report(struct work *work, enum report_reason reason, GError **error)
{
	const HeldRcpt *copy = work->copy;
	Incoming *one = fields_new(&incoming_fields);
	int fd = quarantine_octets(work->line->site->quarantine, work->held,
				   error);
	bool good = false;

	one->id = g_strdup(work->errand->id);
	one->at = clock_now();
	one->message = g_strdup(work->errand->id);
	one->tenant = g_strdup(copy->tenant);
	one->is_verified = one->is_bare = true;
	one->reporter = g_strdup(work->by.who);
	g_ptr_array_add(one->mailboxes, g_strdup(copy->rcpt));
	one->mailbox = g_strdup(copy->rcpt);
	one->reply = g_strdup(work->by.who);
	one->reason = reason;
	one->held = g_strdup(work->held->id);
	one->via = g_strdup(vias[VIA_MAIL]);
	if (fd >= 0) {
		good = intake_put(work->line, work->tenant, one, fd,
				  (gsize)work->held->size, error);
		close(fd);
	}
	fields_free(&incoming_fields, one);
	return good;
}

static bool
do_report(struct work *work, GError **error)
{
	bool is_phish = work->token.deed == TOKEN_PHISH;
	g_autoptr(GError) fault = NULL;

	if (!put_report(work, is_phish ? REPORT_PHISH : REPORT_NOT_JUNK,
			&fault)) {
		if (g_error_matches(fault, G_FILE_ERROR,
				    G_FILE_ERROR_NOENT) ||
		    g_error_matches(fault, STORE_ERROR, STORE_ERROR_CORRUPT))
			return say_broken(work);
		g_propagate_error(error, g_steal_pointer(&fault));
		return false;
	}
	if (!note(work, is_phish ? "reported-phish" : "reported-clean", NULL,
		  error))
		return false;
	return is_phish ?
	    say(work, "done", PHRASE("Reported as phishing"), PHRASE(
		"Thank you.  The message has been reported as phishing, and "
		"stays held.\n")) :
	    say(work, "done", PHRASE("Reported as not junk"), PHRASE(
		"Thank you.  It has been reported that this message should "
		"not have been held.  It stays held; to get it, use the "
		"link to release it.\n"));
}

/* ---- the user's lists ---- */

/* Was From proven when the message came? */
static bool
was_proven(const Held *held)
{
	g_autoptr(Json) record = held->record ?
	    json_parse(held->record, strlen(held->record), NULL) : NULL;
	g_autoptr(Facts) facts = facts_new();

	if (!record)
		return false;
	fields_from_json(&facts_fields, facts, json_member(record, "facts"));
	return auth_is_aligned(facts);
}

/* What is to be done with the mail of whom he blocks; -1: user_block. */
static int
action_of(enum token_deed deed)
{
	return deed < TOKEN_BLOCK_JUNK ? -1 :
	    (int)ACTION_JUNK + (int)(deed - TOKEN_BLOCK_JUNK);
}

static UserEntry *
entry_of(const struct work *work, enum user_list list, const char *value)
{
	UserEntry *entry = user_entry_new(list, value);

	entry->added = clock_now();
	entry->how = g_strdup("mail");
	entry->by = g_strdup(work->by.who);
	entry->action = action_of(work->token.deed);
	return entry;
}

static void
say_listed(struct work *work, enum user_list list, const char *value)
{
	g_autofree char *shown = letter_plain(value, 200);
	g_autofree char *text = NULL;
	bool is_safe = list == USER_SAFE;

	text = phrase_with(work->language, is_safe ?
	    PHRASE("%1 is on your list of safe senders now.\n") :
	    PHRASE("%1 is on your list of blocked senders now.\n"), shown);
	say(work, "done", is_safe ? PHRASE("Sender allowed") :
	    PHRASE("Sender blocked"), text);
	if (is_safe && !was_proven(work->held))
		g_string_append(work->text, phrase(work->language, PHRASE(
		    "This message was not proven to be from there: anybody "
		    "could have written that address.  Your list lets "
		    "through what is proven, so the next message like this "
		    "one may be held again.\n")));
	if (is_safe)
		g_string_append(work->text, phrase(work->language, PHRASE(
		    "The message itself stays held.\n")));
}

static bool
do_list(struct work *work, GError **error)
{
	enum user_list list = work->token.deed == TOKEN_ALLOW ? USER_SAFE :
	    USER_BLOCK;
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)user_entry_free);
	g_autoptr(GArray) done = g_array_new(FALSE, FALSE,
					     sizeof(enum users_deed));
	int action = action_of(work->token.deed);
	const char *from = work->held->from;
	g_autofree char *value = from && strchr(from, '@') ?
	    user_value_normal(list, from, NULL) : NULL;

	if (!work->user || (action >= 0 &&
			    !config_lets_block(work->tenant,
					       (enum action)action)))
		return say_no_right(work);
	if (!value)
		return say(work, "no-sender", PHRASE("Nothing was done"),
			   PHRASE("The message names no sender whom a list "
				  "could hold.\n"));
	g_ptr_array_add(entries, entry_of(work, list, value));
	if (!users_add(work->line->site->users, work->tenant->name,
		       work->user, entries, done, error) ||
	    !note(work, list == USER_SAFE ? "allowed" : "blocked", value,
		  error))
		return false;
	say_listed(work, list, value);
	return true;
}

/* A verdict is an analyst's, never a user's. */
static bool
do_nothing(struct work *work, GError **error)
{
	(void)error;
	return say_no_right(work);
}

/* ---- the table ---- */

static const struct {
	enum right right;	/* RIGHTS: the state machine knows */
	bool is_open;		/* only while it is held */
	bool (*run)(struct work *work, GError **error);
} deeds[] = {
	[TOKEN_RELEASE] = { RIGHTS, false, do_handle },
	[TOKEN_REQUEST] = { RIGHTS, false, do_handle },
	[TOKEN_DELETE] = { RIGHTS, false, do_handle },
	[TOKEN_PREVIEW] = { RIGHT_PREVIEW, true, do_preview },
	[TOKEN_NOT_JUNK] = { RIGHT_REPORT, false, do_report },
	[TOKEN_PHISH] = { RIGHT_REPORT, false, do_report },
	[TOKEN_ALLOW] = { RIGHT_ALLOW, false, do_list },
	[TOKEN_BLOCK] = { RIGHT_BLOCK, false, do_list },
	[TOKEN_BLOCK_JUNK] = { RIGHT_BLOCK, false, do_list },
	[TOKEN_BLOCK_QUARANTINE] = { RIGHT_BLOCK, false, do_list },
	[TOKEN_BLOCK_REJECT] = { RIGHT_BLOCK, false, do_list },
	[TOKEN_BLOCK_DISCARD] = { RIGHT_BLOCK, false, do_list },
	[TOKEN_VERDICT] = { RIGHTS, false, do_nothing },
};
G_STATIC_ASSERT(G_N_ELEMENTS(deeds) == TOKEN_DEEDS);

bool
deed_do(struct work *work, GError **error)
{
	enum token_deed deed = work->token.deed;

	if (deeds[deed].right != RIGHTS && !has(work, deeds[deed].right))
		return say_no_right(work);
	if (deeds[deed].is_open &&
	    !held_is_open((enum held_state)work->copy->state))
		return say_already(work,
				   (enum held_state)work->copy->state);
	return deeds[deed].run(work, error);
}
