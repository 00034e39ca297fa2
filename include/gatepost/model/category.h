/*
 * category.h -- what a message is, and what is done with it (design 5)
 */
#ifndef GATEPOST_MODEL_CATEGORY_H
#define GATEPOST_MODEL_CATEGORY_H

enum category {
	CATEGORY_CLEAN, CATEGORY_BULK, CATEGORY_SPAM, CATEGORY_IMPERSONATION,
	CATEGORY_SPOOF, CATEGORY_PHISH, CATEGORY_MALWARE, CATEGORY_UNKNOWN
};
extern const char *const categories[];		/* names; ends with NULL */

enum confidence { CONFIDENCE_NORMAL, CONFIDENCE_HIGH };
extern const char *const confidences[];

/* In the order of hardness, so that the harder is the greater. */
enum action {
	ACTION_DELIVER, ACTION_TAG, ACTION_JUNK, ACTION_QUARANTINE,
	ACTION_REJECT, ACTION_DISCARD
};
extern const char *const actions[];

/* How much of an action is carried out. */
enum mode { MODE_OBSERVE, MODE_TAG, MODE_ENFORCE };
extern const char *const modes[];

/* The rules that suspect delivered mail; policy/candidates.c has them. */
extern const char *const candidate_rules[];

/* What the admins of a tenant are told. */
enum alert_kind {
	ALERT_REPORTED_PHISH, ALERT_REPORTED_JUNK, ALERT_REPORTED_CLEAN,
	ALERT_RELEASE_REQUESTED, ALERT_SUBMISSION_COMPLETED,
	ALERT_ENTRY_EXPIRING, ALERT_ENTRY_MALICIOUS, ALERT_CANDIDATE_BURST,
	ALERT_JOB_OVERDUE, ALERT_REPORTS_WAITING, ALERT_PROVISIONAL_BLOCK
};
extern const char *const alert_kinds[];		/* names; ends with NULL */

#endif
