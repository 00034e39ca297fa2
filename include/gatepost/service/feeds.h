/*
 * feeds.h -- the feeds of tenants: compiled, braked, named in the snapshot
 */
#ifndef GATEPOST_SERVICE_FEEDS_H
#define GATEPOST_SERVICE_FEEDS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/service/life.h"

/* The key of FEED in usage, brakes and findings, "feed NAME"; yours. */
char *feed_key(const FeedSetting *feed);

/* One run of the compiler. */
struct feeds_run {
	int folder;		/* of compiled feeds */
	GHashTable *parts;	/* name of a compiled one: what became of it */
	Life *life;		/* NULL: nothing is known of brakes */
	const char *state_dir;	/* where a brake is lifted */
	GPtrArray *notes;	/* of struct list_note * */
	guint64 values;		/* in force, of all files, each once */
	bool is_good;		/* all files are */
};

/* In the folder SNAPSHOT_PARTS of FOLDER, made when it is not there.  False
 * and ERROR set on failure. */
bool feeds_begin(struct feeds_run *run, int folder, const char *state_dir,
		 Life *life, GPtrArray *notes, GError **error);

/* Compile what has changed of TENANT's feeds: an array of struct
 * snapshot_feed *.  A brake ends when its feed has a new generation. */
GPtrArray *feeds_of(struct feeds_run *run, const Config *config,
		    const Tenant *tenant);

/* Done; unless OTHERS is NULL, what neither a feed of the run nor that set of
 * names has is removed. */
void feeds_end(struct feeds_run *run, GHashTable *others);

/* Say what is wrong in the files of TENANT's feeds, and in *VALUES how many
 * they have.  Those that DONE (of g_str_hash, frees its keys) has from another
 * tenant are not read again.  False when one would not be put in force. */
bool feeds_check(const Config *config, const Tenant *tenant, GHashTable *done,
		 guint64 *values, GPtrArray *notes);

#endif
