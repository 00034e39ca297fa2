/*
 * mta.h -- what a pipeline may ask of the MTA at the end of a message
 *
 * The front carries it out by libmilter, `try` only prints.
 */
#ifndef GATEPOST_SERVICE_MTA_H
#define GATEPOST_SERVICE_MTA_H

#include <glib.h>
#include <stdbool.h>

struct mta;
struct mta_deeds {
	/* Put a field on top.  VALUE has no line end. */
	bool (*add_header)(struct mta *mta, const char *name,
			   const char *value);
	/* The same of LINES (of char *), which become a folded field. */
	bool (*add_folded)(struct mta *mta, const char *name,
			   const GPtrArray *lines);
	/* Change the INDEXth field of that name, from 1 on; VALUE NULL: take
	 * it off.  Several of one name go from the highest index down. */
	bool (*change_header)(struct mta *mta, const char *name, int index,
			      const char *value);
	/* Take a recipient off, GIVEN octet for octet as RCPT gave it. */
	bool (*remove_recipient)(struct mta *mta, const char *given);
	/* The text of a refusal: "550", "5.7.1", text. */
	bool (*set_reply)(struct mta *mta, const char *code,
			  const char *extended, const char *text);
};
struct mta {
	const struct mta_deeds *deeds;
};

/* VALUE for a header field: no control character, at most 900 octets.
 * Yours. */
char *mta_clean(const char *value);

#endif
