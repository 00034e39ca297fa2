/*
 * phrases.h -- what users read, in their language
 *
 * English stands in the code, marked by PHRASE(); contrib/po/LANGUAGE.po has
 * the others, in gettext's form.
 */
#ifndef GATEPOST_SERVICE_PHRASES_H
#define GATEPOST_SERVICE_PHRASES_H

#include <glib.h>

/* Marks TEXT for xgettext --keyword=PHRASE; a test finds what is not
 * translated. */
#define PHRASE(text) (text)

/* TEXT in LANGUAGE (of languages[]), or as it is.  Constant; threads may
 * call it. */
const char *phrase(int language, const char *text);

/* The same, with VALUE for each "%1".  Yours. */
char *phrase_with(int language, const char *text, const char *value);

#endif
