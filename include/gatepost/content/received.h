/*
 * received.h -- who handed a message to a host, by the Received field that
 * this host wrote
 */
#ifndef GATEPOST_CONTENT_RECEIVED_H
#define GATEPOST_CONTENT_RECEIVED_H

/*
 * The client's address, in normal form, in VALUE (unfolded) of a Received
 * field as Postfix, Sendmail and Exim write it; NULL: it cannot be read.  What
 * the client said of itself in HELO, or by ident, is never taken for it.
 * Yours.
 */
char *received_client(const char *value);

#endif
