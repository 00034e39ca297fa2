/*
 * received.c -- the client of one hop
 *
 *	from HELO (NAME [ADDRESS]) by ...		Postfix, Sendmail
 *	from HELO (IDENT@NAME [ADDRESS] (may be forged)) by ...	Sendmail
 *	from NAME ([ADDRESS]:PORT helo=HELO) by ...	Exim
 *	from [ADDRESS]:PORT (helo=HELO) by ...		Exim, no name
 *
 * The client chooses HELO, also one that looks like an address, so the comment
 * goes first, and in it what stands before HELO and ident.
 */
#include "gatepost/content/received.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "gatepost/model/network.h"

/* "ADDRESS]..." at FROM: the address, and what is behind the bracket in
 * *BEHIND.  Yours. */
static char *
in_brackets(const char *from, const char **behind)
{
	const char *end = strchr(from, ']');
	g_autofree char *text = NULL;
	char normal[NETWORK_TEXT];
	struct network network;

	if (!end)
		return NULL;
	if (g_ascii_strncasecmp(from, "IPv6:", 5) == 0)
		from += 5;
	text = g_strndup(from, (gsize)(end - from));
	if (strchr(text, '/') || !network_parse(text, &network) ||
	    network.prefix != 128)
		return NULL;
	*behind = end + 1;
	network_format(&network, normal);
	return g_strdup(normal);
}

/* Skip ":4567". */
static const char *
skip_port(const char *at)
{
	if (*at == ':')
		for (at++; g_ascii_isdigit(*at); at++)
			;
	return at;
}

/* The text of the comment that starts at *AT, which is moved behind it; NULL
 * when it does not end.  Yours. */
static char *
take_comment(const char **at)
{
	const char *start = *at + 1;
	guint depth = 0;

	for (; **at; (*at)++) {
		if (**at == '(')
			depth++;
		else if (**at == ')' && --depth == 0)
			return g_strndup(start, (gsize)((*at)++ - start));
	}
	return NULL;
}

/* Cut COMMENT where the client's own words begin. */
static void
cut_claims(char *comment)
{
	static const char *const claims[] = { "helo=", "ident=", "(" };

	for (guint i = 0; i < G_N_ELEMENTS(claims); i++) {
		char *at = strstr(comment, claims[i]);

		if (at)
			*at = '\0';
	}
}

/* Is what stands before the bracket one name, or none?  Others write "HELO
 * [ADDRESS]". */
static bool
is_name(const char *start, const char *open)
{
	g_autofree char *text = g_strndup(start, (gsize)(open - start));

	g_strstrip(text);
	return !strchr(text, ' ') && g_ascii_strcasecmp(text, "helo") != 0 &&
	    g_ascii_strcasecmp(text, "ehlo") != 0;
}

/* The address in a comment "NAME [ADDRESS]"; NULL: there is none.  Yours. */
static char *
of_comment(const char *comment)
{
	g_autofree char *copy = g_strdup(comment), *address = NULL;
	const char *open, *behind;

	cut_claims(copy);
	open = strrchr(copy, '[');
	address = open && is_name(copy, open) ?
	    in_brackets(open + 1, &behind) : NULL;
	if (!address)
		return NULL;
	for (behind = skip_port(behind); *behind == ' '; behind++)
		;
	return *behind ? NULL : g_steal_pointer(&address);
}

/* Is COMMENT Exim's, of a client whose address stands in front of it? */
static bool
is_behind_address(const char *comment)
{
	return g_str_has_prefix(comment, "helo=") ||
	    g_str_has_prefix(comment, "ident=") ||
	    g_str_has_prefix(comment, "port=");
}

char *
received_client(const char *value)
{
	g_autofree char *plain = g_strdup(value), *literal = NULL;
	g_autofree char *comment = NULL;
	const char *at, *behind = NULL;

	g_strdelimit(plain, "\t\r\n", ' ');
	at = g_strchug(plain);
	if (g_ascii_strncasecmp(at, "from ", 5) != 0)
		return NULL;
	for (at += 5; *at == ' '; at++)
		;
	if (*at == '[') {
		literal = in_brackets(at + 1, &behind);
		at = literal ? skip_port(behind) : at;
		if (literal && *at && *at != ' ')
			return NULL;
	}
	for (; *at && *at != ' '; at++)
		if (*at == '(')
			return NULL;
	for (; *at == ' '; at++)
		;
	if (*at != '(')
		return g_str_has_prefix(at, "by ") ?
		    g_steal_pointer(&literal) : NULL;
	comment = take_comment(&at);
	if (!comment)
		return NULL;
	return is_behind_address(comment) ? g_steal_pointer(&literal) :
	    of_comment(comment);
}
