/*
 * lines.c -- what is odd about the lines of a message's body
 *
 * The octets are looked at as they came, before anything is decoded.
 */
#include "gatepost/content/lines.h"

#include <stdbool.h>
#include <string.h>

#include "gatepost/bounds.h"
#include "gatepost/content/defect.h"

/* Does a command that starts or goes on with a transaction stand at AT? */
static bool
is_command(const guint8 *at, const guint8 *end)
{
	static const char *const commands[] = {
		"mail from:", "rcpt to:", "data\r", "data\n", "ehlo ",
		"helo ", "rset\r", "rset\n", "bdat "
	};

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		gsize length = strlen(commands[i]);

		if ((gsize)(end - at) >= length &&
		    g_ascii_strncasecmp((const char *)at, commands[i],
					length) == 0)
			return true;
	}
	return false;
}

/* Behind the line end at AT, whichever it is, CR alone included. */
static const guint8 *
behind_end(const guint8 *at, const guint8 *end)
{
	while (at < end && *at == '\r')
		at++;
	return at < end && *at == '\n' ? at + 1 : at;
}

/* A lone dot ends the message to whoever takes what stands around it for line
 * ends; at DOT stands one behind a line end. */
static bool
is_smuggled(const guint8 *dot, const guint8 *end)
{
	const guint8 *next = dot + 1;

	if (next == end || (*next != '\r' && *next != '\n'))
		return false;
	return is_command(behind_end(next, end), end);
}

struct look {
	const guint8 *end;
	guint crlf, lf;		/* lines by their ends */
	gsize longest;
	bool has_cr, is_smuggled;
};

/* Look for CRs in a line of LENGTH octets at AT, without its LF. */
static void
look_cr(struct look *look, const guint8 *at, gsize length)
{
	const guint8 *end = at + length, *cr;

	while ((cr = memchr(at, '\r', (gsize)(end - at)))) {
		if (cr + 1 == end && cr + 1 < look->end) {
			look->crlf++;
			return;
		}
		look->has_cr = true;
		at = cr + 1;
		if (at < look->end && *at == '.')
			look->is_smuggled |= is_smuggled(at, look->end);
	}
	look->lf += end < look->end;
}

void
lines_look(const guint8 *data, gsize size, Facts *facts)
{
	struct look look = { .end = data + size };
	const guint8 *at = data;

	while (at < look.end) {
		const guint8 *lf = memchr(at, '\n', (gsize)(look.end - at));
		gsize length = (gsize)((lf ? lf : look.end) - at);

		look_cr(&look, at, length);
		look.longest = MAX(look.longest, length);
		if (*at == '.')
			look.is_smuggled |= is_smuggled(at, look.end);
		at += length + 1;
	}
	if (memchr(data, '\0', size))
		facts_defect(facts, DEFECT_BODY_NUL);
	if (look.has_cr)
		facts_defect(facts, DEFECT_BODY_BARE_CR);
	if (look.crlf && look.lf)
		facts_defect(facts, DEFECT_BODY_BARE_LF);
	if (look.longest > BOUND_LINE)
		facts_defect(facts, DEFECT_BODY_LINE);
	if (look.is_smuggled)
		facts_defect(facts, DEFECT_BODY_SMTP);
}
