/*
 * refit.c -- the bytes of a message with header fields left out or changed
 */
#include "gatepost/service/refit.h"

#include <string.h>

#include "gatepost/model/message.h"
#include "gatepost/util/clock.h"

/* The end of the field that starts at AT: behind its last folded line. */
static gsize
field_end(const char *data, gsize size, gsize at)
{
	do {
		const char *end = memchr(data + at, '\n', size - at);

		at = end ? (gsize)(end - data) + 1 : size;
	} while (at < size && (data[at] == ' ' || data[at] == '\t'));
	return at;
}

static gint64
count_field(GHashTable *seen, const char *name, gsize length)
{
	g_autofree char *lower = g_ascii_strdown(name, (gssize)length);
	gint64 index = GPOINTER_TO_INT(g_hash_table_lookup(seen, lower)) + 1;

	g_hash_table_replace(seen, g_steal_pointer(&lower),
			     GINT_TO_POINTER((int)index));
	return index;
}

/* Octets of the name at the start of the field; 0: it is none. */
static gsize
name_length(const char *field, gsize length)
{
	const char *colon = memchr(field, ':', length);

	return colon ? (gsize)(colon - field) : 0;
}

void
refit(GString *out, const char *bytes, gsize size, refit_fate *fate,
      void *data)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash,
							   g_str_equal,
							   g_free, NULL);
	gsize at = 0;

	while (at < size && bytes[at] != '\r' && bytes[at] != '\n') {
		gsize end = field_end(bytes, size, at);
		gsize name = name_length(bytes + at, end - at);
		const char *value = NULL;
		enum refit what = !name ? REFIT_KEEP :
		    fate(bytes + at, name, count_field(seen, bytes + at,
						       name), &value, data);

		if (what == REFIT_KEEP)
			g_string_append_len(out, bytes + at,
					    (gssize)(end - at));
		else if (what == REFIT_CHANGE)
			g_string_append_printf(out, "%.*s: %s\r\n",
					       (int)name, bytes + at, value);
		at = end;
	}
	g_string_append_len(out, bytes + at, (gssize)(size - at));
}

static const char *
given(const char *text)
{
	return text && *text ? text : "unknown";
}

void
refit_trace(GString *out, const char *place, const char *id,
	    const char *helo, const char *name, const char *address)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(
	    clock_now() / CLOCK_SECOND);
	g_autofree char *date = g_date_time_format(time,
						   "%a, %d %b %Y %H:%M:%S "
						   "+0000");

	g_string_append_printf(out, "Received: from %s (%s [%s])\r\n"
			       "\tby %s (Gatepost %s) id %s;\r\n"
			       "\t%s\r\n", given(helo), client_shown(name),
			       given(address), g_get_host_name(), place, id,
			       date);
}

bool
refit_needs_utf8(const GPtrArray *options, const char *bytes, gsize size)
{
	bool is_said = false;

	for (guint i = 0; i < options->len; i++)
		is_said |= g_ascii_strcasecmp(options->pdata[i],
					      "SMTPUTF8") == 0;
	for (gsize i = 0; is_said && i < size; i++) {
		if ((guchar)bytes[i] >= 0x80)
			return true;
		if (bytes[i] == '\n' && i + 1 < size &&
		    (bytes[i + 1] == '\n' || bytes[i + 1] == '\r'))
			break;
	}
	return false;
}
