/*
 * import_service.c -- entries as Get-TenantAllowBlockListItems and
 * Get-TenantAllowBlockListSpoofItems print them through ConvertTo-Json
 *
 * Where that service means something else by a value than we do, the entry
 * is taken in its sense and the item has a remark.
 */
#include <string.h>

#include "gatepost/lists/import_item.h"
#include "gatepost/model/network.h"
#include "gatepost/util/clock.h"
#include "gatepost/util/fields.h"

static const char *
member(const Json *object, const char *name)
{
	const char *text = json_text(json_member(object, name));

	return text && *text ? text : NULL;
}

/* Its names of kinds, and ours. */
static const struct {
	const char *theirs, *ours;
} kinds[] = {
	{ "Sender", "sender" }, { "Url", "url" }, { "FileHash", "file" },
	{ "IP", "ip" },
};

/* What VALUE must be, or NULL when it could be several. */
static const char *
kind_of_value(const char *value)
{
	struct network network;

	if (strlen(value) == 64 &&
	    strspn(value, "0123456789abcdefABCDEF") == 64)
		return "file";
	if (strchr(value, '@'))
		return "sender";
	if (strchr(value, ':') && network_parse(value, &network))
		return "ip";
	if (strpbrk(value, "/~"))
		return "url";
	return NULL;
}

/* The kind of OBJECT, whose value is VALUE, or NULL and a fault of ITEM. */
static const char *
kind_of(const Json *object, const char *value, const char *kind,
	struct import_item *item)
{
	const char *theirs = member(object, "ListType");

	for (guint i = 0; theirs && i < G_N_ELEMENTS(kinds); i++)
		if (g_ascii_strcasecmp(kinds[i].theirs, theirs) == 0)
			return kinds[i].ours;
	if (theirs) {
		item->fault = g_strdup_printf("its ListType is \"%s\": only "
					      "Sender, Url, FileHash and IP "
					      "are entries for mail", theirs);
		return NULL;
	}
	kind = kind ? kind : kind_of_value(value);
	if (!kind)
		item->fault = g_strdup_printf("\"%s\" could be a sender or a "
					      "url, and no ListType says: "
					      "import each type by itself, "
					      "with --kind", value);
	return kind;
}

/* TEXT as ConvertTo-Json prints a time: RFC 3339, or "/Date(milliseconds)/".
 * False when it is neither. */
static bool
read_time(const char *text, gint64 *at)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = NULL;
	char *end = NULL;

	if (g_str_has_prefix(text, "/Date(")) {
		*at = g_ascii_strtoll(text + 6, &end, 10) * 1000;
		return end > text + 6 && strcmp(end, ")/") == 0;
	}
	time = g_date_time_new_from_iso8601(text, utc);
	*at = time ? g_date_time_to_unix(time) * CLOCK_SECOND : 0;
	return time != NULL;
}

/* The time NAME of OBJECT; 0: it has none, or ITEM has a fault. */
static gint64
time_of(const Json *object, const char *name, struct import_item *item)
{
	const Json *found = json_member(object, name);
	/* With its properties, a time is an object. */
	const Json *inner = json_member(found, "value");
	const char *text = json_text(inner ? inner : found);
	gint64 at = 0;

	if (!text && !inner && !json_number(found))
		return 0;
	if (text && (!*text || read_time(text, &at)))
		return at;
	item->fault = g_strdup_printf("its %s, \"%s\", is no time: print it "
				      "as 2026-12-31T18:00:00Z", name,
				      text ? text : "?");
	return 0;
}

static void
add_time(GString *line, const char *name, gint64 at)
{
	char text[CLOCK_TEXT];

	if (!at)
		return;
	clock_format(at, text);
	import_option(line, name, text);
}

static void
add_text(GString *line, const char *name, const char *value,
	 struct import_item *item)
{
	g_autofree char *text = import_one_line(value, item);

	import_option(line, name, text);
}

/* "block" or "allow" of its member Action; NULL: neither. */
static const char *
action_of(const Json *object)
{
	const char *action = member(object, "Action");
	g_autofree char *lower = action ? g_ascii_strdown(action, -1) : NULL;
	int found = fields_word(entry_actions, lower);

	return found < 0 ? NULL : entry_actions[found];
}

static void
add_options(GString *line, const Json *object, struct import_item *item)
{
	const Json *after = json_member(object, "RemoveAfter");
	gint64 days = json_text(after) ?
	    g_ascii_strtoll(json_text(after), NULL, 10) : json_number(after);
	gint64 made = time_of(object, "CreatedDateTime", item);
	gint64 used = time_of(object, "LastUsedDate", item);

	add_time(line, "expires", time_of(object, "ExpirationDate", item));
	if (days > 0) {
		g_autofree char *span = g_strdup_printf("%" G_GINT64_FORMAT
							"d", days);

		import_option(line, "unused", span);
	}
	/* Its use there counts as well: it ends so long after the last. */
	add_time(line, "added", days > 0 ? MAX(made, used) : made);
	add_text(line, "note", member(object, "Notes"), item);
	add_text(line, "by", member(object, "ModifiedBy"), item);
	add_text(line, "submission", member(object, "SubmissionID"), item);
}

static struct import_item *
read_pair(const Json *object, guint number, const struct entry_place *place)
{
	const char *user = member(object, "SpoofedUser");
	const char *from = member(object, "SendingInfrastructure");
	g_autofree char *given = g_strdup_printf("%s, %s", user,
						 from ? from : "");
	struct import_item *item = import_item_new(number, given);
	const char *action = action_of(object);
	g_autoptr(GString) line = g_string_new(action);

	if (!action || !from) {
		item->fault = g_strdup("it has no Action, or no "
				       "SendingInfrastructure");
		return item;
	}
	g_string_append(line, " spoof");
	import_value(line, user);
	import_value(line, from);
	add_options(line, object, item);
	if (!item->fault)
		import_item_parse(item, line->str, place);
	return item;
}

struct import_item *
import_service(const Json *object, guint number,
	       const struct entry_place *place, const char *kind)
{
	const char *value = member(object, "Value");
	const char *action = action_of(object);
	struct import_item *item;
	g_autoptr(GString) line = g_string_new(action);

	if (member(object, "SpoofedUser"))
		return read_pair(object, number, place);
	item = import_item_new(number, value);
	if (!value || !action) {
		item->fault = g_strdup("it has no Value, or no Action");
		return item;
	}
	kind = kind_of(object, value, kind, item);
	if (!kind)
		return item;
	g_string_append_printf(line, " %s", kind);
	import_value(line, value);
	add_options(line, object, item);
	if (!item->fault)
		import_item_parse(item, line->str, place);
	if (strcmp(action, "allow") == 0 && strcmp(kind, "sender") == 0)
		import_remark(item, "counts only for authenticated mail; "
			      "proof=none would make it count for anyone who "
			      "writes that From");
	return item;
}
