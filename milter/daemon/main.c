/*
 * main.c -- gatepostd: options, then the supervisor
 */
#include <glib.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "gatepost/daemon/daemon.h"
#include "gatepost/daemon/front.h"
#include "gatepost/model/config.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/pattern.h"
#include "gatepost/store/versions.h"
#include "gatepost/util/digest.h"
#include "gatepost/worker/ask.h"

#define DEFAULT_CONFIG GATEPOST_SYSCONFDIR "/gatepost/gatepost.conf"

static int
usage(FILE *to, int status)
{
	fprintf(to, "usage: gatepostd [-fhtV] [-c FILE] [-P PIDFILE]\n"
		"  -c FILE     configuration (%s)\n"
		"  -f          stay in the foreground, log to standard error\n"
		"  -t          test the configuration; exit 78 when it is "
		"broken\n"
		"  -P PIDFILE  write the process id there\n"
		"  -V          print versions\n"
		"  -h          print this\n"
		"See gatepostd(8).\n", DEFAULT_CONFIG);
	return status;
}

/* The worker prints its own: what reads mail is linked to it alone.  Without
 * it the rest is worth knowing still. */
static void
print_worker(void)
{
	g_autofree char *program = ask_program("gatepost-worker");
	char *const argv[] = { program, (char *)"-V", NULL };
	g_autoptr(GError) error = NULL;
	int status = 0;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL,
			  NULL, &status, &error) ||
	    !g_spawn_check_wait_status(status, &error))
		fprintf(stderr, "gatepostd: %s -V: %s; is Gatepost installed "
			"whole?\n", program, error->message);
}

static int
print_versions(void)
{
	g_autoptr(GString) out = g_string_new(NULL);

	g_string_append_printf(out, "gatepostd %s\n", GATEPOST_VERSION);
	g_string_append_printf(out, "GLib %u.%u.%u\n", glib_major_version,
			       glib_minor_version, glib_micro_version);
	milter_versions(out);
	store_versions(out);
	config_versions(out);
	pattern_versions(out);
	domain_versions(out);
	digest_versions(out);
	fputs(out->str, stdout);
	if (fflush(stdout) != 0)
		return EX_IOERR;
	print_worker();
	return EX_OK;
}

int
main(int argc, char **argv)
{
	struct supervisor_options options = { .config_path = DEFAULT_CONFIG };
	g_autoptr(GPtrArray) notes = config_notes_new();
	g_autoptr(Config) config = NULL;
	bool is_test = false;
	int option;

	while ((option = getopt(argc, argv, "c:fhtP:V")) != -1)
		switch (option) {
		case 'c':
			options.config_path = optarg;
			break;
		case 'f':
			options.is_foreground = true;
			break;
		case 'h':
			return usage(stdout, EX_OK);
		case 't':
			is_test = true;
			break;
		case 'P':
			options.pid_file = optarg;
			break;
		case 'V':
			return print_versions();
		default:
			return usage(stderr, EX_USAGE);
		}
	if (optind != argc)
		return usage(stderr, EX_USAGE);
	umask(0027);
	config = config_load(options.config_path, notes);
	for (guint i = 0; i < notes->len; i++) {
		const struct config_note *note = notes->pdata[i];

		g_autofree char *at = config_note_place(note);

		fprintf(stderr, "gatepostd: %s: %s\n", at, note->text);
	}
	if (!config)
		return EX_CONFIG;
	if (is_test) {
		printf("%s is good\n", options.config_path);
		return EX_OK;
	}
	return supervisor_run(config, &options);
}
