/*
 * cmd_forget.c -- gatepost user forget: erase a person, and prove it
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/model/address.h"
#include "gatepost/service/forget.h"
#include "gatepost/util/json.h"
#include "gatepost/util/text.h"

/* The counts in words: a row for each. */
static const struct {
	const char *name;	/* in JSON */
	size_t offset;
	const char *meaning;
} counts[] = {
	{ "copies", offsetof(struct forgotten, copies),
	  "held copies erased" },
	{ "items", offsetof(struct forgotten, items),
	  "held messages that go with them" },
	{ "spool", offsetof(struct forgotten, spool),
	  "candidates and submissions erased" },
	{ "evidence", offsetof(struct forgotten, evidence),
	  "delivered messages that were kept, erased" },
	{ "outgoing", offsetof(struct forgotten, outgoing),
	  "copies taken out of the outbox" },
	{ "entries", offsetof(struct forgotten, entries),
	  "safe and blocked senders erased" },
	{ "records", offsetof(struct forgotten, records),
	  "records of the ledger without the address" },
	{ "events", offsetof(struct forgotten, events),
	  "later deeds in the ledger without it" },
	{ "contacts", offsetof(struct forgotten, contacts),
	  "keys of contacts erased, if they were there" },
	{ "deeds", offsetof(struct forgotten, deeds),
	  "fields of the audit log without it" },
	{ "others", offsetof(struct forgotten, others),
	  "other fields without it" },
};

static void
print_counts(const struct forgotten *done)
{
	for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
		printf("%8u  %s\n", *(const guint *)((const char *)done +
		       counts[i].offset), counts[i].meaning);
}

static void
print_json(const char *address, bool is_done, const struct forgotten *done,
	   guint files, const GPtrArray *traces)
{
	g_autoptr(GString) out = g_string_new("{");

	json_put(out, "user", address);
	json_key(out, "done");
	g_string_append(out, is_done ? "true" : "false");
	for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
		json_put_number(out, counts[i].name,
				*(const guint *)((const char *)done +
						 counts[i].offset));
	json_put_number(out, "files", files);
	json_key(out, "traces");
	g_string_append_c(out, '[');
	for (guint i = 0; i < traces->len; i++) {
		json_comma(out);
		json_quote(out, traces->pdata[i]);
	}
	printf("%s]}\n", out->str);
}

static void
print_proof(const char *shown, guint files, const GPtrArray *traces)
{
	if (traces->len == 0) {
		printf("no trace of %s in %u files\n", shown, files);
		return;
	}
	printf("%u traces of %s are left in %u files:\n", traces->len, shown,
	       files);
	for (guint i = 0; i < traces->len; i++)
		printf("  %s\n", (char *)traces->pdata[i]);
}

static int
forget(struct cli *cli, const char *address, bool is_done)
{
	const struct doer by = { cli->who, cli->via, ACTOR_ADMIN };
	g_autoptr(GPtrArray) traces = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *shown = text_shown(address, 330);
	struct forgotten done = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK;
	guint files = 0;

	if (!(site = cli_site(cli, &status)))
		return status;
	if (!forget_person(site, cli->config, address, !is_done, &by, &done,
			   &error) ||
	    (is_done && !forget_search(site, address, &files, traces,
				       &error)))
		return cli_fail(EX_TEMPFAIL, "%s is not forgotten yet: %s; "
				"run it again", shown, error->message);
	if (cli->json) {
		print_json(address, is_done, &done, files, traces);
		return traces->len ? 1 : EX_OK;
	}
	print_counts(&done);
	if (is_done)
		print_proof(shown, files, traces);
	else
		printf("nothing was done; with --yes it is, for ever\n");
	return traces->len ? 1 : EX_OK;
}

int
cmd_user_forget(struct cli *cli)
{
	bool is_done = cli_flag(cli, "--yes");
	g_autofree char *address = NULL;
	const Tenant *tenant;

	if (!cli_words(cli, 1, 1))
		return EX_USAGE;
	address = address_normal(cli_word(cli, 0));
	if (!address || !*address_domain(address)) {
		g_autofree char *safe = text_safe(cli_word(cli, 0));

		return cli_fail(EX_USAGE, "\"%s\" is no address; a login is "
				"none: gatepost user map says which it has",
				safe);
	}
	tenant = config_tenant_of(cli->config, address_domain(address));
	if (!caller_sees(cli->caller, tenant ? tenant->name : NULL))
		return cli_fail(EX_NOPERM, "%s is of no tenant of yours",
				address);
	return forget(cli, address, is_done);
}
