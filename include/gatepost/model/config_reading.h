/*
 * config_reading.h -- what reading gatepost.conf and checking it share
 */
#ifndef GATEPOST_MODEL_CONFIG_READING_H
#define GATEPOST_MODEL_CONFIG_READING_H

#include "gatepost/model/config.h"

struct config_setting_t;	/* libconfig's */

struct reading {
	GPtrArray *notes;
	const char *path;
	const struct config_setting_t *at;	/* for the place of a note */
	const struct config_setting_t *group;	/* what place() looks into */
	bool is_bad;
};

/* Note what is wrong, or else odd, where READING is. */
void say(struct reading *reading, bool is_error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* What is said next is about a setting of the group that is looked at, named
 * as "digest.address" or "lists.[2]"; when it is not in the file, about what
 * is above it there. */
void place(struct reading *reading, const char *format, ...)
	G_GNUC_PRINTF(2, 3);

/* What no single setting shows: see whether CONFIG, as it was read from ROOT,
 * goes together, and make of it what is looked up for each message.  Errors
 * are said. */
void config_check(Config *config, const struct config_setting_t *root,
		  struct reading *reading);

/* Free what the settings of CONFIG point to. */
void config_clear(Config *config);

#endif
