/*
 * cmd_digest.c -- gatepost digest: tell users what is held for them
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/cli.h"
#include "gatepost/model/address.h"
#include "gatepost/service/digest.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/text.h"
#include "gatepost/worker/ask.h"

struct telling {
	const struct cli *cli;
	GString *json;
	guint sent, failed;
};

static void
put_json(GString *out, const struct digest_told *told)
{
	json_comma(out);
	g_string_append_c(out, '{');
	json_put(out, "tenant", told->tenant);
	json_put(out, "user", told->user);
	json_put(out, "to", told->to);
	json_put_number(out, "new", told->fresh);
	json_put_number(out, "ending", told->ending);
	json_put_number(out, "left", told->left);
	json_put(out, "fault", told->fault);
	g_string_append_c(out, '}');
}

static void
told(const struct digest_told *one, void *data)
{
	struct telling *telling = data;
	const char *who = one->user ? one->user : one->to;
	g_autofree char *shown = text_shown(who, 200);
	g_autofree char *to = text_shown(one->to, 200);
	g_autofree char *fault = text_shown(one->fault, 400);

	telling->sent += !one->fault;
	telling->failed += one->fault != NULL;
	if (telling->cli->json)
		put_json(telling->json, one);
	if (one->fault)
		fprintf(stderr, "gatepost: no digest for %s of tenant %s: "
			"%s\n", shown, one->tenant, fault);
	else if (!telling->cli->json)
		printf("%s: %u new, %u soon deleted%s%s\n", shown,
		       one->fresh, one->ending,
		       strcmp(shown, to) == 0 ? "" : ", sent to ",
		       strcmp(shown, to) == 0 ? "" : to);
}

/* The mailbox of WORD, an address; yours.  NULL and said. */
static char *
user_of(const struct digest_run *run, const char *word)
{
	struct map_wait wait = { wait_plainly, NULL, 0 };
	g_autofree char *address = address_normal(word);
	const Tenant *tenant = !address ? NULL : run->tenant ? run->tenant :
	    config_tenant_of(run->config, address_domain(address));
	g_autoptr(Route) route = NULL;

	if (!tenant) {
		cli_fail(0, "--user: \"%s\" is no address in a domain of a "
			 "tenant", word);
		return NULL;
	}
	wait.deadline = clock_steady_ms() + tenant->users.timeout;
	route = routes_follow(run->routes, tenant, address, &wait);
	if (route->unsure) {
		cli_fail(0, "it is not known whose %s is: %s", word,
			 route->unsure);
		return NULL;
	}
	return g_strdup(route->owner);
}

static int
send_all(struct cli *cli, struct digest_run *run, int lock)
{
	struct telling telling = { .cli = cli };
	g_autoptr(GError) error = NULL;
	bool good;

	telling.json = g_string_new("{\"digests\":[");
	run->told = told;
	run->data = &telling;
	good = digest_send(run, &error);
	close(lock);
	if (cli->json)
		printf("%s]}\n", telling.json->str);
	g_string_free(telling.json, TRUE);
	/* For some users alone it is no run of cron. */
	if (good && !telling.failed && !run->user && !run->tenant &&
	    !run->is_dry)
		good = jobs_done(run->site->alerts, "digest", clock_now(),
				 &error);
	if (!good)
		return cli_error("digest", error);
	return telling.failed ? EX_TEMPFAIL : EX_OK;
}

int
cmd_digest(struct cli *cli)
{
	const char *tenant = cli_option(cli, "--tenant");
	const char *user = cli_option(cli, "--user");
	struct digest_run run = {
		.config = cli->config, .is_now = cli_flag(cli, "--now"),
		.is_dry = cli_flag(cli, "--dry-run"),
	};
	g_autoptr(Routes) routes = routes_new(cli->config);
	g_autofree char *mailbox = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK, lock;

	if (!cli_words(cli, 0, 0) ||
	    (tenant && !(run.tenant = cli_tenant(cli, tenant))))
		return EX_USAGE;
	run.routes = routes;
	if (user && !(mailbox = user_of(&run, user)))
		return EX_USAGE;
	run.user = mailbox;
	if (!(site = cli_site(cli, &status)))
		return status;
	run.site = site;
	if ((lock = digest_lock(site, &error)) < 0)
		return cli_fail(EX_TEMPFAIL, "%s", error->message);
	return send_all(cli, &run, lock);
}
