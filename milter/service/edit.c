/*
 * edit.c -- header fields and recipients, as the decisions say (design 8)
 *
 * Fields go from the highest index down, since Postfix counts anew after
 * each removal.  Nothing that speaks of one recipient goes into a header.
 */
#include <string.h>

#include "gatepost/service/results.h"
#include "gatepost/service/way.h"
#include "gatepost/util/text.h"

const char *
own_authserv_id(const Message *message)
{
	const char *own = message->config->authserv_id ?
	    message->config->authserv_id : message->mta;
	g_autofree char *lower = own ? g_ascii_strdown(own, -1) : NULL;

	/* An upstream that writes under the MTA's name is not us. */
	return lower && !config_upstream(message->config, lower) ? own : NULL;
}

void
refuse(struct mta *mta, const Message *message, const Decision *decision)
{
	const Finding *because = decision->because;
	g_autofree char *text = decision->is_outbound && because ?
	    g_strdup_printf("Your own site sends no mail there: it is on the "
			    "block list by an entry of kind %s (%s)",
			    because->kind, message->id) :
	    g_strdup_printf("Refused by the policy of the recipient's site "
			    "(%s)", message->id);

	mta->deeds->set_reply(mta, "550", "5.7.1", text);
}

static int
by_index_down(gconstpointer a, gconstpointer b)
{
	const Field *one = *(const Field *const *)a;
	const Field *other = *(const Field *const *)b;

	return one->index < other->index ? 1 : one->index > other->index ?
	    -1 : 0;
}

static bool
remove_fields(const GPtrArray *fields, struct mta *mta)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	bool good = true;

	for (guint i = 0; i < fields->len; i++)
		g_ptr_array_add(sorted, fields->pdata[i]);
	g_ptr_array_sort(sorted, by_index_down);
	for (guint i = 0; good && i < sorted->len; i++) {
		const Field *field = sorted->pdata[i];

		good = mta->deeds->change_header(mta, field->name,
						 (int)field->index, NULL);
	}
	return good;
}

/* Is the message delivered to everyone because each allows it?  Then what an
 * upstream says of it would only junk it again. */
static bool
is_allowed(const GPtrArray *decisions)
{
	bool is_any = false;

	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if (decision->action >= ACTION_QUARANTINE)
			continue;
		if (!judge_is_freed(decision))
			return false;
		is_any = true;
	}
	return is_any;
}

static const Tenant *
tenant_of(const Message *message, const Decision *decision)
{
	return decision && decision->tenant ?
	    config_tenant(message->config, decision->tenant) : NULL;
}

static bool
tag_subject(const Facts *facts, const char *tag, struct mta *mta)
{
	g_autofree char *value = NULL;

	if (!tag || !*tag || !facts->subject_raw ||
	    g_str_has_prefix(facts->subject_raw, tag))
		return true;
	value = g_strdup_printf("%s %s", tag, facts->subject_raw);
	return mta->deeds->change_header(mta, "Subject", 1, value);
}

static bool
add_junk(const char *field, struct mta *mta)
{
	const char *colon = strchr(field, ':');
	g_autofree char *name = g_strndup(field, (gsize)(colon - field));

	return mta->deeds->add_header(mta, name, colon[1] == ' ' ? colon + 2 :
				      colon + 1);
}

/* Category, action and who said so: no word of anybody's list, and of a
 * user's not even that it was his, since others read it too. */
static char *
verdict(const struct marks *marks)
{
	const Decision *of = marks->of;
	const Finding *because = of ? of->because : NULL;

	if (!of)
		return g_strdup("clean; action=deliver");
	return g_strdup_printf("%s; confidence=%s; action=%s; because=%s",
			       categories[of->category],
			       confidences[of->confidence],
			       actions[of->action],
			       because && because->speaker != SPEAKER_USER ?
			       because->check : "-");
}

/* Whose mail is edited at all: somebody's of ours, in a mode that edits. */
static bool
is_edited(const GPtrArray *decisions)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if (decision->tenant && !decision->is_outbound &&
		    decision->mode != MODE_OBSERVE)
			return true;
	}
	return false;
}

/* Our results, on top of all, where they are ours. */
static bool
add_results(const Message *message, const Facts *facts, struct mta *mta)
{
	g_autoptr(GPtrArray) lines = facts ?
	    results_lines(message, facts, own_authserv_id(message)) : NULL;

	return !lines || mta->deeds->add_folded(mta, "Authentication-Results",
						lines);
}

bool
edit_header(const Message *message, const Facts *facts,
	    const GPtrArray *decisions, struct mta *mta)
{
	struct marks marks = judge_marks(decisions);
	const Tenant *tenant = tenant_of(message, marks.of);
	g_autofree char *says = verdict(&marks);

	/* The proof of a release goes in every mode. */
	if (!is_edited(decisions))
		return !facts || !facts->release ||
		    remove_fields(facts->ours, mta);
	return (!facts || remove_fields(facts->ours, mta)) &&
	    (!facts || !is_allowed(decisions) ||
	     remove_fields(facts->scores, mta)) &&
	    (!facts || !marks.is_tagged || !tenant ||
	     tag_subject(facts, tenant->subject_tag, mta)) &&
	    (!marks.is_junk || !tenant || !tenant->junk_header ||
	     add_junk(tenant->junk_header, mta)) &&
	    mta->deeds->add_header(mta, "X-Gatepost-Verdict", says) &&
	    mta->deeds->add_header(mta, "X-Gatepost-Id", message->id) &&
	    add_results(message, facts, mta);
}

static bool
remove_recipients(const GPtrArray *decisions, struct mta *mta)
{
	for (guint i = 0; i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		if ((decision->action >= ACTION_QUARANTINE ||
		     decision->outbox) &&
		    !mta->deeds->remove_recipient(mta, decision->given))
			return false;
	}
	return true;
}

/* Those whose copy does not go another way.  Free the array. */
static GPtrArray *
staying(const GPtrArray *decisions)
{
	GPtrArray *all = g_ptr_array_new();

	for (guint i = 0; i < decisions->len; i++)
		if (!((const Decision *)decisions->pdata[i])->outbox)
			g_ptr_array_add(all, decisions->pdata[i]);
	return all;
}

bool
edit(const Message *message, const Facts *facts, GPtrArray *decisions,
     enum reply reply, struct mta *mta)
{
	g_autoptr(GPtrArray) stay = NULL;

	for (guint i = 0; i < decisions->len; i++) {
		Decision *decision = decisions->pdata[i];

		if (decision->action == ACTION_REJECT)
			decision->place = PLACE_REFUSED;
		else if (decision->action == ACTION_DISCARD)
			decision->place = PLACE_DISCARDED;
	}
	switch (reply) {
	case REPLY_ACCEPT:
		stay = staying(decisions);
		return edit_header(message, facts, stay, mta) &&
		    remove_recipients(decisions, mta);
	case REPLY_REJECT:
		refuse(mta, message, decisions->pdata[0]);
		return true;
	case REPLY_DISCARD:
	case REPLY_LATER:
		return true;
	}
	return false;
}
