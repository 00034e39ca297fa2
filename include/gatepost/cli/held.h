/*
 * held.h -- what the commands on held mail share
 */
#ifndef GATEPOST_CLI_HELD_H
#define GATEPOST_CLI_HELD_H

#include "gatepost/cli/cli.h"

/* What the options of a line narrow held mail to. */
struct held_asked {
	struct held_filter filter;
	char *rcpt, *sender;	/* normal forms, which FILTER points to */
	bool is_any;		/* was there such an option? */
};

/* Take the options of a filter off the words.  False and said when one is
 * odd; held_asked_clear() in either case. */
bool held_ask(struct cli *cli, struct held_asked *asked);
void held_asked_clear(struct held_asked *asked);

/* Keep FILTER to what the caller may see.  False and said. */
bool held_keep(const struct cli *cli, struct held_filter *filter);

/* The item ID, read, with the copies that the caller may see; NULL and said,
 * *STATUS set. */
Held *held_named(Site *site, const char *id, int *status);

/* Print the rows of a listing as the person asked: a table, JSON or CSV. */
struct held_listing;
struct held_listing *held_listing_new(const struct cli *cli, bool csv);
held_found held_listing_add;		/* DATA is the listing */
/* Prints the rest and frees it; MOST rows were asked for (0: all). */
void held_listing_end(struct held_listing *listing, guint most);

#endif
