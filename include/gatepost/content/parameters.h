/*
 * parameters.h -- a value with parameters, as of Content-Type
 */
#ifndef GATEPOST_CONTENT_PARAMETERS_H
#define GATEPOST_CONTENT_PARAMETERS_H

#include <glib.h>

#include "gatepost/model/facts.h"

struct parameter {
	char *name;		/* lower case, as written: "filename*0*" */
	char *value;		/* unquoted, still encoded */
};

struct parameters {
	char *value;		/* before the first ';', lower case, no
				 * comments nor blanks; "" when missing */
	GArray *rows;		/* of struct parameter, in their order */
};

/* Read RAW (a field's value, folded or not; NULL is empty) by RFC 2045 5.1,
 * leniently.  Clear PARAMETERS. */
void parameters_read(struct parameters *parameters, const char *raw,
		     Facts *facts);
void parameters_clear(struct parameters *parameters);

/* The value of the first parameter called NAME, or NULL. */
const char *parameters_find(const struct parameters *parameters,
			    const char *name);

/*
 * Append to OUT, decoded, cut at MOST octets, every value that a mail program
 * could take for the parameter NAME: each plain one, with and without
 * encoded words decoded, the extended one and the continued ones joined
 * (RFC 2231 3 and 4).
 */
void parameters_all(const struct parameters *parameters, const char *name,
		    gsize most, GPtrArray *out, Facts *facts);

#endif
