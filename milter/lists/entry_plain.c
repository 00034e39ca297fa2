/*
 * entry_plain.c -- values that are their own normal form
 *
 * Most values of large lists are ASCII in lower case, one host, address or
 * hash, and cover no public suffix.  Those are told here in one go; for the
 * rest indicator_new() has the last word.
 */
#include <string.h>

#include "gatepost/lists/entry.h"
#include "gatepost/model/domain.h"
#include "gatepost/model/url.h"

#define HOST_MOST 253		/* RFC 1035 2.3.4, as text */
#define LABEL_MOST 63

/* Is TEXT a host of two labels and more in lower case, the last of two
 * letters and more? */
static bool
is_plain_host(const char *text)
{
	const char *label = text, *p = text;

	for (;; p++) {
		if (g_ascii_islower(*p) || g_ascii_isdigit(*p) || *p == '-')
			continue;
		if (p == label || p - label > LABEL_MOST)
			return false;
		if (*p != '.')
			break;
		label = p + 1;
	}
	if (*p || label == text || p - text > HOST_MOST)
		return false;
	for (p = label; g_ascii_islower(*p); p++)
		;
	return !*p && p - label > 1;
}

static bool
is_plain_local(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_islower(text[i]) && !g_ascii_isdigit(text[i]) &&
		    !strchr(".-_+=", text[i]))
			return false;
	return length > 0 && length <= 64;
}

static bool
is_plain_hash(const char *text)
{
	gsize length = strspn(text, "0123456789abcdef");

	return length == 64 && !text[length];
}

bool
entry_value_is_plain(enum indicator_kind kind, const char *text)
{
	const char *at;

	switch (kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		at = strchr(text, '@');
		if (at)
			return is_plain_local(text, (gsize)(at - text)) &&
			    is_plain_host(at + 1);
		return is_plain_host(text) &&
		    domain_suffix(text) == SUFFIX_NONE;
	case INDICATOR_URL:
		return is_plain_host(text) && !url_is_file_name(text) &&
		    domain_suffix(text) == SUFFIX_NONE;
	case INDICATOR_FILE:
		return is_plain_hash(text);
	case INDICATOR_NAME:
	case INDICATOR_IP:
	case INDICATOR_FILENAME:
	case INDICATOR_DEFECT:
	case INDICATOR_SPOOF:
	case INDICATOR_KINDS:
		break;
	}
	return false;
}
