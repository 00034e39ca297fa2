/*
 * category.c -- the names of categories, confidences, actions and modes
 */
#include "gatepost/model/category.h"

#include <stddef.h>

const char *const categories[] = {
	"clean", "bulk", "spam", "impersonation", "spoof", "phish",
	"malware", "unknown", NULL
};

const char *const confidences[] = { "normal", "high", NULL };

const char *const actions[] = {
	"deliver", "tag", "junk", "quarantine", "reject", "discard", NULL
};

const char *const modes[] = { "observe", "tag", "enforce", NULL };

const char *const candidate_rules[] = {
	"unproven-allow", "score-near", "name-of-ours", "look-alike",
	"link-text", "reply-to", "defects", "truncated", "odd-address",
	"hidden-text", "address-link", "page-file", "unproven-from",
	"locked-file", "dmarc-fail", "links-elsewhere", "shortener",
	"past-block", NULL
};

const char *const alert_kinds[] = {
	"reported-phish", "reported-junk", "reported-clean",
	"release-requested", "submission-completed", "entry-expiring",
	"entry-malicious", "candidate-burst", "job-overdue",
	"reports-waiting", "provisional-block", NULL
};
