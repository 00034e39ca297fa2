/*
 * joined.c -- lines that were broken for the way, joined again
 *
 * What a program joins before it shows it must be joined before links are
 * looked for, or a link of two lines is a link to another host.
 */
#include "gatepost/content/joined.h"

#include <string.h>

/* The next line's start when a line end is at AT; NULL: there is none. */
static const char *
line_end(const char *at, const char *end)
{
	if (at < end && *at == '\r')
		at++;
	return at < end && *at == '\n' ? at + 1 : NULL;
}

/* What "\" and C mean in a calendar's text (RFC 5545 3.3.11); NUL: nothing. */
static char
unescaped(char c)
{
	if (c == 'n' || c == 'N')
		return '\n';
	return c && strchr(",;\\", c) ? c : '\0';
}

gsize
joined_calendar(char *text, gsize length)
{
	const char *at = text, *end = text + length;
	char *to = text;

	while (at < end) {
		const char *next = line_end(at, end);
		char c = *at == '\\' && at + 1 < end ? unescaped(at[1]) :
		    '\0';

		if (next && next < end && (*next == ' ' || *next == '\t'))
			at = next + 1;
		else if (c) {
			*to++ = c;
			at += 2;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
	return (gsize)(to - text);
}

/* Is the line that starts at START and ends in front of AT a signature's? */
static bool
is_rule(const char *start, const char *at)
{
	return at - start == 3 && memcmp(start, "-- ", 3) == 0;
}

gsize
joined_flowed(char *text, gsize length)
{
	const char *at = text, *end = text + length, *line = text;
	char *to = text;

	while (at < end) {
		const char *next = *at == ' ' ? line_end(at + 1, end) : NULL;

		if (next && !is_rule(line, at + 1)) {
			/* A blank in front was put there for the way, too. */
			at = line = next < end && *next == ' ' ? next + 1 :
			    next;
			continue;
		}
		if (*at == '\n')
			line = at + 1;
		*to++ = *at++;
	}
	*to = '\0';
	return (gsize)(to - text);
}
