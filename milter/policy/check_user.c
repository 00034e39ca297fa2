/*
 * check_user.c -- what the recipient's own user has listed
 *
 * Reads:  the recipient's history, the authors of the message
 * Says:   one finding an entry that matches: allow or block; unsure when it
 *         is not known whose mailbox it is, or what he has listed
 * Leaves: who wins to precedence.c
 */
#include "gatepost/lists/users.h"
#include "gatepost/policy/check.h"

/* The first author whom VALUE covers, or NULL. */
static const char *
covered(const Facts *facts, const char *value)
{
	for (guint i = 0; i < facts->authors->len; i++) {
		const Mailbox *author = facts->authors->pdata[i];

		if (author->address &&
		    user_value_covers(value, author->address))
			return author->address;
	}
	return NULL;
}

static void
say(const struct look *look, Decision *decision, const UserEntry *entry,
    const char *author)
{
	const History *history = look->recipient->history;
	bool is_safe = entry->list == USER_SAFE;
	const char *what = is_safe ? "safe" : "blocked";
	char key[HASH_TEXT];
	Finding *finding = finding_add(decision, check_user.name,
				       SPEAKER_USER, is_safe ? EFFECT_ALLOW :
				       EFFECT_BLOCK, "the sender %s is on "
				       "%s's own %s sender list: %s", author,
				       history->user, what, entry->value);

	user_entry_key(entry, look->recipient->tenant->name, history->user,
		       key);
	finding->category = is_safe ? CATEGORY_CLEAN : CATEGORY_SPAM;
	finding->policy = is_safe ? NULL :
	    g_strdup(policies[POLICY_USER_BLOCK]);
	/* What the tenant no longer lets users choose does not count. */
	if (!is_safe && entry->action >= 0 &&
	    config_lets_block(look->recipient->tenant,
			      (enum action)entry->action))
		finding->asks = g_strdup(actions[entry->action]);
	finding->entry = g_strdup(key);
	finding->text = g_strdup_printf("%s %s", user_lists[entry->list],
					entry->value);
	finding->place = g_strdup_printf("the %s senders of %s", what,
					 history->user);
	finding->kind = g_strdup(indicator_kinds[INDICATOR_SENDER]);
	finding->value = g_strdup(author);
	finding->narrowness = user_value_narrowness(entry->value);
	finding->is_proven = !is_safe || auth_is_aligned(look->facts);
}

static void
look(const struct look *look, Decision *decision)
{
	const History *history = look->recipient->history;

	if (!history)
		return;
	if (history->unsure)
		finding_add(decision, check_user.name, SPEAKER_CHECK,
			    EFFECT_UNSURE, "what the user has listed is not "
			    "known, so the tenant's policy decides alone: %s",
			    history->unsure);
	for (guint i = 0; i < history->entries->len; i++) {
		const UserEntry *entry = history->entries->pdata[i];
		const char *author = covered(look->facts, entry->value);

		if (author)
			say(look, decision, entry, author);
	}
}

const struct check check_user = {
	.name = "user",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "the user's own safe and blocked senders",
};
