/*
 * dmarc.h -- DMARC (RFC 7489 by the public suffix list, RFC 9989 by its tree
 * walk)
 */
#ifndef GATEPOST_AUTH_DMARC_H
#define GATEPOST_AUTH_DMARC_H

#include "gatepost/auth/dns.h"
#include "gatepost/model/facts.h"

/* Start to look up what dmarc_check() will ask for DOMAIN (normal form). */
void dmarc_start(Lookups *lookups, const char *domain);

/*
 * Judge From's domains by the SPF and DKIM results in FACTS->auth; of several
 * domains the worst result is set: dmarc, dmarc_domain, dmarc_policy,
 * dmarc_reason, is_dmarc_weak.  BY_LIST: organisational domains by the public
 * suffix list, else by the tree walk.
 */
void dmarc_check(Lookups *lookups, bool by_list, Facts *facts);

#endif
