/*
 * auth.c -- authenticate as a worker does, and print the results as JSON
 *
 * auth --servers ADDRESS@PORT [--list] [--ms N] [FILE]: reads cases from
 * standard input, a line each of CLIENT, HELO and MAIL FROM parted by tabs,
 * and prints a line for each.  FILE is the message; without it there is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gatepost/auth/auth.h"
#include "gatepost/content/content.h"

static void
run(char *line, const char *servers, gint64 ms, bool by_list,
    const guint8 *data, gsize size)
{
	g_auto(GStrv) parts = g_strsplit(line, "\t", 3);
	Request *request = fields_new(&request_fields);
	Answer *answer = fields_new(&answer_fields);
	g_autoptr(GString) json = g_string_new(NULL);

	if (g_strv_length(parts) == 3) {
		request->client = g_strdup(parts[0]);
		request->helo = g_strdup(parts[1]);
		request->envelope = g_strdup(parts[2]);
		request->servers = g_strdup(servers);
		request->dns_ms = ms;
		request->is_by_list = by_list;
		content_read(data, size, request, &answer->facts);
		auth_read(data, size, request, answer);
		fields_json(&answer_fields, answer, true, json);
		printf("%s\n", json->str);
	}
	fields_free(&request_fields, request);
	fields_free(&answer_fields, answer);
}

int
main(int argc, char **argv)
{
	const char *servers = "", *path = NULL;
	g_autofree char *data = NULL;
	bool by_list = false;
	gint64 ms = 8000;
	gsize size = 0;
	char line[4096];

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--servers") == 0 && i + 1 < argc)
			servers = argv[++i];
		else if (strcmp(argv[i], "--ms") == 0 && i + 1 < argc)
			ms = strtol(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--list") == 0)
			by_list = true;
		else
			path = argv[i];
	if (path && !g_file_get_contents(path, &data, &size, NULL)) {
		fprintf(stderr, "auth: cannot read %s\n", path);
		return EXIT_FAILURE;
	}
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		run(line, servers, ms, by_list, (const guint8 *)(data ? data :
		    ""), size);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
