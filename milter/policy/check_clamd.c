/*
 * check_clamd.c -- what ClamAV's daemon says of files
 *
 * Reads:  facts->files, where clamd is asked (clamd.socket)
 * Says:   malware
 */
#include "gatepost/policy/check.h"
#include "gatepost/util/text.h"

/* Columns of a file's name that a reason shows. */
#define NAME_MOST 100

static void
say(Decision *decision, const File *file)
{
	g_autofree char *name = text_shown(file->name, NAME_MOST);
	Finding *finding = finding_add(decision, check_clamd.name,
				       SPEAKER_UPSTREAM, EFFECT_SAY,
				       "clamd finds %s in the file %s",
				       file->malware, name);

	finding->category = CATEGORY_MALWARE;
	finding->confidence = CONFIDENCE_HIGH;
	finding->policy = g_strdup(policies[POLICY_MALWARE]);
}

static void
look(const struct look *look, Decision *decision)
{
	for (guint i = 0; i < look->facts->files->len; i++) {
		const File *file = look->facts->files->pdata[i];

		if (file->malware)
			say(decision, file);
	}
}

const struct check check_clamd = {
	.name = "clamd",
	.needs = NEED_CONTENT,
	.look = look,
	.meaning = "files in which clamd finds malware",
};
