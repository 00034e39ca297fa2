/*
 * fetch.h -- one HTTP request, within bounds
 *
 * Only http and https, no redirection, certificates checked, the answer at
 * most BOUND_ANSWER octets, all within the time given.
 */
#ifndef GATEPOST_ANALYSTS_FETCH_H
#define GATEPOST_ANALYSTS_FETCH_H

#include <glib.h>
#include <stdbool.h>

/* A part of a form; `file` NULL: it is no file. */
struct fetch_part {
	const char *name, *file, *type;
	const char *data;
	gsize size;
};

struct fetch {
	const char *url;
	const char *socket;	/* a Unix socket to ask it on; NULL */
	const char *ca_file;	/* NULL: the system's */
	const char *const *headers;	/* "Name: value"; ends with NULL */
	const char *data;	/* body of a POST; NULL: see parts */
	gsize size;
	const struct fetch_part *parts;	/* multipart/form-data; NULL: a GET
					 * when there is no data */
	guint count;
	gint64 seconds;
	/* Set: */
	long status;
	GString *answer;	/* to be freed */
};

/* Do it.  False and *FAULT (yours) when there was no answer. */
bool fetch_do(struct fetch *fetch, char **fault);

#endif
