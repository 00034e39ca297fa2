/*
 * cmd_list_audit.c -- gatepost list audit: what is odd about the entries of a
 * tenant, and what to do
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/list.h"
#include "gatepost/service/audit.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/text.h"

/* Findings of one audit that are printed for people. */
#define SHOWN 20

static void
print_finding(const struct audit_finding *finding)
{
	const Entry *entry = finding->entry;
	g_autofree char *line = entry_format(entry);
	g_autofree char *shown = text_shown(line, 500);
	g_autofree char *why = text_shown(finding->why, 500);

	printf("%s %s %s:%u  key=%s\n  %s\n  %s\n    %s\n",
	       audit_severities[finding->severity], finding->audit,
	       entry->file, entry->line, entry->key, shown, why,
	       finding->what);
}

/* How many of FOUND are of the audit NAME. */
static guint
count_of(const GPtrArray *found, const char *name)
{
	guint count = 0;

	for (guint i = 0; i < found->len; i++) {
		const struct audit_finding *one = found->pdata[i];

		count += strcmp(one->audit, name) == 0;
	}
	return count;
}

static void
print_text(const GPtrArray *found, guint entries)
{
	const char *last = "";
	guint count = 0;

	for (guint i = 0; i < found->len; i++) {
		const struct audit_finding *one = found->pdata[i];

		count = strcmp(one->audit, last) == 0 ? count + 1 : 1;
		last = one->audit;
		if (count <= SHOWN)
			print_finding(one);
		else if (count == SHOWN + 1)
			printf("%s %s: %u more; --audit %s --json prints "
			       "all\n", audit_severities[one->severity],
			       one->audit, count_of(found, one->audit) -
			       SHOWN, one->audit);
	}
	printf("%u %s in %u %s\n", found->len,
	       found->len == 1 ? "finding" : "findings", entries,
	       entries == 1 ? "entry" : "entries");
}

static void
print_json(const GPtrArray *found, guint entries, const char *tenant)
{
	g_autoptr(GString) out = g_string_new("{");
	const char *const *names = audit_names();

	json_put(out, "tenant", tenant);
	json_put_number(out, "entries", entries);
	json_key(out, "counts");
	g_string_append_c(out, '{');
	for (guint i = 0; names[i]; i++)
		json_put_number(out, names[i], count_of(found, names[i]));
	g_string_append_c(out, '}');
	json_key(out, "findings");
	g_string_append_c(out, '[');
	for (guint i = 0; i < found->len; i++) {
		const struct audit_finding *one = found->pdata[i];

		json_comma(out);
		g_string_append_c(out, '{');
		json_put(out, "severity", audit_severities[one->severity]);
		json_put(out, "audit", one->audit);
		json_put(out, "why", one->why);
		json_put(out, "do", one->what);
		json_key(out, "entry");
		entry_json_open(one->entry, out);
		g_string_append(out, "}}");
	}
	printf("%s]}\n", out->str);
}

int
cmd_list_audit(struct cli *cli)
{
	const char *name = cli_option(cli, "--tenant");
	const char *only = cli_option(cli, "--audit");
	g_autoptr(GPtrArray) entries = NULL, found = NULL;
	g_autoptr(Life) life = NULL;
	const Tenant *tenant;

	if (!cli_words(cli, 0, 0) || !(tenant = cli_tenant(cli, name)))
		return EX_USAGE;
	if (!cli_is_one_of("--audit", audit_names(), only))
		return EX_USAGE;
	entries = list_entries(cli, tenant);
	life = list_life(cli);
	found = audit_run(cli->config, tenant, entries, life, only,
			  clock_now());
	if (cli->json)
		print_json(found, entries->len, tenant->name);
	else
		print_text(found, entries->len);
	return EX_OK;
}
