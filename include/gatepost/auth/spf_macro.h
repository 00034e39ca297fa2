/*
 * spf_macro.h -- is it a macro string (RFC 7208 7.1)?
 */
#ifndef GATEPOST_AUTH_SPF_MACRO_H
#define GATEPOST_AUTH_SPF_MACRO_H

#include <stdbool.h>

#include "gatepost/model/network.h"

bool spf_is_macro_string(const char *text);

/* A macro string that ends as a domain does. */
bool spf_is_domain_spec(const char *text);

/* ADDRESS with PREFIX bits of its own family; false when it is none. */
bool spf_network(const char *address, guint prefix, struct network *network);

#endif
