/*
 * notice.h -- what we tell people by mail
 */
#ifndef GATEPOST_SERVICE_NOTICE_H
#define GATEPOST_SERVICE_NOTICE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/life.h"
#include "gatepost/service/site.h"
#include "gatepost/store/quarantine.h"

/*
 * Alert TENANT's admins of what of ENTRIES (of Entry *) ends within
 * BOUND_NOTICE_DAYS of NOW, each end once; *TOLD counts the entries.  False
 * and ERROR set when that cannot be noted.
 */
bool notice_ends(Site *site, const Config *config, const Tenant *tenant,
		 const Life *life, const GPtrArray *entries, gint64 now,
		 guint *told, GError **error);

/* Alert the admins of its tenant that RCPT's copy of HELD is requested, with
 * what is known of it and the commands that decide. */
void notice_requested(Site *site, const Config *config, const Held *held,
		      const HeldRcpt *rcpt);

/* Mail its user what became of his request: RCPT's state says it.  LANGUAGE
 * is of languages[]; -1: the tenant's. */
bool notice_answered(const Config *config, const Held *held,
		     const HeldRcpt *rcpt, int language, GError **error);

#endif
