/*
 * cmd_candidate.c -- gatepost candidate: delivered messages that are
 * suspected, as they lie in the spool
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/policy/check.h"
#include "gatepost/util/text.h"

static const char *
text(const Json *object, const char *name)
{
	const char *found = json_text(json_member(object, name));

	return found ? found : "";
}

static Json *
read_item(Site *site, const char *id)
{
	g_autofree char *json = box_json(site->candidates, "new", id, NULL);

	return json ? json_parse(json, strlen(json), NULL) : NULL;
}

/* The rules that suspect it, each once. */
static char *
rules_of(const Json *decisions, const char *tenant, GString *rcpts)
{
	GString *rules = g_string_new(NULL);

	for (gsize i = 0; i < json_count(decisions); i++) {
		const Json *one = json_element(decisions, i);
		const Json *all = json_member(one, "candidate");

		if (tenant && strcmp(text(one, "tenant"), tenant) != 0)
			continue;
		g_string_append_printf(rcpts, "%s%s", rcpts->len ? ", " : "",
				       text(one, "rcpt"));
		for (gsize j = 0; j < json_count(all); j++) {
			const char *rule = json_text(json_element(all, j));

			if (rule && !strstr(rules->str, rule))
				g_string_append_printf(rules, "%s%s",
				    rules->len ? ", " : "", rule);
		}
	}
	return g_string_free(rules, FALSE);
}

int
cmd_candidate_list(struct cli *cli)
{
	static const char *const heads[] = { "ID", "RECEIVED", "RCPT", "FROM",
					     "SUBJECT", "SUSPECTED FOR",
					     NULL };
	const char *tenant = cli_option(cli, "--tenant");
	g_autoptr(GString) json = g_string_new("{\"items\":[");
	g_autoptr(GPtrArray) ids = NULL;
	g_autoptr(Site) site = NULL;
	struct table *table;
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	ids = box_list(site->candidates, "new");
	table = table_new(heads);
	for (guint i = 0; i < ids->len; i++) {
		g_autoptr(Json) item = read_item(site, ids->pdata[i]);
		g_autoptr(GString) rcpts = g_string_new(NULL);
		const Json *facts = json_member(item, "facts");
		g_autofree char *rules = rules_of(
		    json_member(item, "decisions"), tenant, rcpts);

		if (!*rules)
			continue;
		table_add(table, ids->pdata[i], text(item, "received"),
			  rcpts->str, text(facts, "from"),
			  text(facts, "subject"), rules);
		json_comma(json);
		g_string_append_c(json, '{');
		json_put(json, "id", ids->pdata[i]);
		json_put(json, "received", text(item, "received"));
		json_put(json, "rcpt", rcpts->str);
		json_put(json, "sender", text(item, "sender"));
		json_put(json, "from", text(facts, "from"));
		json_put(json, "subject", text(facts, "subject"));
		json_put(json, "candidate", rules);
		g_string_append_c(json, '}');
	}
	if (cli->json)
		printf("%s]}\n", json->str);
	else
		table_print(table);
	return EX_OK;
}

int
cmd_candidate_show(struct cli *cli)
{
	g_autofree char *json = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) item = NULL;
	g_autoptr(Site) site = NULL;
	const Json *decisions;
	int status = EX_OK;

	if (!cli_words(cli, 1, 1) || !cli_is_id(cli_word(cli, 0)))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	json = box_json(site->candidates, "new", cli_word(cli, 0), &error);
	if (!json)
		return cli_fail(EX_NOINPUT, "there is no candidate %s",
				cli_word(cli, 0));
	if (cli->json) {
		fputs(json, stdout);
		return EX_OK;
	}
	item = json_parse(json, strlen(json), &error);
	if (!item)
		return cli_error(cli_word(cli, 0), error);
	printf("Candidate %s, received %s\n", cli_word(cli, 0),
	       text(item, "received"));
	decisions = json_member(item, "decisions");
	for (gsize i = 0; i < json_count(decisions); i++) {
		const Json *one = json_element(decisions, i);
		const Json *rules = json_member(one, "candidate");
		g_autofree char *rcpt = text_shown(text(one, "rcpt"), 200);

		printf("  for %s:\n", rcpt);
		for (gsize j = 0; j < json_count(rules); j++) {
			const char *rule = json_text(json_element(rules, j));

			printf("    %s: %s\n", rule ? rule : "",
			       candidate_meaning(rule ? rule : ""));
		}
	}
	printf("  the message is spool/candidates/new/%s.eml\n"
	       "  next: gatepost why %s\n", cli_word(cli, 0),
	       cli_word(cli, 0));
	return EX_OK;
}
