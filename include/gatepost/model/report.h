/*
 * report.h -- what users send us about a message: phish, junk or not-junk
 */
#ifndef GATEPOST_MODEL_REPORT_H
#define GATEPOST_MODEL_REPORT_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/util/fields.h"

/* Why a message is reported.  BLOCK asks for an entry on the reporter's own
 * list; ANY: the subject of the report says it. */
enum report_reason {
	REPORT_NONE, REPORT_PHISH, REPORT_JUNK, REPORT_NOT_JUNK,
	REPORT_BLOCK, REPORT_ANY
};
extern const char *const report_reasons[];	/* ends with NULL */

/* How the message came to us inside the report. */
enum report_form {
	FORM_NONE,		/* there is no message in it */
	FORM_ATTACHED,		/* message/rfc822 */
	FORM_FILE,		/* a file, as .eml */
	FORM_ARCHIVE,		/* such a file in an archive */
	FORM_FEEDBACK,		/* RFC 5965 */
	FORM_INLINE,		/* its header and text pasted in */
	FORM_BARE,		/* as it is, by a command */
	FORM_OUTLOOK		/* .msg, which is kept and not read */
};
extern const char *const report_forms[];	/* ends with NULL */

/* What an admin found a reported message to be. */
enum report_mark { MARK_NONE, MARK_PHISH, MARK_SPAM, MARK_CLEAN };
extern const char *const report_marks[];	/* ends with NULL */

/* The field of our own drills; see drill_make(). */
#define DRILL_FIELD "X-Phishing-Drill"

/* A message inside a report, as a worker found it: all of it is what a
 * stranger, or the reporter, claims. */
typedef struct Reported {
	int form;		/* enum report_form */
	gint64 offset, size;	/* of its octets, among all that came back */
	char *sha256;		/* of them with CRLF, without lines at the end
				 * that are empty */
	char *envelope;		/* Return-Path; NULL: it says none */
	char *from;		/* normal form; NULL: none */
	char *from_name, *subject, *message_id, *date;
	GPtrArray *ids;		/* of char *: values of X-Gatepost-Id */
	GPtrArray *bodies;	/* of char *: digests that its body may have
				 * had when it came */
	GPtrArray *drills;	/* of char *: values of DRILL_FIELD */
} Reported;
extern const struct fields reported_fields;

/* What the subject of a report to a common address asks for: "1|" or
 * "Junk:", "2|" or "Not junk:", "3|" or "Phishing:"; anything else, and NULL,
 * is phish. */
enum report_reason report_reason_of(const char *subject);

#endif
