/*
 * report.h -- what the commands on reported messages share
 */
#ifndef GATEPOST_CLI_REPORT_H
#define GATEPOST_CLI_REPORT_H

#include "gatepost/cli/cli.h"

/* The rows of the group that report ID is of; NULL and said, *STATUS set, when
 * there is none that the caller may see. */
GPtrArray *report_named(Site *site, const char *id, int *status);

/* Append the members of what is known of ROWS, one reported message, to an
 * open object: the listing's. */
void report_members(const GPtrArray *rows, GString *out);

/* The texts of KEY ("reporter" or "reason") among ROWS, each once, parted by
 * commas.  Yours. */
char *report_words(const GPtrArray *rows, const char *key);

#endif
