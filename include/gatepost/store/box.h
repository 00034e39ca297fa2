/*
 * box.h -- one durable folder of items: ID.eml (octets) and ID.json
 *
 * The states of an item are subfolders.  Quarantine and spool are tables of
 * states over it, so one crash proof serves all (see box.c).
 */
#ifndef GATEPOST_STORE_BOX_H
#define GATEPOST_STORE_BOX_H

#include <glib.h>
#include <stdbool.h>

typedef struct Box Box;

/* Open the box NAME in FOLDER, made when it is not there, with the
 * subfolders STATES (ends with NULL).  NULL and ERROR set on failure. */
Box *box_open(int folder, const char *name, const char *const *states,
	      GError **error);
void box_free(Box *box);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Box, box_free)

/* Keep SIZE octets of FD and JSON as item ID in STATE (made when it is not
 * there: a day may be a state).  True: both are on disk.  The same ID again
 * is no error and changes nothing. */
bool box_put(Box *box, const char *state, const char *id, int fd, gsize size,
	     const char *json, GError **error);

/* The octets of an item, for pread; *SIZE set.  -1 and ERROR on failure. */
int box_octets(Box *box, const char *state, const char *id, gsize *size,
	       GError **error);

/* The JSON of an item; yours.  NULL and ERROR set on failure. */
char *box_json(Box *box, const char *state, const char *id, GError **error);

/* Replace the JSON of an item, durably. */
bool box_update(Box *box, const char *state, const char *id,
		const char *json, GError **error);

/* Take the octets of the item away, durably, and leave its JSON; true also
 * when they are gone already. */
bool box_strip(Box *box, const char *state, const char *id, GError **error);

/* Take the item away; true also when it is gone already. */
bool box_remove(Box *box, const char *state, const char *id, GError **error);

/* Move the item to another state.  False without ERROR: somebody else was
 * first. */
bool box_move(Box *box, const char *from, const char *to, const char *id,
	      GError **error);

/* The same for all of IDS (of char *), synced once behind the last: who works
 * on one of them waits for that.  FAULT is called for each that was not moved
 * whole, but not for what somebody else was first with.  False and ERROR set:
 * the folders fail. */
typedef void box_fault(const char *id, const GError *why, void *data);
bool box_move_all(Box *box, const char *from, const char *to,
		  const GPtrArray *ids, box_fault *fault, void *data,
		  GError **error);

/* Bring the octets of an item to STATE, where its JSON is, when a crash in
 * box_move() left them behind.  True: they are there. */
bool box_gather(Box *box, const char *state, const char *id, GError **error);

/* The same for all octets that were left behind in STATE. */
void box_join(Box *box, const char *state);

/* The ids in STATE, sorted (oldest first); free with the array. */
GPtrArray *box_list(Box *box, const char *state);
/* The subfolders that stand in the box, sorted. */
GPtrArray *box_states(Box *box);

/* Remove what a crash left: see box.c.  Returns how many files went. */
guint box_sweep(Box *box);

/* Percent of the file system that is free. */
double box_free_percent(const Box *box);

#endif
