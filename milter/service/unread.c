/*
 * unread.c -- a message that no worker could read
 */
#include "gatepost/service/way.h"

#include "gatepost/bounds.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/file.h"
#include "gatepost/util/log.h"

/* Does anybody's mode let us delay or hold this message at all? */
static bool
is_enforced(const Message *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const Recipient *recipient = message->recipients->pdata[i];

		if (recipient->tenant && recipient->mode == MODE_ENFORCE)
			return true;
	}
	return false;
}

bool
unread(struct pipeline *line, Message *message, const GPtrArray *shown,
       enum ask_result result, const GError *fault, GPtrArray **decisions)
{
	g_autoptr(GError) error = NULL;
	struct look look = { message, NULL, NULL, shown, clock_now(), NULL,
			     NULL };
	g_autofree char *sha256 = NULL, *key = NULL;
	gint64 deaths = 0;

	if (result == ASK_DIED) {
		if (message_fd(message, &error) >= 0)
			sha256 = file_sha256(message->fd, message->size,
					     &error);
		key = g_strdup_printf("%s %s", sha256, message->sender);
		if (!sha256 ||
		    !state_poison(line->site->state, key, &deaths, &error))
			log_error(message->tag, "state-failed reason=\"%s\"",
				  error->message);
	}
	log_warning(message->tag, "analysis-failed deaths=%" G_GINT64_FORMAT
		    " reason=\"%s\"", deaths, fault->message);
	if (is_enforced(message) && deaths < BOUND_POISON)
		return false;
	*decisions = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)decision_free);
	for (guint i = 0; i < message->recipients->len; i++) {
		look.recipient = message->recipients->pdata[i];
		g_ptr_array_add(*decisions, judge_poison(&look, deaths));
	}
	return true;
}
