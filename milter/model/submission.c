/*
 * submission.c -- the words of submissions: kinds, states and results
 *
 * Results and their codes are those of the service that admins know
 * (Defender's submissions page and its API), but for the vendor's name.
 */
#include "gatepost/model/submission.h"

#include <string.h>

const char *const submission_kinds[] = { "message", "url", "file", NULL };
const char *const submitted_ases[] = {
	"phish", "malware", "spam", "clean", "suspicious", "appears-clean",
	NULL
};
const char *const submission_statuses[] = { "pending", "completed", NULL };
const char *const verdicts[] = {
	"none", "clean", "bulk", "spam", "phish", "malware", "unknown", NULL
};
const char *const attempt_states[] = {
	"waiting", "sending", "sent", "answered", "refused", "given-up", NULL
};

const char *const submission_results[] = {
	[RESULT_PENDING] = "beingAnalyzed",
	[RESULT_NOT_SUBMITTED] = "notSubmitted",
	[RESULT_DRILL] = "phishingSimulation",
	[RESULT_AUTHENTICATION] = "authenticationFailure",
	[RESULT_SPOOF_ALLOWED] = "spoofedAllowed",
	[RESULT_SPOOF_BLOCKED] = "spoofedBlocked",
	[RESULT_LIKE_DOMAIN] = "domainImpersonation",
	[RESULT_LIKE_BRAND] = "brandImpersonation",
	[RESULT_LIKE_NAME] = "userImpersonation",
	[RESULT_ALLOWED] = "allowedDueToOrganizationOverride",
	[RESULT_USER_ALLOWED] = "allowedDueToUserOverride",
	[RESULT_BLOCKED] = "blockedDueToOrganizationOverride",
	[RESULT_USER_BLOCKED] = "blockedDueToUserOverride",
	[RESULT_NOT_FOUND] = "itemNotFound",
	[RESULT_LOST] = "reasonLostInTransit",
	[RESULT_NOT_RECEIVED] = "noResultAvailable",
	[RESULT_FURTHER] = "furtherAnalysisNeeded",
	[RESULT_UNKNOWN] = "unknown",
	[RESULT_BULK] = "bulk",
	[RESULT_SPAM] = "spam",
	[RESULT_CLEAN] = "noThreatsFound",
	[RESULT_THREATS] = "threatsFound",
	NULL
};

static const struct {
	const char *words, *meaning;
} told[] = {
	[RESULT_PENDING] = { "Under investigation",
	    "the analysts have not all answered yet" },
	[RESULT_NOT_SUBMITTED] = { "Not submitted",
	    "reports go to the reporting mailbox alone; to have them "
	    "analysed, set report.destination to \"both\"" },
	[RESULT_DRILL] = { "Phishing simulation",
	    "the message is part of your own exercise" },
	[RESULT_AUTHENTICATION] = { "Authentication failed",
	    "the message was not delivered because authentication failed: "
	    "mend SPF, DKIM and DMARC of your own domain, or tell the "
	    "domain's owner" },
	[RESULT_SPOOF_ALLOWED] = { "Spoofed message",
	    "From is spoofed and the message came through: see gatepost "
	    "spoof list" },
	[RESULT_SPOOF_BLOCKED] = { "Spoofed message",
	    "From is spoofed, so the message was not delivered: if the pair "
	    "is legitimate, gatepost spoof allow" },
	[RESULT_LIKE_DOMAIN] = { "Domain impersonation",
	    "the domain looks like one of yours or of a partner: if it is "
	    "legitimate, add it to impersonation.exempt" },
	[RESULT_LIKE_BRAND] = { "Brand impersonation",
	    "the message looks like a brand's: if it is legitimate, allow "
	    "the sender" },
	[RESULT_LIKE_NAME] = { "User impersonation",
	    "the display name is that of one of your people: if it is "
	    "legitimate, add the address to impersonation.exempt" },
	[RESULT_ALLOWED] = { "Allowed due to organizational overrides",
	    "an entry of the tenant's lists let it in: see the advice" },
	[RESULT_USER_ALLOWED] = { "Allowed due to user overrides",
	    "the recipient's own safe senders let it in" },
	[RESULT_BLOCKED] = { "Blocked due to organizational overrides",
	    "an entry of the tenant's lists or its policy held it" },
	[RESULT_USER_BLOCKED] = { "Blocked due to user overrides",
	    "the recipient's own blocked senders held it" },
	[RESULT_NOT_FOUND] = { "Item was not found",
	    "the message is not kept any more, or the id is wrong: submit "
	    "the message as a file" },
	[RESULT_LOST] = {
	    "The reason behind this verdict was lost in transit",
	    "the ledger's record of the message is gone or was never "
	    "written" },
	[RESULT_NOT_RECEIVED] = { "We did not receive the submission, please "
	    "fix the problem and resubmit",
	    "no analyst took it: see the faults below" },
	[RESULT_FURTHER] = { "Further analysis needed",
	    "authentication and policy explain nothing, and no analyst is "
	    "configured: see analysts in gatepost.conf(5)" },
	[RESULT_UNKNOWN] = { "Unknown - We checked but can't make a decision "
	    "right now", "the analysts disagree, or could not look" },
	[RESULT_BULK] = { "Bulk", "mail that is sent in bulk" },
	[RESULT_SPAM] = { "Spam", "unwanted mail" },
	[RESULT_CLEAN] = { "No threats found", "nothing bad was found" },
	[RESULT_THREATS] = { "Threats found", "phishing or malware" },
};

const char *
result_words(enum result result)
{
	return told[result].words;
}

const char *
result_meaning(enum result result)
{
	return told[result].meaning;
}

enum result
result_of(enum verdict verdict)
{
	static const enum result of[] = {
		[VERDICT_NONE] = RESULT_PENDING,
		[VERDICT_CLEAN] = RESULT_CLEAN,
		[VERDICT_BULK] = RESULT_BULK,
		[VERDICT_SPAM] = RESULT_SPAM,
		[VERDICT_PHISH] = RESULT_THREATS,
		[VERDICT_MALWARE] = RESULT_THREATS,
		[VERDICT_UNKNOWN] = RESULT_UNKNOWN,
	};

	return of[verdict];
}

bool
as_is_bad(enum submitted_as as)
{
	return as != AS_CLEAN && as != AS_APPEARS_CLEAN;
}

static const struct field attempt_rows[] = {
	FIELD(Attempt, analyst, FIELD_TEXT),
	FIELD_WORDS(Attempt, state, attempt_states),
	FIELD(Attempt, tries, FIELD_NUMBER),
	FIELD(Attempt, sent, FIELD_TIME),
	FIELD(Attempt, answered, FIELD_TIME),
	FIELD(Attempt, next, FIELD_TIME),
	FIELD_WORDS(Attempt, verdict, verdicts),
	FIELD(Attempt, detail, FIELD_TEXT),
	FIELD(Attempt, fault, FIELD_TEXT),
	FIELD(Attempt, where, FIELD_TEXT),
	FIELD(Attempt, privacy, FIELD_TEXT),
	FIELD(Attempt, size, FIELD_NUMBER),
	FIELD(Attempt, sha256, FIELD_TEXT),
	FIELD(Attempt, ticket, FIELD_TEXT),
};
const struct fields attempt_fields = FIELDS(Attempt, attempt_rows);

static const struct field dispute_rows[] = {
	FIELD(Dispute, at, FIELD_TIME),
	FIELD(Dispute, by, FIELD_TEXT),
	FIELD(Dispute, wrong, FIELD_TEXTS),
	FIELD(Dispute, text, FIELD_TEXT),
	FIELD_WORDS(Dispute, result, submission_results),
	FIELD(Dispute, late, FIELD_TEXTS),
};
const struct fields dispute_fields = FIELDS(Dispute, dispute_rows);

static const struct field submission_rows[] = {
	FIELD(Submission, id, FIELD_TEXT),
	FIELD(Submission, at, FIELD_TIME),
	FIELD(Submission, tenant, FIELD_TEXT),
	FIELD_WORDS(Submission, kind, submission_kinds),
	FIELD_WORDS(Submission, as, submitted_ases),
	FIELD(Submission, source, FIELD_TEXT),
	FIELD(Submission, by, FIELD_TEXT),
	FIELD(Submission, via, FIELD_TEXT),
	FIELD(Submission, note, FIELD_TEXT),
	FIELD(Submission, message, FIELD_TEXT),
	FIELD(Submission, item, FIELD_TEXT),
	FIELD(Submission, rcpt, FIELD_TEXT),
	FIELD(Submission, sender, FIELD_TEXT),
	FIELD(Submission, from, FIELD_TEXT),
	FIELD(Submission, subject, FIELD_TEXT),
	FIELD(Submission, message_id, FIELD_TEXT),
	FIELD(Submission, url, FIELD_TEXT),
	FIELD(Submission, filename, FIELD_TEXT),
	FIELD(Submission, sha256, FIELD_TEXT),
	FIELD(Submission, size, FIELD_NUMBER),
	FIELD(Submission, reports, FIELD_TEXTS),
	FIELD(Submission, entries, FIELD_TEXTS),
	FIELD_WORDS(Submission, status, submission_statuses),
	FIELD_WORDS(Submission, result, submission_results),
	FIELD_WORDS(Submission, verdict, verdicts),
	FIELD(Submission, reasons, FIELD_TEXTS),
	FIELD(Submission, completed, FIELD_TIME),
	FIELD(Submission, completed_by, FIELD_TEXT),
	FIELD_OF(Submission, dispute, FIELD_STRUCT, dispute_fields),
	FIELD_OF(Submission, attempts, FIELD_LIST, attempt_fields),
};
const struct fields submission_fields = FIELDS(Submission, submission_rows);

Submission *
submission_new(void)
{
	return fields_new(&submission_fields);
}

void
submission_free(Submission *submission)
{
	if (submission)
		fields_free(&submission_fields, submission);
}

Attempt *
submission_attempt(Submission *submission, const char *analyst)
{
	Attempt *attempt;

	for (guint i = 0; i < submission->attempts->len; i++) {
		attempt = submission->attempts->pdata[i];
		if (strcmp(attempt->analyst, analyst) == 0)
			return attempt;
	}
	attempt = fields_new(&attempt_fields);
	attempt->analyst = g_strdup(analyst);
	g_ptr_array_add(submission->attempts, attempt);
	return attempt;
}
