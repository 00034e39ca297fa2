/*
 * unwrap.h -- take a link out of a known wrapper, without asking anyone
 */
#ifndef GATEPOST_CONTENT_UNWRAP_H
#define GATEPOST_CONTENT_UNWRAP_H

#include "gatepost/model/url.h"

/* The link that URL carries for a service that rewrites or counts links, as
 * it stands there, BOUND_URL octets at most; NULL when URL is no such wrapper
 * or what it carries cannot be read.  Yours. */
char *unwrap(const Url *url);

#endif
