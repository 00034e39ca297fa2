/*
 * network.c -- unit test: addresses and prefixes
 */
#include "gatepost/model/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const struct {
	const char *name, *text, *normal, *around;
} texts[] = {
	{ "an IPv4 address", "192.0.2.1", "192.0.2.1", "192.0.2.1" },
	{ "... with all bits", "192.0.2.1/32", "192.0.2.1", "192.0.2.1" },
	{ "an IPv4 network", "192.0.2.0/24", "192.0.2.0/24",
	  "192.0.2.0/24" },
	{ "all of IPv4", "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0" },
	{ "bits behind the prefix", "192.0.2.1/24", NULL, "192.0.2.0/24" },
	{ "... of an odd one", "192.0.2.255/25", NULL, "192.0.2.128/25" },
	{ "an IPv6 address", "2001:DB8:0::1", "2001:db8::1", "2001:db8::1" },
	{ "an IPv6 network", "2001:db8::/32", "2001:db8::/32",
	  "2001:db8::/32" },
	{ "all of IPv6", "::/0", "::/0", "::/0" },
	{ "bits behind that prefix", "2001:db8::1/32", NULL,
	  "2001:db8::/32" },
	{ "mapped is IPv4", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1" },
	{ "a mapped network", "::ffff:192.0.2.0/120", "192.0.2.0/24",
	  "192.0.2.0/24" },
	{ "nothing", "", NULL, NULL },
	{ "a word", "example.org", NULL, NULL },
	{ "leading zeros", "192.0.02.1", NULL, NULL },
	{ "three parts", "192.0.2", NULL, NULL },
	{ "too long a prefix", "192.0.2.1/33", NULL, NULL },
	{ "... of IPv6", "2001:db8::/129", NULL, NULL },
	{ "no prefix", "192.0.2.0/", NULL, NULL },
	{ "a signed prefix", "192.0.2.0/+24", NULL, NULL },
	{ "a padded prefix", "192.0.2.0/024", NULL, NULL },
	{ "two prefixes", "192.0.2.0/24/24", NULL, NULL },
	{ "a mask", "192.0.2.0/255.255.255.0", NULL, NULL },
	{ "a zone", "fe80::1%eth0", NULL, NULL },
	{ "brackets", "[2001:db8::1]", NULL, NULL },
	{ "a blank", " 192.0.2.1", NULL, NULL },
};

static void
test_text(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		struct network network;
		char out[NETWORK_TEXT];
		bool good = network_parse(texts[i].text, &network);

		g_test_message("%s", texts[i].name);
		g_assert_cmpint(good, ==, texts[i].normal != NULL);
		if (good) {
			network_format(&network, out);
			g_assert_cmpstr(out, ==, texts[i].normal);
		}
		good = network_parse_around(texts[i].text, &network);
		g_assert_cmpint(good, ==, texts[i].around != NULL);
		if (good) {
			network_format(&network, out);
			g_assert_cmpstr(out, ==, texts[i].around);
		}
	}
}

static const struct {
	const char *name, *network, *address;
	bool covers;
} covers[] = {
	{ "inside", "192.0.2.0/24", "192.0.2.77", true },
	{ "beside", "192.0.2.0/24", "192.0.3.77", false },
	{ "the first of an odd prefix", "192.0.2.128/25", "192.0.2.128",
	  true },
	{ "before it", "192.0.2.128/25", "192.0.2.127", false },
	{ "itself", "192.0.2.1", "192.0.2.1", true },
	{ "all of IPv4", "0.0.0.0/0", "203.0.113.9", true },
	{ "all of IPv6 is not IPv4", "::/0", "203.0.113.9", false },
	{ "all of IPv4 is not IPv6", "0.0.0.0/0", "2001:db8::1", false },
	{ "all of IPv6", "::/0", "2001:db8::1", true },
	{ "an IPv6 prefix of 33 bits", "2001:db8:8000::/33",
	  "2001:db8:8000::1", true },
	{ "beside that", "2001:db8:8000::/33", "2001:db8:7fff::1", false },
	{ "a mapped address", "192.0.2.0/24", "::ffff:192.0.2.1", true },
	{ "a network inside", "192.0.2.0/24", "192.0.2.0/25", true },
	{ "a network around", "192.0.2.0/25", "192.0.2.0/24", false },
};

static void
test_covers(void)
{
	g_autoptr(GPtrArray) networks = g_ptr_array_new();

	g_assert_false(network_any(NULL, &(struct network){ .prefix = 0 }));
	for (guint i = 0; i < G_N_ELEMENTS(covers); i++) {
		struct network network, address;

		g_test_message("%s", covers[i].name);
		g_assert_true(network_parse(covers[i].network, &network));
		g_assert_true(network_parse(covers[i].address, &address));
		g_assert_cmpint(network_covers(&network, &address), ==,
				covers[i].covers);
		g_ptr_array_set_size(networks, 0);
		g_assert_false(network_any(networks, &address));
		g_ptr_array_add(networks, &network);
		g_assert_cmpint(network_any(networks, &address), ==,
				covers[i].covers);
	}
}

static void
test_socket(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr local = { .sa_family = AF_UNIX };
	struct network network;
	char out[NETWORK_TEXT];

	inet_pton(AF_INET, "192.0.2.1", &in.sin_addr);
	g_assert_true(network_from_socket((struct sockaddr *)&in, &network));
	network_format(&network, out);
	g_assert_cmpstr(out, ==, "192.0.2.1");
	g_assert_true(network_is_ipv4(&network));

	inet_pton(AF_INET6, "::ffff:192.0.2.2", &in6.sin6_addr);
	g_assert_true(network_from_socket((struct sockaddr *)&in6,
					  &network));
	network_format(&network, out);
	g_assert_cmpstr(out, ==, "192.0.2.2");

	inet_pton(AF_INET6, "2001:db8::2", &in6.sin6_addr);
	g_assert_true(network_from_socket((struct sockaddr *)&in6,
					  &network));
	network_format(&network, out);
	g_assert_cmpstr(out, ==, "2001:db8::2");
	g_assert_false(network_is_ipv4(&network));

	g_assert_false(network_from_socket(&local, &network));
	g_assert_false(network_from_socket(NULL, &network));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/network/text", test_text);
	g_test_add_func("/network/covers", test_covers);
	g_test_add_func("/network/socket", test_socket);
	return g_test_run();
}
