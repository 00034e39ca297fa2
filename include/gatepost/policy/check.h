/*
 * check.h -- one check: a row of the table in checks.c
 */
#ifndef GATEPOST_POLICY_CHECK_H
#define GATEPOST_POLICY_CHECK_H

#include "gatepost/model/people.h"
#include "gatepost/policy/judge.h"

enum need { NEED_CLIENT = 1, NEED_ENVELOPE = 2, NEED_CONTENT = 4 };

struct check {
	const char *name;
	guint needs;		/* of enum need */
	void (*look)(const struct look *look, Decision *decision);
	const char *meaning;	/* for `gatepost policy` and the manual */
};

extern const struct check check_lists, check_auth, check_upstream,
    check_shape, check_user, check_impersonation, check_clamd;

/* All of them, in the order in which they run; ends with NULL. */
extern const struct check *const checks[];

/* What the entries of the sender's tenant for outbound mail say of the
 * recipient's address, and of what the message holds. */
void lists_look_outbound(const struct look *look, Decision *decision);

/* Let url, file and filename allows strike what that very item caused, and
 * the narrower of own entries of one kind win (design 7). */
void precedence_strike(const struct look *look, Decision *decision);

/* Pick the winner, set row, category, confidence, because and asked. */
void precedence_decide(const struct look *look, Decision *decision);

/* Name the candidate rules that suspect a message which is delivered. */
void candidates_look(const struct look *look, Decision *decision);

/* The row of the candidate rule of that name, -1 for none. */
int candidate_find(const char *rule);

/* What the candidate rule of that name suspects, in words. */
const char *candidate_meaning(const char *rule);
gint64 candidate_score(const char *rule);

/* The one of the tenant's people whose name AUTHOR bears without being them,
 * or NULL; borrowed from the configuration. */
const Person *impersonated(const struct look *look, const Mailbox *author);

/* The first address of Reply-To at another organisation than From's, or
 * NULL; borrowed.  Mailing lists are left out. */
const Mailbox *reply_elsewhere(const Facts *facts);

/* Is From authenticated: DMARC pass, or SPF or DKIM pass aligned with it? */
bool auth_is_aligned(const Facts *facts);
/* The same by SPF of MAIL FROM, or by a DKIM signature, alone. */
bool auth_spf_proves(const Facts *facts);
bool auth_dkim_proves(const Facts *facts);
/* Could a look-up that failed have proven From?  Not one of a domain that is
 * no author's. */
bool auth_is_unsure(const Facts *facts);
/* Has anyone we trust looked at the authentication at all? */
bool auth_is_known(const Facts *facts);

#endif
