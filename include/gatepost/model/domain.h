/*
 * domain.h -- host names in one form: lower-case A-labels, no trailing dot
 */
#ifndef GATEPOST_MODEL_DOMAIN_H
#define GATEPOST_MODEL_DOMAIN_H

#include <glib.h>
#include <stdbool.h>

/*
 * RAW (UTF-8 or ASCII, any case, one trailing dot allowed) as lower-case
 * A-labels by UTS 46 (libidn2, non-transitional).  NULL when it is no host
 * name: empty, over 253 octets, an empty label, or an octet outside
 * letters, digits, '-', '_' and '.' in the result.  Yours.
 */
char *domain_normal(const char *raw);

/* The same of LENGTH octets of RAW, none of them NUL. */
char *domain_normal_part(const char *raw, gsize length);

/* Put the ASCII of NAME into that form in place.  False when it is no host
 * name; some of it may then be in lower case. */
bool domain_finish(char *name);

/* DOMAIN (normal form) as a reader sees it: U-labels for A-labels; what is
 * no good A-label stays.  Yours. */
char *domain_unicode(const char *domain);

/* Is DOMAIN the domain PARENT or below it?  Both in normal form. */
bool domain_is_below(const char *domain, const char *parent);

/* The registrable domain of DOMAIN (normal form) by the public suffix list,
 * or NULL when it is itself a suffix or has none.  Points into DOMAIN. */
const char *domain_registrable(const char *domain);

/* Are ONE and OTHER (normal form) the same, or below one registrable
 * domain? */
bool domain_is_kin(const char *one, const char *other);

/* What DOMAIN is on the public suffix list. */
enum domain_suffix { SUFFIX_NONE, SUFFIX_ICANN, SUFFIX_PRIVATE };
enum domain_suffix domain_suffix(const char *domain);

/* A line on each library of this file, for -V. */
void domain_versions(GString *out);

#endif
