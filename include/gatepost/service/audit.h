/*
 * audit.h -- what is odd about a tenant's entries, and what to do about it
 */
#ifndef GATEPOST_SERVICE_AUDIT_H
#define GATEPOST_SERVICE_AUDIT_H

#include <glib.h>

#include "gatepost/lists/entry.h"
#include "gatepost/model/config.h"
#include "gatepost/service/life.h"

enum audit_severity { AUDIT_WARNING, AUDIT_NOTICE, AUDIT_INFO };
extern const char *const audit_severities[];	/* names; ends with NULL */

struct audit_finding {
	const char *audit;		/* its name */
	enum audit_severity severity;
	const Entry *entry;		/* borrowed */
	char *why;
	char *what;			/* to do: a line for a shell */
};

/* The names of all audits, in the order of their findings; ends with NULL.
 * Borrowed. */
const char *const *audit_names(void);

/*
 * Look at ENTRIES (of Entry *, all of TENANT) at NOW (us).  LIFE may be NULL:
 * nothing is known of their use.  ONLY the audit of that name, unless NULL.
 * An array of struct audit_finding *, audit
 * by audit, which frees them.  Takes time in proportion to their number.
 */
GPtrArray *audit_run(const Config *config, const Tenant *tenant,
		     const GPtrArray *entries, const Life *life,
		     const char *only, gint64 now);

#endif
