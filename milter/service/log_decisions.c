/*
 * log_decisions.c -- the lines of the log on a message that had its answer
 */
#include "gatepost/service/way.h"

#include "gatepost/util/log.h"
#include "gatepost/util/text.h"

static void
log_decision(const Message *message, const Decision *decision)
{
	g_autofree char *rcpt = text_value(decision->rcpt);
	g_autofree char *sender = text_value(message->sender);
	g_autofree char *reason = text_value(decision->because ?
					     decision->because->reason : "-");

	log_info(message->tag, "decision rcpt=%s action=%s asked=%s "
		 "category=%s because=%s place=%s item=%s outbox=%s sender=%s "
		 "reason=%s", rcpt, actions[decision->action],
		 actions[decision->asked], categories[decision->category],
		 decision->because ? decision->because->check : "-",
		 places[decision->place],
		 decision->item ? decision->item : "-",
		 decision->outbox ? decision->outbox : "-", sender, reason);
}

/* Entries whose pattern was given up, once each: an admin must mend them. */
static void
log_faults(const Message *message, const GPtrArray *decisions)
{
	g_autoptr(GHashTable) said = NULL;

	for (guint i = 0; decisions && i < decisions->len; i++) {
		const Decision *decision = decisions->pdata[i];

		for (guint j = 0; j < decision->findings->len; j++) {
			const Finding *one = decision->findings->pdata[j];
			g_autofree char *reason = NULL;

			if (one->effect != EFFECT_SAY || !one->entry)
				continue;
			if (!said)
				said = g_hash_table_new(g_str_hash,
							g_str_equal);
			if (!g_hash_table_add(said, one->entry))
				continue;
			reason = text_value(one->reason);
			log_warning(message->tag, "pattern-given-up entry=%s "
				    "place=%s reason=%s", one->entry,
				    one->place, reason);
		}
	}
}

void
log_decisions(const Message *message, const GPtrArray *decisions,
	      enum reply reply)
{
	for (guint i = 0; message->refused && i < message->refused->len; i++)
		log_decision(message, message->refused->pdata[i]);
	for (guint i = 0; decisions && i < decisions->len; i++)
		log_decision(message, decisions->pdata[i]);
	log_faults(message, decisions);
	log_debug(message->tag, "answer reply=%s", replies[reply]);
}
