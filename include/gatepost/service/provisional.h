/*
 * provisional.h -- blocks that nobody wrote: for some hours, after several
 * users reported mail of one sender, until an admin has looked
 */
#ifndef GATEPOST_SERVICE_PROVISIONAL_H
#define GATEPOST_SERVICE_PROVISIONAL_H

#include "gatepost/service/site.h"
#include "gatepost/store/reports.h"

/*
 * ROW was just added to the reports: when that makes provisional.reporters
 * verified ones of its sender within a day, have the sender's mail filed as
 * junk for provisional.hours.  Not where a veto stands; either way the audit
 * log tells, and the admins are alerted.  What fails is logged.
 */
void provisional_look(Site *site, const Config *config, const Tenant *tenant,
		      const Report *row);

/* The group of ROW was marked: as no threat, its provisional block goes; as a
 * threat, it stays for 30 days, as BY's. */
bool provisional_settle(Site *site, const Config *config,
			const Tenant *tenant, const Report *row,
			bool is_threat, const struct doer *by,
			GError **error);

#endif
