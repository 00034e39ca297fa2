/*
 * report.c -- what users send us about a message
 */
#include "gatepost/model/report.h"

#include <string.h>

const char *const report_reasons[] = {
	"none", "phish", "junk", "not-junk", "block", "any", NULL
};
const char *const report_forms[] = {
	"none", "attached", "file", "archive", "feedback", "inline", "bare",
	"outlook", NULL
};
const char *const report_marks[] = { "", "phish", "spam", "clean", NULL };

static const struct field reported_rows[] = {
	FIELD_WORDS(Reported, form, report_forms),
	FIELD(Reported, offset, FIELD_NUMBER),
	FIELD(Reported, size, FIELD_NUMBER),
	FIELD(Reported, sha256, FIELD_TEXT),
	FIELD(Reported, envelope, FIELD_TEXT),
	FIELD(Reported, from, FIELD_TEXT),
	FIELD(Reported, from_name, FIELD_TEXT),
	FIELD(Reported, subject, FIELD_TEXT),
	FIELD(Reported, message_id, FIELD_TEXT),
	FIELD(Reported, date, FIELD_TEXT),
	FIELD(Reported, ids, FIELD_TEXTS),
	FIELD(Reported, bodies, FIELD_TEXTS),
	FIELD(Reported, drills, FIELD_TEXTS),
};
const struct fields reported_fields = FIELDS(Reported, reported_rows);

/* To add a word that a reporting tool writes: a row. */
static const struct {
	const char *prefix;
	enum report_reason reason;
} prefixes[] = {
	{ "1|", REPORT_JUNK }, { "junk:", REPORT_JUNK },
	{ "2|", REPORT_NOT_JUNK }, { "not junk:", REPORT_NOT_JUNK },
	{ "3|", REPORT_PHISH }, { "phishing:", REPORT_PHISH },
};

enum report_reason
report_reason_of(const char *subject)
{
	const char *at = subject ? subject + strspn(subject, " \t") : "";

	for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_ascii_strncasecmp(at, prefixes[i].prefix,
					strlen(prefixes[i].prefix)) == 0)
			return prefixes[i].reason;
	return REPORT_PHISH;
}
