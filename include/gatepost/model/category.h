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

#endif
