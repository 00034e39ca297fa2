/*
 * network.c -- IP addresses and prefixes
 *
 * IPv4 lives in ::ffff:0:0/96, so one comparison serves both.  A short IPv6
 * prefix ("::/0") covers no IPv4 address: who writes it means IPv6.
 */
#include "gatepost/model/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool
network_is_ipv4(const struct network *network)
{
	return network->prefix >= 96 &&
	    memcmp(network->octets, mapped, sizeof mapped) == 0;
}

/* Read "24" as at most MOST; -1 when it is no such number. */
static int
prefix_read(const char *text, int most)
{
	gsize length = strspn(text, "0123456789");
	int prefix;

	if (length == 0 || length > 3 || text[length] ||
	    (length > 1 && text[0] == '0'))
		return -1;
	prefix = atoi(text);
	return prefix <= most ? prefix : -1;
}

/* Clear the bits behind the prefix; were any set? */
static bool
mask(struct network *network)
{
	bool found = false;

	for (int i = 0; i < 16; i++) {
		int bits = CLAMP((int)network->prefix - i * 8, 0, 8);
		guint8 keep = (guint8)(0xff00 >> bits);

		found = found || (network->octets[i] & ~keep);
		network->octets[i] &= keep;
	}
	return found;
}

static bool
read_unmasked(const char *text, struct network *network)
{
	g_autofree char *address = NULL;
	const char *slash = strchr(text, '/');
	int prefix = 128;

	if (strnlen(text, NETWORK_TEXT) >= NETWORK_TEXT)
		return false;
	address = slash ? g_strndup(text, (gsize)(slash - text)) :
	    g_strdup(text);
	memset(network, 0, sizeof *network);
	if (inet_pton(AF_INET, address, network->octets + 12) == 1) {
		memcpy(network->octets, mapped, sizeof mapped);
		if (slash)
			prefix = prefix_read(slash + 1, 32);
		if (slash && prefix >= 0)
			prefix += 96;
	} else if (inet_pton(AF_INET6, address, network->octets) == 1) {
		if (slash)
			prefix = prefix_read(slash + 1, 128);
	} else {
		return false;
	}
	if (prefix < 0)
		return false;
	network->prefix = (guint8)prefix;
	return true;
}

bool
network_parse(const char *text, struct network *network)
{
	return read_unmasked(text, network) && !mask(network);
}

bool
network_parse_around(const char *text, struct network *network)
{
	if (!read_unmasked(text, network))
		return false;
	mask(network);
	return true;
}

void
network_shorten(struct network *network, guint8 prefix)
{
	g_assert(prefix <= network->prefix);
	network->prefix = prefix;
	mask(network);
}

bool
network_from_socket(const struct sockaddr *from, struct network *network)
{
	memset(network, 0, sizeof *network);
	network->prefix = 128;
	if (from && from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof in);
		memcpy(network->octets, mapped, sizeof mapped);
		memcpy(network->octets + 12, &in.sin_addr, 4);
		return true;
	}
	if (from && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof in6);
		memcpy(network->octets, &in6.sin6_addr, 16);
		return true;
	}
	return false;
}

bool
network_covers(const struct network *network, const struct network *address)
{
	gsize octets = network->prefix / 8, bits = network->prefix % 8;

	if (network->prefix > address->prefix ||
	    network_is_ipv4(network) != network_is_ipv4(address) ||
	    memcmp(network->octets, address->octets, octets) != 0)
		return false;
	return bits == 0 || ((network->octets[octets] ^
			      address->octets[octets]) >> (8 - bits)) == 0;
}

bool
network_any(const GPtrArray *networks, const struct network *address)
{
	for (guint i = 0; networks && i < networks->len; i++)
		if (network_covers(networks->pdata[i], address))
			return true;
	return false;
}

void
network_format(const struct network *network, char out[NETWORK_TEXT])
{
	bool ipv4 = network_is_ipv4(network);
	gsize length;

	if (!inet_ntop(ipv4 ? AF_INET : AF_INET6,
		       network->octets + (ipv4 ? 12 : 0), out, NETWORK_TEXT))
		g_error("inet_ntop");
	length = strlen(out);
	if (network->prefix < 128)
		g_snprintf(out + length, NETWORK_TEXT - length, "/%d",
			   network->prefix - (ipv4 ? 96 : 0));
}
