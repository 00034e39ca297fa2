/*
 * address.h -- one mailbox address, of the envelope or a header field
 */
#ifndef GATEPOST_MODEL_ADDRESS_H
#define GATEPOST_MODEL_ADDRESS_H

#include <glib.h>
#include <stdbool.h>

/*
 * RAW as local@domain: angle brackets and a source route (RFC 5321 4.1.2,
 * C) are taken off, needless quotes of the local part too, the domain is
 * put into normal form, and the local part into lower case, since every
 * site of today compares it so and a sender could else dodge an entry.
 * "<>" and "" give "".  An address literal stays as it is, in lower case.
 * NULL when RAW is no address, holds a control character or is longer than
 * 320 octets.  Yours.
 */
char *address_normal(const char *raw);

/*
 * The same, but never NULL: what is no address is made like one, so that
 * nobody gets past a list by writing what we cannot read.  Its domain is put
 * into normal form when it has one, blanks and controls become '?', the rest
 * is cut at 320 octets.  Yours.
 */
char *address_loose(const char *raw);

/* The domain of a normal address, "" when it has none.  Points into it. */
const char *address_domain(const char *address);

/* Is the local part of ADDRESS (normal form) LOCAL? */
bool address_has_local(const char *address, const char *local);

#endif
