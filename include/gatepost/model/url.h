/*
 * url.h -- a link in canonical form
 */
#ifndef GATEPOST_MODEL_URL_H
#define GATEPOST_MODEL_URL_H

#include <glib.h>
#include <stdbool.h>

typedef struct Url {
	char *url;	/* scheme://host/path?query, canonical */
	char *host;	/* normal form; an IP in its usual text; NULL when
			 * the scheme has none (mailto:, data:) */
	char *path;	/* from '/' on, with the query; NULL when none */
} Url;

/*
 * Read RAW as a browser's address line does: blanks at the ends and tabs
 * and line ends inside go, backslashes are slashes, userinfo and port are
 * dropped, the host is percent-decoded and put into normal form, numeric
 * IPv4 forms become dotted.  A missing scheme is http.  NULL when there is
 * no link to follow.  Free with url_free().
 */
Url *url_parse(const char *raw);
void url_free(Url *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Url, url_free)

/*
 * The value of a url entry (hosts in normal form, no scheme, no port) from
 * RAW.  NULL and ERROR set, in words for an admin, when it is none.  Yours.
 */
char *url_entry_normal(const char *raw, GError **error);

/* What the normal VALUE of a url entry covers. */
enum url_entry {
	URL_ENTRY_HOST,		/* "host" */
	URL_ENTRY_BELOW,	/* "~host": it and all below */
	URL_ENTRY_LATER		/* paths and wildcards: no effect yet */
};
enum url_entry url_entry_form(const char *value);

#endif
