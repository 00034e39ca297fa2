/*
 * cmd_sweep.c -- gatepost sweep: expiry and retention, from cron
 */
#include <stdio.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/service/sweep.h"
#include "gatepost/util/clock.h"

int
cmd_sweep(struct cli *cli)
{
	g_autoptr(GPtrArray) odd = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(
	    (GDestroyNotify)g_error_free);
	struct swept done = { .life = { 0, 0, odd } };
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	sweep(site, cli->config, clock_now(), &done, faults);
	printf("expired %u copies, released %u approved ones, removed %u "
	       "items, %u candidates, %u submissions, %u reports, %u entries, "
	       "%u days of the ledger and %u of evidence; told the end of %u "
	       "entries; found %u past messages that new blocks would have "
	       "held\n",
	       done.expired, done.released, done.items, done.candidates,
	       done.submissions, done.reports, done.life.removed, done.days,
	       done.evidence, done.life.told, done.past);
	for (guint i = 0; i < odd->len; i++)
		printf("%s\n", (const char *)odd->pdata[i]);
	if (!faults->len &&
	    !jobs_done(site->alerts, "sweep", clock_now(), &error))
		status = cli_error("sweep", error);
	for (guint i = 0; i < faults->len; i++)
		status = cli_error("sweep", faults->pdata[i]);
	return status;
}
