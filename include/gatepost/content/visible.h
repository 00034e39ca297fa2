/*
 * visible.h -- characters of a text that a reader does not see
 */
#ifndef GATEPOST_CONTENT_VISIBLE_H
#define GATEPOST_CONTENT_VISIBLE_H

#include <glib.h>

#include "gatepost/model/facts.h"

/* The characters in LENGTH octets of TEXT, valid UTF-8. */
gint64 visible_length(const char *text, gsize length);

/*
 * Add to FACTS how many characters LENGTH octets of TEXT, valid UTF-8, show
 * (text_shown), how many are of no width (text_invisible: U+00AD, U+034F,
 * U+061C, U+115F and U+1160, U+17B4 and U+17B5, U+180E, U+200B to U+200F,
 * U+2060 to U+2064, U+FEFF, U+E0000 to U+E007F), and how many turn the order
 * of those behind them (text_bidi: U+202A to U+202E, U+2066 to U+2069).
 */
void visible_count(const char *text, gsize length, Facts *facts);

/* TEXT, valid UTF-8, without all of these, in place, so that what looks the
 * same is the same. */
void visible_fold(char *text);

#endif
