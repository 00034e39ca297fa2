/*
 * readahead.h -- what libmilter reads, taken from the kernel in large pieces
 *
 * libmilter asks the kernel five times for each packet (it polls thrice and
 * reads its length and its contents), and each header field is a packet:
 * most of what a message cost was that.  It has no place for a buffer, so
 * this program has its own accept(), poll(), read() and close(), which the
 * linker finds before those of the C library.  They keep a buffer for each
 * connection of the one listener that is named here; of any other
 * descriptor the C library is asked, as if they were not there.
 */
#ifndef GATEPOST_DAEMON_READAHEAD_H
#define GATEPOST_DAEMON_READAHEAD_H

/* Read ahead on what is accepted from LISTENER from now on.  A connection
 * must be read by one thread at a time. */
void readahead_from(int listener);

#endif
