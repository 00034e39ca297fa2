/*
 * cmd_key.c -- gatepost key rotate: the keys of what stands in digests
 */
#include <stdio.h>
#include <sysexits.h>

#include "gatepost/cli/cli.h"
#include "gatepost/store/keys.h"
#include "gatepost/util/clock.h"

static void
print_json(const struct token_keys *keys)
{
	g_autoptr(GString) out = g_string_new("{\"keys\":[");

	for (guint i = 0; i < keys->count; i++) {
		char since[CLOCK_TEXT];

		clock_format(keys->keys[i].since, since);
		json_comma(out);
		g_string_append_c(out, '{');
		json_put_number(out, "number", keys->keys[i].number);
		json_put(out, "since", since);
		g_string_append_c(out, '}');
	}
	printf("%s]}\n", out->str);
}

int
cmd_key_rotate(struct cli *cli)
{
	struct token_keys keys = { .count = 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	struct deed deed = {
		.who = cli->who, .via = VIA_COMMAND, .what = "key-rotated",
	};
	int status = EX_OK;

	if (!cli_words(cli, 0, 0))
		return EX_USAGE;
	if (!(site = cli_site(cli, &status)))
		return status;
	if (!keys_rotate(site->folder, &keys, &error) ||
	    !trail_add(site->trail, &deed, &error))
		return cli_error("key", error);
	if (cli->json)
		print_json(&keys);
	else if (keys.count < KEYS_LIVE)
		printf("key %u signs from now on; there was none before\n",
		       keys.keys[0].number);
	else
		printf("key %u signs from now on; what key %u signed holds "
		       "until the next rotation\n", keys.keys[0].number,
		       keys.keys[1].number);
	return EX_OK;
}
