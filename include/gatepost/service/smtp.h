/*
 * smtp.h -- hand one message to a listener of the MTA (RFC 5321)
 *
 * With 8BITMIME, SIZE, SMTPUTF8 (RFC 6531) and DSN (RFC 3461) where the
 * listener offers them.  The bytes go as they are: line ends become CRLF,
 * dots are doubled, nothing is encoded anew, so that DKIM stays valid.
 */
#ifndef GATEPOST_SERVICE_SMTP_H
#define GATEPOST_SERVICE_SMTP_H

#include <glib.h>
#include <stdbool.h>

struct mail_rcpt {
	const char *address;	/* as smtp_is_safe(); borrowed */
	const char *options;	/* "NOTIFY=NEVER", "NOTIFY=... ORCPT=..." */
	bool is_taken;		/* set: the far end has it */
	bool is_refused;	/* set: it never will (5xx) */
	char *fault;		/* set: why it was not taken; to be freed */
};

struct mail {
	const char *sender;	/* "": null; as smtp_is_safe() */
	const char *options;	/* "RET=HDRS ENVID=x", or NULL */
	bool is_utf8;		/* its header needs SMTPUTF8 */
	struct mail_rcpt *rcpts;
	guint count;
	const char *data;	/* borrowed */
	gsize length;
};

/*
 * Hand MAIL to PLACE, HOST:PORT or [ADDRESS]:PORT, waiting SECONDS for each
 * answer.  True: each recipient that is_taken was taken, and there is one.
 * False and ERROR set, with the listener's own words: nobody was.
 */
bool smtp_send(const char *place, int seconds, struct mail *mail,
	       GError **error);

/* May ADDRESS stand in a protocol line: no control, no blank or bracket
 * outside quotes, at most 320 octets, UTF-8? */
bool smtp_is_safe(const char *address);

/* The address that came as GIVEN ("<Jo@x.example>") as it may be sent again,
 * without brackets; NORMAL where GIVEN (NULL allowed) is not safe or has a
 * source route.  Yours. */
char *smtp_address(const char *given, const char *normal);

#endif
