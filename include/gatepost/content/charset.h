/*
 * charset.h -- text of any charset to UTF-8
 */
#ifndef GATEPOST_CONTENT_CHARSET_H
#define GATEPOST_CONTENT_CHARSET_H

#include <glib.h>

#include "gatepost/model/facts.h"

/*
 * LENGTH octets of DATA, said to be in CHARSET (any case; NULL: not said), as
 * valid UTF-8 without NUL.  A byte order mark overrules CHARSET, as in
 * browsers.  What is said to be ASCII, or of an unknown charset, is UTF-8
 * when it can be and windows-1252 otherwise.  What cannot be converted
 * becomes U+FFFD.  OUT_LENGTH may be NULL.  Yours.
 */
char *charset_decode(const char *charset, const char *data, gsize length,
		     gsize *out_length, Facts *facts);

#endif
