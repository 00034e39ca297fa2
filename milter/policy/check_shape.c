/*
 * check_shape.c -- mail that could not be read whole, or is oddly made
 *
 * Reads:  facts->complete, facts->defects
 * Says:   unknown, when a bound was hit; what the tenant asks for defects
 * Leaves: defects that the tenant does not name to candidates.c
 */
#include "gatepost/model/defects.h"
#include "gatepost/policy/check.h"

/* The first of NAMES that the message has, or NULL. */
static const char *
find_defect(const GPtrArray *names, const Facts *facts)
{
	for (guint i = 0; i < names->len; i++)
		if (facts_has_defect(facts, names->pdata[i]))
			return names->pdata[i];
	return NULL;
}

/* Say what the tenant asks for defects; of several rows each speaks. */
static void
look_defects(const struct look *look, Decision *decision)
{
	const Tenant *tenant = look->recipient->tenant;

	for (guint i = 0; tenant && i < tenant->defects->len; i++) {
		const DefectSetting *row = tenant->defects->pdata[i];
		const char *name = find_defect(row->names, look->facts);
		const struct defect *defect = name ? defect_find(name) : NULL;
		Finding *finding;

		if (!defect)
			continue;
		finding = finding_add(decision, check_shape.name,
				      SPEAKER_CHECK, EFFECT_SAY,
				      "the message has a defect, %s: %s",
				      name, defect->meaning);
		finding->category = CATEGORY_UNKNOWN;
		finding->asks = g_strdup(actions[row->action]);
	}
}

static void
look_bounds(const struct look *look, Decision *decision)
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

static void
look(const struct look *look, Decision *decision)
{
	look_bounds(look, decision);
	look_defects(look, decision);
}

const struct check check_shape = {
	.name = "shape",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "messages beyond a bound, judged on what was read, and "
	    "those with a defect that the tenant names",
};
