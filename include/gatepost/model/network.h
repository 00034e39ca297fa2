/*
 * network.h -- IP addresses and prefixes; IPv4-mapped IPv6 is IPv4
 */
#ifndef GATEPOST_MODEL_NETWORK_H
#define GATEPOST_MODEL_NETWORK_H

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

/* An address or prefix.  IPv4 stands in the last four octets, mapped, and
 * its prefix counts from the start of all 128 bits (96 to 128). */
struct network {
	guint8 octets[16];
	guint8 prefix;		/* bits, 0 to 128 */
};

/* Longest text, "ffff:...:255.255.255.255/128". */
#define NETWORK_TEXT 64

/* Read "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1".
 * False when it is none, or when bits behind the prefix are set. */
bool network_parse(const char *text, struct network *network);

/* The same, but bits behind the prefix are cleared: what was meant. */
bool network_parse_around(const char *text, struct network *network);

/* Make NETWORK the one of PREFIX bits, no more than it has, around it. */
void network_shorten(struct network *network, guint8 prefix);

/* Is it an IPv4 address, or a network of them? */
bool network_is_ipv4(const struct network *network);

/* A socket's address; false when it is neither IPv4 nor IPv6. */
bool network_from_socket(const struct sockaddr *from,
			 struct network *network);

/* Is ADDRESS inside NETWORK?  No IPv4 address is inside a prefix of IPv6. */
bool network_covers(const struct network *network,
		    const struct network *address);

/* Is ADDRESS inside one of NETWORKS, an array of struct network *? */
bool network_any(const GPtrArray *networks, const struct network *address);

/* Normal text: an IPv4 one as such, "/prefix" only for a prefix. */
void network_format(const struct network *network, char out[NETWORK_TEXT]);

#endif
