/*
 * analyst.h -- an analyst's settings: what they must be, and what they say
 */
#ifndef GATEPOST_MODEL_ANALYST_H
#define GATEPOST_MODEL_ANALYST_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/model/submission.h"

/* The fields of a template, "{id}" and so on; ends with NULL. */
extern const char *const analyst_fields[];

/* What is wrong with ONE: sentences, of char *; yours. */
GPtrArray *analyst_faults(const AnalystSetting *one);

/* Is ONE to be asked about SUBMISSION: by its tenants, takes and as; and a
 * candidate only when it is local or auto? */
bool analyst_takes(const AnalystSetting *one, const Submission *submission);

/* What WORD of ONE's is in ours; VERDICT_NONE when nobody knows. */
enum verdict analyst_word(const AnalystSetting *one, const char *word);

/* The end of the name in braces that starts at TEXT, one of analyst_fields,
 * in *FIELD; NULL when TEXT starts none. */
const char *analyst_field(const char *text, int *field);

#endif
