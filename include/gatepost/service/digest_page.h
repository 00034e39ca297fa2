/*
 * digest_page.h -- what a digest looks like, as text and as a page
 */
#ifndef GATEPOST_SERVICE_DIGEST_PAGE_H
#define GATEPOST_SERVICE_DIGEST_PAGE_H

#include "gatepost/model/config.h"
#include "gatepost/store/keys.h"
#include "gatepost/store/quarantine.h"

/* One copy that it names. */
struct digest_item {
	char *id, *rcpt, *from, *subject;
	int policy;		/* enum policy; -1: not known */
	int rights;		/* bits of rights.h */
	int state;		/* enum held_state */
	gint64 received, expires;
	bool is_ending;		/* told of before, and soon over */
	bool is_shared;		/* of an alias of several: no list is his */
};

struct digest_page {
	const Tenant *tenant;
	int language;
	const struct token_keys *keys;
	GPtrArray *items;	/* of struct digest_item *, the newest first */
	guint left;		/* more that are not among them */
	gint64 now;
};

/* Append the text, and the page. */
void digest_page_write(const struct digest_page *page, GString *text,
		       GString *html);

#endif
