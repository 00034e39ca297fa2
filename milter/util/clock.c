/*
 * clock.c -- read and write times
 */
#include "gatepost/util/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

/* Zones in use, by name.  GLib forgets one that no one holds, and to read
 * its file again costs more than all else in a line of a list. */
static GHashTable *zones;
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;

gint64
clock_now(void)
{
	return g_get_real_time();
}

gint64
clock_steady_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

void
clock_format(gint64 at, char out[CLOCK_TEXT])
{
	time_t seconds = (time_t)(at / CLOCK_SECOND);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		g_strlcpy(out, "-", CLOCK_TEXT);
}

void
clock_day(gint64 at, char out[CLOCK_TEXT])
{
	clock_format(at, out);
	out[MIN(10, CLOCK_TEXT - 1)] = '\0';
}

/* Does TEXT start like "2026-11-21"?  sscanf alone takes signs and blanks. */
static bool
is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";

	for (int i = 0; form[i]; i++)
		if (form[i] == 'd' ? !g_ascii_isdigit(text[i]) :
		    text[i] != form[i])
			return false;
	return true;
}

/* The zone NAME (NULL: the system's), or NULL when there is none.  Yours. */
static GTimeZone *
zone_find(const char *name)
{
	GTimeZone *zone;

	pthread_mutex_lock(&zones_lock);
	if (!zones)
		zones = g_hash_table_new(g_str_hash, g_str_equal);
	zone = g_hash_table_lookup(zones, name ? name : "");
	if (!zone) {
		zone = name ? g_time_zone_new_identifier(name) :
		    g_time_zone_new_local();
		if (zone)
			g_hash_table_insert(zones, g_strdup(name ? name : ""),
					    zone);
	}
	if (zone)
		g_time_zone_ref(zone);
	pthread_mutex_unlock(&zones_lock);
	return zone;
}

bool
clock_parse(const char *text, const char *zone, gint64 *at)
{
	g_autoptr(GTimeZone) place = zone_find(zone);
	g_autoptr(GDateTime) when = NULL;
	int year, month, day;

	if (!place || !is_date(text) ||
	    sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3)
		return false;
	if (!text[10]) {
		g_autoptr(GDateTime) start = g_date_time_new(place, year,
							     month, day, 0, 0,
							     0);
		if (!start)
			return false;
		when = g_date_time_add_days(start, 1);
		/* GLib's years end with 9999, which stands for "never". */
		if (!when)
			when = g_steal_pointer(&start);
	} else if (text[10] == 'T' || text[10] == 't') {
		when = g_date_time_new_from_iso8601(text, place);
	}
	if (!when)
		return false;
	*at = g_date_time_to_unix(when) * CLOCK_SECOND;
	return true;
}

bool
clock_span(const char *text, gint64 *span)
{
	static const struct {
		char unit;
		gint64 seconds;
	} units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 },
	};
	gint64 count = 0;
	const char *p = text;

	if (!g_ascii_isdigit(*p))
		return false;
	for (; g_ascii_isdigit(*p); p++) {
		count = count * 10 + (*p - '0');
		if (count > 1000000)
			return false;
	}
	for (guint i = 0; i < G_N_ELEMENTS(units); i++)
		if (p[0] == units[i].unit && !p[1]) {
			*span = count * units[i].seconds * CLOCK_SECOND;
			return true;
		}
	return false;
}

char *
clock_local(gint64 at, const char *zone)
{
	g_autoptr(GTimeZone) there = zone ? g_time_zone_new_identifier(zone) :
	    NULL;
	g_autoptr(GTimeZone) here = there ? NULL : g_time_zone_new_local();
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(
	    at / CLOCK_SECOND);
	g_autoptr(GDateTime) time = g_date_time_to_timezone(utc, there ?
							    there : here);

	return g_date_time_format(time, "%Y-%m-%d %H:%M %Z");
}
