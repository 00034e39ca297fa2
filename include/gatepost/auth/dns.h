/*
 * dns.h -- all look-ups of one message: started early, answered when asked
 *
 * One thread, no fork: what was started travels while any of them is waited
 * for.  All share a deadline and a number; what is beyond either is unsure.
 */
#ifndef GATEPOST_AUTH_DNS_H
#define GATEPOST_AUTH_DNS_H

#include <glib.h>
#include <stdbool.h>

enum dns_type { DNS_A, DNS_AAAA, DNS_MX, DNS_PTR, DNS_TXT };

enum dns_result {
	DNS_ANSWER,	/* there are values */
	DNS_NONE,	/* the name has none, or does not exist */
	DNS_UNSURE	/* no answer in time, or a server's fault */
};

/* What a look-up found.  Values, of GString *, are borrowed: TXT octet for
 * octet with its strings joined, addresses as text, host names without the
 * last dot, MX hosts in order of preference. */
typedef struct Lookup {
	enum dns_result result;
	bool is_absent;		/* the name itself does not exist */
	const GPtrArray *values;
} Lookup;

typedef struct Lookups Lookups;

/*
 * Look-ups by SERVERS ("ADDRESS@PORT", parted by blanks; "": the system's),
 * until DEADLINE (steady ms), MOST names at most.  Never fails: what cannot
 * be asked is unsure.  The resolver and its cache live as long as the
 * process, or until other SERVERS are named.
 */
Lookups *lookups_new(const char *servers, gint64 deadline, guint most);
void lookups_free(Lookups *lookups);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lookups, lookups_free)

/* Start to look up NAME; a second time does nothing. */
void dns_start(Lookups *lookups, const char *name, enum dns_type type);

/* Wait for the answer, which was started or is now. */
Lookup dns_answer(Lookups *lookups, const char *name, enum dns_type type);

/* The name under in-addr.arpa or ip6.arpa of ADDRESS (text); NULL when it is
 * none.  Yours. */
char *dns_reverse(const char *address);

/* Names that a server was asked for, not the cache; for whoever gives the next
 * message its time. */
guint lookups_count(const Lookups *lookups);

/*
 * Did a server answer any of them?  When none did, names that anybody may
 * have chosen say nothing of the servers: then these are asked for one that
 * nobody has and every resolver can tell of, for MOST ms after the deadline
 * (0: they are not).
 */
bool lookups_is_alive(Lookups *lookups, gint64 most);

/* A line on each library of this file, for -V. */
void dns_versions(GString *out);

#endif
