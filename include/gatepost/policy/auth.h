/*
 * auth.h -- take authentication results from the upstreams that we trust
 */
#ifndef GATEPOST_POLICY_AUTH_H
#define GATEPOST_POLICY_AUTH_H

#include "gatepost/model/config.h"
#include "gatepost/model/facts.h"

/*
 * Fill facts->auth from those of facts->results whose authserv-id is a
 * configured upstream's.  A pass counts only from an upstream that strips
 * such fields off what comes in; of duplicates the worst wins (RFC 8601 5).
 */
void auth_adopt(const Config *config, Facts *facts);

/*
 * For tests of rules on kept mail alone: fill facts->auth from the results of
 * whoever wrote the topmost field, as if we trusted him.
 */
void auth_adopt_old(Facts *facts);

/* The ARC result alone, for who authenticates himself. */
void auth_adopt_arc(const Config *config, Facts *facts);

/* Is each seal of a chain that passed of one of CONFIG's arc_sealers? */
bool auth_is_sealed(const Config *config, const Facts *facts);

/* Relaxed alignment: the same domain or organisation (RFC 7489 3.1).  NULL
 * is nobody's. */
bool auth_is_same(const char *domain, const char *other);

/* Has the message one author, whom a result can speak for? */
bool auth_has_one_author(const Facts *facts);

#endif
