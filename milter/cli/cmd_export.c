/*
 * cmd_export.c -- gatepost quarantine export: hand items to somebody else
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/cli/held.h"
#include "gatepost/store/trail.h"
#include "gatepost/util/fields.h"
#include "gatepost/util/zip.h"

/* What those who look at bad mail use, so that nobody opens it by mistake. */
#define PASSWORD "infected"

/* What is asked for. */
struct export {
	struct cli *cli;
	Site *site;
	const char *reason;
};

/* A line of stdin.  Yours; NULL and said when there is none. */
static char *
read_password(void)
{
	char line[256];

	if (!fgets(line, sizeof line, stdin) || line[0] == '\n') {
		cli_fail(0, "--password-stdin: no password on stdin");
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return g_strdup(line);
}

/* In the audit log before an octet leaves. */
static bool
log_export(const struct export *export, const Held *held, GError **error)
{
	struct deed deed = {
		.who = export->cli->who, .via = export->cli->via,
		.what = "exported", .object = held->id,
		.detail = export->reason,
	};
	const HeldRcpt *first = held->rcpts->len ? held->rcpts->pdata[0] :
	    NULL;

	deed.tenant = first ? first->tenant : NULL;
	return trail_add(export->site->trail, &deed, error);
}

static guint8 *
read_octets(const struct export *export, const Held *held, GError **error)
{
	int fd = quarantine_octets(export->site->quarantine, held, error);
	gsize size = (gsize)held->size, done = 0;
	guint8 *octets = fd < 0 ? NULL : g_malloc(size + 1);

	while (fd >= 0 && done < size) {
		gssize n = pread(fd, octets + done, size - done,
				 (off_t)done);

		if (n <= 0) {
			cli_fail(0, "%s: cut off while it was read",
				 held->id);
			g_clear_pointer(&octets, g_free);
			break;
		}
		done += (gsize)n;
	}
	if (fd >= 0)
		close(fd);
	return octets;
}

static int
export_one(const struct export *export, Zip *zip, const char *id)
{
	g_autofree char *eml = g_strconcat(id, ".eml", NULL);
	g_autofree char *json = g_strconcat(id, ".json", NULL);
	g_autoptr(GString) facts = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree guint8 *octets = NULL;
	int status = EX_OK;
	Held *held = held_named(export->site, id, &status);

	if (!held)
		return status;
	octets = read_octets(export, held, &error);
	if (octets && log_export(export, held, &error)) {
		fields_json(&held_fields, held, false, facts);
		zip_add(zip, eml, held->received, octets,
			(gsize)held->size);
		zip_add(zip, json, held->received,
			(const guint8 *)facts->str, facts->len);
	} else {
		status = error ? cli_error("export", error) : EX_IOERR;
	}
	fields_free(&held_fields, held);
	return status;
}

int
cmd_quarantine_export(struct cli *cli)
{
	bool by_stdin = cli_flag(cli, "--password-stdin");
	struct export export = { .cli = cli,
				 .reason = cli_option(cli, "--reason") };
	g_autofree char *password = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Site) site = NULL;
	int status = EX_OK, one;
	Zip *zip;

	if (!cli_words(cli, 1, G_MAXINT))
		return EX_USAGE;
	if (!export.reason || !*export.reason)
		return cli_fail(EX_USAGE, "why? --reason goes to the audit "
				"log");
	if (isatty(STDOUT_FILENO))
		return cli_fail(EX_USAGE, "stdout is a terminal; add "
				"\"> FILE.zip\"");
	password = by_stdin ? read_password() : g_strdup(PASSWORD);
	if (!password || !(site = cli_site(cli, &status)))
		return password ? status : EX_USAGE;
	export.site = site;
	zip = zip_new(stdout, password);
	for (guint i = 0; cli_word(cli, i); i++) {
		one = export_one(&export, zip, cli_word(cli, i));
		status = one ? one : status;
	}
	return zip_end(zip, &error) ? status : cli_error("export", error);
}
