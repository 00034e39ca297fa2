/*
 * mention.h -- where a text names a person by his address, and what is put
 * in its place when he is to be forgotten
 */
#ifndef GATEPOST_MODEL_MENTION_H
#define GATEPOST_MODEL_MENTION_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/hash.h"

/* A person's address, and the key of what stands in for it. */
typedef struct Mention Mention;

/* ADDRESS in normal form.  Free it. */
Mention *mention_new(const char *address, const struct hash_key *key);
void mention_free(Mention *mention);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mention, mention_free)

/*
 * The first place in LENGTH octets of TEXT that names the person: the address
 * in any case, with an extension (local+anything@domain) or without, "%40"
 * for "@" as in links; not a part of a longer address.  False: none; else
 * *AT and *COUNT are set.
 */
bool mention_find(const Mention *mention, const char *text, gsize length,
		  gsize *at, gsize *count);
bool mention_is_in(const Mention *mention, const char *text);

/* The address that stands in for the COUNT octets at TEXT: the same for the
 * same text in any case, nothing that leads back without the key.  Yours. */
char *mention_stand_in(const Mention *mention, const char *text,
		       gsize count);

/* TEXT with all of them replaced; NULL: it names nobody.  SEEN (of char *;
 * may be NULL) gets each form that was found, once.  Yours. */
char *mention_replace(const Mention *mention, const char *text,
		      GPtrArray *seen);

#endif
