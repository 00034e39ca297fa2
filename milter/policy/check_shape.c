/*
 * check_shape.c -- mail that could not be read whole
 *
 * Reads:  facts->complete, facts->defects
 * Says:   unknown, when a bound was hit
 * Leaves: single defects to candidates.c
 */
#include "gatepost/policy/check.h"

static void
look(const struct look *look, Decision *decision)
{
	const GPtrArray *defects = look->facts->defects;
	g_autoptr(GString) names = g_string_new(NULL);
	Finding *finding;

	if (look->facts->complete)
		return;
	for (guint i = 0; i < defects->len; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
				       (const char *)defects->pdata[i]);
	finding = finding_add(decision, check_shape.name, SPEAKER_CHECK,
			      EFFECT_SAY, "judged on a part: the message is "
			      "beyond a bound (%s)", names->str);
	finding->category = CATEGORY_UNKNOWN;
	finding->policy = g_strdup(policies[POLICY_UNKNOWN]);
}

const struct check check_shape = {
	.name = "shape",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "messages beyond a bound, judged on what was read",
};
