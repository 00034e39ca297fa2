/*
 * fail.h -- to say what is wrong with what was given
 */
#ifndef GATEPOST_UTIL_FAIL_H
#define GATEPOST_UTIL_FAIL_H

#include <glib.h>

/* Set ERROR, where there is one and nothing is said yet, to FORMAT, as
 * G_FILE_ERROR_INVAL.  Always NULL, which is false too, for the caller to
 * return. */
void *fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
