/*
 * mta.c -- what every way of editing a header does
 */
#include "gatepost/service/mta.h"

char *
mta_clean(const char *value)
{
	char *text = g_strdup_printf("%.900s", value);

	for (char *p = text; *p; p++)
		if (g_ascii_iscntrl(*p))
			*p = ' ';
	return text;
}
