/*
 * received.c -- unit test: the client in a Received field, and the first one
 * outside our relays
 */
#include "gatepost/content/received.h"

#include "gatepost/content/content.h"
#include "gatepost/model/facts.h"

static const struct {
	const char *name, *value, *client;	/* NULL: it cannot be read */
} cases[] = {
	{ "Postfix", "from h.example (mail.example [192.0.2.1])\r\n\tby "
	  "gw.example (Postfix) with ESMTP id 4Xy; Mon, 1 Jan 2026",
	  "192.0.2.1" },
	{ "Postfix, no name", "from h.example (unknown [192.0.2.1]) by gw",
	  "192.0.2.1" },
	{ "Postfix, IPv6", "from h (mail.example [IPv6:2001:DB8::1]) by gw",
	  "2001:db8::1" },
	{ "Postfix, TLS", "from h (m.example [192.0.2.1]) (using TLSv1.3 with "
	  "cipher TLS_AES_256_GCM_SHA384 (256/256 bits)) (No client "
	  "certificate requested) by gw", "192.0.2.1" },
	{ "Postfix, HELO with an address",
	  "from [203.0.113.9] (m.example [192.0.2.1]) by gw", "192.0.2.1" },
	{ "Postfix, authenticated", "from h (m [192.0.2.1]) (Authenticated "
	  "sender: jane [203.0.113.9]) by gw", "192.0.2.1" },
	{ "Postfix, v4-mapped", "from h (m [::ffff:192.0.2.1]) by gw",
	  "192.0.2.1" },
	{ "Sendmail", "from h.example (mail.example [192.0.2.1]) by gw "
	  "(8.17.1/8.17.1) with ESMTP id x", "192.0.2.1" },
	{ "Sendmail, doubtful name", "from h (m.example [192.0.2.1] (may be "
	  "forged)) by gw", "192.0.2.1" },
	{ "Sendmail, no name", "from h.example ([192.0.2.1]) by gw",
	  "192.0.2.1" },
	{ "Sendmail, ident", "from h (me@mail.example [192.0.2.1]) by gw",
	  "192.0.2.1" },
	{ "Sendmail, ident with an address",
	  "from h ([203.0.113.9]@mail.example [192.0.2.1]) by gw",
	  "192.0.2.1" },
	{ "Sendmail, ident with a parenthesis",
	  "from h (a(b@mail.example [192.0.2.1])) by gw", NULL },
	{ "Exim", "from mail.example ([192.0.2.1]) by gw with esmtp (Exim "
	  "4.96)", "192.0.2.1" },
	{ "Exim, another HELO", "from mail.example ([192.0.2.1] "
	  "helo=h.example) by gw", "192.0.2.1" },
	{ "Exim, a port and HELO with an address",
	  "from mail.example ([192.0.2.1]:4567 helo=[203.0.113.9]) by gw",
	  "192.0.2.1" },
	{ "Exim, no name", "from [192.0.2.1] (helo=h.example) by gw",
	  "192.0.2.1" },
	{ "Exim, no name, HELO with an address",
	  "from [192.0.2.1]:4567 (helo=[203.0.113.9]) by gw", "192.0.2.1" },
	{ "Exim, no name, a port", "from [192.0.2.1] (port=4567 helo=h) by gw",
	  "192.0.2.1" },
	{ "Exim, IPv6", "from [2001:db8::1] (helo=h) by gw", "2001:db8::1" },
	{ "Exim, no name and the same HELO", "from [192.0.2.1] by gw",
	  "192.0.2.1" },
	{ "Exim, ident with an address",
	  "from m ([192.0.2.1] ident=[203.0.113.9]) by gw", "192.0.2.1" },
	{ "a local message", "by gw (Postfix, from userid 1000) id x", NULL },
	{ "qmail", "(qmail 12 invoked by uid 0); 1 Jan 2026", NULL },
	{ "qmail, by network", "from unknown (HELO [203.0.113.9]) (192.0.2.1)",
	  NULL },
	{ "a name alone", "from mail.example by gw", NULL },
	{ "a network is no client", "from h (m [192.0.2.0/24]) by gw", NULL },
	{ "no address", "from h (m [unknown]) by gw", NULL },
	{ "two addresses in one", "from h (m [192.0.2.1] 203.0.113.9) by gw",
	  NULL },
	{ "a comment that does not end", "from h (m [192.0.2.1] by gw", NULL },
	{ "nothing", "", NULL },
};

static void
test_forms(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *client = received_client(cases[i].value);

		g_test_message("%s", cases[i].name);
		g_assert_cmpstr(client, ==, cases[i].client);
	}
}

/* Relays are 192.0.2.0/28 and 2001:db8:1::/48. */
static const struct {
	const char *name;
	const char *hops[4];	/* addresses, the topmost first */
	const char *client;
} ways[] = {
	{ "one relay", { "203.0.113.9" }, "203.0.113.9" },
	{ "what is below it is not asked", { "203.0.113.9", "198.51.100.1" },
	  "203.0.113.9" },
	{ "two relays", { "192.0.2.2", "203.0.113.9", "198.51.100.1" },
	  "203.0.113.9" },
	{ "by IPv6 to the second", { "2001:db8:1::2", "203.0.113.9" },
	  "203.0.113.9" },
	{ "a filter inside a relay", { "127.0.0.1", "203.0.113.9" },
	  "203.0.113.9" },
	{ "nobody but relays", { "192.0.2.2", "192.0.2.3" }, NULL },
	{ "one that cannot be read", { "192.0.2.2", "-", "203.0.113.9" },
	  NULL },
	{ "... on top", { "-", "203.0.113.9" }, NULL },
	{ "none at all", { NULL }, NULL },
};

static void
test_ways(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++) {
		Request *request = fields_new(&request_fields);
		g_autoptr(Facts) facts = facts_new();
		g_autoptr(GString) mail = g_string_new(NULL);

		g_test_message("%s", ways[i].name);
		g_ptr_array_add(request->relays, g_strdup("192.0.2.0/28"));
		g_ptr_array_add(request->relays, g_strdup("2001:db8:1::/48"));
		for (guint j = 0; ways[i].hops[j]; j++)
			g_string_append_printf(mail, "Received: from x\r\n"
			    " (x [%s]) by y\r\n", ways[i].hops[j]);
		g_string_append(mail, "From: a@b.example\r\n\r\nx\r\n");
		content_read((const guint8 *)mail->str, mail->len, request,
			     facts);
		g_assert_cmpstr(facts->client, ==, ways[i].client);
		fields_free(&request_fields, request);
	}
}

static void
test_no_relay(void)
{
	static const char mail[] = "Received: from x (x [203.0.113.9]) by y"
	    "\r\nFrom: a@b.example\r\n\r\nx\r\n";
	Request *request = fields_new(&request_fields);
	g_autoptr(Facts) facts = facts_new();

	content_read((const guint8 *)mail, sizeof mail - 1, request, facts);
	g_assert_null(facts->client);
	g_assert_cmpuint(facts->received_from->len, ==, 0);
	g_assert_cmpint(facts->received, ==, 1);
	fields_free(&request_fields, request);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/received/forms", test_forms);
	g_test_add_func("/received/ways", test_ways);
	g_test_add_func("/received/no-relay", test_no_relay);
	return g_test_run();
}
