/*
 * submit_once.c -- what needs no analyst: the ledger says it
 *
 * Codes are those of the service that admins know (its submissions API).
 */
#include "gatepost/service/submit_once.h"

#include <string.h>

#include "gatepost/model/config.h"
#include "gatepost/model/indicator.h"

/* The words for an entry of a tenant's list, by what it names. */
static const struct {
	const char *kind;
	const char *allowed, *blocked;
} codes[] = {
	{ "url", "allowedUrlByTenantAllowBlockList",
	  "blockedUrlByTenantAllowBlockList" },
	{ "file", "allowedFileByTenantAllowBlockList",
	  "blockedFileByTenantAllowBlockList" },
	{ "filename", "allowedFileByTenantAllowBlockList",
	  "blockedFileByTenantAllowBlockList" },
	{ "ip", "allowedByConnection", "blockedByConnection" },
	{ "defect", "allowedByTenant", "blockedByTenant" },
	/* All that name a sender. */
	{ NULL, "allowedSenderByTenantAllowBlockList",
	  "blockedSenderByTenantAllowBlockList" },
};

static void
add(GPtrArray *reasons, const char *code)
{
	g_ptr_array_add(reasons, g_strdup(code));
}

static void
add_entry(GPtrArray *reasons, const Finding *finding, bool is_allow)
{
	guint i = 0;

	while (codes[i].kind && g_strcmp0(codes[i].kind, finding->kind) != 0)
		i++;
	add(reasons, is_allow ? codes[i].allowed : codes[i].blocked);
}

/* Rows of the policy that are results of their own when mail was held by
 * them. */
static const struct {
	enum policy row;
	enum result result;
	const char *code;
} held_by[] = {
	{ POLICY_DMARC_REJECT, RESULT_AUTHENTICATION, "none" },
	{ POLICY_DMARC_QUARANTINE, RESULT_AUTHENTICATION, "none" },
	{ POLICY_SPOOF, RESULT_SPOOF_BLOCKED, "spoofBlocked" },
	{ POLICY_SPOOF_OWN, RESULT_SPOOF_BLOCKED, "spoofBlocked" },
	{ POLICY_LIKE_DOMAIN, RESULT_LIKE_DOMAIN, "domainImpersonation" },
	{ POLICY_LIKE_NAME, RESULT_LIKE_NAME, "userImpersonation" },
};

static enum result
of_hold(const Finding *because, GPtrArray *reasons)
{
	switch ((enum speaker)because->speaker) {
	case SPEAKER_USER:
		add(reasons, "blockedByUserSetting");
		return RESULT_USER_BLOCKED;
	case SPEAKER_TENANT:
	case SPEAKER_FEED:
		add_entry(reasons, because, false);
		return RESULT_BLOCKED;
	case SPEAKER_CHECK:
	case SPEAKER_UPSTREAM:
	case SPEAKER_SYSTEM:
		break;
	}
	for (guint i = 0; because->policy && i < G_N_ELEMENTS(held_by); i++)
		if (strcmp(policies[held_by[i].row], because->policy) == 0) {
			add(reasons, held_by[i].code);
			return held_by[i].result;
		}
	return RESULT_PENDING;
}

static enum result
of_allow(const Finding *because, GPtrArray *reasons)
{
	if (because->effect != EFFECT_ALLOW)
		return RESULT_PENDING;
	if (because->speaker == SPEAKER_USER) {
		add(reasons, "allowedByUserSetting");
		return RESULT_USER_ALLOWED;
	}
	if (because->speaker != SPEAKER_TENANT &&
	    because->speaker != SPEAKER_FEED)
		return RESULT_PENDING;
	add_entry(reasons, because, true);
	return RESULT_ALLOWED;
}

enum result
submit_once(const Decision *decision, enum submitted_as as,
	    GPtrArray *reasons)
{
	const Finding *because = decision->because;
	bool is_held = decision->place != PLACE_MAILBOX ||
	    decision->action == ACTION_JUNK;
	enum result result = RESULT_PENDING;

	if (because)
		result = is_held ? of_hold(because, reasons) :
		    of_allow(because, reasons);
	if (is_held && as_is_bad(as) && because) {
		/* It did not come through: nothing was missed. */
		add(reasons, "invalidFalseNegative");
		if (result == RESULT_PENDING) {
			add(reasons, "blockedByTenant");
			result = RESULT_BLOCKED;
		}
	}
	if (result == RESULT_ALLOWED && !as_is_bad(as))
		add(reasons, "invalidFalsePositive");
	return result;
}

enum result
submit_once_thing(const Decision *decision, enum submitted_as as,
		  GPtrArray *reasons)
{
	const Finding *because = decision->because;

	if (!because || !because->entry)
		return RESULT_PENDING;
	if (because->effect == EFFECT_BLOCK) {
		if (as_is_bad(as))
			add(reasons, "invalidFalseNegative");
		return of_hold(because, reasons);
	}
	if (!as_is_bad(as) && because->effect == EFFECT_ALLOW)
		add(reasons, "invalidFalsePositive");
	return of_allow(because, reasons);
}
