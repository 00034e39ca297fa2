/*
 * rights.c -- what a user may do with a message that is held for him
 */
#include "gatepost/model/rights.h"

#include <string.h>

#include "gatepost/util/fields.h"

/* To add a right: an enumerator, a word here, its place in the presets. */
const char *const right_names[] = {
	"see", "preview", "release", "request", "delete", "allow", "block",
	"report", NULL
};

#define COMMON (RIGHT_BIT(RIGHT_SEE) | RIGHT_BIT(RIGHT_PREVIEW) | \
		RIGHT_BIT(RIGHT_DELETE) | RIGHT_BIT(RIGHT_ALLOW) | \
		RIGHT_BIT(RIGHT_BLOCK) | RIGHT_BIT(RIGHT_REPORT))

static const struct {
	const char *name;
	int rights;
} presets[] = {
	{ "none", 0 },
	{ "limited", COMMON | RIGHT_BIT(RIGHT_REQUEST) },
	{ "full", COMMON | RIGHT_BIT(RIGHT_RELEASE) },
};

bool
rights_add(const char *word, int *rights)
{
	int right = fields_word(right_names, word);

	if (right >= 0) {
		*rights |= RIGHT_BIT(right) | RIGHT_BIT(RIGHT_SEE);
		return true;
	}
	for (guint i = 0; i < G_N_ELEMENTS(presets); i++)
		if (strcmp(presets[i].name, word) == 0) {
			*rights |= presets[i].rights;
			return true;
		}
	return false;
}

const char *
rights_preset(int rights)
{
	for (guint i = 0; i < G_N_ELEMENTS(presets); i++)
		if (presets[i].rights == rights)
			return presets[i].name;
	return NULL;
}

GPtrArray *
rights_words(int rights)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; i < RIGHTS; i++)
		if (rights & RIGHT_BIT(i))
			g_ptr_array_add(words, g_strdup(right_names[i]));
	return words;
}

int
rights_of_words(const GPtrArray *words)
{
	int rights = 0;

	for (guint i = 0; i < words->len; i++) {
		int right = fields_word(right_names, words->pdata[i]);

		if (right >= 0)
			rights |= RIGHT_BIT(right);
	}
	return rights;
}

char *
rights_format(int rights)
{
	g_autoptr(GPtrArray) words = NULL;

	if (rights_preset(rights))
		return g_strdup(rights_preset(rights));
	words = rights_words(rights);
	g_ptr_array_add(words, NULL);
	return g_strjoinv(", ", (char **)words->pdata);
}

int
config_rights(const Tenant *tenant, enum policy reason)
{
	int rights = tenant->quarantine.rights[reason];

	if ((reason == POLICY_MALWARE || reason == POLICY_PHISH_HIGH ||
	     reason == POLICY_BLOCK_FILE) &&
	    rights & RIGHT_BIT(RIGHT_RELEASE)) {
		rights &= ~RIGHT_BIT(RIGHT_RELEASE);
		rights |= RIGHT_BIT(RIGHT_REQUEST);
	}
	return rights;
}

gint64
config_days(const Config *config, const Tenant *tenant, enum policy reason)
{
	gint64 days = tenant ? tenant->quarantine.days[reason] : 0;

	return days ? days : config->keep.quarantine;
}
