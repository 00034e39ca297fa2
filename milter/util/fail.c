/*
 * fail.c -- to say what is wrong with what was given
 */
#include "gatepost/util/fail.h"

#include <stdarg.h>

void *
fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error && !*error)
		*error = g_error_new_valist(G_FILE_ERROR, G_FILE_ERROR_INVAL,
					    format, args);
	va_end(args);
	return NULL;
}
