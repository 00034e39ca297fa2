/*
 * snapshot_key.c -- the text by which an entry is found
 *
 * Writer and reader must agree on it; so it stands here once.
 */
#include "gatepost/lists/snapshot_format.h"

#include "gatepost/model/confusable.h"
#include "gatepost/model/url.h"

char *
snapshot_key(enum indicator_kind kind, enum snapshot_shape shape,
	     const char *value, const char *source)
{
	gsize length;

	switch (kind) {
	case INDICATOR_SENDER:
	case INDICATOR_ENVELOPE:
		return g_strdup(value + (shape == SHAPE_BELOW ? 2 : 0));
	case INDICATOR_URL:
		value = url_entry_key(value, &length);
		return g_strndup(value, length);
	case INDICATOR_SPOOF:
		return g_strdup_printf("%s\n%s", value, source);
	case INDICATOR_NAME:
		return confusable_skeleton(value);
	case INDICATOR_IP:
	case INDICATOR_FILE:
	case INDICATOR_FILENAME:
	case INDICATOR_DEFECT:
	case INDICATOR_KINDS:
		break;
	}
	return g_strdup(value);
}
