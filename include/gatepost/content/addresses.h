/*
 * addresses.h -- the mailboxes of From, Sender and Reply-To
 */
#ifndef GATEPOST_CONTENT_ADDRESSES_H
#define GATEPOST_CONTENT_ADDRESSES_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * Append each mailbox of the address list (RFC 5322 3.4, groups and obsolete
 * forms, too) in LENGTH octets of RAW to OUT, as Mailbox *.  Lenient: where
 * mail programs differ, every address that one of them could show is read.
 * A mailbox whose address cannot be read has a NULL address.  At most
 * BOUND_ADDRESSES are in OUT afterwards.
 */
void addresses_read(const char *raw, gsize length, GPtrArray *out,
		    Facts *facts);

#endif
