/*
 * facts.c -- print the facts of messages as JSON, a line each
 *
 * facts [-t TIMES] [-p|-w] FILE...: -t reads each so many times and prints
 * microseconds of CPU a reading, and the most memory so far, instead; -p prints
 * the preview instead, -w that as a page, each with a NUL behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gatepost/content/content.h"

static gint64
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64
read_times(const guint8 *data, gsize size, const Request *request,
	   long times, GString *json)
{
	gint64 start = now_us();

	for (long i = 0; i < times; i++) {
		g_autoptr(Facts) facts = facts_new();

		content_read(data, size, request, facts);
		if (i + 1 == times)
			fields_json(&facts_fields, facts, true, json);
	}
	return (now_us() - start) / times;
}

/* getrusage(2) would count the memory of whoever forked us. */
static long
most_kb(void)
{
	g_autofree char *status = NULL;
	const char *at;

	g_file_get_contents("/proc/self/status", &status, NULL, NULL);
	at = status ? strstr(status, "VmHWM:") : NULL;
	return at ? strtol(at + 6, NULL, 10) : 0;
}

static void
print_cost(gint64 each, gsize size, const char *file)
{
	printf("%" G_GINT64_FORMAT " us  %zu octets  %ld kB  %s\n", each, size,
	       most_kb(), file);
}

int
main(int argc, char **argv)
{
	Request *request = fields_new(&request_fields);
	long times = 0;
	bool is_preview = false;
	int status = EXIT_SUCCESS;

	request->authserv_id = g_strdup("mx.example.org");
	g_ptr_array_add(request->headers, g_strdup("X-Spam-Status"));
	for (int i = 1; i < argc; i++) {
		g_autoptr(GString) json = g_string_new(NULL);
		g_autofree char *data = NULL;
		gsize size;
		gint64 each;

		if (strcmp(argv[i], "-t") == 0 && i + 1 < argc) {
			times = strtol(argv[++i], NULL, 10);
			continue;
		}
		if (strcmp(argv[i], "-p") == 0 ||
		    strcmp(argv[i], "-w") == 0) {
			is_preview = true;
			request->kind = argv[i][1] == 'w' ? REQUEST_PAGE :
			    REQUEST_PREVIEW;
			continue;
		}
		if (!g_file_get_contents(argv[i], &data, &size, NULL)) {
			fprintf(stderr, "facts: cannot read %s\n", argv[i]);
			status = EXIT_FAILURE;
			continue;
		}
		if (is_preview) {
			g_autofree char *text = content_preview(
			    (const guint8 *)data, size, request);

			fputs(text, stdout);
			putchar('\0');
			continue;
		}
		each = read_times((const guint8 *)data, size, request,
				  MAX(times, 1), json);
		if (times > 0)
			print_cost(each, size, argv[i]);
		else
			printf("%s\t%s\n", argv[i], json->str);
	}
	fields_free(&request_fields, request);
	return status;
}
