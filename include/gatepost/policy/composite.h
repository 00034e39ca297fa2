/*
 * composite.h -- all authentication results in one word, with a reason code
 */
#ifndef GATEPOST_POLICY_COMPOSITE_H
#define GATEPOST_POLICY_COMPOSITE_H

#include "gatepost/model/config.h"
#include "gatepost/model/facts.h"

/* Fill composite, reason and sentence of FACTS->auth, whose other members are
 * known, for a site with CONFIG's domains and ARC sealers. */
void composite_reckon(const Config *config, Facts *facts);

/* Did it pass only because the client is one of the hosts of From's domain,
 * which has no DMARC record?  That proves no sender, and accuses none. */
bool composite_is_implicit(const Facts *facts);

#endif
