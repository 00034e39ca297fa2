/*
 * joined.h -- lines that were broken for the way, joined again
 *
 * Both work in place on LENGTH octets of TEXT, which has room for a NUL behind
 * them, and return the new length, which is never more.
 */
#ifndef GATEPOST_CONTENT_JOINED_H
#define GATEPOST_CONTENT_JOINED_H

#include <glib.h>
#include <stdbool.h>

/* A calendar or card: its folded lines (RFC 5545 3.1) and what a backslash
 * stands for in its texts. */
gsize joined_calendar(char *text, gsize length);

/* Flowed text of which "delsp" is "yes" (RFC 3676 4.1). */
gsize joined_flowed(char *text, gsize length);

#endif
