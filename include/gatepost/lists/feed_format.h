/*
 * feed_format.h -- the layout of a compiled feed: header, slots
 *
 * A value is found from the upper half of its hash on, in the slots that
 * follow; 0 is a free one.  A quarter of them is free, so each look ends.
 */
#ifndef GATEPOST_LISTS_FEED_FORMAT_H
#define GATEPOST_LISTS_FEED_FORMAT_H

#include "gatepost/lists/snapshot_format.h"

#define FEED_MAGIC "GPFEED1\n"
/* Raise it when the header or the normal form of a value changes. */
#define FEED_VERSION 1

struct feed_stamp {		/* of the file that was read */
	guint64 device, inode, size;
	gint64 seconds, nanoseconds;
};

struct feed_header {
	char magic[8];
	guint32 version, kind, is_allow, shapes;
	struct feed_stamp stamp;
	gint64 generation;	/* us */
	struct hash_key key;	/* random */
	guint64 prefixes[3];	/* a bit for each prefix length in use */
	guint64 slots, values, bad;
	guint64 length;		/* of the file */
	guint64 check;		/* SipHash of all above */
};

static inline struct hash_wide
feed_hash(const struct hash_key *key, enum snapshot_shape shape,
	  const void *what, gsize length)
{
	struct hash_key own = { key->k0 + (guint64)shape, key->k1 };
	struct hash_wide wide = hash_wide(&own, what, length);

	wide.b |= 1;		/* never that of a free slot */
	return wide;
}

/* Is NAME of FOLDER compiled from the file of STAMP, by this version? */
bool feed_is_of(int folder, const char *name, const struct feed_stamp *stamp);

/* Where the look for HASH starts among SLOTS (less than 2^32). */
static inline guint64
feed_slot(const struct hash_wide *hash, guint64 slots)
{
	return (hash->a >> 32) * slots >> 32;
}

#endif
