/*
 * snapshot_format.h -- the layout of a snapshot file
 *
 *	header, tenants, slots of tenants, records, slots, linear, links,
 *	changes, arena
 *
 * All numbers are in the machine's order; each section starts at a multiple
 * of 8.  Texts stand in the arena, each with its NUL; offset 0 is "".
 * An entry that one key finds has a slot; equal keys are chained through
 * `next`, in rank order, so that it only ever leads forward.  Patterns and
 * globs, which no key finds, are named in `linear` by tenant and kind.  A
 * tenant's feeds, and the parts that hold its entries, are named in `links`:
 * files of their own (feed.h, and this format again), which stay as they are
 * when others change.  What time and use make of their entries stands in
 * `changes`, by key.
 */
#ifndef GATEPOST_LISTS_SNAPSHOT_FORMAT_H
#define GATEPOST_LISTS_SNAPSHOT_FORMAT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/indicator.h"
#include "gatepost/util/hash.h"

#define SNAPSHOT_MAGIC "GPLISTS\n"
/* Raise it when a struct here or the meaning of a member changes. */
#define SNAPSHOT_VERSION 4

/* The folder, beside the snapshot, of feeds and parts. */
#define SNAPSHOT_PARTS "compiled"
/* In front of the name of a feed, where the key of an entry stands. */
#define SNAPSHOT_FEED "feed "

/* How an entry is looked up. */
enum snapshot_shape {
	SHAPE_EXACT,		/* by its value */
	SHAPE_BELOW,		/* by its domain, for that and all below */
	SHAPE_NETWORK,		/* by the network in its value */
	SHAPE_LINEAR,		/* one after the other */
	/* Of links; see enum url_form in model/url.h. */
	SHAPE_ANYWHERE,		/* a host, all below, and inside others */
	SHAPE_SITE, SHAPE_AROUND, SHAPE_BENEATH,
	SHAPE_TREE,		/* a host and all below, any path */
	SHAPE_PATH,		/* a path with its query */
	SHAPE_PAGE,		/* a path, with any query */
	SHAPE_FOLDER,
	/* The same of all hosts below. */
	SHAPE_PATH_BENEATH, SHAPE_PAGE_BENEATH, SHAPE_FOLDER_BENEATH,
};

struct snapshot_header {
	char magic[8];
	guint32 version;
	guint32 record_size, tenant_size;
	guint32 tenants, tenant_slots, records, slots;	/* counts */
	guint32 linear, links, changes;
	guint32 living;		/* records that `changes` may concern */
	guint64 length;		/* of the file */
	guint64 generation;
	struct hash_key key;	/* of the slots; random */
	guint64 tenants_at, tenant_slots_at, records_at, slots_at;
	guint64 linear_at, links_at, changes_at;
	guint64 arena_at, arena_length;
	guint64 check;		/* SipHash of all above */
};

struct snapshot_range {
	guint32 first, count;
};

struct snapshot_home {		/* a tenant */
	guint32 name;
	guint32 kinds;		/* a bit for each kind that it has */
	guint32 shapes;		/* a bit for each shape of its url entries,
				 * and for SHAPE_BELOW of all */
	struct snapshot_range records;
	guint64 prefixes[3];	/* a bit for each prefix length in use */
	guint64 sources[3];	/* the same, of second halves of pairs */
	struct snapshot_range linear[INDICATOR_KINDS];
	struct snapshot_range links;
};

/* The kind of a link to a part. */
#define SNAPSHOT_PART INDICATOR_KINDS

struct snapshot_link {		/* a file of a feed, or a part */
	guint32 key;		/* "feed NAME"; "" of a part */
	guint32 file;		/* the path of its source */
	guint32 part;		/* its name in SNAPSHOT_PARTS; "": none */
	guint8 action, kind, as, is_braked;
};

struct snapshot_change {	/* sorted by key */
	gint64 added, unused, expires;
	guint8 is_braked;
	char key[HASH_TEXT];
};

struct snapshot_record {
	gint64 expires, added, unused;
	guint32 value, source, for_, except, note, by, file;
	guint32 line, narrowness, tenant;
	guint32 next;		/* number + 1 of the next of equal key, or 0 */
	guint8 action, kind, direction, as, done, proof, override, shape;
	guint8 is_living;	/* has unused=, or no person wrote it */
	char key[HASH_TEXT];
};

struct snapshot_slot {
	guint32 tag;		/* high half of the hash */
	guint32 record;		/* number + 1; 0: free */
};

/* The hash under which WHAT of SHAPE is found. */
static inline guint64
snapshot_hash(const struct hash_key *key, guint32 tenant,
	      enum indicator_kind kind, enum snapshot_shape shape,
	      const void *what, gsize length)
{
	guint64 all[2] = {
		hash_bytes(key, what, length),
		(guint64)tenant << 32 | (guint64)kind << 16 | (guint64)shape,
	};

	return hash_bytes(key, all, sizeof all);
}

/* How the value of INDICATOR is looked up, of an entry that allows or not. */
enum snapshot_shape snapshot_shape(const Indicator *indicator, bool is_allow);

/* Narrowness of a class of values; within one, the longer value wins. */
#define SNAPSHOT_CLASS 1000000u

/* Address before domain before *.domain before pattern, the longer first;
 * ip: the prefix; url: see url_entry_narrowness().  Not of pairs. */
guint32 snapshot_narrowness(const Indicator *indicator);

/* The text under which an entry of SHAPE and KIND is found, when that is no
 * network.  Yours. */
char *snapshot_key(enum indicator_kind kind, enum snapshot_shape shape,
		   const char *value, const char *source);

#endif
