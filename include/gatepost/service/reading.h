/*
 * reading.h -- what a worker of our own reads in a message that lies in a
 * file: no stranger's mail is read in the command itself
 */
#ifndef GATEPOST_SERVICE_READING_H
#define GATEPOST_SERVICE_READING_H

#include "gatepost/model/facts.h"
#include "gatepost/service/site.h"

/* The facts of the SIZE octets of FD; free with facts_free().  Nobody is
 * asked who sent it.  NULL and ERROR set on failure. */
Facts *reading_facts(int fd, gsize size, GError **error);

/* The ledger's record of the message that FACTS are of: one with its
 * Message-ID and its body, which RCPT (normal form; NULL: anybody) got.  The
 * newest of several.  NULL, without ERROR when there is none. */
Record *reading_find(Site *site, const Facts *facts, const char *rcpt,
		     GError **error);

#endif
