/*
 * token.h -- a word by which a user acts on one held copy
 *
 * It stands in the subject of a mail that the digest's links open, and says
 * by itself which item and deed it is for, and until when.  To whose copy and
 * tenant it is bound is only in the HMAC: who finds one cannot read it out.
 */
#ifndef GATEPOST_SERVICE_TOKEN_H
#define GATEPOST_SERVICE_TOKEN_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/store/keys.h"
#include "gatepost/util/ids.h"

/* Their numbers stand in tokens that were sent: add at the end. */
enum token_deed {
	TOKEN_RELEASE = 1, TOKEN_REQUEST, TOKEN_DELETE, TOKEN_PREVIEW,
	TOKEN_NOT_JUNK, TOKEN_PHISH, TOKEN_ALLOW, TOKEN_BLOCK,
	TOKEN_BLOCK_JUNK, TOKEN_BLOCK_QUARANTINE, TOKEN_BLOCK_REJECT,
	TOKEN_BLOCK_DISCARD, TOKEN_VERDICT, TOKEN_DEEDS
};

/* In front of each, so that it is found in any subject. */
#define TOKEN_MARK "GP1-"
/* Mark, 64 digits of Crockford base32, NUL. */
#define TOKEN_TEXT 69
#define TOKEN_MAC 16

/* What a token says by itself. */
struct token {
	guint8 key;		/* number of the key */
	enum token_deed deed;
	gint64 until;		/* seconds since 1970 */
	char item[ID_TEXT];
	guint8 mac[TOKEN_MAC];
};

/* The token by which RCPT (normal form) of TENANT may do DEED to ITEM until
 * UNTIL (seconds), signed by the newest of KEYS. */
void token_make(const struct token_keys *keys, const char *tenant,
		const char *rcpt, const char *item, enum token_deed deed,
		gint64 until, char out[TOKEN_TEXT]);

/* The first token in SUBJECT (NULL allowed), whatever stands around it and
 * whichever blanks a mail program put into it.  False when there is none that
 * could be one; nothing is proven yet. */
bool token_find(const char *subject, struct token *token);

/* Was TOKEN made by one of KEYS for RCPT of TENANT, and is it not over NOW
 * (us)? */
bool token_holds(const struct token_keys *keys, const struct token *token,
		 const char *tenant, const char *rcpt, gint64 now);

/* TOKEN's own name, by which one use is told from another: hexadecimal of
 * the HMAC.  Yours. */
char *token_name(const struct token *token);

#endif
