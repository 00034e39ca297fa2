/*
 * unwrap.h -- take a link out of a known wrapper, without asking anyone
 */
#ifndef GATEPOST_CONTENT_UNWRAP_H
#define GATEPOST_CONTENT_UNWRAP_H

#include <glib.h>

/* The link that a Url's HOST and PATH (either NULL: none) carry for a service
 * that rewrites or counts links, as it stands there, BOUND_URL octets at most;
 * NULL when it is no such wrapper or what it carries cannot be read.  Yours. */
char *unwrap(const char *host, const char *path);

#endif
