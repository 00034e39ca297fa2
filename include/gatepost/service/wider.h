/*
 * wider.h -- the values of entries that cover all that another's covers
 */
#ifndef GATEPOST_SERVICE_WIDER_H
#define GATEPOST_SERVICE_WIDER_H

#include <glib.h>

#include "gatepost/model/indicator.h"

/* The prefixes of networks that there are, so that no others are tried. */
struct wider_used {
	bool prefixes[129];
};
void wider_note(const Indicator *indicator, struct wider_used *used);

/*
 * Call FOUND for each value that covers all of INDICATOR's, when both are of
 * an allow or both of a block: itself left out, the narrower first within a
 * host.  Of a pattern or a glob there is none.  The values are FOUND's until
 * it returns.
 */
typedef void wider_found(const Indicator *indicator, void *data);
void wider_each(const Indicator *indicator, bool is_allow,
		const struct wider_used *used, wider_found *found,
		void *data);

#endif
