/*
 * defang.h -- links that a person reads and no program follows
 */
#ifndef GATEPOST_MODEL_DEFANG_H
#define GATEPOST_MODEL_DEFANG_H

#include <glib.h>

/*
 * TEXT (valid UTF-8) with its links written harmlessly: "hxxps" for "https",
 * "fxp" for "ftp", "[:]" behind any other scheme and those that run a
 * program, "[.]" for the dots of a host.  A host is what follows "scheme:",
 * "www.something", and what ends in a suffix of the public suffix list; that
 * of a mail address stays as it is.  Yours.
 */
char *defang(const char *text);

#endif
