/*
 * ids.c -- make and check our ids
 */
#include "gatepost/util/ids.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "gatepost/util/clock.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
id_new(char out[ID_TEXT])
{
	guint64 time = (guint64)(clock_now() / 1000);
	guint8 random[16];	/* one octet a digit; five bits used */
	gsize have = 0;

	while (have < sizeof random) {
		gssize n = getrandom(random + have, sizeof random - have, 0);

		if (n < 0 && errno != EINTR)
			g_error("getrandom: %s", g_strerror(errno));
		have += n > 0 ? (gsize)n : 0;
	}
	for (int i = 9; i >= 0; i--, time >>= 5)
		out[i] = digits[time & 31];
	for (int i = 0; i < 16; i++)
		out[10 + i] = digits[random[i] & 31];
	out[26] = '\0';
}

bool
id_is(const char *text)
{
	/* The first digit holds the top 3 of 48 bits. */
	return text && strlen(text) == 26 && text[0] >= '0' &&
	    text[0] <= '7' && strspn(text, digits) == 26;
}

gint64
id_time(const char *id)
{
	gint64 time = 0;

	g_assert(id_is(id));
	for (int i = 0; i < 10; i++)
		time = time << 5 | (strchr(digits, id[i]) - digits);
	return time * 1000;
}
