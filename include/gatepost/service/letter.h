/*
 * letter.h -- mail that we write ourselves: to users, and to admins
 *
 * All of it is sent from the null sender, says that no person wrote it (RFC
 * 3834), and goes to addresses that the caller knows to be ours.
 */
#ifndef GATEPOST_SERVICE_LETTER_H
#define GATEPOST_SERVICE_LETTER_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/config.h"
#include "gatepost/store/quarantine.h"

struct letter {
	const Tenant *tenant;
	const char *from;	/* an address; NULL: the postmaster */
	const char *to;		/* an address, as smtp_is_safe() */
	const char *subject;	/* UTF-8; nothing of a stranger */
	const char *text;	/* UTF-8, lines end in LF or CRLF */
	const char *html;	/* the same as a page; NULL: none */
	const char *status;	/* it is a delivery status notification: its
				 * fields, ASCII with CRLF; NULL: it is none */
	const char *id;		/* of ours, for Message-ID; NULL: a new one */
};

/* LETTER as a message with CRLF, dated NOW (us).  Yours. */
GString *letter_make(const struct letter *letter, gint64 now);

/* The domain of TENANT that our mail comes from; borrowed. */
const char *letter_domain(const Tenant *tenant);

/* A stranger's TEXT (NULL is "-"), at most MOST characters, such that no mail
 * program makes a link of it, and nothing in it turns or hides text.  Yours. */
char *letter_plain(const char *text, gsize most);

/* Append a line "  NAME VALUE" for a user: NAME is a phrase(), VALUE a
 * stranger's. */
void letter_add_line(GString *out, int language, const char *name,
		     const char *value);

/* Append such lines on COPY of HELD, times in the zone of TENANT. */
void letter_add_item(GString *out, int language, const Tenant *tenant,
		     const Held *held, const HeldRcpt *copy);

/* Append TEXT to the page OUT: all that means something in HTML is escaped. */
void letter_escape(GString *out, const char *text);

/* Is MESSAGE_ID (NULL: none) one that letter_make() gave? */
bool letter_is_own(const char *message_id);

#endif
