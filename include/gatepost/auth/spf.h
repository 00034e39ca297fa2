/*
 * spf.h -- SPF (RFC 7208)
 */
#ifndef GATEPOST_AUTH_SPF_H
#define GATEPOST_AUTH_SPF_H

#include "gatepost/auth/dns.h"
#include "gatepost/model/facts.h"

/* Start to look up the record for MAIL FROM, or for HELO when it is null. */
void spf_start(Lookups *lookups, const Request *request);

/*
 * Evaluate SPF for the client, MAIL FROM and HELO of REQUEST into AUTH: spf,
 * spf_domain, spf_reason, is_spf_helo, is_spf_weak.  A mapped IPv4 address is
 * an IPv4 address.
 */
void spf_check(Lookups *lookups, const Request *request, Auth *auth);

#endif
