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
	const char *path; /* from '/' on, with the query, in url; NULL when
			 * none */
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
 * What a reader to whom a backslash is no slash makes of RAW: of
 * "http://a.example\@b.example" b.example.  NULL when there is no backslash
 * in the host's place, or no host with a dot behind it.
 */
Url *url_parse_other(const char *raw);

/*
 * The value of a url entry (hosts in normal form, no scheme, no port) from
 * RAW.  NULL and ERROR set, in words for an admin, when it is none.  Yours.
 */
char *url_entry_normal(const char *raw, GError **error);

/* Does HOST (normal form) end as a file does, and as no domain?  A url entry
 * of it is refused. */
bool url_is_file_name(const char *host);

/* What the normal VALUE of a url entry covers.  "No path" is "/" alone. */
enum url_form {
	URL_HOST,		/* "host"; what that is, its action says */
	URL_SITE,		/* "~host": it and all below, no path */
	URL_AROUND,		/* "~host~": it and all below, any path, and
				 * where it is a segment of another's path */
	URL_BELOW,		/* "*.host": all below, no path */
	URL_PATH,		/* "host/a", "host/a?b": that very path */
	URL_FOLDER,		/* "host/a/" and a star: what is in it */
	URL_PATH_BELOW,		/* the same of all hosts below, "*.host/a" */
	URL_FOLDER_BELOW,
	URL_SUFFIX		/* all of a top-level or public suffix */
};
enum url_form url_entry_form(const char *value);

/* The part of VALUE by which it is looked up, host or host and path: *LENGTH
 * octets from the result on, which points into VALUE. */
const char *url_entry_key(const char *value, gsize *length);

/* Of two values that cover a link the higher is the narrower one: the host of
 * more labels, the longer path, a host before "*.host" before "~host". */
guint32 url_entry_narrowness(const char *value);

/* A host that stands in the path or query of a link to another one. */
struct url_inside {
	char *host;		/* normal form */
	bool is_segment;	/* of the path, all of one */
};

/* All such of PATH, a path with its query in canonical form: an array of
 * struct url_inside *, BOUND_URL_INSIDE at most; NULL when there is none.
 * Free it with g_ptr_array_unref(). */
GPtrArray *url_inside(const char *path);

#endif
