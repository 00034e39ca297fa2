/*
 * check_upstream.c -- what a filter before us says of the message
 *
 * Reads:  facts->scores, the header fields of configured upstreams
 * Says:   malware, phish, spam or bulk, where one of them says so
 * Leaves: scores just below its line to candidates.c
 */
#include "gatepost/policy/check.h"
#include "gatepost/policy/upstream.h"
#include "gatepost/util/text.h"

/* Octets of a field that a reason shows. */
#define VALUE_MOST 200

static enum policy
policy_of(const struct upstream_word *word)
{
	switch (word->category) {
	case CATEGORY_MALWARE:
		return POLICY_MALWARE;
	case CATEGORY_PHISH:
		return word->confidence == CONFIDENCE_HIGH ?
		    POLICY_PHISH_HIGH : POLICY_PHISH;
	case CATEGORY_BULK:
		return POLICY_BULK;
	case CATEGORY_CLEAN:
	case CATEGORY_SPAM:
	case CATEGORY_IMPERSONATION:
	case CATEGORY_SPOOF:
	case CATEGORY_UNKNOWN:
		break;
	}
	return POLICY_SPAM;
}

static void
say(Decision *decision, const struct upstream_word *word, const Field *field)
{
	g_autofree char *value = text_shown(field->value, VALUE_MOST);
	Finding *finding = finding_add(decision, check_upstream.name,
				       SPEAKER_UPSTREAM, EFFECT_SAY,
				       "%s calls it %s (%s: %s)",
				       word->upstream->name,
				       categories[word->category],
				       field->name, value);

	finding->category = (int)word->category;
	finding->confidence = (int)word->confidence;
	finding->policy = g_strdup(policies[policy_of(word)]);
	if (word->has_score)
		finding->score = g_strdup_printf("%.2f", word->score);
	if (word->threshold > 0)
		finding->threshold = g_strdup_printf("%.2f",
						     word->threshold);
}

static void
look(const struct look *look, Decision *decision)
{
	for (guint i = 0; i < look->facts->scores->len; i++) {
		const Field *field = look->facts->scores->pdata[i];
		struct upstream_word word =
		    upstream_read(look->message->config, field);

		if (word.is_said)
			say(decision, &word, field);
	}
}

const struct check check_upstream = {
	.name = "upstream",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "header fields of filters that stand before us",
};
