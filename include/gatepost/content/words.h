/*
 * words.h -- header text: encoded words (RFC 2047) and raw 8-bit to UTF-8
 */
#ifndef GATEPOST_CONTENT_WORDS_H
#define GATEPOST_CONTENT_WORDS_H

#include <glib.h>
#include <stdbool.h>

#include "gatepost/model/facts.h"

/*
 * LENGTH octets of RAW as a mail program shows them: each encoded word
 * decoded by itself, blanks between two of them gone, characters that are
 * split between words of one charset joined.  Control characters become
 * blanks, and a defect when they were encoded or raw (but for tabs and line
 * ends of folds).  Valid UTF-8, cut at MOST octets.  Yours.
 */
char *words_decode(const char *raw, gsize length, gsize most, Facts *facts);

/* LENGTH octets of TEXT, not decoded, as valid UTF-8 with blanks for control
 * characters, cut at MOST octets.  Yours. */
char *words_clean(const char *text, gsize length, gsize most);

/* Is all of it ASCII that shows, so that there is nothing to clean? */
bool words_are_clean(const char *text, gsize length);

/* Is there a character in the UTF-8 TEXT that turns the order of those
 * behind it (U+202A to U+202E, U+2066 to U+2069)? */
bool words_has_bidi(const char *text);

#endif
