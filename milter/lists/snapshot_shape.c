/*
 * snapshot_shape.c -- how a value is looked up, and how narrow it is
 */
#include <string.h>

#include "gatepost/lists/snapshot_format.h"
#include "gatepost/model/network.h"
#include "gatepost/model/url.h"

/* An allow covers what it names and no more; what is blocked by a host is
 * blocked below it, too, and what is blocked by a path with any query. */
static enum snapshot_shape
shape_of_url(const char *value, bool is_allow)
{
	bool is_exact = is_allow || strchr(value, '?');
	struct network network;

	switch (url_entry_form(value)) {
	case URL_HOST:
		return is_allow || network_parse(value, &network) ?
		    SHAPE_EXACT : SHAPE_ANYWHERE;
	case URL_SITE:
		return SHAPE_SITE;
	case URL_AROUND:
		/* Anyone can write an allowed host into his own path. */
		return is_allow ? SHAPE_TREE : SHAPE_AROUND;
	case URL_BELOW:
		return SHAPE_BENEATH;
	case URL_PATH:
		return is_exact ? SHAPE_PATH : SHAPE_PAGE;
	case URL_FOLDER:
		return SHAPE_FOLDER;
	case URL_PATH_BELOW:
		return is_exact ? SHAPE_PATH_BENEATH : SHAPE_PAGE_BENEATH;
	case URL_FOLDER_BELOW:
		return SHAPE_FOLDER_BENEATH;
	case URL_SUFFIX:
		break;
	}
	return SHAPE_TREE;
}

enum snapshot_shape
snapshot_shape(const Indicator *indicator, bool is_allow)
{
	if (indicator_is_pattern(indicator))
		return SHAPE_LINEAR;
	switch (indicator->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		return g_str_has_prefix(indicator->value, "*.") ?
		    SHAPE_BELOW : SHAPE_EXACT;
	case INDICATOR_IP:
		return SHAPE_NETWORK;
	case INDICATOR_URL:
		return shape_of_url(indicator->value, is_allow);
	case INDICATOR_FILENAME:
		return strpbrk(indicator->value, "*?") ? SHAPE_LINEAR :
		    SHAPE_EXACT;
	case INDICATOR_NAME:
	case INDICATOR_FILE:
	case INDICATOR_DEFECT:
	case INDICATOR_SPOOF:
	case INDICATOR_KINDS:
		break;
	}
	return SHAPE_EXACT;
}

guint32
snapshot_narrowness(const Indicator *indicator)
{
	const char *value = indicator->value;
	guint32 length = (guint32)strlen(value);
	struct network network;

	if (indicator_is_pattern(indicator))
		return 0;
	switch (indicator->kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		return length + SNAPSHOT_CLASS *
		    (g_str_has_prefix(value, "*.") ? 1 :
		     strchr(value, '@') ? 3 : 2);
	case INDICATOR_IP:
		return network_parse(value, &network) ? network.prefix : 0;
	case INDICATOR_URL:
		return url_entry_narrowness(value);
	case INDICATOR_FILENAME:
		return length + SNAPSHOT_CLASS *
		    (strpbrk(value, "*?") ? 1 : 2);
	case INDICATOR_NAME:
	case INDICATOR_FILE:
	case INDICATOR_DEFECT:
	case INDICATOR_SPOOF:
	case INDICATOR_KINDS:
		break;
	}
	return SNAPSHOT_CLASS;
}
