/*
 * text.h -- strangers' text made safe, and small helpers on text
 */
#ifndef GATEPOST_UTIL_TEXT_H
#define GATEPOST_UTIL_TEXT_H

#include <glib.h>
#include <stdbool.h>

/* TEXT for a log line or a terminal: printable ASCII stays, all else is
 * \xNN, at most BOUND_LOG_VALUE octets and then "...".  NULL is "". Yours. */
char *text_safe(const char *text);

/* The same as a value: quoted when it is empty or holds a blank or quote. */
char *text_value(const char *text);

/* TEXT for a person's terminal: valid UTF-8 stays, controls, bidi and
 * zero-width characters become '?', at most COLUMNS characters.  Yours. */
char *text_shown(const char *text, gsize columns);

/* VALUE, which strangers may have written, as one word of a shell's command
 * line: quoted when it needs that.  Yours. */
char *text_pasted(const char *value);

/* LENGTH octets at DATA as valid UTF-8; what is none becomes U+FFFD; NUL,
 * CR, LF and TAB become a blank; cut at MOST octets.  Yours. */
char *text_utf8(const char *data, gsize length, gsize most);

/* The one of NAMES (ends with NULL) that WORD was probably meant to be, or
 * NULL.  Borrowed from NAMES. */
const char *text_nearest(const char *word, const char *const *names);

/* Does the glob PATTERN (`*`, `?`) cover all of TEXT?  Both in the same case;
 * linear in their product, so no pattern can stall. */
bool text_glob(const char *pattern, const char *text);

/* C in lower case, in no language's way; for loops over octets. */
static inline char
text_lower(char c)
{
	return g_ascii_isupper(c) ? (char)(c | 0x20) : c;
}

/* How many of LENGTH octets of TEXT, from its start on, are ASCII. */
gsize text_ascii(const char *text, gsize length);

/* Lower-case hexadecimal of DATA.  Yours. */
char *text_hex(const guint8 *data, gsize length);

#endif
