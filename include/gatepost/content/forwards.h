/*
 * forwards.h -- a message that a user forwarded as text, found by what mail
 * programs write above it
 */
#ifndef GATEPOST_CONTENT_FORWARDS_H
#define GATEPOST_CONTENT_FORWARDS_H

#include <glib.h>
#include <stdbool.h>

/* What stands there, one line each, blanks at both ends gone; NULL: not
 * said. */
struct forward {
	char *from, *to, *date, *subject;
	char *body;		/* what follows, with its line ends */
};

/*
 * Find the first forwarded header in TEXT (valid UTF-8): a line for From and,
 * in the lines next to it, one for the subject and one for date or recipient,
 * in any language of the table; they may be quoted by '>' or set in stars.
 * False when there is none.  Clear FORWARD in either case.
 */
bool forward_find(const char *text, struct forward *forward);
void forward_clear(struct forward *forward);

#endif
