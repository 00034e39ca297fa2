/*
 * main.c -- gatepost-worker: reads mail for others, so that a message which
 * kills the reader costs itself alone
 *
 * Started by gatepostd (--listen) or gatepost (--serve), never by hand but
 * for -V.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "gatepost/auth/dkim.h"
#include "gatepost/auth/dns.h"
#include "gatepost/bounds.h"
#include "gatepost/content/unpack.h"
#include "gatepost/worker/ask.h"
#include "gatepost/worker/sandbox.h"
#include "gatepost/worker/serve.h"

static long
number(const char *text)
{
	char *end;
	long value = text ? strtol(text, &end, 10) : -1;

	return text && *text && !*end ? value : -1;
}

/* gatepostd and gatepost link none of these. */
static int
print_versions(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	dns_versions(out);
	dkim_versions(out);
	unpack_versions(out);
	sandbox_versions(out);
	fputs(out->str, stdout);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int
main(int argc, char **argv)
{
	long listener = -1, status = -1, connection = -1, build = -1;
	long most = BOUND_WORKER_MESSAGES;

	if (argc == 2 && strcmp(argv[1], "-V") == 0)
		return print_versions();
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			listener = number(argv[i + 1]);
		else if (strcmp(argv[i], "--status") == 0)
			status = number(argv[i + 1]);
		else if (strcmp(argv[i], "--serve") == 0)
			connection = number(argv[i + 1]);
		else if (strcmp(argv[i], "--messages") == 0)
			most = number(argv[i + 1]);
		else if (strcmp(argv[i], "--build") == 0)
			build = number(argv[i + 1]);
	}
	if ((listener < 0) == (connection < 0) || most < 1) {
		fprintf(stderr, "gatepost-worker: started by gatepostd and "
			"gatepost, not by hand\n");
		return EX_USAGE;
	}
	if (build != (long)ask_build_id()) {
		fprintf(stderr, "gatepost-worker: of another build than the "
			"program that started it; restart gatepostd\n");
		return EX_SOFTWARE;
	}
	serve_limits();
	analyse_sample();
	sandbox_enter();
	if (connection >= 0)
		serve_connection((int)connection);
	else
		serve((int)listener, (int)status, most);
	return EX_OK;
}
