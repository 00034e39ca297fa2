/*
 * addresses.h -- the mailboxes of From, Sender, Reply-To, To and Cc
 */
#ifndef GATEPOST_CONTENT_ADDRESSES_H
#define GATEPOST_CONTENT_ADDRESSES_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"

/*
 * Append each mailbox of the address list (RFC 5322 3.4, groups and obsolete
 * forms, too) in LENGTH octets of RAW to OUT, as Mailbox *.  Lenient: where
 * mail programs differ, every address that one of them could show is read.
 * A mailbox whose address cannot be read has a NULL address.  At most
 * BOUND_ADDRESSES are in OUT afterwards.  IS_AUTHOR: they say whose the
 * message is, so a name that shows another's address is a defect.
 */
void addresses_read(const char *raw, gsize length, bool is_author,
		    GPtrArray *out, Facts *facts);

#endif
