/*
 * list.h -- what the commands of `gatepost list` share
 */
#ifndef GATEPOST_CLI_LIST_H
#define GATEPOST_CLI_LIST_H

#include "gatepost/cli/cli.h"
#include "gatepost/service/life.h"
#include "gatepost/service/lists.h"

/* All entries of TENANT (of Entry *); what is wrong with them is said. */
GPtrArray *list_entries(struct cli *cli, const Tenant *tenant);

/* All lists as they stand in their files now, compiled aside; what is wrong
 * with them is said.  NULL and ERROR set on failure. */
Snapshot *list_aside(struct cli *cli, GError **error);

/* What is known of the life of entries; NULL and said when it cannot be
 * read. */
Life *list_life(struct cli *cli);

/* Print the feeds of TENANT that are in force; an exit status. */
int list_feeds(struct cli *cli, const Tenant *tenant);

/* Append first_used, last_used, hits, last_decided, decisions, ends and
 * braked of ENTRY to an open object; LIFE may be NULL. */
void list_usage_json(const Life *life, const Entry *entry, GString *out);

#endif
