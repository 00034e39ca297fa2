/*
 * notice.h -- tell a tenant's admins by mail which entries end soon
 */
#ifndef GATEPOST_SERVICE_NOTICE_H
#define GATEPOST_SERVICE_NOTICE_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/service/life.h"

/*
 * Mail TENANT's admins what of ENTRIES (of Entry *) ends within
 * BOUND_NOTICE_DAYS of NOW, each end once; *TOLD counts the entries.  Without
 * admins nothing is sent.  False and ERROR set when the MTA took no mail: the
 * next call tries again.
 */
bool notice_ends(Usages *usages, const Config *config, const Tenant *tenant,
		 const Life *life, const GPtrArray *entries, gint64 now,
		 guint *told, GError **error);

#endif
