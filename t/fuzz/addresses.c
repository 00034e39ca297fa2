/*
 * addresses.c -- fuzz target: an address field
 *
 * Names are text to be shown; an address is in normal form, so that the one
 * parser for envelope and header leaves it as it is.
 */
#include "gatepost/content/addresses.h"

#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/model/address.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autoptr(Facts) facts = facts_new();

	addresses_read((const char *)data, size, true, facts->authors, facts);
	g_assert_cmpuint(facts->authors->len, <=, BOUND_ADDRESSES);
	for (guint i = 0; i < facts->authors->len; i++) {
		const Mailbox *one = facts->authors->pdata[i];
		g_autofree char *again = one->address ?
		    address_normal(one->address) : NULL;

		g_assert_true(!one->name ||
			      g_utf8_validate(one->name, -1, NULL));
		g_assert_cmpstr(again, ==, one->address);
		g_assert_cmpstr(one->domain, ==, one->address &&
				*address_domain(one->address) ?
				address_domain(one->address) : NULL);
	}
	return 0;
}
